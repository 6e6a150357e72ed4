"""Kriging, variograms and inverse distance: against a dense solution, and what they must never do."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import ScoringError
from khanij.foundation.grid import Grid, albers_for
from scoring.ground.maps.interpolation import idw
from scoring.ground.maps.kriging import cross_validate, krige_grid, krige_points
from scoring.ground.maps.variogram import Variogram, empirical_variogram, fit_variogram

CRS = albers_for((76.0, 13.7, 77.8, 15.8))


def scattered(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 1e4, (2, n))
    return x, y, np.sin(x / 2000) + np.cos(y / 1500) + 0.1 * rng.normal(size=n)


def dense(x, y, z, px, py, v):
    """The textbook system with a Lagrange multiplier, solved as it stands."""
    n = len(x)
    a = np.ones((n + 1, n + 1))
    h = np.hypot(x[:, None] - x, y[:, None] - y)
    a[:n, :n] = np.where(np.eye(n, dtype=bool), 0, np.maximum(v(np.where(h > 0, h, 1e-12)), 0))
    a[n, n] = 0
    b = np.append(v(np.hypot(x - px, y - py)), 1)
    w = np.linalg.solve(a, b)
    return w[:n] @ z, w @ b


@pytest.mark.parametrize("model", ["spherical", "exponential", "gaussian"])
def test_all_neighbours_give_the_dense_solution(model):
    x, y, z = scattered()
    v = Variogram(model, 0.05, 1.0, 4000)
    at = np.random.default_rng(1).uniform(0, 1e4, (2, 20))
    mean, variance = krige_points(x, y, z, at, v, neighbours=len(z))
    for i in range(20):
        m, s = dense(x, y, z, at[0][i], at[1][i], v)
        assert mean[i] == pytest.approx(m, abs=1e-9)
        assert variance[i] == pytest.approx(s, abs=1e-9)


def test_a_sample_is_honoured_and_certain():
    x, y, z = scattered()
    mean, variance = krige_points(x, y, z, (x, y), Variogram("exponential", 0.1, 1.0, 4000))
    assert np.array_equal(mean, z)
    assert (variance == 0).all()


def test_variance_does_not_look_at_the_values_and_grows_away_from_samples():
    x, y, z = scattered()
    v = Variogram("spherical", 0.1, 1.0, 3000)
    at = np.array([5e3, 1e6])
    _, a = krige_points(x, y, z, (at, at), v)
    _, b = krige_points(x, y, z * 100 + 7, (at, at), v)
    assert a == pytest.approx(b)
    assert a[1] > a[0]


@settings(max_examples=25, deadline=None)
@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(-50, 50), st.floats(0.1, 10), st.randoms())
def test_translation_level_scale_and_order_of_samples(dx, dy, level, scale, random):
    x, y, z = scattered(30)
    v = Variogram("exponential", 0.05, 1.0, 4000)
    at = (np.array([3333.0, 7777.0]), np.array([4444.0, 1111.0]))
    mean, variance = krige_points(x, y, z, at, v, neighbours=12)
    order = list(range(30))
    random.shuffle(order)
    other, spread = krige_points(
        (x + dx)[order], (y + dy)[order], (z * scale + level)[order], (at[0] + dx, at[1] + dy), v, neighbours=12
    )
    assert other == pytest.approx(mean * scale + level, abs=1e-5)
    assert spread == pytest.approx(variance, abs=1e-6)


def test_nothing_within_reach_is_nothing():
    x, y, z = scattered()
    mean, variance = krige_points(x, y, z, ([9e5], [9e5]), Variogram("spherical", 0.1, 1, 3000), max_distance_m=5000)
    assert np.isnan(mean[0]) and np.isnan(variance[0])


def test_two_samples_on_one_spot_do_not_break_it():
    x, y, z = scattered(20)
    x, y, z = np.append(x, x[0]), np.append(y, y[0]), np.append(z, z[0] + 1)
    v = Variogram("exponential", 0.1, 1, 4000)
    mean, _ = krige_points(x, y, z, ([x[0], 5000.0], [y[0], 5000.0]), v)
    assert mean[0] == pytest.approx(z[0] + 0.5)
    assert np.isfinite(mean[1])


def test_cross_validation_leaves_the_sample_and_its_twin_out():
    x, y, z = scattered(200)
    v = Variogram("exponential", 0.05, 1.0, 4000)
    single = cross_validate(x, y, z, v)
    doubled = cross_validate(np.tile(x, 2), np.tile(y, 2), np.tile(z, 2), v, neighbours=32)
    assert single["rmse"] > 0.05
    assert doubled["rmse"] > 0.05


def test_fit_recovers_a_known_variogram():
    lag = np.linspace(500, 20_000, 15)
    true = Variogram("exponential", 0.3, 0.9, 9000)
    from scoring.ground.maps.variogram import EmpiricalVariogram

    fitted = fit_variogram(EmpiricalVariogram(lag, true(lag), np.full(15, 1000)))
    assert fitted.nugget == pytest.approx(0.3, rel=0.02)
    assert fitted.partial_sill == pytest.approx(0.9, rel=0.02)
    assert fitted.range_m == pytest.approx(9000, rel=0.02)


def test_empirical_variogram_of_noise_is_flat_at_its_variance():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 1e5, (2, 3000))
    e = empirical_variogram(x, y, rng.normal(0, 2, 3000), max_lag_m=20_000)
    assert e.gamma == pytest.approx(np.full(len(e.gamma), 4.0), rel=0.15)


def test_too_few_values_are_refused():
    with pytest.raises(ScoringError):
        empirical_variogram(np.arange(5.0), np.arange(5.0), np.arange(5.0), max_lag_m=10)
    with pytest.raises(ScoringError):
        krige_points(np.arange(2.0), np.arange(2.0), np.arange(2.0), ([0.5], [0.5]), Variogram("spherical", 0, 1, 1))
    with pytest.raises(ScoringError):
        Variogram("spherical", -1, 1, 1)


def test_idw_by_hand_and_on_the_spot():
    grid = Grid.from_bounds((0, 0, 300, 100), CRS, 100)
    mean, spread = idw(np.array([50.0, 250.0]), np.array([50.0, 50.0]), np.array([1.0, 3.0]), grid, power=2)
    assert mean[0].tolist() == [1, 2, 3]
    assert spread[0, 1] == pytest.approx(1)
    far, _ = idw(np.array([50.0]), np.array([50.0]), np.array([1.0]), grid, max_distance_m=120)
    assert np.isnan(far[0]).tolist() == [False, False, True]


def test_idw_leaves_missing_values_out():
    grid = Grid.from_bounds((0, 0, 300, 100), CRS, 100)
    table = np.array([[1.0, np.nan], [3.0, 5.0]])
    mean, _ = idw(np.array([50.0, 250.0]), np.array([50.0, 50.0]), table, grid)
    assert mean[1, 0].tolist() == [5, 5, 5]


def test_the_window_size_does_not_show():
    x, y, z = scattered(40)
    grid = Grid.from_bounds((0, 0, 10_000, 6000), CRS, 250)
    a, _ = idw(x, y, z, grid, window=512)
    b, _ = idw(x, y, z, grid, window=7)
    assert np.array_equal(a, b)
    mean, sd = krige_grid(x, y, z, grid, Variogram("exponential", 0.05, 1, 4000))
    xs, ys = grid.centres()
    one, var = krige_points(x, y, z, ([xs[3]], [ys[1]]), Variogram("exponential", 0.05, 1, 4000))
    assert mean[1, 3] == pytest.approx(one[0], rel=1e-6)
    assert sd[1, 3] == pytest.approx(np.sqrt(var[0]), rel=1e-6)


@pytest.mark.parametrize("limit_m", [np.inf, 900.0])
def test_points_that_share_a_system_get_what_each_gets_alone(limit_m):
    x, y, z = scattered(40)
    x[3], y[3] = 5100.0, 3100.0  # on a point
    v = Variogram("exponential", 0.05, 1, 4000)
    px, py = (c.ravel() for c in np.meshgrid(np.arange(0, 1e4, 100), np.arange(0, 6000, 100)))
    mean, variance = krige_points(x, y, z, (px, py), v, neighbours=8, max_distance_m=limit_m)
    order = np.random.default_rng(4).permutation(len(px))
    again = krige_points(x, y, z, (px[order], py[order]), v, neighbours=8, max_distance_m=limit_m)
    assert mean[order].tobytes() == again[0].tobytes()
    assert variance[order].tobytes() == again[1].tobytes()
    for i in order[:5]:
        one = krige_points(x, y, z, (px[i : i + 1], py[i : i + 1]), v, neighbours=8, max_distance_m=limit_m)
        assert (mean[i].tobytes(), variance[i].tobytes()) == (one[0].tobytes(), one[1].tobytes())


@pytest.mark.parametrize("power", [1.0, 2.0, 2.5, 3.0, 4.0])
@pytest.mark.parametrize("samples", [3, 40, 43])
def test_idw_of_all_samples_is_the_formula(power, samples):
    x, y, z = scattered(samples)
    grid = Grid.from_bounds((0, 0, 10_000, 6000), CRS, 500)
    xs, ys = grid.centres()
    d = np.hypot(xs[None, :, None] - x, ys[:, None, None] - y)
    w = 1 / d**power
    mean, _ = idw(x, y, z, grid, power=power, neighbours=samples)
    assert mean == pytest.approx((w * z).sum(-1) / w.sum(-1), rel=1e-5)
    near = np.where(d <= 1500, w, 0)
    with np.errstate(invalid="ignore"):
        expected = (near * z).sum(-1) / near.sum(-1)
    got, _ = idw(x, y, z, grid, power=power, neighbours=samples, max_distance_m=1500)
    assert got == pytest.approx(expected, rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("power", [1.0, 2.0, 2.5, 4.0])
def test_a_sample_on_a_cells_centre_gives_its_value(power):
    x, y, z = scattered(41)
    x[7], y[7] = 750.0, 1250.0
    grid = Grid.from_bounds((0, 0, 10_000, 6000), CRS, 500)
    row, col = grid.index([750.0], [1250.0])
    assert idw(x, y, z, grid, power=power, neighbours=41)[0][row[0], col[0]] == pytest.approx(z[7], rel=1e-4)


def test_the_number_of_threads_does_not_show():
    x, y, z = scattered(130)
    grid = Grid.from_bounds((0, 0, 10_000, 6000), CRS, 100)
    v = Variogram("exponential", 0.05, 1, 4000)
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        found.append((idw(x, y, z, grid)[0], *krige_grid(x, y, z, grid, v)))
    for one, many in zip(*found, strict=True):
        assert one.tobytes() == many.tobytes()
