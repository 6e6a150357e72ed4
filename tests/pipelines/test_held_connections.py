"""A run keeps its connection to a database server; one that was cut is made again."""

import dagster as dg
import pytest
import sqlalchemy
from sqlalchemy import event, text
from sqlalchemy.pool import QueuePool

from pipelines.stores.held_connections import connections_held


class Books:
    """Dagster's instance on a server, as far as it is asked: it makes its engine anew when it is told to keep it."""

    event_log_storage = object()

    def __init__(self, url: str) -> None:
        self.url, self.made, self.told = url, 0, {}
        self.engine = self._engine(sqlalchemy.pool.NullPool)

    def _engine(self, pool: type) -> sqlalchemy.engine.Engine:
        engine = sqlalchemy.create_engine(self.url, poolclass=pool)
        event.listen(engine, "connect", self._counted)
        return engine

    def _counted(self, *_: object) -> None:
        self.made += 1

    def optimize_for_webserver(self, **told: int) -> None:
        self.told, self.engine = told, self._engine(QueuePool)

    def write(self) -> None:
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))


@pytest.fixture
def books(tmp_path) -> Books:
    return Books(f"sqlite:///{tmp_path / 'books.db'}")


def test_a_connection_serves_many_events(books) -> None:
    for _ in range(3):
        books.write()
    assert books.made == 3
    with connections_held(books):
        for _ in range(9):
            books.write()
        assert books.made == 4
        with connections_held(books):  # a run inside a command that holds them
            books.write()
    books.write()
    assert books.made == 4
    assert books.told["statement_timeout"] == 0, "a run's statement may take as long as it did"


def test_a_connection_that_was_cut_is_made_again(books) -> None:
    with connections_held(books):
        with books.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
        raw.close()  # as when the server was restarted
        books.write()
        assert books.made == 2


def test_dagsters_own_storages_are_left_as_they_are(monkeypatch) -> None:
    with dg.DagsterInstance.ephemeral() as dagster:
        asked = []
        monkeypatch.setattr(type(dagster), "optimize_for_webserver", lambda self, **told: asked.append(told))
        with connections_held(dagster):
            assert asked == []
