"""Connections of Dagster's books to a real PostgreSQL: few, cut and made again, closed when a run ends."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from production_servers import PASSWORD, Postgres, postgres, postgres_missing

from pipelines.stores.held_connections import connections_held

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(bool(postgres_missing()), reason=postgres_missing() or "there"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as database:
        yield database


@pytest.fixture
def home(server, tmp_path, monkeypatch) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    shutil.copy(ROOT / "deploy" / "dagster.yaml", tmp_path)
    cut(server)  # whatever an instance of another test was told after its run
    return str(tmp_path)


def asked(server: Postgres, sql: str) -> int:
    """One number from the server, by a connection that it does not count."""
    import psycopg2

    connection = psycopg2.connect(host="127.0.0.1", port=server.port, user="khanij", password=PASSWORD, dbname="khanij")
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
    finally:
        connection.close()


OF_OTHERS = "FROM pg_stat_activity WHERE datname = 'khanij' AND pid <> pg_backend_pid()"


def held(server: Postgres) -> int:
    return asked(server, f"SELECT count(*) {OF_OTHERS}")


def cut(server: Postgres) -> int:
    """End every other session, as a restart of the server does; returns how many there were."""
    return asked(server, f"SELECT count(pg_terminate_backend(pid, 5000)) {OF_OTHERS}")


def used(instance: dg.DagsterInstance) -> int:
    """Ask each of the three books for something; returns the runs."""
    instance.fetch_run_status_changes(dg.DagsterEventType.RUN_SUCCESS, limit=1)
    instance.all_instigator_state()
    return len(instance.get_runs())


def test_books_are_kept_in_postgresql_by_few_connections_that_may_be_cut(server, home):
    with dg.DagsterInstance.from_config(home) as instance:
        used(instance)
        assert held(server) == 0, "Dagster keeps none by itself"
        with connections_held(instance):
            used(instance)
            assert held(server) == 3
            with connections_held(instance):
                assert cut(server) == 3
                used(instance)
            assert held(server) == 3, "one that holds them already closes none"
        assert held(server) == 0, "a run that is over holds none"
        used(instance)  # what is booked and told after it
        assert cut(server) == 3
        used(instance)


def test_two_instances_in_a_process_are_held_each_by_itself(server, home):
    with (
        dg.DagsterInstance.from_config(home) as first,
        dg.DagsterInstance.from_config(home) as second,
        connections_held(first),
    ):
        with connections_held(second):
            for instance in (first, second):
                used(instance)
            assert held(server) == 6
        assert held(server) == 3
        used(second)
        assert cut(server) == 6
        for instance in (first, second):
            used(instance)


def test_a_run_is_booked_though_the_server_was_restarted_before_its_end(server, home):
    @dg.op
    def cuts() -> None:
        assert cut(server) >= 1

    @dg.job
    def one() -> None:
        cuts()

    with dg.DagsterInstance.from_config(home) as instance:
        with connections_held(instance):
            assert one.execute_in_process(instance=instance).success
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS]
