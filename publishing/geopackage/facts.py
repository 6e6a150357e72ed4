"""What a layer says of itself: licence, rights, keywords, contact, links, and how old its data is; in QGIS's own XML.

Belongs here: these facts, read from what the run says of itself. Does not belong here: a column's meaning (the contracts).
The age is the sources' own: no clock is asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import shapely

from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import SAMPLE_MARK

KEYWORDS = (
    "critical minerals",
    "mine waste",
    "tailings",
    "secondary resources",
    "mineral potential",
    "ranking",
    "India",
)
_OWN_LICENCE = "Khanij's own arrangement: Apache-2.0; the facts under the terms of their sources"
_NO_RESOURCE = "An order under stated inputs; no mineral resource and no reserve, and no offer of a block."


@dataclass(frozen=True)
class LayerFacts:
    """The facts of one result; ``sources`` are its cards as (title, licence, address of the licence, citation)."""

    sources: tuple[tuple[str, str, str, str], ...]
    rights: tuple[str, ...]
    keywords: tuple[str, ...]
    data_until: str
    told_dates: tuple[str, ...]
    bounds_deg: tuple[float, float, float, float] | None
    page: str = ""

    def dated(self) -> str:
        """One sentence on how old the data is: ``Data: figures up to 2025; exchange rate of 2025-08-18.``"""
        return f"Data: {'; '.join(self.told_dates) or 'date not stated'}."

    def xml(self) -> str:
        """The elements of QGIS's layer or project metadata."""
        words = "".join(f"<keyword>{escape(k)}</keyword>" for k in self.keywords)
        licences = dict.fromkeys([_OWN_LICENCE, *(f"{title}: {licence}" for title, licence, _, _ in self.sources)])
        links = _link("The page of this result", self.page, "table, map and explanations") if self.page else ""
        links += "".join(_link(title, url, f"licence: {licence}") for title, licence, url, _ in self.sources if url)
        ended = f"<temporal><period><start></start><end>{self.data_until}-12-31T00:00:00Z</end></period></temporal>"
        return (
            f'<keywords vocabulary="gmd:topicCategory"><keyword>geoscientificInformation</keyword><keyword>economy</keyword></keywords><keywords vocabulary="Khanij">{words}</keywords>'
            "<contact><name>The Khanij authors</name><organization>Khanij</organization><position></position><voice></voice><fax></fax><email></email><role>author</role></contact>"
            f"<links>{links}</links><history>{escape(self.dated())}</history>"
            + "".join(
                f"<history>Source: {escape(c)}</history>" for c in dict.fromkeys(c for *_, c in self.sources) if c
            )
            + "<fees></fees>"
            + "".join(f"<rights>{escape(r)}</rights>" for r in self.rights)
            + "".join(f"<license>{escape(text)}</license>" for text in licences)
            + f"<encoding>UTF-8</encoding><extent>{self._spatial()}{ended if self.data_until else ''}</extent>"
        )

    def _spatial(self) -> str:
        if self.bounds_deg is None:
            return ""
        west, south, east, north = self.bounds_deg
        return f'<spatial dimensions="2" crs="EPSG:4326" minx="{west:g}" miny="{south:g}" maxx="{east:g}" maxy="{north:g}" minz="0" maxz="0"/>'


def _link(name: str, url: str, told: str) -> str:
    return (
        f'<link name={quoteattr(name)} type="WWW:LINK" url={quoteattr(url)} description={quoteattr(told)} '
        'format="" mimeType="" size=""/>'
    )


def layer_facts(publication: Publication, layers: dict[str, gpd.GeoDataFrame]) -> LayerFacts:
    """The facts of a publication, from its ``run_info``: ``licences`` (JSON), ``data_until`` (a year), ``fx_date``."""
    info = publication.run_info
    cards: list[dict[str, Any]] = json.loads(info.get("licences", "[]"))
    until = info.get("data_until", "")
    rights = [_NO_RESOURCE]
    rights += [f"{SAMPLE_MARK}: made up, and no place on Earth"] if publication.region.is_sample else []
    rights += [info[k] for k in ("internal", "attribution", "licence_note") if info.get(k)]
    if "internal" not in info and any(
        (f["redistribute"] == "no").any() for f in layers.values() if "redistribute" in f
    ):
        rights.append("INTERNAL: holds rows that may not be passed on")
    dates = (
        ("figures up to ", until),
        ("exchange rate of ", info.get("fx_date", "")),
        ("release ", info.get("release", "")),
    )
    shapes = layers["ranked_blocks"].geometry.dropna()
    shapes = shapes[~shapes.is_empty]
    bounds = tuple(round(float(v), 4) for v in shapely.total_bounds(shapes.to_numpy())) if len(shapes) else None
    return LayerFacts(
        sources=tuple((c["title"], c["licence"], c.get("licence_url", ""), c.get("citation", "")) for c in cards),
        rights=tuple(rights),
        keywords=(*KEYWORDS, publication.region.name.replace("_", " ")),
        data_until=until,
        told_dates=tuple(word + told for word, told in dates if told),
        bounds_deg=bounds,  # type: ignore[arg-type]
        page=publication.page,
    )
