"""Ordinary kriging of point samples on a grid: variogram, cross-validation, estimate and its standard deviation.

python examples/krige_a_grid.py
"""

import numpy as np

from khanij.foundation.grid import Grid, albers_for
from scoring.ground.maps.kriging import cross_validate, krige_grid
from scoring.ground.maps.variogram import empirical_variogram, fit_variogram


def main() -> None:
    """Four hundred made-up samples of one smooth bump over noise."""
    rng = np.random.default_rng(7)
    extent_deg = (76.0, 14.0, 76.4, 14.4)
    grid = Grid.from_extent_deg(extent_deg, albers_for(extent_deg), cell_m=1000)
    west, south, east, north = grid.bounds
    x, y = rng.uniform(west, east, 400), rng.uniform(south, north, 400)
    far = np.hypot(x - (west + east) / 2, y - (south + north) / 2)
    la_ppm = 40 + 60 * np.exp(-((far / 9_000) ** 2)) + rng.normal(0, 3, 400)

    variogram = fit_variogram(empirical_variogram(x, y, la_ppm, max_lag_m=20_000))
    print(variogram)
    for name, value in cross_validate(x, y, la_ppm, variogram).items():
        print(f"{name}: {value:.3g}")
    estimate, sd = krige_grid(x, y, la_ppm, grid, variogram, neighbours=16)
    print(f"{estimate.shape} cells, {estimate.min():.0f} to {estimate.max():.0f} ppm, sd at most {sd.max():.1f} ppm")


if __name__ == "__main__":
    main()
