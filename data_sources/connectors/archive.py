"""The local archive: complete data by content hash, one manifest per source and extent, unfinished pages apart.

Layout below the root::

    objects/ab/<sha256>.<suffix>     complete data only; never changed, never half written
    manifests/<card>/<request>.json  what was asked, where from, which object, the hash of each page
    partial/<card>/<request>/        pages of a fetch under way; gone when it is complete
    locks/                           one file per source, so that two fetches of it do not mix

No file holds a clock: the same answers give the same bytes, whether or not a fetch was interrupted. When a source was
last asked is the modification time of its manifest. Belongs here: keeping bytes. Does not belong here: fetching them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from khanij.foundation.errors import SourceError
from khanij.foundation.files import replace_file, sha256_of, write_bytes_atomically

if TYPE_CHECKING:
    from data_sources.cards import Card

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class PageRecord(BaseModel):
    """One page as it was kept: where it began, its rows, the SHA-256 and size of what was kept of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    index: int
    cursor: str
    next: str | None
    rows: int
    sha256: str
    bytes: int
    announced: int | None = None


class Manifest(BaseModel):
    """What one finished fetch brought: request, licence, object, pages, and remarks a reader should see."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    card: str
    card_sha256: str
    protocol: str
    url: str
    layer: str
    extent_deg: tuple[float, float, float, float] | None
    crs: str | None
    licence: str
    redistribute: str
    citation: str
    attribution: str
    sha256: str
    bytes: int
    suffix: str
    rows: int
    columns: tuple[str, ...]
    announced_rows: int | None
    validators: dict[str, str]
    pages: tuple[PageRecord, ...]
    notes: tuple[str, ...]


class Archive:
    """A content-addressed store below ``root`` (created on first use)."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root).expanduser()

    def object_path(self, sha256: str, suffix: str) -> Path:
        """Where the object with this hash is, or would be."""
        return self.root / "objects" / sha256[:2] / f"{sha256}{suffix}"

    def add_file(self, file: Path, suffix: str) -> tuple[str, int]:
        """Move a finished file of the same file system into the store; return its SHA-256 and size."""
        sha256, size = sha256_of(file), file.stat().st_size
        target = self.object_path(sha256, suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.chmod(0o644)
        replace_file(file, target)
        return sha256, size

    def manifest(self, card: str, request: str) -> Manifest | None:
        """The manifest of a finished fetch whose object is still whole in size; None where there is none."""
        path = self._manifest_path(card, request)
        if not path.is_file():
            return None
        try:
            found = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise SourceError("the manifest is damaged", file=path, do="delete it and fetch again") from error
        data = self.object_path(found.sha256, found.suffix)
        return found if data.is_file() and data.stat().st_size == found.bytes else None

    def asked(self, card: str, request: str) -> float | None:
        """Seconds since the epoch when the source was last asked, or None."""
        path = self._manifest_path(card, request)
        return path.stat().st_mtime if path.is_file() else None

    def last_asked(self, card: str) -> float | None:
        """Seconds since the epoch when any request of this source was last asked, or None."""
        files = list((self.root / "manifests" / card).glob("*.json"))
        return max((f.stat().st_mtime for f in files), default=None)

    def touch(self, card: str, request: str) -> None:
        """Note that the source was asked just now and has not changed."""
        os.utime(self._manifest_path(card, request))

    def commit(self, request: str, manifest: Manifest) -> None:
        """Make a finished fetch the current one, in one step, and forget its pages."""
        text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        partial = self.partial(manifest.card, request)
        target = self._manifest_path(manifest.card, request)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = partial.folder / "manifest.json"  # a kill leaves it there, to be swept with the pages
        write_bytes_atomically(staged, text.encode())
        replace_file(staged, target)
        partial.discard()

    def manifests(self) -> list[Manifest]:
        """All finished fetches, by card and request."""
        files = sorted((self.root / "manifests").glob("*/*.json"))
        return [m for f in files if (m := self.manifest(f.parent.name, f.stem)) is not None]

    def verify(self) -> list[str]:
        """Names of objects whose bytes no longer have the hash that they are named by."""
        files = sorted((self.root / "objects").glob("*/*"))
        return [file.name for file in files if sha256_of(file) != file.name.split(".")[0]]

    def partial(self, card: str, request: str) -> Partial:
        """The unfinished pages of one request."""
        return Partial(self.root / "partial" / card / request)

    @contextmanager
    def lock(self, card: str, *, wait_s: float = 600.0) -> Iterator[None]:
        """Hold one source for oneself; the operating system lets go when the process dies.

        Raises
        ------
        SourceError : another process still holds it after ``wait_s`` seconds.
        """
        path = self.root / "locks" / f"{card}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise SourceError("another fetch of this source is running", layer=card, do="wait for it") from error
        try:
            yield
        finally:
            lock.release()

    def _manifest_path(self, card: str, request: str) -> Path:
        return self.root / "manifests" / card / f"{request}.json"


class Partial:
    """Pages of a fetch under way: a file and a line in a log for each, written whole before the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "pages.jsonl"

    def start(self) -> None:
        """Begin with no pages."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def records(self) -> list[PageRecord]:
        """Pages that were kept whole, in order; a torn last line or a page with other bytes ends the list."""
        found: list[PageRecord] = []
        if not self.log.is_file():
            return found
        for line in self.log.read_bytes().splitlines(keepends=True):
            try:
                record = PageRecord.model_validate_json(line)
            except ValidationError:
                break
            page = self.page_path(record.index)
            if not line.endswith(b"\n") or record.index != len(found) or not page.is_file():
                break
            if sha256_of(page) != record.sha256:
                break
            found.append(record)
        return found

    def age_s(self) -> float:
        """Seconds since the last page was kept."""
        return time.time() - self.log.stat().st_mtime if self.log.is_file() else 0.0

    def truncate(self, records: list[PageRecord]) -> None:
        """Keep only these pages in the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(self.log, b"".join(_line(r) for r in records))

    def add(self, record: PageRecord, content: bytes) -> None:
        """Keep one page: its bytes first, then its line."""
        write_bytes_atomically(self.page_path(record.index), content)
        with self.log.open("ab") as stream:
            stream.write(_line(record))
            stream.flush()
            os.fsync(stream.fileno())

    def page_path(self, index: int) -> Path:
        """The file of one page."""
        return self.folder / f"page-{index:06d}.arrow"

    def scratch(self, suffix: str) -> Path:
        """A name for a file under way, on the archive's file system."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"scratch{suffix}"

    def discard(self) -> None:
        """Forget all pages, and the folder with them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for parent in (self.folder.parent, self.folder.parent.parent):
            try:
                parent.rmdir()
            except OSError:
                break


def _line(record: PageRecord) -> bytes:
    return json.dumps(record.model_dump(mode="json"), sort_keys=True).encode() + b"\n"


def request_key(card_hash: str, extent: tuple[float, ...] | None) -> str:
    """A short name for one request: the same card and extent give the same."""
    text = json.dumps([card_hash, extent])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Job:
    """One card fetched for one extent into one archive."""

    card: Card
    archive: Archive
    extent: Extent | None

    @property
    def request(self) -> str:
        """Short name of what is asked for; a corrected title or licence asks for nothing new."""
        asked = {
            "protocol", "version", "url", "layer", "path", "crs", "params", "options", "page_size", "records_path"
        }  # fmt: skip
        parts = json.dumps(self.card.model_dump(mode="json", include=asked), sort_keys=True)
        return request_key(hashlib.sha256(parts.encode()).hexdigest(), self.extent)

    @property
    def partial(self) -> Partial:
        """Pages under way."""
        return self.archive.partial(self.card.name, self.request)

    @property
    def before(self) -> Manifest | None:
        """The last finished fetch of the same request."""
        return self.archive.manifest(self.card.name, self.request)
