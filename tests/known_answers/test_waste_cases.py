"""Published and analytic cases of metal in waste, drawn by the project's own engine where they are distributions."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cases import case_of
from india import india_frames

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.reference import load_reference, load_table
from scoring.rank.assess import run
from scoring.rank.told.contents import element_rows
from scoring.waste.draws.streams import normals
from scoring.waste.inventory import site_records
from scoring.waste.projects.project_draws import GRADE_GSD, TONNAGE_GSD, grade_width, pure_ppm, tonnage_width
from scoring.waste.routes import RouteBook

NAN = math.nan
GRAMS_PER_TROY_OUNCE = 31.1034768
CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))}


def test_century_tailings():
    given, expected = CASES["century_tailings"]["inputs"], CASES["century_tailings"]["expected"]
    tonnes = given["Mt"] * 1e6
    zinc, lead = (given[f"{e}_pct"] * PPM_PER_UNIT[unit_of("%")] * tonnes / 1e6 for e in ("Zn", "Pb"))
    assert [zinc, lead] == pytest.approx([expected["Zn_t"], expected["Pb_t"]], rel=1e-9)
    silver_oz = given["Ag_gpt"] * PPM_PER_UNIT[unit_of("g/t")] * tonnes / GRAMS_PER_TROY_OUNCE
    assert silver_oz == pytest.approx(expected["Ag_oz"], rel=1e-6)
    assert silver_oz == pytest.approx(31.5e6, rel=0.01)  # as published


def test_product_of_lognormals():
    given, expected = CASES["lognormal_product"]["inputs"], CASES["lognormal_product"]["expected"]
    n = 100_000
    tonnage = tonnage_width(NAN, given["T_median_t"], NAN, math.log(TONNAGE_GSD["G3"]), is_median=True)
    assert (math.exp(tonnage.mu), math.exp(tonnage.sigma)) == pytest.approx((given["T_median_t"], given["T_gsd"]))
    grade = grade_width(NAN, given["grade_median_ppm"], NAN, math.log(GRADE_GSD["G3"]), 1e6, is_median=True)
    assert math.exp(grade.sigma) == pytest.approx(given["grade_gsd"])
    tonnes = np.exp(tonnage.mu + tonnage.sigma * normals(1, n, "tonnage"))
    metal_t = tonnes / (1 + np.exp(-(grade.mu + grade.sigma * normals(1, n, "grade"))))
    assert np.quantile(metal_t, [0.1, 0.5, 0.9]) == pytest.approx(
        [expected["P10_t"], expected["P50_t"], expected["P90_t"]], rel=0.02
    )
    assert metal_t.mean() == pytest.approx(expected["mean_t"], rel=0.02)
    assert np.log(metal_t).std() == pytest.approx(expected["sigma_ln"], rel=0.02)


def test_a_published_mean_is_the_mean_of_the_metal():
    """The same figures read as averages, as published figures are: the mean of the metal is their product."""
    given = CASES["lognormal_product"]["inputs"]
    tonnage = tonnage_width(NAN, given["T_median_t"], NAN, math.log(given["T_gsd"]))
    grade = grade_width(NAN, given["grade_median_ppm"], NAN, math.log(given["grade_gsd"]), 1e6)
    tonnes = np.exp(tonnage.mu + tonnage.sigma * normals(1, 200_000, "tonnage"))
    metal_t = tonnes / (1 + np.exp(-(grade.mu + grade.sigma * normals(1, 200_000, "grade"))))
    assert metal_t.mean() == pytest.approx(given["T_median_t"] * given["grade_median_ppm"] / 1e6, rel=0.01)


def test_a_range_alone_is_p10_and_p90():
    width = grade_width(350.0, NAN, 500.0, 0.0, 1e6)
    ends = [width.mu - 1.2816 * width.sigma, width.mu + 1.2816 * width.sigma]
    assert 1e6 / (1 + np.exp(-np.array(ends))) == pytest.approx([350, 500], rel=1e-4)


def test_no_iron_ore_beats_haematite():
    width = grade_width(NAN, 530_000.0, NAN, math.log(2.0), pure_ppm("Fe"))
    drawn = pure_ppm("Fe") / (1 + np.exp(-(width.mu + width.sigma * normals(3, 50_000, "grade", "Fe"))))
    assert drawn.max() < 699_000 and drawn.mean() == pytest.approx(530_000, rel=0.02)


def test_kolar_dumps():
    """35 to 40 Mt at 0.7 g/t, or 33 Mt at 1 g/t: the gold between them lies inside what the register's figures give."""
    given, expected = CASES["kgf_dump_range"]["inputs"], CASES["kgf_dump_range"]["expected"]
    gold = {k: v["Mt"] * v["gpt"] for k, v in given.items()}
    assert [gold["low"], gold["high"], gold["tn"]] == pytest.approx(
        [expected["low_t"], expected["high_t"], expected["tnpsc_t"]]
    )
    assert gold["tn"] * 1e6 / GRAMS_PER_TROY_OUNCE == pytest.approx(expected["tnpsc_oz"], abs=1)
    assert 20 / gold["high"] == pytest.approx(expected["implied_recovery_for_20t"][0], abs=0.001)
    case, settings = case_of(**india_frames(2000))
    state = run(case, settings)
    unit = state.scored.plan.whole["IN-TSF-001"]
    (row,) = (p for e, p in element_rows(state, unit) if e == "Au")
    low, _, high = state.scored.metal.contained[row, :3] / 1000
    assert low < gold["low"] < high and low < gold["high"] < high
    # two texts that disagree by more than 30 % are one range, not one number
    width = tonnage_width(33e6 * 1.0, NAN, 40e6, math.log(TONNAGE_GSD["G4"]), is_conflict=True)
    assert math.exp(width.mu - 1.645 * width.sigma) < 33e6 < 40e6 < math.exp(width.mu + 1.645 * width.sigma)


def test_nalco_rare_earths():
    """433 ppm of 7.13 Mt; the published stock is less than three years of what the refinery makes."""
    given, expected = CASES["nalco_ree"]["inputs"], CASES["nalco_ree"]["expected"]
    assert given["Mt"] * given["ppm"] * PPM_PER_UNIT[unit_of("ppm")] == pytest.approx(expected["TREE_t"], abs=0.1)
    assert [m * given["ppm"] for m in given["annual_Mt"]] == pytest.approx(expected["annual_TREE_t"], abs=0.1)
    assert given["Mt"] / given["annual_Mt"][1] < 3


def test_wet_tonnes_hold_less_metal_than_they_weigh():
    """30 Mt as mined at 20 % moisture and 0.5 % Cu of the dry: 24 Mt and 120,000 t, and not 150,000."""
    sites = load_table("waste_sites").query("site_id == 'IN-TSF-002'")
    tonnage = load_table("site_tonnages").query("site_id == 'IN-TSF-002' and is_preferred")
    tonnage = tonnage.assign(tonnage_min_mt=NAN, tonnage_mode_mt=30.0, tonnage_max_mt=NAN, mass_basis="wet")
    grade = load_table("site_grades").query("site_id == 'IN-TSF-002' and use == '1'").head(1)
    grade = grade.assign(element="Cu", ppm_mode=5000.0, basis_code="assay")
    record = site_records(sites, tonnage.assign(moisture_pct=20.0), grade, RouteBook(load_reference()), 0.1)[
        "IN-TSF-002"
    ]
    width, copper = record.tonnage_width, record.assays[0].width
    tonnes = math.exp(width.mu + width.sigma**2 / 2)
    ppm = 350_000 / (1 + np.exp(-(copper.mu + copper.sigma * normals(1, 400_000, "grade"))))
    assert tonnes == pytest.approx(24e6) and tonnes * ppm.mean() / 1e6 == pytest.approx(120_000, rel=0.03)


def test_a_head_grade_is_no_grade_of_the_tailings():
    """An ore of 1.2 % Cu milled at 90 % leaves about 0.12 %: the head grade as tailings grade is ten times too much."""
    frames = india_frames(200)
    mine = frames["grades"]["site_id"] == "IN-TSF-002"
    copper = frames["grades"][mine & (frames["grades"]["element"] == "Cu")].iloc[[0]]
    head = copper.assign(grade_id="G-head", ppm_mode=12_000.0, basis_code="head_grade")
    frames["grades"] = pd.concat([frames["grades"][~mine], head], ignore_index=True)
    records = site_records(
        frames["sites"], frames["tonnages"], frames["grades"], RouteBook(frames["reference"]), 0.1
    )  # fmt: skip
    assert not records["IN-TSF-002"].has_value and "milled, not of the tailings" in records["IN-TSF-002"].reasons[0]
