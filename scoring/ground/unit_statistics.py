"""Rasters to ranking units: exact area-weighted means and maxima, and the fertility axis.

Belongs here: partial cells and percentiles by area. Does not belong here: what the raster means.
"""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray

from data_sources.contracts.errors import CrsError, ScoringError
from scoring.ground.grid import Grid, RasterStack, check_equal_area

Floats = NDArray[np.float64]


def zonal_statistics(
    stack: RasterStack, units: gpd.GeoDataFrame, key: str, statistics: tuple[str, ...] = ("mean", "max", "count")
) -> pd.DataFrame:
    """Statistics of every band in every unit, each cell weighted by the exact share of it that the unit covers.

    Returns
    -------
    One row per unit in the units' order: ``key``, ``area_m2`` and ``<band>_<statistic>``; ``count`` is the sum of
    covered cell shares that hold data. A unit without any is NaN (its count 0).

    Raises
    ------
    CrsError : units without a CRS, or a grid that is not equal-area.
    """
    check_equal_area(stack.grid.crs)
    if units.crs is None:
        raise CrsError("ranking units without a CRS", layer="blocks", do="state the CRS of the layer")
    if key not in units:
        raise ScoringError(f"units have no column {key}", layer="blocks", field=key, do="name the key column")
    shapes = units[[key, units.geometry.name]].to_crs(stack.grid.crs)
    out = pd.DataFrame({key: units[key].to_numpy(), "area_m2": shapes.geometry.area.to_numpy()})
    west, south, east, north = stack.grid.bounds
    usable = (~(shapes.geometry.isna() | shapes.geometry.is_empty)).to_numpy() & (out["area_m2"].to_numpy() > 0)
    zones = gpd.GeoDataFrame(
        {"_row": np.flatnonzero(usable)}, geometry=shapes.geometry.to_numpy()[usable], crs=stack.grid.crs
    )
    for band in stack.bands:
        for statistic in statistics:
            out[f"{band.name}_{statistic}"] = 0.0 if statistic == "count" else np.nan
    if len(zones) == 0 or not stack.bands:
        return out
    # NaN is nodata to exactextract by itself, and faster than when it is named; one name per band, so that a band called like a statistic cannot be mistaken
    sources = [
        NumPyRasterSource(
            band.values,
            xmin=west,
            ymin=south,
            xmax=east,
            ymax=north,
            name=f"b{i}",
            srs_wkt=stack.grid.pyproj_crs.to_wkt(),
        )
        for i, band in enumerate(stack.bands)
    ]
    single = len(sources) == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Spatial reference system of input features")
        table = exact_extract(
            sources if not single else sources[0],
            zones,
            list(statistics),
            include_cols=["_row"],
            output="pandas",
            strategy="raster-sequential",
        )
    rows = table["_row"].to_numpy()
    for i, band in enumerate(stack.bands):
        for statistic in statistics:
            column = statistic if single else f"b{i}_{statistic}"
            values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            target = out[f"{band.name}_{statistic}"].to_numpy(copy=True)
            target[rows] = np.nan_to_num(values, nan=0.0) if statistic == "count" else values
            out[f"{band.name}_{statistic}"] = target
    return out


def mid_rank_percentile(population: Floats, x: Floats) -> Floats:
    """Share of the population below x plus half the share equal to it, 0..1; NaN stays NaN.

    Cells of an equal-area grid weigh the same, so the share of cells is the share of area.
    """
    ordered = np.sort(population[np.isfinite(population)])
    out = np.full(np.shape(x), np.nan)
    keep = np.isfinite(x)
    if len(ordered):
        low = np.searchsorted(ordered, x[keep], side="left")
        high = np.searchsorted(ordered, x[keep], side="right")
        out[keep] = (low + high) / (2 * len(ordered))
    return out


def coverage_pct(count: Floats, area_m2: Floats, grid: Grid) -> Floats:
    """Percentage of each unit's area that cells with data cover, 0..100."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = count * grid.cell_area_m2 / area_m2
    return np.clip(np.where(area_m2 > 0, 100 * share, 0.0), 0.0, 100.0)
