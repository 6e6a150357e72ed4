"""The base map of a result as a GeoPackage of its own, ``base.gpkg`` beside the blocks: what lies round them, to find oneself.

Belongs here: how much of the country it covers, and writing it. Does not belong here: its shapes (``data_sources.basemap``) or
its look (``publishing.qgis.base_layers``, the page). A made-up district lies nowhere and has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from data_sources.basemap.base_map import CREDIT, Bounds, base_map, clipped
from khanij.foundation.files import PublishedFile, replace_file, sha256_of, temporary_beside
from publishing.geopackage.fixed_gdal import fixed_gdal

BASE = "base.gpkg"
LAYERS = ("land", "coast", "lakes", "rivers", "towns", "ports")
LINES = ("railways", "roads")
"""What a user brings: no package carries it."""
_TITLES = {
    "land": "Land", "coast": "Coast", "lakes": "Lakes", "rivers": "Rivers", "towns": "Towns of India", "ports": "Ports of India",
    "railways": "Railways", "roads": "Roads",
}  # fmt: skip
_POINTS, _AREAS = ("towns", "ports"), ("land", "lakes")
_WIDEST, _NARROWEST = 1.7, 0.8
"""Width over height of the map of a page or a sheet."""
_MARGIN, _LEAST_DEG = 0.12, 0.5
_STEPS = 4000
"""Of the longer side: lines are as fine as one of these, which is finer than a printed A3 shows."""


def base_bounds(layers: dict[str, gpd.GeoDataFrame]) -> Bounds | None:
    """West, south, east, north of the base of some blocks and sites: theirs, and as much round them as a map sheet shows.

    None where nothing has a position.
    """
    shapes = pd.concat([layers[n].geometry for n in ("ranked_blocks", "waste_sites") if n in layers])
    shapes = shapes[~(shapes.isna() | shapes.is_empty)]
    if shapes.empty:
        return None
    west, south, east, north = shapely.total_bounds(shapes.to_numpy())
    wide, high = east - west, north - south
    squeeze = math.cos(math.radians((south + north) / 2))
    margin = max(_MARGIN * max(wide, high), _LEAST_DEG)
    # A sheet or a window is wider or higher than what it shows.
    more_x = max((_WIDEST * high / squeeze - wide) / 2, 0.0) + margin
    more_y = max((wide * squeeze / _NARROWEST - high) / 2, 0.0) + margin
    rounded = np.round([west - more_x, south - more_y, east + more_x, north + more_y], 2)
    return tuple(float(v) for v in rounded)  # type: ignore[return-value]


def write_base(bounds_deg: Bounds, path: Path, lines: Mapping[str, np.ndarray] | None = None) -> PublishedFile:
    """Write the base map inside some bounds; the same bounds and lines give the same bytes.

    ``lines``: a user's railways and roads by name, in EPSG:4326; they are cut to the bounds and as fine as the rest.
    """
    west, south, east, north = bounds_deg
    tolerance = max(east - west, north - south) / _STEPS
    base = base_map(bounds_deg, tolerance)
    found = {name: getattr(base, name) for name in LAYERS}
    found |= {name: clipped(shapes, bounds_deg, tolerance) for name, shapes in sorted((lines or {}).items())}
    with temporary_beside(path) as temporary:
        with fixed_gdal():
            for name, shapes in found.items():
                frame = _frame(shapes, name)
                pyogrio.write_dataframe(
                    frame,
                    temporary,
                    layer=name,
                    driver="GPKG",
                    geometry_type=_kind(name),
                    use_arrow=True,
                    dataset_options={"VERSION": "1.3"},
                    layer_options={
                        "GEOMETRY_NAME": "geom",
                        "FID": "fid",
                        "IDENTIFIER": _TITLES[name],
                        "DESCRIPTION": CREDIT if name in LAYERS else "Brought by the user of this region",
                    },
                )
        digest, size = sha256_of(temporary), temporary.stat().st_size
        if path.is_file() and sha256_of(path) == digest:
            return PublishedFile(path, digest, size, False)
        replace_file(temporary, path)
    return PublishedFile(path, digest, size, True)


def lines_in(path: Path) -> dict[str, np.ndarray]:
    """A user's own lines in a base that was written, in parts."""
    present = [str(name) for name, _ in pyogrio.list_layers(path)]
    return {n: shapely.get_parts(gpd.read_file(path, layer=n).geometry.to_numpy()) for n in LINES if n in present}


def _kind(name: str) -> str:
    return "Point" if name in _POINTS else "MultiPolygon" if name in _AREAS else "MultiLineString"


def _frame(found: np.ndarray | pd.DataFrame, name: str) -> gpd.GeoDataFrame:
    if isinstance(found, pd.DataFrame):
        columns = {c: found[c] for c in ("name", "state", "population") if c in found}
        points = shapely.points(found["lon"].to_numpy(), found["lat"].to_numpy())
        return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")
    many = shapely.multipolygons if name in _AREAS else shapely.multilinestrings
    shapes = many(found, indices=np.arange(len(found))) if len(found) else found
    return gpd.GeoDataFrame({"number": np.arange(1, len(found) + 1)}, geometry=list(shapes), crs="EPSG:4326")
