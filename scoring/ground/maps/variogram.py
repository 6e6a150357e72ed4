"""How values differ with distance: empirical variogram, fitted model, in the wording kriging software shares.

Belongs here: the model and its fit. Does not belong here: the estimate made with it (``kriging``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError

Floats = NDArray[Any]
Model = Literal["spherical", "exponential", "gaussian"]
MODEL_CODES = {"spherical": 0, "exponential": 1, "gaussian": 2}


@dataclass(frozen=True)
class Variogram:
    """``gamma(0) = 0``; ``gamma(h) = nugget + partial_sill f(h / range)`` for h > 0.

    spherical ``f(u) = 1.5 u - 0.5 u^3`` up to 1; exponential ``1 - exp(-3 u)``; gaussian ``1 - exp(-(7 u / 4)^2)``:
    the range is the practical one in all three, as in pykrige.
    """

    model: Model
    nugget: float
    partial_sill: float
    range_m: float

    def __post_init__(self) -> None:
        for name in ("nugget", "partial_sill", "range_m"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not (
            self.nugget >= 0 and self.partial_sill >= 0 and self.nugget + self.partial_sill > 0 and self.range_m > 0
        ):
            raise ScoringError(
                f"variogram {self} is not valid", do="nugget and sill must not be negative, the range positive"
            )

    def __call__(self, h: Floats) -> Floats:
        """Semivariance at lag ``h`` [m]."""
        u = np.asarray(h, dtype=np.float64) / self.range_m
        if self.model == "spherical":
            f = np.where(u < 1, 1.5 * u - 0.5 * u**3, 1.0)
        elif self.model == "exponential":
            f = 1 - np.exp(-3 * u)
        else:
            f = 1 - np.exp(-((7 * u / 4) ** 2))
        return np.asarray(np.where(u > 0, self.nugget + self.partial_sill * f, 0.0))


@dataclass(frozen=True)
class EmpiricalVariogram:
    """Mean lag [m], semivariance and number of pairs of each lag bin."""

    lag_m: Floats
    gamma: Floats
    pairs: NDArray[np.int64]


def empirical_variogram(
    x: Floats, y: Floats, values: Floats, *, max_lag_m: float, bins: int = 15, max_points: int = 3000, seed: int = 0
) -> EmpiricalVariogram:
    """Cressie-Hawkins robust semivariance by lag: ``0.5 mean(|dz|^0.5)^4 / (0.457 + 0.494 / N)``.

    Beyond ``max_points`` a seeded sample of points is taken, each with all its neighbours among the points.

    Source: Cressie & Hawkins 1980, *Mathematical Geology* 12, 115-125.
    """
    from scipy.spatial import cKDTree

    keep = np.isfinite(values) & np.isfinite(x) & np.isfinite(y)
    x, y, z = x[keep], y[keep], values[keep]
    if len(z) < 10:
        raise ScoringError(f"{len(z)} values: too few for a variogram")
    tree = cKDTree(np.column_stack([x, y]))
    # neighbours within the lag grow with density: thin the far ends of pairs, never the near ones of all points
    pick = np.arange(len(z))
    if len(z) > max_points:
        pick = np.sort(np.random.default_rng(seed).choice(len(z), max_points, replace=False))
    edges = np.linspace(0, max_lag_m, bins + 1)
    root, lag, count = np.zeros(bins), np.zeros(bins), np.zeros(bins, dtype=np.int64)
    for part in np.array_split(pick, max(1, len(pick) // 250)):
        near = tree.query_ball_point(np.column_stack([x[part], y[part]]), max_lag_m, return_sorted=True)
        lengths = np.fromiter((len(n) for n in near), dtype=np.int64, count=len(near))
        i, j = np.repeat(part, lengths), np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
        different = i != j
        i, j = i[different], j[different]
        h = np.hypot(x[i] - x[j], y[i] - y[j])
        which = np.minimum(np.searchsorted(edges, h, side="right") - 1, bins - 1)
        root += np.bincount(which, weights=np.sqrt(np.abs(z[i] - z[j])), minlength=bins)
        lag += np.bincount(which, weights=h, minlength=bins)
        count += np.bincount(which, minlength=bins)
    ok = count >= 30
    if ok.sum() < 3:
        raise ScoringError("fewer than three lags hold 30 pairs", do="widen max_lag_m or connect more samples")
    n = count[ok]
    gamma = 0.5 * (root[ok] / n) ** 4 / (0.457 + 0.494 / n)
    return EmpiricalVariogram(lag[ok] / n, gamma, n)


def fit_variogram(empirical: EmpiricalVariogram, model: Model = "exponential") -> Variogram:
    """Least squares weighted by ``N / gamma_model^2`` (Cressie 1985), started from the curve's own ends."""
    from scipy.optimize import least_squares

    h, g = empirical.lag_m, empirical.gamma
    if not (g > 0).any():
        raise ScoringError("the values do not vary with distance at all")
    weight = np.sqrt(empirical.pairs / empirical.pairs.max())
    top = float(g.max())

    def residual(p: Floats) -> Floats:
        fitted = Variogram(model, p[0] * top, max(p[1], 1e-9) * top, p[2] * h.max())(h)
        return np.asarray(weight * (g / fitted - 1))

    start = np.array([max(0.05, min(0.9, float(g[0]) / top * 0.5)), 0.6, 0.5])
    lower, upper = np.array([1e-6, 1e-6, float(h[0]) / h.max() / 2]), np.array([1.5, 5.0, 5.0])
    result = least_squares(residual, np.clip(start, lower, upper), bounds=(lower, upper))
    # round: the optimiser's last digits may differ between processors, the published variogram may not
    nugget, sill, reach = (float(f"{v:.6g}") for v in (result.x[0] * top, result.x[1] * top, result.x[2] * h.max()))
    return Variogram(model, nugget, sill, reach)
