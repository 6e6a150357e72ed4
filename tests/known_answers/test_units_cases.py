"""Published cases of units: crore, oxides, the area of a cell, and figures that a unit check must stop."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data_sources.contracts import CrsError
from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.reference import load_table
from khanij.foundation.wording import number, usd_to_inr_crore
from scoring.waste.shares.areas import geodesic_area_ha, require_equal_area

CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))}


def test_kolar_value_in_crore():
    given, expected = CASES["kgf_value_unit"]["inputs"], CASES["kgf_value_unit"]["expected"]
    rupees = given["Mt"] * 1e6 * given["gpt"] * given["INR_per_g"]
    assert rupees == pytest.approx(expected["INR"])
    assert usd_to_inr_crore(rupees / 87.7, 87.7) == pytest.approx(expected["crore"])
    assert usd_to_inr_crore(1e6, 87.7) == pytest.approx(8.77)


def test_oxide_factors_of_the_element_table():
    expected = CASES["oxide_factors"]["expected"]
    table = load_table("elements").set_index("element")
    checked = 0
    for element, (oxide, factor, back) in expected.items():
        if element in table.index and table.at[element, "oxide"] == oxide:
            stored = float(table.at[element, "oxide_to_element_factor"])
            assert stored == pytest.approx(factor, abs=1e-4) and 1 / stored == pytest.approx(back, rel=2e-4), element
            checked += 1
    assert checked > 40


def test_area_of_a_hundredth_of_a_degree():
    given, expected = CASES["area_001deg_13.0"]["inputs"], CASES["area_001deg_13.0"]["expected"]
    x, y, d = given["lon0"], given["lat0"], given["step"]
    cell = gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + d, y + d)], crs=4326)
    assert geodesic_area_ha(cell)[0] == pytest.approx(expected["ha"], abs=0.05)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:7755", "EPSG:32643", "", None, "no such thing"])
def test_areas_are_refused_in_degrees_and_on_conformal_maps(crs):
    with pytest.raises(CrsError):
        require_equal_area(crs)


def test_areas_are_measured_on_equal_area_maps():
    for crs in (
        "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84",
        "EPSG:6933",
        "EPSG:3035",
        "+proj=laea +lat_0=20 +lon_0=80",
    ):
        require_equal_area(crs)


def test_kawalapur_trap():
    given, expected = CASES["kawalapur_unit_trap"]["inputs"], CASES["kawalapur_unit_trap"]["expected"]
    as_percent_ppm = given["grade_as_printed_pct"] * PPM_PER_UNIT[unit_of("%")]
    as_percent_t = given["Mt"] * as_percent_ppm
    assert as_percent_t == pytest.approx(expected["TREE_t_if_pct"], rel=1e-6)
    assert as_percent_t / 10 == pytest.approx(expected["TREE_t_if_4350ppm"], rel=1e-4)
    assert as_percent_ppm / given["cutoff_ppm"] > 40  # a mean 40 times the cut-off is a unit slip


@pytest.mark.parametrize("unit", ["ounces", "", "kg", None])
def test_what_is_no_mass_fraction_is_no_unit(unit):
    assert unit_of(unit) is None


def test_lakh_and_crore_are_only_words():
    assert number(1234567.0) == "1,230,000" and number(0.00123) == "0.00123" and number(2.0) == "2"
