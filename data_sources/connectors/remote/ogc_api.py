"""OGC API Features: pages by their ``next`` links.

Belongs here: collections, limits and links. Does not belong here: retries (``http``) or joining (``pages``).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord
from data_sources.connectors.features import parse_geojson
from data_sources.connectors.remote.http import Client
from data_sources.connectors.remote.pages import Page
from khanij.foundation.errors import SourceError

Extent = tuple[float, float, float, float]


class OgcApiSource:
    """One collection of one OGC API, as pages."""

    def __init__(self, card: Card, client: Client, extent: Extent | None) -> None:
        self.card, self.client, self.extent = card, client, extent

    def first(self) -> str:
        """The items of the collection, cut to the extent."""
        return ""

    def params(self, count: int | None = None) -> dict[str, str]:
        """The parameters of the first call; later ones follow the links."""
        out = {"f": "json", "limit": str(count or self.card.page_size), **self.card.params}
        if self.extent is not None:
            out["bbox"] = ",".join(str(v) for v in self.extent)
        return out

    def ask(self, cursor: str) -> bytes:
        """The page behind a link."""
        if cursor:
            return self.client.get(cursor, layer=self.card.layer).body
        url = self._items()
        headers = {"Accept": "application/geo+json, application/json"}
        return self.client.get(url, self.params(), headers=headers, layer=self.card.layer).body

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        """The page, and its ``next`` link on the same host."""
        parsed = parse_geojson(body, where=self.card.host, layer=self.card.layer)
        onward = self._onward(parsed.next_link, cursor)
        if onward is not None and onward in {r.cursor for r in done} | {cursor}:
            raise SourceError(
                "the pages run in a circle", file=self.card.host, layer=self.card.layer, do="tell the publisher"
            )
        return Page(parsed.table, parsed.crs or "EPSG:4326", parsed.announced, onward)

    def _items(self) -> str:
        return f"{self.card.url.rstrip('/')}/collections/{self.card.layer}/items"

    def _onward(self, link: str | None, cursor: str) -> str | None:
        if link is None:
            return None
        url = self.client.credentials.link(urljoin(cursor or self._items(), link))
        self.client.check_name(url, self.card.layer)
        # Behind a proxy a server may write its inner scheme and port: keep to the card's.
        ours, theirs = urlsplit(self.card.url), urlsplit(url)
        # MapServer 8.0 forgets the box in its next link, and would go on with rows from everywhere.
        kept = parse_qsl(theirs.query, keep_blank_values=True)
        everywhere = self.client.credentials.params  # these are with every request, and not written into a link
        lost = [(k, v) for k, v in self.params().items() if k not in dict(kept) and k not in everywhere]
        return urlunsplit((ours.scheme, ours.netloc, theirs.path, urlencode(kept + lost), ""))

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        """Not known before the page is read."""
        return None
