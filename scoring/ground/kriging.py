"""Ordinary kriging of the k nearest samples, with its own variance, and its cross-validation.

Belongs here: the kriging system. Does not belong here: the variogram's fit, or what is estimated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numba import njit, prange
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data_sources.contracts.errors import ScoringError
from scoring.ground.grid import Grid
from scoring.ground.tiles import map_tiles
from scoring.ground.variogram import MODEL_CODES, Variogram

Floats = NDArray[Any]
_ON_THE_SPOT_M = 1e-6
MAX_TABLED_SAMPLES = 3000


@njit(inline="always")
def _gamma(h, code, nugget, sill, reach):  # type: ignore[no-untyped-def]
    u = h / reach
    if code == 0:
        f = 1.5 * u - 0.5 * u * u * u if u < 1.0 else 1.0
    elif code == 1:
        f = 1.0 - np.exp(-3.0 * u)
    else:
        f = 1.0 - np.exp(-((7.0 * u / 4.0) ** 2))
    return nugget + sill * f


@njit(parallel=True, cache=True)
def _pairs(sx, sy, code, nugget, sill, reach):  # type: ignore[no-untyped-def]
    """Covariance of every pair of samples, so that each is worked out once and not at every cell."""
    n = sx.size
    total = nugget + sill
    out = np.empty((n, n))
    for i in prange(n):
        for j in range(n):
            h = np.sqrt((sx[i] - sx[j]) ** 2 + (sy[i] - sy[j]) ** 2)
            out[i, j] = total if i == j else total - _gamma(h, code, nugget, sill, reach)
    return out


@njit(parallel=True, cache=True)
def _krige(px, py, index, used, sx, sy, z, code, nugget, sill, reach, pairs):  # type: ignore[no-untyped-def]
    """Each point's own system, in covariances (sill - gamma) by Cholesky, the unbiasedness condition after it.

    With L the Cholesky factor, u = L^-1 c, v = L^-1 1, q = L^-1 z: lambda = (1 - u.v) / v.v, the estimate is
    (u + lambda v).q and the variance C(0) - u.u + lambda (1 - u.v).
    """
    n = px.size
    kmax = index.shape[1]
    total = nugget + sill
    mean = np.full(n, np.nan)
    variance = np.full(n, np.nan)
    for p in prange(n):
        k = used[p]
        if k == 0:
            continue
        near = index[p]
        a = np.empty((kmax, kmax))
        u = np.empty(kmax)
        v = np.empty(kmax)
        q = np.empty(kmax)
        there = 0
        sum_there = 0.0
        for i in range(k):
            si = near[i]
            for j in range(i):
                if pairs.size:
                    a[i, j] = pairs[si, near[j]]
                else:
                    h = np.sqrt((sx[si] - sx[near[j]]) ** 2 + (sy[si] - sy[near[j]]) ** 2)
                    a[i, j] = total - _gamma(h, code, nugget, sill, reach)
            a[i, i] = total
            h = np.sqrt((sx[si] - px[p]) ** 2 + (sy[si] - py[p]) ** 2)
            if h <= 1e-6:
                there += 1
                sum_there += z[si]
            u[i] = total - _gamma(h, code, nugget, sill, reach)
            v[i] = 1.0
            q[i] = z[si]
        if there > 0:
            mean[p] = sum_there / there
            variance[p] = 0.0 if there == 1 else nugget / there
            continue
        uu = 0.0
        uv = 0.0
        vv = 0.0
        good = True
        for i in range(k):
            for j in range(i + 1):
                s = a[i, j]
                for m in range(j):
                    s -= a[i, m] * a[j, m]
                if j < i:
                    a[i, j] = s / a[j, j]
                elif s <= 1e-12 * total:
                    good = False  # two samples on one spot, and no nugget to tell them apart
                else:
                    a[i, i] = np.sqrt(s)
            if not good:
                break
            su, sv, sq = u[i], v[i], q[i]
            for m in range(i):
                su -= a[i, m] * u[m]
                sv -= a[i, m] * v[m]
                sq -= a[i, m] * q[m]
            u[i] = su / a[i, i]
            v[i] = sv / a[i, i]
            q[i] = sq / a[i, i]
            uu += u[i] * u[i]
            uv += u[i] * v[i]
            vv += v[i] * v[i]
        if not good:
            continue
        lagrange = (1.0 - uv) / vv
        estimate = 0.0
        for i in range(k):
            estimate += (u[i] + lagrange * v[i]) * q[i]
        mean[p] = estimate
        variance[p] = max(total - uu + lagrange * (1.0 - uv), 0.0)
    return mean, variance


def krige_points(
    x: Floats,
    y: Floats,
    values: Floats,
    at_x: Floats,
    at_y: Floats,
    variogram: Variogram,
    *,
    neighbours: int = 16,
    max_distance_m: float = np.inf,
    leave_self_out: bool = False,
) -> tuple[Floats, Floats]:
    """Ordinary kriging estimate and variance at points, each from its ``neighbours`` nearest samples.

    A point on a sample gets the sample's value with variance 0. ``leave_self_out`` estimates at the samples
    themselves without the sample there (cross-validation).

    Parameters
    ----------
    x, y, values : (n,) samples [m, m, any unit]; NaN values are left out.
    at_x, at_y : (m,) points [m].
    max_distance_m : a point whose nearest sample is further off is NaN; further neighbours do not count.

    Returns
    -------
    ((m,) estimate, (m,) kriging variance in the unit squared)
    """
    sx, sy, z = _usable(x, y, values)
    tree = cKDTree(np.column_stack([sx, sy]))
    return _estimate(tree, sx, sy, z, at_x, at_y, variogram, neighbours, max_distance_m, leave_self_out)


def _usable(x: Floats, y: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    keep = np.isfinite(values) & np.isfinite(x) & np.isfinite(y)
    if keep.sum() < 3:
        raise ScoringError(f"{int(keep.sum())} samples: too few to krige")
    sx, sy, z = (np.ascontiguousarray(np.asarray(v, dtype=np.float64)[keep]) for v in (x, y, values))
    return sx, sy, z


def _estimate(
    tree: cKDTree,
    sx: Floats,
    sy: Floats,
    z: Floats,
    at_x: Floats,
    at_y: Floats,
    variogram: Variogram,
    neighbours: int,
    max_distance_m: float,
    leave_self_out: bool = False,
) -> tuple[Floats, Floats]:
    px, py = np.ascontiguousarray(at_x, dtype=np.float64), np.ascontiguousarray(at_y, dtype=np.float64)
    k = min(neighbours + int(leave_self_out), len(z))
    # the bound makes cells far from any sample (the sea) cost nothing; it is exclusive, the limit is not
    bound = np.nextafter(max_distance_m, np.inf)
    distance, index = tree.query(np.column_stack([px, py]), k=k, workers=2, distance_upper_bound=bound)
    distance, index = distance.reshape(len(px), k), index.reshape(len(px), k).astype(np.int64)
    if leave_self_out:
        # every sample on the same spot goes, or a duplicate would give the answer away
        here = distance <= _ON_THE_SPOT_M
        order = np.argsort(here, axis=1, kind="stable")
        index, distance = np.take_along_axis(index, order, 1), np.where(here, np.inf, distance)
        distance = np.take_along_axis(distance, order, 1)
        index, distance = index[:, :neighbours], distance[:, :neighbours]
    used = (
        (distance <= max_distance_m).sum(axis=1) if np.isfinite(max_distance_m) else np.isfinite(distance).sum(axis=1)
    )
    model = (MODEL_CODES[variogram.model], variogram.nugget, variogram.partial_sill, variogram.range_m)
    # a table of all pairs pays where a sample meets the same neighbours at many points, and fits in memory
    pairs = _pairs(sx, sy, *model) if len(z) <= MAX_TABLED_SAMPLES and len(px) > len(z) else np.empty((0, 0))
    return _krige(px, py, np.ascontiguousarray(index), used, sx, sy, z, *model, pairs)  # type: ignore[no-any-return]


def krige_grid(
    x: Floats,
    y: Floats,
    values: Floats,
    grid: Grid,
    variogram: Variogram,
    *,
    neighbours: int = 16,
    max_distance_m: float = np.inf,
) -> tuple[Floats, Floats]:
    """``krige_points`` at every cell centre, block by block; (rows, cols) float32 estimate and standard deviation."""
    sx, sy, z = _usable(x, y, values)
    tree = cKDTree(np.column_stack([sx, sy]))
    mean, sd = grid.empty(), grid.empty()
    blocks = list(grid.windows(512))
    shared = (tree, sx, sy, z, grid.centres(), variogram, neighbours, max_distance_m)
    for block, (m, v) in zip(blocks, map_tiles(_krige_tile, [b.slices for b in blocks], shared), strict=True):
        mean[block.slices] = m.reshape(block.shape)
        sd[block.slices] = np.sqrt(v).reshape(block.shape)
    return mean, sd


def _krige_tile(tile: tuple[slice, slice], shared: tuple[Any, ...]) -> tuple[Floats, Floats]:
    tree, sx, sy, z, (xs, ys), variogram, neighbours, max_distance_m = shared
    rows, cols = tile
    gx, gy = np.meshgrid(xs[cols], ys[rows])
    return _estimate(tree, sx, sy, z, gx.ravel(), gy.ravel(), variogram, neighbours, max_distance_m)


def cross_validate(
    x: Floats,
    y: Floats,
    values: Floats,
    variogram: Variogram,
    *,
    neighbours: int = 16,
    max_points: int = 5000,
    seed: int = 0,
) -> dict[str, float]:
    """Leave-one-out: mean error, RMSE, its share of the plain sd, and mean squared standardised error (1 is right)."""
    keep = np.isfinite(values) & np.isfinite(x) & np.isfinite(y)
    x, y, z = x[keep], y[keep], values[keep]
    pick = np.arange(len(z))
    if len(z) > max_points:
        pick = np.sort(np.random.default_rng(seed).choice(len(z), max_points, replace=False))
    m, v = krige_points(x, y, z, x[pick], y[pick], variogram, neighbours=neighbours, leave_self_out=True)
    error = m - z[pick]
    ok = np.isfinite(error) & (v > 0)
    spread = float(np.std(z))
    rmse = float(np.sqrt(np.mean(error[ok] ** 2)))
    return {
        "n": float(ok.sum()),
        "mean_error": float(np.mean(error[ok])),
        "rmse": rmse,
        "rmse_over_sd": rmse / spread if spread > 0 else float("nan"),
        "mean_squared_standardised_error": float(np.mean(error[ok] ** 2 / v[ok])),
    }


def variogram_row(name: str, variogram: Variogram, check: dict[str, float]) -> pd.DataFrame:
    """One line of the report: the fitted model and what its cross-validation says."""
    return pd.DataFrame(
        [
            {
                "band": name,
                "model": variogram.model,
                "nugget": variogram.nugget,
                "partial_sill": variogram.partial_sill,
                "range_m": variogram.range_m,
                **check,
            }
        ]
    )
