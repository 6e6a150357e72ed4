"""How others find and check a release: STAC item, data package descriptor, changelog; GeoParquet for analysts.

Belongs here: the descriptions of a release. Does not belong here: the release's files themselves (``releases``).
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pystac
import shapely

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, OUTPUT_LAYERS
from khanij.foundation.escaping import plain
from khanij.foundation.files import replace_file, sha256_of, temporary_beside
from khanij.foundation.wording import one_line
from publishing.geopackage.geopackage_registers import comment_of
from publishing.geopackage.publication import RegionLike
from publishing.geopackage.reading import SAMPLE_MARK, read_layer, table_names
from publishing.releasing.diff import Difference
from publishing.releasing.stac import collection_id, item_links

MEDIA = {
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_TYPES = {"string": "string", "float": "number", "integer": "integer", "boolean": "boolean", "datetime": "datetime"}


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path, name: str, generation: str = "") -> None:
    """Write a layer as GeoParquet 1.1 with a bounding-box column, column meanings in the schema's metadata."""
    with temporary_beside(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
        table = pq.read_table(temporary)
        fields = []
        for field in table.schema:
            if field.name in OUTPUT_CONTRACTS[name].names():
                meaning = OUTPUT_CONTRACTS[name][field.name]
                field = field.with_metadata({"title": meaning.title, "description": comment_of(meaning)})
            fields.append(field)
        metadata = dict(table.schema.metadata or {})
        if generation:
            metadata[b"khanij:generation"] = generation.encode()
        pq.write_table(table.cast(pa.schema(fields, metadata=metadata)), temporary, compression="zstd")
        replace_file(temporary, path)


def _date(calver: str) -> datetime.datetime:
    year, month, day = (int(n) for n in calver.split(".")[:3])
    return datetime.datetime(year, month, day, tzinfo=datetime.UTC)


def _extent(gpkg: Path) -> list[float]:
    layers = [read_layer(gpkg, n).geometry for n in ("ranked_blocks", "waste_sites")]
    bounds = np.array([shapely.total_bounds(g.dropna().to_numpy()) for g in layers if g.notna().any()])
    if not len(bounds):
        return [-180.0, -90.0, 180.0, 90.0]
    return [float(v) for v in np.round([*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)], 6)]


def stac_item(folder: Path, calver: str, info: dict[str, str], region: RegionLike) -> dict[str, Any]:
    """A STAC 1.1 item of a release: extent, date, every file with its size and checksum (multihash of SHA-256)."""
    west, south, east, north = box = _extent(folder / "ranked_blocks.gpkg")
    mark = f"{SAMPLE_MARK}. " if region.is_sample else ""
    item = pystac.Item(
        id=f"khanij-{region.name}-{calver}",
        geometry={
            "type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
        },
        bbox=box,
        datetime=_date(calver),
        properties={
            "title": f"{mark}{region.title}, release {calver}",
            "description": f"{mark}Blocks of mine waste ranked by critical-mineral potential. P10 is the low case; rank P05 is the best place.",
            "khanij:configuration_sha256": info.get("configuration_sha256") or info.get("configuration_hash", ""),
            "khanij:generation": info.get("generation", ""),
            "khanij:attribution": info.get("attribution", ""),
            "khanij:licence_note": info.get("licence_note", ""),
            "version": calver,
        },
    )
    item.stac_extensions = [
        "https://stac-extensions.github.io/file/v2.1.0/schema.json",
        "https://stac-extensions.github.io/version/v1.2.0/schema.json",
    ]
    for path in sorted(
        p for p in folder.rglob("*") if p.is_file() and p.suffix in MEDIA and p.name != "stac_item.json"
    ):
        name = path.relative_to(folder).as_posix()
        role = (
            "data"
            if path.suffix in (".gpkg", ".parquet", ".tif")
            else "overview"
            if path.suffix in (".html", ".pdf", ".docx")
            else "visual"
            if path.suffix == ".pmtiles"
            else "metadata"
        )
        asset = pystac.Asset(href=f"./{name}", media_type=MEDIA[path.suffix], roles=[role])
        asset.extra_fields = {"file:size": path.stat().st_size, "file:checksum": f"1220{sha256_of(path)}"}
        item.add_asset(name.replace("/", "_"), asset)
    document = item.to_dict(include_self_link=False)
    return document | {"collection": collection_id(region.name), "links": item_links()}


def datapackage(folder: Path, calver: str, info: dict[str, str], region: RegionLike) -> dict[str, Any]:
    """A data package descriptor: every table with its columns, types, units and meanings, from the contracts."""
    gpkg = folder / "ranked_blocks.gpkg"
    digest, size = sha256_of(gpkg), gpkg.stat().st_size
    resources = []
    for name in table_names(gpkg):
        contract = OUTPUT_CONTRACTS[name]
        fields: list[dict[str, Any]] = []
        for f in contract.fields:
            entry: dict[str, Any] = {
                "name": f.name,
                "type": _TYPES[f.dtype],
                "title": f.title,
                "description": f.description,
            }
            if f.unit:
                entry["unit"] = f.unit
            limits: dict[str, Any] = {"required": True} if not f.nullable else {}
            if f.vocabulary:
                limits["enum"] = list(f.vocabulary)
            if f.reject and f.reject.low is not None and f.reject.high is not None:
                limits |= {"minimum": f.reject.low, "maximum": f.reject.high}
            fields.append(entry | ({"constraints": limits} if limits else {}))
        resources.append(
            {
                "name": name, "title": contract.title, "description": contract.description, "path": gpkg.name, "format": "gpkg",
                "mediatype": "application/geopackage+sqlite3", "bytes": size, "hash": f"sha256:{digest}", "layer": name,
                "profile": "geographic-resource" if name in OUTPUT_LAYERS else "tabular-data-resource",
                "schema": {"fields": fields, "missingValues": [""]} | ({"primaryKey": list(contract.key)} if contract.key else {}),
            }
        )  # fmt: skip
    return {
        "profile": "data-package",
        "name": f"khanij-{region.name}".replace("_", "-"),
        "title": f"{SAMPLE_MARK}: {region.title}" if region.is_sample else region.title,
        "version": calver,
        "created": _date(calver).isoformat(),
        "description": "Blocks of mine waste ranked by critical-mineral potential, with intervals. P10 is the low case; rank P05 is the best place.",
        "sources": [{"title": t} for t in info.get("attribution", "").split(" | ") if t],
        "resources": resources,
    }


def changelog(calver: str, before: str | None, difference: Difference | None, is_sample: bool) -> str:
    """What changed in the data since the release before, in words and as a table."""
    lines = [f"# Release {calver}", ""]
    if is_sample:
        lines += [f"**{SAMPLE_MARK}**", ""]
    if difference is None:
        return "\n".join([*lines, "The first release of this region.", ""])
    lines += [f"Changes of the data since {before}:", ""]
    if difference.is_empty:
        return "\n".join([*lines, "None.", ""])
    for r in difference.run:
        lines.append(f"* {r['key']}: {_cell(r['before'])} -> {_cell(r['after'])}")
    counts = Counter(r["change"] for r in difference.blocks)
    lines += [
        "",
        ", ".join(f"{n} {word}" for word, n in sorted(counts.items())) + f", {difference.n_same} the same.",
        "",
    ]
    if difference.blocks:
        lines += ["| change | block | name | rank before | rank after | why |", "|---|---|---|---|---|---|"]
        told = ("block_id", "title", "rank_before", "rank_after", "why")
        lines += [f"| {r['change']} | {' | '.join(_cell(r[c]) for c in told)} |" for r in difference.blocks[:500]]
    return "\n".join([*lines, ""])


def _cell(value: object) -> str:
    text = one_line(plain(value), 160) or "-"
    # Markdown may hold HTML: nothing of a source's text may become a tag, a link or a column.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", text)
