"""The scores of one kind of blocks, and the weights of the axes that each block has.

Belongs here: the value, and which weights apply where an axis is missing. Does not belong here: computing an axis
(``axes``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scoring.rank.ranking import RankSummary


@dataclass
class Scores:
    """Scores of one kind in one basket; arrays are in the order of ``members`` (rows of the block frame)."""

    members: list[int]
    matrix: NDArray[np.float32]
    contributions: NDArray[np.float64]
    axes: NDArray[np.float64]
    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    fertility_use: list[str]
    summary: RankSummary = field(default=None)  # type: ignore[assignment]
    rank: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


def effective_weights(weights: tuple[float, float, float], use: str) -> tuple[float, float, float]:
    """Weights of one block: as given where F is measured or drawn, else V and S scaled to 1 and F at 0.

    ``use`` is measured, drawn, missing (no layer for any block of the kind) or not_applicable (transported waste).
    With no weight on V and S at all they share it equally, so that the score stays defined.
    """
    if use in ("measured", "drawn"):
        return weights
    rest = weights[0] + weights[1]
    return (weights[0] / rest, weights[1] / rest, 0.0) if rest > 0 else (0.5, 0.5, 0.0)


def fertility_uses(values: list[float], applies: list[bool]) -> list[str]:
    """How F enters each block of a kind, so that withholding a layer is never rewarded.

    Missing for every block where it could apply: left out for all alike. Missing for some: drawn U(0, 1) for those.
    """
    any_measured = any(a and not np.isnan(v) for v, a in zip(values, applies))
    out = []
    for value, applicable in zip(values, applies):
        if not applicable:
            out.append("not_applicable")
        elif not any_measured:
            out.append("missing")
        else:
            out.append("drawn" if np.isnan(value) else "measured")
    return out
