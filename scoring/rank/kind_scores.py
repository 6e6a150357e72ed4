"""The score of one kind of block: value earned, raised by the ground's evidence, lowered by soft multipliers.

``score = 100 X h(U_lambda) (1 - w + w ground)`` in every draw: what the ground says multiplies value and is earned, so
that what never pays gets nothing for its ground, and a layer withheld never helps. Belongs here: the score and its exact
contributions. Does not belong here: value itself (``scoring.waste.projects``), ranks.
"""

from __future__ import annotations

import numpy as np

from scoring.rank.scores import Scores
from scoring.rank.state import Decided
from scoring.waste.draws.quantiles import quantiles3
from scoring.waste.projects.project_engine import ProjectOutputs


def kind_scores(decided: Decided, out: ProjectOutputs, members: list[int], view: int, deck: int) -> Scores:
    """Scores of blocks of one kind; ``view`` and ``deck`` are the rows of the engine's scores and multiples."""
    given, w = decided.given, decided.given.settings.ground_weight
    n, draws = len(members), out.score.shape[2]
    keys = np.empty((n, draws), np.float32)
    contributions, quantiles, ground, needed = np.zeros((n, 3)), np.empty((n, 4)), np.zeros(n), np.empty(n)
    for j, i in enumerate(members):
        multiplier = given.block_gates[given.ids[i]].multiplier
        x, ground[j] = 100.0 * multiplier, decided.ground_of(i)
        score = x * (1.0 - w + w * ground[j]) * out.score[view, i].astype(np.float64)
        h, lifted = out.mean_h[view, i], out.mean_h_lifted[view, i]
        contributions[j] = x * (1.0 - w) * h, x * (1.0 - w) * (lifted - h), x * w * ground[j] * lifted
        keys[j] = np.where(score > 0.0, -score, out.multiple[deck, i] / multiplier)
        needed[j] = out.multiple_q[deck, i, 1] / multiplier
        quantiles3(score, quantiles[j])
    return Scores(members, keys, contributions, ground, contributions.sum(axis=1), quantiles, needed)
