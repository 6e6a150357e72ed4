"""What the scores of one kind of block hold.

Belongs here: the names of what is scored. Does not belong here: the score itself (``kind_scores``), ranks (``ranking``).
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
    """Scores of one kind in one basket; arrays are in the order of ``members`` (rows of the block frame).

    ``keys`` (n, K) order the blocks inside a draw, lowest first: minus the score, or where that is 0 the needed price
    multiple over X. ``contributions`` (n, 3) of value, strategic need and ground, means over the draws, add up to ``mean``.
    """

    members: list[int]
    keys: NDArray[np.float32]
    contributions: NDArray[np.float64]
    ground: NDArray[np.float64]
    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    needed: NDArray[np.float64]
    summary: RankSummary = field(default=None)  # type: ignore[assignment]
    rank: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    tiers: list[str] = field(default_factory=list)
