"""WFS 1.0.0, 1.1.0 and 2.0.0, paged by start index until an empty page; GeoJSON or GML.

Belongs here: the parameters of each version and what a server's answers to them mean. Does not belong here: retries
(``http``) or joining (``pages``). GDAL's own WFS driver believes ``numberMatched`` and stops early at a server's cap
without a word, so pages are asked for here and only parsed by GDAL.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyproj

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord
from data_sources.connectors.features import FEATURE_ID, kind_of, parse_geojson, parse_gml
from data_sources.connectors.remote.http import Client
from data_sources.connectors.remote.pages import Page, stable_ids

Extent = tuple[float, float, float, float]


class WfsSource:
    """One type of one WFS, as pages."""

    def __init__(self, card: Card, client: Client, extent: Extent | None) -> None:
        self.card, self.client, self.extent = card, client, extent
        self.version = card.version or "2.0.0"
        self.json = "json" in card.params.get("outputFormat", "").lower()
        self.single = bool(card.options.get("single_page"))

    def first(self) -> str:
        """The first page begins at row 0."""
        return "0"

    def ask(self, cursor: str) -> bytes:
        """The page that begins at this row."""
        return self.client.get(self.card.url, self.params(int(cursor)), layer=self.card.layer).body

    def params(self, start: int, count: int | None = None) -> dict[str, str]:
        """The parameters of one GetFeature call.

        Axis order: before 1.1.0 the box is west, south, east, north; from 1.1.0 the long CRS name asks for latitude
        first, in the box and (in GML) in the answer.
        """
        old = self.version.startswith("1.0")
        two = self.version.startswith("2")
        code = self.card.crs.rsplit(":", 1)[-1]
        count_name, type_name = ("count", "typeNames") if two else ("maxFeatures", "typeName")
        out = {
            "service": "WFS",
            "version": self.version,
            "request": "GetFeature",
            type_name: self.card.layer,
            count_name: str(count or self.card.page_size),
            "startIndex": str(start),
        }
        if self.single:
            del out[count_name], out["startIndex"]
        if not old and not self.json:
            out["srsName"] = f"urn:ogc:def:crs:EPSG::{code}"
        if self.extent is not None:
            west, south, east, north = self._box(self.extent)
            if old:
                out["bbox"] = f"{west},{south},{east},{north}"
            elif latitude_first(self.card.crs):
                out["bbox"] = f"{south},{west},{north},{east},urn:ogc:def:crs:EPSG::{code}"
            else:
                out["bbox"] = f"{west},{south},{east},{north},urn:ogc:def:crs:EPSG::{code}"
        return {**out, **self.card.params}

    def _box(self, extent: Extent) -> Extent:
        if self.card.crs.upper() == "EPSG:4326":
            return extent
        turn = pyproj.Transformer.from_crs("EPSG:4326", self.card.crs, always_xy=True)
        west, south, east, north = turn.transform_bounds(*extent)
        return west, south, east, north

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        """The page, and where the next begins: after this one's rows, unless it is short and the count agrees."""
        where = self.card.host
        if kind_of(body, where, self.card.layer) == "geojson":
            parsed = parse_geojson(body, where=where, layer=self.card.layer)
            crs = parsed.crs or ("EPSG:4326" if self.json else self.card.crs)
        else:
            urn = not self.version.startswith("1.0")
            parsed = parse_gml(body, where=where, layer=self.card.layer, urn=urn)
            crs = parsed.crs or self.card.crs
        table = parsed.table
        if FEATURE_ID in table.column_names and not stable_ids(table[FEATURE_ID]):
            table = table.drop_columns([FEATURE_ID])
        start, rows = int(cursor), table.num_rows
        reached = start + rows
        short = bool(done) and rows < done[0].rows and parsed.announced == reached
        ends = rows == 0 or short or self.single
        return Page(table, crs, parsed.announced, None if ends else str(reached))

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        """The row after a full page, where the pages before were full too and rows are left by the count."""
        onward = int(cursor) + self.card.page_size
        total = next((r.announced for r in done if r.announced is not None), None)
        full = bool(done) and done[-1].rows == self.card.page_size
        return str(onward) if full and (total is None or onward < total) else None


def latitude_first(crs: str) -> bool:
    """True where the authority's own axis order of this CRS begins with the north axis."""
    return pyproj.CRS.from_user_input(crs).axis_info[0].direction == "north"
