"""Exponential and logarithm of a row are those of the library within two units of the last place."""

from __future__ import annotations

import numpy as np

from scoring.waste.draws.vectors import exponential, logarithm


def test_as_exact_as_the_library():
    x = np.concatenate([np.linspace(-699, 699, 20_011), np.linspace(-1, 1, 20_001), [0.0, -0.0, 1e-300, np.log(2) / 2]])
    got = x.copy()
    exponential(got, np.empty(len(x)))
    assert (abs(got / np.exp(x) - 1) <= 2 * np.finfo(float).eps).all()
    assert got[-4] == got[-3] == got[-2] == 1.0


def test_beyond_what_a_float_holds_it_stops():
    x = np.array([-1e6, -np.inf, 1e6, np.inf])
    exponential(x, np.empty(4))
    assert np.isfinite(x).all() and x[0] == x[1] < 1e-300 and x[2] == x[3] > 1e300


def test_order_is_kept():
    x = np.sort(np.random.default_rng(2).normal(0, 40, 50_000))
    exponential(x, np.empty(len(x)))
    assert (np.diff(x) >= 0).all()


def test_the_logarithm_is_as_exact_as_the_library():
    near_1 = 1.0 + np.concatenate([np.linspace(-0.3, 0.4, 20_011), np.geomspace(1e-15, 1e-3, 2_001)])
    x = np.concatenate([np.geomspace(1e-300, 1e300, 20_011), near_1, [1.0, 2.0, 0.5, np.sqrt(0.5), np.sqrt(2.0)]])
    got = x.copy()
    logarithm(got, np.empty(len(x)))
    assert (abs(got - np.log(x)) <= 2 * np.spacing(abs(np.log(x)))).all()
    assert got[-5] == 0.0


def test_the_logarithm_undoes_the_exponential():
    x = np.random.default_rng(3).normal(0, 40, 10_001)
    got = x.copy()
    exponential(got, np.empty(len(x)))
    logarithm(got, np.empty(len(x)))
    assert np.allclose(got, x, rtol=1e-14, atol=1e-15)
