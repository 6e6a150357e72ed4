"""The robustness report and the value of information."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import robustness, run, sample_next

from scoring.rank.next_sample import (
    Input,
    one_class_up,
    told_by_one_class,
    variance_told,
)
from scoring.rank.sensitivity import compare, dirichlet_weights, smaa, top_k
from scoring.waste.figures import GRADE_GSD, TONNAGE_GSD
from scoring.waste.streams import normals

from .conftest import india_frames


def test_dirichlet_weights_are_uniform_on_the_simplex():
    w = dirichlet_weights(1, 20_000)
    assert w.sum(axis=1) == pytest.approx(1.0) and (w >= 0).all()
    assert w.mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.01)
    assert w.var(axis=0) == pytest.approx([1 / 18] * 3, rel=0.05)  # of Dirichlet(1, 1, 1)


def test_compare():
    base = {f"b{i}": i for i in range(1, 41)}
    assert compare(base, base) == (pytest.approx(1.0), 1.0, 10)
    back = {b: 41 - r for b, r in base.items()}
    tau, jaccard, k = compare(base, back)
    assert tau == pytest.approx(-1.0) and jaccard == 0.0 and k == 10
    assert top_k(3) == 1 and top_k(34) == 8 and top_k(500) == 20


@pytest.fixture(scope="module")
def report():
    return robustness(**india_frames(400))


def test_the_report_is_whole(report):
    names = set(report.scenarios["scenario"])
    assert {
        "prices x0.7",
        "prices x1.3",
        "price deck 2024",
        "market cap x2",
        "other weights (SMAA)",
        "grid of 10 km",
    } <= names
    assert {f"near counted, {k} km" for k in (2, 5, 10)} <= names
    verdict = report.verdict.set_index("kind").loc["waste_block"]
    weak = report.scenarios.query("kendall_tau < 0.6 or jaccard_top_k < 0.6")
    assert verdict["is_robust"] == (len(weak) == 0) and verdict["reason"].startswith("ranking ")
    for name in weak["scenario"]:
        assert name in verdict["reason"]
    table = report.acceptability
    assert table["acceptability_first"].sum() == pytest.approx(1.0) and table[
        "acceptability_top10"
    ].sum() == pytest.approx(10.0)


def test_smaa_with_no_freedom_is_the_ranking_itself(monkeypatch):
    import scoring.rank.sensitivity as module

    state = run(**india_frames(400))
    scores = state.main_scores["waste_block"]
    monkeypatch.setattr(module, "dirichlet_weights", lambda seed, n: np.tile([0.5, 0.25, 0.25], (n, 1)))
    table = smaa(state, "waste_block", scores.members, n=400)
    assert table["acceptability_top10"].to_numpy() == pytest.approx(scores.summary.p_top[10], abs=1e-9)


def test_one_class_up():
    assert [one_class_up(c) for c in ("analogue", "G4", "G2", "G1")] == ["G4", "G3", "G1", "G1"]
    assert told_by_one_class("G1", GRADE_GSD) == 0.0
    assert told_by_one_class("G4", TONNAGE_GSD) == pytest.approx(1 - (math.log(1.3) / math.log(1.5)) ** 2)


def test_expected_shrinkage_is_that_of_nested_simulation():
    """rank = a smooth function of z: the expansion must agree with learning z1 and averaging over the outcomes."""
    rng = np.random.default_rng(2)
    z, told = normals(1, 40_000, "grade", "z"), 0.6
    f = lambda x: 10 / (1 + np.exp(-0.8 * x))  # noqa: E731
    ranks = np.array([f(z) + 0.5 * normals(1, 40_000, "tonnage", "noise")])
    z1, z2 = rng.normal(size=(2000, 1)), rng.normal(size=(1, 2000))
    nested = f(math.sqrt(told) * z1 + math.sqrt(1 - told) * z2).mean(axis=1).var()
    assert variance_told(ranks, [Input(z, told)])[0] == pytest.approx(nested, rel=0.05)


def test_an_input_that_moves_nothing_tells_nothing():
    ranks = np.array([5 + normals(1, 5000, "tonnage", "noise")])
    assert abs(variance_told(ranks, [Input(normals(1, 5000, "grade", "z"), 0.9)])[0]) < 3 / 5000 * ranks.var() * 3


def test_what_to_sample_next_in_india():
    table = sample_next(**india_frames(1000))
    narrows = table[table["effect"] == "narrows the ranking"]
    assert (
        narrows["rank_variance_removed"].is_monotonic_decreasing
        and (narrows["rank_sd_expected"] <= narrows["rank_sd_now"]).all()
    )
    assert table["order"].tolist() == list(range(1, len(table) + 1))
    rest = table[table["effect"] == "would become quantified"].set_index("site_id")
    assert "IN-TSF-003" in rest.index and rest["rank_variance_removed"].isna().all()
    assert not {"IN-TSF-011", "IN-TSF-020", "IN-FA-999"} & set(table["site_id"])
