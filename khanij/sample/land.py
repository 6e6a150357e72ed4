"""Made-up auction blocks and mining leases: some hold a site, some cut one in two, most hold none.

Columns are those of ``data_sources/reference/auction_blocks.csv``; leases have invented ones, since the fields of the
real layer are not known.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from khanij.sample.fields import Floats, stream
from khanij.sample.geology import World, points_in
from khanij.sample.layers import state_and_district, to_lonlat
from khanij.sample.waste import WasteTables

_SOURCE = "invented for the sample (SAMPLE - NOT REAL)"
_MINERALS = ("REE", "REE;Niobium", "Copper", "Nickel;Cobalt", "Graphite", "Vanadium", "Phosphorite", "Tungsten")


def _block(rng: np.random.Generator, centre: Floats, half_m: float) -> shapely.Polygon:
    """A tilted quadrilateral or hexagon with corners like those of a tender's table."""
    angle, ratio = rng.uniform(0.0, 0.5), rng.uniform(0.7, 1.4)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    if rng.uniform() < 0.35:
        corners = np.array([[-1, -1], [1, -1], [1, 0.2], [0.3, 0.2], [0.3, 1], [-1, 1]], float)
    corners = corners * half_m * [ratio, 1.0 / ratio] + rng.normal(0.0, 0.03 * half_m, corners.shape)
    c, s = np.cos(angle), np.sin(angle)
    return shapely.Polygon(centre + corners @ np.array([[c, s], [-s, c]]))


def _frame(world: World, shapes: list[shapely.Polygon]) -> tuple[np.ndarray, list[float], list[str], list[str]]:
    degrees = shapely.set_precision(to_lonlat(world, np.array(shapes, dtype=object)), 1e-5)
    degrees = shapely.orient_polygons(degrees)
    geod = pyproj.Geod(ellps="WGS84")
    area = [round(abs(geod.geometry_area_perimeter(p)[0]) / 1e4, 3) for p in degrees]
    centre = shapely.centroid(degrees)
    state, district = state_and_district(world, shapely.get_x(centre), shapely.get_y(centre))
    return degrees, area, state, district


def auction_blocks(world: World, waste: WasteTables) -> gpd.GeoDataFrame:
    """Blocks over sites (whole, in part, two blocks sharing one), the rest on free ground; MULTIPOLYGON."""
    counts, rng = world.counts, stream(world.seed, "auction_blocks")
    placed = np.flatnonzero(waste.sites["lon"].notna().to_numpy())
    centres, halves = [], []
    for k in range(counts.auction_blocks_on_sites):
        site = placed[k % len(placed)]
        half = float(rng.uniform(1_300.0, 2_600.0))
        # Every third block has the site on its border; a second round over the sites makes blocks that share one.
        reach = half if k % 3 == 2 else 0.35 * half
        angle = rng.uniform(0.0, 2.0 * np.pi)
        centres.append(waste.xy[site] + reach * np.array([np.cos(angle), np.sin(angle)]))
        halves.append(half)
    for centre in points_in(world.land, counts.auction_blocks - counts.auction_blocks_on_sites, rng, 5_000.0):
        centres.append(centre)
        halves.append(float(rng.uniform(900.0, 3_500.0)))
    order = rng.permutation(len(centres))
    shapes = [_block(rng, centres[i], halves[i]) for i in order]
    degrees, area, state, district = _frame(world, shapes)
    n = len(degrees)
    width = max(3, len(str(n)))
    corners = [", ".join(f"{x:.5f} {y:.5f}" for x, y in p.exterior.coords[:-1]).replace(", ", ",") for p in degrees]
    return gpd.GeoDataFrame(
        {
            "block_id": [f"SMP-AB-{i + 1:0{width}d}" for i in range(n)],
            "tranche": [str(1 + i * 8 // n) for i in range(n)],
            "notice_date": ["2026-01-01"] * n,
            "name": [f"Sample Block {i + 1} (SAMPLE)" for i in range(n)],
            "state": state,
            "district": district,
            "concession": [("CL", "ML")[int(v)] for v in rng.integers(0, 2, n)],
            "area_ha_published": [round(a * (1.04 if i % 20 == 7 else 1.0), 2) for i, a in enumerate(area)],
            "area_geodesic_ha": area,
            "minerals": [_MINERALS[int(v)] for v in rng.integers(0, len(_MINERALS), n)],
            "n_parts": [1] * n,
            "n_corners": [len(p.exterior.coords) - 1 for p in degrees],
            "corners_lon_lat": corners,
            "source": [_SOURCE] * n,
        },
        geometry=[shapely.MultiPolygon([p]) for p in degrees],
        crs="EPSG:4326",
    )


def mining_leases(world: World, waste: WasteTables) -> gpd.GeoDataFrame:
    """Leases; the first ones lie over the sites whose archetype speaks of a lease."""
    counts, rng = world.counts, stream(world.seed, "mining_leases")
    status = waste.sites["lease_status"].to_numpy()
    has_xy = waste.sites["lon"].notna().to_numpy()
    leased = np.flatnonzero(np.isin(status, ["operator", "third_party"]) & has_xy)[: max(1, counts.mining_leases // 3)]
    free = points_in(world.land, counts.mining_leases - len(leased), rng, 4_000.0)
    centres = np.vstack([waste.xy[leased], free])
    halves = np.concatenate([np.full(len(leased), 1_500.0), rng.uniform(300.0, 1_600.0, len(free))])
    shapes = [_block(rng, c, float(h)) for c, h in zip(centres, halves, strict=True)]
    degrees, area, state, district = _frame(world, shapes)
    n = len(degrees)
    operator = [waste.sites["operator"].iloc[i] for i in leased]
    lessee = [
        operator[i] if i < len(leased) and status[leased[i]] == "operator" else f"Lessee {i + 1} Pvt Ltd (SAMPLE)"
        for i in range(n)
    ]
    minerals = np.array(["Limestone", "Iron ore", "Dolomite", "Quartz", "Barytes"])
    return gpd.GeoDataFrame(
        {
            "lease_id": [f"SMP-ML-{i + 1:04d}" for i in range(n)],
            "name": [f"Sample Lease {i + 1} (SAMPLE)" for i in range(n)],
            "lessee": lessee,
            "state": state,
            "district": district,
            "mineral": [("Copper" if i < len(leased) else str(minerals[i % 5])) for i in range(n)],
            "status": [
                ("operating" if i < len(leased) else ("operating", "expired", "not working")[i % 3]) for i in range(n)
            ],
            "valid_to": [f"{2030 + i % 20}-03-31" for i in range(n)],
            "area_ha": area,
            "source": [_SOURCE] * n,
        },
        geometry=[shapely.MultiPolygon([p]) for p in degrees],
        crs="EPSG:4326",
    )
