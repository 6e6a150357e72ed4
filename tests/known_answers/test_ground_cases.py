"""Published and constructed cases of the ground's methods: each number from the literature, with its tolerance."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod, Transformer

from khanij.foundation.grid import albers_for
from scoring.ground.geochemistry import anomalies as an
from scoring.ground.geochemistry import composition as comp
from scoring.ground.geochemistry.catchment import dilution_corrected, productivity
from scoring.ground.geochemistry.samples import oxide_factors
from scoring.ground.models import fuzzy
from scoring.ground.models import validation as val
from scoring.ground.models import weights_of_evidence as wofe

CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", ["wofe_goldenville", "wofe_granite_contact"])
def test_weights_of_a_binary_pattern(name):
    case = CASES[name]
    i = case["inputs"]
    row = wofe.binary_weights(i["N_cells"], i["D"], i["N_B"], i["N_DB"]).iloc[0]
    columns = {
        "W_plus": "w_plus",
        "s_W_plus": "s_w_plus",
        "W_minus": "w_minus",
        "s_W_minus": "s_w_minus",
        "C": "contrast",
        "s_C": "s_contrast",
        "stud_C": "studentised_contrast",
    }
    for key, column in columns.items():
        assert row[column] == pytest.approx(case["expected"][key], abs=case["tol"]), key
    assert not row["corrected"]


@pytest.mark.parametrize("name", ["wofe_goldenville", "wofe_granite_contact"])
def test_weights_from_a_raster_are_those_of_its_counts(name):
    i = CASES[name]["inputs"]
    codes = np.zeros(i["N_cells"], dtype=np.int16)
    codes[: i["N_B"]] = 1
    deposits = np.zeros(i["N_cells"], dtype=bool)
    deposits[: i["N_DB"]] = True
    deposits[-(i["D"] - i["N_DB"]) :] = True
    cells, found = wofe.class_counts(codes, deposits, 2)
    table = wofe.weights_table(cells[0], found[0], "descending")
    expected = wofe.binary_weights(i["N_cells"], i["D"], i["N_B"], i["N_DB"]).iloc[0]
    assert table["contrast"].tolist() == [expected["contrast"]]


def test_expected_deposits_equal_the_observed_where_layers_are_independent():
    case = CASES["ci_exact_two_layers"]
    with_d = {ast.literal_eval(k): v for k, v in case["inputs"]["cells_with_D"].items()}
    without = {ast.literal_eval(k): v for k, v in case["inputs"]["cells_without_D"].items()}
    layers, deposits = [[], []], []
    for counts, label in ((with_d, True), (without, False)):
        for pattern, n in counts.items():
            for j in (0, 1):
                layers[j] += [pattern[j]] * n
            deposits += [label] * n
    deposits = np.array(deposits)
    codes = [np.array(layer, dtype=np.int16) for layer in layers]
    weights = []
    for j, c in enumerate(codes):
        cells, found = wofe.class_counts(c, deposits, 2)
        weights.append(wofe.generalise(f"layer{j}", cells[0], found[0], "descending", 0.0))
    conditions, inverse = wofe.unique_conditions([w.pattern_of_class[c] for w, c in zip(weights, codes, strict=True)])
    post = wofe.posterior_of_conditions(conditions, weights, 40 / 1000, 40, 1000)
    for pattern, p in zip(conditions.tolist(), post.probability, strict=True):
        assert p == pytest.approx(case["expected"]["posterior"][str(tuple(pattern))], abs=case["tol"])
    test = wofe.conditional_independence(post.probability, post.sd, np.bincount(inverse), 40)
    assert test["expected_deposits_T"] == pytest.approx(case["expected"]["T"], abs=case["tol"])
    assert test["ratio_n_over_T"] == pytest.approx(1, abs=1e-6)
    assert abs(test["z"]) < 1e-6


def test_fuzzy_operators():
    case = CASES["fuzzy_bc94"]
    mu, e, tol = [np.array([m]) for m in case["inputs"]["mu"]], case["expected"], case["tol"]
    assert fuzzy.fuzzy_product(mu)[0] == pytest.approx(e["product"], abs=tol)
    assert fuzzy.fuzzy_sum(mu)[0] == pytest.approx(e["sum"], abs=tol)
    assert fuzzy.fuzzy_gamma(mu, case["inputs"]["gamma"])[0] == pytest.approx(e["gamma"], abs=tol)


def test_clr():
    case = CASES["clr_65_12_18_5"]
    got = comp.clr(case["inputs"]["x"])
    assert got == pytest.approx(case["expected"], abs=case["tol"])
    assert got.sum() == pytest.approx(0, abs=1e-12)


def test_thresholds():
    case = CASES["anomaly_threshold_example"]
    x, e = np.array(case["inputs"]["ppm"]), case["expected"]
    q7, hinges = an.quartiles(x, "type7"), an.quartiles(x, "hinges")
    got = {
        "median": float(np.median(x)),
        "MAD_raw": an.mad(x, normal=False),
        "MAD_normal": an.mad(x),
        "median_plus_2MAD_raw": an.median_mad_threshold(x, normal=False, log=False),
        "median_plus_2MAD_normal": an.median_mad_threshold(x, log=False),
        "Q1_type7": q7[0],
        "Q3_type7": q7[1],
        "upper_fence_type7": an.tukey_fence(x, kind="type7", log=False),
        "hinge_Q1": hinges[0],
        "hinge_Q3": hinges[1],
        "upper_fence_hinges": an.tukey_fence(x, kind="hinges", log=False),
    }
    for key, value in got.items():
        assert value == pytest.approx(e[key], abs=case["tol"]), key
    # the two rules on logs, by hand: log10 first, the same rule, then back
    log = np.log10(x)
    assert an.tukey_fence(x) == pytest.approx(
        10 ** (np.quantile(log, 0.75) + 1.5 * np.ptp(np.quantile(log, [0.25, 0.75])))
    )
    assert an.median_mad_threshold(x) == pytest.approx(
        10 ** (np.median(log) + 2 * 1.4826 * np.median(np.abs(log - np.median(log))))
    )
    assert an.median_mad_threshold(x) < e["mean_plus_2sd"]


def test_catchment_dilution():
    case = CASES["catchment_dilution"]
    i, e = case["inputs"], case["expected"]
    assert dilution_corrected(i["Y_ppm"], i["Y_bg_ppm"], i["A_km2"], i["a_km2"]) == pytest.approx(
        e["Y_a_ppm"], abs=case["tol"]
    )
    assert productivity(i["Y_ppm"], i["Y_bg_ppm"], i["A_km2"]) == pytest.approx(
        e["productivity_ppm_km2"], abs=case["tol"]
    )


def test_auc_and_capture():
    case = CASES["auc_capture"]
    score, label = np.array(case["inputs"]["score"]), np.array(case["inputs"]["label"], dtype=bool)
    e, tol = case["expected"], case["tol"]
    assert val.auc(score, label) == pytest.approx(e["auc"], abs=tol)
    assert val.capture(score, score[label], 20) == pytest.approx(e["capture_at_20pct_area"], abs=tol)
    assert val.capture(score, score[label], 40) == pytest.approx(e["capture_at_40pct_area"], abs=tol)
    assert val.success_rate_area(score, score[label]) == pytest.approx(e["success_rate_area"], abs=tol)


def test_area_of_a_hundredth_degree_cell_in_the_default_crs():
    case = CASES["area_001deg_13.0"]
    lon, lat, s = case["inputs"]["lon0"], case["inputs"]["lat0"], case["inputs"]["step"]
    lons, lats = [lon, lon + s, lon + s, lon], [lat, lat, lat + s, lat + s]
    geodesic = abs(Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)[0]) / 1e4
    crs = albers_for((lon - 1, lat - 1, lon + 1, lat + 1))
    x, y = map(np.asarray, Transformer.from_crs(4326, crs, always_xy=True).transform(lons, lats))
    plane = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 1e4
    assert geodesic == pytest.approx(case["expected"]["ha"], abs=case["tol"])
    assert plane == pytest.approx(case["expected"]["ha"], abs=case["tol"])


def test_oxide_factors_of_the_survey_columns():
    case = CASES["oxide_factors"]
    factors = oxide_factors()
    for element, (oxide, to_element, _) in case["expected"].items():
        if oxide in factors:
            assert factors[oxide][0] == element
            assert factors[oxide][1] == pytest.approx(to_element, abs=case["tol"]), oxide
    for oxide in ("SiO2", "Al2O3", "Fe2O3", "TiO2", "CaO", "MgO", "MnO", "Na2O", "K2O", "P2O5"):
        assert oxide in factors
