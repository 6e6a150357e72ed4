"""The exponential of a row is that of the library within two units of the last place."""

from __future__ import annotations

import numpy as np

from scoring.waste.projects.vectors import exponential


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
