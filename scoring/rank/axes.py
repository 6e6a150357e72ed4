"""From axes to scores of one kind of block: weights, missing fertility, the soft multiplier, exact contributions.

``score = 100 X (w_V V + w_S S + w_F F)`` in every draw. Belongs here: how the three axes are put together. Does not
belong here: V and S themselves (``scoring.waste.economics``), ranks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scoring.waste.quantiles import quantiles3
from scoring.waste.streams import uniforms

if TYPE_CHECKING:
    from scoring.rank.ranking import RankSummary
    from scoring.rank.state import RunState


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


def kind_scores(state: RunState, kind: str, members: list[int], view: int, basket: int) -> Scores:
    """Scores (n, K) of the members of one kind, their mean contributions (n, 3) and axes (n, 3), P10/P50/P90."""
    settings, out = state.settings, state.simulation.out
    n, draws = len(members), settings.draws
    weights = settings.axis_weights()
    use = state.fertility_use(kind)
    matrix = np.empty((n, draws), np.float32)
    contributions, axes, summary = np.zeros((n, 3)), np.full((n, 3), np.nan), np.empty((n, 4))
    for j, i in enumerate(members):
        w = effective_weights(weights, use[i])
        value, strategic = out.value[view, i].astype(np.float64), out.strategic[basket, i].astype(np.float64)
        x = 100.0 * state.block_gates[state.ids[i]].multiplier
        score = x * (w[0] * value + w[1] * strategic)
        axes[j, :2] = value.mean(), strategic.mean()
        contributions[j, :2] = x * w[0] * axes[j, 0], x * w[1] * axes[j, 1]
        if use[i] == "measured":
            fertility = state.fertility_of(i)
            score += x * w[2] * fertility
            axes[j, 2], contributions[j, 2] = fertility, x * w[2] * fertility
        elif use[i] == "drawn":
            drawn = uniforms(settings.seed, draws, "fertility", state.ids[i])
            score += x * w[2] * drawn
            contributions[j, 2] = x * w[2] * drawn.mean()
        matrix[j] = score
        quantiles3(score, summary[j])
    return Scores(members, matrix, contributions, axes, contributions.sum(axis=1), summary, [use[i] for i in members])
