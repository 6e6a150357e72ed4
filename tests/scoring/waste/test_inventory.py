"""Which figure is used, as which distribution, and why the others are left out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from data_sources.reference import load_reference, load_table
from scoring.rank.told.cautions import said_of_flag
from scoring.waste.companions import likely_elements
from scoring.waste.draws.streams import normals
from scoring.waste.figures import class_of_grade, class_of_tonnage, worst
from scoring.waste.inventory import site_records, stated_tonnes
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
    (rest,) = (a for a in again.assays if a.label == "TREE")
    assert labels(again) == {"TREE", "Y", "Ga"} and "Y" not in dict(rest.parts), "what has an assay has no share"


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
    assert not records["IN-TSF-012"].may_rank and records["IN-TSF-012"].tonnage_width is not None
    assert records["IN-BS-002"].tonnage_width is None and "monazite" in records["IN-BS-002"].reasons[0]
    assert records["IN-FA-999"].is_excluded and records["IN-FA-999"].tonnage_width is None
    assert records["IN-OB-002"].may_rank  # the dumps that are offered


def test_a_tonnage_of_more_than_one_facility_is_not_ranked():
    table = load_table("site_tonnages").query("site_id == 'IN-OB-002'")
    whole_state = table.assign(
        is_preferred=table["tonnage_id"] == "T-OB-002-1"
    )  # its note says: do not rank as one site
    sites = load_table("waste_sites").query("site_id == 'IN-OB-002'")
    record = site_records(sites, whole_state, load_table("site_grades"), BOOK, 0.1)["IN-OB-002"]
    assert not record.may_rank and "more than one facility" in record.reasons[0]


NAN = math.nan
SITE = load_table("waste_sites").query("site_id == 'IN-TSF-002'")
TONNAGE = load_table("site_tonnages").query("site_id == 'IN-TSF-002' and is_preferred")
GRADES = load_table("site_grades").query("site_id == 'IN-TSF-002' and use == '1'")


def with_tonnage(low: float, mode: float, high: float, **more):
    """The record of a site whose only tonnage is this one [Mt]."""
    row = TONNAGE.assign(tonnage_min_mt=low, tonnage_mode_mt=mode, tonnage_max_mt=high, **more)
    return site_records(SITE, row, GRADES, BOOK, 0.1)["IN-TSF-002"]


def with_grade(low: float, mode: float, high: float, element: str = "Cu", **more):
    """The record of a site whose only grade is this one [ppm]."""
    told = {"ppm_min": low, "ppm_mode": mode, "ppm_max": high, "element": element, "basis_code": "assay"} | more
    return site_records(SITE, TONNAGE, GRADES.head(1).assign(**told), BOOK, 0.1)["IN-TSF-002"]


def drawn(width, n: int = 200_000):
    return width.mu + width.sigma * normals(1, n, "tonnage", "x")


def test_a_likely_tonnage_is_kept_as_the_mean_with_or_without_a_range():
    for figures in ((NAN, 40.0, NAN), (30.0, 40.0, 60.0), (10.0, 40.0, 200.0)):
        width = with_tonnage(*figures).tonnage_width
        assert np.exp(drawn(width)).mean() == pytest.approx(40e6, rel=0.02)
    assert with_tonnage(NAN, 40.0, NAN).tonnage_width.sigma == pytest.approx(math.log(1.5))
    assert with_tonnage(30.0, 40.0, 60.0).tonnage_width.sigma == pytest.approx(math.log(1.5)), "never below its class"
    assert with_tonnage(10.0, 40.0, 200.0).tonnage_width.sigma == pytest.approx(math.log(20.0) / 2.563)


def test_a_range_alone_is_centred_in_the_logarithm_and_p10_to_p90_where_it_is_wide():
    width = with_tonnage(10.0, NAN, 90.0).tonnage_width
    assert np.exp(np.quantile(drawn(width), [0.1, 0.5, 0.9])) == pytest.approx([10e6, 30e6, 90e6], rel=0.02)
    assert with_tonnage(28.0, NAN, 32.0).tonnage_width.sigma == pytest.approx(math.log(1.5))


def test_figures_in_conflict_lie_inside_p05_to_p95():
    for low, high in ((150.0, 200.0), (14.0, 22.0), (5.0, 500.0)):
        width = with_tonnage(low, NAN, high, is_conflict=True).tonnage_width
        p05, p50, p95 = np.exp(np.quantile(drawn(width), [0.05, 0.5, 0.95])) / 1e6
        assert p05 < low < p50 < high < p95 and p50 == pytest.approx(math.sqrt(low * high), rel=0.02)
    wide = with_tonnage(5.0, NAN, 500.0, is_conflict=True).tonnage_width
    assert (
        wide.sigma == pytest.approx(math.log(100.0) / 3)
        and with_tonnage(5.0, NAN, 500.0).tonnage_width.sigma > wide.sigma
    )


def test_published_conflicts_of_the_register_lie_inside_p05_to_p95(records):
    table = load_table("site_tonnages").query("is_preferred and is_conflict")
    assert set(table["site_id"]) >= {"IN-TSF-011", "IN-OB-002"}
    for site, low, high in zip(table["site_id"], table["tonnage_min_mt"], table["tonnage_max_mt"]):
        width = records[site].tonnage_width
        p05, p95 = np.exp([width.mu - 1.645 * width.sigma, width.mu + 1.645 * width.sigma]) / 1e6
        assert p05 < low < high < p95, site


def test_what_is_no_stock_has_no_width():
    assert with_tonnage(NAN, NAN, 9.0).tonnage_width is None  # a bound is not a stock
    assert with_tonnage(NAN, 40.0, NAN, knowledge_class="none").tonnage_width is None
    assert with_tonnage(NAN, 40.0, NAN, basis_code="capacity").tonnage_width is None
    assert "given as nothing" in with_tonnage(NAN, 0.0, NAN).reasons[0]


def test_a_derived_tonnage_is_at_best_g3_and_a_plan_an_analogue_that_says_so():
    assert [class_of_tonnage(c, "derived") for c in ("G1", "G2", "G3", "G4", "analogue")] == [
        "G3", "G3", "G3", "G4", "analogue",
    ]  # fmt: skip
    derived = with_tonnage(NAN, 40.0, NAN, knowledge_class="G1", basis_code="derived")
    published = with_tonnage(NAN, 40.0, NAN, knowledge_class="G1")
    assert derived.tonnage_class == "G3" and published.tonnage_class == "G1"
    assert derived.tonnage_width.sigma == pytest.approx(math.log(1.3)) and published.tonnage_width.sigma < 0.05
    plan = with_tonnage(NAN, 40.0, NAN, knowledge_class="G2", basis_code="plan")
    assert plan.tonnage_class == "analogue" and "tonnage_is_a_plan" in plan.flags
    assert plan.tonnage_width.sigma == pytest.approx(math.log(2.0))
    assert class_of_grade("G2", "plan") == "analogue" and class_of_grade("G2", "assay") == "G2"
    assert worst("G1", "G4", "G2") == "G4" and worst("analogue", "default") == "default" and worst() == "none"


def test_a_figure_without_a_class_counts_as_g4_and_says_so():
    tonnage = with_tonnage(NAN, 40.0, NAN, knowledge_class="")
    assert tonnage.tonnage_class == "G4" and "class_not_stated:tonnage" in tonnage.flags
    assert tonnage.tonnage_width == with_tonnage(NAN, 40.0, NAN, knowledge_class="G4").tonnage_width
    grade = with_grade(NAN, 3000.0, NAN, knowledge_class="")
    assert grade.assays[0].knowledge_class == "G4" and "class_not_stated:grade" in grade.flags
    assert grade.assays[0].width == with_grade(NAN, 3000.0, NAN, knowledge_class="G4").assays[0].width
    stated = with_grade(NAN, 3000.0, NAN, knowledge_class="G3")
    assert not [f for f in stated.flags if f.startswith("class_not_stated")]
    assert said_of_flag("class_not_stated:grade").endswith("so G4 is taken, for the grade")
    assert said_of_flag("gate_not_applied:GATED") == "nothing is withheld in this what-if; else it is GATED"


def test_wet_tonnes_are_dried_where_the_moisture_is_known_and_marked_where_it_is_not():
    dry, wet, unknown = (
        with_tonnage(NAN, 40.0, NAN, mass_basis=basis, moisture_pct=moisture)
        for basis, moisture in (("dry", NAN), ("wet", 25.0), ("wet", NAN))
    )
    assert math.exp(wet.tonnage_width.mu - dry.tonnage_width.mu) == pytest.approx(0.75)
    assert wet.tonnage_width.sigma == dry.tonnage_width.sigma
    assert unknown.tonnage_width == dry.tonnage_width and "wet_tonnes_without_moisture" in unknown.flags
    assert not dry.flags and not wet.flags
    assert with_tonnage(NAN, 0.11, NAN, mass_basis="wet", moisture_pct=25.0).may_rank is False


def test_a_grade_keeps_its_mean_and_never_passes_the_mineral():
    for mode, element, pure in ((3000.0, "Cu", 350_000.0), (0.7, "Au", 1e6), (530_000.0, "Fe", 699_000.0)):
        (assay,) = with_grade(NAN, mode, NAN, element, knowledge_class="G3").assays
        ppm = pure / (1 + np.exp(-drawn(assay.width)))
        assert ppm.max() < pure and ppm.mean() == pytest.approx(mode, rel=0.02), element
        assert assay.median_ppm == pytest.approx(np.median(ppm), rel=0.01), (
            "what is printed as likely is the median drawn"
        )
    (wide,) = with_grade(1000.0, 3000.0, 20_000.0, knowledge_class="G3").assays
    assert wide.width.sigma > math.log(1.5)
    assert with_grade(NAN, 400_000.0, NAN).assays == [], "copper above chalcopyrite"


def test_a_head_grade_is_left_out_by_name():
    record = with_grade(NAN, 9000.0, NAN, basis_code="head_grade")
    assert not record.assays and not record.sold
    assert record.left_out == ["Cu: the grade of the ore that was milled, not of the tailings"]
    assert "head" not in "".join(with_grade(NAN, 9000.0, NAN).left_out)


def test_a_borrowed_grade_is_shared_by_all_who_borrow_the_same_figure(records):
    keys = {r.site_id: a.borrowed_key for r in records.values() for a in r.assays if a.label == "TREE"}
    assert keys["IN-FA-001"] == keys["IN-FA-002"] is not None and keys["IN-FA-016"] is None
    assert keys["IN-FA-001"] != keys["IN-FA-013"] != keys["IN-FA-015"]


def test_classes(records):
    assert records["IN-TSF-001"].knowledge_class == "G4" and records["IN-RM-001"].knowledge_class == "analogue"
    assert records["IN-TSF-023"].knowledge_class == "none"


def test_products_without_a_figure_are_named_not_valued():
    assert "payability" in BOOK.sells("any", "acid_leach_sx", "red_mud", "Ga")
    assert BOOK.sells("any", "gravity_w_sn", "w_gravity_tailings", "W") == ""
    assert BOOK.sells("any", "flotation_cu", "cu_flotation_tailings", "Fe") is None
    assert BOOK.sells("any", "flotation_cu", "cu_flotation_tailings", "Cu") == ""
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


def test_a_tonnage_that_is_said_twice_is_one_and_two_that_differ_are_none():
    site = pd.DataFrame(
        {"site_id": ["S"], "waste_type_code": ["cu_flotation_tailings"], "route_code": ["flotation_cu"]}
    )
    figure = {"site_id": "S", "tonnage_mode_mt": 4.63, "knowledge_class": "G3", "basis_code": "published"}

    def record(*tonnages):
        table = pd.DataFrame([figure | {"tonnage_id": f"T{i}"} | t for i, t in enumerate(tonnages)])
        return site_records(site, table, load_table("site_grades").head(0), BOOK, 0.1)["S"]

    assert record({}, {}).tonnage_width == record({}).tonnage_width is not None
    assert stated_tonnes(record({}, {})) == pytest.approx(4.63e6) and math.isnan(
        stated_tonnes(record({"tonnage_mode_mt": NAN}))
    )
    for other in ({"tonnage_mode_mt": 4.64}, {"basis_code": "derived"}, {"mass_basis": "wet"}):
        apart = record({}, other)
        assert apart.tonnage_width is None and apart.reasons[0].startswith("2 tonnages that differ, and none is marked")
    assert record({"is_preferred": "false"}, {"is_preferred": "false"}).reasons[0].startswith("none of its tonnages")
