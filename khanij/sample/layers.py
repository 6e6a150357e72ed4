"""Geological layers as GSI publishes them: lithology, faults, folds, mineral occurrences, states.

Belongs here: geometry and attributes of the mapped world. What the map leaves out (blind complexes, deposits not yet
found) stays in ``geology`` and in the truth.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from data_sources.sheets import sheets_of
from khanij.sample.fields import Floats, stream
from khanij.sample.geology import ALLUVIUM_HALF_WIDTH_M, GNEISS, ULTRAMAFIC, World, points_in

CRS = "EPSG:4326"

# rock code: lithologic, group_name, supergroup, age, intrusive
_UNITS = (
    ("GRANITE GNEISS", "Vanagiri Gneissic Complex (SAMPLE)", "Vanagiri (SAMPLE)", "ARCHAEAN", ""),
    ("GREY GRANITE", "Tamrapet Granite (SAMPLE)", "Tamrapet (SAMPLE)", "PALAEOPROTEROZOIC", "ACID INTRUSIVE"),
    ("HORNBLENDE SCHIST", "Nilakota Schist Belt (SAMPLE)", "Nilakota (SAMPLE)", "ARCHAEAN", ""),
    (
        "PERIDOTITE AND SERPENTINITE",
        "Harita Ultramafics (SAMPLE)",
        "Nilakota (SAMPLE)",
        "ARCHAEAN",
        "ULTRABASIC INTRUSIVE",
    ),
    (
        "ALKALI SYENITE",
        "Madhuvana Alkaline Complex (SAMPLE)",
        "Madhuvana (SAMPLE)",
        "NEOPROTEROZOIC",
        "ALKALINE INTRUSIVE",
    ),
    (
        "CARBONATITE",
        "Madhuvana Alkaline Complex (SAMPLE)",
        "Madhuvana (SAMPLE)",
        "NEOPROTEROZOIC",
        "ALKALINE INTRUSIVE",
    ),
    ("ALLUVIUM", "", "", "QUATERNARY", ""),
    ("DOLERITE", "Mafic dykes (SAMPLE)", "", "PROTEROZOIC", "BASIC INTRUSIVE"),
)
LITHOLOGIC = tuple(unit[0] for unit in _UNITS)


def to_lonlat(world: World, geometry: np.ndarray) -> np.ndarray:
    """Geometries from the plane's metres to degrees."""
    return np.asarray(
        shapely.transform(geometry, lambda xy: np.column_stack(world.plane.to_lonlat(xy[:, 0], xy[:, 1])))
    )


def sheet_labels(lon: Floats, lat: Floats) -> np.ndarray:
    """Sheets of points as the survey's layers write them most often: ``56G02``."""
    texts, inverse = np.unique(sheets_of(lon, lat).astype(str), return_inverse=True)
    return np.array([text.replace("/", "") for text in texts], dtype=object)[inverse]


def sheet_of(geometry: np.ndarray) -> np.ndarray:
    """Sheet of each geometry's centre (degrees)."""
    centre = shapely.centroid(geometry)
    return sheet_labels(shapely.get_x(centre), shapely.get_y(centre))


def lithology(world: World) -> gpd.GeoDataFrame:
    """``lithology_gcs_ngdr``: the mosaic with alluvium, dykes and mapped intrusions cut into it."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(world.seeds_xy), extend_to=world.land, ordered=True)
    polygons = np.asarray(shapely.get_parts(cells))
    crossing = ~shapely.contains_properly(world.land, polygons)
    polygons[crossing] = shapely.intersection(polygons[crossing], world.land)
    polygons = shapely.transform(
        shapely.segmentize(polygons, world.cell_m / 7.0), lambda xy: np.column_stack(world.displace(xy[:, 0], xy[:, 1]))
    )
    folded = ~shapely.is_valid(polygons)
    polygons[folded] = shapely.buffer(polygons[folded], 0.0)
    rocks = world.seeds_rock.copy()
    for shapes, codes in _overlays(world):
        tree = shapely.STRtree(polygons)
        for shape in shapes:
            hit = tree.query(shape, predicate="intersects")
            polygons[hit] = shapely.difference(polygons[hit], shape)
        polygons = np.concatenate([polygons, np.asarray(shapes, dtype=object)])
        rocks = np.concatenate([rocks, codes])
    parts, source = shapely.get_parts(polygons, return_index=True)
    # Slivers below a hectare are drawing noise; holes of that size are part of any map.
    keep = (shapely.area(parts) > 10_000.0) & (shapely.get_type_id(parts) == 3)
    parts, rocks = parts[keep], rocks[source[keep]]
    wanted = world.counts.lithology_polygons
    if wanted is not None:
        order = np.argsort(-shapely.area(parts), kind="stable")[: wanted - 1]
        order.sort()
        parts, rocks = parts[order], rocks[order]
    degrees = shapely.orient_polygons(to_lonlat(world, parts))
    unit = [_UNITS[code] for code in rocks]
    n = len(degrees)
    return gpd.GeoDataFrame(
        {
            "objectid": np.arange(1, n + 1),
            "age": [u[3] for u in unit],
            "supergroup": [u[2] for u in unit],
            "group_name": [u[1] for u in unit],
            "sub_group": [""] * n,
            "formation": [""] * n,
            "member": [""] * n,
            "lithologic": [u[0] for u in unit],
            "intrusive": [u[4] for u in unit],
            "toposheet_": sheet_of(degrees),
            "uid_notati": [f"SMP-L-{i:06d}" for i in range(1, n + 1)],
            "notation": [u[0][:3].title() for u in unit],
            "stratigrap": [u[3].title() for u in unit],
            "shape_area": np.round(shapely.area(degrees), 9),
        },
        geometry=degrees,
        crs=CRS,
    )


def _overlays(world: World) -> list[tuple[list[Any], np.ndarray]]:
    counts, overlays = world.counts, []
    if counts.is_alluvium_cut:
        strips = shapely.union_all(
            [shapely.LineString(r).simplify(60.0).buffer(ALLUVIUM_HALF_WIDTH_M, 4) for r in world.rivers]
        )
        pieces = [p for p in shapely.get_parts(strips.intersection(world.land)) if p.area > 1e6]
        overlays.append((pieces, np.full(len(pieces), 6)))
    if counts.dykes:
        rng = stream(world.seed, "dykes")
        dykes = []
        for centre in points_in(world.land, counts.dykes, rng, 4_000.0):
            half, azimuth = rng.uniform(3_000.0, 10_000.0), rng.normal(1.9, 0.15)
            end = np.array([np.cos(azimuth), np.sin(azimuth)]) * half
            dykes.append(
                shapely.LineString([centre - end, centre + end]).buffer(90.0, cap_style="flat").intersection(world.land)
            )
        overlays.append((dykes, np.full(len(dykes), 7)))
    mapped = np.flatnonzero(world.bodies.is_mapped)
    plugs = [shapely.Polygon(world.bodies.ring(int(i))).intersection(world.land) for i in mapped]
    overlays.append((plugs, world.bodies.rock[mapped]))
    return overlays


def _lines(world: World, lines: list[Floats], **columns: object) -> gpd.GeoDataFrame:
    shapes = shapely.intersection(np.array([shapely.LineString(line) for line in lines], dtype=object), world.land)
    # A line that leaves the area and comes back is kept as its longest part: one row stays one row.
    multi = np.flatnonzero(shapely.get_type_id(shapes) == 5)
    for i in multi:
        parts = shapely.get_parts(shapes[i])
        shapes[i] = parts[int(np.argmax(shapely.length(parts)))]
    keep = (shapely.get_type_id(shapes) == 1) & ~shapely.is_empty(shapes)
    degrees = to_lonlat(world, shapes[keep])
    data = {"objectid": np.arange(1, len(degrees) + 1)}
    data.update({name: np.asarray(values, dtype=object)[keep] for name, values in columns.items()})
    data["toposheet_"] = sheet_of(degrees)
    data["shape_leng"] = np.round(shapely.length(degrees), 9)
    return gpd.GeoDataFrame(data, geometry=degrees, crs=CRS)


def faults(world: World) -> gpd.GeoDataFrame:
    """``fault_gcs_ngdr``: every fault_name is BLANK, as in the real layer."""
    rng = stream(world.seed, "fault", "attributes")
    kinds = np.array(["FAULT", "SHEAR ZONE", "INFERRED FAULT"])[rng.choice(3, len(world.faults), p=[0.6, 0.2, 0.2])]
    return _lines(world, world.faults, fault_type=kinds, fault_name=["BLANK"] * len(world.faults))


def folds(world: World) -> gpd.GeoDataFrame:
    """Fold axes, mostly in schist country; field FOLD_TYPE in capitals, as in the real layer."""
    rng = stream(world.seed, "folds")
    lines = []
    for centre in points_in(world.land, world.counts.folds, rng, 3_000.0):
        half, azimuth = rng.uniform(1_000.0, 5_000.0), rng.normal(2.6, 0.3)
        t = np.linspace(-half, half, 5)
        bow = 0.15 * half * (1.0 - (t / half) ** 2)
        lines.append(
            np.column_stack(
                [
                    centre[0] + np.cos(azimuth) * t - np.sin(azimuth) * bow,
                    centre[1] + np.sin(azimuth) * t + np.cos(azimuth) * bow,
                ]
            )
        )
    kinds = np.array(["ANTIFORM", "SYNFORM"])[rng.integers(0, 2, len(lines))]
    return _lines(world, lines, FOLD_TYPE=kinds)


def drainage(world: World, site_xy: Floats) -> gpd.GeoDataFrame:
    """Main rivers (stream_order 3), streams from waste sites and from as many other points (1), each drawn downstream."""
    other = points_in(world.land, len(site_xy), stream(world.seed, "drainage"))
    start = np.vstack([site_xy, other])
    xs, ys = world.relief.trace(start[:, 0], start[:, 1], 250.0, 56)
    streams = [np.column_stack([xs[:, i], ys[:, i]]) for i in range(len(start))]
    order = np.array([3] * len(world.rivers) + [1] * len(streams), dtype=object)
    return _lines(world, [*world.rivers, *streams], stream_order=order)


def published_deposits(world: World) -> np.ndarray:
    """Indices of the planted deposits that the occurrence layer shows; the rest are still to be found."""
    n = world.counts.deposits
    return np.sort(stream(world.seed, "published").permutation(n)[: world.counts.published_deposits])


def mineralization(world: World) -> gpd.GeoDataFrame:
    """``mineralization_gcs_ngdr``: published deposits within about 150 m, and occurrences of other minerals."""
    rng = stream(world.seed, "mineralization")
    found = published_deposits(world)
    rare = np.column_stack([world.deposits.x[found], world.deposits.y[found]]) + rng.normal(0.0, 150.0, (len(found), 2))
    n = world.counts.other_occurrences
    names = np.array(["LIMESTONE", "IRON ORE", "GOLD", "BARYTES", "STEATITE", "QUARTZ", "COPPER ORE", "CHROMITE"])
    other = points_in(world.land, n, rng)
    commodity = names[rng.choice(len(names), n, p=[0.24, 0.2, 0.12, 0.1, 0.1, 0.12, 0.07, 0.05])]
    chromite = np.flatnonzero(commodity == "CHROMITE")
    hosts = np.flatnonzero(world.bodies.rock == ULTRAMAFIC)
    pick = hosts[rng.integers(0, len(hosts), len(chromite))]
    other[chromite] = np.column_stack([world.bodies.x[pick], world.bodies.y[pick]]) + rng.normal(0, 300, (len(pick), 2))
    labels = np.array(["RARE EARTHS", "RARE EARTHS;NIOBIUM", "NIOBIUM;RARE EARTHS"])[
        rng.choice(3, len(found), p=[0.6, 0.25, 0.15])
    ]
    xy = np.vstack([rare, other])
    x0, y0, x1, y1 = world.land.bounds
    xy = np.clip(xy, [x0 + 30.0, y0 + 30.0], [x1 - 30.0, y1 - 30.0])
    order = rng.permutation(len(xy))
    lon, lat = world.plane.to_lonlat(xy[order, 0], xy[order, 1])
    return gpd.GeoDataFrame(
        {
            "objectid": np.arange(1, len(xy) + 1),
            "commodity": np.concatenate([labels, commodity])[order],
            "toposheet_": sheet_labels(lon, lat),
        },
        geometry=shapely.points(lon, lat),
        crs=CRS,
    )


STATE_NAMES = ("Madhyavana", "Purvagiri", "Dakshinapura", "Uttarakota", "Paschimaghat", "Nadipradesh")


def states(world: World) -> gpd.GeoDataFrame:
    """Invented states, a grid of boxes over the extent, and two districts in each."""
    west, south, east, north = world.extent_deg
    nx, ny = world.counts.states
    rows, shapes = [], []
    for j in range(ny):
        for i in range(nx):
            k = j * nx + i
            name = STATE_NAMES[k % len(STATE_NAMES)] + ("" if k < len(STATE_NAMES) else f" {k // len(STATE_NAMES) + 1}")
            x0, x1 = west + (east - west) * i / nx, west + (east - west) * (i + 1) / nx
            y0, y1 = south + (north - south) * j / ny, south + (north - south) * (j + 1) / ny
            middle = 0.5 * (y0 + y1)
            for half, (a, b) in (("North", (middle, y1)), ("South", (y0, middle))):
                rows.append((f"{name} (SAMPLE)", f"{name} {half} (SAMPLE)"))
                shapes.append(shapely.box(x0, a, x1, b))
    frame = gpd.GeoDataFrame(
        {"state": [r[0] for r in rows], "district": [r[1] for r in rows]}, geometry=shapes, crs=CRS
    )
    frame["geometry"] = shapely.orient_polygons(frame.geometry.to_numpy())
    return frame


def state_and_district(world: World, lon: Floats, lat: Floats) -> tuple[list[str], list[str]]:
    """Invented state and district of each point."""
    frame = states(world)
    west, south, east, north = world.extent_deg
    nx, ny = world.counts.states
    i = np.clip(((np.asarray(lon) - west) / (east - west) * nx).astype(int), 0, nx - 1)
    t = (np.asarray(lat) - south) / (north - south) * ny
    j = np.clip(t.astype(int), 0, ny - 1)
    row = 2 * (j * nx + i) + np.where(t - j >= 0.5, 0, 1)
    return frame["state"].iloc[row].tolist(), frame["district"].iloc[row].tolist()


__all__ = [
    "CRS",
    "GNEISS",
    "LITHOLOGIC",
    "faults",
    "folds",
    "lithology",
    "mineralization",
    "published_deposits",
    "states",
]
