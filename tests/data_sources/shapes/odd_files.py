"""Files as other programs write them, made from their formats' own descriptions."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import box

SQUARE = box(76.5, 14.5, 76.51, 14.51)


def leases(shapes: Sequence[object], crs: object = 4326, **columns: Sequence[object]) -> gpd.GeoDataFrame:
    ids = {"block_id": [f"L{i}" for i in range(len(shapes))], "name": [f"lease {i}" for i in range(len(shapes))]}
    return gpd.GeoDataFrame({**ids, **columns}, geometry=list(shapes), crs=crs)


def gpkg_of_wkb(file: Path, shapes: Sequence[bytes], declared: str, *, z: int = 0, srs: int = 4326) -> Path:
    """A GeoPackage whose shapes are these bytes, of a declared type that no library here writes."""
    leases([SQUARE] * len(shapes)).to_file(file, layer="leases")
    with closing(sqlite3.connect(file)) as base:
        for name, sql in base.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall():
            if "leases" in sql:
                base.execute(f'drop trigger "{name}"')
        base.execute("pragma writable_schema = on")  # the column's own type too, or GDAL warns of the difference
        base.execute("update sqlite_master set sql = replace(sql, '\"geom\" POLYGON', '\"geom\" ' || ?)", (declared,))
        base.execute("update gpkg_geometry_columns set geometry_type_name = ?, z = ?, srs_id = ?", (declared, z, srs))
        base.execute("update gpkg_contents set srs_id = ?", (srs,))
        head = b"GP\x00\x01" + struct.pack("<i", srs)
        for number, shape in enumerate(shapes, start=1):
            base.execute("update leases set geom = ? where fid = ?", (head + shape, number))
        base.commit()
    return file


def arc_circle(x: float, y: float, r: float) -> bytes:
    """CURVEPOLYGON(CIRCULARSTRING(...)): a circle in two arcs."""
    points = [(x - r, y), (x, y + r), (x + r, y), (x, y - r), (x - r, y)]
    ring = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)
    return struct.pack("<BII", 1, 10, 1) + ring


def half_arc_curve(x: float, y: float, r: float) -> bytes:
    """MULTISURFACE(CURVEPOLYGON(COMPOUNDCURVE(arc, straight line))): a half disc."""
    arc = struct.pack("<BII", 1, 8, 3) + b"".join(struct.pack("<dd", *p) for p in [(x - r, y), (x, y + r), (x + r, y)])
    line = struct.pack("<BII", 1, 2, 2) + struct.pack("<dddd", x + r, y, x - r, y)
    compound = struct.pack("<BII", 1, 9, 2) + arc + line
    return struct.pack("<BII", 1, 12, 1) + struct.pack("<BII", 1, 10, 1) + compound


def tin(triangles: Sequence[Sequence[tuple[float, float, float]]], *, kind: int = 1016) -> bytes:
    """TIN Z (or a polyhedral surface Z, 1015) of triangles."""
    out = struct.pack("<BII", 1, kind, len(triangles))
    for corners in triangles:
        ring = [*corners, corners[0]]
        out += struct.pack("<BIII", 1, 1017 if kind == 1016 else 1003, 1, len(ring))
        out += b"".join(struct.pack("<ddd", *p) for p in ring)
    return out


def shapefile_with(file: Path, shape: object, prj: str) -> Path:
    """A Shapefile with one lease whose numbers are in the system of this .prj text."""
    leases([shape], crs=None).to_file(file)
    file.with_suffix(".prj").write_text(prj)
    return file


def plane_area_ha(shape: shapely.Geometry) -> float:
    """The area on a sphere's local plane, in hectares: to half a per cent, by another way than the product's."""
    x, y = shape.centroid.coords[0]
    lat = np.radians(y)
    east = 111_412.84 * np.cos(lat) - 93.5 * np.cos(3 * lat)
    north = 111_132.92 - 559.82 * np.cos(2 * lat)
    del x
    return float(shape.area * east * north / 1e4)
