"""What a server of releases is told: the configuration of pygeoapi and the list of files that may be read.

Belongs here: which tables and files of a release are served, under which name, with which terms. Does not belong here: the
server (``deploy/serve``), or starting it (``pipelines.cli.upkeep.serve``). Only what a complete release's manifest lists is
named, so nothing that a release withholds, and nothing that lies beside it, has an address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, OUTPUT_LAYERS
from publishing.geopackage.geopackage_registers import comment_of
from publishing.geopackage.reading import SAMPLE_MARK, run_info, table_names
from publishing.releasing.catalogue import MEDIA
from publishing.releasing.releases import MANIFEST, Release, list_releases
from publishing.releasing.stac import CATALOG, COLLECTION, ITEM
from publishing.sets.listing import GEOPACKAGE

NOT_SERVED = ("what_if",)
"""Tables that are inputs of the page's levers, one text each, and no result."""
PAGE_ITEMS, MOST_ITEMS = 100, 5000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True)
class Served:
    """The configuration of pygeoapi, and what the program beside it is told."""

    pygeoapi: dict[str, Any]
    serve: dict[str, Any]


def served(releases: Sequence[Release], root: Path, address: str, bind: tuple[str, int]) -> Served:
    """What is served of these releases.

    Parameters
    ----------
    releases : one a region, complete; of each region the files of all releases may be read, the tables of this one.
    root : the folder of all releases.
    address : where a client finds the server, such as ``http://127.0.0.1:5000``; it stands in every link.
    bind : host and port that the server listens on.
    """
    facts = [_Facts(release) for release in releases]
    resources = {f"{fact.region}.{name}": _collection(fact, name, address) for fact in facts for name in fact.tables}
    return Served(
        {
            "server": {
                "bind": {"host": bind[0], "port": bind[1]},
                "url": f"{address}/ogc",
                "mimetype": "application/json; charset=UTF-8",
                "encoding": "utf-8",
                "languages": ["en-US"],
                "limits": {"default_items": PAGE_ITEMS, "max_items": MOST_ITEMS, "on_exceed": "throttle"},
                "map": {"url": f"{address}/no-map/{{z}}/{{x}}/{{y}}", "attribution": "no background"},
            },
            "logging": {"level": "ERROR"},
            "metadata": {
                "identification": {
                    "title": {"en": "Khanij: releases"},
                    "description": {"en": "Blocks of mine waste ranked by critical-mineral potential, as released."},
                    "keywords": {"en": ["critical minerals", "mine waste"]},
                    "terms_of_service": "the terms of each collection",
                    "url": address,
                },
                "license": {"name": "each collection names its sources and terms", "url": f"{address}/"},
                "provider": {"name": "whoever runs this server", "url": address},
                "contact": {"name": "whoever runs this server"},
            },
            "resources": resources,
        },
        {
            "files": _files(facts, root),
            "tiles": {
                f"{fact.region}/{Path(name).stem}": str(fact.release.folder / name)
                for fact in facts
                for name in fact.files
                if name.endswith(".pmtiles")
            },
            "regions": [_told(fact) for fact in facts],
            "newest": {fact.region: fact.release.calver for fact in facts},
            "address": address,
        },
    )


class _Facts:
    """What is asked of one release more than once."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.region: str = release.folder.parent.name
        self.files: list[str] = sorted(release.manifest["files"])
        self.geopackage = release.folder / GEOPACKAGE
        self.info = run_info(self.geopackage)
        self.tables = [n for n in table_names(self.geopackage) if n in OUTPUT_CONTRACTS and n not in NOT_SERVED]
        self.item: dict[str, Any] = json.loads((release.folder / ITEM).read_text(encoding="utf-8"))
        warning = self.info.get("warning", "")
        self.mark = f"{SAMPLE_MARK}. " if warning.startswith("SAMPLE") else ""

    @property
    def title(self) -> str:
        """The region's title, marked where it is made up."""
        title = self.info.get("title", self.region)
        return title if self.mark.rstrip(". ") in title else f"{self.mark}{title}"

    def terms(self) -> list[str]:
        """Sources with their licences, attribution, share-alike, what was kept out: a sentence each."""
        cards = json.loads(self.info.get("licences") or "[]")
        said = [f"Source: {c['citation'].rstrip('.')}. Licence: {c['licence']}" for c in cards if c.get("licence")]
        kept = json.loads(self.info.get("kept_out") or "{}")
        out = f"Kept out of this release, as it may not be passed on: {sum(kept.values())} rows" if kept else ""
        parts = [*said, self.info.get("attribution", ""), self.info.get("licence_note", ""), out]
        return [part.rstrip(".") for part in parts if part]

    def reading(self) -> str:
        """Release, price deck and how to read the figures."""
        deck = f"prices: deck {self.info['price_deck']}" if self.info.get("price_deck") else ""
        parts = [f"Release {self.release.calver}", deck, self.info.get("reading", "")]
        return "; ".join(part for part in parts if part)


def _collection(fact: _Facts, name: str, address: str) -> dict[str, Any]:
    contract = OUTPUT_CONTRACTS[name]
    key = contract.key[0] if len(contract.key) == 1 else ""
    columns = {
        f.name: {"title": f.title, "description": comment_of(f)} | ({"x-ogc-unit": f.unit} if f.unit else {})
        for f in contract.fields
    }
    base = f"{address}/files/{fact.region}/{fact.release.calver}"
    offered = [GEOPACKAGE, f"{name}.parquet", f"{name}.pmtiles", "index.html", "datapackage.json"]
    links = [
        {
            "type": MEDIA[Path(file).suffix],
            "rel": {"index.html": "alternate", "datapackage.json": "license"}.get(file, "enclosure"),
            "title": {"index.html": "map and lists", "datapackage.json": "sources, terms and columns"}.get(file, file),
            "href": f"{base}/{file}",
            "hreflang": "en",
        }
        for file in offered
        if file in fact.files
    ]
    provider: dict[str, Any] = {
        "type": "feature",
        "name": "provider.ReleasedTable",
        "data": str(fact.geopackage),
        "table": name,
        "id_field": key,
        "columns": columns,
    }
    if "name" in contract.names():
        provider["title_field"] = "name"
    return {
        "type": "collection",
        "title": {"en": f"{fact.title}: {contract.title}"},
        "description": {
            "en": ". ".join([f"{fact.mark}{contract.description}".rstrip("."), fact.reading(), *fact.terms()])
        },
        "keywords": {"en": ["critical minerals", fact.region, "layer" if name in OUTPUT_LAYERS else "table"]},
        "links": links,
        "extents": {
            "spatial": {"bbox": fact.item["bbox"], "crs": CRS84},
            "temporal": {"begin": fact.item["properties"]["datetime"], "end": fact.item["properties"]["datetime"]},
        },
        "providers": [provider],
    }


def _files(facts: Sequence[_Facts], root: Path) -> dict[str, dict[str, str]]:
    """Address below ``/files/`` -> path and media type: what the manifests list, and the static catalogue."""
    named = {
        f"{fact.region}/{release.calver}/{name}": release.folder / name
        for fact in facts
        for release in list_releases(root, fact.region)  # a catalogue leads to the older ones too
        for name in [*release.manifest["files"], MANIFEST]
    }
    above = [root / CATALOG, *(root / fact.region / COLLECTION for fact in facts)]
    named |= {path.relative_to(root).as_posix(): path for path in above if path.is_file()}
    return {
        address: {"path": str(path.resolve()), "type": MEDIA.get(path.suffix, "application/octet-stream")}
        for address, path in sorted(named.items())
    }


def _told(fact: _Facts) -> dict[str, Any]:
    """What the first page says of a region: its title, how to read it, its terms, and where to look."""
    base = f"files/{fact.region}/{fact.release.calver}"
    names = {
        "index.html": "Map and lists (opens in the browser, needs nothing from outside)",
        GEOPACKAGE: "GeoPackage, with styles for QGIS",
        "ranked_blocks.parquet": "GeoParquet, blocks",
        "ranked_blocks.pmtiles": "Vector tiles (PMTiles), shapes of blocks",
        ITEM: "STAC item",
    }
    links = [[text, f"{base}/{name}"] for name, text in names.items() if name in fact.files]
    links += [
        ["OGC API Features", f"ogc/collections/{fact.region}.ranked_blocks?f=html"],
        ["STAC catalogue", f"files/{CATALOG}"],
    ]
    terms = ". ".join(fact.terms())
    return {"title": fact.title, "told": f"{fact.reading()}. {terms}.", "links": links}
