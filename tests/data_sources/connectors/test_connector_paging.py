"""Whatever a server's caps, short pages and counts: all rows exactly once, or an error; never fewer without a word."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord, Partial
from data_sources.connectors.features import FEATURE_ID
from data_sources.connectors.remote.http import ClientSettings
from data_sources.connectors.remote.pages import Page, check_joined, joined_tables, read_pages
from data_sources.contracts import SourceError

QUICK = ClientSettings(attempts=1, restarts=1)


def card(page_size: int) -> Card:
    return Card(
        name="t",
        title="T",
        publisher="P",
        licence="L",
        redistribute="no",
        citation="C",
        protocol="wfs",
        url="http://127.0.0.1/",
        layer="l",
        page_size=page_size,
    )


@dataclass
class Server:
    """A model of a server: how many rows it has, its cap, what it announces, its short pages and its shifts."""

    rows: int
    page_size: int
    cap: int
    announces: str
    short_at: int
    shift_at: int
    ids: bool
    breaks_after: int | None = None
    asked: int = 0

    def first(self) -> str:
        return "0"

    def ask(self, cursor: str) -> bytes:
        self.asked += 1
        if self.breaks_after is not None and self.asked > self.breaks_after:
            raise ConnectionError
        return cursor.encode()

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        start = int(cursor)
        count = min(self.page_size, self.cap)
        if start and start == self.short_at:
            count = max(1, count // 2)
        # A row that goes away while the pages are read moves all later rows one forward.
        moved = 1 if self.shift_at and start >= self.shift_at else 0
        numbers = list(range(start + moved, min(start + moved + count, self.rows)))
        columns: dict[str, object] = {"n": pa.array(numbers, pa.int64())}
        if self.ids:
            columns[FEATURE_ID] = pa.array([f"f.{n}" for n in numbers], pa.string())
        total = {"truth": self.rows - moved, "cap": min(self.cap, self.rows), "nothing": None}[self.announces]
        reached = start + len(numbers)
        return Page(pa.table(columns), None, total, str(reached) if numbers else None)

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        return None


SERVERS = st.builds(
    Server,
    rows=st.integers(1, 60),
    page_size=st.integers(1, 25),
    cap=st.integers(1, 30),
    announces=st.sampled_from(["truth", "cap", "nothing"]),
    short_at=st.integers(0, 30),
    shift_at=st.integers(0, 0),
    ids=st.booleans(),
)


def rows_of(server: Server, folder: Path) -> list[int]:
    c = card(server.page_size)
    partial = Partial(folder / "partial")
    pages = read_pages(server, c, partial, QUICK, None)
    joined = check_joined(pages, partial, c)
    _, tables, _ = joined_tables(pages, partial, joined)
    return [n for table in tables for n in table["n"].to_pylist()]


@settings(max_examples=25, deadline=None)
@given(SERVERS)
def test_every_row_comes_exactly_once_whatever_the_caps_and_counts(server: Server) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert rows_of(server, Path(folder)) == list(range(server.rows))


@settings(max_examples=20, deadline=None)
@given(SERVERS, st.integers(1, 59))
def test_rows_that_move_while_they_are_counted_are_never_lost_in_silence(server: Server, shift_at: int) -> None:
    """Only a server that counts can be caught; the row that went away itself is the one that may be missing."""
    server.shift_at, server.announces = shift_at, "truth"
    with tempfile.TemporaryDirectory() as folder:
        try:
            got = rows_of(server, Path(folder))
        except SourceError:
            return
        assert got == list(range(server.rows)), "no page began behind the shift"


@settings(max_examples=12, deadline=None)
@given(SERVERS, st.integers(1, 6))
def test_a_reading_that_breaks_off_goes_on_to_the_same_rows(server: Server, breaks_after: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server.breaks_after = breaks_after
        try:
            first = rows_of(server, Path(folder))
        except ConnectionError:
            server.breaks_after = None
            first = rows_of(server, Path(folder))
        assert first == list(range(server.rows))
