"""Stream sediments of the made-up ground: what a catchment sheds, what laboratories make of it, in NGDR's 71 columns.

Belongs here: ground -> catchment -> sand and waste on the way -> closure -> laboratory. The defects are planted by
``defects``, after this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from khanij.sample import composition as comp
from khanij.sample.fields import Floats, SmoothField, stream
from khanij.sample.geology import CARBONATITE, World
from khanij.sample.layers import sheet_labels

SEDIMENT_COLUMNS = (
    "gid", "objectid", "sampleno", "longitude", "latitude", *comp.MAJORS,
    *comp.TRACES[: comp.TRACES.index("pd") + 1], "toposheet", *comp.TRACES[comp.TRACES.index("pd") + 1 :],
)  # fmt: skip
_UPSTREAM_WEIGHTS = np.array([0.34, 0.26, 0.18, 0.13, 0.09])
_UPSTREAM_STEP_M = 550.0
_LABORATORY_ERROR = 0.05
_CHUNK = 40_000
DRAINAGE_STEP_M, DRAINAGE_STEPS = 250.0, 56


@dataclass(frozen=True)
class DumpDrainage:
    """Points every 250 m down the water from each dump: position [m], waste kind, share of waste in the sediment."""

    x: Floats
    y: Floats
    kind: np.ndarray
    share: Floats


class GroundChemistry:
    """Composition of the ground at any point: rock, regional factors, halo of fertile complexes, ore near deposits."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.factors = {
            name: (SmoothField(stream(world.seed, "factor", name), 11_000.0, 16), comp.factor_loadings(name))
            for name in comp.FACTORS
        }
        self.sand = SmoothField(stream(world.seed, "sand"), 5_000.0)

    def ore_share(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Mass shares in the regolith: ore, altered rock about fertile complexes, altered rock about barren ones."""
        deposits, bodies = self.world.deposits, self.world.bodies
        xy = np.column_stack([x, y])
        ore = np.zeros(len(x))
        k = min(3, len(deposits.x))
        distance, which = self.world.deposit_tree.query(xy, k=k, distance_upper_bound=6_000.0)
        for d, i in zip(np.reshape(distance, (len(x), k)).T, np.reshape(which, (len(x), k)).T, strict=True):
            near = np.isfinite(d)
            ore[near] += 0.0100 * deposits.strength[i[near]] * np.exp(-((d[near] / 1_250.0) ** 2))
        halos = np.zeros((2, len(x)))
        k = min(3, len(bodies.x))
        which = self.world.body_tree.query(xy, k=k)[1]
        for i in np.reshape(which, (len(x), k)).T:
            rho = bodies.scaled_distance(i, x, y)
            strength = bodies.alteration[i] * np.exp(-((rho / 1.6) ** 2))
            for row, is_mine in enumerate((bodies.is_fertile[i], ~bodies.is_fertile[i])):
                halos[row] = np.maximum(halos[row], np.where(is_mine, strength, 0.0))
        return np.minimum(ore, 0.4), halos[0], halos[1]

    def at(self, x: Floats, y: Floats) -> Floats:
        """Composition of the ground, shape (n, analytes), not yet closed."""
        rock = self.world.rock_at(x, y)
        logs = np.log(comp.ROCK_MEDIAN)[rock]
        for field, loading in self.factors.values():
            used = np.flatnonzero(loading)
            logs[:, used] += field(x, y)[:, None] * loading[used]
        ground = np.exp(logs)
        ore, fertile, barren = self.ore_share(x, y)
        rest = (1.0 - ore) * (1.0 - fertile) * (1.0 - barren)
        ground *= rest[:, None]
        ground += ore[:, None] * comp.ORE
        ground += ((1.0 - ore) * fertile * (1.0 - barren))[:, None] * comp.ROCK_MEDIAN[CARBONATITE]
        ground += ((1.0 - ore) * barren)[:, None] * comp.BARREN_HALO
        return np.asarray(ground)

    def sand_share(self, x: Floats, y: Floats) -> Floats:
        """Mass share of zircon-monazite-ilmenite concentrate in river sand; it dies out within 2 km of the channel."""
        away = self.world.river_distance_m(x, y)
        share = 0.028 * np.exp(0.70 * self.sand(x, y)) * np.exp(-((np.minimum(away, 9e3) / 1_700.0) ** 2))
        return np.minimum(share, 0.12)


def trace_dumps(world: World, x: Floats, y: Floats, kind: np.ndarray, leak: Floats) -> DumpDrainage:
    """The water below each dump that leaks for 14 km, its waste share halving every 4 km."""
    step, steps = DRAINAGE_STEP_M, DRAINAGE_STEPS
    leaks = leak > 0.0
    x, y, kind, leak = x[leaks], y[leaks], kind[leaks], leak[leaks]
    xs, ys = world.relief.trace(x, y, step, steps)
    fade = 0.5 ** (np.arange(steps + 1) * step / 4_000.0)
    return DumpDrainage(xs.ravel(), ys.ravel(), np.tile(kind, steps + 1), (fade[:, None] * leak).ravel())


def sample_positions(world: World) -> Floats:
    """Cells of 2 km, one composite each, near the cell's centre: shape (samples, 2), south to north, west to east."""
    counts = world.counts
    x0, y0, x1, y1 = world.land.bounds
    gx, gy = np.meshgrid(np.arange(x0 + 1000.0, x1, 2000.0), np.arange(y0 + 1000.0, y1, 2000.0))
    cells = np.column_stack([gx.ravel(), gy.ravel()])
    cells = cells[shapely.contains_xy(world.land, cells[:, 0], cells[:, 1])]
    if len(cells) < counts.samples:
        raise ValueError(f"{counts.samples} samples asked for, {len(cells)} cells of 2 x 2 km in the extent")
    rng = stream(world.seed, "samples")
    order = rng.uniform(size=len(cells))
    if counts.sheets_unsurveyed_first:
        # Whole sheets are not yet surveyed, as in the real programme.
        tile = np.floor(cells / 27_000.0).astype(np.int64)
        _, inverse = np.unique(tile, axis=0, return_inverse=True)
        order += 10.0 * rng.permutation(int(inverse.max()) + 1)[inverse]
    else:
        # A gap of about 14 x 14 km in the north-east corner holds no sample at all.
        order += 10.0 * ((cells[:, 0] > x1 - 14_000.0) & (cells[:, 1] > y1 - 14_000.0))
    kept = cells[np.sort(np.argsort(order, kind="stable")[: counts.samples])]
    moved = kept + rng.uniform(-700.0, 700.0, kept.shape)
    x0, y0, x1, y1 = world.land.bounds
    return np.asarray(np.clip(moved, [x0 + 50.0, y0 + 50.0], [x1 - 50.0, y1 - 50.0]))


def stream_sediments(world: World, dumps: DumpDrainage) -> Iterator[pd.DataFrame]:
    """NGDR's stream-sediment table in chunks; one row per sample, columns ``SEDIMENT_COLUMNS``."""
    from scipy.spatial import cKDTree

    chemistry = GroundChemistry(world)
    positions = sample_positions(world)
    taken: dict[str, int] = {}
    dump_tree = cKDTree(np.column_stack([dumps.x, dumps.y]))
    for chunk, start in enumerate(range(0, len(positions), _CHUNK)):
        xy = positions[start : start + _CHUNK]
        rng = stream(world.seed, "laboratory", chunk)
        sediment = _catchment(world, chemistry, xy)
        sediment = _mix(sediment, chemistry.sand_share(xy[:, 0], xy[:, 1]), comp.HEAVY_SAND)
        away, which = dump_tree.query(xy, distance_upper_bound=5_000.0)
        share = np.zeros(len(xy))
        reached = np.isfinite(away)
        share[reached] = dumps.share[which[reached]] * np.exp(-((away[reached] / 1_200.0) ** 2))
        for kind, waste in comp.WASTE.items():
            mine = reached & (dumps.kind[np.minimum(which, len(dumps.kind) - 1)] == kind)
            sediment = _mix(sediment, np.where(mine, share, 0.0), waste)
        yield _laboratory(world, sediment, xy, start, rng, taken)


def _catchment(world: World, chemistry: GroundChemistry, xy: Floats) -> Floats:
    xs, ys = world.relief.trace(xy[:, 0], xy[:, 1], -_UPSTREAM_STEP_M, len(_UPSTREAM_WEIGHTS) - 1)
    total = np.zeros((len(xy), len(comp.ANALYTES)))
    for weight, x, y in zip(_UPSTREAM_WEIGHTS, xs, ys, strict=True):
        total += weight * chemistry.at(x, y)
    return total


def _mix(base: Floats, share: Floats, added: Floats) -> Floats:
    some = np.flatnonzero(share > 1e-6)
    s = share[some, None]
    base[some] = (1.0 - s) * base[some] + s * added
    return base


def close(sediment: Floats) -> Floats:
    """Scale each row to 100 %: majors and LOI as they are, traces counted at 1.2 for their oxygen."""
    unit = np.array([1.0 if a in comp.MAJORS else 1.2e-7 if a in comp.PPB else 1.2e-4 for a in comp.ANALYTES])
    return np.asarray(sediment * (100.0 / np.sum(sediment * unit, axis=1))[:, None])


def _in_sheet(sheet: np.ndarray, taken: dict[str, int]) -> list[int]:
    """Running numbers within each sheet, going on from ``taken``, which is brought up to date."""
    numbers = []
    for name in sheet:
        taken[name] = taken.get(name, 0) + 1
        numbers.append(taken[name])
    return numbers


def _laboratory(
    world: World, sediment: Floats, xy: Floats, start: int, rng: np.random.Generator, taken: dict[str, int]
) -> pd.DataFrame:
    n, limit = len(xy), comp.DETECTION_LIMIT
    sediment = sediment * np.exp(rng.standard_normal(sediment.shape) * comp.SAMPLE_SPREAD)
    sediment = close(sediment)
    error = np.where([a in comp.MAJORS for a in comp.ANALYTES], 0.008, _LABORATORY_ERROR)
    measured = sediment * (1.0 + error * rng.standard_normal(sediment.shape))
    measured += 0.25 * limit * rng.standard_normal(sediment.shape)
    below = measured < limit
    values = np.empty_like(measured)
    for j, digits in enumerate(comp.DECIMALS):
        values[:, j] = np.round(measured[:, j], digits)
    values[below] = 0.0
    lon, lat = world.plane.to_lonlat(xy[:, 0], xy[:, 1])
    lon, lat = np.round(lon, 6), np.round(lat, 6)
    number = np.arange(start + 1, start + n + 1)
    sheet = sheet_labels(lon, lat)
    year = 10 + rng.integers(0, 12, n)
    data: dict[str, object] = {
        "gid": number,
        "objectid": number + 100_000,
        "sampleno": [f"{s}/{i:03d}/SS/{y:02d}" for s, i, y in zip(sheet, _in_sheet(sheet, taken), year, strict=True)],
        "longitude": lon,
        "latitude": lat,
        "toposheet": sheet,
    }
    data.update({name: values[:, j] for j, name in enumerate(comp.ANALYTES)})
    return pd.DataFrame(data)[list(SEDIMENT_COLUMNS)]


__all__ = ["DumpDrainage", "GroundChemistry", "sample_positions", "stream_sediments", "trace_dumps"]
