"""The made-up ground: rock units, intrusions, faults, rivers and the deposits planted in it, as values in memory.

Belongs here: where things are. Does not belong here: what they weigh in a sample (``geochemistry``), what a
magnetometer sees (``geophysics``), or how a layer is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from khanij.sample.counts import DistrictCounts, Extent
from khanij.sample.fields import Floats, Plane, Relief, SmoothField, stream

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

GNEISS, GRANITE, SCHIST, ULTRAMAFIC, SYENITE, CARBONATITE, ALLUVIUM, DOLERITE = range(8)


@dataclass(frozen=True)
class Bodies:
    """Small intrusions: wobbly ellipses. All arrays have one entry per body; lengths in metres."""

    x: Floats
    y: Floats
    radius_m: Floats
    stretch: Floats
    azimuth: Floats
    wobble: Floats
    alteration: Floats
    rock: np.ndarray
    is_fertile: np.ndarray
    is_mapped: np.ndarray

    def scaled_distance(self, i: np.ndarray, x: Floats, y: Floats) -> Floats:
        """Distance from the centre of body ``i`` in units of its own radius in that direction: 1 is the contact."""
        dx, dy = x - self.x[i], y - self.y[i]
        c, s = np.cos(self.azimuth[i]), np.sin(self.azimuth[i])
        u, v = (c * dx + s * dy) / self.stretch[i], (-s * dx + c * dy) * self.stretch[i]
        edge = 1.0 + 0.12 * np.cos(3.0 * np.arctan2(v, u) + self.wobble[i])
        return np.asarray(np.hypot(u, v) / (self.radius_m[i] * edge))

    def ring(self, i: int, vertices: int = 36) -> Floats:
        """The contact of body ``i`` as a closed ring, shape (vertices, 2)."""
        t = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)
        r = self.radius_m[i] * (1.0 + 0.12 * np.cos(3.0 * t + self.wobble[i]))
        u, v = r * np.cos(t) * self.stretch[i], r * np.sin(t) / self.stretch[i]
        c, s = np.cos(self.azimuth[i]), np.sin(self.azimuth[i])
        return np.column_stack([self.x[i] + c * u - s * v, self.y[i] + s * u + c * v])


@dataclass(frozen=True)
class Deposits:
    """The planted deposits; ``strength`` is how much of each reaches the surface and the streams."""

    x: Floats
    y: Floats
    complex_id: np.ndarray
    strength: Floats
    ore_mt: Floats
    treo_pct: Floats
    nb2o5_pct: Floats


@dataclass(frozen=True)
class World:
    """Everything that is true of one generated area."""

    counts: DistrictCounts
    seed: int
    extent_deg: Extent
    plane: Plane
    land: shapely.Polygon
    relief: Relief
    seeds_xy: Floats
    seeds_rock: np.ndarray
    cell_m: float
    warp: tuple[SmoothField, SmoothField]
    bodies: Bodies
    rivers: list[Floats]
    faults: list[Floats]
    deposits: Deposits
    seed_tree: cKDTree
    river_tree: cKDTree
    body_tree: cKDTree
    deposit_tree: cKDTree

    def displace(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Bend the straight edges of the mosaic: a shift small enough to keep neighbours neighbours."""
        x0, y0, x1, y1 = self.land.bounds
        edge = np.minimum(np.minimum(x - x0, x1 - x), np.minimum(y - y0, y1 - y))
        # The map ends at the sheet's straight edge: nothing is bent there.
        amplitude = 0.07 * self.cell_m * np.clip(edge / (0.6 * self.cell_m), 0.0, 1.0)
        return x + amplitude * self.warp[0](x, y), y + amplitude * self.warp[1](x, y)

    def rock_at(self, x: Floats, y: Floats) -> np.ndarray:
        """Rock code at points: mosaic, then alluvium along rivers, then intrusions."""
        u, v = x.copy(), y.copy()
        for _ in range(3):
            bent_x, bent_y = self.displace(u, v)
            u, v = u + (x - bent_x), v + (y - bent_y)
        rock = self.seeds_rock[self.seed_tree.query(np.column_stack([u, v]))[1]].copy()
        rock[self.river_distance_m(x, y) < ALLUVIUM_HALF_WIDTH_M] = ALLUVIUM
        near = self.body_tree.query(np.column_stack([x, y]), k=min(3, len(self.bodies.x)))[1].reshape(len(x), -1)
        for column in near.T:
            inside = self.bodies.scaled_distance(column, x, y) < 1.0
            rock[inside] = self.bodies.rock[column[inside]]
        return np.asarray(rock)

    def river_distance_m(self, x: Floats, y: Floats) -> Floats:
        """Distance to the nearest main river; infinite beyond 10 km."""
        return np.asarray(self.river_tree.query(np.column_stack([x, y]), distance_upper_bound=10_000.0)[0])


ALLUVIUM_HALF_WIDTH_M = 1_000.0


def build_world(counts: DistrictCounts, seed: int, extent_deg: Extent) -> World:
    """Draw the ground of one area: the same counts, seed and extent give the same ground."""
    from scipy.spatial import cKDTree

    west, south, east, north = extent_deg
    plane = Plane(0.5 * (west + east), 0.5 * (south + north))
    (x0, x1), (y0, y1) = plane.to_xy(np.array([west, east]), np.array([south, north]))
    outline = counts.outline_deg
    land = shapely.box(x0, y0, x1, y1)
    if outline is not None:
        ring = np.array(outline)
        land = land.intersection(shapely.Polygon(np.column_stack(plane.to_xy(ring[:, 0], ring[:, 1]))))
    shapely.prepare(land)
    relief = Relief(stream(seed, "relief"))
    seeds_xy = points_in(land, counts.mosaic_cells, stream(seed, "mosaic"))
    cell_m = float(np.sqrt(land.area / counts.mosaic_cells))
    warp = (
        SmoothField(stream(seed, "warp", "x"), 0.40 * cell_m),
        SmoothField(stream(seed, "warp", "y"), 0.40 * cell_m),
    )
    bodies = _draw_bodies(counts, seed, land)
    rivers = _draw_rivers(counts, seed, land, relief)
    faults, owner = _draw_faults(counts, seed, land, bodies)
    deposits = _plant_deposits(counts, seed, bodies, faults, owner)
    return World(
        counts=counts,
        seed=seed,
        extent_deg=extent_deg,
        plane=plane,
        land=land,
        relief=relief,
        seeds_xy=seeds_xy,
        seeds_rock=_mosaic_rock(seeds_xy, seed),
        cell_m=cell_m,
        warp=warp,
        bodies=bodies,
        rivers=rivers,
        faults=faults,
        deposits=deposits,
        seed_tree=cKDTree(seeds_xy),
        river_tree=cKDTree(np.vstack(rivers)),
        body_tree=cKDTree(np.column_stack([bodies.x, bodies.y])),
        deposit_tree=cKDTree(np.column_stack([deposits.x, deposits.y])),
    )


def points_in(land: shapely.Polygon, n: int, rng: np.random.Generator, margin_m: float = 0.0) -> Floats:
    """``n`` uniform points inside ``land``, at least ``margin_m`` from its edge: shape (n, 2)."""
    inner = land.buffer(-margin_m) if margin_m else land
    shapely.prepare(inner)
    x0, y0, x1, y1 = inner.bounds
    found: list[Floats] = []
    have = 0
    while have < n:
        trial = np.column_stack([rng.uniform(x0, x1, 2 * n + 16), rng.uniform(y0, y1, 2 * n + 16)])
        good = trial[shapely.contains_xy(inner, trial[:, 0], trial[:, 1])]
        found.append(good)
        have += len(good)
    return np.vstack(found)[:n]


def spread_points(
    land: shapely.Polygon,
    n: int,
    rng: np.random.Generator,
    apart_m: float,
    margin_m: float,
    avoid: Floats | None = None,
) -> Floats:
    """``n`` points at least ``apart_m`` from one another (and from ``avoid``), the spacing relaxed where none fit."""
    kept: list[Floats] = [] if avoid is None else [np.asarray(avoid)]
    free = len(kept[0]) if kept else 0
    chosen: Floats = np.vstack(kept) if kept else np.empty((0, 2))
    while len(chosen) - free < n:
        for point in points_in(land, 4 * n, rng, margin_m):
            # Rebuilding a tree for each point would be quadratic; a plain distance to what is there is fast enough.
            if len(chosen) == 0 or np.min(np.sum((chosen - point) ** 2, axis=1)) >= apart_m**2:
                chosen = np.vstack([chosen, point])
                if len(chosen) - free == n:
                    break
        apart_m *= 0.8
    return chosen[free:]


def _mosaic_rock(xy: Floats, seed: int) -> np.ndarray:
    granite = SmoothField(stream(seed, "domain", "granite"), 14_000.0)(xy[:, 0], xy[:, 1])
    schist = SmoothField(stream(seed, "domain", "schist"), 11_000.0)(xy[:, 0], xy[:, 1])
    rock = np.full(len(xy), GNEISS)
    rock[granite > 0.35] = GRANITE
    rock[schist > 1.1] = SCHIST
    return rock


def _draw_bodies(counts: DistrictCounts, seed: int, land: shapely.Polygon) -> Bodies:
    rng = stream(seed, "bodies")
    nf, nb, nu = counts.fertile_complexes + counts.blind_complexes, counts.barren_complexes, counts.ultramafics
    n = nf + nb + nu
    apart = min(9_000.0, 0.55 * float(np.sqrt(land.area / n)))
    xy = spread_points(land, n, stream(seed, "bodies", "xy"), apart, 5_000.0)
    is_fertile = np.arange(n) < nf
    rock = np.where(rng.uniform(size=n) < np.where(is_fertile, 0.45, 0.15), CARBONATITE, SYENITE)
    rock[nf + nb :] = ULTRAMAFIC
    alteration = np.where(rock == ULTRAMAFIC, 0.0, np.minimum(0.085 * rng.lognormal(0.0, 0.45, n), 0.35))
    is_mapped = np.ones(n, bool)
    is_mapped[counts.fertile_complexes : nf] = False
    return Bodies(
        x=xy[:, 0],
        y=xy[:, 1],
        radius_m=rng.uniform(1_000.0, 2_100.0, n),
        stretch=rng.uniform(1.0, 1.35, n),
        azimuth=rng.uniform(0.0, np.pi, n),
        wobble=rng.uniform(0.0, 2.0 * np.pi, n),
        alteration=alteration,
        rock=rock,
        is_fertile=is_fertile,
        is_mapped=is_mapped,
    )


def _draw_rivers(counts: DistrictCounts, seed: int, land: shapely.Polygon, relief: Relief) -> list[Floats]:
    rng = stream(seed, "rivers")
    x0, y0, x1, y1 = land.bounds
    if counts.outline_deg is None:
        # Rivers enter along the two high sides, so that each crosses the whole district.
        t = (np.arange(counts.rivers) + rng.uniform(0.2, 0.8, counts.rivers)) / counts.rivers
        along = t * ((x1 - x0) + (y1 - y0))
        x = np.where(along < y1 - y0, x0, x0 + along - (y1 - y0))
        y = np.where(along < y1 - y0, y0 + along, y1)
        steps = 800
    else:
        start = points_in(land, counts.rivers, rng)
        x, y, steps = start[:, 0], start[:, 1], 400
    xs, ys = relief.trace(x, y, 250.0, steps)
    rivers = []
    for i in range(counts.rivers):
        keep = (xs[:, i] >= x0 - 2e3) & (xs[:, i] <= x1 + 2e3) & (ys[:, i] >= y0 - 2e3) & (ys[:, i] <= y1 + 2e3)
        end = len(keep) if keep.all() else int(np.argmin(keep))
        if end > 8:
            rivers.append(np.column_stack([xs[:end, i], ys[:end, i]]))
    return rivers


def _bent_line(rng: np.random.Generator, centre: Floats, azimuth: float, half_m: float, bends: int = 6) -> Floats:
    t = np.linspace(-half_m, half_m, bends)
    off = np.cumsum(rng.normal(0.0, 0.035 * half_m, bends))
    off -= off[bends // 2]
    c, s = np.cos(azimuth), np.sin(azimuth)
    return np.column_stack([centre[0] + c * t - s * off, centre[1] + s * t + c * off])


def _draw_faults(
    counts: DistrictCounts, seed: int, land: shapely.Polygon, bodies: Bodies
) -> tuple[list[Floats], dict[int, list[int]]]:
    """Faults cut fertile and barren complexes alike: a fault near an intrusion tells nothing of its metal."""
    rng = stream(seed, "faults")
    lines: list[Floats] = []
    owner: dict[int, list[int]] = {}
    intrusions = np.flatnonzero(bodies.rock != ULTRAMAFIC)
    for i in intrusions:
        for _ in range(2):
            centre = np.array([bodies.x[i], bodies.y[i]]) + rng.normal(0.0, 0.35 * bodies.radius_m[i], 2)
            owner.setdefault(int(i), []).append(len(lines))
            lines.append(_bent_line(rng, centre, rng.normal(0.8, 0.5), rng.uniform(4_000.0, 11_000.0)))
    rest = counts.faults - len(lines)
    for centre in points_in(land, max(rest, 0), rng):
        lines.append(_bent_line(rng, centre, rng.normal(0.8, 0.6), float(rng.lognormal(8.6, 0.5))))
    return lines, owner


def _plant_deposits(
    counts: DistrictCounts, seed: int, bodies: Bodies, faults: list[Floats], owner: dict[int, list[int]]
) -> Deposits:
    rng = stream(seed, "deposits")
    fertile = np.flatnonzero(bodies.is_fertile)
    n = counts.deposits
    # Half as many are known under cover: a complex that is not mapped is prospected less.
    slots = np.repeat(fertile, np.where(bodies.is_mapped[fertile], 2, 1))
    of = np.sort(slots[np.arange(n) % len(slots)])
    xy = np.empty((n, 2))
    for k, i in enumerate(of):
        line = shapely.LineString(faults[owner[int(i)][int(rng.integers(2))]])
        foot = line.project(shapely.Point(bodies.x[i], bodies.y[i]))
        side = 1.0 if rng.uniform() < 0.5 else -1.0
        at = foot + side * rng.uniform(0.2, 1.7) * bodies.radius_m[i]
        point = line.interpolate(float(np.clip(at, 0.0, line.length)))
        xy[k] = np.array([point.x, point.y]) + rng.normal(0.0, 250.0, 2)
    return Deposits(
        x=xy[:, 0],
        y=xy[:, 1],
        complex_id=of,
        strength=rng.lognormal(0.0, 0.45, n),
        ore_mt=rng.lognormal(1.6, 0.9, n),
        treo_pct=rng.lognormal(0.2, 0.45, n),
        nb2o5_pct=rng.lognormal(-1.6, 0.5, n),
    )
