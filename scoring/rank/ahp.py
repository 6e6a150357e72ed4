"""Analytic hierarchy process: axis weights from pairwise comparisons, with their consistency ratio.

Belongs here: eigenvector, CI, CR. Does not belong here: what the weights are used for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_sources.contracts import ScoringError

RANDOM_INDEX = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
"""Saaty's random index by order of the matrix (Saaty 1980)."""

MAX_CONSISTENCY_RATIO = 0.10


@dataclass(frozen=True)
class AhpResult:
    """Weights (n,) summing to 1, the principal eigenvalue, and the consistency index and ratio."""

    weights: NDArray[np.float64]
    lambda_max: float
    consistency_index: float
    consistency_ratio: float


def ahp_weights(matrix: Sequence[Sequence[float]], max_ratio: float = MAX_CONSISTENCY_RATIO) -> AhpResult:
    """Weights = principal right eigenvector of a reciprocal matrix; ``CI = (l - n) / (n - 1)``, ``CR = CI / RI``.

    Parameters
    ----------
    matrix : (n, n), positive, ``a_ji = 1 / a_ij``, 1 <= n <= 10.
    max_ratio : a CR at or above it is refused (Saaty: 0.10).

    Raises
    ------
    ScoringError : not square, not positive, not reciprocal, too large, or CR >= ``max_ratio``.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process; Saaty (2008), Int. J. Services Sciences 1(1), 83-98.
    """
    try:
        a = np.asarray(matrix, dtype=float)
    except (TypeError, ValueError) as error:
        raise ScoringError("the AHP matrix is not a square table of numbers", do="give n rows of n numbers") from error
    n = a.shape[0] if a.ndim == 2 else 0
    if a.ndim != 2 or a.shape != (n, n) or n not in RANDOM_INDEX:
        raise ScoringError(f"the AHP matrix has shape {a.shape}", do="give a square matrix of order 1 to 10")
    if not np.all(np.isfinite(a)) or np.any(a <= 0) or not np.allclose(a * a.T, 1.0, rtol=1e-3):
        raise ScoringError(
            "the AHP matrix is not positive and reciprocal", do="make a_ji = 1 / a_ij, and 1 on the diagonal"
        )
    values, vectors = np.linalg.eig(a)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    weights /= weights.sum()
    lambda_max = float(values[first].real)
    index = max(0.0, (lambda_max - n) / (n - 1)) if n > 1 else 0.0
    ratio = index / RANDOM_INDEX[n] if RANDOM_INDEX[n] > 0 else 0.0
    ratio = 0.0 if ratio < 1e-9 else ratio
    if ratio >= max_ratio:
        raise ScoringError(
            f"the AHP comparisons contradict each other: CR = {ratio:.3f}, at or above {max_ratio:.2f}",
            do="revise the pairwise comparisons",
        )
    return AhpResult(np.round(weights, 12) / np.round(weights, 12).sum(), lambda_max, index, ratio)
