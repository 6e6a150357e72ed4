"""The nearest samples against brute force: ties, clusters, lines, limits, and no trace of the samples' order."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.ground.maps.kriging import krige_grid, krige_points
from scoring.ground.maps.neighbours import index_samples, nearest_of_cells, nearest_of_points
from scoring.ground.maps.variogram import Variogram
from tests.scoring.ground.test_kriging import CRS, Grid, scattered


def brute(samples, px, py, k, limit=np.inf):
    d2 = (samples.x - px) ** 2 + (samples.y - py) ** 2
    order = np.lexsort((np.arange(len(d2)), d2))
    return np.sort([i for i in order if d2[i] <= limit**2][:k])


def cases():
    rng = np.random.default_rng(3)
    lattice = np.meshgrid(np.arange(20) * 500.0, np.arange(12) * 500.0)
    yield "random", *rng.uniform(0, 1e4, (2, 150))
    yield "lattice", *(v.ravel() for v in lattice)
    yield "line", np.linspace(0, 1e4, 60), np.full(60, 3000.0)
    yield "spot", np.append(np.full(40, 5000.0), [0.0, 1e4]), np.append(np.full(40, 3000.0), [0.0, 6000.0])
    yield "cluster", *np.hstack([rng.normal(3000, 30, (2, 300)), rng.uniform(0, 1e4, (2, 20))])


@pytest.mark.parametrize(("name", "x", "y"), list(cases()), ids=[c[0] for c in cases()])
@pytest.mark.parametrize("limit", [np.inf, 1000.0])
def test_every_cell_and_point_has_its_nearest(name, x, y, limit):
    samples = index_samples(x, y, np.arange(len(x), dtype=float))
    xs, ys = np.arange(20) * 500.0 + 250, (np.arange(12) * 500.0 + 250)[::-1]
    index, used = nearest_of_cells(samples, xs, ys, 9, limit)
    gx, gy = (v.ravel() for v in np.meshgrid(xs, ys))
    single, count = nearest_of_points(samples, gx, gy, 9, limit)
    assert np.array_equal(used, count)
    for cell in range(len(gx)):
        expected = brute(samples, gx[cell], gy[cell], 9, limit)
        assert np.array_equal(index[cell, : used[cell]], expected)
        assert np.array_equal(single[cell, : count[cell]], expected)


def test_the_order_of_samples_does_not_change_a_byte():
    x, y = (v.ravel() for v in np.meshgrid(np.arange(20) * 500.0, np.arange(12) * 500.0))
    z = np.random.default_rng(0).normal(size=len(x))
    grid, v = Grid.from_bounds((0, 0, 9500, 5500), CRS, 250), Variogram("spherical", 0.1, 1.0, 3000)
    order = np.random.default_rng(1).permutation(len(x))
    for one, other in zip(krige_grid(x, y, z, grid, v), krige_grid(x[order], y[order], z[order], grid, v), strict=True):
        assert one.tobytes() == other.tobytes()


def test_points_and_cells_get_the_same_estimate():
    x, y, z = scattered(80)
    grid, v = Grid.from_bounds((0, 0, 10_000, 6000), CRS, 250), Variogram("gaussian", 0.1, 1.0, 3000)
    mean, sd = krige_grid(x, y, z, grid, v)
    gx, gy = np.meshgrid(*grid.centres())
    one, variance = krige_points(x, y, z, (gx.ravel(), gy.ravel()), v)
    assert np.array_equal(mean.ravel(), one.astype(np.float32))
    assert np.array_equal(sd.ravel(), np.sqrt(variance).astype(np.float32))
