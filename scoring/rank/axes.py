"""From axes to scores of one kind of block: weights, missing fertility, the soft multiplier, exact contributions.

``score = 100 X (w_V V + w_S S + w_F F)`` in every draw. Belongs here: how the three axes are put together. Does not
belong here: V and S themselves (``scoring.waste.economics``), ranks.
"""

from __future__ import annotations

import numpy as np

from scoring.rank.scores import Scores, effective_weights
from scoring.rank.state import Decided
from scoring.waste.engine import Outputs
from scoring.waste.quantiles import quantiles3
from scoring.waste.stream_names import Stream
from scoring.waste.streams import uniforms


def kind_scores(decided: Decided, out: Outputs, kind: str, members: list[int], view: int, basket: int) -> Scores:
    """Scores (n, K) of the members of one kind, their mean contributions (n, 3) and axes (n, 3), P10/P50/P90.

    ``view`` and ``basket`` are the rows of the engine's values and strategic needs.
    """
    given, settings = decided.given, decided.given.settings
    n, draws = len(members), settings.draws
    weights = settings.axis_weights()
    use = decided.fertility_use(kind)
    matrix = np.empty((n, draws), np.float32)
    contributions, axes, summary = np.zeros((n, 3)), np.full((n, 3), np.nan), np.empty((n, 4))
    for j, i in enumerate(members):
        w = effective_weights(weights, use[i])
        value, strategic = out.value[view, i].astype(np.float64), out.strategic[basket, i].astype(np.float64)
        x = 100.0 * given.block_gates[given.ids[i]].multiplier
        score = x * (w[0] * value + w[1] * strategic)
        axes[j, :2] = value.mean(), strategic.mean()
        contributions[j, :2] = x * w[0] * axes[j, 0], x * w[1] * axes[j, 1]
        if use[i] == "measured":
            fertility = given.fertility_of(i)
            score += x * w[2] * fertility
            axes[j, 2], contributions[j, 2] = fertility, x * w[2] * fertility
        elif use[i] == "drawn":
            drawn = uniforms(settings.seed, draws, Stream.FERTILITY, given.ids[i])
            score += x * w[2] * drawn
            contributions[j, 2] = x * w[2] * drawn.mean()
        matrix[j] = score
        quantiles3(score, summary[j])
    return Scores(members, matrix, contributions, axes, contributions.sum(axis=1), summary, [use[i] for i in members])
