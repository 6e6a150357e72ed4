"""ArcGIS REST FeatureServer and MapServer layers: paged by offset, or by object ids where a server cannot page.

Belongs here: a layer's own limits, its counts, its errors that come with status 200. Does not belong here: retries
(``http``) or joining (``pages``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord
from data_sources.connectors.features import FEATURE_ID, parse_esri
from data_sources.connectors.remote.http import BrokenBodyError, Client, LoginRequiredError
from data_sources.connectors.remote.pages import Page
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import redact

Extent = tuple[float, float, float, float]
_TELL = "tell the publisher, or download by hand"
_TOKEN_CODES = {401, 403, 498, 499}


class ArcGisSource:
    """One layer of one feature service, as pages."""

    def __init__(self, card: Card, client: Client, extent: Extent | None) -> None:
        self.card, self.client, self.extent = card, client, extent
        self.base = f"{card.url.rstrip('/')}/{card.layer}"

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the layer says of itself."""
        return self._json(self.base, {"f": "json"})

    @cached_property
    def count(self) -> int | None:
        """How many rows the query has, by the server's word."""
        found = self._json(f"{self.base}/query", {**self._where(), "returnCountOnly": "true", "f": "json"}).get("count")
        return int(found) if isinstance(found, int) and found >= 0 else None

    @property
    def page_size(self) -> int:
        """The card's page size, or the server's limit where that is smaller."""
        limit = self.about.get("maxRecordCount")
        return min(self.card.page_size, limit) if isinstance(limit, int) and limit > 0 else self.card.page_size

    @property
    def object_id(self) -> str:
        """The name of the object-id field."""
        named = self.about.get("objectIdField")
        if named:
            return str(named)
        for field in self.about.get("fields") or ():
            if field.get("type") == "esriFieldTypeOID":
                return str(field["name"])
        return "OBJECTID"

    @property
    def pages_by_offset(self) -> bool:
        """Whether the server says that it pages."""
        return bool((self.about.get("advancedQueryCapabilities") or {}).get("supportsPagination"))

    @cached_property
    def ids(self) -> list[int]:
        """All object ids of the query, in order."""
        answer = self._json(f"{self.base}/query", {**self._where(), "returnIdsOnly": "true", "f": "json"})
        found = answer.get("objectIds", ())
        if found is None:  # how a server says that there are none
            return []
        if not isinstance(found, list):
            raise SourceError(
                "the server gives no object ids", file=self.card.host, layer=self.card.layer, do="tell the publisher"
            )
        return sorted(int(i) for i in found)

    def first(self) -> str:
        """Offset 0, or the first object ids."""
        return "offset:0" if self.pages_by_offset else "ids:0"

    def ask(self, cursor: str) -> bytes:
        """The page at this offset, or of these object ids."""
        return self.client.get(f"{self.base}/query", self.params(cursor), layer=self.card.layer).body

    def params(self, cursor: str, count: int | None = None) -> dict[str, str]:
        """The parameters of one query."""
        way, start = cursor.split(":")
        out = {"outFields": "*", "returnGeometry": "true", "outSR": "4326", "f": "json", **self._where()}
        if way == "offset":
            out |= {"resultOffset": start, "resultRecordCount": str(count or self.page_size)}
            if (self.about.get("advancedQueryCapabilities") or {}).get("supportsOrderBy"):
                out["orderByFields"] = self.object_id
        else:
            ids = self.ids[int(start) : int(start) + (count or self.page_size)]
            # A range is short where a list of ids would not fit into an address.
            within = f"{self.object_id} >= {ids[0]} AND {self.object_id} <= {ids[-1]}" if ids else "1=0"
            out["where"] = within if out["where"] == "1=1" else f"({out['where']}) AND {within}"
        return out

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        """The page, and where the next begins."""
        self._refuse_error(body)
        parsed = parse_esri(body, where=self.card.host, layer=self.card.layer)
        table, rows = parsed.table, parsed.table.num_rows
        if self.object_id in table.column_names:
            table = table.append_column(FEATURE_ID, table[self.object_id].cast("string"))
        crs = parsed.crs or "EPSG:4326"  # an old server gives its own system, whatever was asked for
        way, text = cursor.split(":")
        start = int(text)
        if way == "ids":
            onward = start + self.page_size
            asked = len(self.ids[start:onward])
            if rows < asked:
                raise SourceError(
                    f"{asked} object ids were asked for and {rows} features came",
                    file=self.card.host,
                    layer=self.card.layer,
                    do="lower page_size in the card",
                )
            return Page(table, crs, len(self.ids), f"ids:{onward}" if onward < len(self.ids) else None)
        reached = start + rows
        ends = rows == 0 or (not parsed.exceeded and self.count is not None and reached >= self.count)
        return Page(table, crs, self.count, None if ends else f"offset:{reached}")

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        """The offset after a full page."""
        way, start = cursor.split(":")
        onward = int(start) + self.page_size
        total = self.count if way == "offset" else len(self.ids)
        return f"{way}:{onward}" if total is None or onward < total else None

    def validators(self) -> dict[str, str]:
        """When the layer was last edited, where it says so: equal values spare a fetch."""
        edited = (self.about.get("editingInfo") or {}).get("lastEditDate")
        return {"last_edit": str(edited)} if edited else {}

    def _where(self) -> dict[str, str]:
        out = {"where": self.card.params.get("where", "1=1")}
        if self.extent is not None:
            out |= {
                "geometry": ",".join(str(v) for v in self.extent),
                "geometryType": "esriGeometryEnvelope",
                "inSR": "4326",
                "spatialRel": "esriSpatialRelIntersects",
            }
        return out

    def _json(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        def call() -> dict[str, Any]:
            body = self.client.get(url, params, layer=self.card.layer).body
            self._refuse_error(body)
            try:
                document = json.loads(body)
            except ValueError as error:
                where: dict[str, Any] = {"file": self.card.host, "layer": self.card.layer}
                raise BrokenBodyError(f"not JSON: {error}", **where, do="fetch again") from error
            return document if isinstance(document, dict) else {}

        return self.client.again(call)

    def _refuse_error(self, body: bytes) -> None:
        """``{"error": ...}`` with status 200: a failure of the server's own is worth a second try, others are not."""
        if not body.lstrip()[:40].replace(b" ", b"").startswith(b'{"error"'):
            return
        try:
            error = json.loads(body).get("error") or {}
        except ValueError:
            return
        code, text = int(error.get("code") or 0), str(error.get("message") or "no reason given")
        where: dict[str, Any] = {"file": self.card.host, "layer": self.card.layer}
        if code in _TOKEN_CODES:
            raise LoginRequiredError(
                f"the server answers: {code} {redact(text)}", **where, do="see the card's access steps"
            )
        if code >= 500:
            raise BrokenBodyError(f"the server answers: {code} {redact(text)}", **where, do="fetch again later")
        raise SourceError(
            f"the server answers: {code} {redact(text)}", **where, do="correct the url or layer in the card"
        )
