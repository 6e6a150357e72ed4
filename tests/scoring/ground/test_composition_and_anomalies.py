"""Log-ratios and thresholds: invariances that a closed or rescaled table must not break."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_sources.contracts import ScoringError
from scoring.ground.geochemistry import anomalies as an
from scoring.ground.geochemistry import composition as comp
from scoring.ground.geochemistry.catchment import dilution_corrected, productivity

PARTS = arrays(np.float64, (5, 7), elements=st.floats(1e-3, 1e5))


@given(PARTS, st.floats(1e-3, 1e3))
def test_log_ratios_do_not_know_the_unit_or_the_closure(x, factor):
    assert comp.clr(x * factor) == pytest.approx(comp.clr(x), abs=1e-9)
    assert comp.ilr(comp.close(x, 100)) == pytest.approx(comp.ilr(x), abs=1e-9)


@given(PARTS)
def test_ilr_is_an_isometry_and_turns_back(x):
    z, c = comp.ilr(x), comp.clr(x)
    assert np.linalg.norm(z[0] - z[1]) == pytest.approx(np.linalg.norm(c[0] - c[1]), rel=1e-9, abs=1e-9)
    assert comp.ilr_inverse(z, 100) == pytest.approx(comp.close(x, 100), rel=1e-7)
    assert comp.clr_inverse(c) == pytest.approx(comp.close(x), rel=1e-7)


@given(PARTS, st.permutations(range(7)))
def test_clr_follows_a_permutation_of_the_parts(x, order):
    assert comp.clr(x[:, order]) == pytest.approx(comp.clr(x)[:, order], abs=1e-9)


@given(st.integers(2, 30))
def test_ilr_basis_is_orthonormal_and_sums_to_zero(parts):
    basis = comp.ilr_basis(parts)
    assert basis.T @ basis == pytest.approx(np.eye(parts - 1), abs=1e-12)
    assert basis.sum(axis=0) == pytest.approx(np.zeros(parts - 1), abs=1e-12)


@pytest.mark.parametrize("bad", [[1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0]])
def test_zero_negative_missing_and_single_parts_are_refused(bad):
    with pytest.raises(ScoringError):
        comp.clr(bad)


@settings(max_examples=50)
@given(arrays(np.float64, 40, elements=st.floats(0.1, 1e4)), st.floats(1e-3, 1e3))
def test_thresholds_scale_with_the_unit(x, factor):
    for rule in (an.median_mad_threshold, an.tukey_fence):
        for log in (True, False):
            assert rule(x * factor, log=log) == pytest.approx(rule(x, log=log) * factor, rel=1e-6)


def test_hinges_of_an_odd_count_share_the_median():
    assert an.quartiles(np.arange(1.0, 10), "hinges") == (3.0, 7.0)


def test_an_outlier_moves_neither_robust_threshold_far():
    x = np.random.default_rng(0).lognormal(2, 0.4, 500)
    spiked = np.append(x, [1e6] * 5)
    for rule in (an.median_mad_threshold, an.tukey_fence):
        assert rule(spiked) < 1.1 * rule(x)


def test_robust_z_of_a_flat_column_is_zero_and_missing_stays_missing():
    assert an.robust_z([3, 3, 3.0, np.nan])[:3].tolist() == [0, 0, 0]
    assert np.isnan(an.robust_z([3, 3, 3.0, np.nan])[3])


def test_concentration_area_counts_cells_at_or_above():
    x = np.array([1, 2, 2, 3, np.nan])
    assert an.concentration_area(x, [1, 2, 3, 4], cell_area=4.0).tolist() == [16, 12, 4, 0]


def test_concentration_area_break_is_found_where_two_populations_meet():
    rng = np.random.default_rng(1)
    background, anomaly = rng.lognormal(3, 0.3, 20_000), 100 * (1 + rng.pareto(1.2, 400))
    found = an.concentration_area_threshold(np.concatenate([background, anomaly]))
    assert 40 < found["threshold"] < 160
    assert found["slope_background"] < found["slope_anomaly"] < 0 or found["slope_anomaly"] == pytest.approx(
        -1.2, abs=0.5
    )


def test_dilution_by_nothing_changes_nothing():
    assert dilution_corrected(50.0, 20.0, 1.0, 1.0) == 50
    assert productivity([20.0, 50.0], 20.0, [3.0, 2.0]).tolist() == [0, 60]
    with pytest.raises(ScoringError):
        dilution_corrected(50.0, 20.0, 1.0, 2.0)
    with pytest.raises(ScoringError):
        productivity(50.0, 20.0, 0.0)
