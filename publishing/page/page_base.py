"""The base map of the page: land, coast, lakes, rivers, towns and ports as plain numbers, as fine as its map can show.

Belongs here: how much of the base goes into the page. Does not belong here: drawing it (the script).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.basemap.base_map import base_map
from publishing.geopackage.base import base_bounds

_STEPS = 1100
"""Of the longer side of the map: a line is as fine as one of these, which a screen hardly shows."""
_LEAST_DEG = 0.002
_MOST_TOWNS = 400


def page_base(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """Outlines and lines as flat lists of longitude and latitude; towns with their inhabitants, the largest; ports.

    Empty where nothing has a position.
    """
    bounds = base_bounds(layers)
    if bounds is None:
        return {}
    west, south, east, north = bounds
    tolerance = max(max(east - west, north - south) / _STEPS, _LEAST_DEG)
    base = base_map(bounds, tolerance)
    digits = 2 if tolerance > 0.01 else 3
    return {
        "land": _flat(_rings(base.land), digits),
        "coast": _flat(base.coast, digits),
        "lakes": _flat(_rings(base.lakes), digits),
        "rivers": _flat(base.rivers[shapely.length(base.rivers) > 4 * tolerance], digits),
        "towns": _named(base.towns.head(_MOST_TOWNS), ("name", "lon", "lat", "population")),
        "ports": _named(base.ports, ("name", "lon", "lat")),
    }


def _rings(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.get_exterior_ring(shapes))


def _flat(lines: np.ndarray, digits: int) -> list[list[float]]:
    return [np.round(shapely.get_coordinates(line), digits).ravel().tolist() for line in lines]


def _named(table: pd.DataFrame, columns: tuple[str, ...]) -> list[list[Any]]:
    return [list(row) for row in zip(*(table[c].tolist() for c in columns))]
