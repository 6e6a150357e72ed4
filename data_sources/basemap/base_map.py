"""The base map of a stretch of country: what of land, lakes, rivers, towns and ports lies in it.

Belongs here: reading and clipping the shapes. Does not belong here: finding a place by its name (``gazetteer``).

Sources: coasts, lakes and rivers GSHHG (Wessel and Smith 1996, doi 10.1029/96JB00104), intermediate resolution, LGPL-3.0; towns
GeoNames, CC BY 4.0; ports the package searoute, Apache-2.0. ``make`` says how the files were made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
import shapely

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

_FRAME_DEG = 0.01
CREDIT = (
    "Base: coasts and rivers GSHHG (LGPL-3.0), towns GeoNames (CC BY 4.0), ports searoute (Apache-2.0); "
    "no boundary is drawn"
)


@dataclass(frozen=True)
class BaseMap:
    """What lies inside some bounds: shapes in EPSG:4326, ``coast`` the outline of ``land``; ``towns`` and ``ports`` as their files have them, the largest first."""

    land: np.ndarray
    coast: np.ndarray
    lakes: np.ndarray
    rivers: np.ndarray
    towns: pd.DataFrame
    ports: pd.DataFrame


@cache
def _shapes(name: str) -> np.ndarray:
    text = (files("data_sources.basemap") / f"{name}.geojson").read_text(encoding="utf-8")
    return np.asarray(shapely.get_parts(shapely.from_geojson(text)))


@cache
def _coast() -> np.ndarray:
    """The outlines of land as lines, without the frame in which the file ends."""
    land = _shapes("land")
    frame = shapely.buffer(shapely.boundary(shapely.box(*shapely.total_bounds(land))), _FRAME_DEG)
    return np.asarray(shapely.get_parts(shapely.get_parts(shapely.difference(shapely.boundary(land), frame))))


@cache
def _places(name: str) -> pd.DataFrame:
    with (files("data_sources.basemap") / f"{name}.csv").open("rb") as stream:
        return pd.read_csv(stream, dtype={"other_names": str, "state": str}, keep_default_na=False)


def places(name: str) -> pd.DataFrame:
    """All ``towns`` (name, state, lon, lat, population, other_names, geonames_id) or ``ports`` (with ``locode``) of India."""
    return _places(name).copy()


def base_map(bounds_deg: Bounds, tolerance_deg: float = 0.0) -> BaseMap:
    """The base map inside some bounds; lines and outlines keep what is larger than a tolerance.

    Parameters
    ----------
    bounds_deg : west, south, east, north. tolerance_deg : of the simplification, in degrees; 0 keeps every point.
    """
    land, lakes, rivers = (clipped(_shapes(name), bounds_deg, tolerance_deg) for name in ("land", "lakes", "rivers"))
    coast = clipped(_coast(), bounds_deg, tolerance_deg)
    return BaseMap(
        land, coast, lakes, rivers, _inside(_places("towns"), bounds_deg), _inside(_places("ports"), bounds_deg)
    )


def _inside(table: pd.DataFrame, bounds_deg: Bounds) -> pd.DataFrame:
    west, south, east, north = bounds_deg
    is_in = table["lon"].between(west, east) & table["lat"].between(south, north)
    return table[is_in].reset_index(drop=True)


def clipped(shapes: np.ndarray, bounds_deg: Bounds, tolerance_deg: float = 0.0) -> np.ndarray:
    """The parts of shapes inside some bounds, of the shapes' own dimension; what is smaller than the tolerance is left out."""
    if not len(shapes):
        return shapes
    box = shapely.box(*bounds_deg)
    dimension = shapely.get_dimensions(shapes[0])
    near = shapes[shapely.intersects(shapes, box)]
    if tolerance_deg:
        near = shapely.make_valid(shapely.simplify(near, tolerance_deg))
    parts = shapely.get_parts(shapely.get_parts(shapely.intersection(near, box)))
    kept = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    # What is smaller than the tolerance would be a speck.
    extent = shapely.bounds(kept).reshape(-1, 4)
    size = np.maximum(extent[:, 2] - extent[:, 0], extent[:, 3] - extent[:, 1])
    return np.asarray(kept[size > tolerance_deg])
