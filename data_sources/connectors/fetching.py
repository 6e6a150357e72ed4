"""``fetch``: one card -> its data in the archive, complete or not at all.

Belongs here: which reader serves which protocol, what is kept, and what a finished fetch says of itself. Does not
belong here: paging (``pages``), keeping (``archive``), or meaning (``contracts``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from data_sources.cards import Card
from data_sources.connectors.arcgis_rest import ArcGisSource
from data_sources.connectors.archive import Archive, Manifest, PageRecord, Partial, request_key
from data_sources.connectors.features import GEOMETRY
from data_sources.connectors.files import read_file
from data_sources.connectors.http import BrokenBodyError, Client, ClientSettings
from data_sources.connectors.ogc_api import OgcApiSource
from data_sources.connectors.pages import (
    ChangedWhileReadingError,
    PagedSource,
    Pages,
    Progress,
    check_joined,
    joined_tables,
    read_pages,
    to_ipc,
)
from data_sources.connectors.plain import PlainSource, table_of
from data_sources.connectors.wfs import WfsSource
from data_sources.contracts.errors import MissingSourceError, SourceError
from data_sources.reference import load_table
from data_sources.regions import data_folder

Extent = tuple[float, float, float, float]
_RASTERS = (".tif", ".tiff")
_ROW_GROUP = 65_536


@dataclass(frozen=True)
class Fetched:
    """What is in the archive for one card and extent.

    ``path`` is the object itself: GeoParquet, or the publisher's own file. ``unchanged`` says that the source was asked
    and had nothing new; ``resumed_at`` is the number of pages that an interrupted fetch had left.
    """

    card: Card
    manifest: Manifest
    path: Path
    unchanged: bool = False
    resumed_at: int = 0

    @property
    def rows(self) -> int:
        """Number of rows (0 for a raster)."""
        return self.manifest.rows

    def frame(self) -> gpd.GeoDataFrame | pd.DataFrame:
        """All rows with the publisher's column names; ``attrs`` carries card, licence and ``redistribute``."""
        frame = read_file(self.path, layer=self.card.layer or None, options=self.card.options)
        frame.attrs.update(
            source=self.card.name,
            redistribute=self.manifest.redistribute,
            licence=self.manifest.licence,
            attribution=self.manifest.attribution,
            sha256=self.manifest.sha256,
        )
        return frame


def fetch(
    card: Card,
    archive: Archive,
    *,
    extent: Extent | None = None,
    progress: Progress | None = None,
    settings: ClientSettings | None = None,
    folder: Path | None = None,
) -> Fetched:
    """Bring one source into the archive, or find that it has not changed.

    Parameters
    ----------
    card : the source.
    archive : where it is kept; an interrupted fetch goes on after its last whole page.
    extent : west, south, east, north in degrees; None for the whole layer.
    progress : called with rows so far, rows announced (or None) and a text.
    settings : patience and politeness. folder : where *file* sources lie (default: the data folder).

    Raises
    ------
    SourceError and its kin : with host or file, layer and what to do; what was in the archive stays as it was.
    """
    settings = settings or ClientSettings()
    if card.protocol == "manual":
        raise SourceError("this source must be fetched by hand", layer=card.name, do=card.access)
    request = request_key(_asked(card), extent)
    with archive.lock(card.name):
        partial = archive.partial(card.name, request)
        before = archive.manifest(card.name, request)
        if card.protocol in ("file", "embedded"):
            return _keep_local(card, archive, request, extent, folder)
        with Client(card.host, settings, card.handshake) as client:
            if card.protocol == "http_file":
                return _keep_download(card, archive, request, client, before)
            return _keep_pages(card, archive, request, extent, client, before, settings, progress, partial)


def _asked(card: Card) -> str:
    """Hash of the parts of a card that decide what comes back; a corrected title asks for nothing new."""
    parts = card.model_dump(
        mode="json",
        include={
            "protocol", "version", "url", "layer", "path", "crs", "params", "options", "page_size", "records_path"
        },
    )  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def source_of(card: Card, client: Client, extent: Extent | None, headers: dict[str, str]) -> PagedSource:
    """The reader of the card's protocol."""
    if card.protocol == "wfs":
        return WfsSource(card, client, extent)
    if card.protocol == "ogc_api":
        return OgcApiSource(card, client, extent)
    if card.protocol == "arcgis_rest":
        return ArcGisSource(card, client, extent)
    return PlainSource(card, client, extent, headers)


def _keep_pages(
    card: Card,
    archive: Archive,
    request: str,
    extent: Extent | None,
    client: Client,
    before: Manifest | None,
    settings: ClientSettings,
    progress: Progress | None,
    partial: Partial,
) -> Fetched:
    headers = _conditional(before) if before is not None else {}
    source = source_of(card, client, extent, headers)
    validators: dict[str, str] = {}
    if isinstance(source, ArcGisSource):
        validators = source.validators()
        if before is not None and validators and before.validators == validators and source.count == before.rows:
            return _unchanged(card, archive, request, before)
    if isinstance(source, PlainSource) and headers:
        source.ask("")
        if source.answer is not None and source.answer.status == 304 and before is not None:
            return _unchanged(card, archive, request, before)
        source.headers = {}
    for attempt in range(settings.restarts + 1):
        pages = read_pages(source, card, partial, settings, progress)
        try:
            joined = check_joined(pages, partial, card)
            break
        except ChangedWhileReadingError:
            partial.discard()
            if attempt == settings.restarts:
                raise
    if not pages.records:
        partial.discard()
        raise SourceError(
            "the source gives no rows",
            file=card.host,
            layer=card.layer or card.name,
            do="check layer and extent",
        )
    if isinstance(source, PlainSource) and source.answer is not None:
        found = source.answer.headers
        validators = {k: found[k] for k in ("etag", "last-modified") if k in found}
    notes = joined.notes
    if pages.announced is None and card.expected_rows and extent is None and joined.rows != card.expected_rows:
        notes = (*notes, f"{joined.rows} rows came where the card expects {card.expected_rows}")
    pages = replace(pages, records=tuple(pages.records))
    schema, tables, mixed = joined_tables(pages, partial, joined)
    manifest = _write(card, archive, partial, extent, schema, tables, pages, joined.rows, (*notes, *mixed), validators)
    archive.commit(request, manifest)
    path = archive.object_path(manifest.sha256, manifest.suffix)
    return Fetched(card, manifest, path, resumed_at=pages.resumed_at)


def _write(
    card: Card,
    archive: Archive,
    partial: Partial,
    extent: Extent | None,
    schema: pa.Schema,
    tables: Iterator[pa.Table],
    pages: Pages,
    rows: int,
    notes: tuple[str, ...],
    validators: dict[str, str],
) -> Manifest:
    """All pages into one GeoParquet object, in row groups that do not depend on the page size."""
    scratch = partial.scratch(".parquet")
    schema = schema.with_metadata(_metadata(card, schema, pages.crs))
    texts = [f.name for f in schema if pa.types.is_string(f.type)]
    with pq.ParquetWriter(scratch, schema, compression="zstd", use_dictionary=texts or False) as writer:
        waiting: list[pa.Table] = []
        for table in tables:
            waiting.append(table)
            while sum(t.num_rows for t in waiting) >= _ROW_GROUP:
                whole = pa.concat_tables(waiting)
                writer.write_table(whole.slice(0, _ROW_GROUP).replace_schema_metadata(schema.metadata))
                waiting = [whole.slice(_ROW_GROUP)]
        if waiting:
            whole = pa.concat_tables(waiting)
            writer.write_table(whole.replace_schema_metadata(schema.metadata))
    sha256, size = archive.add_file(scratch, ".parquet")
    return _manifest(card, extent, sha256, size, ".parquet", rows, tuple(schema.names), pages, notes, validators)


def _manifest(
    card: Card,
    extent: Extent | None,
    sha256: str,
    size: int,
    suffix: str,
    rows: int,
    columns: tuple[str, ...],
    pages: Pages,
    notes: tuple[str, ...],
    validators: dict[str, str],
) -> Manifest:
    return Manifest(
        card=card.name,
        card_sha256=card.content_hash(),
        protocol=card.protocol,
        url=card.url,
        layer=card.layer,
        extent_deg=extent,
        crs=pages.crs,
        licence=card.licence,
        redistribute=card.redistribute,
        citation=card.citation,
        attribution=card.attribution,
        sha256=sha256,
        bytes=size,
        suffix=suffix,
        rows=rows,
        columns=columns,
        announced_rows=pages.announced,
        validators=validators,
        pages=pages.records,
        notes=notes,
    )


def _metadata(card: Card, schema: pa.Schema, crs: str | None) -> dict[str, str]:
    out = {
        "khanij": json.dumps(
            {"source": card.name, "redistribute": card.redistribute, "licence": card.licence}, sort_keys=True
        )
    }
    if GEOMETRY in schema.names:
        projjson = pyproj.CRS.from_user_input(crs or card.crs).to_json_dict()
        column = {"encoding": "WKB", "geometry_types": [], "crs": projjson}
        out["geo"] = json.dumps({"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}})
    return out


def _keep_local(card: Card, archive: Archive, request: str, extent: Extent | None, folder: Path | None) -> Fetched:
    partial = archive.partial(card.name, request)
    partial.start()
    if card.protocol == "embedded":
        if not card.layer:
            partial.discard()
            raise SourceError("made by code, nothing to fetch", layer=card.name, do="khanij run makes it")
        frame: pd.DataFrame = load_table(card.layer)
    else:
        file = local_path(card, folder)
        if file.suffix.lower() in _RASTERS:
            scratch = partial.scratch(file.suffix)
            shutil.copyfile(file, scratch)
            return _commit_file(card, archive, request, extent, scratch, file.suffix.lower(), 0, (), {})
        frame = read_file(file, layer=card.layer or None, options={"crs": card.crs, **card.options})
    table, crs = table_of(frame)
    content = to_ipc(table, crs)
    record = PageRecord(
        index=0,
        cursor="",
        next=None,
        rows=table.num_rows,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
    )
    partial.add(record, content)
    pages = Pages((record,), crs, None, 0)
    joined = check_joined(pages, partial, card)
    schema, tables, mixed = joined_tables(pages, partial, joined)
    manifest = _write(card, archive, partial, extent, schema, tables, pages, joined.rows, tuple(mixed), {})
    archive.commit(request, manifest)
    return Fetched(card, manifest, archive.object_path(manifest.sha256, manifest.suffix))


def local_path(card: Card, folder: Path | None = None) -> Path:
    """Where the file of a *file* card lies.

    Raises
    ------
    MissingSourceError : no data folder, or no such file in it; the card's access steps are the remedy.
    """
    root = folder or data_folder()
    if root is None or not (root / card.path).exists():
        raise MissingSourceError("the file is not here", file=card.path, layer=card.name, do=card.access)
    return root / card.path


def _keep_download(card: Card, archive: Archive, request: str, client: Client, before: Manifest | None) -> Fetched:
    partial = archive.partial(card.name, request)
    suffix = Path(urlsplit(card.url).path).suffix.lower()
    scratch = partial.scratch(suffix)
    headers = _conditional(before) if before is not None and not scratch.exists() else {}
    answer = client.download(card.url, scratch, headers=headers, max_bytes=card.max_bytes, layer=card.name)
    if answer.status == 304 and before is not None:
        partial.discard()
        return _unchanged(card, archive, request, before)
    try:
        if card.sha256:
            with scratch.open("rb", buffering=1 << 20) as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
            if found != card.sha256:
                raise BrokenBodyError(
                    "the file is not the one the card names", file=card.url, field="sha256", do="fetch again"
                )
        rows, columns = 0, tuple[str, ...]()
        if suffix not in _RASTERS:
            frame = read_file(scratch, layer=card.layer or None, options=card.options)
            rows, columns = len(frame), tuple(map(str, frame.columns))
    except SourceError:
        partial.discard()
        raise
    validators = {k: answer.headers[k] for k in ("etag", "last-modified") if k in answer.headers}
    return _commit_file(card, archive, request, None, scratch, suffix, rows, columns, validators)


def _commit_file(
    card: Card,
    archive: Archive,
    request: str,
    extent: Extent | None,
    scratch: Path,
    suffix: str,
    rows: int,
    columns: tuple[str, ...],
    validators: dict[str, str],
) -> Fetched:
    sha256, size = archive.add_file(scratch, suffix)
    pages = Pages((), card.crs, None, 0)
    manifest = _manifest(card, extent, sha256, size, suffix, rows, columns, pages, (), validators)
    archive.commit(request, manifest)
    return Fetched(card, manifest, archive.object_path(sha256, suffix))


def _conditional(before: Manifest) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {names[k]: v for k, v in before.validators.items() if k in names}


def _unchanged(card: Card, archive: Archive, request: str, before: Manifest) -> Fetched:
    archive.touch(card.name, request)
    return Fetched(card, before, archive.object_path(before.sha256, before.suffix), unchanged=True)
