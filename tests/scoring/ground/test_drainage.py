"""Known dumps: what lies near them or down their water is masked, and water runs downhill."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from khanij.foundation.grid import Grid
from scoring.ground.geochemistry.drainage import Relief, downstream_path, drain, mask_samples, relief_from_stations
from tests.scoring.ground.conftest import CRS, lonlat

GRID = Grid.from_bounds((0, 0, 40_000, 40_000), CRS, 1000)


def slope(grid=GRID):
    """Ground that falls to the east."""
    xs, _ = grid.centres()
    height = np.broadcast_to(1000 - xs / 100, grid.shape).copy()
    return Relief(grid, height, drain(height, grid.cell_y_m, grid.cell_x_m))


def test_water_runs_down_the_slope_to_the_edge():
    path = np.array(downstream_path(slope(), 5500, 20_500, 15_000))
    assert (np.diff(path[:, 0]) > 0).all()
    assert np.ptp(path[:, 1]) < 1
    assert path[-1, 0] >= 20_500
    out = np.array(downstream_path(slope(), 35_500, 20_500, 1e6))
    assert out[-1, 0] == 39_500


def test_every_cell_drains_to_the_edge_whatever_the_pits():
    rng = np.random.default_rng(0)
    height = rng.normal(size=(25, 30))
    target = drain(height, 1000, 1000)
    edge = np.zeros((25, 30), bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    for start in range(height.size):
        cell, steps = start, 0
        while target[cell] != cell:
            cell, steps = int(target[cell]), steps + 1
            assert steps <= height.size
        assert edge.ravel()[cell]


def samples_at(points):
    x, y = np.array(points, float).T
    return gpd.GeoDataFrame(geometry=shapely.points(*lonlat(x, y)), crs=4326)


def test_downstream_is_masked_upstream_is_not():
    points = samples_at([(10_000, 20_500), (20_000, 20_500), (2_000, 20_500), (10_000, 30_000), (30_000, 20_500)])
    dump = samples_at([(8_500, 20_500)])
    near = mask_samples(points, dump, GRID, 2000, 15_000, slope())
    assert near.tolist() == [True, True, False, False, False]
    assert mask_samples(points, dump, GRID, 2000, 15_000, None).tolist() == [True, False, False, False, False]
    assert not mask_samples(points, None, GRID, 2000, 15_000, None).any()
    assert not mask_samples(points, dump, GRID, 0, 15_000, slope()).any()


def test_relief_comes_from_the_stations_heights():
    xs, ys = (v.ravel() for v in np.meshgrid(np.arange(0, 40_000, 2500.0), np.arange(0, 40_000, 2500.0)))
    stations = gpd.GeoDataFrame({"elevation_m": 1000 - xs / 100}, geometry=shapely.points(*lonlat(xs, ys)), crs=4326)
    relief = relief_from_stations(stations, GRID, 2000)
    row, col = (int(v[0]) for v in relief.grid.index([10_000], [20_000]))
    assert abs(relief.height_m[row, col] - 900) < 20
    assert relief_from_stations(stations.iloc[:10], GRID, 2000) is None
    assert relief_from_stations(None, GRID, 2000) is None
