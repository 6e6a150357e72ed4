"""Pages -> one checked table: page until there is no more, notice what moved meanwhile, resume where it stopped.

Belongs here: what is true of every paged source. Does not belong here: how a protocol names its parameters (``wfs``,
``arcgis_rest``, ``ogc_api``, ``plain``).
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyproj

from data_sources.cards import Card
from data_sources.connectors.archive import PageRecord, Partial
from data_sources.connectors.features import FEATURE_ID
from data_sources.connectors.remote.credentials import masked_rows
from data_sources.connectors.remote.http import BrokenBodyError, ClientSettings, TooLargeError
from khanij.foundation.errors import SourceError
from khanij.foundation.redaction import MASK, without_secrets

Progress = Callable[[int, int | None, str], None]
Take = Callable[[int, pa.Table, str | None], None]
"""Called with number, rows and CRS of each page that is kept, in order; number 0 begins anew."""


class ChangedWhileReadingError(SourceError):
    """The layer changed, or was paged in another order, while it was being read."""


@dataclass(frozen=True)
class Page:
    """One parsed page: its rows, CRS, how many the server announced in all, and where the next one begins."""

    table: pa.Table
    crs: str | None
    announced: int | None
    next: str | None


class PagedSource(Protocol):
    """What a protocol must say for its pages to be read."""

    def first(self) -> str:
        """Where the first page begins."""

    def ask(self, cursor: str) -> bytes:
        """The body of the page that begins here."""

    def read(self, body: bytes, cursor: str, done: Sequence[PageRecord]) -> Page:
        """The page in this body, after the pages that are done."""

    def guess(self, cursor: str, done: Sequence[PageRecord]) -> str | None:
        """Where the next page likely begins, so that it can be asked for while this one is read; None if unsure."""


@dataclass(frozen=True)
class Pages:
    """All pages of one source, kept in ``partial``."""

    records: tuple[PageRecord, ...]
    crs: str | None
    announced: int | None
    resumed_at: int


def read_pages(
    source: PagedSource,
    card: Card,
    partial: Partial,
    settings: ClientSettings,
    progress: Progress | None,
    take: Take | None = None,
    at_once: Callable[[], int] = lambda: 1,
) -> Pages:
    """Read all pages into ``partial``, going on after those it holds; ``take`` sees each page, old and new.

    ``at_once`` says how many of the next pages may be on their way while one is read; they are read and kept in order.
    A count that changes between pages starts the reading again (at most ``settings.restarts`` times).

    Raises
    ------
    ChangedWhileReadingError : still changing after the restarts. TooLargeError : more than ``card.max_bytes``.
    """
    for attempt in range(settings.restarts + 1):
        try:
            return _read_once(source, card, partial, settings, progress, take, at_once)
        except ChangedWhileReadingError:
            partial.discard()
            if attempt == settings.restarts:
                raise
        except TooLargeError:
            partial.discard()
            raise
    raise AssertionError  # pragma: no cover


def _read_once(
    source: PagedSource,
    card: Card,
    partial: Partial,
    settings: ClientSettings,
    progress: Progress | None,
    take: Take | None,
    at_once: Callable[[], int],
) -> Pages:
    records = partial.records() if partial.age_s() <= settings.resume_within_s else []
    if records and MASK in (records[-1].next or ""):
        records = []  # the next link held a token of the server's, which is not kept: only the first page can be asked for
    if records:
        partial.truncate(records)
    else:
        partial.start()
    resumed_at = len(records)
    crs = read_page(partial, records[0])[1] if records else None
    for record in records if take is not None else ():
        take(record.index, *read_page(partial, record))  # type: ignore[misc]
    cursor = records[-1].next if records else source.first()
    begun = {r.cursor for r in records}
    ahead = ThreadPoolExecutor(max(1, settings.at_once), thread_name_prefix="next-page")
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    try:
        while cursor is not None:
            body = _body(source, cursor, waiting)
            guess = source.guess(waiting[-1][0] if waiting else cursor, records)
            while guess is not None and len(waiting) < at_once():
                waiting.append((guess, ahead.submit(source.ask, guess)))
                guess = source.guess(guess, records)
            page = _parse(source, body, cursor, records, settings)
            page = replace(page, table=masked_rows(page.table))
            _check_count(page, records, card)
            _check_crs(page, crs, card)
            crs = crs or page.crs
            before = len(records)
            begun.add(cursor)
            cursor = _keep(page, cursor, records, partial, card)
            if take is not None and len(records) > before:
                take(before, page.table, page.crs)
            if cursor is not None and cursor in begun:
                raise SourceError(
                    "the pages run in a circle", file=card.host, layer=card.layer, do="tell the publisher"
                )
            if progress is not None:
                progress(sum(r.rows for r in records), _announced(records, page), f"rows of {card.name}")
    finally:
        ahead.shutdown(wait=False, cancel_futures=True)
    return Pages(tuple(records), crs, _announced(records, None), resumed_at)


def _body(source: PagedSource, cursor: str, waiting: deque[tuple[str, Future[bytes]]]) -> bytes:
    """The page that begins here, from those asked for ahead; where the guess was wrong, they are forgotten."""
    if waiting and waiting[0][0] == cursor:
        return waiting.popleft()[1].result()
    for _, asked in waiting:
        asked.cancel()
    waiting.clear()
    return source.ask(cursor)


def _keep(page: Page, cursor: str, records: list[PageRecord], partial: Partial, card: Card) -> str | None:
    """Keep one page and add its record; where the next begins, or None after the last."""
    content = to_ipc(page.table, page.crs)
    digest = hashlib.sha256(content).hexdigest()
    if page.table.num_rows == 0 or _repeats(records, digest, page, card):
        if records:
            records[-1] = records[-1].model_copy(update={"next": None})
            partial.truncate(records)
        return None
    if sum(r.bytes for r in records) + len(content) > card.max_bytes:
        raise TooLargeError(
            f"more than {card.max_bytes:,} bytes",
            file=card.host,
            layer=card.layer,
            do="cut to a smaller extent, or raise max_bytes in the card",
        )
    record = PageRecord(
        index=len(records),
        cursor=_kept(cursor),
        next=None if page.next is None else _kept(page.next),
        rows=page.table.num_rows,
        sha256=digest,
        bytes=len(content),
        announced=page.announced,
    )
    partial.add(record, content)
    records.append(record)
    return page.next


def _kept(cursor: str) -> str:
    """Where a page begins, as it may be written down: an address without its secrets."""
    return without_secrets(cursor) if "://" in cursor else cursor


def _parse(source: PagedSource, body: bytes, cursor: str, done: Sequence[PageRecord], settings: ClientSettings) -> Page:
    """Parse a body; one that is cut short is asked for again, a bounded number of times."""
    for attempt in range(settings.attempts):
        try:
            return source.read(body, cursor, done)
        except BrokenBodyError:
            if attempt == settings.attempts - 1:
                raise
            time.sleep(min(settings.backoff_max_s, settings.backoff_s * 2**attempt))
            body = source.ask(cursor)
    raise AssertionError  # pragma: no cover


def _check_count(page: Page, records: Sequence[PageRecord], card: Card) -> None:
    before = _announced(records, None)
    if page.announced is not None and before is not None and page.announced != before:
        raise ChangedWhileReadingError(
            f"the layer changed while it was being read: {before} features announced, then {page.announced}",
            file=card.host,
            layer=card.layer,
            do="fetch again when the publisher is not loading data",
        )


def _check_crs(page: Page, crs: str | None, card: Card) -> None:
    if not page.table.num_rows or page.crs is None or crs is None or page.crs == crs:
        return
    if pyproj.CRS(page.crs) != pyproj.CRS(crs):
        raise SourceError(
            f"one page is in {crs} and another in {page.crs}", file=card.host, layer=card.layer, do="tell the publisher"
        )


def _repeats(records: Sequence[PageRecord], digest: str, page: Page, card: Card) -> bool:
    """True where the server ignores the offset and has given all its rows already.

    Raises
    ------
    SourceError : it ignores the offset, and nothing says that its first answer was whole.
    """
    if not records or records[-1].sha256 != digest:
        return False
    rows = sum(r.rows for r in records)
    if page.announced == rows or rows > card.page_size:
        return True
    raise SourceError(
        "the server gives the same page again: it does not page, and does not say how many features there are",
        file=card.host,
        layer=card.layer,
        do="where one answer holds the whole layer, set `options: {single_page: true}` in the card",
    )


def _announced(records: Sequence[PageRecord], page: Page | None) -> int | None:
    if page is not None and page.announced is not None:
        return page.announced
    return next((r.announced for r in records if r.announced is not None), None)


def to_ipc(table: pa.Table, crs: str | None) -> bytes:
    """A page as an Arrow stream; the same rows give the same bytes."""
    sink = pa.BufferOutputStream()
    table = table.combine_chunks().replace_schema_metadata({"crs": crs or ""})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def read_page(partial: Partial, record: PageRecord) -> tuple[pa.Table, str | None]:
    """One kept page and its CRS."""
    with pa.memory_map(str(partial.page_path(record.index))) as stream:
        table = pa.ipc.open_stream(stream).read_all()
    crs = (table.schema.metadata or {}).get(b"crs", b"").decode() or None
    return table.replace_schema_metadata(None), crs


@dataclass(frozen=True)
class Joined:
    """Which rows of each page stay, and what a reader should know of the joining."""

    keep: tuple[pa.Array | None, ...]
    rows: int
    notes: tuple[str, ...]


def check_joined(pages: Pages, partial: Partial, card: Card) -> Joined:
    """Features that came twice, and the number that came against the number announced.

    The same feature id on two pages means that rows moved between pages, so others may have been missed: the second
    copy is dropped only where what remains is exactly what the server announced.

    Raises
    ------
    ChangedWhileReadingError : features came twice, or fewer came than announced.
    """
    rows = sum(r.rows for r in pages.records)
    keep = [None] * len(pages.records)
    seen: set[str] = set()
    repeated: list[str] = []
    masks: list[pa.Array | None] = list(keep)
    for index, record in enumerate(pages.records):
        table, _ = read_page(partial, record)
        if FEATURE_ID not in table.column_names or not stable_ids(table[FEATURE_ID]):
            seen.clear()
            break
        ids = table[FEATURE_ID].to_pylist()
        fresh = []
        for value in ids:
            fresh.append(value not in seen)
            seen.add(value)
        if not all(fresh):
            repeated += [str(v) for v, new in zip(ids, fresh, strict=True) if not new]
            masks[index] = pa.array(fresh)
    unique = rows - len(repeated)
    notes = []
    if repeated:
        if unique != pages.announced:
            raise ChangedWhileReadingError(
                f"{len(repeated)} features came twice (first: {repeated[0]}), so others may have been missed",
                file=card.host,
                layer=card.layer,
                do="fetch again; if it stays so, give the server an order (params: sortBy) in the card",
            )
        notes.append(f"{len(repeated)} features came twice and were kept once (first: {repeated[0]})")
    if pages.announced is not None and unique < pages.announced:
        if card.trust_count:
            raise ChangedWhileReadingError(
                f"the server announced {pages.announced} features and gave {unique}",
                file=card.host,
                layer=card.layer,
                do="fetch again; if its count is known to be wrong, set `trust_count: false` in the card",
            )
        notes.append(f"the server announced {pages.announced} features and gave {unique}")
    elif pages.announced is not None and unique > pages.announced:
        notes.append(f"the server announced {pages.announced} features and gave {unique}: its count is wrong")
    return Joined(tuple(masks), unique, tuple(notes))


def stable_ids(ids: pa.ChunkedArray) -> bool:
    """False for missing ids and for those a server makes anew for each answer (GeoServer's ``fid-...``)."""
    if ids.null_count or not pa.types.is_string(ids.type):
        return False
    return not pc.any(pc.match_substring_regex(ids, r"(^|\.)fid-")).as_py()


def joined_tables(pages: Pages, partial: Partial, joined: Joined) -> tuple[pa.Schema, Iterator[pa.Table], list[str]]:
    """The common schema, the pages in it one by one, and remarks on columns whose type differed between pages."""
    schemas = [read_page(partial, r)[0].schema for r in pages.records]
    schema, notes = common_schema(schemas)

    def tables() -> Iterator[pa.Table]:
        for record, mask in zip(pages.records, joined.keep, strict=True):
            table, _ = read_page(partial, record)
            yield conform(table if mask is None else table.filter(mask), schema)

    return schema, tables(), notes


def common_schema(schemas: Sequence[pa.Schema]) -> tuple[pa.Schema, list[str]]:
    """One type a column: nothing gives way to anything, whole numbers to fractions, and all else to text."""
    types: dict[str, pa.DataType] = {}
    notes: list[str] = []
    for schema in schemas:
        for field in schema:
            known = types.get(field.name, pa.null())
            types[field.name] = _common_type(known, field.type)
            mixed = {known, field.type} - {pa.null()}
            if types[field.name] == pa.string() and mixed - {pa.string(), pa.large_string()}:
                notes.append(f"{field.name}: numbers on one page and text on another, kept as text")
    fields = [pa.field(name, pa.string() if kind == pa.null() else kind) for name, kind in types.items()]
    fields.sort(key=lambda f: f.name == "geometry")
    return pa.schema(fields), sorted(set(notes))


def _common_type(one: pa.DataType, two: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(two):
        two = pa.string()
    if one == two or pa.types.is_null(two):
        return one
    if pa.types.is_null(one):
        return two
    numeric = [pa.types.is_integer(t) or pa.types.is_floating(t) for t in (one, two)]
    if all(numeric):
        return pa.int64() if pa.types.is_integer(one) and pa.types.is_integer(two) else pa.float64()
    return pa.string()


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A page in the common schema; columns it lacks are null."""
    columns = []
    for field in schema:
        if field.name in table.column_names:
            columns.append(table[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(table.num_rows, field.type))
    return pa.table(columns, schema=schema)
