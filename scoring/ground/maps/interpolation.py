"""Sample points to cells: inverse distance, each cell from its k nearest samples, with a local spread.

Belongs here: estimates at cell centres with their own uncertainty. Does not belong here: what is interpolated.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
_ON_THE_SPOT_M = 1e-6  # added to every distance, so that a sample on a cell's centre gives its own value


@njit(parallel=True, cache=True, fastmath=False)
def _idw(distance: Floats, index: NDArray[np.int64], values: Floats, power: float, limit: float):
    """Weighted mean and weighted sd of each row's neighbours; a sample on the point itself gives its own value."""
    n, k = distance.shape
    columns = values.shape[1]
    mean = np.full((n, columns), np.nan, dtype=np.float32)
    spread = np.full((n, columns), np.nan, dtype=np.float32)
    for i in prange(n):
        if distance[i, 0] > limit:
            continue
        for c in range(columns):
            total = 0.0
            first = 0.0
            second = 0.0
            for j in range(k):
                d = distance[i, j]
                if d > limit:
                    break
                v = values[index[i, j], c]
                if np.isnan(v):
                    continue
                w = 1.0 / max(d, _ON_THE_SPOT_M) ** power
                total += w
                first += w * v
                second += w * v * v
            if total > 0.0:
                m = first / total
                mean[i, c] = m
                spread[i, c] = np.sqrt(max(second / total - m * m, 0.0))
    return mean, spread


def idw(
    x: Floats,
    y: Floats,
    values: Floats,
    grid: Grid,
    *,
    power: float = 2.0,
    neighbours: int = 12,
    max_distance_m: float = np.inf,
    window: int = 512,
) -> tuple[Floats32, Floats32]:
    """Inverse-distance mean of the k nearest samples, ``sum(v / d^p) / sum(1 / d^p)``, and their weighted sd.

    Parameters
    ----------
    x, y : (n,) sample coordinates in the grid's CRS [m].
    values : (n,) or (n, columns); NaN is left out of the means.
    max_distance_m : samples further off than this do not count; a cell without any is NaN.

    Returns
    -------
    (columns, rows, cols) float32 mean and spread (without the first axis for one column).
    """
    from scipy.spatial import cKDTree

    table = np.ascontiguousarray(np.asarray(values, dtype=np.float64).reshape(len(x), -1))
    if len(x) == 0:
        raise ScoringError("no sample to interpolate from")
    tree = cKDTree(np.column_stack([x, y]))
    k = min(neighbours, len(x))
    xs, ys = grid.centres()
    mean = np.full((table.shape[1], *grid.shape), np.nan, dtype=np.float32)
    spread = np.full_like(mean, np.nan)
    for block in grid.windows(window):
        rows, cols = block.slices
        gx, gy = np.meshgrid(xs[cols], ys[rows])
        distance, index = tree.query(np.column_stack([gx.ravel(), gy.ravel()]), k=k)
        m, s = _idw(
            distance.reshape(-1, k), index.reshape(-1, k).astype(np.int64), table, float(power), float(max_distance_m)
        )
        mean[:, rows, cols] = m.T.reshape(-1, *block.shape)
        spread[:, rows, cols] = s.T.reshape(-1, *block.shape)
    return (mean[0], spread[0]) if np.ndim(values) == 1 else (mean, spread)
