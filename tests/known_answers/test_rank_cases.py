"""Published and analytic cases of weights, Monte-Carlo error and order."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scoring.rank.ahp import RANDOM_INDEX, ahp_weights

from data_sources.contracts import RegionError, ScoringError
from scoring.rank.ranking import monte_carlo_error, rank_draws
from scoring.rank.settings import RankingSettings
from scoring.waste.streams import normals

CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))}


def test_saaty_drinks():
    given, expected = CASES["ahp_saaty_drinks"]["inputs"], CASES["ahp_saaty_drinks"]["expected"]
    names = given["names"]
    matrix = np.eye(len(names))
    for key, value in given["upper"].items():
        i, j = (names.index(n) for n in key.split(">"))
        matrix[i, j], matrix[j, i] = value, 1 / value
    result = ahp_weights(matrix)
    assert dict(zip(names, result.weights)) == pytest.approx(expected["weights"], abs=0.002)
    assert result.lambda_max == pytest.approx(expected["lambda_max"], abs=0.002)
    assert result.consistency_index == pytest.approx(expected["CI"], abs=0.002)
    assert result.consistency_ratio == pytest.approx(expected["CR_RI132"], abs=0.002)


def test_default_weights_are_the_matrix():
    case = CASES["ahp_default_product_weights"]
    result = ahp_weights(case["inputs"]["matrix"])
    assert result.weights == pytest.approx(case["expected"]["weights"], abs=1e-9) and result.consistency_ratio == 0.0
    assert RankingSettings(ahp=tuple(map(tuple, case["inputs"]["matrix"]))).axis_weights() == pytest.approx(
        RankingSettings().axis_weights()
    )


def test_random_index():
    assert {str(k): v for k, v in RANDOM_INDEX.items()} == pytest.approx(CASES["saaty_RI"]["expected"])


def test_contradictory_comparisons_are_refused():
    with pytest.raises(ScoringError, match="CR"):
        ahp_weights([[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]])
    with pytest.raises((RegionError, ScoringError)):
        RankingSettings.from_mapping({"ahp": [[1, 9, 0.1111], [0.1111, 1, 9], [9, 0.1111, 1]]}, seed=1)


def test_monte_carlo_error():
    given, expected = CASES["mc_se"]["inputs"], CASES["mc_se"]["expected"]
    assert monte_carlo_error(np.array([given["p"]]), given["n"])[0] == pytest.approx(expected["se"], abs=1e-5)
    assert 0 < monte_carlo_error(np.array([0.0]), 5000)[0] < 2e-4


def test_probability_that_a_beats_b():
    k = 40_000
    a, b = 1.0 + 0.5 * normals(1, k, "grade", "a"), 0.8 + 0.4 * normals(1, k, "grade", "b")
    summary = rank_draws(np.array([a, b], np.float32), tops=(1,))
    exact = 0.5 * (1 + math.erf((1.0 - 0.8) / math.hypot(0.5, 0.4) / math.sqrt(2)))
    assert summary.p_top[1][0] == pytest.approx(exact, abs=4 * monte_carlo_error(np.array([exact]), k)[0])


def test_auction_ledger():
    given, expected = CASES["auction_ledger"]["inputs"], CASES["auction_ledger"]["expected"]
    assert sum(given["offered"]) == expected["offered"] == sum(given["fresh"]) + sum(given["reoffer"])
    assert sum(given["awarded"]) + expected["lt3TQB"] + expected["nobid"] == expected["check"]
