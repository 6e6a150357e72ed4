"""The economic tables at the door: what cannot be is refused with table, row and field; marks and sources stay."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.reference import load_table
from data_sources.reference.describe import described_table
from data_sources.reference.economics import economic_tables
from data_sources.reference.tables import load_evidence
from khanij.foundation.errors import ContractError

MARKS = ("seen", "partly", "derived", "computed", "fit", "recalled", "expert default", "bounds seen", "one pair seen", "capex", "AISC", "C$78", "cash cost", "Rs 45", "announcement")  # fmt: skip


def _changed(table: str, where: dict, column: str, value: object) -> dict[str, pd.DataFrame]:
    frame = load_table(table).astype(object)
    hit = pd.Series(True, index=frame.index)
    for k, v in where.items():
        hit &= frame[k] == v
    assert hit.sum() == 1, f"{hit.sum()} rows"
    frame.loc[hit, column] = value
    return {table: frame}


CIL = {"family": "cil", "quantity": "operating cost"}
GOLD = {"kind": "recovery", "key": "cil:Au"}


NUMBERS = [
    ("cost_scale", CIL, "value"), ("royalties", {"mineral": "lithium"}, "rate_pct"), ("metallurgy_defaults", GOLD, "value"),
        ("metallurgy_defaults", GOLD, "value2"), ("route_maturity", {"level": "pilot"}, "p_works_as_designed"),
        ("route_maturity", {"level": "pilot"}, "ramp_year1"), ("price_volatility", {"element": "Cu"}, "gsd_used"),
        ("price_correlations", {"group": "rare earths"}, "rho"),
        ("elements", {"element": "Cu"}, "price_2025e_usd_per_kg"),
        ("elements", {"element": "Cu"}, "world_production_t"),
]  # fmt: skip
BLANK_IS_NOT_KNOWN = ("price_2025e_usd_per_kg", "world_production_t")
"""Not sold, no cap: a blank is no error there."""
CELLS = [
    (*cell, bad)
    for cell in NUMBERS
    for bad in (-1.0, float("nan"), float("inf"), "dear")
    if not (bad != bad and cell[2] in BLANK_IS_NOT_KNOWN)
]


@pytest.mark.parametrize(("table", "where", "column", "bad"), CELLS)
def test_a_number_that_cannot_be_is_refused(table, where, column, bad):
    with pytest.raises(ContractError) as caught:
        economic_tables(_changed(table, where, column, bad))
    assert (caught.value.file, caught.value.field) == (f"{table}.csv", column)
    assert isinstance(caught.value.row, int) and caught.value.row >= 2 and caught.value.do


@pytest.mark.parametrize(
    ("table", "where", "column", "bad"),
    [
        ("metallurgy_defaults", GOLD, "value", 55.0), ("metallurgy_defaults", GOLD, "value2", 1.01),
        ("royalties", {"mineral": "lithium"}, "rate_pct", 101.0), ("price_correlations", {"group": "rare earths"}, "rho", 1.2),
        ("route_maturity", {"level": "pilot"}, "ramp_year4_on", 75.0),
    ],
)  # fmt: skip
def test_a_share_above_one_is_refused(table, where, column, bad):
    with pytest.raises(ContractError, match="above") as caught:
        economic_tables(_changed(table, where, column, bad))
    assert caught.value.field == column and caught.value.row is not None


def test_a_premium_may_pass_a_hundred_per_cent():
    assert load_evidence("auction_premiums")["premium_pct"].max() == 400.0


@pytest.mark.parametrize(
    ("table", "where", "column", "bad"),
    [
        ("royalties", {"mineral": "lithium"}, "elements", "Lx"), ("metallurgy_defaults", GOLD, "key", "cil:Aurum"),
        ("price_volatility", {"element": "Cu"}, "element", "CU"), ("price_correlations", {"group": "rare earths"}, "elements", "La;Xx"),
    ],
)  # fmt: skip
def test_an_unknown_element_is_refused(table, where, column, bad):
    with pytest.raises(ContractError, match="unknown element") as caught:
        economic_tables(_changed(table, where, column, bad))
    assert (caught.value.file, caught.value.field) == (f"{table}.csv", column) and caught.value.row is not None


@pytest.mark.parametrize(
    ("table", "where", "column", "bad", "words"),
    [
        ("metallurgy_defaults", GOLD, "key", "heap:Au", "unknown family"), ("route_families", {"family": "cil"}, "family", "heap", "unknown family"),
        ("route_families", {"family": "cil"}, "maturity_level", "new", "unknown level"),
        ("cost_scale", {"family": "cil", "quantity": "capital of a new plant"}, "family", "flot_cu", "stands twice"),
        ("route_maturity", {"level": "pilot"}, "ramp_year1", 0.7, "falls"),
        ("metallurgy_defaults", {"kind": "test_level", "key": "bench"}, "key", "bank", "no row for 'bench'"),
        ("cost_scale", {"quantity": "closure"}, "quantity", "closing", "0 rows for 'closure'"),
    ],
)  # fmt: skip
def test_a_word_nobody_knows_or_twice_is_refused(table, where, column, bad, words):
    with pytest.raises(ContractError, match=words):
        economic_tables(_changed(table, where, column, bad))


def test_what_the_tables_say():
    t = economic_tables()
    assert t.levies_on_royalty == pytest.approx(0.13)
    assert t.royalty_of("Au") == pytest.approx(0.04 * 1.13) and t.royalty_of("Ge") == pytest.approx(0.12 * 1.13)
    assert t.royalty_of("Ti") == pytest.approx(0.04 * 1.13), "of the metal; beach sands have a row of their own"
    assert {"Au", "Cu", "Ni"} <= t.royalty_on_contained and "Zn" not in t.royalty_on_contained
    assert t.recoveries["cil", "Au"].median == 0.55 and t.states["fine_sulphide"] == 0.65
    assert (t.mill_capital_factor, t.sustaining_share, t.closure_share, t.fixed_share) == (0.15, 0.02, 0.10, 0.4)
    assert t.failure_share == 0.4 and t.lean["Fe"].ratio == 3.0
    assert t.log_sd_of("Nd") > t.log_sd_of("Zn") and t.log_sd_of("Ge") == pytest.approx(t.log_sd_of("Sb"))
    assert t.price_groups["Cu"] == ("base metals", 0.65) and "Sc" not in t.price_groups


@pytest.mark.parametrize(
    ("route", "waste", "words", "family"),
    [
        ("cil_releach", "au_mill_tailings", "exact", "cil"), ("gravity_w_sn", "w_gravity_tailings", "near (gravity plus flotation)", "grav"),
        ("gravity_w_sn", "w_gravity_tailings", "near (coarse, ore sorting)", "grav_simple"), ("", "", "none (leach plant)", "leach_small"),
        ("acid_leach_sx", "red_mud", "", "acid"), ("none_known", "cu_smelter_slag", "", None),
    ],
)  # fmt: skip
def test_the_family_of_a_route(route, waste, words, family):
    found = economic_tables().family_of(route, waste, words)
    assert (found.family if found else None) == family


def test_ash_is_less_mature_than_mud():
    t = economic_tables()
    assert t.family_of("acid_leach_sx", "red_mud").maturity == "pilot"
    assert t.family_of("acid_leach_sx", "coal_fly_ash").maturity == "bench"


def test_every_waste_with_a_route_has_a_family():
    t = economic_tables()
    for row in load_table("routes").itertuples():
        if row.route_code in ("none_known", "gravity_mag_mn", "phosphate_flotation"):  # no law of such plants
            continue
        for waste in row.waste_type_codes.split(";"):
            assert t.family_of(row.route_code, waste) is not None, (row.route_code, waste)


@pytest.mark.parametrize(
    "table",
    ["cost_scale", "plant_costs", "royalties", "route_maturity", "route_families", "metallurgy_defaults", "price_volatility", "price_correlations", "us_cpi"],
)  # fmt: skip
def test_every_row_has_its_source_and_its_mark(table):
    frame = described_table(table)
    assert frame["source"].notna().all() and frame["source_seen"].notna().all()
    assert frame["source_seen"].str.startswith(MARKS).all(), frame.loc[
        ~frame["source_seen"].str.startswith(MARKS), "source_seen"
    ].tolist()
