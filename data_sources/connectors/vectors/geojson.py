"""GeoJSON and JSON-FG files: is it features, and which of the two; broken lines and features that GDAL would pass over.

Belongs here: what the text says of itself. Does not belong here: reading shapes (``vector_opening``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from khanij.foundation.errors import CrsError, SourceError

SUFFIXES = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")
_AGAIN = "download or export it again"
_UNPARSED_BYTES = 200_000_000


def dataset_of(file: Path) -> str:
    """The file as GDAL is told it, with its driver in front.

    Raises
    ------
    SourceError : no features. CrsError : a JSON-FG feature with a coordinate system of its own.
    """
    if file.stat().st_size > _UNPARSED_BYTES:  # the prefix forces the driver; the type is only for a clear message
        return f"GeoJSON:{file.resolve()}"
    try:
        whole = json.loads(file.read_bytes())
        _refuse_other_json(whole, file)
        kind, members = whole.get("type"), whole.get("features", [])
    except (ValueError, AttributeError, RecursionError) as error:
        raise SourceError(f"not GeoJSON, or cut short: {error}", file=file, do="download it again") from error
    if kind not in ("FeatureCollection", "Feature"):
        raise SourceError(f"JSON of type {kind!r} is not a layer", file=file, do="name a GeoJSON file with features")
    if kind == "FeatureCollection" and not isinstance(members, list):
        raise SourceError("the features are no list", file=file, field="features", do=_AGAIN)
    features = members if kind == "FeatureCollection" else [whole]
    for number, member in enumerate(features, start=1):
        _refuse_non_feature(member, file, number)
    if not _is_json_fg(whole, features):
        return f"GeoJSON:{file.resolve()}"
    _refuse_two_systems(whole, features, file)
    return f"JSONFG:{file.resolve()}"


def _refuse_other_json(whole: Any, file: Path) -> None:
    """JSON of another form says what it is, and how the same rows can be had."""
    first = whole[0] if isinstance(whole, list) and whole else None
    if isinstance(first, dict):
        told = "a list of records, not GeoJSON"
        raise SourceError(
            told, file=file, do="save it as CSV, or write a card with protocol: http_json for its address"
        )
    features = whole.get("features") if isinstance(whole, dict) else None
    if isinstance(features, list) and features and isinstance(features[0], dict) and "attributes" in features[0]:
        told = "Esri JSON (attributes and rings), not GeoJSON"
        raise SourceError(
            told, file=file, do="ask the server for f=geojson, or write a card with protocol: arcgis_rest"
        )


def _is_json_fg(whole: dict[str, Any], features: list[dict[str, Any]]) -> bool:
    """Whether it calls itself so, or positions stand in ``place``; GDAL's reader of GeoJSON takes no such file."""
    says = whole.get("conformsTo")
    named = any("json-fg" in str(text).lower() for text in says) if isinstance(says, list) else False
    return named or any(f.get("place") is not None and "coordRefSys" in {**whole, **f} for f in features)


def _refuse_two_systems(whole: dict[str, Any], features: list[dict[str, Any]], file: Path) -> None:
    """The library gives the whole layer the system of one of its features, so the others would lie degrees off."""
    first: object = None
    for number, feature in enumerate(features, start=1):
        place = feature.get("place")
        own = None
        if place is not None:
            systems = {_text(s) for s in _systems(place)} or {
                _text(feature.get("coordRefSys", whole.get("coordRefSys")))
            }
            own = systems.pop() if len(systems) == 1 else object()
        elif feature.get("geometry") is not None:
            own = "null"  # longitude and latitude
        else:
            continue
        first = own if first is None else first
        if own != first:
            raise CrsError(
                "a feature names another coordinate system than those before it",
                file=file,
                row=number,
                field="coordRefSys",
                do="ask for the layer in one coordinate system, or save its features as GeoJSON",
            )


def _systems(place: Any) -> list[Any]:
    """The systems that a place names, its parts included."""
    if not isinstance(place, dict):
        return []
    inner = place.get("geometries")
    found = [s for part in inner for s in _systems(part)] if isinstance(inner, list) else []
    return [*([place["coordRefSys"]] if "coordRefSys" in place else []), *found]


def _text(system: Any) -> str:
    return json.dumps(system, sort_keys=True)


def refuse_broken_lines(file: Path) -> None:
    """Of newline-delimited GeoJSON GDAL drops each record that it cannot parse, without a word."""
    with file.open("rb") as stream:
        records: Iterable[bytes] = stream
        if stream.peek(1)[:1] == b"\x1e":  # RFC 8142: a record may span lines
            records = stream.read().split(b"\x1e")
        for number, record in enumerate(records, start=1):
            if not record.strip():
                continue
            try:
                member = json.loads(record)
            except (ValueError, RecursionError) as error:
                raise SourceError(f"a line is not GeoJSON: {error}", file=file, row=number, do=_AGAIN) from error
            _refuse_non_feature(member, file, number)


def _refuse_non_feature(member: object, file: Path, number: int) -> None:
    # GDAL passes over anything else, so that a row would be missing that nobody held.
    if not isinstance(member, dict) or member.get("type") != "Feature":
        raise SourceError("a record is not a GeoJSON feature", file=file, row=number, field="type", do=_AGAIN)
