"""One set takes the place of another: all its files or none, whatever kills the process in between.

The next set is complete in the staging folder and on the disk before a journal says that it will be published; then each
file gets its name, then the list, then the files of the former set that the new one lacks go, then the journal. Whoever
finds a journal finishes what it says: every step may be done twice.

Belongs here: moving files, the lock, the journal. Does not belong here: what is in a file, or whether it may be
published (``guard``). Nothing here needs more than renaming files within one file system.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from data_sources.contracts import PublishingError
from khanij.foundation.files import has_writer, is_stand_in, sync_file, sync_folder, write_bytes_atomically
from publishing.sets.listing import (
    JOURNAL,
    SET_LIST,
    DamagedListError,
    Journal,
    ListedFile,
    SetList,
    is_file,
    read_journal,
    read_list,
    rendered,
    staging_of,
)
from publishing.uninterrupted import uninterrupted

WAIT_S = 120.0
INTERRUPTED = "the publication was interrupted when it had begun"
_STAGED_LIST = f".{SET_LIST}"
logger = logging.getLogger("khanij")


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a region's published files for oneself for the moment in which they change places or are copied.

    The lock of a region's run is held for as long as the run computes; this one only for the swap, so that a reader
    never waits for a computation.

    Raises
    ------
    PublishingError : somebody has held it for two minutes.
    """
    path = staging_of(folder).with_name(f"{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        with lock.acquire(timeout=WAIT_S):
            yield
    except Timeout as busy:
        raise PublishingError(
            "the published files are held by another process",
            file=path,
            do="wait for it; the lock goes with its process",
        ) from busy


def begin(folder: Path) -> Path:
    """An empty staging folder for the next set; a publication that was interrupted is finished first."""
    with held(folder):
        try:
            _finish(folder)
        except PublishingError as error:
            # It cannot be finished; the set that is now made takes its place, and readers are told until then.
            logger.warning("%s", error)
        staging = staging_of(folder)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
    return staging


def finish(folder: Path) -> bool:
    """Finish a publication that was interrupted; returns whether there was one.

    Raises
    ------
    PublishingError : a file of it is neither staged nor in its place.
    """
    if not (folder / JOURNAL).exists():
        return False
    with held(folder):
        return _finish(folder)


def publish(folder: Path, new: SetList) -> None:
    """Put a staged set in place of what is published.

    Parameters
    ----------
    folder : the region's folder, such as ``output/india``.
    new : the set; each of its files is staged, or in its place already, with the hash that the list gives.

    Raises
    ------
    PublishingError : a file is neither staged nor in its place, or is open for changes elsewhere, or cannot be written;
        what was published before is still in place.
    """
    staging = staging_of(folder)
    with held(folder):
        try:
            remove = _former_files(folder) - set(new.files)
            _prepare(folder, staging, new)
            journal = Journal(next=new, remove=tuple(sorted(remove)))
            write_bytes_atomically(folder / JOURNAL, rendered(journal))
        except OSError as error:
            raise PublishingError(
                f"the set could not be published: {error}",
                file=folder,
                do="see to space and rights; what was published before is still in place",
            ) from error
        try:
            with uninterrupted():
                _finish(folder)
        except OSError as error:
            raise PublishingError(
                f"{INTERRUPTED}: {error}",
                file=folder,
                do="see to space and rights, then run again: the next khanij command finishes it",
            ) from error


def _former_files(folder: Path) -> set[str]:
    """Files that former sets' lists name: the published one's, and those of one that was interrupted."""
    found: set[str] = set()
    try:
        before = read_list(folder)
        found |= set(before.files) if before else set()
    except DamagedListError as error:
        logger.warning("%s Files that only the former set had stay.", error)
    with contextlib.suppress(DamagedListError):
        lost = read_journal(folder)
        found |= {*lost.next.files, *lost.remove} if lost else set()
    return found


def _prepare(folder: Path, staging: Path, new: SetList) -> None:
    """All that can fail is done before the journal says that there is no way back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in new.files.items():
        source, target = staging / name, folder / name
        if source.exists():
            if not is_file(source, file):
                raise PublishingError("a staged file is not what was made", file=source, do="run again")
            sync_file(source)
        elif not is_file(target, file):
            raise PublishingError(
                "a file of the set is neither staged nor published",
                file=target,
                do=f"run: khanij run --region {new.region}",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise PublishingError("a folder has the name of a published file", file=target, do="move it away")
        if target.suffix == ".gpkg" and has_writer(target):
            raise PublishingError("it is open for changes elsewhere", file=target, do="close it in QGIS and run again")
        if target.exists():
            target.rename(target)  # fails where the system does not let a file that is open be replaced
    staging.mkdir(parents=True, exist_ok=True)
    (staging / _STAGED_LIST).write_bytes(rendered(new))
    sync_file(staging / _STAGED_LIST)
    for place in {(staging / n).parent for n in new.files} | {staging}:
        if place.is_dir():
            sync_folder(place)


def _finish(folder: Path) -> bool:
    """Do what the journal says, from wherever it stopped; the caller holds the lock."""
    staging = staging_of(folder)
    try:
        journal = read_journal(folder)
    except DamagedListError:
        journal = _of_damaged_journal(folder)
    if journal is None:
        return False
    for name, file in journal.next.files.items():
        _move(staging / name, folder / name, file)
    for place in sorted({(folder / name).parent for name in journal.next.files}):
        sync_folder(place)
    if not _same(folder / SET_LIST, rendered(journal.next)):
        if not _same(staging / _STAGED_LIST, rendered(journal.next)):
            staging.mkdir(parents=True, exist_ok=True)
            (staging / _STAGED_LIST).write_bytes(rendered(journal.next))
            sync_file(staging / _STAGED_LIST)
        (staging / _STAGED_LIST).replace(folder / SET_LIST)
        sync_folder(folder)
    _remove(folder, journal.remove)
    (folder / JOURNAL).unlink(missing_ok=True)
    sync_folder(folder)
    shutil.rmtree(staging, ignore_errors=True)
    return True


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _move(source: Path, target: Path, file: ListedFile) -> None:
    if is_file(target, file):
        source.unlink(missing_ok=True)  # the same bytes: what is published is not touched
        return
    if not is_file(source, file):
        raise PublishingError(
            "a publication was interrupted, and a file of it is neither staged nor in its place",
            file=target,
            do="make the region again: khanij run --region R",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _of_damaged_journal(folder: Path) -> Journal | None:
    """What a damaged journal said, where that can be told: nothing had begun, or all of it had ended."""
    before = read_list(folder)
    if before is not None and all(is_file(folder / n, f) for n, f in before.files.items()):
        (folder / JOURNAL).unlink()
        return None
    raise PublishingError(
        "a publication was interrupted and its journal is damaged",
        file=folder / JOURNAL,
        do="make the region again: khanij run --region R",
    )


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Files that former sets had; one that is open for changes stays until the next publication."""
    for name in names:
        path = folder / name
        if path.suffix == ".gpkg" and path.is_file() and has_writer(path):
            continue
        with contextlib.suppress(PermissionError):  # open elsewhere, on a system that keeps such files
            path.unlink(missing_ok=True)
        for parent in path.relative_to(folder).parents:
            if parent != Path():
                with contextlib.suppress(OSError):
                    (folder / parent).rmdir()


def target_name(folder: Path, name: str) -> str:
    """The name under which a file can be published now: its own, or one beside it while that one is open elsewhere.

    A set is one: where its GeoPackage is being edited, all other files are published and the GeoPackage stands beside
    its place under the next name, which the set's list says. A run of the night must not wait for a forgotten editor.
    A name that no set's list has is a person's own file and is not taken.
    """
    path = folder / name
    if not has_writer(path) and _may_be_replaced(path):
        return name
    known = _former_files(folder)
    number = 2
    while True:
        other = path.with_name(f"{path.stem}.v{number}{path.suffix}")
        mine = other.relative_to(folder).as_posix() in known and is_stand_in(other.name)
        if not other.exists() or (mine and not has_writer(other) and _may_be_replaced(other)):
            return other.relative_to(folder).as_posix()
        number += 1


def _may_be_replaced(path: Path) -> bool:
    if not path.exists() or os.name != "nt":
        return True
    try:
        path.rename(path)
    except PermissionError:
        return False
    return True
