"""Samples to scores: units, closure, sand, lithology, and the table of what was done."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data_sources.contracts import CrsError, ScoringError
from scoring.ground.geochemistry.associations import ASSOCIATIONS
from scoring.ground.geochemistry.pca import robust_pca
from scoring.ground.geochemistry.samples import (
    association_score,
    association_scores,
    element_columns,
    huber_fit,
    lithology_of,
    prepare_samples,
    residual_by_group,
)
from tests.scoring.ground.conftest import CRS, ORE_XY, SAND_XY, near


def test_columns_become_elements_once():
    found = element_columns(
        gpd.GeoDataFrame(columns=["La_ppm", "La2O3_pct", "TiO2_pct", "LOI_pct", "sheet", "La_ppm_censored"])
    )
    assert found["La_ppm"] == ("La", 1.0)
    assert "La2O3_pct" not in found and "LOI_pct" not in found
    assert found["TiO2_pct"][0] == "Ti"
    assert found["TiO2_pct"][1] == pytest.approx(5993.5)


def test_ore_stands_out_and_sand_does_not(samples):
    s = prepare_samples(samples, CRS)
    z, members = association_score(s, ASSOCIATIONS["light_ree"])
    ore, sand = near(s.x, s.y, ORE_XY) > 0.8, near(s.x, s.y, SAND_XY) > 0.8
    tree = np.log(s.ppm[["La", "Ce", "Nd", "Sm"]].sum(axis=1)).to_numpy()
    assert np.median(tree[sand]) > np.median(tree[ore]) > np.median(tree)
    assert np.median(z[ore]) > 3
    assert np.median(z[sand]) < 1
    assert members["corrected_for"].eq("Th Zr Hf").all()


def test_heavy_minerals_are_named_where_they_are(samples):
    s = prepare_samples(samples, CRS)
    scores, _, _ = association_scores(s, ["light_ree"])
    sand = near(s.x, s.y, SAND_XY) > 0.8
    assert np.median(scores["heavy_minerals"][sand]) > 3
    assert set(scores) == {"light_ree", "heavy_minerals"}


def test_scores_do_not_know_the_unit_the_closure_or_the_order(samples):
    s = prepare_samples(samples, CRS)
    z, _ = association_score(s, ASSOCIATIONS["light_ree"])
    diluted = samples.copy()
    share = np.random.default_rng(0).uniform(0.3, 1.0, len(samples))
    for column in [c for c in samples if c.endswith(("_ppm", "_pct"))]:
        diluted[column] = samples[column] * share
        if column != "Co_ppm":
            continue
        diluted[column] = samples[column]  # its detection limit does not dilute
    again, _ = association_score(prepare_samples(diluted, CRS), ASSOCIATIONS["light_ree"])
    assert np.corrcoef(z, again)[0, 1] > 0.995
    rescaled = samples.copy()
    rescaled["La_ppm"] = samples["La_ppm"] * 1000
    other, _ = association_score(prepare_samples(rescaled, CRS), ASSOCIATIONS["light_ree"])
    assert other == pytest.approx(z, abs=1e-6)
    order = np.random.default_rng(1).permutation(len(samples))
    shuffled, _ = association_score(
        prepare_samples(samples.iloc[order].reset_index(drop=True), CRS), ASSOCIATIONS["light_ree"]
    )
    assert shuffled == pytest.approx(z[order], abs=1e-6)


def test_a_mostly_censored_element_is_presence_only(samples):
    frame = samples.copy()
    frame["Ta_ppm_censored"] = np.arange(len(frame)) % 10 != 0
    s = prepare_samples(frame, CRS)
    assert "Ta" not in s.ppm
    assert any("Ta" in note for note in s.notes)
    assert s.report.set_index("element").loc["Ta", "method"] == "presence_only"


def test_masked_samples_take_no_part_in_any_fit(samples):
    masked = np.zeros(len(samples), bool)
    masked[:100] = True
    wild = samples.copy()
    wild.loc[wild.index[:100], "La_ppm"] *= 1e4
    a, _ = association_score(prepare_samples(samples, CRS, masked), ASSOCIATIONS["light_ree"])
    b, _ = association_score(prepare_samples(wild, CRS, masked), ASSOCIATIONS["light_ree"])
    assert b[100:] == pytest.approx(a[100:], abs=1e-9)


def test_lithology_takes_its_own_median_out(samples):
    west = gpd.GeoDataFrame(
        {"lithologic": ["schist", "granite"]},
        geometry=[shapely.box(76, 13, 77.45, 16), shapely.box(77.45, 13, 79, 16)],
        crs=4326,
    )
    s = prepare_samples(samples, CRS)
    groups = lithology_of(s, west, "lithologic")
    assert set(groups) == {"schist", "granite"}
    values = np.where(groups == "schist", 5.0, 0.0) + np.random.default_rng(0).normal(size=len(groups))
    out = residual_by_group(values, groups, s.used)
    assert np.median(out[groups == "schist"]) == pytest.approx(0, abs=1e-9)
    assert np.median(out[groups == "granite"]) == pytest.approx(0, abs=1e-9)
    assert lithology_of(s, west, "age") is None
    # a rock with hardly a sample keeps the whole survey's median
    few = np.where(np.arange(len(values)) < 5, "rare", groups)
    assert residual_by_group(values, few, s.used)[:5] == pytest.approx(values[:5] - np.median(values))


def test_huber_ignores_outliers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 2))
    y = 1 + x @ [2.0, -3.0] + 0.1 * rng.normal(size=500)
    y[:60] += 50
    assert huber_fit(x, y) == pytest.approx([1, 2, -3], abs=0.05)


def test_what_cannot_be_scored_says_so(samples):
    s = prepare_samples(samples, CRS)
    _, _, refused = association_scores(s, ["light_ree", "rare_metals", "phosphate"])
    assert refused == ()
    bare = prepare_samples(samples[["sample_id", "La_ppm", "La_ppm_censored", "geometry"]], CRS)
    with pytest.raises(ScoringError, match="reference parts"):
        association_score(bare, ASSOCIATIONS["light_ree"])
    with pytest.raises(ScoringError):
        prepare_samples(samples[["sample_id", "geometry"]], CRS)
    with pytest.raises(CrsError):
        prepare_samples(samples.set_crs(None, allow_override=True), CRS)


def test_robust_components_are_orthonormal_in_clr_and_shrug_off_outliers(samples):
    ppm = prepare_samples(samples, CRS).ppm[["Si", "Al", "Fe", "Ti", "La", "Ce", "Zr", "Ni"]]
    pca = robust_pca(ppm, components=3, seed=1)
    loadings = pca.loadings.to_numpy()
    assert loadings.T @ loadings == pytest.approx(np.eye(3), abs=1e-9)
    assert loadings.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert (np.diff(pca.explained_share) <= 0).all()
    spoilt = ppm.copy()
    spoilt.iloc[:60, 0] *= 1e5
    again = robust_pca(spoilt, components=3, seed=1).loadings.to_numpy()
    assert abs(np.sum(loadings[:, 0] * again[:, 0])) > 0.98
    with pytest.raises(ScoringError):
        robust_pca(ppm.iloc[:20])
