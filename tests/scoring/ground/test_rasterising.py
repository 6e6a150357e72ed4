"""Distances, densities, categories and resampling: in metres, in place, and indifferent to the window's edge."""

from __future__ import annotations

import edt
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import CrsError, ScoringError
from khanij.foundation.grid import Band, Grid, RasterStack, albers_for
from scoring.ground.maps import rasterising as r
from scoring.ground.maps.distance import nearest_feature_m

CRS = albers_for((76.0, 13.7, 77.8, 15.8))
GRID = Grid.from_bounds((0, 0, 5000, 4000), CRS, 100)


def shapes(*items):
    return np.array(items, dtype=object)


def test_distance_is_the_brute_force_distance_between_centres():
    rng = np.random.default_rng(0)
    features = rng.random((31, 47)) < 0.01
    rows, cols = np.nonzero(features)
    y, x = np.mgrid[:31, :47]
    brute = np.sqrt(((y[..., None] - rows) * 200.0) ** 2 + ((x[..., None] - cols) * 100.0) ** 2).min(axis=-1)
    assert r.distance_transform(features, 200.0, 100.0) == pytest.approx(brute, rel=1e-6)


@pytest.mark.parametrize("density", [0.3, 0.01, 0.0002, 0.0])
@pytest.mark.parametrize("cell_y_m", [100.0, 250.0, 70.0])
def test_distance_is_that_of_the_edt_library(density, cell_y_m):
    features = np.random.default_rng(1).random((183, 257)) < density
    features[3, 5] = True
    found = nearest_feature_m(features, cell_y_m, 100.0)
    library = edt.edt(~features, anisotropy=(cell_y_m, 100.0), black_border=False)
    assert found == pytest.approx(library, rel=2e-7)
    assert nearest_feature_m(features.T.copy(), 100.0, cell_y_m) == pytest.approx(library.T, rel=2e-7)


def test_a_feature_outside_the_window_counts():
    line = shapely.LineString([(-350, -1000), (-350, 5000)])
    d = r.distance_to(shapes(line), GRID, 3000)
    assert d[:, 0] == pytest.approx(400)
    assert d[:, 10] == pytest.approx(1400)
    assert d.max() == 3000


def test_rows_are_north_first():
    point = shapely.Point(50, 3950)
    d = r.distance_to(shapes(point), GRID, 9000)
    assert d[0, 0] == 0
    assert d[-1, 0] == pytest.approx(3900)
    assert d[0, -1] == pytest.approx(4900)


def test_no_feature_in_reach_is_the_limit_not_an_error():
    assert (r.distance_to(shapes(shapely.Point(1e6, 1e6)), GRID, 2000) == 2000).all()
    assert (r.distance_to(shapes(), GRID, 2000) == 2000).all()
    with pytest.raises(ScoringError):
        r.distance_transform(np.zeros((3, 3)), 1, 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_moving_everything_moves_nothing(i, j):
    line = shapely.LineString([(1230, 410), (3770, 3590)])
    moved = shapely.transform(line, lambda xy: xy + np.array([i * 1000, j * 1000]))
    grid = Grid.from_bounds((i * 1000, j * 1000, 5000 + i * 1000, 4000 + j * 1000), CRS, 100)
    assert np.array_equal(r.distance_to(shapes(line), GRID, 2000), r.distance_to(shapes(moved), grid, 2000))
    assert r.line_density(shapes(line), GRID, 700) == pytest.approx(r.line_density(shapes(moved), grid, 700), abs=1e-5)


def test_line_density_is_length_over_area():
    # a straight line through the disc's centre has 2 r of length in pi r^2 of area
    line = shapely.LineString([(-9000, 2050), (14000, 2050)])
    d = r.line_density(shapes(line), GRID, 1000)
    row = int(GRID.index([50], [2050])[0][0])
    assert d[row, 5:45] == pytest.approx(2 / np.pi, rel=0.06)
    assert d[row + 12, 20] == 0


def test_point_density_counts_per_square_kilometre():
    d = r.point_density(np.array([2050.0, 2050.0]), np.array([2050.0, 2050.0]), GRID, 1000)
    row, col = (int(v[0]) for v in GRID.index([2050], [2050]))
    assert d[row, col] == pytest.approx(2 / np.pi, rel=0.03)


def test_categories_are_those_under_the_centres():
    frame = gpd.GeoDataFrame(
        {"lithologic": ["schist", "granite", None]},
        geometry=[shapely.box(0, 0, 2500, 4000), shapely.box(2500, 0, 4000, 4000), shapely.box(4000, 0, 5000, 4000)],
        crs=CRS,
    )
    codes, names = r.categories(frame, GRID, "lithologic", "lithology")
    assert names == ("granite", "schist")
    assert (codes[:, :25] == 1).all() and (codes[:, 25:40] == 0).all() and (codes[:, 40:] == -1).all()
    with pytest.raises(ScoringError):
        r.categories(frame, GRID, "age", "lithology")
    with pytest.raises(CrsError):
        r.project(frame.set_crs(None, allow_override=True), GRID, "lithology")


def test_resampling_keeps_a_plane_and_its_orientation():
    source = Grid.from_bounds((-2000, -2000, 8000, 8000), CRS, 500)
    xs, ys = source.centres()
    plane = (xs[None, :] * 1e-3 + ys[:, None] * 2e-3).astype(np.float32)
    got = r.resample(RasterStack(source, (Band("p", plane, "nT"),)), "p", GRID)
    gx, gy = GRID.centres()
    assert got.values == pytest.approx(gx[None, :] * 1e-3 + gy[:, None] * 2e-3, abs=1e-4)
    assert got.unit == "nT"
    fine = Grid.from_bounds((0, 0, 5000, 4000), CRS, 20)
    fx, fy = fine.centres()
    values = (fx[None, :] * 1e-3 + fy[:, None] * 2e-3).astype(np.float32)
    averaged = r.resample(RasterStack(fine, (Band("p", values),)), "p", GRID)
    assert averaged.values == pytest.approx(got.values, abs=1e-4)


def test_nodata_stays_nodata_when_resampled():
    source = Grid.from_bounds((0, 0, 5000, 4000), CRS, 500)
    values = np.ones(source.shape, np.float32)
    values[:, 5:] = np.nan
    got = r.resample(RasterStack(source, (Band("p", values),)), "p", GRID).values
    assert np.nanmin(got) == np.nanmax(got) == 1
    assert np.isnan(got[:, 30:]).all()
