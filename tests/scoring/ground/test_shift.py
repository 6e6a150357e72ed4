"""A layer that moved as a whole is told from samples that were mended, added or dropped."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from scoring.ground.geochemistry.shift import log_median_error, medians_differ, paired_shift

MADE = np.random.default_rng(7)


def contents(n: int = 500) -> np.ndarray:
    return 30.0 * np.exp(MADE.normal(0, 0.7, n))


def test_a_factor_over_every_sample_is_a_shift_of_that_factor():
    before = contents()
    shift = paired_shift(before, 1.05 * before)
    assert shift.is_shift and (shift.pairs, shift.changed) == (500, 500)
    assert shift.factor == pytest.approx(1.05) and shift.layer_factor == pytest.approx(1.05)
    assert not paired_shift(before, 1.005 * before).is_shift, "half a per cent is below what is told"
    assert paired_shift(before, before / 10_000).is_shift, "a unit that changed"


def test_the_sign_test_has_its_known_value():
    # Conover 1999, Practical Nonparametric Statistics, section 3.4: of 8 that differ 1 lies on one side,
    # p = 2 (C(8,0) + C(8,1)) / 2^8 = 18/256.
    before = np.ones(10)
    now = np.array([2.0] * 7 + [0.5] + [1.0] * 2)
    shift = paired_shift(before, now)
    assert shift.p_value == pytest.approx(18 / 256) and (shift.pairs, shift.changed) == (10, 8)
    assert not shift.is_shift


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.09])
def test_samples_that_were_mended_are_no_shift(share):
    before = contents(1000)
    now = before.copy()
    places = MADE.choice(1000, int(share * 1000), replace=False)
    now[places] *= 2.0
    assert not paired_shift(before, now).is_shift


def test_a_tenth_of_the_samples_by_one_factor_is_a_shift_and_is_not_the_whole_layer():
    before = contents(1000)
    now = before.copy()
    now[:150] *= 1.05
    shift = paired_shift(before, now)
    assert shift.is_shift and shift.factor == pytest.approx(1.05) and shift.layer_factor == 1.0


def test_samples_that_were_analysed_anew_are_no_shift():
    before = contents(1000)
    assert not paired_shift(before, before * np.exp(MADE.normal(0, 0.1, 1000))).is_shift
    assert not paired_shift(before, np.round(before, 1)).is_shift, "rounded by another export"


def test_values_that_are_not_known_are_no_pair():
    before = np.array([1.0, np.nan, 0.0, 2.0])
    shift = paired_shift(before, np.array([1.0, 2.0, 3.0, np.nan]))
    assert (shift.pairs, shift.changed, shift.is_shift) == (1, 0, False)


def test_the_error_of_a_median_is_that_of_its_order_statistics():
    x = np.exp(np.arange(1, 101))  # logarithms 1..100: c = round(50.5 - 2.5758 * 5) = 38
    z = norm.ppf(0.995)
    assert log_median_error(MADE.permutation(x)) == pytest.approx((63 - 38) / (2 * z))
    assert math.isnan(log_median_error(x[:29]))
    spread = [log_median_error(contents(2000)) for _ in range(50)]
    assert np.mean(spread) == pytest.approx(0.7 * math.sqrt(math.pi / 2 / 2000), rel=0.1), "that of a normal sample"


def test_medians_of_other_samples_differ_beyond_five_errors():
    assert medians_differ((30.0, 0.01), (33.0, 0.01))
    assert not medians_differ((30.0, 0.02), (33.0, 0.02)), "10 % against five errors of 2.8 %"
    assert not medians_differ((30.0, 0.0001), (30.2, 0.0001)), "below 1 %"
    assert not medians_differ((30.0, float("nan")), (60.0, 0.01))
