"""The object of a paged source, written while its pages come: when the last page is kept, the object is nearly whole.

Belongs here: row groups of one size, and giving up where a later page has another shape. Does not belong here: asking for
pages (``pages``), or what a manifest says (``keeping``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from data_sources.cards import Card
from data_sources.connectors.archive import Partial
from data_sources.connectors.features import GEOMETRY
from data_sources.connectors.remote.pages import common_schema, conform

ROW_GROUP = 65_536
READING = "khanij_reading"
"""Key of the metadata that hold what the reader of the source saw (``contracts.shapes.remarks.reading_of``)."""


def object_schema(
    card: Card, schema: pa.Schema, crs: str | None, reading: Mapping[str, object] | None = None
) -> pa.Schema:
    """The columns with the file's metadata: source, licence, what its reader saw and, with a geometry, GeoParquet's."""
    says = {"source": card.name, "redistribute": card.redistribute, "licence": card.licence}
    out = {"khanij": json.dumps(says, sort_keys=True)}
    if reading:
        out[READING] = json.dumps(reading, sort_keys=True)
    if GEOMETRY in schema.names:
        projjson = pyproj.CRS.from_user_input(crs or card.crs).to_json_dict()
        column = {"encoding": "WKB", "geometry_types": [], "crs": projjson}
        out["geo"] = json.dumps({"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}})
    return schema.with_metadata(out)


class RowGroups:
    """A Parquet file in row groups of ``group`` rows: its bytes do not depend on the tables its rows come in."""

    def __init__(self, path: Path, schema: pa.Schema, group: int = ROW_GROUP) -> None:
        self.path, self.schema, self.group, self.rows = path, schema, group, 0
        self._waiting: list[pa.Table] = []
        texts = [f.name for f in schema if pa.types.is_string(f.type)]
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=texts or False)

    def add(self, table: pa.Table) -> None:
        """Rows in order, in the schema; a full group is written at once."""
        self._waiting.append(table.replace_schema_metadata(self.schema.metadata))
        self.rows += table.num_rows
        while sum(t.num_rows for t in self._waiting) >= self.group:
            whole = pa.concat_tables(self._waiting)
            self._writer.write_table(whole.slice(0, self.group).combine_chunks())
            self._waiting = [whole.slice(self.group)]

    def close(self) -> None:
        """Write the rows that are left and the end of the file."""
        left = pa.concat_tables(self._waiting) if self._waiting else self.schema.empty_table()
        if left.num_rows or not self.rows:
            self._writer.write_table(left.combine_chunks())
        self._waiting = []
        self._writer.close()

    def abandon(self) -> None:
        """Stop where it stands, and take the file away."""
        self._waiting = []
        self._writer.close()
        self.path.unlink(missing_ok=True)


class Growing:
    """Takes pages in order and writes them as they come; ``finish`` says whether the object is what it must be.

    The schema is taken from the pages of the first row group. A later page with a new column or another type ends the
    attempt, and the object is then written from the kept pages as a whole; so do features that came twice. Either way the
    bytes are the same as if nothing had been written ahead.
    """

    def __init__(self, card: Card, partial: Partial, group: int = ROW_GROUP) -> None:
        self.card, self.path, self.group = card, partial.folder / "scratch.parquet", group
        self._begin()

    def _begin(self) -> None:
        self._first: list[pa.Table] = []
        self._crs: str | None = None
        self._columns: pa.Schema | None = None
        self._groups: RowGroups | None = None
        self._given_up = False

    def take(self, index: int, table: pa.Table, crs: str | None) -> None:
        """The page of this number; number 0 begins anew."""
        if index == 0:
            self.abandon()
            self._begin()
        if self._given_up:
            return
        self._crs = self._crs or crs
        if self._groups is None:
            self._first.append(table)
            if sum(t.num_rows for t in self._first) >= self.group:
                self._open()
        elif common_schema([self._columns, table.schema])[0] != self._columns:
            self.abandon()
        else:
            self._groups.add(conform(table, self._columns))

    def _open(self) -> None:
        self._columns = common_schema([t.schema for t in self._first])[0]
        self._groups = RowGroups(self.path, object_schema(self.card, self._columns, self._crs), self.group)
        for table in self._first:
            self._groups.add(conform(table, self._columns))
        self._first = []

    def finish(self, schema: pa.Schema, rows: int) -> bool:
        """Close the object; True where it has this schema (with its metadata) and these many rows."""
        groups = self._groups
        if groups is None or self._given_up or groups.rows != rows or not groups.schema.equals(schema, True):
            self.abandon()
            return False
        groups.close()
        self._groups = None
        return True

    def abandon(self) -> None:
        """Write no further; what was written is taken away."""
        self._first, self._given_up = [], True
        if self._groups is not None:
            self._groups.abandon()
            self._groups = None
