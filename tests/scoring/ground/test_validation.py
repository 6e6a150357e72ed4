"""Validation: folds that are blocks, captures that respect ties, controls that find nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import ScoringError
from khanij.foundation.grid import Grid, albers_for
from scoring.ground.models import validation as v

CRS = albers_for((76.0, 13.7, 77.8, 15.8))
GRID = Grid.from_bounds((0, 0, 100_000, 80_000), CRS, 1000)


def some_deposits(n=40, seed=0):
    out = np.zeros(GRID.shape, bool)
    out.ravel()[np.random.default_rng(seed).choice(GRID.size, n, replace=False)] = True
    return out


def test_blocks_are_squares_and_do_not_move_with_the_grid():
    blocks = v.spatial_blocks(GRID, 20_000)
    assert len(np.unique(blocks)) == 20
    assert (np.bincount(blocks.ravel()) == 400).all()
    shifted = v.spatial_blocks(GRID.crop(next(iter(GRID.windows(33)))), 20_000)
    assert shifted.shape == (33, 33)
    same = blocks[:33, :33]
    assert all(len(np.unique(shifted[same == b])) == 1 for b in np.unique(same))


def test_folds_keep_blocks_whole_and_share_the_deposits():
    blocks, deposits = v.spatial_blocks(GRID, 20_000), some_deposits()
    study = np.ones(GRID.shape, bool)
    study[:5] = False
    folds = v.assign_folds(blocks, study, deposits, 5, seed=3)
    assert (folds[~study] == v.OUTSIDE).all()
    for b in np.unique(blocks):
        assert len(np.unique(folds[(blocks == b) & study])) == 1
    count = np.bincount(folds[deposits & study], minlength=5)
    assert count.max() - count.min() <= 4
    assert np.array_equal(folds, v.assign_folds(blocks, study, deposits, 5, seed=3))


def test_deposits_in_too_few_blocks_are_refused():
    deposits = np.zeros(GRID.shape, bool)
    deposits[:3, :3] = True
    with pytest.raises(ScoringError, match="spatial blocks"):
        v.assign_folds(v.spatial_blocks(GRID, 20_000), np.ones(GRID.shape, bool), deposits, 5, 0)


@given(st.floats(0.5, 100))
def test_a_flat_map_captures_its_share_of_area(pct):
    score = np.full(200, 0.3)
    assert v.capture(score, score[:7], pct) == pytest.approx(pct / 100)
    assert v.success_rate_area(score, score[:7]) == pytest.approx(0.5)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 6), min_size=5, max_size=60), st.data())
def test_auc_is_the_share_of_pairs_won(values, data):
    label = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    score = np.array(values, float)
    if label.all() or not label.any():
        with pytest.raises(ScoringError):
            v.auc(score, label)
        return
    a, b = score[label][:, None], score[~label]
    assert v.auc(score, label) == pytest.approx(((a > b) + 0.5 * (a == b)).mean())
    assert v.auc(np.exp(score), label) == pytest.approx(v.auc(score, label))


def test_validation_table_agrees_with_its_parts_and_brackets_them():
    rng = np.random.default_rng(0)
    deposits, blocks = some_deposits(60), v.spatial_blocks(GRID, 20_000)
    score = (rng.normal(size=GRID.shape) + 2 * deposits).astype(np.float32)
    score[:, :3] = np.nan
    table = v.validate(score, deposits, blocks, bootstrap=300, seed=1).set_index("measure")
    known = deposits & np.isfinite(score)
    points = score[known].astype(float)
    assert table.loc["capture_10pct", "value"] == pytest.approx(v.capture(score, points, 10))
    assert table.loc["auc", "value"] == pytest.approx(v.auc(score, deposits))
    assert table.loc["success_rate_area", "value"] == pytest.approx(v.success_rate_area(score, points))
    assert (table["low_95"] <= table["value"]).all() and (table["value"] <= table["high_95"]).all()
    assert table["n_points"].eq(known.sum()).all()


def test_the_curve_starts_at_nothing_ends_at_all_and_passes_the_captures():
    score = np.random.default_rng(2).normal(size=1000)
    points = score[:50] + 0.5
    points = score[np.argsort(np.abs(score[:, None] - points).min(axis=1))[:50]]
    curve = v.success_curve(score, points)
    assert curve["captured_pct"].iloc[0] == 0
    assert curve["captured_pct"].iloc[-1] == pytest.approx(100)
    assert (np.diff(curve["captured_pct"]) >= -1e-9).all()
    assert np.interp(10, curve["area_pct"], curve["captured_pct"]) == pytest.approx(100 * v.capture(score, points, 10))


def test_calibration_accounts_for_every_cell_and_every_deposit():
    rng = np.random.default_rng(0)
    p = rng.beta(0.3, 60, GRID.shape).astype(np.float32)
    deposits = rng.random(GRID.shape) < p
    p[0] = np.nan
    table = v.calibration(p, deposits)
    assert table["cells"].sum() == np.isfinite(p).sum()
    assert table["observed"].sum() == deposits[1:].sum()
    assert table["expected"].sum() == pytest.approx(np.nansum(p), rel=1e-6)
    inside = (table["observed"] >= table["poisson_low_95"]) & (table["observed"] <= table["poisson_high_95"])
    assert inside.sum() >= 8


def test_controls_keep_the_number_and_stay_in_the_study():
    blocks, deposits = v.spatial_blocks(GRID, 20_000), some_deposits()
    study = np.ones(GRID.shape, bool)
    study[:, :20] = False
    n = (deposits & study).sum()
    for make in (
        lambda r: v.shuffled_labels(deposits, study, r),
        lambda r: v.random_blocks(deposits, study, blocks, r),
    ):
        out = make(np.random.default_rng(1))
        assert not out[~study].any()
        assert n - 8 <= out.sum() <= n


def test_shuffled_labels_know_nothing_of_a_map():
    score = np.random.default_rng(0).normal(size=GRID.shape)
    deposits = score > np.quantile(score, 0.99)
    study = np.ones(GRID.shape, bool)
    captured = []
    for k in range(40):
        labels = v.shuffled_labels(deposits, study, np.random.default_rng(k))
        captured.append(v.capture(score, score[labels], 10))
    assert np.mean(captured) == pytest.approx(0.10, abs=0.02)
    assert v.capture(score, score[deposits], 10) == 1
