"""GeoJSON and JSON-FG files: is it features, and which of the two; broken lines and features that GDAL would pass over.

Belongs here: what the text says of itself. Does not belong here: reading shapes (``opening``).
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
    for number, member in enumerate(features, start=1):
        _refuse_own_system(member, file, number, of_layer=member is not whole)
    return f"JSONFG:{file.resolve()}"


def _is_json_fg(whole: dict[str, Any], features: list[dict[str, Any]]) -> bool:
    """Whether positions stand in ``place``, in the system of ``coordRefSys``; without either it is read as GeoJSON."""
    says = whole.get("conformsTo")
    named = any("json-fg" in str(text).lower() for text in says) if isinstance(says, list) else False
    return (named or "coordRefSys" in whole) and any(f.get("place") is not None for f in features)


def _refuse_own_system(feature: dict[str, Any], file: Path, number: int, *, of_layer: bool) -> None:
    """The library gives the whole layer the system of one feature, so the others would lie degrees off."""
    place = feature.get("place")
    own = (of_layer and "coordRefSys" in feature) or (isinstance(place, dict) and _names_system(place))
    if own:
        raise CrsError(
            "a feature names a coordinate system of its own",
            file=file,
            row=number,
            field="coordRefSys",
            do="ask for the layer in one coordinate system, or save its features as GeoJSON",
        )


def _names_system(place: dict[str, Any]) -> bool:
    inner = place.get("geometries")
    return "coordRefSys" in place or (
        isinstance(inner, list) and any(_names_system(g) for g in inner if isinstance(g, dict))
    )


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
