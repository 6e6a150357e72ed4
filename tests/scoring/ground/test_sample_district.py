"""The sample district's planted deposits: found where held out, not found by total rare earths or shuffled labels."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from khanij.foundation.grid import Grid
from scoring.ground.fertility import SurveyLayers, estimate_fertility
from scoring.ground.maps.evidence import interpolate
from scoring.ground.models import validation as val
from scoring.ground.models.training import matches
from scoring.ground.settings import FertilitySettings, InterpolationSettings

pytestmark = pytest.mark.integration
TARGET = ("rare earths",)
LAYERS = (
    "stream_sediments",
    "lithology",
    "faults",
    "folds",
    "occurrences",
    "magnetic_stations",
    "gravity_stations",
)
REE = "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split()


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    from data_sources.cards import load_card
    from data_sources.readers.survey import read_layer
    from data_sources.regions import load_region
    from khanij.sample import sample_district_folder

    region = load_region("sample_district")
    folder = sample_district_folder(tmp_path_factory.mktemp("district"))
    frames = {
        name: read_layer(
            folder / str(region.layers[name].path),
            name,
            card=load_card(region.layers[name].card),
            extent_deg=region.extent_deg,
            options={},
        ).kept
        for name in LAYERS
    }
    sites = pd.read_csv(folder / "waste_sites.csv").dropna(subset=["lon", "lat"])
    dumps = gpd.GeoDataFrame(sites[["site_id"]], geometry=gpd.points_from_xy(sites["lon"], sites["lat"]), crs=4326)
    assert region.grid is not None
    return SurveyLayers(**frames), dumps, Grid.from_extent_deg(region.extent_deg, region.crs, region.grid.cell_m)


@pytest.fixture(scope="module")
def learned(district):
    layers, dumps, grid = district
    settings = FertilitySettings.from_mapping(
        {"model": "logistic_regression", "target_commodities": list(TARGET), "validation": {"controls": 8}}, seed=1
    )
    return estimate_fertility(layers, grid, settings, dumps)


def test_held_out_deposits_lie_in_the_best_tenth(learned):
    capture = learned.tables["capture"].set_index("measure")["value"]
    assert capture["capture_10pct"] >= 0.8
    assert learned.validation["held_out"] == "spatially blocked cross-validation"


def test_labels_that_follow_nothing_capture_their_share_of_area(learned):
    controls = learned.tables["controls"].groupby("control")["capture_10pct"].mean()
    assert controls["shuffled_labels"] == pytest.approx(0.10, abs=0.06)
    assert controls["random_blocks"] < 0.25


def test_a_plain_map_of_total_rare_earths_is_misled(district):
    layers, _, grid = district
    samples = layers.stream_sediments
    total = samples[[f"{e}_ppm" for e in REE]].sum(axis=1).to_numpy(dtype=np.float64)
    points = samples.geometry.to_crs(grid.crs)
    x, y = points.x.to_numpy(), points.y.to_numpy()
    plain, _, _ = interpolate("total", x, y, total, grid, 2000, InterpolationSettings(), 1)
    known = layers.occurrences[[matches(c, TARGET) for c in layers.occurrences["commodity"]]].geometry.to_crs(grid.crs)
    row, col = grid.index(known.x, known.y)
    found = plain[row, col].astype(np.float64)
    assert val.capture(plain, found[np.isfinite(found)], 10) < 0.5


def test_what_is_compiled_ahead_is_what_a_survey_calls(learned, district):
    """A list that went out of date would compile for nobody, and the first run wait for it all the same."""
    from scoring.ground.ahead import kernels
    from scoring.ground.fertility import unit_statistics_of

    grid = district[2]
    x, y = (np.mean(b) for b in (grid.bounds[::2], grid.bounds[1::2]))
    unit = gpd.GeoDataFrame({"block_id": ["a"]}, geometry=gpd.points_from_xy([x], [y]).buffer(3000.0), crs=grid.crs)
    unit_statistics_of(learned, unit)
    asked = [(k.py_func.__name__, types) for k, types in kernels() if tuple(types) not in k.signatures]
    assert asked == []
