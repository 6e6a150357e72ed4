"""Catchments: whose they are, what they drain, and that the correction acts on the map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data_sources.contracts import CrsError, ScoringError
from scoring.ground.fertility import SurveyLayers, estimate_fertility
from scoring.ground.geochemistry.dilution import correct_dilution, lithology_shares, own_catchment
from scoring.ground.geochemistry.samples import prepare_samples
from scoring.ground.settings import FertilitySettings
from tests.scoring.ground.conftest import CRS, lonlat, make_samples

SETTINGS = {"associations": ["ni_co_cr_pge"], "validation": {"controls": 0, "bootstrap": 0}}


def boxes(samples, side_m):
    """A square catchment upstream (north) of each sample, its mouth on the square's edge."""
    metres = samples.geometry.to_crs(CRS)
    x, y = metres.x.to_numpy(), metres.y.to_numpy()
    half = side_m / 2
    return gpd.GeoDataFrame(geometry=shapely.box(x - half, y, x + half, y + side_m), crs=CRS).to_crs(4326)


@pytest.fixture(scope="module")
def samples():
    return make_samples()


@pytest.fixture(scope="module")
def prepared(samples):
    return prepare_samples(samples, CRS)


def test_a_sample_has_the_smallest_catchment_it_closes(samples, prepared):
    small, large = boxes(samples, np.full(len(samples), 1000.0)), boxes(samples, np.full(len(samples), 60_000.0))
    both = gpd.GeoDataFrame(geometry=[*large.geometry, *small.geometry], crs=4326)
    row, area = own_catchment(prepared, both, CRS)
    assert (row == np.arange(len(samples)) + len(samples)).all()
    assert area[row] == pytest.approx(np.ones(len(samples)), rel=1e-3)
    named = small.assign(sample_id=samples["sample_id"].to_numpy())
    order = np.random.default_rng(0).permutation(len(named))
    row, _ = own_catchment(prepared, named.iloc[order].iloc[:100], CRS)
    assert (order[row[row >= 0]] == np.flatnonzero(row >= 0)).all() and (row >= 0).sum() == 100
    with pytest.raises(ScoringError):
        own_catchment(prepared, named.assign(sample_id="S1"), CRS)
    with pytest.raises(CrsError):
        own_catchment(prepared, gpd.GeoDataFrame(geometry=list(small.geometry)), CRS)


def test_the_balance_is_hawkes_and_only_an_excess_is_corrected(samples, prepared):
    side = 1000.0 * np.random.default_rng(1).uniform(1, 6, len(samples))
    found = correct_dilution(prepared, boxes(samples, side), None, "lithologic", CRS, exposed_km2=0.5)
    before, after = prepared.ppm["Cu"].to_numpy(), found.samples.ppm["Cu"].to_numpy()
    background = np.exp(np.log(before).mean())
    ratio = found.table["catchment_km2"].to_numpy() / 0.5
    expected = np.where(before > background, background + ratio * (before - background), before)
    assert after == pytest.approx(expected, rel=1e-9)
    assert (after[before <= background] == before[before <= background]).all()
    assert "samples have a catchment" in found.notes[0]


def test_one_source_in_catchments_of_all_sizes_reads_alike(samples):
    """What 0.5 km2 of ore sheds is diluted by its catchment; the correction brings it back."""
    frame = samples.copy()
    for c in [c for c in frame if c.endswith("_ppm")]:
        frame[c] = float(frame[c].median())
    area = np.random.default_rng(2).uniform(2, 40, len(frame))
    ore = np.arange(len(frame)) % 10 == 0
    frame.loc[ore, "Cu_ppm"] += 4000 * 0.5 / area[ore]
    drained = boxes(frame, 1000 * np.sqrt(area)).assign(sample_id=frame["sample_id"].to_numpy())
    found = correct_dilution(prepare_samples(frame, CRS), drained, None, "lithologic", CRS, exposed_km2=0.5)
    grade = found.samples.ppm["Cu"].to_numpy()[ore]
    assert grade.min() / grade.max() > 0.8
    assert frame.loc[ore, "Cu_ppm"].min() / frame.loc[ore, "Cu_ppm"].max() < 0.25


def test_shares_of_lithology_add_to_one_with_the_unmapped():
    x, y = [0, 2000, 2000, 0], [0, 0, 1000, 1000]
    catchment = gpd.GeoDataFrame(geometry=[shapely.Polygon(zip(*lonlat(x, y), strict=True))], crs=4326)
    half = shapely.Polygon(zip(*lonlat([0, 1000, 1000, 0], y), strict=True))
    lithology = gpd.GeoDataFrame({"lithologic": ["GNEISS"]}, geometry=[half], crs=4326)
    assert lithology_shares(catchment, lithology, "lithologic", CRS) == pytest.approx(np.array([[0.5, 0.5]]), abs=1e-4)
    assert lithology_shares(catchment, None, "lithologic", CRS).tolist() == [[1.0]]


def test_the_correction_acts_on_the_map_and_says_so(samples, grid):
    frame = samples.copy()
    here = (np.abs(frame.geometry.x - 77.3) < 0.08) & (np.abs(frame.geometry.y - 14.3) < 0.08)
    side = np.where(here, 8000.0, 1500.0)
    for element in ("Ni_ppm", "Co_ppm", "Cr_ppm"):
        frame.loc[here, element] *= 1.5
    settings = FertilitySettings.from_mapping(SETTINGS, seed=1)
    plain = estimate_fertility(SurveyLayers(stream_sediments=frame), grid, settings)
    corrected = estimate_fertility(SurveyLayers(stream_sediments=frame, catchments=boxes(frame, side)), grid, settings)
    place = gpd.GeoSeries([shapely.Point(77.3, 14.3)], crs=4326).to_crs(CRS)
    row, col = (int(v[0]) for v in grid.index(place.x, place.y))
    before, after = plain.stack["posterior"].values[row, col], corrected.stack["posterior"].values[row, col]
    assert after > before + 0.1
    assert any("have a catchment" in note for note in corrected.notes)
    assert len(corrected.tables["dilution"]) == len(frame)
    assert "dilution" not in plain.tables
