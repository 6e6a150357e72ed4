"""Sample points to cells: inverse distance, each cell from its k nearest samples, with a local spread.

Belongs here: estimates at cell centres with their own uncertainty. Does not belong here: what is interpolated.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
_ON_THE_SPOT_M = 1e-6  # added to every distance, so that a sample on a cell's centre gives its own value


@njit(parallel=True, cache=True, fastmath=False)
def _idw(distance: Floats, index: NDArray[np.int64], values: Floats, power: float, limit: float):  # type: ignore[no-untyped-def]
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


_TILE = 512
_SQUARE, _FOURTH, _FIRST, _THIRD, _ANY = 2, 4, 1, 3, 0


@njit(inline="always")
def _raised(d2, code):  # type: ignore[no-untyped-def]
    """``d^code`` from the squared distance."""
    if code == _SQUARE:
        return d2
    if code == _FOURTH:
        return d2 * d2
    if code == _FIRST:
        return np.sqrt(d2)
    return d2 * np.sqrt(d2)


@njit(cache=True, error_model="numpy")
def _add_four(g, y, sx, sy, values, s, least, code, over, under):  # type: ignore[no-untyped-def]
    """Four samples onto a row of cells with one division a cell: ``1/a + 1/b = (a + b) / (a b)``, twice over."""
    ya, yb = (y - sy[s]) ** 2 + least, (y - sy[s + 1]) ** 2 + least
    yc, yd = (y - sy[s + 2]) ** 2 + least, (y - sy[s + 3]) ** 2 + least
    xa, xb, xc, xd = sx[s], sx[s + 1], sx[s + 2], sx[s + 3]
    va, vb, vc, vd = values[s], values[s + 1], values[s + 2], values[s + 3]
    for i in range(g.size):
        x = g[i]
        a = _raised((x - xa) * (x - xa) + ya, code)
        b = _raised((x - xb) * (x - xb) + yb, code)
        c = _raised((x - xc) * (x - xc) + yc, code)
        d = _raised((x - xd) * (x - xd) + yd, code)
        ab, cd = a * b, c * d
        both = 1.0 / (ab * cd)
        first, second = both * cd, both * ab
        under[i] += first * (a + b) + second * (c + d)
        over[i] += first * (va * b + vb * a) + second * (vc * d + vd * c)


@njit(parallel=True, cache=True, error_model="numpy")
def _idw_all(gx, gy, sx, sy, values, code, half_power, limit2, least):  # type: ignore[no-untyped-def]
    """Every sample on every cell, ``sum(v / d^p) / sum(1 / d^p)``: tiles of one row, samples outside, cells inside.

    The inner loop runs over cells, so that it vectorises without changing the order of any sum.
    """
    rows, cols, n = gy.size, gx.size, sx.size
    out = np.full((rows, cols), np.nan, dtype=np.float32)
    tiles = (cols + _TILE - 1) // _TILE
    fours = n - n % 4 if code != _ANY and limit2 == np.inf else 0
    for job in prange(rows * tiles):
        row = job // tiles
        start = (job % tiles) * _TILE
        size = min(_TILE, cols - start)
        over = np.zeros(size)
        under = np.zeros(size)
        g = gx[start : start + size]
        y = gy[row]
        for s in range(0, fours, 4):
            if code == _SQUARE:
                _add_four(g, y, sx, sy, values, s, least, _SQUARE, over, under)
            elif code == _FOURTH:
                _add_four(g, y, sx, sy, values, s, least, _FOURTH, over, under)
            elif code == _FIRST:
                _add_four(g, y, sx, sy, values, s, least, _FIRST, over, under)
            else:
                _add_four(g, y, sx, sy, values, s, least, _THIRD, over, under)
        for s in range(fours, n):
            dy2 = (y - sy[s]) ** 2
            if dy2 > limit2:
                continue
            if code == _SQUARE:
                for c in range(size):
                    d2 = (g[c] - sx[s]) ** 2 + dy2
                    w = 1.0 / (d2 + least) if d2 <= limit2 else 0.0
                    over[c] += w * values[s]
                    under[c] += w
            else:
                for c in range(size):
                    d2 = (g[c] - sx[s]) ** 2 + dy2
                    w = 1.0 / (d2 + least) ** half_power if d2 <= limit2 else 0.0
                    over[c] += w * values[s]
                    under[c] += w
        for c in range(size):
            if under[c] > 0.0:
                out[row, start + c] = over[c] / under[c]
    return out


def idw_all(
    x: Floats, y: Floats, values: Floats, grid: Grid, *, power: float = 2.0, max_distance_m: float = np.inf
) -> Floats32:
    """Inverse-distance mean of every sample within ``max_distance_m``, at cell centres; (rows, cols) float32.

    The textbook estimate, for a few thousand samples; ``idw`` with its k nearest is for many.
    """
    keep = np.isfinite(values)
    if not keep.any():
        raise ScoringError("no sample to interpolate from")
    code = int(power) if power in (_FIRST, _SQUARE, _THIRD, _FOURTH) else _ANY
    limit = float(max_distance_m)
    # lengths in cells keep the product of four fourth powers far inside the range of a float64; a limit is met in metres
    unit = 1.0 if np.isfinite(limit) else min(grid.cell_x_m, grid.cell_y_m)
    xs, ys = (c / unit for c in grid.centres())
    sx, sy, v = (np.ascontiguousarray(np.asarray(a, dtype=np.float64)[keep]) for a in (x, y, values))
    least = (_ON_THE_SPOT_M / unit) ** 2
    return _idw_all(xs, ys, sx / unit, sy / unit, v, code, power / 2, limit**2, least)  # type: ignore[no-any-return]


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
