"""Dagster's SQLite books are kept open while a run writes to them."""

import sqlite3

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
    with books_kept_open("a_run"):
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
    with books_kept_open():
        pass
    assert (tmp_path / "history" / "runs.db").read_bytes() == b"no database at all" * 100
