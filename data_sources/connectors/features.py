"""Bodies of answers -> Arrow tables: GeoJSON by Arrow's own JSON reader; GML, Esri JSON and odd GeoJSON by GDAL.

Belongs here: parsing. Does not belong here: asking for a page, or joining pages (``pages``). A body reaches GDAL only
after its first bytes have shown what it is, so it can never be followed to a file or another host.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyogrio.errors
import shapely

from data_sources.connectors.remote.http import BrokenBodyError
from data_sources.connectors.safety import refuse_entities
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import redact

FEATURE_ID = "_feature_id"
GEOMETRY = "geometry"
_CARD = "correct the layer or address in the card"
_CUT = "the answer is cut short or damaged"


@dataclass(frozen=True)
class Parsed:
    """One parsed body: columns with WKB in ``geometry``, its CRS, how many features the server announced, next link."""

    table: pa.Table
    crs: str | None
    announced: int | None = None
    next_link: str | None = None
    exceeded: bool = False


def parse_geojson(body: bytes, *, where: str, layer: str) -> Parsed:
    """A GeoJSON FeatureCollection; ids of features become ``_feature_id``.

    Raises
    ------
    BrokenBodyError : cut short. SourceError : JSON that is not a FeatureCollection (a service's error, for one).
    """
    try:
        return _arrow_geojson(body)
    except _OddError:
        pass
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenBodyError(f"{_CUT}: {error}", file=where, layer=layer, do="fetch again") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise SourceError(
            f"the server answers: {redact(_service_text(document))}",
            file=where,
            layer=layer,
            do=_CARD,
        )
    return _gdal_geojson(document, body, where, layer)


class _OddError(Exception):
    """Not of the plain shape that the quick reader takes."""


def _arrow_geojson(body: bytes) -> Parsed:
    if len(body) > 1_500_000_000:
        raise _OddError
    try:
        read = pa.json.ReadOptions(block_size=len(body) + 64, use_threads=False)
        document = pa.json.read_json(pa.BufferReader(body), read_options=read)
        times = _times(document)
        if times is not None:
            parse = pa.json.ParseOptions(explicit_schema=times, unexpected_field_behavior="infer")
            document = pa.json.read_json(pa.BufferReader(body), read_options=read, parse_options=parse)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
        raise _OddError from error
    if document.num_rows != 1 or "features" not in document.column_names:
        raise _OddError
    features = document["features"].combine_chunks()
    kind = features.type
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        raise _OddError  # no features at all, or a null
    items = features.flatten()
    names = {f.name for f in kind.value_type}
    if "properties" not in names or "geometry" not in names or not pa.types.is_struct(items.field("properties").type):
        raise _OddError
    properties = items.field("properties")
    if properties.null_count:
        raise _OddError
    columns: dict[str, Any] = {}
    if "id" in names:
        columns[FEATURE_ID] = items.field("id").cast(pa.string())
    for index, field in enumerate(properties.type):
        values = properties.field(index)
        if pa.types.is_nested(field.type):
            raise _OddError
        columns[field.name] = values
    if GEOMETRY in columns:
        raise _OddError
    columns[GEOMETRY] = _wkb(items.field("geometry"))
    table = pa.table(columns)
    head = {c: document[c][0].as_py() for c in document.column_names if c != "features"}
    return Parsed(table, _crs_of(head), _announced(head), _next_of(head))


def _times(document: pa.Table) -> pa.Schema | None:
    """A schema that reads as text what Arrow took for times, or None where it took nothing for a time."""
    if "features" not in document.column_names:
        return None
    kind = document.schema.field("features").type
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return None
    for field in kind.value_type:
        if field.name == "properties" and pa.types.is_struct(field.type):
            found = [pa.field(f.name, pa.string()) for f in field.type if pa.types.is_temporal(f.type)]
            if found:
                return pa.schema([("features", pa.list_(pa.struct([("properties", pa.struct(found))])))])
    return None


_DEPTH = {
    "Point": (1, shapely.GeometryType.POINT),
    "LineString": (2, shapely.GeometryType.LINESTRING),
    "MultiPoint": (2, shapely.GeometryType.MULTIPOINT),
    "Polygon": (3, shapely.GeometryType.POLYGON),
    "MultiLineString": (3, shapely.GeometryType.MULTILINESTRING),
    "MultiPolygon": (4, shapely.GeometryType.MULTIPOLYGON),
}


def _wkb(geometry: pa.Array) -> pa.Array:
    """A column of GeoJSON geometry objects, all of one type (or null), as WKB."""
    if not pa.types.is_struct(geometry.type):
        if pa.types.is_null(geometry.type):
            return pa.nulls(len(geometry), pa.binary())
        raise _OddError
    valid = geometry.is_valid()
    present = geometry.filter(valid)
    kinds = present.field("type").unique().to_pylist()
    if len(kinds) != 1 or kinds[0] not in _DEPTH:
        raise _OddError
    depth, geometry_type = _DEPTH[kinds[0]]
    level = present.field("coordinates")
    offsets = []
    for _ in range(depth):
        if not pa.types.is_list(level.type) or level.null_count:
            raise _OddError
        starts = level.offsets.to_numpy(zero_copy_only=False)
        offsets.append(starts - starts[0])
        level = level.flatten()
    if not (pa.types.is_floating(level.type) or pa.types.is_integer(level.type)) or level.null_count:
        raise _OddError
    lengths = np.diff(offsets[-1])
    if len(lengths) and not (lengths == 2).all():
        raise _OddError
    xy = level.to_numpy(zero_copy_only=False).astype("float64").reshape(-1, 2)
    ragged = tuple(reversed(offsets[:-1])) or None
    shapes = shapely.from_ragged_array(geometry_type, xy, ragged)
    written = shapely.to_wkb(shapes)
    out = np.full(len(geometry), None, dtype=object)
    out[valid.to_numpy(zero_copy_only=False)] = written
    return pa.array(out, pa.binary())


def _gdal_geojson(document: dict[str, Any], body: bytes, where: str, layer: str) -> Parsed:
    features = document["features"]
    head = {k: v for k, v in document.items() if k != "features"}
    if not features:
        return Parsed(pa.table({GEOMETRY: pa.array([], pa.binary())}), _crs_of(head), _announced(head), _next_of(head))
    table, crs = _gdal(body, where, layer, {"DATE_AS_STRING": "YES"})
    if "id" in table.column_names and not any("id" in (f.get("properties") or {}) for f in features):
        table = table.rename_columns([FEATURE_ID if c == "id" else c for c in table.column_names])
        table = table.set_column(0, FEATURE_ID, table[FEATURE_ID].cast(pa.string()))
    return Parsed(table, _crs_of(head) or crs, _announced(head), _next_of(head))


def parse_gml(body: bytes, *, where: str, layer: str, urn: bool) -> Parsed:
    """A GML feature collection (WFS 1.0, 1.1, 2.0).

    ``urn`` says that the request asked for ``urn:ogc:def:crs:EPSG::n``: some servers (MapServer for WFS 1.1) then write
    ``EPSG:4326`` and still give latitude first, so the short name is read as the long one.

    Raises
    ------
    BrokenBodyError : cut short. SourceError : entities, or a service exception.
    """
    refuse_entities(body[:65_536], where)
    refuse_entities(body, where)
    head = body[:4096].decode("utf-8", "replace")
    if re.search(r"<(\w+:)?(ServiceException|Exception)(Report)?\b", head):
        raise SourceError(f"the server answers: {redact(_xml_text(body))}", file=where, layer=layer, do=_CARD)
    if not re.search(r"<(\w+:)?FeatureCollection\b", head):
        raise SourceError(
            "an answer that is neither features nor an error", file=where, layer=layer, do="correct the card"
        )
    if not re.search(rb"</(\w+:)?FeatureCollection>\s*$", body[-200:]) and not re.search(rb"/>\s*$", body[-20:]):
        raise BrokenBodyError(_CUT, file=where, layer=layer, do="fetch again")
    announced = re.search(r'\b(?:numberMatched|numberOfFeatures)="(\d+)"', head)
    total = int(announced.group(1)) if announced and "numberMatched" in announced.group(0) else None
    if not re.search(rb"<(\w+:)?(featureMembers?|member)\b", body):
        return Parsed(pa.table({GEOMETRY: pa.array([], pa.binary())}), None, total)
    options = {
        "DOWNLOAD_SCHEMA": "NO",
        "EXPOSE_GML_ID": "YES",
        "EXPOSE_FID": "YES",
        "WRITE_GFS": "NO",
        "CONSIDER_EPSG_AS_URN": "YES" if urn else "AUTO",
    }
    # Boxes of features have no column of their own, and GDAL would make some of their corners.
    plain = re.sub(rb"<(gml:)?boundedBy>.*?</(gml:)?boundedBy>", b"", body, flags=re.DOTALL)
    table, crs = _gdal(plain, where, layer, options)
    for name in ("gml_id", "fid"):
        if name in table.column_names:
            table = table.rename_columns([FEATURE_ID if c == name else c for c in table.column_names])
            break
    return Parsed(table, crs, total)


def parse_esri(body: bytes, *, where: str, layer: str) -> Parsed:
    """A page of a feature service (``f=json``); its object id is an ordinary column.

    Raises
    ------
    BrokenBodyError : cut short. SourceError : ``{"error": ...}``, which comes with status 200.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenBodyError(f"{_CUT}: {error}", file=where, layer=layer, do="fetch again") from error
    if not isinstance(document, dict) or "error" in document or not isinstance(document.get("features"), list):
        raise SourceError(
            f"the server answers: {redact(_service_text(document))}", file=where, layer=layer, do="correct the card"
        )
    inner = document.get("properties")
    exceeded = bool(
        document.get("exceededTransferLimit") or (isinstance(inner, dict) and inner.get("exceededTransferLimit"))
    )
    if not document["features"]:
        return Parsed(pa.table({GEOMETRY: pa.array([], pa.binary())}), None, exceeded=exceeded)
    table, crs = _gdal(body, where, layer, {})
    return Parsed(table, crs, exceeded=exceeded)


Kind = Literal["geojson", "gml"]


def kind_of(body: bytes, where: str, layer: str) -> Kind:
    """What a WFS sent, by its first bytes.

    Raises
    ------
    SourceError : neither JSON nor XML. BrokenBodyError : nothing at all.
    """
    start = body[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BrokenBodyError("an empty answer", file=where, layer=layer, do="fetch again")
    if start.startswith(b"{"):
        return "geojson"
    if start.startswith(b"<"):
        return "gml"
    raise SourceError("an answer that is neither JSON nor XML", file=where, layer=layer, do="correct the output format")


def _gdal(body: bytes, where: str, layer: str, options: dict[str, str]) -> tuple[pa.Table, str | None]:
    if b"gdal_streamed_alg" in body or re.search(rb"<\s*(OGRVRTDataSource|VRTDataset)", body[:65_536]):
        raise SourceError(
            "a virtual dataset came where data was asked for", file=where, layer=layer, do="do not use it"
        )
    try:
        meta, table = pyogrio.read_arrow(body, datetime_as_string=True, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ValueError) as error:
        raise BrokenBodyError(f"{_CUT}: {error}", file=where, layer=layer, do="fetch again") from error
    geometry = meta["geometry_name"] or "wkb_geometry"
    if geometry in table.column_names:
        table = table.rename_columns([GEOMETRY if c == geometry else c for c in table.column_names])
        table = table.set_column(table.column_names.index(GEOMETRY), GEOMETRY, table[GEOMETRY].cast(pa.binary()))
    for index, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):  # nested values and mixed types come as JSON text
            table = table.set_column(index, field.name, table[field.name].cast(field.type.storage_type))
    return table.replace_schema_metadata(None), meta["crs"]


def _crs_of(head: dict[str, Any]) -> str | None:
    """The old ``crs`` member of GeoJSON where it names another system than longitude/latitude."""
    try:
        name = str(head["crs"]["properties"]["name"])
    except (KeyError, TypeError):
        return None
    code = re.search(r"EPSG:(?:[\d.]*:)?(\d+)$", name)
    return f"EPSG:{code.group(1)}" if code else "EPSG:4326"


def _announced(head: dict[str, Any]) -> int | None:
    for name in ("numberMatched", "totalFeatures"):
        value = head.get(name)
        if isinstance(value, int) and value >= 0:
            return value
    return None


def _next_of(head: dict[str, Any]) -> str | None:
    links = [k for k in head.get("links") or () if isinstance(k, dict) and k.get("rel") == "next" and k.get("href")]
    links.sort(
        key=lambda k: "json" not in str(k.get("type", "json")).lower()
    )  # the same page as a web page may stand first
    return str(links[0]["href"]) if links else None


def _service_text(document: Any) -> str:
    if isinstance(document, dict):
        error = document.get("error", document)
        if isinstance(error, dict):
            details = error.get("details") or []
            parts = [str(error.get(k)) for k in ("code", "message", "description", "title") if error.get(k)]
            parts += [str(d) for d in details] if isinstance(details, list) else [str(details)]
            if parts:
                return "; ".join(parts)[:500]
    return json.dumps(document)[:300]


def _xml_text(body: bytes) -> str:
    text = re.sub(r"<[^>]+>", " ", body[:20_000].decode("utf-8", "replace"))
    return " ".join(text.split())[:500]
