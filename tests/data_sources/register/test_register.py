"""Several sources of one facility: matched by distance and name, every figure kept, the doubtful left to a person."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.reference import load_table
from data_sources.reference.site_names import name_similarity
from data_sources.reference.tables import load_evidence
from data_sources.register import (
    derive_ash,
    derive_from_terms,
    derive_from_volume,
    from_osm,
    from_own_table,
    from_power_stations,
    from_tailings_portal,
    generated_tonnage_mt,
    merge_records,
    station_ash_mt,
)
from data_sources.register.derived import Range
from data_sources.register.matching import distance_km
from khanij.foundation.errors import ContractError, UnitError

OWN = pd.DataFrame(
    {
        "site_id": ["IN-1", "IN-2", "IN-3"],
        "name": ["Zawar tailings dam", "Agucha TSF 1", "Old dump, Kolar"],
        "lat": [24.35, 25.83, 12.96],
        "lon": [73.72, 74.74, 78.27],
        "position_accuracy_m": [2000.0, 500.0, 5000.0],
        "waste_type_code": ["zn_pb_flotation_tailings"] * 2 + ["au_mill_tailings"],
        "state": ["Rajasthan", "Rajasthan", "Karnataka"],
    }
)
TONNAGES = pd.DataFrame(
    {
        "site_id": ["IN-1"],
        "tonnage_min_mt": [49.2],
        "tonnage_mode_mt": [65.8],
        "tonnage_max_mt": [75.9],
        "basis_code": ["derived"],
    }
)
PORTAL = pd.DataFrame(
    {
        "tsf": ["Zawar Tailings Storage Facility", "TSF 1", "TSF 2", "Escondida"],
        "mine": ["Zawar", "Rampura Agucha", "Rampura Agucha", "Escondida"],
        "owner_company": ["HZL"] * 3 + ["BHP"],
        "country": ["India", "India", "india", "Chile"],
        "latitude": [24.352, 25.832, 25.834, -24.3],
        "longitude": [73.722, 74.741, 74.742, -69.1],
        "current_tailings_storage": [30e6, 50e6, 0, 1e9],
        "hazard_categorization": ["High", "Extreme", None, "A"],
        "classification_system": ["CDA", "ANCOLD", None, "x"],
        "construction_year": [1975, 1991, 2010, 1990],
    }
)
OSM = pd.DataFrame(
    {
        "type": ["way", "way"],
        "id": [11, 12],
        "tags": [{"name": "Zawar tailings pond", "man_made": "tailings_pond"}, {"man_made": "tailings_pond"}],
        "center.lat": [24.351, 12.965],
        "center.lon": [73.721, 78.275],
    }
)


def merged(**more):
    return merge_records(
        [from_own_table(OWN, TONNAGES), from_tailings_portal(PORTAL), from_osm(OSM)], precedence=["own"], **more
    )


def test_three_sources_of_one_dam_become_one_row_with_every_figure():
    out = merged()
    row = out.facilities.set_index("site_id").loc["IN-1"]
    assert row["n_records"] == 3 and row["sources"] == "own;global_tailings_portal;osm_tailings_ponds"
    assert (row["name"], row["lat"], row["position_from"]) == ("Zawar tailings dam", 24.35, "own")
    figures = out.figures[out.figures["site_id"] == "IN-1"].set_index("quantity")
    assert figures.loc["tonnage_mode", "value"] == 65.8 and figures.loc["storage", "value"] == 30e6
    assert figures.loc["storage", "unit"] == "m3", "a volume is no tonnage"
    assert (figures.loc["hazard_rating", "text"], figures.loc["hazard_rating", "note"]) == ("High", "CDA")


def test_numbered_ponds_of_one_mine_stay_apart():
    out = merged()
    members = out.members.set_index("record_id")["site_id"]
    assert (
        members["global_tailings_portal:2"] == "IN-2"
        and members["global_tailings_portal:3"] == "global_tailings_portal:3"
    )


def test_a_nameless_pond_is_reviewed_not_merged():
    out = merged()
    line = out.review[out.review["record_b"] == "own:IN-3"].iloc[0]
    assert line["record_a"] == "osm_tailings_ponds:way/12" or "no name" in line["why"]
    assert out.members.set_index("record_id").loc["osm_tailings_ponds:way/12", "site_id"] == "osm_tailings_ponds:way/12"


def test_a_decision_is_followed_and_leaves_the_review():
    before = merged()
    pair = tuple(before.review.iloc[0][["record_a", "record_b"]])
    same, different = merged(decided_same=[pair]), merged(decided_different=[pair])
    assert len(same.facilities) == len(before.facilities) - 1 and len(same.review) < len(before.review)
    assert len(different.facilities) == len(before.facilities) and len(different.review) < len(before.review)


def test_nothing_is_lost_and_the_order_of_sources_changes_nothing():
    parts = [from_own_table(OWN, TONNAGES), from_tailings_portal(PORTAL), from_osm(OSM)]
    first = merge_records(parts, precedence=["own"])
    assert len(first.members) == 3 + 3 + 2 and first.facilities["n_records"].sum() == 8
    assert len(first.figures) == sum(len(p.figures) for p in parts) and first.figures["site_id"].notna().all()
    for order in itertools.permutations(parts):
        other = merge_records(list(order), precedence=["own"])
        pd.testing.assert_frame_equal(first.facilities, other.facilities)
        pd.testing.assert_frame_equal(first.review, other.review)


def test_different_processes_at_one_place_are_different_facilities():
    mud = OWN.iloc[:1].assign(site_id="IN-RM", name="Mettur red mud", waste_type_code="red_mud")
    plant = pd.DataFrame(
        {
            "gppd_id": ["P"],
            "cea_name": ["METTUR"],
            "capacity_mw": [840],
            "latitude": [24.35],
            "longitude": [73.72],
            "fuel": ["COAL"],
        }
    )
    out = merge_records([from_own_table(mud), from_power_stations(plant)])
    assert len(out.facilities) == 2 and len(out.review) == 0


def test_two_records_of_one_source_are_never_joined_by_themselves():
    twice = OWN.iloc[[0, 0]].assign(site_id=["IN-1", "IN-9"])
    out = merge_records([from_own_table(twice)])
    assert len(out.facilities) == 2 and "repetition" in out.review.iloc[0]["why"]
    with pytest.raises(ContractError, match="stands twice"):
        merge_records([from_own_table(OWN), from_own_table(OWN)])


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ("Zawar tailings dam", "ZAWAR TSF", 0.8, 1.0), ("Rampura Agucha TSF 1", "Agucha TSF No. I", 0.8, 1.0),
        ("Agucha TSF 1", "Agucha TSF 2", 0.0, 0.0), ("Mosaboni", "Musaboni tailings", 0.8, 1.0), ("Kolar", "Hutti", 0.0, 0.0),
        ("Korba East", "Korba West", 0.4, 0.6),
    ],
)  # fmt: skip
def test_names(a, b, low, high):
    assert low <= name_similarity(a, b) <= high and name_similarity(a, b) == name_similarity(b, a)


def test_names_that_say_nothing_give_no_number():
    assert np.isnan(name_similarity("tailings pond", "Zawar")) and np.isnan(name_similarity(None, "x"))


@settings(deadline=None)
@given(st.floats(8, 36), st.floats(69, 96), st.floats(0, 359), st.floats(0.01, 300))
def test_distance_on_the_sphere(lat, lon, azimuth, km):
    from pyproj import Geod

    sphere = Geod(a=6371008.8, b=6371008.8)
    x, y, _ = sphere.fwd(lon, lat, azimuth, km * 1000)
    assert distance_km(lat, lon, y, x) == pytest.approx(km, rel=1e-6)


def test_ash_of_every_station_reproduces_its_tonnage_within_five_per_cent():
    table = load_table("site_tonnages")
    stored = table[table["is_preferred"]].set_index("site_id")
    ash = derive_ash(load_evidence("ash_stations"))
    assert len(ash) == 23 and set(ash["basis_code"]) == {"derived"} and set(ash["knowledge_class"]) == {"analogue"}
    for row in ash.to_dict("records"):
        for column in ("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"):
            assert row[column] == pytest.approx(stored.loc[row["site_id"], column], rel=0.05)


def test_the_other_derived_tonnages_follow_from_their_terms():
    table = load_table("site_tonnages")
    stored = table[table["is_preferred"]].set_index("site_id")
    derived = derive_from_terms(load_evidence("derivation_terms"))
    assert set(derived["site_id"]) >= {f"IN-RM-00{i}" for i in range(1, 9)}
    for row in derived.to_dict("records"):
        for column in ("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"):
            # The stored figures are rounded to two digits, one of them (Turamdih's minimum) from 6.5 to 6.
            assert row[column] == pytest.approx(stored.loc[row["site_id"], column], rel=0.05, abs=0.5)
        assert "/" in row["formula"]


@settings(deadline=None)
@given(st.floats(100, 5000), st.integers(1985, 2020), st.sampled_from(["hard_coal", "lignite", "imported_coal"]))
def test_ash_is_linear_in_capacity_and_falls_with_later_years(mw, year, fuel):
    one, two = station_ash_mt(mw, year, fuel), station_ash_mt(2 * mw, year, fuel)
    assert two.mode == pytest.approx(2 * one.mode) and one.low < one.mode < one.high
    assert station_ash_mt(mw, year + 1, fuel).mode <= one.mode


def test_ash_refuses_what_it_cannot_know():
    with pytest.raises(ContractError, match="no utilisation"):
        station_ash_mt(1000, 1960)
    with pytest.raises(ContractError, match="no specific_coal"):
        station_ash_mt(1000, 2000, "wood")
    with pytest.raises(ContractError):
        station_ash_mt(-5, 2000)


def test_volume_says_its_density_and_capacity_is_no_stock():
    row = derive_from_volume("S", 28.0, "Mm3", "red_mud", source="a paper")
    assert (row["tonnage_min_mt"], row["tonnage_mode_mt"], row["tonnage_max_mt"]) == (25.2, 30.8, 39.2)
    assert "0.9/1.1/1.4 t/m3" in str(row["formula"]) and row["basis_code"] == "derived"
    full = derive_from_volume("S", 28e6, "m3", "red_mud", is_capacity=True)
    assert full["basis_code"] == "capacity" and np.isnan(full["tonnage_mode_mt"]) and full["tonnage_max_mt"] == 39.2
    assert "any_tailings" in str(derive_from_volume("S", 1e6, "m3", "unheard of")["formula"])
    with pytest.raises(UnitError):
        derive_from_volume("S", 1.0, "acre", "red_mud")
    with pytest.raises(ContractError):
        derive_from_volume("S", 0.0, "m3", "red_mud")


def test_generated_tonnage_by_hand_and_its_refusals():
    # Red mud: 21 Mt alumina, 1.2 t mud per t alumina, 92 % not used (site_tonnages, IN-RM-002).
    out = generated_tonnage_mt(Range(17, 21, 24), Range(1.0, 1.2, 1.4), Range(0.8, 0.92, 1.0))
    assert (out.low, out.mode, out.high) == pytest.approx((13.6, 23.184, 33.6))
    with pytest.raises(ContractError, match="share"):
        generated_tonnage_mt(Range(1, 1, 1), Range(1, 1, 1), Range(0.5, 0.9, 1.2))
    with pytest.raises(ContractError, match="low <= most likely"):
        generated_tonnage_mt(Range(2, 1, 3), Range(1, 1, 1), Range(0, 0, 1))
