"""What to sample next, through a whole case: campaigns by worth, a budget, and sites that lack a figure."""

from __future__ import annotations

import pandas as pd
import pytest
from cases import base_run

from data_sources.contracts.published.outputs import SAMPLE_NEXT
from scoring.rank import assess
from scoring.rank.next_sample import NOT_WORTH, WORTH, WOULD_ENTER, sample_next
from scoring.rank.sensitivity import robustness
from scoring.rank.what_moves import what_moves

from .conftest import india_frames


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return sample_next(base_run(**india_frames(draws=100, budget_inr_crore=5.0)))


def test_campaigns_stand_by_net_worth_and_those_not_worth_their_cost_after_them(told):
    assert list(told.columns) == SAMPLE_NEXT.names() and list(told["priority"]) == list(range(1, len(told) + 1))
    worth = told[told["effect"] == WORTH]
    assert len(worth) >= 5 and worth["net_worth_usd"].is_monotonic_decreasing and (worth["net_worth_usd"] > 0).all()
    assert list(dict.fromkeys(told["effect"])) == [WORTH, NOT_WORTH, WOULD_ENTER]
    known = told[told["effect"] != WOULD_ENTER]
    assert (known["worth_usd"] >= 0).all()
    assert (known["net_worth_usd"] - (known["worth_usd"] - known["cost_usd"])).abs().max() < 1


def test_nobody_is_sent_to_gypsum_or_ash_and_who_pays_little_is_not_forgotten(told):
    worth = told[told["effect"] == WORTH]["site_id"]
    assert not any(site.startswith(("IN-PG", "IN-FA", "IN-RM")) for site in worth)
    assert {"IN-TSF-006", "IN-OB-001", "IN-TSF-002"} <= set(worth), "zinc of Agucha, nickel of Sukinda, Malanjkhand"


def test_the_set_of_a_budget_keeps_to_it_with_one_campaign_a_site(told):
    chosen = told[told["is_in_budget"].fillna(False).astype(bool)]
    assert 0 < chosen["cost_inr_lakh"].sum() <= 500 and not chosen["site_id"].duplicated().any()
    assert (chosen["effect"] == WORTH).all()


def test_a_site_that_lacks_a_figure_has_no_worth(told):
    lacking = told[told["effect"] == WOULD_ENTER]
    assert len(lacking) > 20 and lacking[["cost_usd", "worth_usd", "net_worth_usd"]].isna().all(axis=None)
    assert lacking["advice"].notna().all()


def test_where_no_site_is_quantified_the_columns_are_the_same():
    frames = india_frames(draws=100)
    frames["grades"] = frames["grades"].iloc[:0]
    told = sample_next(base_run(**frames))
    assert list(told.columns) == SAMPLE_NEXT.names() and set(told["effect"]) == {WOULD_ENTER}
    assert str(told["cost_inr_lakh"].dtype) == "Int64"


def test_comparisons_and_advice_share_the_base_run(monkeypatch):
    given, seen = assess.given_of, []

    def counted(case, settings, say, count_near):
        seen.append((id(case.blocks), settings, count_near))
        return given(case, settings, say, count_near)

    monkeypatch.setattr(assess, "given_of", counted)
    state = base_run(**india_frames(draws=100))
    robustness(state, grid_km=None), sample_next(state), what_moves(state)
    assert len(seen) > 1 and all(seen.count(one) == 1 for one in seen), "nothing is run twice"
