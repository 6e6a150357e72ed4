"""Dagster's SQLite books are kept open while a run writes to them."""

import sqlite3
import sys
from types import ModuleType, SimpleNamespace

import dagster as dg
import pytest

from pipelines.stores.open_books import books_kept_open


def test_a_book_is_tidied_up_once_at_the_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "history" / "runs").mkdir(parents=True)
    book = tmp_path / "history" / "runs" / "index.db"
    log = book.with_name("index.db-wal")

    def write() -> None:
        connection = sqlite3.connect(book)
        with connection:
            connection.execute("INSERT INTO events VALUES (1)")
        connection.close()

    made = sqlite3.connect(book)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("CREATE TABLE events (id)")
    made.close()
    write()
    assert not log.exists(), "the last connection that closes tidies up"
    with dg.DagsterInstance.ephemeral() as dagster, books_kept_open(dagster, "a_run"):
        write()
        write()
        assert log.stat().st_size > 0
    assert not log.exists()
    assert [p.name for p in book.parent.iterdir()] == ["index.db"], "no book is made"
    with sqlite3.connect(book) as read:
        assert read.execute("SELECT count(*) FROM events").fetchone() == (3,)


def test_a_damaged_book_is_left_to_dagster(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "runs.db").write_bytes(b"no database at all" * 100)
    with dg.DagsterInstance.ephemeral() as dagster, books_kept_open(dagster):
        pass
    assert (tmp_path / "history" / "runs.db").read_bytes() == b"no database at all" * 100


def counted(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[str]:
    """The books of the engines that a module of Dagster's makes from now on."""
    made: list[str] = []
    real = module.create_engine

    def create_engine(url: str, **named: object) -> object:
        made.append(url)
        return real(url, **named)

    monkeypatch.setattr(module, "create_engine", create_engine)
    return made


def test_an_event_and_a_run_make_no_engine_of_their_own(tmp_path, monkeypatch) -> None:
    """One engine a book while they are kept open, one an event before and after: so dear is it that a run is half as quick.

    Where a Dagster to come makes its engines elsewhere nothing is counted, and this fails (docs/adr/0011).
    """
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    @dg.op
    def say(context: dg.OpExecutionContext) -> None:
        context.log.info("a word")

    @dg.job
    def talk() -> None:
        say()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as dagster:
        modules = [sys.modules[type(s).__module__] for s in (dagster.event_log_storage, dagster.run_storage)]
        events, runs = (counted(monkeypatch, module) for module in modules)
        lent = [module.create_engine for module in modules]
        with books_kept_open(dagster), books_kept_open(dagster):
            run = talk.execute_in_process(instance=dagster)
            for _ in range(3):
                dagster.add_run_tags(run.run_id, {"a": "b"})
            kept = [len(set(events)), len(set(runs))]
            assert [len(events), len(runs)] == kept and kept[1] == 1 and 0 < kept[0] <= 4
        assert run.success and [module.create_engine for module in modules] == lent, "what was lent is given back"
        booked = [e.message for e in dagster.all_logs(run.run_id)]
        assert len(booked) > 8
        again = talk.execute_in_process(instance=dagster)
        for _ in range(3):
            dagster.add_run_tags(again.run_id, {"a": "b"})
        assert len(events) - kept[0] > len(booked) and len(runs) - kept[1] > 3
        assert len(dagster.all_logs(again.run_id)) == len(booked), "the same is booked with and without"
        assert dagster.get_run_by_id(again.run_id).tags["a"] == dagster.get_run_by_id(run.run_id).tags["a"] == "b"


def test_what_was_lent_is_given_back_whatever_stops_the_run(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as dagster:
        modules = [sys.modules[type(s).__module__] for s in (dagster.event_log_storage, dagster.run_storage)]
        own = [module.create_engine for module in modules]
        for stop in (KeyboardInterrupt, SystemExit, ValueError):
            with pytest.raises(stop), books_kept_open(dagster):
                assert all(module.create_engine is not name for module, name in zip(modules, own))
                raise stop
            assert [module.create_engine for module in modules] == own


@pytest.mark.parametrize(("kind", "has_name"), [("SqliteRunStorage", False), ("PostgresRunStorage", True)])
def test_a_storage_that_is_not_sqlite_or_has_no_such_name_is_left_alone(tmp_path, monkeypatch, kind, has_name) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    module = ModuleType("storage_of_another_dagster")
    if has_name:
        module.create_engine = len  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    storage = type(kind, (), {"__module__": module.__name__})()
    names = dict(vars(module))
    with dg.DagsterInstance.local_temp(str(tmp_path)) as dagster:
        events = sys.modules[type(dagster.event_log_storage).__module__]
        own = events.create_engine
        instance = SimpleNamespace(event_log_storage=dagster.event_log_storage, run_storage=storage)
        with books_kept_open(instance):  # type: ignore[arg-type]
            assert dict(vars(module)) == names and events.create_engine is not own, (
                "the other one is lent to all the same"
            )
        assert dict(vars(module)) == names and events.create_engine is own
