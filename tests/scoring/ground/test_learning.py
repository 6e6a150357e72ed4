"""Bagged learners: they learn a signal, say how sure they are, and keep the prior's level."""

from __future__ import annotations

import numpy as np
import pytest

from data_sources.contracts import ScoringError
from khanij.foundation.grid import Band
from scoring.ground.maps.evidence import Evidence
from scoring.ground.models.learning import Features, apply_platt, coefficients, fit_bags, fit_platt


def world(seed=0, shape=(60, 80)):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, *shape)).astype(np.float32)
    codes = rng.integers(-1, 3, shape).astype(np.int16)
    logit = -6 + 2.0 * a + 1.0 * (codes == 2)
    deposits = rng.random(shape) < 1 / (1 + np.exp(-logit))
    layers = (
        Evidence(Band("a", a), "association"),
        Evidence(Band("b", b), "association"),
        Evidence(Band("rock", codes), "categorical", codes=codes, categories=("x", "y", "z")),
    )
    return layers, deposits


@pytest.mark.parametrize(("learner", "bags"), [("logistic_regression", 8), ("random_forest", 4)])
def test_signal_is_learnt_and_noise_is_not(learner, bags):
    layers, deposits = world()
    study = np.ones(deposits.shape, bool)
    features = Features.fit(layers, study, 1000)
    flat = deposits.ravel()
    prior = deposits.mean()
    model = fit_bags(
        learner, features.at, np.flatnonzero(flat), np.flatnonzero(~flat), prior, bags=bags, trees=20, seed=1
    )
    p, sd = model.predict(features.at(np.arange(flat.size)))
    assert ((p > 0) & (p < 1)).all() and (sd >= 0).all()
    high = layers[0].band.values.ravel() > 1.5
    assert np.median(p[high]) > 5 * np.median(p)
    table = {row["feature"]: row["mean"] for row in coefficients(model, features.names)}
    assert table["a"] > 2 * abs(table["b"])
    assert "rock=z" in table
    again = fit_bags(
        learner, features.at, np.flatnonzero(flat), np.flatnonzero(~flat), prior, bags=bags, trees=20, seed=1
    )
    assert np.array_equal(again.predict(features.at(np.arange(100)))[0], p[:100])


def test_a_missing_value_favours_nothing():
    layers, deposits = world()
    features = Features.fit(layers, np.ones(deposits.shape, bool), 1000)
    hole = np.array(layers[0].band.values)
    hole[0, 0] = np.nan
    pierced = Features((Evidence(Band("a", hole), "association"), *layers[1:]), features.columns, 1000)
    assert pierced.at(np.array([0]))[0, 0] == 0
    assert features.names == ["a", "b", "rock=x", "rock=y", "rock=z"]


def test_flat_evidence_is_refused():
    flat = (Evidence(Band("a", np.ones((4, 4))), "association"),)
    with pytest.raises(ScoringError, match="nothing to learn"):
        Features.fit(flat, np.ones((4, 4), bool), 1000)


def test_platt_puts_the_level_right_and_keeps_the_order():
    rng = np.random.default_rng(0)
    true = rng.beta(0.4, 40, 50_000)
    label = rng.random(50_000) < true
    logit = np.log(true / (1 - true))
    overconfident = 1 / (1 + np.exp(-(2.5 * logit + 6)))
    a, b = fit_platt(overconfident, label)
    put_right = apply_platt(overconfident, a, b)
    assert put_right.sum() == pytest.approx(label.sum(), rel=0.1)
    assert b == pytest.approx(1 / 2.5, rel=0.15)
    order = np.argsort(overconfident)
    assert (np.diff(put_right[order]) >= 0).all()


def test_platt_never_turns_a_map_round():
    rng = np.random.default_rng(1)
    p = rng.random(5000) * 0.1
    label = rng.random(5000) < (0.11 - p) / 3
    a, b = fit_platt(p, label)
    assert b == pytest.approx(0.05)
    assert apply_platt(p, a, b).sum() == pytest.approx(label.sum(), rel=0.2)
    assert fit_platt(p, np.zeros(5000, bool)) == (0.0, 1.0)
    assert np.isnan(apply_platt(np.array([np.nan]), 0, 1)).all()
