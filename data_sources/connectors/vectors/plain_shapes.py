"""Layers with arcs, surfaces of triangles, or a declared type that the quick reader refuses -> plain shapes, and which.

Belongs here: reading such a layer a second time, slowly. Does not belong here: the first, quick reading (``vector_opening``).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely

from data_sources.connectors.library_errors import LIBRARY_ERRORS

ARC = (
    "an arc was straightened into chords of one degree: they leave it by less than 1/25,000 of its radius, and an area "
    "bounded by it by less than 1/10,000"
)
SURFACE = "a surface of triangles or facets is read as the ground that it covers"
NOT_A_SHAPE = "a geometry that cannot be read: a damaged record, or a curve that cannot be straightened"
_STEP_DEG = "1"
_CURVES = frozenset(range(8, 15))
_SURFACES = {15: 6, 16: 6, 17: 3}  # polyhedral surface, TIN -> multipolygon; triangle -> polygon: the same bytes
_POLYGON, _TRIANGLE = 3, 17


@dataclass
class OddLayer:
    """A layer with plain shapes, and the positions (from 0) of the rows whose shape was another."""

    frame: gpd.GeoDataFrame
    arcs: list[int] = field(default_factory=list)
    surfaces: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)


def read_odd(dataset: Any, layer: str | None, options: Mapping[str, Any]) -> OddLayer:
    """Read a layer whose shapes the quick reader refuses.

    Raises
    ------
    Any of ``LIBRARY_ERRORS`` : it cannot be read this way either.
    """
    chosen: dict[str, Any] = {"layer": layer}
    try:
        meta, table = pyogrio.read_arrow(dataset, **chosen, **options)
        plain = pyogrio.read_dataframe(dataset, **chosen, **options, read_geometry=False, use_arrow=True)
        written = [None if v is None else bytes(v) for v in table[meta["geometry_name"] or "wkb_geometry"].to_pylist()]
        crs = meta["crs"]
    except pyogrio.errors.GeometryError:
        inside = _Package(dataset, layer)
        chosen = {"sql": inside.plane}
        plain = pyogrio.read_dataframe(dataset, sql=inside.columns, **options, read_geometry=False, use_arrow=True)
        written, crs = inside.shapes, inside.crs
    codes = np.array([-1 if v is None else _code(v) for v in written])
    arcs = np.flatnonzero(np.isin(codes, sorted(_CURVES)) | _holds_curves(written, codes))
    surfaces = np.flatnonzero(np.isin(codes, sorted(_SURFACES)))
    shapes = np.full(len(written), None, dtype=object)
    rest = np.setdiff1d(np.flatnonzero(codes >= 0), np.concatenate([arcs, surfaces]))
    shapes[rest] = shapely.from_wkb(np.array(written, dtype=object)[rest], on_invalid="ignore")
    for i in surfaces:
        parts = shapely.from_wkb(_as_polygons(written[i] or b""), on_invalid="ignore")
        shapes[i] = None if parts is None else shapely.union_all(shapely.get_parts(shapely.force_2d(parts)))
    if len(arcs):
        straight = _straightened(dataset, chosen, options)
        if straight is not None and len(straight) == len(shapes):
            shapes[arcs] = straight[arcs]
    lost = np.flatnonzero((codes >= 0) & shapely.is_missing(shapes))
    frame = gpd.GeoDataFrame(pd.DataFrame(plain), geometry=gpd.GeoSeries(shapes, index=plain.index), crs=crs)
    bent = [i for i in np.setdiff1d(arcs, lost).tolist() if _has_arc(written[i] or b"")]
    return OddLayer(frame, bent, np.setdiff1d(surfaces, lost).tolist(), lost.tolist())


def _straightened(dataset: Any, chosen: Mapping[str, Any], options: Mapping[str, Any]) -> np.ndarray | None:
    """The shapes as GDAL straightens them (the slow reader does, the quick one cannot), None where it cannot either."""
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": _STEP_DEG})
    try:
        _, _, shapes, _ = pyogrio.raw.read(dataset, **chosen, **options, columns=[])
        return np.asarray(shapely.from_wkb(shapes, on_invalid="ignore"), dtype=object)
    except LIBRARY_ERRORS:
        return None
    finally:
        pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": None})


def _code(wkb: bytes) -> int:
    """The kind of a geometry in well-known binary, without its dimensions: 3 a polygon, 10 a polygon with arcs."""
    if len(wkb) < 5:
        return 0
    number = struct.unpack("<I" if wkb[0] == 1 else ">I", wkb[1:5])[0]
    return int((number & 0x0FFFFFFF) % 1000)


def _has_arc(wkb: bytes) -> bool:
    """Whether a circular string stands inside: a layer of the type "polygon with arcs" may hold none."""
    kinds = (8, 1008, 2008, 3008)
    return any(struct.pack(f"{o}bI", b, k) in wkb for o, b in (("<", 1), (">", 0)) for k in kinds)


def _holds_curves(written: list[bytes | None], codes: np.ndarray) -> np.ndarray:
    """Collections that hold an arc somewhere inside."""
    out = np.zeros(len(codes), dtype=bool)
    for i in np.flatnonzero(codes == 7):
        shape = written[i]
        try:
            shapely.from_wkb(shape)
        except (NotImplementedError, shapely.errors.ShapelyError):
            out[i] = True
    return out


def _as_polygons(wkb: bytes) -> bytes:
    """A TIN or a polyhedral surface has the bytes of a multipolygon but for the numbers that name the kinds."""
    order = "<I" if wkb[0] == 1 else ">I"
    number = struct.unpack(order, wkb[1:5])[0]
    ordinates = 2 + (number // 1000 % 1000 in (1, 2)) + 2 * (number // 1000 == 3)
    out = bytearray(wkb)
    struct.pack_into(order, out, 1, number - number % 1000 + _SURFACES[number % 1000])
    if number % 1000 == _TRIANGLE:
        return bytes(out)
    at = 9
    for _ in range(struct.unpack(order, wkb[5:9])[0]):
        inner = struct.unpack_from(order, wkb, at + 1)[0]
        struct.pack_into(order, out, at + 1, inner - inner % 1000 + _POLYGON)
        rings = struct.unpack_from(order, wkb, at + 5)[0]
        at += 9
        for _ in range(rings):
            at += 4 + 8 * ordinates * struct.unpack_from(order, wkb, at)[0]
    return bytes(out)


def gpkg_layers(dataset: Any) -> list[str]:
    """Names of the layers of a GeoPackage with a geometry, where the library refuses to list them; [] for another file."""
    if not str(dataset).lower().endswith(".gpkg"):
        return []
    with closing(connect(f"{Path(str(dataset)).resolve().as_uri()}?mode=ro", uri=True)) as base:
        return [str(row[0]) for row in base.execute("select table_name from gpkg_geometry_columns order by rowid")]


class _Package:
    """A layer of a GeoPackage whose declared type the library refuses (GEOMETRY with Z, TIN): its bytes, without it.

    ``columns`` is the query of all but shapes and key, ``plane`` that of the shapes without heights; ``shapes`` are
    well-known binary in the same order; ``crs`` is what ``geopandas`` takes, None where the file names none.
    """

    def __init__(self, dataset: Any, layer: str | None) -> None:
        names = gpkg_layers(dataset)
        if not names:
            raise pyogrio.errors.GeometryError("the layer's declared geometry type is not supported")
        table = _quoted(layer or names[0])
        with closing(connect(f"{Path(str(dataset)).resolve().as_uri()}?mode=ro", uri=True)) as base:
            name, srs = base.execute(
                "select column_name, srs_id from gpkg_geometry_columns where table_name = ?", (layer or names[0],)
            ).fetchone()
            info = base.execute(f"pragma table_info({table})").fetchall()
            kept = [_quoted(str(row[1])) for row in info if row[1] != name and not row[5]]
            self.shapes = [_wkb_of(row[0]) for row in base.execute(f"select {_quoted(name)} from {table}")]
            said = base.execute(
                "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?",
                (srs,),
            ).fetchone()
        self.columns = f"SELECT {', '.join(kept) or '1 AS one'} FROM {table}"
        self.plane = f"SELECT CastToXY({_quoted(name)}) AS {_quoted(name)} FROM {table}"
        self.crs = None
        if said is not None and srs not in (0, -1):
            self.crs = f"{said[0]}:{said[1]}" if str(said[0]).upper() in ("EPSG", "ESRI") else str(said[2])


def _wkb_of(blob: bytes | None) -> bytes | None:
    """The well-known binary behind the header of a GeoPackage's geometry."""
    if not blob or blob[:2] != b"GP" or blob[3] & 0x10:  # none, or empty
        return None
    envelope = (0, 32, 48, 48, 64)
    kind = blob[3] >> 1 & 0x07
    return bytes(blob[8 + envelope[kind] :]) if kind < len(envelope) else b""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
