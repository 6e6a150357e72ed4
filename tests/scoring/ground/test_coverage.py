"""Exact partial cells: held against exactextract, and against areas known by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

from khanij.foundation.grid import Grid
from scoring.ground.maps.coverage import cell_shares, share_statistics


def coverage_statistics(values, shapes, grid):
    return share_statistics(values, cell_shares(shapes, grid))


GRID = Grid.from_bounds((0, 0, 5000, 4000), "EPSG:6933", 100)


def raster(seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=GRID.shape).astype(np.float32)
    values[rng.random(GRID.shape) < 0.1] = np.nan
    return values


def polygons(seed=0, n=150):
    """Stars, holes, several parts, and shapes that reach over the grid's edge or miss it."""
    rng = np.random.default_rng(seed)
    out = []
    for k in range(n):
        centre, corners = rng.uniform(-700, 5700, 2), rng.integers(3, 12)
        angle, radius = np.sort(rng.uniform(0, 2 * np.pi, corners)), rng.uniform(20, 1500, corners)
        shape = shapely.make_valid(
            shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + centre)
        )
        if k % 3 == 0:
            shape = shape.difference(shapely.Point(centre).buffer(rng.uniform(5, 200)))
        if k % 5 == 0:
            shape = shapely.union(shape, shapely.box(*rng.uniform(0, 3000, 2), 3200, 3300))
        out.append(shape)
    return np.array([s for s in out if s.area > 0], dtype=object)


@pytest.mark.parametrize("seed", [0, 1])
def test_every_polygon_agrees_with_exactextract(seed):
    values, shapes = raster(seed), polygons(seed)
    count, mean, largest = coverage_statistics(values, shapes, GRID)
    zones = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs="EPSG:6933")
    source = NumPyRasterSource(values, xmin=0, ymin=0, xmax=5000, ymax=4000, name="v")
    other = exact_extract(source, zones, ["count", "mean", "max"], include_cols=["id"], output="pandas")
    assert count == pytest.approx(other["count"].to_numpy(dtype=float), abs=1e-4)
    assert mean == pytest.approx(other["mean"].to_numpy(dtype=float), abs=1e-5, nan_ok=True)
    assert largest == pytest.approx(other["max"].to_numpy(dtype=float), nan_ok=True)


def test_shares_add_up_to_the_area_whatever_the_orientation():
    shapes = np.array([s.intersection(shapely.box(0, 0, 5000, 4000)) for s in polygons(3, 60)], dtype=object)
    shapes = shapes[shapely.area(shapes) > 0]
    ones = np.ones(GRID.shape, np.float32)
    count, mean, _ = coverage_statistics(ones, shapes, GRID)
    assert count * 10_000 == pytest.approx(shapely.area(shapes), rel=1e-6, abs=1e-3)
    assert mean == pytest.approx(1)
    again, _, _ = coverage_statistics(ones, shapely.reverse(shapes), GRID)
    assert again == pytest.approx(count)


def test_a_sliver_a_bow_tie_and_a_miss():
    values = np.ones(GRID.shape, np.float32)
    sliver, miss = shapely.box(101, 101, 102, 3000), shapely.box(9000, 9000, 9100, 9100)
    bow_tie = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    count, mean, _ = coverage_statistics(values, np.array([sliver, miss, bow_tie], dtype=object), GRID)
    assert count == pytest.approx([2899 / 10_000, 0, 50])
    assert np.isnan(mean[1])


def test_one_cell_on_its_edges():
    values = np.arange(GRID.size, dtype=np.float32).reshape(GRID.shape)
    count, mean, largest = coverage_statistics(
        values, np.array([shapely.box(200, 3700, 300, 3800)], dtype=object), GRID
    )
    assert (count[0], mean[0], largest[0]) == (1, values[2, 2], values[2, 2])
