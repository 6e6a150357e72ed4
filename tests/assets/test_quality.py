"""Findings: each property is reported broken when it is broken, with the rows, and holds when it holds."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from assets.over_time.drift import drift_finding
from assets.quality import (
    assessment_findings,
    crs_finding,
    explanation_finding,
    mass_finding,
    quarantine_finding,
    ranks_finding,
    require,
    robustness_finding,
    rows_finding,
    schema_finding,
    units_finding,
)
from data_sources.contracts import PublishingError
from data_sources.contracts.published.outputs import RANKED_BLOCKS, WASTE_SITES_OUT


def blocks(n: int = 5) -> gpd.GeoDataFrame:
    """n ranked blocks of one kind in order of score, and one unquantified block."""
    score = np.linspace(80, 20, n)
    frame = pd.DataFrame(
        {
            "block_id": [f"b{i}" for i in range(n)],
            "name": [f"dump {i}" for i in range(n)],
            "kind": "waste_block",
            "status": "RANKED",
            "rank": np.arange(1, n + 1, dtype=float),
            "rank_p05": 1.0,
            "rank_p50": np.arange(1, n + 1, dtype=float),
            "rank_p95": float(n),
            "score_mean": score,
            "score_p10": score - 5,
            "score_p50": score,
            "score_p90": score + 5,
            "contribution_value": score * 0.5,
            "contribution_strategic": score * 0.5,
            "contribution_fertility": np.nan,
            "p_top10": 1.0,
            "area_ha": 100.0,
        }
    )
    extra = pd.DataFrame(
        {"block_id": ["u"], "name": ["no waste known"], "kind": ["waste_block"], "status": ["UNQUANTIFIED"]}
    )
    shapes = [box(77 + i / 10, 18, 77.05 + i / 10, 18.05) for i in range(n + 1)]
    return gpd.GeoDataFrame(pd.concat([frame, extra], ignore_index=True), geometry=shapes, crs="EPSG:4326")


def shares() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "block_id": ["b0", "b1"],
            "site_id": ["s0", "s1"],
            "kind": "waste_block",
            "inside": [1.0, 0.25],
            "near": [0.0, 0.75],
        }
    )


def assessment() -> dict:
    return {
        "ranked_blocks": blocks(),
        "site_shares": shares(),
        "mass_balance": pd.DataFrame(
            {"kind": ["waste_block"], "inside": [1.25], "near": [0.75], "unallocated": [0.0], "total": [2.0]}
        ),
    }


def test_a_good_assessment_passes_everything():
    findings = assessment_findings(assessment())
    assert [f.name for f in findings] == [
        "schema",
        "units",
        "crs",
        "mass_balance",
        "ranks_complete",
        "explanation_adds_up",
    ]
    assert [f.reason for f in findings if not f.passed] == []
    require(findings, "ranked_blocks")


def spoil(column: str, row: int, value: object):
    def change(a: dict) -> None:
        a["ranked_blocks"].loc[row, column] = value

    return change


def drop_column(a: dict) -> None:
    a["ranked_blocks"] = a["ranked_blocks"].drop(columns="status")


def metres(a: dict) -> None:
    a["ranked_blocks"] = a["ranked_blocks"].to_crs("EPSG:32643")


def twice(a: dict) -> None:
    a["site_shares"] = pd.concat(
        [
            a["site_shares"],
            pd.DataFrame(
                {"block_id": ["b4"], "site_id": ["s0"], "kind": ["waste_block"], "inside": [1e-6], "near": [0.0]}
            ),
        ]
    )


def leak(a: dict) -> None:
    a["mass_balance"].loc[0, "unallocated"] = 1e-6


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("schema", spoil("status", 0, "FINE"), "FINE"),
        ("schema", spoil("block_id", 1, "b0"), "repeats"),
        ("schema", spoil("block_id", 1, None), "block_id is empty"),
        ("units", spoil("p_top10", 0, 1.2), "p_top10"),
        ("units", spoil("score_p10", 0, 99.0), "score_p10 <= score_p50"),
        ("units", spoil("rank_p95", 0, 0.5), "rank_p05"),
        ("units", spoil("area_ha", 0, np.inf), "area_ha"),
        ("crs", metres, "EPSG:4326"),
        ("mass_balance", twice, "more than once"),
        ("mass_balance", leak, "unallocated"),
        ("ranks_complete", spoil("rank", 4, 7.0), "not 1..5"),
        ("ranks_complete", spoil("rank", 5, 6.0), "not RANKED"),
        ("ranks_complete", spoil("score_mean", 0, 1.0), "do not follow"),
        ("explanation_adds_up", spoil("contribution_value", 2, 0.0), "add up"),
    ],
)
def test_each_fault_is_found_by_its_own_check_and_stops_publication(name, change, says):
    broken = assessment()
    change(broken)
    findings = {f.name: f for f in assessment_findings(broken)}
    assert not findings[name].passed
    assert says in findings[name].reason
    with pytest.raises(PublishingError, match="nothing published has changed"):
        require(findings.values(), "ranked_blocks")


def test_a_missing_column_is_a_fault():
    broken = assessment()["ranked_blocks"].drop(columns="status")
    finding = schema_finding(broken, RANKED_BLOCKS, partial=True)
    assert not finding.passed and "column status is missing in ranked_blocks" in finding.reason


def test_the_offending_rows_are_shown():
    broken = blocks()
    broken.loc[2, "contribution_value"] = 0.0
    assert explanation_finding(broken).rows["block_id"].tolist() == ["b2"]
    broken.loc[3, "p_top10"] = -0.1
    assert units_finding(broken, RANKED_BLOCKS).rows["block_id"].tolist() == ["b3"]


def test_a_wrong_geometry_type_and_a_projected_coordinate_are_found():
    frame = gpd.GeoDataFrame({"site_id": ["a", "b"]}, geometry=[Point(78, 18), box(78, 18, 79, 19)], crs="EPSG:4326")
    assert "not POINT" in crs_finding(frame, WASTE_SITES_OUT).reason
    frame = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[Point(300000, 18)], crs="EPSG:4326")
    assert "outside the range" in crs_finding(frame, WASTE_SITES_OUT).reason


def test_rows_in_are_rows_kept_plus_rows_held():
    assert rows_finding({"rows_in": 10, "rows_kept": 8, "rows_quarantined": 2}).passed
    assert not rows_finding({"rows_in": 10, "rows_kept": 8, "rows_quarantined": 1}).passed
    assert rows_finding({"absent": "not connected"}).passed


def test_a_large_quarantine_names_its_main_reasons():
    held = pd.DataFrame({"reason": ["unit"] * 8 + ["bounds"] * 2})
    finding = quarantine_finding({"rows_in": 100, "rows_quarantined": 10}, held)
    assert not finding.passed and "unit (8)" in finding.reason
    assert quarantine_finding({"rows_in": 1000, "rows_quarantined": 10}, held).passed


def test_drift_names_what_moved_and_is_quiet_when_nothing_did():
    now = blocks()
    assert drift_finding(now, None, RANKED_BLOCKS).passed
    assert drift_finding(now, blocks(), RANKED_BLOCKS, "2026.11").passed
    now["score_p50"] = now["score_p50"] * 2
    assert "score_p50" in drift_finding(now, blocks(), RANKED_BLOCKS).reason
    assert "rows" in drift_finding(blocks(9), blocks(5), RANKED_BLOCKS).reason


def test_robustness_says_which_comparison_broke():
    table = pd.DataFrame(
        {
            "kind": ["waste_block"] * 2,
            "test": ["price", "cap"],
            "setting": ["-30 %", "x2"],
            "kendall_tau": [0.9, 0.4],
            "jaccard": [0.9, 0.5],
            "is_robust": pd.array([True, False], dtype="boolean"),
        }
    )
    assert "cap, x2" in robustness_finding(table).reason
    assert robustness_finding(table.head(1)).passed
    verdict = {
        "kind": "waste_block",
        "test": "verdict",
        "kendall_tau": np.nan,
        "note": "not robust: cap",
        "is_robust": False,
    }
    reason = robustness_finding(pd.concat([table, pd.DataFrame([verdict])], ignore_index=True)).reason
    assert "nan" not in reason and "waste_block, verdict, not robust: cap" in reason, "what is not known is left out"
    assert robustness_finding(None).passed


def test_one_block_alone_needs_no_rank_and_ranks_run_within_a_kind():
    one = blocks(1)
    one.loc[0, "rank"] = np.nan
    assert ranks_finding(one).passed
    two = pd.concat(
        [blocks(3), blocks(3).assign(kind="auction_block", block_id=lambda f: "x" + f["block_id"])], ignore_index=True
    )
    assert ranks_finding(two).passed


def test_a_balance_in_kilograms_is_held_to_its_own_size():
    balance = pd.DataFrame({"inside": [1e12], "near": [0.0], "unallocated": [1.0], "total": [1e12]})
    assert mass_finding(shares(), balance).passed
    assert not mass_finding(shares(), balance.assign(unallocated=1e5)).passed
