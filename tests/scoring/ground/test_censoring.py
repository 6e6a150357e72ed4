"""Values below detection: the choice of method, and that none of them invents or loses a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import ScoringError
from scoring.ground.geochemistry.censoring import (
    censoring_report,
    kaplan_meier_quantiles,
    plotting_positions,
    ros,
    substitute,
    summarise,
)


def lognormal(n=4000, limit_quantile=0.2, seed=0):
    x = np.random.default_rng(seed).lognormal(1.0, 0.8, n)
    limit = np.quantile(x, limit_quantile)
    censored = x < limit
    return x, np.where(censored, limit, x), censored


def test_kaplan_meier_by_hand():
    # 1, <2, 3, <4, 5 : P(X<5)=4/5; at 3 two of {1,<2,3} remain below: 4/5*2/3=8/15; at 1 the risk set is {1}: 0
    values, censored = np.array([1, 2, 3, 4, 5.0]), np.array([False, True, False, True, False])
    got = kaplan_meier_quantiles(values, censored, np.array([0.5, 8 / 15, 0.6, 0.8, 0.81, 1.0]))
    assert got.tolist() == [1, 1, 3, 3, 5, 5]


def test_kaplan_meier_without_censoring_is_the_empirical_quantile():
    x = np.random.default_rng(3).lognormal(size=101)
    got = kaplan_meier_quantiles(x, np.zeros(101, bool), np.array([0.25, 0.5, 0.75]))
    assert got == pytest.approx(np.quantile(x, [0.25, 0.5, 0.75], method="inverted_cdf"))


def test_kaplan_meier_says_nothing_below_the_limits():
    _, y, c = lognormal(limit_quantile=0.3)
    low, high = kaplan_meier_quantiles(y, c, np.array([0.1, 0.6]))
    assert np.isnan(low) and np.isfinite(high)


def test_plotting_positions_helsel_cohn_example():
    # two limits, 1 and 5: pe(5) = 2/8; pe(1) = 2/8 + 3/(3+1) * (6/8)
    values = np.array([1, 5, 5, 2, 3, 4, 8, 9.0])
    censored = np.array([True, True, True, False, False, False, False, False])
    p = plotting_positions(values, censored)
    pe5 = 2 / 8
    pe1 = pe5 + 3 / 4 * (1 - pe5)
    assert p[6:] == pytest.approx([(1 - pe5) + pe5 * k / 3 for k in (1, 2)])
    assert p[3:6] == pytest.approx([(1 - pe1) + (pe1 - pe5) * k / 4 for k in (1, 2, 3)])
    assert p[0] == pytest.approx((1 - pe1) / 2)
    assert p[1:3] == pytest.approx([(1 - pe5) * k / 3 for k in (1, 2)])


def test_ros_recovers_a_lognormal():
    _, y, c = lognormal(limit_quantile=0.6)
    filled, mean, sd = ros(y, c)
    assert mean == pytest.approx(1.0, abs=0.06)
    assert sd == pytest.approx(0.8, abs=0.06)
    assert np.array_equal(filled[~c], y[~c])
    assert (filled[c] <= y[c]).all()


def test_a_map_gets_one_value_per_limit_below_the_limit():
    _, y, c = lognormal(limit_quantile=0.3)
    got = substitute(y, c)
    assert len(np.unique(got[c])) == 1
    assert got[c][0] < y[c][0]
    assert np.array_equal(got[~c], y[~c])


@pytest.mark.parametrize(
    ("share", "method"),
    [(0.0, "none"), (0.3, "kaplan_meier"), (0.7, "regression_on_order_statistics"), (0.9, "presence_only")],
)
def test_the_censored_share_decides_the_method(share, method):
    _, y, c = lognormal(limit_quantile=share)
    s = summarise(y, c)
    assert s.method == method
    assert np.isnan(s.median) == (method == "presence_only")
    if share == 0.7:
        assert s.median < y[c][0]


def test_fewer_than_ten_detected_values_are_presence_only():
    assert summarise(np.arange(1.0, 10), np.zeros(9, bool)).method == "presence_only"


def test_zero_is_never_a_value():
    with pytest.raises(ScoringError, match="zero or less"):
        summarise(np.array([0.0, 1.0]), np.zeros(2, bool))


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 100))
def test_a_change_of_unit_changes_nothing_else(factor, seed):
    _, y, c = lognormal(n=300, limit_quantile=0.3, seed=seed)
    assert substitute(y * factor, c) == pytest.approx(substitute(y, c) * factor, rel=1e-9)
    a, b = summarise(y, c), summarise(y * factor, c)
    assert b.median == pytest.approx(a.median * factor)
    assert b.log_sd == pytest.approx(a.log_sd)


def test_report_counts_every_row():
    frame = pd.DataFrame(
        {"La_ppm": [1.0] * 30 + [2.0] * 10 + [np.nan] * 5, "La_ppm_censored": [True] * 30 + [False] * 15}
    )
    row = censoring_report(frame, ["La_ppm"]).iloc[0]
    assert (row["n"], row["n_censored"], row["n_missing"]) == (40, 30, 5)
    assert row["censored_pct"] == 75
