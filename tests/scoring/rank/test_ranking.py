"""Ranks inside the draws: ties, identities, one block alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from scoring.rank.ranking import final_rank, p_above, rank_draws, tiers

scores = arrays(
    np.float32,
    st.tuples(st.integers(2, 30), st.integers(1, 40)),
    elements=st.floats(0, 100, width=32) | st.sampled_from([0.0, 1.0]),
)


@given(scores)
@settings(max_examples=100, deadline=None)
def test_ranks_are_average_ranks_and_tops_sum(values):
    summary = rank_draws(values.copy())
    for k in range(values.shape[1]):
        assert summary.ranks[:, k] == pytest.approx(rankdata(values[:, k].astype(float)), abs=1e-4)
    n = len(values)
    for k in (10, 20):
        assert summary.p_top[k].sum() == pytest.approx(min(k, n), abs=1e-9)
        assert (summary.p_top[k] <= 1).all()
    assert (summary.p_top[10] <= summary.p_top[20] + 1e-12).all()
    assert (summary.p05 <= summary.p50).all() and (summary.p50 <= summary.p95).all() and summary.p05.min() >= 1


def test_threads_do_not_matter():
    values = np.random.default_rng(1).random((50, 1200)).astype(np.float32)
    a, b = rank_draws(values.copy(), threads=1), rank_draws(values.copy(), threads=4)
    assert a.ranks.tobytes() == b.ranks.tobytes() and a.p_top[10].tobytes() == b.p_top[10].tobytes()


def test_one_block_alone_is_first_of_one():
    summary = rank_draws(np.ones((1, 10), np.float32))
    assert summary.ranks.tolist() == [[1.0] * 10] and summary.p_top[10].tolist() == [1.0]
    assert tiers(summary.ranks, np.array([1])) == ["1"]


def test_a_block_that_sells_nothing_stands_behind_all_and_disturbs_no_order():
    needed = np.array([152.0, np.nan, 30.0, np.nan, 33.0, np.inf])
    assert final_rank(np.zeros(6), needed, list("abcdef")).tolist() == [3, 4, 1, 5, 2, 6]


def test_places_go_by_tenths_of_a_point_then_by_the_needed_price_then_by_id():
    inf = np.inf
    assert final_rank(np.array([5.0, 7.0, 5.0]), np.array([1.0, 1.0, 1.0]), ["b", "c", "a"]).tolist() == [3, 1, 2]
    assert final_rank(np.array([0.04, 0.0, 0.06]), np.array([9.0, 3.0, inf]), ["a", "b", "c"]).tolist() == [3, 2, 1]
    assert final_rank(np.array([0.0, 0.0]), np.array([inf, inf]), ["y", "x"]).tolist() == [2, 1]


def test_a_tie_counts_half():
    ranks = np.array([[1, 1.5, 2, 1.5], [2, 1.5, 1, 1.5]], np.float32)
    assert p_above(ranks, 0, 1) == p_above(ranks, 1, 0) == 0.5


def test_tiers_are_held_against_their_first_block():
    """b changes places with a, c with b, yet c hardly ever stands above a: exchange is not transitive."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(4, 20_000))
    scores = np.array([10.0, 9.4, 8.6, 5.0])[:, None] + z
    ranks = rank_draws((-scores).astype(np.float32)).ranks
    assert p_above(ranks, 1, 0) > 0.2 and p_above(ranks, 2, 1) > 0.2 and p_above(ranks, 2, 0) < 0.2
    assert tiers(ranks, np.array([1, 2, 3, 4])) == ["1-2", "1-2", "3", "4"]
    assert tiers(ranks, np.array([1, 2, 3, 4]), exchange=0.6) == ["1", "2", "3", "4"]
    same = np.full((3, 10), 2.0, np.float32)
    assert tiers(same, np.array([2, 1, 3])) == ["1-3"] * 3
