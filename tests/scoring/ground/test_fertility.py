"""From layers to units: models, refusals, held-out maps, masking, coverage, and the same bytes twice."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data_sources.contracts import CrsError, ScoringError
from khanij.foundation.grid import Band, Grid, RasterStack
from scoring.ground.fertility import (
    HELD_OUT,
    POSTERIOR,
    Fertility,
    SurveyLayers,
    estimate_fertility,
    evidence_of_units,
    fertility_of_units,
    unit_statistics_of,
)
from scoring.ground.maps.unit_statistics import mid_rank_percentile, zonal_statistics
from scoring.ground.settings import FertilitySettings
from tests.scoring.ground.conftest import CRS, ORE_XY, SAND_XY, lonlat

FAST = {
    "associations": ["light_ree", "ni_co_cr_pge"],
    "validation": {"controls": 2, "bootstrap": 50, "folds": 3, "block_m": 6000},
    "bags": 4,
    "trees": 10,
    "mask_dumps_m": 5000,
}


def square(x, y, half=3000.0):
    lon, lat = lonlat([x - half, x + half, x + half, x - half], [y - half, y - half, y + half, y + half])
    return shapely.Polygon(zip(lon, lat, strict=True))


def settings(**more):
    return FertilitySettings.from_mapping({**FAST, **more}, seed=11)


@pytest.fixture(scope="module")
def geochemical(samples, grid, dumps):
    return estimate_fertility(SurveyLayers(stream_sediments=samples), grid, settings(), dumps)


@pytest.fixture(scope="module")
def units():
    return gpd.GeoDataFrame(
        {"block_id": ["ore", "sand", "far", "half"]},
        geometry=[square(*ORE_XY), square(*SAND_XY), square(9e5, 0), square(45_000, 0, 6000)],
        crs=4326,
    )


def test_ore_ranks_high_sand_does_not_and_the_unsurveyed_is_missing(geochemical, units):
    table = fertility_of_units(geochemical, units).set_index("block_id")
    assert table.loc["ore", "fertility_axis"] > 0.95
    # the sand holds more rare earths than the ore does, and stays below the threshold of an anomaly
    assert table.loc["sand", "posterior_mean"] < 0.5 < table.loc["ore", "posterior_mean"]
    assert table.loc["ore", "top_evidence"].startswith("light rare earths (above ")
    far = table.loc["far"]
    assert far[["posterior_mean", "posterior_max", "posterior_sd", "fertility_axis"]].isna().all()
    assert far["coverage_pct"] == 0 and "no survey layer" in far["fertility_note"]
    assert 20 < table.loc["half", "coverage_pct"] < 90
    assert "cover" in table.loc["half", "fertility_note"]


def test_the_interval_holds_the_axis_and_the_evidence_of_a_unit_is_told(geochemical, units):
    statistics = unit_statistics_of(geochemical, units)
    table = fertility_of_units(geochemical, units, statistics)
    assert table.equals(fertility_of_units(geochemical, units))
    covered = table[table["coverage_pct"] > 0]
    assert (covered["fertility_axis_p10"] <= covered["fertility_axis"]).all()
    assert (covered["fertility_axis"] <= covered["fertility_axis_p90"]).all()
    assert (covered["fertility_axis_p10"] < covered["fertility_axis_p90"]).any()
    evidence = evidence_of_units(geochemical, statistics)
    assert set(evidence["block_id"]) == {"ore", "sand", "half"}, "a block without any layer has no row"
    ore = evidence[evidence["block_id"] == "ore"].set_index("evidence")
    assert ore.loc["light_ree", "percentile"] > 0.9 and ore.loc["heavy_minerals", "role"] == "warning"
    assert ore.loc[HELD_OUT, "mean"] == table.set_index("block_id").loc["ore", "posterior_mean"]
    assert (ore["mean"] <= ore["maximum"] + 1e-6).all()


def test_units_follow_their_order_and_any_crs(geochemical, units):
    table = fertility_of_units(geochemical, units)
    back = fertility_of_units(geochemical, units.iloc[::-1].to_crs(32643))
    assert back["block_id"].tolist() == units["block_id"].tolist()[::-1]
    assert back["posterior_mean"].to_numpy()[::-1] == pytest.approx(
        table["posterior_mean"].to_numpy(), rel=1e-3, nan_ok=True
    )
    with pytest.raises(CrsError):
        fertility_of_units(geochemical, units.set_crs(None, allow_override=True))


def test_an_empty_shape_has_no_number(geochemical, units):
    odd = gpd.GeoDataFrame({"block_id": ["none", "empty"]}, geometry=[None, shapely.Polygon()], crs=4326)
    table = fertility_of_units(geochemical, odd)
    assert table["fertility_axis"].isna().all()
    assert table["coverage_pct"].eq(0).all()


def test_known_dumps_are_masked_and_said(geochemical, samples):
    masked = geochemical.anomalies["masked_by_dump"]
    assert 0 < masked.sum() < 40
    assert any("masked" in note for note in geochemical.notes)
    assert len(geochemical.anomalies) == len(samples)
    assert set(geochemical.anomalies["light_ree_class"]) <= {
        "background", "above median + 2 MAD", "above the Tukey fence", "not known",
    }  # fmt: skip


def test_what_was_done_is_in_the_tables(geochemical):
    assert {
        "censoring",
        "association_members",
        "thresholds",
        "score_thresholds",
        "evidence",
        "variograms",
        "pca_loadings",
    } <= set(geochemical.tables)
    assert geochemical.model_used == "geochemical"
    assert np.array_equal(geochemical.stack[HELD_OUT].values, geochemical.stack[POSTERIOR].values, equal_nan=True)


@pytest.mark.parametrize("model", ["weights_of_evidence", "logistic_regression", "random_forest", "fuzzy"])
def test_models_find_what_they_were_not_shown(model, samples, occurrences, grid, dumps):
    lines = gpd.GeoDataFrame(
        {"line_id": ["f"]}, geometry=[shapely.LineString(np.column_stack(lonlat([0, 40_000], [0, 30_000])))], crs=4326
    )
    layers = SurveyLayers(stream_sediments=samples, occurrences=occurrences, faults=lines)
    result = estimate_fertility(layers, grid, settings(model=model, target_commodities=["rare earths"]), dumps)
    capture = result.tables["capture"].set_index("measure")["value"]
    assert capture["capture_10pct"] > 0.6
    value = result.stack[POSTERIOR].values
    known = value[np.isfinite(value)]
    assert known.min() >= 0 and known.max() <= 1
    if model != "fuzzy":
        assert not np.array_equal(result.stack[HELD_OUT].values, value, equal_nan=True)
        assert result.tables["controls"]["capture_10pct"].mean() < 0.45
        assert result.tables["calibration"]["observed"].sum() == result.validation["n_points"]
    assert "gold" in result.tables["refusals"]["commodity"].tolist()
    by_hand = result.tables["weights_by_commodity"].iloc[0]
    inside = by_hand["n_both"] / by_hand["n_deposits"]
    outside = (by_hand["n_pattern"] - by_hand["n_both"]) / (by_hand["n_cells"] - by_hand["n_deposits"])
    if not by_hand["corrected"]:
        assert by_hand["w_plus"] == pytest.approx(np.log(inside / outside))


def test_the_held_out_map_did_not_see_its_own_deposits(samples, grid):
    """Labels that follow nothing but themselves: a map that had seen them would find them."""
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-4e4, 4e4, (2, 60))
    random = gpd.GeoDataFrame({"commodity": ["tin"] * 60}, geometry=shapely.points(*lonlat(x, y)), crs=4326)
    layers = SurveyLayers(stream_sediments=samples, occurrences=random)
    result = estimate_fertility(layers, grid, settings(model="random_forest", target_commodities=["tin"]), None)
    seen, held_out = (result.stack[n].values for n in (POSTERIOR, HELD_OUT))
    row, col = grid.index(x, y)
    from scoring.ground.models.validation import success_rate_area

    assert success_rate_area(seen, seen[row, col].astype(float)) > 0.85
    assert 0.3 < success_rate_area(held_out, held_out[row, col].astype(float)) < 0.65


def test_too_few_points_are_refused_aloud(samples, occurrences, grid):
    layers = SurveyLayers(stream_sediments=samples, occurrences=occurrences)
    result = estimate_fertility(layers, grid, settings(model="weights_of_evidence", target_commodities=["gold"]), None)
    assert result.model_used == "geochemical"
    row = result.tables["refusals"].iloc[0]
    assert (row["model"], row["instead"]) == ("weights_of_evidence", "geochemical")
    assert "need 20" in row["reason"]
    assert any("refused" in n for n in result.notes)


def test_no_layer_at_all_and_a_wrong_grid_are_errors(samples, grid):
    with pytest.raises(ScoringError):
        estimate_fertility(SurveyLayers(), grid, settings(), None)
    utm = Grid.from_extent_deg((77.0, 14.0, 77.9, 14.9), "EPSG:32643", 1000)
    with pytest.raises(CrsError, match="equal-area"):
        estimate_fertility(SurveyLayers(stream_sediments=samples), utm, settings(), None)


def test_the_same_again_is_the_same_bytes(geochemical, samples, grid, dumps):
    again = estimate_fertility(SurveyLayers(stream_sediments=samples), grid, settings(), dumps)
    for band in geochemical.stack.bands:
        assert band.values.tobytes() == again.stack[band.name].values.tobytes(), band.name
    for name, table in geochemical.tables.items():
        assert table.equals(again.tables[name]), name


def test_the_order_of_samples_does_not_matter(geochemical, samples, grid, dumps):
    shuffled = samples.sample(frac=1, random_state=3).reset_index(drop=True)
    again = estimate_fertility(SurveyLayers(stream_sediments=shuffled), grid, settings(), dumps)
    a, b = geochemical.stack[POSTERIOR].values, again.stack[POSTERIOR].values
    assert np.array_equal(np.isnan(a), np.isnan(b))
    assert np.nanmax(np.abs(a - b)) < 1e-3


def test_zonal_means_are_exact_on_partial_cells():
    grid = Grid.from_bounds((0, 0, 3000, 2000), CRS, 1000)
    stack = RasterStack(grid, (Band("v", np.array([[1, 2, 3], [4, 5, np.nan]])),))
    lon_lat = gpd.GeoDataFrame({"block_id": ["a"]}, geometry=[shapely.box(500, 500, 2500, 1500)], crs=CRS)
    row = zonal_statistics(stack, lon_lat, "block_id").iloc[0]
    # quarters of 1 and 3, halves of 2 and 5, a quarter of 4; a quarter of nothing
    assert row["v_mean"] == pytest.approx((0.25 * (1 + 3 + 4) + 0.5 * (2 + 5)) / 1.75)
    assert row["v_max"] == 5
    assert row["v_count"] == pytest.approx(1.75)


def test_percentiles_are_mid_ranks():
    assert mid_rank_percentile(np.array([1, 2, 2, 3, np.nan]), np.array([0, 2, 3, 9, np.nan]))[:4].tolist() == [
        0,
        0.5,
        0.875,
        1,
    ]


def test_a_unit_over_the_whole_region_lies_in_its_middle(geochemical):
    flat = replace(geochemical, stack=RasterStack(geochemical.stack.grid, tuple(
        Band(b.name, np.full(b.values.shape, 0.5)) for b in geochemical.stack.bands
    )))  # fmt: skip
    unit = gpd.GeoDataFrame({"block_id": ["u"]}, geometry=[square(0, 0)], crs=4326)
    assert fertility_of_units(flat, unit)["fertility_axis"].iloc[0] == 0.5
    assert isinstance(flat, Fertility)
