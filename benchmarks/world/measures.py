"""How well probabilities agree with what happened: AUC, pairs of like tonnage, Brier score, bootstrap interval.

Belongs here: measures of (probability, outcome). Does not belong here: the model.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def auc(probability: ArrayLike, built: ArrayLike) -> float:
    """Share of the pairs (built, not built) in which the built one has the higher probability; a tie counts half."""
    p, y = np.asarray(probability, float), np.asarray(built, int)
    up, down = p[y == 1], p[y == 0]
    if not len(up) or not len(down):
        return math.nan
    return float(_wins(up[:, None] - down[None, :]).mean())


def _wins(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(difference > 0, 1.0, np.where(difference == 0, 0.5, 0.0))


def like_tonnage_pairs(
    probability: ArrayLike, built: ArrayLike, tonnage: ArrayLike, factor: float = 3.0
) -> tuple[float, int]:
    """As ``auc``, over pairs whose tonnages lie within ``factor`` of each other; and how many pairs there are."""
    p, y, t = np.asarray(probability, float), np.asarray(built, int), np.log(np.asarray(tonnage, float))
    up, down = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    near = np.abs(t[up][:, None] - t[down][None, :]) <= math.log(factor) + 1e-12
    wins = _wins(p[up][:, None] - p[down][None, :])[near]
    return (float(wins.mean()) if len(wins) else math.nan), len(wins)


def brier(probability: ArrayLike, built: ArrayLike) -> float:
    """Mean of ``(P - outcome)^2``: 0.25 for a coin."""
    return float(np.mean((np.asarray(probability, float) - np.asarray(built, float)) ** 2))


def bootstrap_auc(
    probability: ArrayLike, built: ArrayLike, resamples: int = 4000, seed: int = 0
) -> tuple[float, float]:
    """5 to 95 % interval of the AUC over resampled rows; resamples with one outcome only are drawn again."""
    p, y = np.asarray(probability, float), np.asarray(built, int)
    if len(set(y.tolist())) < 2:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    found: list[float] = []
    while len(found) < resamples:
        rows = rng.integers(0, len(y), len(y))
        value = auc(p[rows], y[rows])
        if not math.isnan(value):
            found.append(value)
    low, high = np.quantile(found, [0.05, 0.95])
    return float(low), float(high)
