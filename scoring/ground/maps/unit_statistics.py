"""Rasters to ranking units: exact area-weighted means and maxima, and the fertility axis.

Belongs here: partial cells and percentiles by area. Does not belong here: what the raster means.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from khanij.foundation.errors import CrsError, ScoringError
from khanij.foundation.grid import Grid, RasterStack, check_equal_area
from scoring.ground.maps.coverage import cell_shares, share_statistics

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
    shapes = np.asarray(units.geometry.to_crs(stack.grid.crs).array, dtype=object)
    area_m2 = np.nan_to_num(shapely.area(shapes))
    out: dict[str, Any] = {key: units[key].to_numpy(), "area_m2": np.where(shapely.is_missing(shapes), np.nan, area_m2)}
    usable = area_m2 > 0
    shares = cell_shares(shapes[usable], stack.grid)
    for band in stack.bands:
        found = dict(zip(("count", "mean", "max"), share_statistics(band.values, shares), strict=True))
        for statistic in statistics:
            out[f"{band.name}_{statistic}"] = np.full(len(units), 0.0 if statistic == "count" else np.nan)
            out[f"{band.name}_{statistic}"][usable] = found[statistic]
    return pd.DataFrame(out)


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
