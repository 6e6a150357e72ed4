"""Dagster's SQLite books are kept open while a run writes to them."""

import sqlite3
import sys

import dagster as dg

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


def test_an_event_makes_no_engine_of_its_own(tmp_path, monkeypatch) -> None:
    """One engine a book while they are kept open, one an event before and after: so dear is it that a run is half as quick."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    @dg.op
    def say(context: dg.OpExecutionContext) -> None:
        context.log.info("a word")

    @dg.job
    def talk() -> None:
        say()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as dagster:
        module = sys.modules[type(dagster.event_log_storage).__module__]
        made: list[str] = []
        real = module.create_engine

        def counted(url: str, **named: object) -> object:
            made.append(url)
            return real(url, **named)

        monkeypatch.setattr(module, "create_engine", counted)
        with books_kept_open(dagster), books_kept_open(dagster):
            run = talk.execute_in_process(instance=dagster)
            kept = len(made)
        assert run.success and module.create_engine is counted, "what was lent is given back"
        events = [e.message for e in dagster.all_logs(run.run_id)]
        assert kept <= 4 and len(events) > 8
        before = len(made)
        again = talk.execute_in_process(instance=dagster)
        assert len(made) - before > len(events)
        assert len(dagster.all_logs(again.run_id)) == len(events), "the same is booked with and without"
