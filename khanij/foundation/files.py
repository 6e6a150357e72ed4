"""Replacing a published file whole or not at all.

Belongs here: temporary names, fsync, replacement, the refusal to replace a database that someone is writing to. Does
not belong here: what stands in the file.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_STAND_IN = re.compile(r"\.v[0-9]+\.[^.]+$")


@dataclass(frozen=True)
class PublishedFile:
    """A file that was published: where it is, its content's hash and size, and whether it was written anew."""

    path: Path
    sha256: str
    bytes: int
    changed: bool
    message: str = ""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Push a file's bytes to the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Push a folder's entries to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of ``path``, removed with its SQLite side files if it is still there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two runs apart; a name left by a killed run of another process is never read again.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    _remove(temporary)
    try:
        yield temporary
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm", ".aux.xml"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def remove_stale(path: Path) -> None:
    """Remove temporary files of ``path`` that a killed run left, judged by its process being gone."""
    for other in path.parent.glob(f".{path.stem}.*.tmp{path.suffix}"):
        number = other.name.removeprefix(f".{path.stem}.").removesuffix(f".tmp{path.suffix}")
        if number.isdigit() and not _is_running(int(number)):
            _remove(other)


def _is_running(pid: int) -> bool:
    if os.name == "nt":
        return True  # no signal 0 on Windows: leave the file
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_writer(path: Path) -> bool:
    """True if another program has the database open for changes, or left changes that are not in it yet.

    A program in the middle of an edit (QGIS) keeps a write-ahead log beside the file, empty until it saves. Were the
    file replaced then, that program's next change would lie beside the new file as if it belonged to it.
    """
    wal = path.with_name(path.name + "-wal")
    if not wal.is_file():
        return False
    if wal.stat().st_size > 0:
        return True
    # An empty log: its program lives, or died. Only without another connection can the log be given up.
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as connection:
            return bool(connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False  # what is published is damaged: it has to be replaced


def next_version(path: Path) -> Path:
    """The first free name ``stem.v2.suffix``, ``stem.v3.suffix``, ... beside ``path``."""
    number = 2
    while (other := path.with_name(f"{path.stem}.v{number}{path.suffix}")).exists():
        number += 1
    return other


def stand_in(path: Path) -> Path:
    """The first of ``stem.v2.suffix``, ``stem.v3.suffix``, ... that is free or that nobody changes."""
    number = 2
    while has_writer(other := path.with_name(f"{path.stem}.v{number}{path.suffix}")):
        number += 1
    return other


def is_stand_in(name: str) -> bool:
    """True of a name that ``stand_in`` and ``next_version`` give: it waits for the real one to be free."""
    return _STAND_IN.search(name) is not None


def replace_file(temporary: Path, path: Path) -> None:
    """Put the finished temporary file in place of ``path``: a reader keeps the old one, a crash leaves it.

    Raises
    ------
    PermissionError : on Windows, where a file that is open cannot be replaced.
    """
    sync_file(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


def write_bytes_atomically(path: Path, content: bytes) -> bool:
    """Write a small file whole or not at all; returns False, touching nothing, if it already holds these bytes."""
    if path.is_file() and path.read_bytes() == content:
        return False
    with temporary_beside(path) as temporary:
        temporary.write_bytes(content)
        replace_file(temporary, path)
    return True


_SETTLED_NS = 2_000_000_000  # a folder that changed just now may change again within the clock's grain


def yaml_files(folder: Path) -> dict[str, Path]:
    """Name without suffix -> path of each ``.yaml`` of a folder, in alphabetical order.

    Raises
    ------
    OSError : the folder cannot be read.
    """
    changed_ns = folder.stat().st_mtime_ns
    if time.time_ns() - changed_ns < _SETTLED_NS:
        return _listed(folder)
    return dict(_kept(folder, changed_ns))


@cache
def _kept(folder: Path, _changed_ns: int) -> dict[str, Path]:
    return _listed(folder)


def _listed(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def kept_beside(module: Path) -> dict[str, Any]:
    """What a module keeps from one process to the next; what is put in is written when the process ends.

    The file lies where Python keeps compiled modules, and is not written where Python writes none. It holds for the module's
    present bytes alone; one that is not what was written is empty.
    """
    file = Path(importlib.util.cache_from_source(str(module))).with_suffix(".kept")
    mine = sha256_of(module)
    kept: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        version, digest, text = file.read_text(encoding="utf-8").split("\n", 2)
        if (version, digest) == (mine, hashlib.sha256(text.encode()).hexdigest()):
            kept = json.loads(text)
    before = json.dumps(kept, sort_keys=True)

    def keep() -> None:
        text = json.dumps(kept, sort_keys=True)
        if text != before and not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                write_bytes_atomically(file, f"{mine}\n{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())

    atexit.register(keep)
    return kept
