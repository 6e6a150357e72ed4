"""``fetch``: one card -> its data in the archive, complete or not at all.

Belongs here: which reader serves which protocol, and when a source has not changed. Does not belong here: paging
(``pages``), writing (``keeping``), or meaning (``contracts``).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from data_sources.cards import Card
from data_sources.connectors.archive import Archive, Extent, Job, Manifest
from data_sources.connectors.files import read_file
from data_sources.connectors.grids.grid_opening import GRIDS_ONLY
from data_sources.connectors.here import local_path
from data_sources.connectors.in_archive import Fetched, fetched_of, job_of
from data_sources.connectors.remote.arcgis_rest import ArcGisSource
from data_sources.connectors.remote.growing import Growing
from data_sources.connectors.remote.http import Client, ClientSettings, UnreachableError
from data_sources.connectors.remote.keeping import Content, keep_file, keep_pages, keep_table
from data_sources.connectors.remote.ogc_api import OgcApiSource
from data_sources.connectors.remote.pages import (
    ChangedWhileReadingError,
    Joined,
    PagedSource,
    Pages,
    Progress,
    check_joined,
    read_pages,
)
from data_sources.connectors.remote.plain import PlainSource
from data_sources.connectors.remote.wfs import WfsSource
from data_sources.contracts.shapes.remarks import notes_of, reading_of
from data_sources.reference import load_table
from khanij.foundation.errors import SourceError
from khanij.foundation.files import sha256_of


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
    if card.protocol == "manual":
        raise SourceError("this source must be fetched by hand", layer=card.name, do=card.access)
    if card.protocol == "embedded" and not card.layer:
        raise SourceError("made by code, nothing to fetch", layer=card.name, do="khanij run makes it")
    job = job_of(card, archive, extent)
    with archive.lock(card.name):
        if card.protocol == "embedded":
            return fetched_of(job, keep_table(job, load_table(card.layer)))
        if card.protocol == "file":
            return _fetch_local(job, local_path(card, folder))
        with Client(card, settings) as client:
            if card.protocol == "http_file":
                return _fetch_file(job, client)
            return _fetch_pages(job, client, progress)


def source_of(card: Card, client: Client, extent: Extent | None, headers: dict[str, str]) -> PagedSource:
    """The reader of the card's protocol."""
    if card.protocol == "wfs":
        return WfsSource(card, client, extent)
    if card.protocol == "ogc_api":
        return OgcApiSource(card, client, extent)
    if card.protocol == "arcgis_rest":
        return ArcGisSource(card, client, extent)
    return PlainSource(card, client, extent, headers)


def _fetch_pages(job: Job, client: Client, progress: Progress | None) -> Fetched:
    before = job.before
    source = source_of(job.card, client, job.extent, _conditional(before))
    validators = source.validators() if isinstance(source, ArcGisSource) else {}
    if before is not None and _has_nothing_new(source, before, validators):
        return _unchanged(job, before)
    if isinstance(source, PlainSource):
        job.partial.discard()  # one answer: nothing to go on from, and its validators belong to it
    growing = Growing(job.card, job.partial)
    try:
        pages, joined = _read_and_check(job, source, client, progress, growing)
    except BaseException:
        growing.abandon()
        raise
    if isinstance(source, PlainSource) and source.answer is not None:
        found = source.answer.headers
        validators = {k: found[k] for k in ("etag", "last-modified") if k in found}
    notes, reading = joined.notes, {}
    if isinstance(source, PlainSource) and source.seen is not None:
        notes, reading = (*notes, *notes_of(source.seen)), reading_of(source.seen)
    expected = job.card.expected_rows
    if pages.announced is None and expected and job.extent is None and joined.rows != expected:
        notes = (*notes, f"{joined.rows} rows came where the card expects {expected}")
    kept = keep_pages(job, pages, joined, validators, notes, growing, reading)
    return fetched_of(job, kept, pages.resumed_at)


def _has_nothing_new(source: PagedSource, before: Manifest, validators: dict[str, str]) -> bool:
    if isinstance(source, ArcGisSource):
        return bool(validators) and before.validators == validators and source.count == before.rows
    if isinstance(source, PlainSource) and source.headers:
        return source.is_unchanged()
    return False


def _read_and_check(
    job: Job, source: PagedSource, client: Client, progress: Progress | None, growing: Growing
) -> tuple[Pages, Joined]:
    """Pages that fit together; a layer that moved while it was read is read again, a bounded number of times."""
    settings = client.settings
    for attempt in range(settings.restarts + 1):
        pages = read_pages(
            source, job.card, job.partial, settings, progress, growing.take, at_once=lambda: client.at_once
        )
        if not pages.records:
            job.partial.discard()
            name = job.card.layer or job.card.name
            raise SourceError(
                "the source gives no rows", file=job.card.host, layer=name, do="check the layer and the extent"
            )
        try:
            return pages, check_joined(pages, job.partial, job.card)
        except ChangedWhileReadingError:
            job.partial.discard()
            if attempt == settings.restarts:
                raise
    raise AssertionError  # pragma: no cover


def _fetch_local(job: Job, file: Path) -> Fetched:
    if file.suffix.lower() in GRIDS_ONLY:
        job.partial.start()
        scratch = job.partial.scratch(file.suffix.lower())
        shutil.copyfile(file, scratch)
        return fetched_of(job, keep_file(job, scratch, scratch.suffix, Content(crs=job.card.crs)))
    frame = read_file(file, layer=job.card.layer or None, options={"crs": job.card.stated_crs, **job.card.options})
    return fetched_of(job, keep_table(job, frame))


def _fetch_file(job: Job, client: Client) -> Fetched:
    """Download one file whole, going on after a break; it is opened before it is kept."""
    card, before = job.card, job.before
    suffix = Path(urlsplit(card.url).path).suffix.lower()
    scratch = job.partial.scratch(suffix)
    headers = {} if scratch.exists() else _conditional(before)
    try:
        answer = client.download(card.url, scratch, headers=headers, max_bytes=card.max_bytes, layer=card.name)
        if answer.status == 304 and before is not None:
            job.partial.discard()
            return _unchanged(job, before)
        found = sha256_of(scratch)
        if card.sha256 and found != card.sha256:
            raise SourceError(
                f"another file than the card names (SHA-256 {found})",
                file=card.url,
                field="sha256",
                do="look at it first",
            )
        validators = {k: answer.headers[k] for k in ("etag", "last-modified") if k in answer.headers}
        content = Content(crs=card.crs, validators=validators)
        if suffix not in GRIDS_ONLY:
            frame = read_file(scratch, layer=card.layer or None, options=card.options)
            columns = tuple(map(str, frame.columns))
            content = Content(len(frame), columns, card.crs, validators=validators, notes=notes_of(frame))
    except UnreachableError:
        raise  # the part that came stays, to go on from
    except SourceError:
        job.partial.discard()
        raise
    return fetched_of(job, keep_file(job, scratch, suffix, content))


def _conditional(before: Manifest | None) -> dict[str, str]:
    if before is None:
        return {}
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {names[k]: v for k, v in before.validators.items() if k in names}


def _unchanged(job: Job, before: Manifest) -> Fetched:
    job.archive.touch(job.card.name, job.request)
    return Fetched(job.card, before, job.archive.object_path(before.sha256, before.suffix), unchanged=True)
