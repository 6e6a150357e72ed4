"""A database server's connections, held while a run writes its events.

Belongs here: how long a run keeps a connection to Dagster's books in PostgreSQL or MySQL. Does not belong here: SQLite's books
(``open_books``), or what is written into them, which is Dagster's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import dagster as dg

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

RECYCLE_S = 600  # no connection is older: a password or a host that was changed is met before long
NO_LIMIT = -1  # of connections at a time, as without a pool
_STORAGES = ("run_storage", "event_log_storage", "schedule_storage")

# Instance -> how many ``with`` hold its connections now; one that is named was told to keep them.
_held: WeakKeyDictionary[dg.DagsterInstance, int] = WeakKeyDictionary()


@contextmanager
def connections_held(instance: dg.DagsterInstance) -> Iterator[None]:
    """Let Dagster's storages keep a connection each to their database server; on SQLite nothing happens.

    Dagster opens a connection for every event unless it is told that its process lives long, as its web server is: for
    PostgreSQL, which forks a process and hashes the password 4,096 times for each, half of what a small region costs.
    The price is that a run holds up to three connections (runs, events, schedules) as long as it lasts. They are closed
    when the outermost ``with`` of an instance ends; whoever uses the instance after that has up to three again, until it
    is let go.

    An instance cannot be told otherwise later, so that a connection that was cut meanwhile (the server was restarted) is
    made again whenever it is taken from the pool, within this ``with`` and after it.
    """
    if not _engines(instance):
        yield
        return
    if instance not in _held:
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=RECYCLE_S, max_overflow=NO_LIMIT)
        from sqlalchemy import event

        for engine in _engines(instance):
            event.listen(engine, "checkout", _cut_ones_are_made_again)
        _held[instance] = 0
    _held[instance] += 1
    try:
        yield
    finally:
        _held[instance] -= 1
        if not _held[instance]:
            for engine in _engines(instance):
                engine.dispose()  # its idle connections; the pool that takes its place has the same listeners


def _engines(instance: dg.DagsterInstance) -> list[Engine]:
    """The engines of SQLAlchemy with which an instance's storages reach a server now."""
    storages = [getattr(instance, name, None) for name in _STORAGES]
    # Dagster's own storages are SQLite and memory; those of a server come in libraries of their own.
    of_servers = [s for s in storages if s is not None and not type(s).__module__.startswith("dagster.")]
    if not of_servers:
        return []
    from sqlalchemy.engine import Engine

    # By what it is: its name in a storage is Dagster's own affair.
    return [value for storage in of_servers for value in vars(storage).values() if isinstance(value, Engine)]


def _cut_ones_are_made_again(connection: Any, *_: Any) -> None:
    # What SQLAlchemy's ``pool_pre_ping`` does, for engines that Dagster makes without it.
    from sqlalchemy.exc import DisconnectionError

    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
    except Exception as cut:  # the driver's own error, whichever driver it is
        raise DisconnectionError(str(cut)) from cut  # the pool takes another
