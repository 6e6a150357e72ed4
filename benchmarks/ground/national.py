"""The national rehearsal: generated survey of India's size through evidence, model and units, with time and memory.

    python benchmarks/ground/national.py [--share 1.0] [--cell 500] [--model logistic_regression]

510 thousand samples x 60 elements, 361 thousand polygons, 1.47 million stations, 38 million cells (13 million on land).
``--share`` makes a proportionally smaller survey on the same extent (for a quick look); the grid stays as ``--cell``
says. Everything is made up here, in memory, and counts towards the peak that is printed.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from khanij.foundation.grid import Grid, albers_for
from scoring.ground.fertility import SurveyLayers, estimate_fertility, fertility_of_units
from scoring.ground.settings import FertilitySettings

EXTENT = (68.0, 6.5, 97.5, 37.5)
# a coarse outline that holds about 3.3 million km2
OUTLINE = [(68.2, 23.7), (72.6, 18.9), (74.9, 12.7), (77.4, 8.1), (80.2, 13.5), (82.3, 16.6), (87.0, 20.7), (88.2, 21.7),
           (92.4, 21.9), (97.2, 28.2), (91.8, 27.8), (88.1, 27.9), (81.1, 30.1), (79.5, 34.3), (74.5, 36.9), (73.9, 32.6),
           (70.4, 28.1)]  # fmt: skip
ELEMENTS = (
    "Ba Ga Sc V Th Pb Ni Co Rb Sr Y Zr Nb Cr Cu Zn Au Li Cs As Sb Bi Se Ag Be Ge Mo Sn La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er "
    "Tm Yb Lu Hf Ta W U In Tl Te Cd"
).split()
OXIDES = ["SiO2", "Al2O3", "Fe2O3", "TiO2", "CaO", "MgO", "MnO", "Na2O", "K2O", "P2O5"]
SAMPLES, POLYGONS, MAGNETIC, GRAVITY, OCCURRENCES = 510_641, 360_702, 716_352, 756_405, 1447


def field(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """A smooth made-up surface of unit size."""
    rng = np.random.default_rng(seed)
    out = np.zeros(len(x))
    for _ in range(6):
        a, b = rng.normal(0, 1 / 120_000, 2)
        out += np.sin(a * x + b * y + rng.uniform(0, 6.3))
    return out / 2


def land_lattice(count: int, crs: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """About ``count`` jittered lattice points on land [m]."""
    outline = gpd.GeoSeries([shapely.Polygon(OUTLINE)], crs=4326).to_crs(crs).iloc[0]
    step = float(np.sqrt(outline.area / count))
    west, south, east, north = outline.bounds
    x, y = (v.ravel() for v in np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)))
    jitter = np.random.default_rng(seed).uniform(-step / 3, step / 3, (2, len(x)))
    inside = shapely.contains_xy(outline, x + jitter[0], y + jitter[1])
    return (x + jitter[0])[inside], (y + jitter[1])[inside]


def make_layers(share: float, crs: str) -> SurveyLayers:
    """Every layer at ``share`` of the national count."""
    back = Transformer.from_crs(crs, 4326, always_xy=True)

    def points(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, y = land_lattice(int(count * share), crs, seed)
        return x, y, shapely.points(*back.transform(x, y))

    x, y, geometry = points(SAMPLES, 1)
    rng = np.random.default_rng(2)
    columns: dict[str, np.ndarray] = {"sample_id": np.arange(len(x)).astype(str)}
    regional = [field(x, y, 50 + k) for k in range(5)]
    ore = field(x, y, 99) > 1.35
    for j, name in enumerate([*(f"{e}_ppm" for e in ELEMENTS), *(f"{o}_pct" for o in OXIDES)]):
        log = 0.3 * regional[j % 5] + 0.3 * rng.normal(size=len(x))
        if name.split("_")[0] in ("La", "Ce", "Pr", "Nd", "Sm", "Nb"):
            log += 1.2 * ore
        columns[name] = np.exp(log + 2)
        columns[f"{name}_censored"] = np.zeros(len(x), dtype=bool)
    samples = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs=4326)
    px, py = land_lattice(int(POLYGONS * share), crs, 3)
    half = np.sqrt(3.3e12 / (POLYGONS * share)) / 2
    corner = [
        back.transform(px + dx * half, py + dy * half) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    rings = np.stack([np.column_stack(c) for c in corner], axis=1)
    rock = np.array([f"rock {i}" for i in range(24)])[(8 * (field(px, py, 60) + 1.6)).astype(int).clip(0, 23)]
    lithology = gpd.GeoDataFrame({"lithologic": rock}, geometry=shapely.polygons(rings), crs=4326)
    layers: dict[str, gpd.GeoDataFrame] = {"stream_sediments": samples, "lithology": lithology}
    for name, count, column, seed in (
        ("magnetic_stations", MAGNETIC, "magnetic_anomaly_nt", 70),
        ("gravity_stations", GRAVITY, "bouguer_mgal", 71),
    ):
        sx, sy, geometry = points(count, seed)
        layers[name] = gpd.GeoDataFrame({column: 100 * field(sx, sy, seed)}, geometry=geometry, crs=4326)
    fx, fy = land_lattice(int(20_000 * share), crs, 80)
    angle, length = rng.uniform(0, np.pi, len(fx)), rng.exponential(6000, len(fx))
    ends = [back.transform(fx + s * np.cos(angle) * length, fy + s * np.sin(angle) * length) for s in (-1, 1)]
    lines = shapely.linestrings(np.stack([np.column_stack(e) for e in ends], axis=1))
    layers["faults"] = gpd.GeoDataFrame({"line_id": np.arange(len(lines)).astype(str)}, geometry=lines, crs=4326)
    picked = rng.choice(np.flatnonzero(ore), min(OCCURRENCES, int(ore.sum())), replace=False)
    layers["occurrences"] = gpd.GeoDataFrame(
        {"commodity": ["rare earths"] * len(picked)}, geometry=samples.geometry.to_numpy()[picked], crs=4326
    )
    return SurveyLayers(**layers)


def peak_gib() -> float:
    """Highest resident memory of this process so far [GiB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> int:
    """Make the survey, run it, print and save time and memory per stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--cell", type=float, default=500.0)
    parser.add_argument("--model", default="logistic_regression")
    given = parser.parse_args()
    crs = albers_for(EXTENT)
    start = time.perf_counter()
    stages: list[dict[str, float | str]] = []

    def stage(text: str) -> None:
        stages.append({"at_s": round(time.perf_counter() - start, 1), "peak_gib": round(peak_gib(), 2), "stage": text})
        print(f"{stages[-1]['at_s']:8.1f} s  {stages[-1]['peak_gib']:5.2f} GiB  {text}", flush=True)

    stage("making the survey")
    layers = make_layers(given.share, crs)
    grid = Grid.from_extent_deg(EXTENT, crs, given.cell)
    sizes = {n: len(getattr(layers, n)) for n in layers.names() if layers.has(n)}
    stage(f"grid {grid.shape[0]} x {grid.shape[1]} = {grid.size / 1e6:.1f} million cells; {sizes}")
    settings = FertilitySettings.from_mapping(
        {
            "model": given.model,
            "target_commodities": ["rare earths"],
            "associations": ["light_ree", "heavy_ree_y", "rare_metals", "ni_co_cr_pge", "cu_mo_au", "zn_ge_in_cd"],
            "validation": {"controls": 0, "bootstrap": 200, "block_m": 100_000},
            "bags": 10,
        },
        seed=1,
    )
    result = estimate_fertility(layers, grid, settings, None, stage)
    stage("estimated")
    lon, lat = np.meshgrid(np.arange(69, 96, 0.25), np.arange(8, 36, 0.25))
    sheets = gpd.GeoDataFrame(
        {"block_id": np.arange(lon.size).astype(str)},
        geometry=shapely.box(lon.ravel(), lat.ravel(), lon.ravel() + 0.25, lat.ravel() + 0.25),
        crs=4326,
    )
    units = fertility_of_units(result, sheets)
    stage(f"{int(units['fertility_axis'].notna().sum())} of {len(units)} sheets have a fertility")
    capture = result.tables["capture"].set_index("measure")["value"].to_dict()
    print(f"model {result.model_used}; held-out capture at 10 % of area {capture['capture_10pct']:.2f}")
    out = Path(__file__).resolve().parents[1] / "results" / "national.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        json.dumps({"sizes": sizes, "cells": grid.size, "stages": stages, "capture": capture}, indent=1),
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
