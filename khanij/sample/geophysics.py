"""Magnetic and gravity stations in GSI's schemas, and one raster with airborne bands.

The bodies that carry the metal are not the only ones with an anomaly: ultramafics and barren syenites have theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from khanij.sample import composition as comp
from khanij.sample.fields import Floats, SmoothField, stream
from khanij.sample.geochemistry import GroundChemistry
from khanij.sample.geology import CARBONATITE, ULTRAMAFIC, World, points_in

_CHUNK = 100_000
BANDS = {
    "RTP": ("nT", "magnetic anomaly reduced to the pole"),
    "BGA": ("mGal", "Bouguer anomaly"),
    "eK": ("%", "equivalent potassium"),
    "eU": ("ppm", "equivalent uranium"),
    "eTh": ("ppm", "equivalent thorium"),
}


class Potential:
    """Magnetic [nT] and Bouguer [mGal] anomalies of the made-up ground: regional fields plus one bump per body."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.magnetic = SmoothField(stream(world.seed, "magnetic"), 16_000.0)
        self.gravity = SmoothField(stream(world.seed, "gravity"), 28_000.0)
        rng = stream(world.seed, "potential")
        rock = world.bodies.rock
        n = len(rock)
        self.nt = np.select([rock == ULTRAMAFIC, rock == CARBONATITE], [620.0, 260.0], 150.0) * rng.lognormal(0, 0.4, n)
        self.mgal = np.select([rock == ULTRAMAFIC, rock == CARBONATITE], [6.5, 2.5], -1.5) * rng.lognormal(0, 0.3, n)

    def at(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Both anomalies at points."""
        nt, mgal = 70.0 * self.magnetic(x, y), -70.0 + 9.0 * self.gravity(x, y)
        k = min(4, len(self.world.bodies.x))
        near = np.reshape(self.world.body_tree.query(np.column_stack([x, y]), k=k)[1], (len(x), k))
        for i in near.T:
            d2 = (x - self.world.bodies.x[i]) ** 2 + (y - self.world.bodies.y[i]) ** 2
            depth = 1.1 * self.world.bodies.radius_m[i]
            nt = nt + self.nt[i] / (1.0 + d2 / depth**2) ** 1.5
            mgal = mgal + self.mgal[i] / (1.0 + d2 / (1.4 * depth) ** 2) ** 1.5
        return nt, mgal


def magnetic_stations(world: World) -> Iterator[gpd.GeoDataFrame]:
    """``magnetic_gcs_ngdr`` in chunks: observed_m = igrf_nt + magnetic_a, nT."""
    potential = Potential(world)
    points = points_in(world.land, world.counts.magnetic_stations, stream(world.seed, "magnetic", "stations"))
    for c, start in enumerate(range(0, len(points), _CHUNK)):
        x, y = points[start : start + _CHUNK].T
        rng = stream(world.seed, "magnetic", "noise", c)
        lon, lat = world.plane.to_lonlat(x, y)
        lon, lat = np.round(lon, 6), np.round(lat, 6)
        igrf = np.round(42_400.0 + 260.0 * (lat - 18.0) - 15.0 * (lon - 78.0), 1)
        anomaly = np.round(potential.at(x, y)[0] + rng.normal(0.0, 6.0, len(x)), 1)
        yield gpd.GeoDataFrame(
            {
                "objectid": np.arange(start + 1, start + len(x) + 1),
                "longitude_": lon,
                "latitude_r": lat,
                "observed_m": np.round(igrf + anomaly, 1),
                "igrf_nt": igrf,
                "magnetic_a": anomaly,
            },
            geometry=shapely.points(lon, lat),
            crs="EPSG:4326",
        )


def normal_gravity_mgal(lat_deg: Floats) -> Floats:
    """Normal gravity on the GRS80 ellipsoid, Somigliana's closed form [mGal] (Moritz 2000)."""
    s2 = np.sin(np.radians(lat_deg)) ** 2
    return 978_032.67715 * (1.0 + 0.001931851353 * s2) / np.sqrt(1.0 - 0.00669438002290 * s2)


def gravity_stations(world: World) -> Iterator[gpd.GeoDataFrame]:
    """``gravity_gcs_ngdr`` in chunks, mGal and m.

    bouguer_an = observed_g - theoretica + (0.3086 - 0.1119) elevation_
    """
    potential = Potential(world)
    points = points_in(world.land, world.counts.gravity_stations, stream(world.seed, "gravity", "stations"))
    for c, start in enumerate(range(0, len(points), _CHUNK)):
        x, y = points[start : start + _CHUNK].T
        rng = stream(world.seed, "gravity", "noise", c)
        lon, lat = world.plane.to_lonlat(x, y)
        lon, lat = np.round(lon, 6), np.round(lat, 6)
        elevation = np.round(world.relief.elevation_m(x, y), 2)
        theory = np.round(normal_gravity_mgal(lat), 3)
        bouguer = np.round(potential.at(x, y)[1] + rng.normal(0.0, 0.15, len(x)), 3)
        yield gpd.GeoDataFrame(
            {
                "objectid": np.arange(start + 1, start + len(x) + 1),
                "longitude_": lon,
                "latitude_r": lat,
                "elevation_": elevation,
                "observed_g": np.round(theory + bouguer - 0.1967 * elevation, 3),
                "theoretica": theory,
                "bouguer_an": bouguer,
            },
            geometry=shapely.points(lon, lat),
            crs="EPSG:4326",
        )


def raster(world: World) -> tuple[np.ndarray, tuple[float, float, float, float, float, float]]:
    """Bands of ``BANDS`` as float32 (bands, rows, columns) with NaN outside the land, and the affine transform."""
    cell = world.counts.raster_cell_m
    west, south, east, north = world.extent_deg
    there = pyproj.Transformer.from_crs("EPSG:4326", world.counts.raster_crs, always_xy=True)
    x0, y0, x1, y1 = there.transform_bounds(west, south, east, north)
    x0, y1 = np.floor(x0 / cell) * cell, np.ceil(y1 / cell) * cell
    columns, rows = int(np.ceil((x1 - x0) / cell)), int(np.ceil((y1 - y0) / cell))
    gx, gy = np.meshgrid(x0 + cell * (np.arange(columns) + 0.5), y1 - cell * (np.arange(rows) + 0.5))
    lon, lat = there.transform(gx.ravel(), gy.ravel(), direction="INVERSE")
    x, y = world.plane.to_xy(np.asarray(lon), np.asarray(lat))
    inside = np.flatnonzero(shapely.contains_xy(world.land, x, y))
    bands = np.full((len(BANDS), rows * columns), np.nan, np.float32)
    potential, chemistry = Potential(world), GroundChemistry(world)
    wanted = [comp.ANALYTES.index(name) for name in ("k2o", "u", "th")]
    for c, start in enumerate(range(0, len(inside), _CHUNK)):
        cells = inside[start : start + _CHUNK]
        px, py = x[cells], y[cells]
        rng = stream(world.seed, "raster", "noise", c)
        nt, mgal = potential.at(px, py)
        ground = chemistry.at(px, py)
        sand = chemistry.sand_share(px, py)[:, None]
        ground = ((1.0 - 0.5 * sand) * ground + 0.5 * sand * comp.HEAVY_SAND)[:, wanted]
        ground *= np.exp(rng.normal(0.0, 0.12, ground.shape))
        values = (
            nt + rng.normal(0, 4, len(px)),
            mgal + rng.normal(0, 0.1, len(px)),
            0.8302 * ground[:, 0],
            ground[:, 1],
            ground[:, 2],
        )
        for band, value in enumerate(values):
            bands[band, cells] = np.round(value, 2)
    return bands.reshape(len(BANDS), rows, columns), (cell, 0.0, float(x0), 0.0, -cell, float(y1))
