"""Pages or a file -> one object and its manifest in the archive, in one step.

Belongs here: what is written and how. Does not belong here: asking a source (``fetching``), or the store's layout
(``archive``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyproj
import shapely

from data_sources.connectors.archive import Job, Manifest, PageRecord
from data_sources.connectors.exact import WHOLE_NUMBERS, whole_numbers
from data_sources.connectors.features import GEOMETRY
from data_sources.connectors.remote.growing import READING, Growing, RowGroups, object_schema
from data_sources.connectors.remote.pages import Joined, Pages, joined_tables, to_ipc
from data_sources.connectors.remote.plain import table_of
from data_sources.contracts.shapes import datums
from data_sources.contracts.shapes.remarks import notes_of, reading_of
from khanij.foundation.redaction import without_secrets


@dataclass(frozen=True)
class Content:
    """What a manifest says of an object beyond its bytes."""

    rows: int = 0
    columns: tuple[str, ...] = ()
    crs: str | None = None
    announced: int | None = None
    pages: tuple[PageRecord, ...] = ()
    validators: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def keep_pages(
    job: Job,
    pages: Pages,
    joined: Joined,
    validators: dict[str, str],
    notes: tuple[str, ...],
    growing: Growing | None = None,
    reading: Mapping[str, object] | None = None,
) -> Manifest:
    """All pages as one GeoParquet object, in row groups that do not depend on the page size.

    ``growing`` has it written already where the pages allowed it; else it is written now. ``reading`` is what the reader of the
    source saw beside its rows (``remarks.reading_of``).
    """
    schema, tables, mixed = joined_tables(pages, job.partial, joined)
    schema = object_schema(job.card, schema, pages.crs, reading)
    whole = all(mask is None for mask in joined.keep)
    if growing is not None and not (whole and growing.finish(schema, joined.rows)):
        growing.abandon()
        growing = None
    scratch = job.partial.scratch(".parquet")
    if growing is None:
        groups = RowGroups(scratch, schema)
        for table in tables:
            groups.add(table)
        groups.close()
    content = Content(
        rows=joined.rows,
        columns=tuple(schema.names),
        crs=pages.crs,
        announced=pages.announced,
        pages=pages.records,
        validators=validators,
        notes=(*notes, *mixed),
    )
    return keep_file(job, scratch, ".parquet", content)


def keep_table(job: Job, frame: pd.DataFrame) -> Manifest:
    """One table that came whole, kept like a source of one page, with what its reader saw."""
    table, crs = table_of(frame)
    job.partial.start()
    body = to_ipc(table, crs)
    digest = hashlib.sha256(body).hexdigest()
    record = PageRecord(index=0, cursor="", next=None, rows=table.num_rows, sha256=digest, bytes=len(body))
    job.partial.add(record, body)
    pages, joined = Pages((record,), crs, None, 0), Joined((None,), table.num_rows, ())
    return keep_pages(job, pages, joined, {}, notes_of(frame), reading=reading_of(frame))


def keep_file(job: Job, scratch: Path, suffix: str, content: Content) -> Manifest:
    """A finished file becomes an object, and its manifest the current one."""
    sha256, size = job.archive.add_file(scratch, suffix)
    card = job.card
    manifest = Manifest(
        card=card.name,
        card_sha256=card.content_hash(),
        protocol=card.protocol,
        url=without_secrets(card.url),
        layer=card.layer,
        extent_deg=job.extent,
        crs=content.crs,
        licence=card.licence,
        redistribute=card.redistribute,
        citation=card.citation,
        attribution=card.attribution,
        sha256=sha256,
        bytes=size,
        suffix=suffix,
        rows=content.rows,
        columns=content.columns,
        announced_rows=content.announced,
        validators=content.validators,
        pages=content.pages,
        notes=content.notes,
    )
    job.archive.commit(job.request, manifest)
    return manifest


def read_kept(path: Path) -> gpd.GeoDataFrame | pd.DataFrame:
    """A kept table as a frame, with what its reader saw; columns are freed as they are turned, which spares memory."""
    table = pq.read_table(path)
    reading = json.loads((table.schema.metadata or {}).get(READING.encode(), b"{}"))
    crs = None
    geometry = None
    if GEOMETRY in table.column_names:
        about = json.loads((table.schema.metadata or {})[b"geo"])["columns"][GEOMETRY]["crs"]
        crs = pyproj.CRS.from_json_dict(about)
        shapes = shapely.from_wkb(table[GEOMETRY].to_numpy())
        geometry = gpd.GeoSeries(shapes, crs=datums.code_of(crs) or crs)
        table = table.drop_columns([GEOMETRY])
    plain = table.replace_schema_metadata(None)
    del table
    frame = whole_numbers(plain.to_pandas(split_blocks=True, self_destruct=True, **WHOLE_NUMBERS))
    if geometry is not None:
        frame[GEOMETRY] = geometry  # the other way, geometry= of the constructor, copies every column
        frame = gpd.GeoDataFrame(frame, copy=False)
    frame.attrs.update(reading)
    return frame
