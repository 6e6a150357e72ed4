"""What a budget buys: against every set, with ties, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from khanij.foundation.errors import ScoringError
from scoring.waste.sampling.budget import best_set
from scoring.waste.sampling.decision_value import CampaignWorth

RATE = 87.7
KINDS = ("both", "test", "tonnage_and_grade")


def row(site: str, campaign: str, lakh: int, net: float, why: str = "") -> CampaignWorth:
    usd = lakh * 1e5 / RATE
    return CampaignWorth(site, campaign, "", usd, lakh, "", net + usd, net, 0.3, 0.5, why)


def random_rows(sites: int, seed: int, worth_up_to: int, cost_up_to: int) -> list[CampaignWorth]:
    rng = np.random.default_rng(seed)
    return [
        row(f"s{i:02d}", kind, int(rng.integers(1, cost_up_to)), float(rng.integers(1, worth_up_to)))
        for i in range(sites)
        for kind in KINDS
    ]


def _all_sums(rows: list[CampaignWorth]) -> tuple[np.ndarray, np.ndarray]:
    """Worth and cost of every choice of at most one campaign for each site of the rows."""
    worth, cost = np.zeros(1), np.zeros(1)
    for _, group in itertools.groupby(rows, key=lambda r: r.site_id):
        options = [(0.0, 0), *((r.net_worth_usd, r.cost_inr_lakh) for r in group)]
        worth = np.add.outer(worth, [o[0] for o in options]).ravel()
        cost = np.add.outer(cost, [o[1] for o in options]).ravel()
    return worth, cost


@pytest.mark.parametrize("seed", range(3))
def test_twelve_sites_of_three_campaigns_equal_every_set(seed):
    rows = random_rows(12, seed, 5_000_000, 700)
    (w1, c1), (w2, c2) = _all_sums(rows[:18]), _all_sums(rows[18:])
    worth, cost = np.add.outer(w1, w2), np.add.outer(c1, c2)
    assert worth.size == 4**12
    for crore in (0.5, 5.0, 17.0, 60.0):
        chosen = best_set(rows, crore, RATE)
        inside = cost <= 100 * crore
        assert sum(r.net_worth_usd for r in chosen) == worth[inside].max()
        assert sum(r.cost_inr_lakh for r in chosen) <= 100 * crore
        assert len({r.site_id for r in chosen}) == len(chosen)
    assert 0 < len(best_set(rows, 0.5, RATE)) < len(best_set(rows, 5.0, RATE)) <= 12


@pytest.mark.parametrize("seed", range(30))
def test_ties_are_broken_by_cost_then_id(seed):
    """Few sites and small whole numbers, so that many sets are worth the same and cost the same."""
    rows = random_rows(5, seed, 5, 5)
    by_site = [[None, *group] for _, group in itertools.groupby(rows, key=lambda r: r.site_id)]

    def order(chosen):
        # the site that comes first where two sets differ: to have it is before not to have it
        ids = [(r.site_id, r.campaign) if r else ("~", "") for r in chosen]
        kept = [r for r in chosen if r]
        return (-sum(r.net_worth_usd for r in kept), sum(r.cost_inr_lakh for r in kept), ids)

    for lakh in range(14):
        sets = [s for s in itertools.product(*by_site) if sum(r.cost_inr_lakh for r in s if r) <= lakh]
        assert best_set(rows[::-1], lakh / 100, RATE) == [r for r in min(sets, key=order) if r]


def test_what_is_left_out_or_worth_nothing_is_never_bought():
    rows = [
        row("a", "test", 10, 9e6, "P(pays) stays below 10%"), row("b", "test", 10, 0.0), row("c", "test", 10, -5.0),
        row("d", "test", 10, 7.0),
    ]  # fmt: skip
    assert [r.site_id for r in best_set(rows, 50.0, RATE)] == ["d"]


def test_the_budget_is_held_to_the_lakh():
    rows = [row("a", "test", 139, 1e6), row("b", "test", 361, 2e6), row("c", "test", 1, 10.0)]
    assert [r.site_id for r in best_set(rows, 5.0, RATE)] == ["a", "b"]
    assert [r.site_id for r in best_set(rows, 4.99, RATE)] == ["b", "c"]
    assert best_set(rows, 0.0, RATE) == [] and best_set([], 5.0, RATE) == []
    assert len(best_set(rows, 1e9, RATE)) == 3


@pytest.mark.parametrize(("crore", "rate"), [(-1.0, RATE), (float("nan"), RATE), (float("inf"), RATE), (5.0, 0.0)])
def test_a_budget_or_rate_that_cannot_be_is_refused(crore, rate):
    with pytest.raises(ScoringError):
        best_set([], crore, rate)
