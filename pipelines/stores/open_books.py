"""Dagster's SQLite books, kept open while a run writes to them.

Belongs here: a connection that does nothing. Does not belong here: reading or writing the books, which is Dagster's.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from khanij.foundation.environment import dagster_folder


@contextmanager
def books_kept_open(run_id: str = "") -> Iterator[None]:
    """Keep a connection to each of Dagster's SQLite books until the end of the ``with``; nothing where there are none.

    Dagster opens and closes a book for every event, and SQLite tidies up a book (checkpoint, sync, removal of the log)
    when its last connection closes: while one stays open it does so once, not hundreds of times.

    Parameters
    ----------
    run_id : of the run whose own book is meant too.
    """
    history = dagster_folder() / "history"
    names = ("runs.db", "runs/index.db", *([f"runs/{run_id}.db"] if run_id else []))
    with ExitStack() as stack:
        for book in (history / name for name in names):
            # One that is missing or damaged is Dagster's to make or to tell of.
            with contextlib.suppress(sqlite3.Error):
                uri = f"{book.absolute().as_uri()}?mode=rw"
                connection = sqlite3.connect(uri, uri=True, timeout=0, check_same_thread=False)
                stack.callback(connection.close)
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # a book is opened when it is read
        yield
