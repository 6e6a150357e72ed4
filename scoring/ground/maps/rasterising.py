"""Geology to cells: distance in metres, density, categories, resampled rasters.

Belongs here: geometry and rasters onto a grid. Does not belong here: interpolating samples, or judging favourability.

Distances are exact Euclidean transforms between cell centres on a grid padded by the search distance, so that a fault
just outside the window counts; a cell that a line crosses is at distance 0.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.warp import reproject

from khanij.foundation.errors import CrsError, ScoringError
from khanij.foundation.grid import Band, Grid, RasterStack
from scoring.ground.maps.distance import nearest_feature_m

Floats = NDArray[Any]


def project(frame: gpd.GeoDataFrame, grid: Grid, layer: str) -> NDArray[Any]:
    """Non-empty geometries of a layer in the grid's CRS."""
    if frame.crs is None:
        raise CrsError(f"{layer} without a CRS", layer=layer, do="state the CRS of the layer")
    shapes = frame.geometry.to_crs(grid.crs)
    return np.asarray(shapes[~(shapes.isna() | shapes.is_empty)].array, dtype=object)


def burn(
    shapes: NDArray[Any],
    grid: Grid,
    values: NDArray[Any] | None = None,
    *,
    all_touched: bool,
    fill: int = 0,
    dtype: str = "uint8",
) -> NDArray[Any]:
    """Geometries burnt into a grid's cells (1, or their own values), block by block to bound memory."""
    out = np.full(grid.shape, fill, dtype=dtype)
    if not len(shapes):
        return out
    tree = shapely.STRtree(shapes)
    for window in grid.windows(2048):
        part = grid.crop(window)
        near = np.sort(tree.query(shapely.box(*part.bounds)))
        if len(near):
            pairs = ((shapes[i], 1 if values is None else int(values[i])) for i in near)
            out[window.slices] = rasterize(
                pairs, out_shape=part.shape, transform=part.transform, fill=fill, all_touched=all_touched, dtype=dtype
            )
    return out


def distance_transform(features: NDArray[Any], cell_y_m: float, cell_x_m: float) -> NDArray[np.float32]:
    """Distance [m] of every cell to the nearest cell that is a feature (non-zero), between centres; 0 on a feature."""
    if not features.any():
        raise ScoringError("no feature to measure the distance to")
    return nearest_feature_m(features, cell_y_m, cell_x_m)


def distance_to(shapes: NDArray[Any], grid: Grid, max_m: float) -> NDArray[np.float32]:
    """Distance [m] of every cell centre to the nearest geometry, never more than ``max_m``.

    Without any geometry within ``max_m`` of the grid every cell is at ``max_m``.
    """
    n = int(np.ceil(max_m / min(grid.cell_x_m, grid.cell_y_m)))
    padded = grid.pad(n)
    features = burn(shapes, padded, all_touched=True)
    if not features.any():
        return np.full(grid.shape, max_m, dtype=np.float32)
    out = distance_transform(features, grid.cell_y_m, grid.cell_x_m)[n : n + grid.shape[0], n : n + grid.shape[1]]
    return np.minimum(out, np.float32(max_m))


def line_density(shapes: NDArray[Any], grid: Grid, radius_m: float) -> NDArray[np.float32]:
    """Length of line per area within ``radius_m`` of every cell centre [km / km2], lines beyond the grid included."""
    n = int(np.ceil(radius_m / min(grid.cell_x_m, grid.cell_y_m)))
    padded = grid.pad(n)
    west, south, east, north = padded.bounds
    lines = shapely.intersection(shapes, shapely.box(west, south, east, north)) if len(shapes) else shapes
    length = np.zeros(padded.shape, dtype=np.float64)
    parts = shapely.get_parts(lines) if len(lines) else lines
    parts = parts[shapely.length(parts) > 0] if len(parts) else parts
    if len(parts):
        # cut into pieces no longer than half a cell; each piece's length goes to the cell of its middle
        pieces = shapely.segmentize(parts, max_segment_length=min(grid.cell_x_m, grid.cell_y_m) / 2)
        xy, owner = shapely.get_coordinates(pieces, return_index=True)
        same = owner[1:] == owner[:-1]
        step = np.hypot(*(xy[1:] - xy[:-1]).T)[same]
        middle = ((xy[1:] + xy[:-1]) / 2)[same]
        row, col = padded.index(middle[:, 0], middle[:, 1])
        inside = row >= 0
        np.add.at(length, (row[inside], col[inside]), step[inside])
    return _disc_mean(length, grid, n, radius_m, 1000.0)


def point_density(x: Floats, y: Floats, grid: Grid, radius_m: float) -> NDArray[np.float32]:
    """Points per area within ``radius_m`` of every cell centre [1 / km2]."""
    n = int(np.ceil(radius_m / min(grid.cell_x_m, grid.cell_y_m)))
    padded = grid.pad(n)
    row, col = padded.index(x, y)
    count = np.zeros(padded.shape, dtype=np.float64)
    np.add.at(count, (row[row >= 0], col[row >= 0]), 1.0)
    return _disc_mean(count, grid, n, radius_m, 1e6)


def _disc_mean(amount: Floats, grid: Grid, n: int, radius_m: float, scale: float) -> NDArray[np.float32]:
    from scipy.signal import oaconvolve

    dy, dx = np.mgrid[-n : n + 1, -n : n + 1]
    disc = (np.hypot(dy * grid.cell_y_m, dx * grid.cell_x_m) <= radius_m).astype(np.float64)
    total = oaconvolve(amount, disc, mode="same")[n : n + grid.shape[0], n : n + grid.shape[1]]
    density = total / (disc.sum() * grid.cell_area_m2) * scale
    # the transform leaves noise of 1e-17 of the largest value where there is nothing
    density[density < 1e-9 * max(float(density.max()), 1e-300)] = 0.0
    return np.asarray(density.astype(np.float32))


def categories(
    frame: gpd.GeoDataFrame, grid: Grid, field: str, layer: str
) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Code of the polygon over each cell's centre (-1 where none), and the categories in alphabetical order."""
    if field not in frame:
        raise ScoringError(
            f"{layer} has no column {field}",
            layer=layer,
            field=field,
            do="name another column in the region's fertility settings",
        )
    usable = frame[frame.geometry.notna() & ~frame.geometry.is_empty & frame[field].notna()]
    names = tuple(sorted({str(v) for v in usable[field]}))
    if len(names) > 32000:
        raise ScoringError(
            f"{len(names)} categories in {field}", layer=layer, field=field, do="choose a coarser column"
        )
    number = {name: i for i, name in enumerate(names)}
    values = np.array([number[str(v)] for v in usable[field]], dtype=np.int16)
    shapes = project(usable, grid, layer)
    return burn(shapes, grid, values, all_touched=False, fill=-1, dtype="int16").astype(np.int16), names


def boundaries(frame: gpd.GeoDataFrame, grid: Grid, layer: str) -> NDArray[Any]:
    """Outlines of polygons: geological contacts."""
    return np.asarray(shapely.boundary(project(frame, grid, layer)), dtype=object)


def resample(stack: RasterStack, name: str, grid: Grid) -> Band:
    """A band on another grid: bilinear from coarser or equal cells, area average from finer ones; NaN stays nodata."""
    band = stack[name]
    finer = stack.grid.cell_area_m2 < 0.5 * grid.cell_area_m2
    out = np.full(grid.shape, np.nan, dtype=np.float32)
    reproject(
        band.values,
        out,
        src_transform=stack.grid.transform,
        src_crs=stack.grid.pyproj_crs.to_wkt(),
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=grid.pyproj_crs.to_wkt(),
        dst_nodata=np.nan,
        resampling=Resampling.average if finer else Resampling.bilinear,
        num_threads=1,
    )
    return Band(name, out, band.unit, band.description)
