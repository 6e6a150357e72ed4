"""Published and analytic cases of Monte-Carlo error, order and the score's scale."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from scoring.rank.ranking import monte_carlo_error, rank_draws
from scoring.waste.draws.streams import normals
from scoring.waste.projects.project_model import score_of_value

CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))}


def test_monte_carlo_error():
    given, expected = CASES["mc_se"]["inputs"], CASES["mc_se"]["expected"]
    assert monte_carlo_error(np.array([given["p"]]), given["n"])[0] == pytest.approx(expected["se"], abs=1e-5)
    assert 0 < monte_carlo_error(np.array([0.0]), 5000)[0] < 2e-4


def test_probability_that_a_beats_b():
    k = 40_000
    a, b = 1.0 + 0.5 * normals(1, k, "grade", "a"), 0.8 + 0.4 * normals(1, k, "grade", "b")
    summary = rank_draws(-np.array([a, b], np.float32), tops=(1,))
    exact = 0.5 * (1 + math.erf((1.0 - 0.8) / math.hypot(0.5, 0.4) / math.sqrt(2)))
    assert summary.p_top[1][0] == pytest.approx(exact, abs=4 * monte_carlo_error(np.array([exact]), k)[0])


def test_ten_million_dollars_are_two_fifths_of_the_scale_and_a_billion_four_fifths():
    assert score_of_value([0.0, 1e7, 1e9, 1e10, 1e12]) == pytest.approx([0.0, 0.4009, 0.8000, 1.0, 1.0], abs=1e-4)


def test_auction_ledger():
    given, expected = CASES["auction_ledger"]["inputs"], CASES["auction_ledger"]["expected"]
    assert sum(given["offered"]) == expected["offered"] == sum(given["fresh"]) + sum(given["reoffer"])
    assert sum(given["awarded"]) + expected["lt3TQB"] + expected["nobid"] == expected["check"]
