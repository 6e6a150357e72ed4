"""Which figure is used, as which distribution, and why the others are left out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from data_sources.reference import load_reference, load_table
from scoring.waste.companions import likely_elements
from scoring.waste.figures import tonnage_distribution
from scoring.waste.inventory import site_records
from scoring.waste.routes import RouteBook

BOOK = RouteBook(load_reference())


@pytest.fixture(scope="module")
def records():
    return site_records(load_table("waste_sites"), load_table("site_tonnages"), load_table("site_grades"), BOOK, 0.1)


def labels(record):
    return {a.label for a in record.assays}


def test_upper_limits_and_sums_are_not_values(records):
    khurd = records["IN-TSF-007"]
    assert "Zn" not in labels(khurd) and "Zn below 2000 ppm" in khurd.upper_limits and khurd.sold == ["Ag"]
    zawar = records["IN-TSF-009"]
    assert not zawar.assays and "sum of metals" in zawar.reasons[0] and not zawar.has_value


def test_recovered_is_marked_and_not_discounted_again(records):
    assert all(a.recovered for a in records["IN-TSF-002"].assays)
    assert not any(a.recovered for a in records["IN-TSF-006"].assays)


def test_only_what_the_route_sells_is_sold(records):
    assert records["IN-TSF-001"].sold == ["Au"] and {"Si", "Al", "Fe"} <= labels(records["IN-TSF-001"])
    assert set(records["IN-OB-001"].sold) == {"Ni", "Co"}
    assert records["IN-TSF-004"].sold == []  # uranium is Part B


def test_a_total_is_split_by_its_profile_and_nothing_is_counted_twice(records):
    neyveli = records["IN-FA-016"]
    (total,) = (a for a in neyveli.assays if a.label == "TREE")
    assert labels(neyveli) == {"TREE", "Ga"} and "Ga" not in neyveli.sold
    assert (
        total.label == "TREE" and math.isclose(math.fsum(s for _, s in total.parts), 1.0) and "Y" in dict(total.parts)
    )
    nalco = records["IN-RM-001"]
    assert labels(nalco) == {"Sc"}
    both = pd.concat([load_table("site_grades").query("site_id == 'IN-FA-001' and use == '1'")] * 2, ignore_index=True)
    both.loc[1, ["grade_id", "element", "element_kind"]] = ["G-extra", "Y", "element"]
    sites = load_table("waste_sites").query("site_id == 'IN-FA-001'")
    again = site_records(sites, load_table("site_tonnages"), both, BOOK, 0.1)["IN-FA-001"]
    assert labels(again) == {"TREE", "Ga"} and any("already inside" in t for t in again.left_out)


def test_a_total_with_scandium_drops_the_scandium_row_and_uses_a_profile_with_it():
    grades = load_table("site_grades").query("site_id == 'IN-RM-001'").copy()
    grades.loc[grades["element"] == "TREE", ["use", "basis_code"]] = ["1", "assay"]
    grades = grades.drop_duplicates("element")
    sites = load_table("waste_sites").query("site_id == 'IN-RM-001'")
    record = site_records(sites, load_table("site_tonnages"), grades, BOOK, 0.1)["IN-RM-001"]
    parts = dict(record.assays[0].parts)
    # the source names Sc and not Y as inside: the profile is closed to 1 without Y
    assert (
        labels(record) == {"TREE"}
        and "Y" not in parts
        and parts["Sc"] == pytest.approx(0.13279 / (1 - 0.08364), abs=1e-4)
    )


def test_screening_monazite_and_excluded(records):
    assert not records["IN-TSF-012"].may_rank and records["IN-TSF-012"].tonnage_spec is not None
    assert records["IN-BS-002"].tonnage_spec is None and "monazite" in records["IN-BS-002"].reasons[0]
    assert records["IN-FA-999"].is_excluded and records["IN-FA-999"].tonnage_spec is None
    assert records["IN-OB-002"].may_rank  # the dumps that are offered


def test_a_tonnage_of_more_than_one_facility_is_not_ranked():
    table = load_table("site_tonnages").query("site_id == 'IN-OB-002'")
    whole_state = table.assign(
        is_preferred=table["tonnage_id"] == "T-OB-002-1"
    )  # its note says: do not rank as one site
    sites = load_table("waste_sites").query("site_id == 'IN-OB-002'")
    record = site_records(sites, whole_state, load_table("site_grades"), BOOK, 0.1)["IN-OB-002"]
    assert not record.may_rank and "more than one facility" in record.reasons[0]


def test_tonnages():
    assert tonnage_distribution(30e6, 33e6, 40e6, "G4") == (0, 30e6, 33e6, 40e6)
    kind, mu, sigma, _ = tonnage_distribution(math.nan, 200e6, math.nan, "G4")
    assert (kind, math.exp(mu), math.exp(sigma)) == pytest.approx((1, 200e6, 1.5))
    kind, mu, sigma, _ = tonnage_distribution(700e6, math.nan, 750e6, "G4")
    assert math.exp(mu) == pytest.approx(math.sqrt(700e6 * 750e6)) and math.exp(sigma) == pytest.approx(1.5)
    assert tonnage_distribution(math.nan, math.nan, 9e6, "G4") is None  # a bound is not a stock
    assert tonnage_distribution(math.nan, 1e6, math.nan, "none") is None


def test_classes(records):
    assert records["IN-TSF-001"].knowledge_class == "G4" and records["IN-RM-001"].knowledge_class == "analogue"
    assert records["IN-TSF-023"].knowledge_class == "none"


def test_products_without_a_figure_are_named_not_valued():
    assert "payability" in BOOK.sells("acid_leach_sx", "red_mud", "Ga")
    assert BOOK.sells("gravity_w_sn", "w_gravity_tailings", "W") == ""
    assert BOOK.sells("flotation_cu", "cu_flotation_tailings", "Fe") is None
    assert BOOK.sells("flotation_cu", "cu_flotation_tailings", "Cu") == ""
    assert BOOK.price_problem("gravity_mag_fe", "fe_slimes", "Fe", "2025e") is None
    assert BOOK.price_problem("phosphate_flotation", "phosphate_tailings", "P", "2024") is None
    assert BOOK.price_problem("acid_leach_sx", "red_mud", "Tm", "2025e") == "no price"


def test_importance():
    k = BOOK.importance()
    table = load_table("elements")
    of_30 = table[table["in_india_30"]].dropna(subset=["eu2023_supply_risk", "eu2023_economic_importance"])
    mean = (of_30["eu2023_supply_risk"] * of_30["eu2023_economic_importance"]).mean()
    assert k["Dy"] == pytest.approx(min(3.0, 5.6 * 7.8 / mean)) and k["Cu"] == pytest.approx(max(0.1, 0.1 * 4.0 / mean))
    assert min(k.values()) >= 0.1 and max(k.values()) <= 3.0 and "Os" not in k


def test_companions():
    assert likely_elements("Cu") == ["Se", "Te", "Mo", "Co", "Re", "Au", "Ag"]
    assert likely_elements("Zn-Pb-Ag", frozenset({"Ag"}))[:3] == ["Ge", "Cd", "In"]
    assert likely_elements("Cr-(Ni-Co)")[:2] == ["Ni", "Co"] and likely_elements("diamond") == []
    assert "U" not in likely_elements("Cu-(Ni-Mo-U)") and likely_elements("") == []
    assert np.all([isinstance(e, str) for e in likely_elements("coking coal")])
