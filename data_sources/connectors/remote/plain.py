"""Plain HTTP: one JSON or CSV answer that is a whole table.

Belongs here: where the records are in a JSON document, nested keys, coordinates. Does not belong here: what the columns
mean (``cards``) or downloads of whole files (``fetch``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord
from data_sources.connectors.features import GEOMETRY
from data_sources.connectors.remote.http import Answer, BrokenBodyError, Client
from data_sources.connectors.remote.pages import Page
from data_sources.connectors.tables import looks_like_html, parse_text_table, with_points
from data_sources.contracts.shapes import datums
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import redact

_SEE = "see the card's access steps"
Extent = tuple[float, float, float, float]


class PlainSource:
    """One address whose answer is a table; a ``next`` address in a JSON answer is followed."""

    def __init__(self, card: Card, client: Client, extent: Extent | None, headers: Mapping[str, str]) -> None:
        self.card, self.client, self.extent, self.headers = card, client, extent, dict(headers)
        self.answer: Answer | None = None
        self.seen: pd.DataFrame | None = None  # the one table of text, with what its reader saw
        self.given = False

    def first(self) -> str:
        """The card's own address."""
        return ""

    def params(self) -> dict[str, str]:
        """The card's parameters with the extent filled in.

        Raises
        ------
        SourceError : the card asks for an extent and there is none.
        """
        names = ("west", "south", "east", "north")
        if any(f"{{{n}}}" in v for v in self.card.params.values() for n in names):
            if self.extent is None:
                raise SourceError("this source must be asked for an extent", layer=self.card.name, do="name a region")
            places = dict(zip(names, map(str, self.extent), strict=True))
            out = {}
            for key, value in self.card.params.items():
                for name, number in places.items():
                    value = value.replace(f"{{{name}}}", number)
                out[key] = value
            return out
        return dict(self.card.params)

    def ask(self, cursor: str) -> bytes:
        """The answer; conditional headers go with the first call only."""
        if not cursor and not self.given and self.answer is not None and self.answer.status == 200:
            self.given = True
            return self.answer.body
        headers = {} if cursor else self.headers
        limit = self.card.max_bytes
        answer = self.client.get(
            cursor or self.card.url,
            None if cursor else self.params(),
            headers=headers,
            max_bytes=limit,
            layer=self.card.name,
        )
        if not cursor:
            self.answer, self.given = answer, True
        return answer.body

    def is_unchanged(self) -> bool:
        """Ask with the conditional headers; a new answer is kept for ``ask``."""
        self.ask("")
        self.given = False
        return self.answer is not None and self.answer.status == 304

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        """The table in this answer."""
        if self.card.protocol == "http_csv":
            text = body.decode(self.card.options.get("encoding", "utf-8-sig"), errors="strict")
            if looks_like_html(text):
                raise SourceError(
                    "a web page, not a table", file=self.card.host, layer=self.card.name, do="see the card"
                )
            frame, onward = parse_text_table(text, self.card.options, where=self.card.url), None
        else:
            frame, onward = parse_json_records(body, self.card.host, self.card.name, self.card.records_path)
        frame = with_points(frame, {"crs": self.card.crs, **self.card.options}, self.card.url)
        self.seen = frame if self.card.protocol == "http_csv" else None
        if onward is not None:
            onward = self.client.own_link(onward, cursor or self.card.url)
        table, crs = table_of(frame)
        return Page(table, crs, None, onward)

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        """Not known before the answer is read."""
        return None


def parse_json_records(
    body: bytes, file: object, layer: str, records_path: str = ""
) -> tuple[pd.DataFrame, str | None]:
    """(a flat frame of a JSON answer's records, numbers as text, the address of its next page or None).

    Raises
    ------
    BrokenBodyError : no whole JSON. SourceError : an error in the answer's own words, or no list of records.
    """
    where: dict[str, Any] = {"file": file, "layer": layer}
    try:
        # Numbers stay text: an identifier of twenty digits, or one written 1E3, is none.
        document = json.loads(body, parse_int=str, parse_float=str, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise BrokenBodyError(f"the answer is cut short or damaged: {error}", **where, do="fetch again") from error
    onward = None
    records: Any = document
    if isinstance(document, dict):
        remark = str(document.get("remark") or document.get("error") or "")
        if "error" in remark.lower() or document.get("error"):
            # Overpass says so with status 200, and half the elements before it.
            raise SourceError(
                f"the server answers: {redact(remark[:300])}", **where, do="ask for a smaller extent, or later"
            )
        path = records_path or ("results" if "results" in document else "")
        for part in filter(None, path.split(".")):
            records = records.get(part) if isinstance(records, dict) else None
        onward = document.get("next") if isinstance(document.get("next"), str) else None
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise SourceError("no list of records in the answer", **where, field="records_path", do="correct the card")
    frame = pd.json_normalize(records, max_level=2) if records else pd.DataFrame()
    for plain, nested in (("lat", "center.lat"), ("lon", "center.lon")):  # an area of OpenStreetMap has a centre
        if nested in frame.columns:
            frame[plain] = frame[nested] if plain not in frame.columns else frame[plain].fillna(frame[nested])
    return frame, onward


def table_of(frame: pd.DataFrame) -> tuple[pa.Table, str | None]:
    """A frame as an Arrow table, geometry as WKB last; columns of mixed or nested values as JSON text."""
    columns: dict[str, pa.Array] = {}
    crs = None
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame._geometry_column_name else None
    for name in frame.columns:
        if name == geometry:
            continue
        values = frame[name]
        try:
            columns[str(name)] = pa.array(values, from_pandas=True)
            if pa.types.is_nested(columns[str(name)].type):
                raise pa.ArrowInvalid("nested")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[str(name)] = pa.array([_text(v) for v in values], pa.string())
        if pa.types.is_large_string(columns[str(name)].type):
            columns[str(name)] = columns[str(name)].cast(pa.string())
    if geometry is not None and isinstance(frame, gpd.GeoDataFrame):
        columns[GEOMETRY] = pa.array(frame.geometry.to_wkb().to_numpy(), pa.binary(), from_pandas=True)
        crs = datums.text_of(frame.crs) if frame.crs is not None else None
    return pa.table(columns), crs


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and value != value):
        return None
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
