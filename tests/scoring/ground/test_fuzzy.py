"""Fuzzy memberships and operators."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_sources.contracts import ScoringError
from scoring.ground.models import fuzzy

MU = arrays(np.float64, (3, 11), elements=st.floats(0, 1))


def test_memberships_at_their_landmarks():
    x = np.array([0.0, 10.0, 20.0, 1e6, np.nan])
    assert fuzzy.large(x, 10, 5)[:2].tolist() == [0, 0.5]
    assert fuzzy.small(x, 10, 5)[:2].tolist() == [1, 0.5]
    assert fuzzy.large(x, 10, 5)[2] == pytest.approx(1 / (1 + 2**-5))
    assert fuzzy.gaussian(np.array([4.0, 6.0]), 4, 0.1) == pytest.approx([1, np.exp(-0.4)])
    assert np.isnan(fuzzy.large(x, 10, 5)[4])
    assert fuzzy.logistic(np.array([2.0]), 2)[0] == 0.5


@given(st.floats(0.1, 1e4), st.floats(0.5, 8))
def test_large_and_small_add_to_one(midpoint, spread):
    x = np.geomspace(1e-2, 1e5, 20)
    assert fuzzy.large(x, midpoint, spread) + fuzzy.small(x, midpoint, spread) == pytest.approx(np.ones(20))


@settings(max_examples=60, deadline=None)
@given(MU, st.floats(0, 1))
def test_operators_are_ordered(mu, gamma):
    product, total = fuzzy.fuzzy_product(mu), fuzzy.fuzzy_sum(mu)
    assert (product <= fuzzy.fuzzy_and(mu) + 1e-12).all()
    assert (fuzzy.fuzzy_and(mu) <= fuzzy.fuzzy_or(mu)).all()
    assert (fuzzy.fuzzy_or(mu) <= total + 1e-12).all()
    between = fuzzy.fuzzy_gamma(mu, gamma)
    assert ((product <= between + 1e-9) & (between <= total + 1e-9)).all()
    assert fuzzy.fuzzy_gamma(mu[[2, 0, 1]], gamma) == pytest.approx(between, abs=1e-12)


def test_gamma_ends_are_product_and_sum():
    mu = np.array([[0.2, 0.7], [0.5, 0.9]])
    assert fuzzy.fuzzy_gamma(mu, 0) == pytest.approx(fuzzy.fuzzy_product(mu))
    assert fuzzy.fuzzy_gamma(mu, 1) == pytest.approx(fuzzy.fuzzy_sum(mu))


def test_missing_in_is_missing_out_and_float32_stays():
    mu = np.array([[0.2, np.nan], [0.5, 0.9]], dtype=np.float32)
    for operator in (fuzzy.fuzzy_and, fuzzy.fuzzy_or, fuzzy.fuzzy_product, fuzzy.fuzzy_sum):
        out = operator(mu)
        assert out.dtype == np.float32
        assert np.isnan(out).tolist() == [False, True]


@pytest.mark.parametrize("bad", [np.array([[1.2], [0.5]]), np.array([[-0.1], [0.5]]), np.empty((0, 3))])
def test_what_is_no_membership_is_refused(bad):
    with pytest.raises(ScoringError):
        fuzzy.fuzzy_and(bad)


def test_bad_parameters_are_refused():
    with pytest.raises(ScoringError):
        fuzzy.fuzzy_gamma(np.array([[0.5]]), 1.1)
    with pytest.raises(ScoringError):
        fuzzy.large([1.0], 0)
    with pytest.raises(ScoringError):
        fuzzy.gaussian([1.0], 0, 0)


@pytest.mark.parametrize("layers", [1, 2, 3, 7])
@pytest.mark.parametrize("gamma", [0.05, 0.5, 0.9, 1 / 3])
def test_gamma_of_float32_is_that_of_float64(layers, gamma):
    rng = np.random.default_rng(layers)
    mu = (10.0 ** rng.uniform(-3, 0, (layers, 9001))).astype(np.float32)
    mu[0, :4], mu[-1, 4:6] = (0, 1, 1e-15, np.nan), (1, 0)
    found, exact = fuzzy.fuzzy_gamma(mu, gamma), fuzzy.fuzzy_gamma(mu.astype(np.float64), gamma)
    assert found.dtype == np.float32
    assert np.array_equal(np.isnan(found), np.isnan(exact))
    assert np.isnan(found[3])
    assert found == pytest.approx(exact, rel=2e-6, nan_ok=True)
    true = (1 - np.prod(1 - mu.astype(np.float64), axis=0)) ** gamma * np.prod(mu.astype(np.float64), axis=0) ** (
        1 - gamma
    )
    assert exact == pytest.approx(true, rel=1e-12, nan_ok=True)


def test_the_number_of_threads_does_not_show():
    mu = np.random.default_rng(0).random((3, 50_000), dtype=np.float32)
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        found.append(fuzzy.fuzzy_gamma(mu, 0.9).tobytes())
    assert found[0] == found[1]


def test_one_value_outside_is_found_wherever_it_lies():
    for place in (0, 4095, 4096, 9000):
        mu = np.full((2, 9001), 0.5, dtype=np.float32)
        mu[1, place] = 1.01
        with pytest.raises(ScoringError):
            fuzzy.fuzzy_gamma(mu, 0.9)


@pytest.mark.parametrize("missing", range(4))
@pytest.mark.parametrize("outside", range(4))
def test_a_missing_value_hides_no_value_out_of_range(missing, outside):
    stack = np.full((4, 1, 3), 0.5, dtype=np.float32)
    stack[missing, 0, 1] = np.nan
    assert np.isnan(fuzzy.fuzzy_gamma(stack, 0.9)[0]).tolist() == [False, True, False]
    stack[outside, 0, 1] = 1.01
    if outside != missing:
        with pytest.raises(ScoringError):
            fuzzy.fuzzy_gamma(stack, 0.9)
