"""Dagster's books of an installation, brought to the schema of the Dagster that is installed.

Belongs here: noticing that they are older, keeping a copy, migrating them. Does not belong here: what stands in them
(``run_history``). Dagster runs on older books for as long as its own code does not need what was added, and then fails in the
middle of something; so they are brought up before anything begins.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sqlite3
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import yaml
from filelock import FileLock

from khanij.foundation.errors import KhanijError
from khanij.foundation.files import write_bytes_atomically

MARK = "khanij_dagster_version.txt"
logger = logging.getLogger("khanij")


class BooksError(KhanijError):
    """Dagster's books cannot be used by the Dagster that is installed."""


def bring_up_to_date(home: Path) -> Path | None:
    """Migrate the books below ``DAGSTER_HOME`` if an older Dagster wrote them; returns the folder of the copy made before.

    Asked once a version of Dagster and home: ``khanij_dagster_version.txt`` says which was here last. Books in PostgreSQL
    are migrated by ``dagster instance migrate``, which the daemon's unit runs; their copy is ``pg_dump``'s.

    Raises
    ------
    BooksError : a newer Dagster wrote them, or they cannot be migrated; the copy is named.
    """
    installed, mark = version("dagster"), home / MARK
    if not any((home / "history").rglob("*.db")):
        return None  # a new home, or books in PostgreSQL: nothing is written, as such a home may be read-only
    if mark.is_file() and mark.read_text(encoding="utf-8").strip() == installed:
        return None
    with FileLock(home / ".khanij_books.lock"):
        if mark.is_file() and mark.read_text(encoding="utf-8").strip() == installed:
            return None  # another process did it while this one waited
        copy = _brought_up(home, installed) if (home / "dagster.yaml").is_file() else None
        write_bytes_atomically(mark, f"{installed}\n".encode())
    return copy


def _brought_up(home: Path, installed: str) -> Path | None:
    books = sorted(p for folder in ("history", "schedules") for p in (home / folder).rglob("*.db"))
    if not books:
        return None
    with dg.DagsterInstance.from_config(str(home)) as instance:
        schema = yaml.safe_load(instance.schema_str())["schema"]["event_log_storage"] or {}
        if schema.get("current") == schema.get("latest"):
            return None
        copy = _copied(home, books, installed)
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                instance.upgrade()
        except Exception as error:
            raise BooksError(
                f"Dagster's books have the schema {schema.get('current')}, which Dagster {installed} cannot bring to its own "
                f"({schema.get('latest')}): {error}",
                file=home,
                do=f"install the Dagster that wrote them, or put an older copy back; as they were they lie in {copy}",
            ) from error
    logger.warning("Dagster's books in %s were migrated for Dagster %s; a copy of before: %s", home, installed, copy)
    return copy


def _copied(home: Path, books: list[Path], installed: str) -> Path:
    """Copy SQLite files whole, whoever has them open, into a folder of their own that is not there yet."""
    number, copy = 1, home / f"before_{installed}"
    while copy.exists():
        number += 1
        copy = home / f"before_{installed}.{number}"
    for path in books:
        target = copy / path.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(target)) as kept:
            source.backup(kept)
    return copy
