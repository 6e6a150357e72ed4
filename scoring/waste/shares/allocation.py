"""Sites to blocks: each kind of block shares out each site once; mass is conserved within a kind.

``inside`` is the share of the site's ground in the block, ``near`` a share of what is left for blocks within reach
(reported, not scored), the rest is unallocated: for every site and kind the three add up to 1.

Belongs here: geometry and shares. Does not belong here: metal or money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from khanij.foundation.cells import text, truth
from khanij.foundation.equal_area import require_equal_area
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import normals
from scoring.waste.settings import WasteSettings
from scoring.waste.shares.areas import WGS84, to_equal_area
from scoring.waste.shares.overlaps import polygon_shares

R90_PER_SIGMA = 2.146
"""Radius of 90 % of a circular normal distribution, sqrt(2 ln 10) = 2.146 sigma."""

SHARE_COLUMNS = ("block_id", "kind", "site_id", "inside", "near", "distance_km", "relation", "is_own", "share_basis")


@dataclass(frozen=True)
class PointShare:
    """Draws in which a point site with position error lies inside a block, and the share it then gives (1 / overlaps)."""

    draws: NDArray[np.int64]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class Allocation:
    """Shares of sites in blocks.

    ``shares`` has one row per block and site with something inside or near (``SHARE_COLUMNS``); for a point site
    ``inside`` and ``near`` are means over its drawn positions. ``unallocated`` has kind, site_id, unallocated.
    ``nearest`` has block_id, nearest_site_id, nearest_site_km. ``points`` holds the draws of (block_id, site_id).
    """

    shares: pd.DataFrame
    unallocated: pd.DataFrame
    nearest: pd.DataFrame
    points: dict[tuple[str, str], PointShare]


def near_weights(
    distance_km: NDArray[np.float64], reach_km: float, decay_km: float, taper_km: float
) -> NDArray[np.float64]:
    """``w = exp(-d / decay) / max(1, sum)``, tapered linearly to 0 from reach - taper to reach; they never exceed 1 in sum."""
    d = np.asarray(distance_km, float)
    start = max(0.0, reach_km - taper_km)
    taper = (
        np.clip((reach_km - d) / (reach_km - start), 0.0, 1.0) if reach_km > start else (d <= reach_km).astype(float)
    )
    raw = np.where(d <= reach_km, np.exp(-d / decay_km) * taper, 0.0)
    return raw / max(1.0, math.fsum(raw))


def allocate(
    sites: gpd.GeoDataFrame,
    footprints: gpd.GeoDataFrame | None,
    blocks: gpd.GeoDataFrame,
    crs: str,
    settings: WasteSettings,
) -> Allocation:
    """Share every site among the blocks of each kind.

    Parameters
    ----------
    sites : site_id, lon, lat, position_accuracy_m (r90), is_excluded; geometry is not read.
    footprints : site_id and polygons, or None.
    blocks : block_id, kind, site_id (waste blocks) and polygons, EPSG:4326.
    crs : equal-area, for areas and distances in metres.

    Raises
    ------
    CrsError : ``crs`` does not keep areas, or a frame has no CRS.
    """
    known = require_equal_area(crs)
    table = _site_table(sites)
    mapped = projected_footprints(footprints, known)
    frame = to_equal_area(blocks[["block_id", "kind", "site_id", "geometry"]], known, "blocks")
    frame["block_id"] = frame["block_id"].astype(str)
    frame = frame.sort_values("block_id", kind="stable").reset_index(drop=True)
    shapes = np.array(
        [g if g is not None and (g.is_valid or g.is_empty) else shapely.make_valid(g) for g in frame.geometry],
        dtype=object,
    )
    transformer = Transformer.from_crs(4326, known, always_xy=True)
    to_deg = Transformer.from_crs(known, 4326, always_xy=True)

    rows: list[dict[str, Any]] = []
    unallocated: list[dict[str, Any]] = []
    points: dict[tuple[str, str], PointShare] = {}
    site_shapes: dict[str, shapely.Geometry] = {}
    for site in table:
        if site.site_id in mapped:
            site_shapes[site.site_id] = mapped[site.site_id]
        elif not math.isnan(site.lon) and not math.isnan(site.lat):
            site_shapes[site.site_id] = shapely.Point(transformer.transform(site.lon, site.lat))

    for kind in sorted(frame["kind"].unique()) if len(frame) else []:
        members = np.flatnonzero((frame["kind"] == kind).to_numpy())
        ids = frame["block_id"].to_numpy()[members]
        geometry = shapes[members]
        own = _own_blocks(frame, members)
        full = np.flatnonzero([g is not None and not g.is_empty for g in geometry])
        tree = shapely.STRtree(geometry[full])
        for site in table:
            if site.is_excluded:
                continue
            shape = site_shapes.get(site.site_id)
            if site.site_id in own:
                rows.append(_row(own[site.site_id], kind, site.site_id, 1.0, 0.0, 0.0, True, "own"))
                unallocated.append({"kind": kind, "site_id": site.site_id, "unallocated": 0.0})
                continue
            if kind == "waste_block" or shape is None:
                unallocated.append({"kind": kind, "site_id": site.site_id, "unallocated": 1.0})
                continue
            sigma = 0.0 if site.site_id in mapped or math.isnan(site.r90) else site.r90 / R90_PER_SIGMA
            # an equal-area projection may shorten a distance by a third; the distances that count are geodesic
            reach_m = max(settings.reach_km * 1500.0, 6.5 * sigma)
            close = full[np.sort(tree.query(shape, predicate="dwithin", distance=reach_m))]
            if site.site_id in mapped:
                inside = polygon_shares(shape, geometry[close])
                basis = "footprint"
            elif sigma > 0.0:
                inside, drawn = _point_shares(shape, sigma, geometry[close], settings, site.site_id)
                for j, share in drawn.items():
                    points[(ids[close[j]], site.site_id)] = share
                basis = "position drawn"
            else:
                within = shapely.intersects(geometry[close], shape).astype(float)
                inside, basis = within / max(1.0, within.sum()), "position"
            left = max(0.0, 1.0 - math.fsum(inside))
            distance = _distance_km(geometry[close], shape, to_deg)
            near = left * near_weights(distance, settings.reach_km, settings.decay_km, settings.taper_km)
            for j, c in enumerate(close):
                if inside[j] > 0.0 or near[j] > 0.0:
                    rows.append(_row(ids[c], kind, site.site_id, inside[j], near[j], distance[j], False, basis))
            unallocated.append(
                {
                    "kind": kind,
                    "site_id": site.site_id,
                    "unallocated": max(0.0, 1.0 - math.fsum(inside) - math.fsum(near)),
                }
            )

    nearest = _nearest(frame, shapes, site_shapes, table, to_deg)
    return Allocation(
        shares=pd.DataFrame(rows, columns=list(SHARE_COLUMNS))
        .sort_values(["block_id", "site_id"], kind="stable")
        .reset_index(drop=True),
        unallocated=pd.DataFrame(unallocated, columns=["kind", "site_id", "unallocated"]),
        nearest=nearest,
        points=points,
    )


def near_as_inside(allocation: Allocation) -> Allocation:
    """The allocation with what is near counted as inside, in every draw alike (a sensitivity)."""
    shares = allocation.shares.copy()
    shares["inside"] = shares["inside"] + shares["near"]
    shares["near"] = 0.0
    return Allocation(shares, allocation.unallocated, allocation.nearest, {})


def _point_shares(
    point: shapely.Point, sigma: float, blocks: NDArray[Any], settings: WasteSettings, site_id: str
) -> tuple[NDArray[np.float64], dict[int, PointShare]]:
    """Expected inside share of each block and, per block, the draws in which the displaced point falls into it."""
    k = settings.draws
    x = point.x + sigma * normals(settings.seed, k, Stream.POSITION_X, site_id)
    y = point.y + sigma * normals(settings.seed, k, Stream.POSITION_Y, site_id)
    holds = np.zeros((len(blocks), k), dtype=bool)
    for j, block in enumerate(blocks):
        shapely.prepare(block)
        x0, y0, x1, y1 = block.bounds
        window = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
        holds[j, window] = shapely.intersects_xy(block, x[window], y[window])
    count = holds.sum(axis=0)
    expected, drawn = np.zeros(len(blocks)), {}
    for j in range(len(blocks)):
        draws = np.flatnonzero(holds[j])
        if draws.size:
            share = 1.0 / count[draws]
            expected[j] = math.fsum(share) / k
            drawn[j] = PointShare(draws.astype(np.int64), share)
    return expected, drawn


def _distance_km(blocks: NDArray[Any], site: shapely.Geometry, to_deg: Transformer) -> NDArray[np.float64]:
    """(n,) geodesic distance from each block to a site [km]; 0 where they meet."""
    line = shapely.get_coordinates(shapely.shortest_line(blocks, site)).reshape(-1, 2, 2)
    lon, lat = to_deg.transform(line[:, :, 0], line[:, :, 1])
    return np.asarray(WGS84.inv(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])[2]) / 1000.0


def _row(
    block_id: str, kind: str, site_id: str, inside: float, near: float, distance_km: float, is_own: bool, basis: str
) -> dict[str, Any]:
    relation = "inside" if inside > 0.0 else "near"
    return dict(zip(SHARE_COLUMNS, (block_id, kind, site_id, inside, near, distance_km, relation, is_own, basis)))


def _own_blocks(frame: gpd.GeoDataFrame, members: NDArray[np.int64]) -> dict[str, str]:
    """site_id -> the waste block that is the site's own ground (the first by id, should there be two)."""
    out: dict[str, str] = {}
    for i in members:
        if frame["kind"].iat[i] == "waste_block" and text(frame["site_id"].iat[i]):
            out.setdefault(text(frame["site_id"].iat[i]), str(frame["block_id"].iat[i]))
    return out


class SitePoint(NamedTuple):
    """One site's position: degrees, r90 in metres (NaN: not stated)."""

    site_id: str
    lon: float
    lat: float
    r90: float
    is_excluded: bool


def _site_table(sites: gpd.GeoDataFrame) -> list[SitePoint]:
    n = len(sites)

    def column(name: str) -> list[float]:
        values = (
            pd.to_numeric(pd.Series(sites[name].to_numpy()), errors="coerce")
            if name in sites
            else pd.Series([math.nan] * n)
        )
        return [float(v) for v in values.astype(float)]

    excluded = [truth(v) for v in sites["is_excluded"].tolist()] if "is_excluded" in sites else [False] * n
    ids = sites["site_id"].astype(str).tolist()
    rows = zip(ids, column("lon"), column("lat"), column("position_accuracy_m"), excluded)
    return sorted((SitePoint(*row) for row in rows), key=lambda p: p.site_id)


def projected_footprints(footprints: gpd.GeoDataFrame | None, crs: CRS) -> dict[str, shapely.Geometry]:
    """Site -> the union of its outlines in ``crs`` (equal-area); none of a site without ground."""
    if footprints is None or not len(footprints):
        return {}
    frame = to_equal_area(footprints[["site_id", "geometry"]], crs, "waste_footprints")
    out: dict[str, list[Any]] = {}
    for site_id, shape in zip(frame["site_id"].astype(str), frame.geometry):
        if shape is not None and not shape.is_empty:
            out.setdefault(site_id, []).append(shapely.make_valid(shape))
    return {s: shapely.union_all(v) for s, v in sorted(out.items()) if shapely.union_all(v).area > 0.0}


def _nearest(
    frame: gpd.GeoDataFrame,
    shapes: NDArray[Any],
    site_shapes: dict[str, shapely.Geometry],
    table: list[SitePoint],
    to_deg: Transformer,
) -> pd.DataFrame:
    """Nearest site of each block (its own for a waste block) and the geodesic distance to it [km]."""
    excluded = {p.site_id for p in table if p.is_excluded}
    ids = [s for s in sorted(site_shapes) if s not in excluded]
    tree = shapely.STRtree([site_shapes[s] for s in ids])
    rows = []
    for i in range(len(frame)):
        block_id, shape, own = frame["block_id"].iat[i], shapes[i], text(frame["site_id"].iat[i])
        site, km = (own, 0.0) if own else ("", math.nan)
        if not own and ids and shape is not None and not shape.is_empty:
            hits = tree.query_nearest(shape, all_matches=True)
            site = ids[int(np.min(hits))]
            km = float(_distance_km(np.array([shape]), site_shapes[site], to_deg)[0])
        rows.append({"block_id": block_id, "nearest_site_id": site or None, "nearest_site_km": km})
    return pd.DataFrame(rows, columns=["block_id", "nearest_site_id", "nearest_site_km"])
