"""The robustness report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cases import robustness, run
from india import india_frames

import scoring.rank.sensitivity as sensitivity
from scoring.rank.sensitivity import compare, smaa, top_k

from .test_awkward_cases import district, everywhere


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
    assert names == {
        "prices x0.7", "prices x1.3", "price deck 2024", "market cap x2", "security premium 0", "security premium 1",
        "ground's weight 0", "ground's weight 0.4", "near counted, 2 km", "near counted, 5 km", "near counted, 10 km",
        "grid of 10 km",
    }  # fmt: skip
    verdict = report.verdict.set_index("kind").loc["waste_block"]
    weak = report.scenarios.query("kendall_tau < 0.6 or jaccard_top_k < 0.6")
    assert verdict["is_robust"] == (len(weak) == 0) and verdict["reason"].startswith("ranking ")
    for name in weak["scenario"]:
        assert name in verdict["reason"]
    table = report.acceptability
    assert table["acceptability_first"].sum() == pytest.approx(1.0)
    assert table["acceptability_top10"].sum() == pytest.approx(10.0)


def test_what_a_scenario_changes_changes_the_order_that_it_should(report):
    ranks = report.ranks.query("kind == 'waste_block'").pivot_table(index="block_id", columns="scenario", values="rank")
    base = report.ranks.query("kind == 'waste_block'").drop_duplicates("block_id").set_index("block_id")["rank_base"]
    same = ranks["security premium 0"].dropna()
    assert (same == base.loc[same.index].astype(float)).mean() > 0.9
    still = report.scenarios.set_index("scenario").loc["ground's weight 0", "kendall_tau"]
    assert still > 0.95, "without survey layers the ground earns nobody anything, whatever its weight"
    ash = base.idxmax()
    assert ranks.loc[ash, "prices x1.3"] >= 30, "no price within 30 % lifts what needs a thousandfold"


def test_smaa_with_no_freedom_is_the_ranking_itself(monkeypatch):
    state = run(**india_frames(400))
    scores = state.main_scores["waste_block"]
    monkeypatch.setattr(sensitivity, "uniforms", lambda seed, n, *name: np.full(n, 0.5))  # w = 0.2
    table = smaa(state, "waste_block", scores.members, n=400)
    assert table["acceptability_top10"].to_numpy() == pytest.approx(scores.summary.p_top[10], abs=1e-9)
    assert table["rank_p50"].to_numpy() == pytest.approx(scores.summary.p50, abs=1e-6)


def test_the_grounds_weight_moves_what_has_evidence():
    frames = district(everywhere("Cu", 6000.0), "copper")
    axis = pd.DataFrame({"block_id": ["WB-S2"], "fertility_axis": [1.0], "posterior_mean": [0.5], "fertility_note": ""})
    lifted = run(**frames | {"fertility": axis.assign(posterior_max=0.5, coverage_pct=100.0)})
    bare = run(**frames)
    with_it, without = (
        smaa(s, "waste_block", s.main_scores["waste_block"].members, n=2000).set_index("block_id")
        for s in (lifted, bare)
    )
    gained = without["rank_mean"] - with_it["rank_mean"]
    assert gained["WB-S2"] > 0.005 and gained.sum() == pytest.approx(0, abs=1e-6)
    assert (gained.drop("WB-S2") <= 0).all()
