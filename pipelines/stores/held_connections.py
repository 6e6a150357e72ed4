"""A database server's connections, held while a run writes its events.

Belongs here: how long a run keeps a connection to Dagster's books in PostgreSQL or MySQL. Does not belong here: SQLite's books
(``open_books``), or what is written into them, which is Dagster's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

RECYCLE_S = 600  # no connection is older: a password or a host that was changed is met before long
NO_LIMIT = -1  # of connections at a time, as without a pool


@contextmanager
def connections_held(instance: dg.DagsterInstance) -> Iterator[None]:
    """Let Dagster's storage keep one connection to its database server, from now on; on SQLite nothing happens.

    Dagster opens a connection for every event unless it is told that its process lives long, as its web server is: for
    PostgreSQL, which forks a process and hashes the password 4,096 times for each, half of what a small region costs.
    A connection that was cut meanwhile (the server was restarted) is made again when it is taken from the pool, within
    Dagster's own retries, so that a run lives through what it lived through before.
    """
    optimize = getattr(instance, "optimize_for_webserver", None)
    # Dagster's own storages are SQLite and memory; those of a server come in libraries of their own.
    if optimize is None or type(instance.event_log_storage).__module__.startswith("dagster."):
        yield
        return
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    if event.contains(Pool, "checkout", _cut_ones_are_made_again):
        yield  # a run inside a command that holds them already
        return
    optimize(statement_timeout=0, pool_recycle=RECYCLE_S, max_overflow=NO_LIMIT)
    event.listen(Pool, "checkout", _cut_ones_are_made_again)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", _cut_ones_are_made_again)


def _cut_ones_are_made_again(connection: Any, *_: Any) -> None:
    # What SQLAlchemy's ``pool_pre_ping`` does, for engines that Dagster makes without it.
    from sqlalchemy.exc import DisconnectionError

    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
    except Exception as cut:  # the driver's own error, whichever driver it is
        raise DisconnectionError(str(cut)) from cut  # the pool takes another
