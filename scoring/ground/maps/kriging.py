"""Ordinary kriging of the k nearest samples, with its own variance, and its cross-validation.

Belongs here: the kriging system. Does not belong here: the variogram's fit, or what is estimated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numba import njit, prange
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid
from scoring.ground.maps import elementary
from scoring.ground.maps.neighbours import (
    ON_THE_SPOT_M,
    Samples,
    index_samples,
    nearest_of_cells,
    nearest_of_points,
)
from scoring.ground.maps.tiles import map_tiles
from scoring.ground.maps.variogram import MODEL_CODES, Variogram

Floats = NDArray[Any]


_LANES = 32  # points worked on side by side, so that every step of their systems is one vector instruction


@njit(inline="always")
def _covariance(h2, code, sill, per_reach):
    """Covariance at a squared distance, without the nugget; ``per_reach`` is 1 / range."""
    if code == 1:
        return sill * elementary.exp(-3.0 * per_reach * np.sqrt(h2))
    if code == 2:
        return sill * elementary.exp(-3.0625 * per_reach * per_reach * h2)
    u = np.sqrt(h2) * per_reach
    return sill * (1.0 - (1.5 * u - 0.5 * u * u * u)) if u < 1.0 else 0.0


@njit(cache=True, error_model="numpy")
def _covariances(h2, code, sill, per_reach, out):
    if code == 1:
        for p in range(_LANES):
            out[p] = _covariance(h2[p], 1, sill, per_reach)
    elif code == 2:
        for p in range(_LANES):
            out[p] = _covariance(h2[p], 2, sill, per_reach)
    else:
        for p in range(_LANES):
            out[p] = _covariance(h2[p], 0, sill, per_reach)


@njit(inline="always")
def _subtract(c, a, row, b, column, terms):
    """``c -= a[row + m] b[column + m]`` for each m below ``terms``, in order, on all lanes."""
    for m in range(terms):
        for p in range(_LANES):
            c[p] -= a[row + m, p] * b[column + m, p]


@njit(parallel=True, cache=True, error_model="numpy")
def _krige(px, py, index, used, sx, sy, z, code, nugget, sill, reach):
    """Each point's own system, in covariances (sill - gamma) by Cholesky, the unbiasedness condition after it.

    With L the Cholesky factor, u = L^-1 c, v = L^-1 1, q = L^-1 z: lambda = (1 - u.v) / v.v, the estimate is
    (u + lambda v).q and the variance C(0) - u.u + lambda (1 - u.v). A point with fewer neighbours than others has rows
    of the identity in their place, which add nothing.
    """
    n = px.size
    k = index.shape[1]
    total = nugget + sill
    per_reach = 1.0 / reach
    mean = np.full(n, np.nan)
    variance = np.full(n, np.nan)
    for batch in prange((n + _LANES - 1) // _LANES):
        first = batch * _LANES
        size = min(_LANES, n - first)
        x, y = np.zeros(_LANES), np.zeros(_LANES)
        ax, ay, mask = np.zeros((k, _LANES)), np.zeros((k, _LANES)), np.zeros((k, _LANES))
        u, v, q = np.zeros((k, _LANES)), np.zeros((k, _LANES)), np.zeros((k, _LANES))
        a = np.empty((k * (k + 1) // 2, _LANES))  # the lower triangle, row by row
        h2, c, pivot = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
        nearest, bad = np.full(_LANES, np.inf), np.zeros(_LANES, dtype=np.bool_)
        vv, vq = np.zeros(_LANES), np.zeros(_LANES)
        uu, uv, uq = np.zeros(_LANES), np.zeros(_LANES), np.zeros(_LANES)
        for p in range(size):
            x[p], y[p] = px[first + p], py[first + p]
            for i in range(used[first + p]):
                s = index[first + p, i]
                ax[i, p], ay[i, p], q[i, p] = sx[s], sy[s], z[s]
                mask[i, p] = 1.0
                v[i, p] = 1.0
        for i in range(k):
            row = i * (i + 1) // 2
            for j in range(i):
                for p in range(_LANES):
                    dx, dy = ax[i, p] - ax[j, p], ay[i, p] - ay[j, p]
                    h2[p] = dx * dx + dy * dy
                _covariances(h2, code, sill, per_reach, c)
                for p in range(_LANES):
                    c[p] *= mask[i, p] * mask[j, p]
                column = j * (j + 1) // 2
                _subtract(c, a, row, a, column, j)
                for p in range(_LANES):
                    a[row + j, p] = c[p] * a[column + j, p]
            for p in range(_LANES):
                pivot[p] = total
            _subtract(pivot, a, row, a, row, i)
            _subtract(v[i], a, row, v, 0, i)
            _subtract(q[i], a, row, q, 0, i)
            for p in range(_LANES):
                # two samples on one spot, and no nugget to tell them apart
                bad[p] |= pivot[p] <= 1e-12 * total
                inverse_root = 1.0 / np.sqrt(pivot[p])
                a[row + i, p] = inverse_root  # the diagonal holds 1 / L_ii
                v[i, p] *= inverse_root
                q[i, p] *= inverse_root
                vv[p] += v[i, p] * v[i, p]
                vq[p] += v[i, p] * q[i, p]
            for p in range(_LANES):
                dx, dy = ax[i, p] - x[p], ay[i, p] - y[p]
                h2[p] = dx * dx + dy * dy
            for p in range(_LANES):
                away = h2[p] if mask[i, p] > 0.0 else np.inf
                nearest[p] = away if away < nearest[p] else nearest[p]
            _covariances(h2, code, sill, per_reach, c)
            for p in range(_LANES):
                c[p] *= mask[i, p]
            _subtract(c, a, row, u, 0, i)
            for p in range(_LANES):
                c[p] *= a[row + i, p]
                u[i, p] = c[p]
            for p in range(_LANES):
                uu[p] += c[p] * c[p]
            for p in range(_LANES):
                uv[p] += c[p] * v[i, p]
            for p in range(_LANES):
                uq[p] += c[p] * q[i, p]
        for p in range(size):
            at = first + p
            if nearest[p] <= ON_THE_SPOT_M**2:
                there, sum_there = 0.0, 0.0
                for i in range(used[at]):
                    s = index[at, i]
                    if (sx[s] - x[p]) ** 2 + (sy[s] - y[p]) ** 2 <= ON_THE_SPOT_M**2:
                        there += 1.0
                        sum_there += z[s]
                mean[at] = sum_there / there
                variance[at] = 0.0 if there == 1.0 else nugget / there
            elif used[at] > 0 and not bad[p]:
                lagrange = (1.0 - uv[p]) / vv[p]
                mean[at] = uq[p] + lagrange * vq[p]
                variance[at] = max(total - uu[p] + lagrange * (1.0 - uv[p]), 0.0)
    return mean, variance


def krige_points(
    x: Floats,
    y: Floats,
    values: Floats,
    at: tuple[Floats, Floats],
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
    at : x and y of the points, each (m,) [m].
    max_distance_m : a point whose nearest sample is further off is NaN; further neighbours do not count.

    Returns
    -------
    ((m,) estimate, (m,) kriging variance in the unit squared)
    """
    samples = _usable(x, y, values)
    px, py = (np.ascontiguousarray(v, dtype=np.float64) for v in at)
    index, used = nearest_of_points(samples, px, py, neighbours, max_distance_m, leave_self_out=leave_self_out)
    return _solved(samples, px, py, index, used, variogram)


def _usable(x: Floats, y: Floats, values: Floats) -> Samples:
    keep = np.isfinite(values) & np.isfinite(x) & np.isfinite(y)
    if keep.sum() < 3:
        raise ScoringError(f"{int(keep.sum())} samples: too few to krige")
    return index_samples(*(np.asarray(v, dtype=np.float64)[keep] for v in (x, y, values)))


def _solved(
    samples: Samples, px: Floats, py: Floats, index: Floats, used: Floats, variogram: Variogram
) -> tuple[Floats, Floats]:
    """Estimate and variance where there is a neighbour; NaN elsewhere."""
    model = (MODEL_CODES[variogram.model], variogram.nugget, variogram.partial_sill, variogram.range_m)
    mean, variance = np.full(len(px), np.nan), np.full(len(px), np.nan)
    near = np.flatnonzero(used)
    mean[near], variance[near] = _krige(
        px[near], py[near], index[near], used[near], samples.x, samples.y, samples.z, *model
    )
    return mean, variance


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
    mean, sd = grid.empty(), grid.empty()
    blocks = list(grid.windows(512))
    shared = (_usable(x, y, values), grid.centres(), variogram, neighbours, max_distance_m)
    for block, (m, v) in zip(blocks, map_tiles(_krige_tile, [b.slices for b in blocks], shared), strict=True):
        mean[block.slices] = m.reshape(block.shape)
        sd[block.slices] = np.sqrt(v).reshape(block.shape)
    return mean, sd


def _krige_tile(tile: tuple[slice, slice], shared: tuple[Any, ...]) -> tuple[Floats, Floats]:
    samples, (xs, ys), variogram, neighbours, max_distance_m = shared
    rows, cols = tile
    index, used = nearest_of_cells(samples, xs[cols], ys[rows], neighbours, max_distance_m)
    gx, gy = np.meshgrid(xs[cols], ys[rows])
    return _solved(samples, gx.ravel(), gy.ravel(), index, used, variogram)


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
    m, v = krige_points(x, y, z, (x[pick], y[pick]), variogram, neighbours=neighbours, leave_self_out=True)
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
