"""Rules that one row alone cannot break: marks, conflicts, counts, sums and outcomes across the register's tables."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from data_sources.readers.blocks import embedded_auction_blocks
from data_sources.reference.describe import described_table as load_table
from data_sources.reference.tables import load_evidence

UNUSED_PAIRS = (
    {("IN-FA-001", "Pr"), ("IN-FA-016", "La..Lu"), ("IN-FA-016", "Y"), ("IN-FA-019", "TREE"), ("IN-N-002", "Nd"), ("IN-PG-001", "U")}
    | {("IN-RM-001", "TREE"), ("IN-TSF-002", "Fe"), ("IN-TSF-002", "Si"), ("IN-TSF-015", "Al"), ("IN-X-011", "Sc+Sr")}
    | {(f"IN-TSF-00{i}", "Zn+Pb") for i in (6, 7, 8)} | {(f"IN-RM-00{i}", e) for i in (1, 2, 3, 4, 8) for e in ("Ti", "Fe", "Al")}
)  # fmt: skip
"""Measured, but no figure is good enough to use; each row says why."""
NOT_VALUED = (
    {("flotation_zn_pb", e) for e in ("Cd", "In", "Ge")} | {("flotation_cu", e) for e in ("Mo", "Co", "Ni")} | {("acid_leach_sx", "Ga")}
)  # fmt: skip
"""Products of a route of which no source gives a recovery or a payability (beach sands are barred and left out)."""
PART_D_OF = {
    "Platinum-group elements": "PGE", "Rare-earth elements": "REE", "Yttrium": "REE", "Ilmenite": "Titanium",
    "Phosphorite": "Phosphorous", "Phosphate": "Phosphorous", "Rock phosphate": "Phosphorous",
}  # fmt: skip
"""Mineral of a tender notice -> its entry in Part D, where the names differ."""
OUTCOMES = {"sold", "annulled", "no_bid", "unknown"}


def site_rows(table: str, site: str) -> pd.DataFrame:
    frame = load_table(table)
    return frame[frame["site_id"] == site]


@pytest.mark.parametrize("table", ["waste_sites", "site_tonnages", "site_grades", "site_constraints"])
def test_every_row_of_the_register_has_a_source_and_a_known_confidence(table):
    frame = load_table(table)
    assert frame["source"].str.len().ge(4).all()
    known = frame["confidence"].str.fullmatch(r"(high|medium|low|very low|none|wrong)\b.*")
    assert known.all(), frame.loc[~known].iloc[:, 0].tolist()


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("site_grades", "use", {"0", "1"}), ("route_products", "basis", {"published", "expert_default", "none"}),
        ("route_costs", "basis", {"published", "derived", "expert_default", "none"}), ("recoveries", "may_be", {"mode", "max", "nothing"}),
        ("recoveries", "evidence_kind", {"published", "expert_default", "anchored_default", "assumption", "rule"}),
        ("price_decks", "basis", {"published", "derived", "none"}), ("campaign_costs", "basis", {"published", "derived", "recalled", "expert_default"}),
        ("campaign_costs", "kind", {"tonnage_and_grade", "test", "benchmark"}), ("auction_blocks", "outcome_basis", {"published", "derived", "none"}),
        ("auction_blocks", "outcome", OUTCOMES), ("elements", "price_basis", {"published", "derived", "none"}),
        ("dry_densities", "basis", {"expert_default", "derived"}), ("derivation_terms", "basis", {"published", "recalled", "assumed"}),
    ],
)  # fmt: skip
def test_marks_are_of_a_list(table, column, words):
    assert set(load_table(table)[column].astype("str")) <= words


def test_what_is_only_recalled_is_never_in_use():
    grades = load_table("site_grades")
    recalled = grades["source"].str.startswith("[R]") | grades["confidence"].str.contains("recalled")
    assert recalled.sum() == 15 and (grades.loc[recalled, "use"] == "0").all()
    costs = load_table("route_costs")
    with_rate = costs["note"].str.contains("[R]", regex=False).fillna(False)
    assert with_rate.sum() >= 3 and not costs.loc[with_rate, "is_preferred"].any()


def test_a_pair_without_a_figure_in_use_is_one_of_the_known():
    grades = load_table("site_grades")
    pairs = {tuple(p) for p in grades[["site_id", "element"]].to_numpy()}
    used = {tuple(p) for p in grades.loc[grades["use"] == "1", ["site_id", "element"]].to_numpy()}
    assert pairs - used == UNUSED_PAIRS


def test_a_product_that_is_not_valued_is_one_of_the_known_and_says_so():
    products = load_table("route_products").query("route_code != 'heavy_mineral'")
    blank = products[products["basis"] == "none"]
    assert {tuple(p) for p in blank[["route_code", "element"]].to_numpy()} == NOT_VALUED
    assert blank["note"].str.contains("not valued").all()


def test_a_conflict_keeps_both_figures_and_prefers_one():
    table = load_table("site_tonnages")
    marked = table[table["note"].str.contains("CONFLICT").fillna(False)]
    assert set(marked["site_id"]) >= {"IN-TSF-002", "IN-TSF-011", "IN-OB-002", "IN-X-007"}
    for site, rows in table[table["site_id"].isin(set(marked["site_id"]))].groupby("site_id"):
        figures = rows[["tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"]].stack().unique()
        assert len(figures) >= 2 and rows["is_preferred"].sum() == 1, site
        refuted = rows[rows["preference_reason"].str.contains("refuted|another scope")]
        assert not refuted[~refuted["preference_reason"].str.contains("neither")]["is_preferred"].any(), site
    lakya = site_rows("site_tonnages", "IN-TSF-011").query("is_preferred").iloc[0]
    assert (lakya["tonnage_min_mt"], lakya["tonnage_max_mt"]) == (150, 200) and np.isnan(lakya["tonnage_mode_mt"])
    goa = site_rows("site_tonnages", "IN-OB-002").query("is_preferred").iloc[0]
    assert (goa["tonnage_min_mt"], goa["tonnage_max_mt"]) == (14, 22), "the State's 700 Mt is another scope"


def test_the_median_that_is_drawn_is_near_the_stated_mode_or_is_told():
    table = (
        load_table("site_tonnages")
        .query("is_preferred")
        .dropna(subset=["tonnage_mode_mt", "tonnage_min_mt", "tonnage_max_mt"])
    )
    low, mode, high = (table[f"tonnage_{k}_mt"].to_numpy() for k in ("min", "mode", "max"))
    with np.errstate(invalid="ignore", divide="ignore"):
        right = mode - low >= (high - low) / 2
        median = np.where(
            right, low + np.sqrt((high - low) * (mode - low) / 2), high - np.sqrt((high - low) * (high - mode) / 2)
        )
    far = np.abs(median / mode - 1) > 0.25
    assert table.loc[far, "note"].str.contains("median").all() and far.sum() == 1, table.loc[far, "tonnage_id"].tolist()
    sukinda = table[table["site_id"] == "IN-OB-001"].iloc[0]
    assert (sukinda["tonnage_min_mt"], sukinda["tonnage_mode_mt"], sukinda["tonnage_max_mt"]) == (70, 286, 574)


def test_sums_of_parts_give_the_total_of_the_source():
    tonnages = load_table("site_tonnages").set_index("tonnage_id")["tonnage_mode_mt"]
    whole = load_table("site_tonnages").set_index("tonnage_id").at["T-TSF-005-2", "tonnage_max_mt"]
    assert tonnages["T-TSF-005-N1"] + tonnages["T-TSF-005-N2"] == whole == 9
    assert tonnages["T-N-004-N1"] < tonnages["T-OB-002-N2"], "one dump holds less than the ten it is one of"
    mud = load_table("waste_generation_factors").set_index("factor_id")["value"]
    assert mud[[f"F-N0{i}" for i in range(1, 7)]].sum() == pytest.approx(mud["F-N07"]) and mud["F-N07"] == 9.17


def test_a_part_of_another_site_is_never_ranked_beside_it():
    sites = load_table("waste_sites").dropna(subset=["duplicate_of"])
    assert dict(zip(sites["site_id"], sites["duplicate_of"])) == {"IN-N-004": "IN-OB-002", "IN-N-005": "IN-OB-001"}
    for site in sites.itertuples():
        stock = site_rows("site_tonnages", site.site_id).query("is_preferred")["tonnage_mode_mt"].iloc[0]
        assert np.isnan(stock) or site.lease_status == "third_party", f"{site.site_id} would count twice"
    broken_ore = site_rows("site_constraints", "IN-N-006")
    assert (broken_ore["gate_code"] == "hard").any(), "barred with the mine whose ore it is"


def test_a_plan_is_marked_as_a_plan():
    grades = site_rows("site_grades", "IN-TSF-002")
    assert grades["basis_text"].str.startswith("PLAN").all() and grades["basis_code"].eq("recovered").all()
    assert set(grades.loc[grades["use"] == "1", "knowledge_class"]) == {"analogue"}
    told = site_rows("site_constraints", "IN-TSF-002").query("constraint_type == 'plan, not plant'")
    assert told["gate_code"].tolist() == ["check"], "a check becomes a flag of the block"


def test_corrected_figures_stand():
    grades = load_table("site_grades").query("use == '1'").set_index(["site_id", "element"])
    assert (
        grades.at[("IN-TSF-012", "Fe"), "ppm_mode"] == 494_000 and grades.at[("IN-TSF-012", "Al"), "ppm_mode"] == 44_670
    )
    nickel = grades.loc[("IN-OB-001", "Ni")]
    assert nickel[["ppm_min", "ppm_mode", "ppm_max"]].tolist() == [6000, 7000, 8900]
    assert not grades["source"].str.fullmatch(r"abstract collected at pervet-erasmusplus.*").any(), "a scraped page"
    gold = load_table("route_costs").query("route_code == 'cil_releach' and is_preferred").iloc[0]
    assert gold[
        ["opex_min_usd_per_t", "opex_mode_usd_per_t", "opex_max_usd_per_t", "capex_usd_per_annual_t"]
    ].tolist() == [5, 7, 12, 15]
    recovery = load_table("route_products").query("route_code == 'cil_releach' and element == 'Au'").iloc[0]
    assert recovery[["recovery_min", "recovery_mode", "recovery_max"]].tolist() == [0.45, 0.56, 0.70]


def test_iron_is_priced_at_a_mine_of_india():
    iron = load_table("elements").set_index("element").loc["Fe"]
    decks = load_evidence("price_decks").query("element == 'Fe'").set_index("deck")["price_usd_per_kg"]
    assert iron["price_2024_usd_per_kg"] == pytest.approx(decks["NMDC 2024-10-01"], rel=1e-3)
    of_2025 = decks[decks.index.str.startswith("NMDC 2025")]
    assert len(of_2025) == 3 and iron["price_2025e_usd_per_kg"] == pytest.approx(of_2025.mean(), rel=2e-3)
    assert iron["price_2024_usd_per_kg"] < 0.65 * decks["USGS 2024"], "a US mine is paid more than half as much again"


def test_part_d_has_twenty_five_entries_each_with_its_date():
    minerals = load_table("critical_minerals")
    listed = minerals[minerals["is_in_part_d"]].set_index("mineral")
    assert len(listed) == 25 and minerals.loc[~minerals["is_in_part_d"], "part_d_since"].isna().all()
    assert listed.at["Coking coal", "part_d_since"] == "2026-01-29"
    assert set(listed.drop("Coking coal")["part_d_since"]) == {"2023-08-17"}
    washery = load_table("waste_sites").set_index("site_id").loc[["IN-TSF-019", "IN-X-010"], "notes"]
    assert washery.str.contains("Part D").all()


def test_every_auction_block_names_its_part_d_minerals():
    blocks, minerals = load_table("auction_blocks"), load_table("critical_minerals")
    part_d = set(minerals.loc[minerals["is_in_part_d"], "mineral"])
    for row in blocks.itertuples():
        own = {PART_D_OF.get(m, m) for m in row.minerals.split(";")} & part_d
        assert row.part_d_minerals.split(";") == sorted(own), f"{row.block_id}: the Centre auctions Part D only"


def test_outcomes_of_the_auctions_agree_with_the_ministry_s_counts():
    blocks = load_table("auction_blocks")
    assert blocks["outcome_source"].notna().all() and blocks["outcome_as_of"].map(date.fromisoformat).notna().all()
    assert (blocks["outcome_as_of"] >= blocks["notice_date"]).all()
    unsold = blocks[blocks["outcome"] != "sold"]
    assert unsold["preferred_bidder"].isna().all() and unsold["premium_pct"].isna().all()
    assert blocks.loc[blocks["outcome_basis"] == "derived", "outcome_note"].notna().all(), "an elimination is shown"
    again = blocks["offered_again_in"].dropna()
    assert (again > blocks.loc[again.index, "tranche"].astype(int)).all()
    sold = blocks[blocks["outcome"] == "sold"]
    by_2024 = sold[sold["outcome_as_of"] <= "2024-11-27"]
    won_and_annulled = blocks["outcome_note"].str.contains("was preferred bidder").fillna(False)
    assert len(by_2024) + won_and_annulled.sum() == 24, "24 of tranches I to IV by 27 November 2024"
    assert (by_2024["concession"] == "ML").sum() == 4, "four of them mining leases"
    assert len(sold) + won_and_annulled.sum() == 34, "34 of tranches I to V by May 2025"
    of_five = blocks[(blocks["tranche"].astype(int) == 5) | (blocks["offered_again_in"] == 5)]
    assert of_five["outcome"].value_counts().to_dict() == {"sold": 10, "no_bid": 3, "annulled": 2}


def test_the_outcome_reaches_the_flags_of_the_block():
    flags = embedded_auction_blocks().kept.set_index("block_id")["flags"]
    assert flags["IN-AB-025"] == "auction_outcome:sold (2024-07-09, Coal India, premium 150.05 %)"
    assert flags["IN-AB-036"] == "auction_outcome:annulled (2025-01-23)"
    assert flags.str.fullmatch(r"(area_differs_from_published; )?auction_outcome:(\w+) \([^;()]+\)").all()


def test_policy_is_dated_and_sourced():
    policy = load_table("policy")
    key = policy["date"].str.extract(r"(\d{4}(?:-\d{2})?(?:-\d{2})?)")[0]
    assert key.notna().all() and policy["source_seen"].str.match(r"(seen|not seen|not found)").all()
    told = " ".join(policy["what"])
    for word in ("Tailings policy", "Part D", "Recycling", "tranche VII", "China"):
        assert word in told


def test_campaigns_climb_the_classes_and_follow_from_their_parts():
    table = load_table("campaign_costs")
    low, mode, high = (table[f"cost_{k}_inr_lakh"] for k in ("min", "mode", "max"))
    chosen = table["kind"] != "benchmark"
    assert ((low <= mode) & (mode <= high))[chosen].all() and (low[chosen] > 0).all()
    steps = {k: list(zip(g["from_level"], g["to_level"])) for k, g in table[chosen].groupby("kind")}
    assert steps["tonnage_and_grade"] == [("analogue", "G4"), ("G4", "G3"), ("G3", "G2"), ("G2", "G1")]
    assert steps["test"] == [("none", "bench"), ("bench", "pilot"), ("pilot", "plant")]
    for _, group in table[chosen].groupby("kind"):
        assert group["cost_mode_inr_lakh"].is_monotonic_increasing, "a better class costs more"
    parts = table.dropna(subset=["metres_drilled"])
    made = (
        parts["fixed_inr_lakh"]
        + parts["metres_drilled"] * parts["drilling_inr_lakh_per_m"]
        + parts["samples_assayed"] * parts["assay_inr_lakh_per_sample"]
    )
    assert len(parts) == 4 and np.allclose(made, parts["cost_mode_inr_lakh"], atol=0.06)
    benchmark = table[~chosen].iloc[0]
    assert benchmark["cost_mode_inr_lakh"] == pytest.approx(2100.14 * 100 / 309, rel=1e-3)


def test_phosphate_has_a_route_a_price_and_a_cost():
    sites = load_table("waste_sites").set_index("site_id")
    assert set(sites.loc[["IN-X-002", "IN-X-003"], "route_code"]) == {"phosphate_flotation"}
    price = load_table("elements").set_index("element").loc["P"]
    per_unit = 4.3643  # kg of phosphorus in 10 kg of P2O5
    assert price["price_2025e_usd_per_kg"] == pytest.approx((96.5 + 20) / 30 / per_unit, rel=1e-3)
    years, daily = (31, 33, 33), (1500 * 220, 1650 * 330 * 0.87, 1800 * 330)
    row = site_rows("site_tonnages", "IN-X-002").query("is_preferred").iloc[0]
    for k, y, t in zip(("min", "mode", "max"), years, daily):
        assert row[f"tonnage_{k}_mt"] == pytest.approx(y * t / 1e6, rel=0.01)


def test_ids_are_of_one_form():
    for table, column, form in (
        ("site_tonnages", "tonnage_id", r"T-(TSF|OB|RM|BS|PG|FA|X|N)-\d{3}-N?\d+"),
        ("site_grades", "grade_id", r"G-(TSF|OB|RM|BS|PG|FA|X|N)-\d{3}-N?\d+"),
        ("site_constraints", "constraint_id", r"K-N?\d+"),
        ("route_costs", "cost_id", r"C-N?\d{2}"),
        ("recoveries", "recovery_id", r"R-N?\d+"),
    ):
        frame = load_table(table)
        assert frame[column].map(lambda v, form=form: bool(re.fullmatch(form, v))).all(), table
        if "site_id" in frame and column != "constraint_id":
            named = frame[column].str.extract(r"^\w-(\w+-\d{3})")[0]
            assert ("IN-" + named == frame["site_id"]).all(), f"{table}: an id names another site"
