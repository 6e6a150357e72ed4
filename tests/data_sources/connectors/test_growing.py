"""The object that grows while pages come has the bytes of one written at the end, or stands back for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.cards import Card
from data_sources.connectors.archive import Partial
from data_sources.connectors.remote.growing import Growing, RowGroups, object_schema
from data_sources.connectors.remote.pages import common_schema, conform

CARD = Card(
    name="t", title="T", publisher="P", licence="L", redistribute="no", citation="C", protocol="wfs",
    url="http://127.0.0.1/", layer="l", page_size=3,
)  # fmt: skip


PAGES = st.lists(
    st.one_of(
        st.lists(st.sampled_from([None, 1, 2]), min_size=1, max_size=4),
        st.lists(st.sampled_from([None, 1.5]), min_size=1, max_size=4),
        st.lists(st.sampled_from([None, "x"]), min_size=1, max_size=4),
    ).map(lambda values: pa.table({"a": values})),
    min_size=1,
    max_size=6,
)


def written_at_the_end(folder: Path, tables: list[pa.Table], group: int) -> bytes:
    schema = object_schema(CARD, common_schema([t.schema for t in tables])[0], None)
    groups = RowGroups(folder / "whole.parquet", schema, group)
    for table in tables:
        groups.add(conform(table, schema))
    groups.close()
    return (folder / "whole.parquet").read_bytes()


@settings(max_examples=60, deadline=None)
@given(PAGES, PAGES, st.integers(1, 8))
def test_an_object_that_grew_has_the_bytes_of_one_written_at_the_end(
    before: list[pa.Table], tables: list[pa.Table], group: int
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        growing = Growing(CARD, Partial(folder), group)
        for pages in (before, tables):  # number 0 begins anew, as after a change at the source
            for index, table in enumerate(pages):
                growing.take(index, table, None)
        schema = object_schema(CARD, common_schema([t.schema for t in tables])[0], None)
        whole = written_at_the_end(folder, tables, group)
        rows = sum(t.num_rows for t in tables)
        if growing.finish(schema, rows):
            assert growing.path.read_bytes() == whole
            assert pq.read_table(growing.path).num_rows == rows
        else:
            assert not growing.path.exists()


def test_pages_of_one_shape_are_written_as_they_come(tmp_path: Path) -> None:
    growing = Growing(CARD, Partial(tmp_path), group=4)
    for index in range(5):
        growing.take(index, pa.table({"a": [index, index, index]}), None)
    schema = object_schema(CARD, pa.schema([("a", pa.int64())]), None)
    assert growing.finish(schema, 15)
    assert pq.ParquetFile(growing.path).metadata.num_row_groups == 4


def test_fewer_rows_than_came_are_not_taken_for_the_whole(tmp_path: Path) -> None:
    """Where a feature came twice, the object must be written without its second copy."""
    growing = Growing(CARD, Partial(tmp_path), group=2)
    growing.take(0, pa.table({"a": [1, 2, 3]}), None)
    assert not growing.finish(object_schema(CARD, pa.schema([("a", pa.int64())]), None), 2)
    assert not growing.path.exists()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 7))
def test_bytes_do_not_depend_on_the_size_of_the_pages(sizes: list[int], group: int) -> None:
    rows = list(range(sum(sizes)))
    tables, start = [], 0
    for size in sizes:
        tables.append(pa.table({"a": rows[start : start + size]}))
        start += size
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        assert written_at_the_end(folder, tables, group) == written_at_the_end(folder, [pa.table({"a": rows})], group)
