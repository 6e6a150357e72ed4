"""The real window: 10,004 samples, faults, folds, geophysics, and GSI's mapped deposits (files that may not be shipped)."""

from __future__ import annotations

import numpy as np
import pytest

from data_sources.regions import data_folder, load_region
from khanij.foundation.grid import Band, Grid, RasterStack
from scoring.ground.fertility import SurveyLayers, estimate_fertility, fertility_of_units
from scoring.ground.settings import FertilitySettings

pytestmark = [pytest.mark.real_data, pytest.mark.integration]


@pytest.fixture(scope="module")
def window():
    folder = data_folder()
    region = load_region("karnataka_andhra")
    if folder is None or not (folder / str(region.layers["stream_sediments"].path)).exists():
        pytest.skip("GSI's files are not here (see how_to_get in data_sources/regions/karnataka_andhra.yaml)")
    from data_sources.cards import load_card
    from data_sources.connectors.files import read_raster
    from data_sources.readers.survey import read_layer

    frames = {}
    for name in ("stream_sediments", "faults", "folds", "occurrences"):
        source = region.layers[name]
        frames[name] = read_layer(
            folder / str(source.path),
            name,
            card=load_card(source.card),
            extent_deg=region.extent_deg,
            options=dict(source.options),
        ).kept
    source = region.layers["geophysics"]
    raster = read_raster(folder / str(source.path), bands=load_card(source.card).bands)
    bands = tuple(Band(n, raster.read(n)) for n in ("RTP", "BGA", "eK", "eU", "eTh"))
    stack = RasterStack(Grid(raster.crs, raster.transform, raster.shape), bands)
    return SurveyLayers(**frames, rasters=(stack,)), Grid.from_extent_deg(region.extent_deg, region.crs, 1000)


@pytest.fixture(scope="module")
def index(window):
    layers, grid = window
    return estimate_fertility(layers, grid, FertilitySettings.from_mapping({}, 1), None)


def test_every_sample_is_read_and_the_survey_is_covered(window, index):
    layers, _ = window
    assert len(layers.stream_sediments) > 9900
    assert len(index.anomalies) == len(layers.stream_sediments)
    report = index.tables["censoring"].set_index("element")
    # the columns labelled ppb are ppm: lanthanum's median is an ordinary upper crust's
    assert 20 < report.loc["La", "median"] < 40
    assert report.loc["Sc", "censored_pct"] == pytest.approx(4, abs=0.5)


def test_iron_is_described_and_gold_is_refused(index):
    weights = index.tables["weights_by_commodity"]
    iron = weights[weights["commodity"].str.contains("iron")]
    assert len(iron) > 20
    row = iron[~iron["corrected"]].iloc[0]
    d, n, b, db = (row[c] for c in ("n_deposits", "n_cells", "n_pattern", "n_both"))
    assert 30 <= d <= 45
    assert row["w_plus"] == pytest.approx(np.log((db / d) / ((b - db) / (n - d))))
    assert row["s_contrast"] == pytest.approx(np.sqrt(1 / db + 1 / (b - db) + 1 / (d - db) + 1 / (n - d - b + db)))
    refused = index.tables["refusals"].set_index("commodity")["reason"]
    assert "need 20" in refused["gold"]


def test_a_model_of_gold_falls_back_aloud(window):
    layers, grid = window
    settings = FertilitySettings.from_mapping({"model": "weights_of_evidence", "target_commodities": ["gold"]}, 1)
    result = estimate_fertility(layers, grid, settings, None)
    assert result.model_used == "geochemical"
    assert any("refused" in n for n in result.notes)


def test_the_two_auctioned_blocks_get_an_unremarkable_place(index):
    import geopandas as gpd

    from data_sources.reference import load_table

    table = load_table("auction_blocks").set_index("block_id").loc[["IN-AB-022", "IN-AB-043"]].reset_index()
    blocks = gpd.GeoDataFrame(table[["block_id"]], geometry=gpd.GeoSeries.from_wkt(table["geometry_wkt"]), crs=4326)
    units = fertility_of_units(index, blocks)
    assert units["coverage_pct"].min() > 95
    assert units["fertility_axis"].between(0.05, 0.9).all()
