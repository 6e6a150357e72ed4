"""A run keeps its connections to a database server; one that was cut is made again, within the run and after it."""

from contextlib import contextmanager
from types import SimpleNamespace

import dagster as dg
import pytest
import sqlalchemy
from sqlalchemy import event, text
from sqlalchemy.pool import NullPool, QueuePool

from pipelines.stores.held_connections import connections_held


class Storage:
    """A server's storage, as far as it is asked: it makes its engine anew when it is told to keep connections."""

    def __init__(self, url: str) -> None:
        self.url, self.made, self.told = url, 0, []
        self._engine = self._made(NullPool)

    def _made(self, pool: type) -> sqlalchemy.engine.Engine:
        engine = sqlalchemy.create_engine(self.url, poolclass=pool)
        event.listen(engine, "connect", self._counted)
        return engine

    def _counted(self, *_: object) -> None:
        self.made += 1

    def write(self) -> None:
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def cut(self) -> None:
        """As when the server was restarted: the connection in the pool is of no use any more."""
        with self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
        raw.close()


class Books:
    """Dagster's instance with its three storages."""

    def __init__(self, url: str) -> None:
        self.run_storage, self.event_log_storage, self.schedule_storage = (Storage(url) for _ in range(3))

    def optimize_for_webserver(self, **told: int) -> None:
        for storage in self.storages():
            storage.told.append(told)
            storage._engine = storage._made(QueuePool)

    def storages(self) -> list[Storage]:
        return [self.run_storage, self.event_log_storage, self.schedule_storage]

    def idle(self) -> int:
        """Connections that nobody uses and that are not closed."""
        return sum(s._engine.pool.checkedin() for s in self.storages() if isinstance(s._engine.pool, QueuePool))


@pytest.fixture
def books(tmp_path) -> Books:
    return Books(f"sqlite:///{tmp_path / 'books.db'}")


def test_a_connection_serves_many_events(books) -> None:
    events = books.event_log_storage
    for _ in range(3):
        events.write()
    assert events.made == 3
    with connections_held(books):
        for _ in range(9):
            events.write()
        assert events.made == 4
    (told,) = events.told
    assert told["statement_timeout"] == 0, "a run's statement may take as long as it did"


def test_a_nested_use_asks_and_closes_nothing(books) -> None:
    events = books.event_log_storage
    with connections_held(books):
        events.write()
        with connections_held(books):  # a run inside a command that holds them
            events.write()
        events.write()
        assert events.made == 1 and len(events.told) == 1
    with connections_held(books):
        events.write()
    assert len(events.told) == 1, "one instance is told once"


def test_two_instances_are_two(tmp_path, books) -> None:
    other = Books(f"sqlite:///{tmp_path / 'other.db'}")
    with connections_held(books), connections_held(other):
        for one in (books, other):
            one.event_log_storage.cut()
            one.event_log_storage.write()
            assert one.event_log_storage.made == 2 and len(one.event_log_storage.told) == 1


@pytest.mark.parametrize("which", range(3), ids=["runs", "events", "schedules"])
def test_a_connection_that_was_cut_is_made_again_within_and_after(books, which) -> None:
    storage = books.storages()[which]
    with connections_held(books):
        storage.cut()
        storage.write()
        assert storage.made == 2
    storage.write()  # what is booked after the run
    assert storage.made == 3, "the run's were closed"
    storage.cut()
    storage.write()
    assert storage.made == 4


def test_no_idle_connection_stays_for_the_next_region(books) -> None:
    with connections_held(books):
        for storage in books.storages():
            storage.write()
        assert books.idle() == 3
    assert books.idle() == 0
    with pytest.raises(KeyboardInterrupt), connections_held(books):
        books.run_storage.write()
        raise KeyboardInterrupt
    assert books.idle() == 0


def test_the_pools_of_others_are_not_asked(tmp_path, books) -> None:
    asked: list[str] = []
    others = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'others.db'}", poolclass=QueuePool)
    event.listen(others, "connect", lambda raw, _: raw.set_trace_callback(asked.append))
    with connections_held(books), others.connect():
        pass
    assert asked == [], "another's connection is taken without a word"


def test_dagsters_own_storages_are_left_as_they_are(monkeypatch) -> None:
    with dg.DagsterInstance.ephemeral() as dagster:
        asked = []
        monkeypatch.setattr(type(dagster), "optimize_for_webserver", lambda self, **told: asked.append(told))
        with connections_held(dagster):
            assert asked == []


def test_dagsters_storages_of_postgresql_have_their_engine_where_it_is_looked_for() -> None:
    """Without a server: an engine connects when it is used."""
    from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage

    kinds = (PostgresRunStorage, PostgresEventLogStorage, PostgresScheduleStorage)
    made = [kind("postgresql://nobody@127.0.0.1:9/none", should_autocreate_tables=False) for kind in kinds]
    names = ("run_storage", "event_log_storage", "schedule_storage")

    class Instance(SimpleNamespace):
        __hash__ = object.__hash__

        def optimize_for_webserver(self, **told: int) -> None:
            for storage in made:
                storage.optimize_for_webserver(**told)

    with connections_held(Instance(**dict(zip(names, made, strict=True)))):
        pools = [storage._engine.pool for storage in made]
        assert all(isinstance(pool, QueuePool) and list(pool.dispatch.checkout) for pool in pools)


def test_a_run_holds_them_until_its_last_word(tmp_path, monkeypatch) -> None:
    """What is booked and told of a run that was stopped needs connections too; none is left for the next region."""
    from assets.workspace import Workspace
    from pipelines import runs
    from pipelines.stopping import Stopped

    holding, told = [], []

    @contextmanager
    def hold(instance: dg.DagsterInstance):
        holding.append(instance)
        try:
            yield
        finally:
            holding.remove(instance)

    def stopped(*_: object) -> None:
        raise Stopped

    monkeypatch.setattr(runs, "connections_held", hold)
    monkeypatch.setattr(runs, "instance", dg.DagsterInstance.ephemeral)
    monkeypatch.setattr(runs, "interruptible", stopped)
    monkeypatch.setattr(runs, "channels", lambda _: True)
    monkeypatch.setattr(runs, "announce", lambda *_: None)
    monkeypatch.setattr(runs, "book_as", lambda *_: None)
    monkeypatch.setattr(runs, "close_stopped_run", lambda _, instance: told.append(instance in holding))
    monkeypatch.setattr(runs, "tell_news", lambda instance, *_, **__: told.append(instance in holding))
    workspace = Workspace(cache_root=str(tmp_path))
    with pytest.raises(Stopped):
        runs._materialize("a_region", ["blocks"], {"workspace": workspace}, None)
    assert told == [True, True] and holding == []
