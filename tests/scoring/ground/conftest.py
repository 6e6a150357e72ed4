"""A small made-up survey: a lattice of samples with one planted rare-earth cluster and one zircon-sand decoy."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from khanij.foundation.grid import Grid, albers_for

EXTENT = (77.0, 14.0, 77.9, 14.9)
CRS = albers_for(EXTENT)
MAJORS = ("SiO2", "Al2O3", "Fe2O3", "TiO2", "CaO", "MgO", "Na2O", "K2O")
TRACES = (
    "La",
    "Ce",
    "Nd",
    "Sm",
    "Y",
    "Dy",
    "Yb",
    "Th",
    "Zr",
    "Hf",
    "Nb",
    "Ta",
    "Ni",
    "Co",
    "Cr",
    "Cu",
    "Zn",
    "Ba",
    "Sr",
)
ORE_XY = (20_000.0, 15_000.0)
SAND_XY = (-22_000.0, -18_000.0)
DUMP_XY = (-20_000.0, 22_000.0)


def lonlat(x, y):
    return Transformer.from_crs(CRS, 4326, always_xy=True).transform(np.asarray(x), np.asarray(y))


def near(x, y, centre, radius=6000.0):
    return np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * (radius / 2) ** 2))


def make_samples(seed=0, step=2000.0):
    """Stream sediments every 2 km: La-Ce-Nd-Sm with little Th at the ore, with Th, Zr and Hf in the sand."""
    rng = np.random.default_rng(seed)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(-44_000, 44_001, step), np.arange(-46_000, 46_001, step)))
    x, y = x + rng.uniform(-300, 300, len(x)), y + rng.uniform(-300, 300, len(y))
    ore, sand, dump = near(x, y, ORE_XY), near(x, y, SAND_XY), near(x, y, DUMP_XY, 4000)
    lon, lat = lonlat(x, y)
    columns = {"sample_id": [f"S{i}" for i in range(len(x))]}
    regional = rng.normal(0, 0.2, len(x))
    for i, name in enumerate(MAJORS):
        columns[f"{name}_pct"] = np.exp(np.log([60, 14, 5, 0.7, 3, 2, 1.5, 2][i]) + 0.15 * rng.normal(size=len(x)))
    medians = [30, 60, 27, 5, 23, 4, 2.7, 11, 300, 9, 12, 0.9, 36, 13, 80, 25, 45, 500, 200]
    for name, median in zip(TRACES, medians, strict=True):
        log = np.log(median) + 0.25 * rng.normal(size=len(x)) + regional
        if name in ("La", "Ce", "Nd", "Sm"):
            log = log + 1.8 * ore + 2.5 * sand + 2.0 * dump
        if name in ("Th", "Zr", "Hf"):
            log = log + 2.5 * sand
        columns[f"{name}_ppm"] = np.exp(log)
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(lon, lat), crs=4326)
    for name in [c for c in columns if c != "sample_id"]:
        frame[f"{name}_censored"] = False
    limit = float(np.quantile(frame["Co_ppm"], 0.1))
    frame["Co_ppm_censored"] = frame["Co_ppm"] < limit
    frame.loc[frame["Co_ppm_censored"], "Co_ppm"] = limit
    return frame


def make_occurrences(n=30, seed=1):
    """Rare-earth occurrences strewn round the planted ore, and a few of gold."""
    rng = np.random.default_rng(seed)
    x = np.append(ORE_XY[0] + rng.normal(0, 5000, n), rng.uniform(-4e4, 4e4, 4))
    y = np.append(ORE_XY[1] + rng.normal(0, 5000, n), rng.uniform(-4e4, 4e4, 4))
    return gpd.GeoDataFrame(
        {"occurrence_id": [f"O{i}" for i in range(n + 4)], "commodity": ["rare earths"] * n + ["gold"] * 4},
        geometry=shapely.points(*lonlat(x, y)),
        crs=4326,
    )


@pytest.fixture(scope="session")
def samples():
    return make_samples()


@pytest.fixture(scope="session")
def occurrences():
    return make_occurrences()


@pytest.fixture(scope="session")
def dumps():
    return gpd.GeoDataFrame({"site_id": ["D1"]}, geometry=shapely.points(*lonlat([DUMP_XY[0]], [DUMP_XY[1]])), crs=4326)


@pytest.fixture(scope="session")
def grid():
    return Grid.from_extent_deg(EXTENT, CRS, 1000)
