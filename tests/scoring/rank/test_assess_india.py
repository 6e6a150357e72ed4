"""The embedded region answers for itself: invariants of the interface, and what is known of well-documented sites."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from scoring.rank.told.tables import BLOCK_COLUMNS

STATUSES = {"RANKED", "OUT_OF_BASKET", "UNQUANTIFIED", "GATED", "LEASED"}


def row(india, block_id):
    frame = india.ranked_blocks.set_index("block_id")
    return frame.loc[block_id]


def test_columns_and_statuses(india):
    frame = india.ranked_blocks
    assert list(frame.columns[: len(BLOCK_COLUMNS)]) == BLOCK_COLUMNS
    assert set(frame["status"]) <= STATUSES and frame["block_id"].is_unique
    assert set(frame.geom_type) == {"MultiPolygon"}
    assert frame["explanation"].str.len().gt(20).all() and frame["sources"].str.len().gt(3).all()
    others = frame[frame["status"] != "RANKED"]
    assert others["status_reason"].notna().all() and others["rank"].isna().all() and others["p_top10"].isna().all()


def test_identities_within_a_kind(india):
    ranked = india.ranked_blocks[india.ranked_blocks["status"] == "RANKED"]
    need = "rank rank_p05 rank_p50 rank_p95 p_top10 p_top20 score_mean score_p10 score_p50 score_p90 rank_all_recoverable".split()
    assert ranked[need].notna().all().all()
    for _, group in ranked.groupby("kind"):
        assert sorted(group["rank"]) == list(range(1, len(group) + 1))
        for k in (10, 20):
            assert group[f"p_top{k}"].sum() == pytest.approx(min(k, len(group)), abs=1e-6)
        far = group.assign(points=group["score_mean"].round(1), far=group["price_multiple_needed"] / group["modifier"])
        order = far.sort_values(["points", "far", "block_id"], ascending=[False, True, True])["rank"].tolist()
        assert order == sorted(order)
        for tier, members in group.groupby("tier")["rank"]:
            first, _, last = str(tier).partition("-")
            assert sorted(members) == list(range(int(first), int(last or first) + 1))
    parts = ranked[["contribution_value", "contribution_strategic", "contribution_fertility"]].fillna(0.0).sum(axis=1)
    assert (parts - ranked["score_mean"]).abs().max() < 1e-6
    assert (ranked["rank_p05"] <= ranked["rank_p50"]).all() and (ranked["rank_p50"] <= ranked["rank_p95"]).all()
    assert ranked["score_p10"].ge(0).all() and ranked["score_p90"].le(100).all()
    assert ranked["fertility_axis"].isna().all() and ranked["contribution_fertility"].isna().all()


def test_mass_is_conserved(india):
    table = india.mass_balance
    together = table[["inside", "near", "unallocated"]].sum(axis=1)
    assert ((together - table["total"]).abs() <= 1e-9 * table["total"]).all()
    shares = india.site_shares.merge(india.ranked_blocks[["block_id", "kind"]], on=["block_id", "kind"])
    given = shares.groupby(["site_id", "kind"])[["inside", "near"]].sum().sum(axis=1)
    assert given.max() <= 1 + 1e-9


def test_every_row_is_of_one_mind(india):
    for frame in (india.ranked_blocks, india.site_potential):
        known = frame.dropna(subset=["p_pays"])
        clear = known[(known["p_pays"] - 0.5).abs() > 0.01]
        pays = clear["p_pays"] > 0.5
        assert ((clear["npv_usd_p50"] > 0) == pays).all() and pays.any() and not pays.all()
        assert ((clear["price_multiple_needed"] < 1) == pays).all()
        assert (known["p_pays_if_built_today"] <= known["p_pays"]).all()
        says = known["p_pays"].map(lambda p: "PAYS" if p >= 0.5 else "MAY_PAY" if p >= 0.05 else "NEEDS_MORE")
        assert (known["prospect"] == says).all()
    ranked = india.ranked_blocks.dropna(subset=["p_pays"])
    clear = ranked[(ranked["p_pays"] - 0.5).abs() > 0.01]
    assert ((clear["affordable_premium_pct_p50"] > 0) == (clear["p_pays"] > 0.5)).all()
    shown = ranked["plant_mtpa_p50"].notna()
    assert (shown == (ranked["p_pays"] >= 0.05)).all()


def test_well_documented_sites(india):
    kolar, kudremukh = row(india, "WB-IN-TSF-001"), row(india, "WB-IN-TSF-011")
    assert kolar["status"] == "OUT_OF_BASKET" and kolar["rank_all_recoverable"] == 1 and "gold" in kolar["explanation"]
    assert kolar["prospect"] == "PAYS" and kolar["price_multiple_needed"] < 1 and kolar["unfc"] == "E2-F3-G4"
    assert kudremukh["status"] == "GATED" and "Supreme Court" in kudremukh["status_reason"]
    assert pd.isna(kudremukh["score_mean"])
    sukinda = row(india, "WB-IN-OB-001")
    assert sukinda["status"] == "RANKED" and sukinda["price_multiple_needed"] > 1.5 and "Ni" in sukinda["top_elements"]
    assert (
        sukinda["prospect"] == "MAY_PAY"
        and sukinda["class_tonnage"] == "analogue"
        and "operator_lease" in sukinda["flags"]
    )
    malanjkhand = row(india, "WB-IN-TSF-002")
    assert malanjkhand["status"] == "RANKED" and malanjkhand["rank"] == 1 and malanjkhand["class_grade"] == "analogue"
    assert malanjkhand["main_product"] == "Au" and malanjkhand["unfc"].startswith("E3-F2")
    goa = row(india, "WB-IN-OB-002")
    assert goa["status"] == "OUT_OF_BASKET" and "conditional:court order" in goa["flags"]
    assert 14e6 < goa["tonnage_t_p50"] < 22e6 and goa["prospect"] == "MAY_PAY"
    dharbandora = row(india, "WB-IN-N-004")  # sold, and one of the dumps above
    assert dharbandora["status"] == "LEASED" and pd.isna(dharbandora["rank_all_recoverable"])
    phosphate = row(india, "WB-IN-X-002")
    assert phosphate["status"] == "RANKED" and phosphate["top_elements"] == "P 100 %"
    for gated in "N-006 TSF-020 TSF-021 TSF-022 BS-001 X-008 X-009 TSF-024".split():
        assert row(india, f"WB-IN-{gated}")["status"] == "GATED"
    assert row(india, "WB-IN-TSF-006")["status"] == "OUT_OF_BASKET"


MONEY = "npv_usd_p50 p_pays p_pays_if_built_today price_multiple_needed basket_value_usd_p50 plant_mtpa_p50 main_product".split()


def test_no_data_no_number(india):
    bare = india.ranked_blocks[india.ranked_blocks["status"] == "UNQUANTIFIED"]
    assert len(bare) > 20 and bare[[*MONEY, "prospect", "score_mean", "rank"]].isna().all(axis=None)
    khetri = row(india, "WB-IN-TSF-003")
    assert khetri["status"] == "UNQUANTIFIED" and "Te" in khetri["likely_companions"]
    excluded = row(india, "WB-IN-FA-999")
    assert excluded["status"] == "UNQUANTIFIED" and excluded.geometry.is_empty and math.isnan(excluded["tonnage_t_p50"])
    screening = row(india, "WB-IN-TSF-012")
    assert screening["status"] == "UNQUANTIFIED" and screening["tonnage_t_p50"] > 1e6
    told = india.site_potential.set_index("site_id").loc["IN-TSF-012"]
    assert told["is_screening_only"] and not math.isnan(told["p_pays"]), (
        "a screening figure stands in site_potential, marked"
    )
    auction = india.ranked_blocks[india.ranked_blocks["kind"] == "auction_block"]
    assert (auction["status"] == "UNQUANTIFIED").all() and auction["nearest_site_km"].notna().all()
    assert auction["explanation"].str.contains("nearest known waste site").all()
    rare = auction[auction["block_id"] == "IN-AB-043"].iloc[0]
    assert rare["likely_companions"] == "Y, Nb", "of its own minerals, not of an iron dump 55 km away"
    assert "from its notified minerals (Rare-earth elements, Phosphate)" in rare["explanation"]
    assert math.isnan(row(india, "WB-IN-BS-002")["tonnage_t_p50"])


def test_ash_and_red_mud_do_not_pay_and_say_by_how_much(india):
    for block in ("WB-IN-FA-001", "WB-IN-RM-001", "WB-IN-PG-001"):
        r = row(india, block)
        assert r["prospect"] == "NEEDS_MORE" and r["price_multiple_needed"] > 20 and r["score_mean"] < 1
        assert "does not pay" in r["explanation"] and "times as high" in r["explanation"]
