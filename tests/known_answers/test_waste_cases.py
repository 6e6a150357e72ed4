"""Published and analytic cases of metal in waste, drawn by the project's own engine where they are distributions."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from data_sources.contracts.admitting.chemistry import PPM_PER_UNIT, unit_of
from scoring.waste.figures import Z90, grade_distribution, tonnage_distribution
from scoring.waste.streams import normals, triangulars, uniforms

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
    kind, mu, sigma, _ = tonnage_distribution(math.nan, given["T_median_t"], math.nan, "G3")
    assert kind == 1 and math.exp(sigma) == pytest.approx(given["T_gsd"])
    tonnes = np.exp(mu + sigma * normals(1, n, "tonnage"))
    kind, mu, sigma, median = grade_distribution(math.nan, given["grade_median_ppm"], math.nan, "G3", 1e6)
    assert kind == 0 and math.exp(sigma) == pytest.approx(given["grade_gsd"]) and median == 400
    metal_t = tonnes * np.exp(mu + sigma * normals(1, n, "grade")) / 1e6
    assert np.quantile(metal_t, [0.1, 0.5, 0.9]) == pytest.approx(
        [expected["P10_t"], expected["P50_t"], expected["P90_t"]], rel=0.02
    )
    assert metal_t.mean() == pytest.approx(expected["mean_t"], rel=0.02)
    assert np.log(metal_t).std() == pytest.approx(expected["sigma_ln"], rel=0.02)


def test_triangular_quantiles():
    given, expected = CASES["triangular_quantiles"]["inputs"], CASES["triangular_quantiles"]["expected"]
    levels = triangulars(np.array([0.1, 0.5, 0.9]), given["min"], given["mode"], given["max"])
    assert levels == pytest.approx([expected["P10"], expected["P50"], expected["P90"]], abs=1e-4)
    drawn = triangulars(uniforms(2, 200_000, "tonnage"), given["min"], given["mode"], given["max"])
    assert drawn.mean() == pytest.approx(expected["mean"], abs=0.01)


def test_a_range_alone_is_p10_and_p90():
    kind, mu, sigma, _ = grade_distribution(350.0, math.nan, 500.0, "analogue", 1e6)
    assert kind == 0 and np.exp([mu - Z90 * sigma, mu + Z90 * sigma]) == pytest.approx([350, 500])


def test_no_iron_ore_beats_haematite():
    kind, mu, sigma, _ = grade_distribution(math.nan, 530_000.0, math.nan, "G4", 699_400.0)
    assert kind == 1
    drawn = 699_400.0 / (1 + np.exp(-(mu + sigma * normals(3, 50_000, "grade", "Fe"))))
    assert drawn.max() < 699_400 and np.median(drawn) == pytest.approx(530_000, rel=0.01)
