"""Samples corrected for the barren ground their catchments drain, where a survey brings its catchments.

Belongs here: which catchment a sample closes, the lithologies it drains, and Hawkes's balance on every element. Does not
belong here: the balance itself (``catchment``), or drawing catchments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from khanij.foundation.errors import CrsError, ScoringError
from scoring.ground.geochemistry.catchment import productivity
from scoring.ground.geochemistry.samples import Samples

Floats = NDArray[Any]
OUTLET_REACH_M = 100.0  # a sample lies at its catchment's mouth, on the edge of the polygon or just below it
MOST_PPM = 1e6


@dataclass(frozen=True)
class Dilution:
    """Corrected samples, one row per sample with its catchment, and what to say of it."""

    samples: Samples
    table: pd.DataFrame
    notes: tuple[str, ...]


def own_catchment(samples: Samples, catchments: gpd.GeoDataFrame, crs: str) -> tuple[NDArray[np.int64], Floats]:
    """Row of each sample's catchment (-1 where none), and every catchment's area [km2] in the equal-area ``crs``.

    By ``sample_id`` where both have it, else the smallest polygon within 100 m of the sample: of nested catchments the
    one that the sample closes.

    Raises
    ------
    CrsError : catchments without a CRS. ScoringError : two catchments of one sample.
    """
    if catchments.crs is None:
        raise CrsError("catchments without a CRS", layer="catchments", do="state the CRS of the layer")
    shapes = np.asarray(catchments.geometry.to_crs(crs).array, dtype=object)
    area_km2 = np.nan_to_num(shapely.area(shapes)) / 1e6
    out = np.full(len(samples.frame), -1, dtype=np.int64)
    if "sample_id" in catchments and "sample_id" in samples.frame:
        named = catchments["sample_id"].notna().to_numpy() & (area_km2 > 0)
        row = pd.Series(np.flatnonzero(named), index=catchments["sample_id"].astype(str).to_numpy()[named])
        if row.index.has_duplicates:
            twice = str(row.index[row.index.duplicated()][0])
            raise ScoringError(
                f"sample {twice} has two catchments", layer="catchments", field="sample_id", do="keep one of them"
            )
        return row.reindex(samples.frame["sample_id"].astype(str)).fillna(-1).to_numpy(dtype=np.int64), area_km2
    finite = np.isfinite(samples.x) & np.isfinite(samples.y)
    points = shapely.points(samples.x[finite], samples.y[finite])
    usable = np.flatnonzero(area_km2 > 0)
    point, polygon = shapely.STRtree(shapes[usable]).query(points, predicate="dwithin", distance=OUTLET_REACH_M)
    # the largest first, so that the smallest is written last; equal areas by row
    order = np.lexsort((-usable[polygon], -area_km2[usable[polygon]]))
    out[np.flatnonzero(finite)[point[order]]] = usable[polygon[order]]
    return out, area_km2


def lithology_shares(
    catchments: gpd.GeoDataFrame, lithology: gpd.GeoDataFrame | None, field: str, crs: str
) -> NDArray[np.float64]:
    """Share of each catchment's area on each lithology, unmapped ground last; (catchments, lithologies + 1)."""
    shapes = np.asarray(catchments.geometry.to_crs(crs).array, dtype=object)
    area = np.maximum(np.nan_to_num(shapely.area(shapes)), 1e-300)
    if lithology is None or len(lithology) == 0 or field not in lithology:
        return np.ones((len(shapes), 1))
    mapped = lithology[lithology.geometry.notna() & ~lithology.geometry.is_empty & lithology[field].notna()]
    names, code = np.unique(mapped[field].astype(str).to_numpy(), return_inverse=True)
    ground = shapely.make_valid(np.asarray(mapped.geometry.to_crs(crs).array, dtype=object))
    a, b = shapely.STRtree(ground).query(shapely.make_valid(shapes), predicate="intersects")
    piece = shapely.area(shapely.intersection(shapely.make_valid(shapes)[a], ground[b]))
    shares = np.zeros((len(shapes), len(names) + 1))
    np.add.at(shares, (a, code[b]), piece / area[a])
    # overlapping polygons share what is there; what no polygon covers is its own kind of ground
    shares[:, :-1] /= np.maximum(shares[:, :-1].sum(axis=1, keepdims=True), 1.0)
    shares[:, -1] = 1.0 - shares[:, :-1].sum(axis=1)
    return shares


def correct_dilution(
    samples: Samples,
    catchments: gpd.GeoDataFrame,
    lithology: gpd.GeoDataFrame | None,
    lithology_field: str,
    crs: str,
    exposed_km2: float | None = None,
) -> Dilution:
    """Every element's excess over its background brought to one exposed area, ``Y' + (A / a)(Y - Y')``.

    Y' is the mean of the lithologies that the catchment drains. Without ``exposed_km2`` a is the median catchment, so
    that samples are ordered by productivity and their level stays that of the survey. Only an excess is corrected: a
    sample below its background has no source to find. A sample without a catchment stays as it is.

    Parameters
    ----------
    samples : with ppm in place; crs : the grid's equal-area CRS.
    exposed_km2 : assumed exposed area of a source, no larger than any catchment it is used on.

    Source: Hawkes 1976, *J. Geochemical Exploration* 6, 27-35; Bonham-Carter, Rogers & Ellwood 1987.
    """
    row, area_km2 = own_catchment(samples, catchments, crs)
    has = row >= 0
    fit = has & samples.used
    if fit.sum() < 3:
        return Dilution(
            samples, pd.DataFrame(), (f"catchments: {int(fit.sum())} samples close one, none is corrected",)
        )
    area = np.full(len(row), np.nan)
    area[has] = area_km2[row[has]]
    exposed = np.full(len(row), float(np.median(area[fit])) if exposed_km2 is None else float(exposed_km2))
    if exposed_km2 is not None:
        exposed = np.minimum(exposed, area)
    shares = lithology_shares(catchments.iloc[row[has]], lithology, lithology_field, crs)
    ppm = samples.ppm.copy()
    raised = np.zeros(len(row), dtype=bool)
    for element in ppm:
        y = ppm[element].to_numpy(dtype=np.float64, copy=True)
        known = has & np.isfinite(y)
        learn = known & samples.used
        if learn.sum() < 3:
            continue
        background = np.full(len(y), np.nan)
        # the lithologies' means come from the samples in use alone; logs, so that one anomaly does not set them
        means = _means(np.log(y[learn]), shares[learn[has]])
        background[known] = np.exp(shares[known[has]] @ means)
        excess = known & (y > background)
        balance = background[excess] + productivity(y[excess], background[excess], area[excess]) / exposed[excess]
        y[excess] = np.minimum(balance, MOST_PPM)
        raised |= excess
        ppm[element] = y
    identity = samples.frame["sample_id"].to_numpy() if "sample_id" in samples.frame else np.arange(len(row))
    table = pd.DataFrame({"sample_id": identity, "catchment_km2": area, "factor": area / exposed, "corrected": raised})
    said = (
        f"a source of {exposed_km2:g} km2"
        if exposed_km2 is not None
        else f"a catchment of {np.median(area[fit]):.3g} km2"
    )
    note = (
        f"{int(has.sum())} of {len(row)} samples have a catchment: what exceeds the background of the rocks it drains is "
        f"brought to {said} (table dilution)"
    )
    return Dilution(replace(samples, ppm=ppm), table[has].reset_index(drop=True), (note,))


def _means(values: Floats, shares: Floats) -> Floats:
    """Share-weighted mean of each lithology; the whole's where no sample drains it."""
    weight = shares.sum(axis=0)
    means = (shares * values[:, None]).sum(axis=0) / np.maximum(weight, 1e-300)
    return np.asarray(np.where(weight > 0, means, values.mean()))
