"""Ranks inside the draws: ties, identities, one block alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from data_sources.contracts import ScoringError
from scoring.rank.ranking import final_rank, rank_draws
from scoring.rank.scores import effective_weights, fertility_uses

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
        assert summary.ranks[:, k] == pytest.approx(rankdata(-values[:, k].astype(float)), abs=1e-4)
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


def test_one_block_alone_is_not_ranked():
    with pytest.raises(ScoringError, match="alone"):
        rank_draws(np.ones((1, 10), np.float32))


def test_ties_go_by_id():
    assert final_rank(np.array([5.0, 7.0, 5.0]), ["b", "c", "a"]).tolist() == [3, 1, 2]


def test_how_fertility_enters():
    nan = float("nan")
    assert fertility_uses([nan, nan, nan], [True, True, False]) == ["missing", "missing", "not_applicable"]
    assert fertility_uses([0.4, nan, 0.9], [True, True, False]) == ["measured", "drawn", "not_applicable"]
    w = (0.5, 0.25, 0.25)
    assert effective_weights(w, "measured") == w == effective_weights(w, "drawn")
    assert (
        effective_weights(w, "missing") == pytest.approx((2 / 3, 1 / 3, 0.0)) == effective_weights(w, "not_applicable")
    )
