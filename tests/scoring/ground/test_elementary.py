"""The compiled exp and log against numpy's."""

from __future__ import annotations

import numpy as np
from numba import njit

from scoring.ground.maps import elementary


@njit(error_model="numpy")
def exp_of(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = elementary.exp(x[i])
    return out


@njit(error_model="numpy")
def log_of(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = elementary.log(x[i])
    return out


def test_exp_is_exact_to_the_last_digit_but_one():
    x = np.concatenate([np.random.default_rng(0).uniform(-707, 709, 100_000), np.geomspace(1e-300, 1, 1000)])
    assert (np.abs(exp_of(x) / np.exp(x) - 1) <= 5e-16).all()
    assert exp_of(np.array([0.0, -0.0, -1e4, -np.inf])).tolist() == [1, 1, 0, 0]
    assert np.isnan(exp_of(np.array([np.nan]))[0])


def test_log_is_exact_to_the_last_digit_but_one():
    rng = np.random.default_rng(0)
    x = np.concatenate([np.exp(rng.uniform(-700, 700, 100_000)), rng.uniform(0.5, 2, 100_000), [1 - 1e-16, 1 + 1e-15]])
    true = np.log(x)
    assert (np.abs(log_of(x) - true) <= 6e-16 * np.maximum(np.abs(true), 1e-300)).all()
    assert log_of(np.array([1.0]))[0] == 0
    assert np.isnan(log_of(np.array([np.nan]))[0])


def test_one_undoes_the_other():
    x = np.linspace(-40, 40, 1001)
    assert np.allclose(log_of(exp_of(x)), x, rtol=1e-14, atol=1e-15)
