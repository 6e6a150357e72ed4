"""What moves a block: the factor found is the one at which half of the draws pay, and knowing more of a thing tells."""

from __future__ import annotations

import numpy as np
import pytest
from cases import run

from scoring.rank.what_moves import what_moves

from .worlds import region

DRAWS = 1000


@pytest.fixture(scope="module")
def state():
    return run(**region(21, 30, draws=DRAWS))


@pytest.fixture(scope="module")
def table(state):
    return what_moves(state)


def test_every_ranked_block_has_each_factor_once_largest_swing_first(state, table):
    ranked = {state.given.ids[i] for s in state.main_scores.values() for i in s.members}
    others = {b for b, s in zip(state.given.ids, state.decided.status, strict=True) if s == "OUT_OF_BASKET"}
    assert ranked and others and set(table["block_id"]) == ranked | others
    assert (table.groupby("block_id")["factor"].nunique() == 7).all()
    for _, rows in table.groupby("block_id", sort=False):
        assert (np.diff(rows["swing"]) <= 0).all()


def test_p_pays_is_that_of_the_ranking(state, table):
    own = dict(zip(state.given.ids, state.scored.projects.out.p_pays[0]))
    waste = table[table["block_id"].str.startswith("WB-")]
    assert waste["p_pays"].tolist() == pytest.approx([own[b] for b in waste["block_id"]], abs=1e-12)


def test_the_needed_price_is_the_published_multiple(state, table):
    rows = table[(table["factor"] == "price") & table["block_id"].str.startswith("WB-")].set_index("block_id")
    needed = {b: state.scored.projects.out.multiple_q[0, i, 1] for i, b in enumerate(state.given.ids)}
    # freight does not go with the price, so the two differ where freight takes a share; without it they are one
    free = [b for b in rows.index if rows.loc[b, "factor_needed"] < 100 and not _freight(state, rows.loc[b, "site_id"])]
    assert len(free) >= 5
    for b in free:
        assert rows.loc[b, "factor_needed"] == pytest.approx(needed[b], rel=0.02)


def _freight(state, site):
    return state.given.records[site].row.product_freight_usd_per_t > 0


@pytest.mark.parametrize(
    ("factor", "setting"), [("price", "price_factor"), ("recovery", "recovery_factor"), ("capital", "capital_factor")]
)
def test_a_run_with_the_needed_factor_pays_in_half_of_its_draws(state, table, factor, setting):
    rows = table[(table["factor"] == factor) & table["block_id"].str.startswith("WB-") & table["factor_needed"].notna()]
    chosen = rows[(rows["factor_needed"] > 0.2) & (rows["factor_needed"] < 20)].head(4)
    assert len(chosen) >= 2
    frames = region(21, 30, draws=DRAWS)
    for block, needed in zip(chosen["block_id"], chosen["factor_needed"]):
        again = run(**frames | {"settings": frames["settings"].replace(**{setting: float(needed)})})
        p = again.scored.projects.out.p_pays[0, again.given.ids.index(block)]
        assert p == pytest.approx(0.5, abs=0.03), (block, factor)


def test_more_of_what_helps_helps_and_more_cost_does_not(table):
    for factor in ("price", "grade", "recovery", "tonnage", "route"):
        rows = table[table["factor"] == factor]
        assert (rows["p_pays_at_p90"] >= rows["p_pays_at_p10"] - 0.02).all()
    for factor in ("operating cost", "capital"):
        rows = table[table["factor"] == factor]
        assert (rows["p_pays_at_p90"] <= rows["p_pays_at_p10"] + 1e-12).all()


def test_it_is_said_in_words(table):
    assert table["said"].str.contains("of the draws").all()
    none = table[table["factor_needed"].isna() & (table["factor"] != "route")]
    assert len(none) and none["said"].str.contains("alone would make half of the draws pay").all()
