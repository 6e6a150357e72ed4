"""Which campaigns a budget buys: the set of the largest total worth, exact.

Belongs here: the choice within a budget. Does not belong here: what a campaign is worth (``decision_value``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from scoring.waste.sampling.decision_value import CampaignWorth

LAKH_PER_CRORE = 100


def best_set(rows: Sequence[CampaignWorth], budget_inr_crore: float, inr_per_usd: float) -> list[CampaignWorth]:
    """The campaigns of the largest total net worth within a budget, at most one a site, by site.

    An exact knapsack in lakhs of rupees (a cost is the next whole lakh) and whole dollars of worth. Of sets worth the
    same the cheaper is taken, then the one whose first differing site has the lower id. Rows that are left out for a
    reason are not looked at.

    Raises
    ------
    ScoringError : a budget that is negative or not finite, a rate that is not above 0.
    """
    if not (math.isfinite(budget_inr_crore) and budget_inr_crore >= 0.0):
        raise ScoringError(
            f"a budget of {budget_inr_crore!r}", field="budget_inr_crore", do="give crores of rupees, at least 0"
        )
    if not (math.isfinite(inr_per_usd) and inr_per_usd > 0.0):
        raise ScoringError(f"a rate of {inr_per_usd!r}", field="inr_per_usd", do="give rupees per US dollar, above 0")
    sites: dict[str, list[tuple[int, int, CampaignWorth]]] = {}
    for row in sorted(rows, key=lambda r: (r.site_id, r.campaign)):
        if not row.left_out_reason and row.net_worth_usd > 0.0:
            lakh = math.ceil(row.cost_usd * inr_per_usd / 1e5 - 1e-6)
            sites.setdefault(row.site_id, []).append((lakh, round(row.net_worth_usd), row))
    asked = sum(max(c[0] for c in options) for options in sites.values())
    capacity = min(math.floor(budget_inr_crore * LAKH_PER_CRORE + 1e-6), asked)
    return _chosen([*sites.values()], capacity)


def _chosen(sites: list[list[tuple[int, int, CampaignWorth]]], capacity: int) -> list[CampaignWorth]:
    """The best choice for every budget up to ``capacity``, the last site first; then the path of the full one."""
    worth, cost = np.zeros(capacity + 1, np.int64), np.zeros(capacity + 1, np.int64)
    choices: list[NDArray[np.int16]] = []
    for options in reversed(sites):
        # taken only where better than what stands before it in the row: a campaign goes before leaving the site out
        best_worth, best_cost = np.full(capacity + 1, -1, np.int64), np.zeros(capacity + 1, np.int64)
        choice = np.zeros(capacity + 1, np.int16)
        for number, (lakh, usd) in enumerate([*(o[:2] for o in options), (0, 0)]):
            if lakh > capacity:
                continue
            with_it = worth[: capacity + 1 - lakh] + usd
            spent = cost[: capacity + 1 - lakh] + lakh
            at = slice(lakh, capacity + 1)
            better = (with_it > best_worth[at]) | ((with_it == best_worth[at]) & (spent < best_cost[at]))
            best_worth[at] = np.where(better, with_it, best_worth[at])
            best_cost[at] = np.where(better, spent, best_cost[at])
            choice[at] = np.where(better, number, choice[at])
        worth, cost = best_worth, best_cost
        choices.append(choice)
    out, left = [], capacity
    for options, choice in zip(sites, reversed(choices)):
        number = int(choice[left])
        if number < len(options):
            out.append(options[number][2])
            left -= options[number][0]
    return out
