"""Grids: orientation, cell centres, nesting, refusals; bands and stacks."""

from __future__ import annotations

import importlib
import re

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from data_sources.contracts import CrsError, ScoringError
from khanij.foundation.grid import Band, Grid, RasterStack, albers_for, check_equal_area, is_equal_area

ALBERS = albers_for((76.0, 13.7, 77.8, 15.8))


def test_first_row_is_north_and_first_column_is_west():
    grid = Grid.from_bounds((0, 0, 3000, 2000), ALBERS, 1000)
    xs, ys = grid.centres()
    assert grid.shape == (2, 3)
    assert xs.tolist() == [500, 1500, 2500]
    assert ys.tolist() == [1500, 500]
    row, col = grid.index([10.0, 2999.0], [1999.0, 1.0])
    assert (row.tolist(), col.tolist()) == ([0, 1], [0, 2])


@given(
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([30.0, 100.0, 500.0, 2000.0]),
)
def test_every_centre_falls_in_its_own_cell(x, y, rows, cols, cell):
    grid = Grid(ALBERS, Affine(cell, 0, x, 0, -cell, y), (rows, cols))
    xs, ys = grid.centres()
    gx, gy = np.meshgrid(xs, ys)
    row, col = grid.index(gx, gy)
    assert (row == np.arange(rows)[:, None]).all()
    assert (col == np.arange(cols)).all()


@given(st.integers(1, 9), st.integers(1, 30), st.integers(1, 30))
def test_padding_and_cropping_keep_cells_where_they_are(n, rows, cols):
    grid = Grid.from_bounds((0, 0, cols * 100, rows * 100), ALBERS, 100)
    padded = grid.pad(n)
    xs, ys = padded.centres()
    assert np.array_equal(xs[n:-n], grid.centres()[0])
    assert np.array_equal(ys[n:-n], grid.centres()[1])
    counted = np.zeros(grid.shape, dtype=int)
    for window in grid.windows(7):
        counted[window.slices] += 1
        part = grid.crop(window)
        assert np.array_equal(part.centres()[1], grid.centres()[1][window.slices[0]])
    assert (counted == 1).all()


def test_outside_and_missing_points_have_no_cell():
    grid = Grid.from_bounds((0, 0, 1000, 1000), ALBERS, 100)
    row, col = grid.index([-1, 1000, np.nan, 500], [500, 500, 500, np.nan])
    assert row.tolist() == [-1, -1, -1, -1]
    assert col.tolist() == [-1, -1, -1, -1]


@pytest.mark.parametrize(
    "transform", [Affine(1, 0, 0, 0, 1, 0), Affine(-1, 0, 0, 0, -1, 0), Affine(1, 0.1, 0, 0, -1, 0)]
)
def test_south_up_mirrored_and_rotated_are_refused(transform):
    with pytest.raises(ScoringError, match="north-up"):
        Grid(ALBERS, transform, (2, 2))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2225", "", None, "EPSG:999999"])
def test_degrees_feet_missing_and_unknown_crs_are_refused(crs):
    with pytest.raises(CrsError):
        Grid(crs, Affine(1, 0, 0, 0, -1, 0), (2, 2))


@pytest.mark.parametrize("crs", ["EPSG:7755", "EPSG:32643", "EPSG:24383", "EPSG:3857"])
def test_conformal_crs_are_refused_for_areas(crs):
    assert not is_equal_area(crs)
    with pytest.raises(CrsError, match="equal-area"):
        check_equal_area(crs)


def test_the_remedy_of_a_crs_that_keeps_no_areas_works_when_it_is_followed():
    with pytest.raises(CrsError) as told:
        check_equal_area("EPSG:7755")
    module, _, function = re.search(r"use ([\w.]+)\(extent_deg\)", str(told.value))[1].rpartition(".")
    check_equal_area(getattr(importlib.import_module(module), function)((76.0, 13.7, 77.8, 15.8)))


@pytest.mark.parametrize("crs", ["EPSG:6933", "EPSG:3035", "ESRI:102028", "ESRI:54009", ALBERS])
def test_equal_area_crs_pass(crs):
    check_equal_area(crs)


@given(st.floats(69, 95), st.floats(7, 35))
def test_albers_keeps_geodesic_area(lon, lat):
    crs = albers_for((68.0, 6.5, 97.5, 37.5))
    lons, lats = [lon, lon + 0.01, lon + 0.01, lon], [lat, lat, lat + 0.01, lat + 0.01]
    true = abs(Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)[0])
    x, y = map(np.asarray, Transformer.from_crs(4326, crs, always_xy=True).transform(lons, lats))
    plane = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    assert plane == pytest.approx(true, rel=1e-5)


def test_albers_refuses_swapped_or_metric_extents():
    for extent in [(13.7, 76.0, 15.8, 95.0), (600000, 1500000, 800000, 1700000), (77, 14, 76, 15)]:
        with pytest.raises(CrsError):
            albers_for(extent)


def test_extent_is_covered_and_padded():
    extent = (76.01, 13.76, 77.75, 15.74)
    grid = Grid.from_extent_deg(extent, None, 500, 5000)
    to_m = Transformer.from_crs(4326, grid.crs, always_xy=True)
    lon = np.linspace(extent[0], extent[2], 50)
    for lat in (extent[1], extent[3]):
        x, y = to_m.transform(lon, np.full(50, lat))
        row, col = grid.index(x, y)
        assert row.min() >= 9 and row.max() <= grid.shape[0] - 10
        assert col.min() >= 9 and col.max() <= grid.shape[1] - 10


def test_a_band_has_nan_as_its_only_nodata_and_cannot_change():
    values = np.array([[1.0, np.inf], [-np.inf, np.nan]])
    band = Band("b", values)
    assert band.values.dtype == np.float32
    assert np.isnan(band.values).sum() == 3
    with pytest.raises(ValueError, match="read-only"):
        band.values[0, 0] = 2
    values[0, 0] = 9
    assert band.values[0, 0] == 1


def test_a_stack_refuses_other_shapes_and_doubled_names():
    grid = Grid.from_bounds((0, 0, 200, 100), ALBERS, 100)
    band = Band("b", np.zeros((1, 2)))
    assert "c" not in RasterStack(grid, (band,))
    with pytest.raises(ScoringError):
        RasterStack(grid, (band, band))
    with pytest.raises(ScoringError):
        RasterStack(grid, (Band("b", np.zeros((2, 1))),))
