"""Which samples may hold what was washed out of a known dump: near it, or down its stream.

Belongs here: masking before anything is fitted. Does not belong here: correcting such a sample; it is not used.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from khanij.foundation.errors import CrsError
from khanij.foundation.grid import Grid
from scoring.ground.maps.interpolation import idw

_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
MIN_RELIEF_POINTS = 50


@dataclass(frozen=True)
class Relief:
    """Heights on a grid [m] with the cell each cell drains to (flat number; itself where water leaves the grid)."""

    grid: Grid
    height_m: NDArray[np.float64]
    downstream: NDArray[np.int64]


def drain(height_m: NDArray[np.float64], cell_y_m: float, cell_x_m: float) -> NDArray[np.int64]:
    """The cell that each cell drains to, pits filled: priority flood from the grid's edge inwards.

    Every cell drains to the neighbour from which the flood reached it, so that there are no cycles and all water
    leaves at the edge. Among unflooded cells the lowest is taken next, ties by cell number.

    Source: Barnes, Lehman & Mulla 2014, *Computers & Geosciences* 62, 117-127.
    """
    rows, cols = height_m.shape
    level = height_m.astype(np.float64).copy()
    target = np.full(rows * cols, -1, dtype=np.int64)
    heap: list[tuple[float, int]] = []
    for r in range(rows):
        for c in range(cols):
            if r in (0, rows - 1) or c in (0, cols - 1) or not np.isfinite(height_m[r, c]):
                target[r * cols + c] = r * cols + c
                heap.append((float(level[r, c]) if np.isfinite(level[r, c]) else np.inf, r * cols + c))
    heapq.heapify(heap)
    while heap:
        top, cell = heapq.heappop(heap)
        r, c = divmod(cell, cols)
        for dr, dc in _NEIGHBOURS:
            i, j = r + dr, c + dc
            if 0 <= i < rows and 0 <= j < cols and target[i * cols + j] < 0:
                target[i * cols + j] = cell
                level[i, j] = max(level[i, j], top)
                heapq.heappush(heap, (float(level[i, j]), i * cols + j))
    # where the ground itself falls, water takes the steepest way down, not the flood's
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if not np.isfinite(height_m[r, c]):
                continue
            best, where = 0.0, -1
            for dr, dc in _NEIGHBOURS:
                fall = (level[r, c] - level[r + dr, c + dc]) / float(np.hypot(dr * cell_y_m, dc * cell_x_m))
                if fall > best:
                    best, where = fall, (r + dr) * cols + c + dc
            if where >= 0:
                target[r * cols + c] = where
    return target


def relief_from_stations(stations: gpd.GeoDataFrame | None, grid: Grid, cell_m: float) -> Relief | None:
    """Relief from gravity stations' elevations (``elevation_m``), the only heights a survey brings; None without."""
    if stations is None or "elevation_m" not in stations or stations.crs is None:
        return None
    height = stations["elevation_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    points = stations.geometry.to_crs(grid.crs)
    x, y = points.x.to_numpy(dtype=np.float64), points.y.to_numpy(dtype=np.float64)
    keep = np.isfinite(height) & np.isfinite(x) & np.isfinite(y)
    if keep.sum() < MIN_RELIEF_POINTS:
        return None
    coarse = Grid.from_bounds(grid.bounds, grid.crs, cell_m)
    mean, _ = idw(x[keep], y[keep], height[keep], coarse, power=2.0, neighbours=8)
    surface = mean.astype(np.float64)
    return Relief(coarse, surface, drain(surface, coarse.cell_y_m, coarse.cell_x_m))


def downstream_path(relief: Relief, x: float, y: float, length_m: float) -> list[tuple[float, float]]:
    """Cell centres down the water from a point, for ``length_m`` of way or to the grid's edge."""
    row, col = (int(v[0]) for v in relief.grid.index([x], [y]))
    path = [(x, y)]
    if row < 0:
        return path
    xs, ys = relief.grid.centres()
    cell, cols, gone = row * relief.grid.shape[1] + col, relief.grid.shape[1], 0.0
    while gone < length_m:
        following = int(relief.downstream[cell])
        if following == cell:
            break
        cell = following
        here = (float(xs[cell % cols]), float(ys[cell // cols]))
        gone += float(np.hypot(here[0] - path[-1][0], here[1] - path[-1][1]))
        path.append(here)
    return path


def mask_samples(
    samples: gpd.GeoDataFrame,
    known_dumps: gpd.GeoDataFrame | None,
    grid: Grid,
    radius_m: float,
    downstream_m: float,
    relief: Relief | None,
) -> NDArray[np.bool_]:
    """Samples within ``radius_m`` of a known dump, or of the way its water takes for ``downstream_m``.

    Without relief the way is not known and only the radius is used.
    """
    masked = np.zeros(len(samples), dtype=bool)
    if known_dumps is None or len(known_dumps) == 0 or radius_m <= 0:
        return masked
    if known_dumps.crs is None:
        raise CrsError("known dumps without a CRS", layer="waste_sites", do="state the CRS of the layer")
    dumps = known_dumps.geometry.to_crs(grid.crs)
    shapes: list[Any] = [s for s in dumps if s is not None and not s.is_empty]
    if not shapes:
        return masked
    if relief is not None and downstream_m > 0:
        ways = [downstream_path(relief, s.centroid.x, s.centroid.y, downstream_m) for s in shapes]
        shapes += [shapely.LineString(w) for w in ways if len(w) > 1]
    points = samples.geometry.to_crs(grid.crs)
    area = np.asarray(shapes, dtype=object)
    pairs = shapely.STRtree(np.asarray(points.array, dtype=object)).query(area, predicate="dwithin", distance=radius_m)
    masked[np.unique(pairs[1])] = True
    return masked
