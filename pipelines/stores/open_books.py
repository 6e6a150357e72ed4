"""Dagster's SQLite books, kept open while a run writes to them.

Belongs here: a connection that does nothing, SQLAlchemy's engines. Does not belong here: reading or writing the books, which
is Dagster's.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg

from khanij.foundation.environment import dagster_folder
from pipelines.stores.held_connections import connections_held

_LENT = "lent_by_khanij"
_STORAGES = ("event_log_storage", "run_storage")
_SQLITE = ("SqliteEventLogStorage", "SqliteRunStorage")


@contextmanager
def books_kept_open(instance: dg.DagsterInstance, run_id: str = "") -> Iterator[None]:
    """Keep a connection to each of Dagster's SQLite books until the end of the ``with``; nothing where there are none.

    Dagster opens and closes a book for every event, and SQLite tidies up a book (checkpoint, sync, removal of the log)
    when its last connection closes: while one stays open it does so once, not hundreds of times.

    Parameters
    ----------
    instance : whose books they are.
    run_id : of the run whose own book is meant too.
    """
    history = dagster_folder() / "history"
    names = ("runs.db", "runs/index.db", *([f"runs/{run_id}.db"] if run_id else []))
    with ExitStack() as stack:
        stack.enter_context(_one_engine_a_book(instance))
        stack.enter_context(connections_held(instance))
        for book in (history / name for name in names):
            # One that is missing or damaged is Dagster's to make or to tell of.
            with contextlib.suppress(sqlite3.Error):
                uri = f"{book.absolute().as_uri()}?mode=rw"
                connection = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False)
                stack.callback(connection.close)
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # a book is opened when it is read
        yield


@contextmanager
def _one_engine_a_book(instance: dg.DagsterInstance) -> Iterator[None]:
    """Let Dagster's SQLite storages use one engine of SQLAlchemy a book until the end of the ``with`` (docs/adr/0011).

    They make an engine for every event and every look at a run, and with it a cache of compiled statements that is thrown
    away with what it holds: half of what an event costs. What their modules call ``create_engine`` is lent another
    function, without an import of what is Dagster's own; where a Dagster to come has no such name nothing happens, and
    events cost what they did.
    """
    kept: dict[str, Any] = {}
    with ExitStack() as stack:
        for storage in (getattr(instance, name, None) for name in _STORAGES):
            module = sys.modules.get(type(storage).__module__)
            makes = getattr(module, "create_engine", None)
            if makes is None or type(storage).__name__ not in _SQLITE or hasattr(makes, _LENT):
                continue
            # Noted before it is lent: whatever stops the run, the name is given back.
            stack.callback(setattr, module, "create_engine", makes)
            setattr(module, "create_engine", _one_a_book(makes, kept))  # noqa: B010 - of a module that is not named
        yield


def _one_a_book(makes: Callable[..., Any], kept: dict[str, Any]) -> Callable[..., Any]:
    """What makes an engine of a book the first time, and gives it again after that."""

    def create_engine(url: str, **named: Any) -> Any:
        key = f"{url} {sorted(named.items())!r}"
        if key not in kept:
            kept[key] = makes(url, **named)
        return kept[key]

    setattr(create_engine, _LENT, True)
    return create_engine
