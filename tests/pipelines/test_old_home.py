"""A home that an older Dagster left is migrated before anything begins, with a copy of before, and runs."""

import contextlib
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import pytest

from pipelines.resources import instance
from pipelines.upkeep.run_history import needed_runs
from pipelines.upkeep.upgrading import MARK, BooksError, bring_up_to_date

DUMP = Path(__file__).parent / "old_home" / "dagster_1_11.sql"
OLD_SCHEMA = "7e2f3204cf8e"  # of Dagster 1.11.16: make_old_home.py


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """``DAGSTER_HOME`` as Dagster 1.11.16 left it: two runs of the asset ``blocks`` of the region ``east``."""
    folder = tmp_path / "dagster"
    for part in re.split(r"^-- file: ", DUMP.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, sql = part.split("\n", 1)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(folder / name)) as books:
            books.executescript(sql)
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def schema_of(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as books:
        return books.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def books_in(folder: Path) -> dict[str, str]:
    """Each database below a folder and its schema."""
    return {
        p.relative_to(folder).as_posix(): schema_of(p)
        for top in ("history", "schedules")
        for p in sorted((folder / top).rglob("*.db"))
    }


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["east"]))
def blocks() -> dg.MaterializeResult:
    """The same asset, made by the Dagster of today."""
    return dg.MaterializeResult(metadata={"rows": 4})


def test_an_old_home_is_migrated_with_a_copy_and_runs(home):
    before = books_in(home)
    assert len(before) == 4 and set(before.values()) == {OLD_SCHEMA}
    with instance() as dagster:
        old = {run.run_id for run in dagster.get_runs()}
        assert len(old) == 2 and all(run.status == dg.DagsterRunStatus.SUCCESS for run in dagster.get_runs())
        assert dagster.get_materialized_partitions(blocks.key) == {"east"}
        assert dagster.get_latest_materialization_event(blocks.key).asset_materialization.metadata["rows"].value == 3
        made = dg.materialize([blocks], partition_key="east", instance=dagster)
        assert made.success
        assert dagster.get_latest_materialization_event(blocks.key).asset_materialization.metadata["rows"].value == 4
        assert needed_runs(dagster) == {made.run_id}
    now = books_in(home)
    assert OLD_SCHEMA not in now.values() and len(set(now.values())) == 1, "the old run's own book too"
    copy = home / f"before_{version('dagster')}"
    assert books_in(copy) == before
    assert (home / MARK).read_text().strip() == version("dagster")


def test_the_second_start_asks_nothing_and_copies_nothing(home):
    with instance():
        pass
    (copy,) = home.glob("before_*")
    kept = copy.stat().st_mtime_ns
    with instance():
        pass
    assert [p.name for p in home.glob("before_*")] == [copy.name] and copy.stat().st_mtime_ns == kept


def test_a_home_of_today_needs_no_copy(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "new"))
    with instance() as dagster:
        dagster.get_runs()
    assert not (tmp_path / "new" / MARK).exists(), "there was nothing to look at"
    with instance():
        pass
    assert (tmp_path / "new" / MARK).exists() and not list((tmp_path / "new").glob("before_*"))


def test_a_home_without_books_of_its_own_is_left_as_it_is(tmp_path):
    """With PostgreSQL the folder holds settings alone, and may be read-only."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert bring_up_to_date(tmp_path) is None
    assert [p.name for p in tmp_path.iterdir()] == ["dagster.yaml"]


def test_books_of_a_newer_dagster_are_refused_in_words_and_kept(home):
    for path in [home / name for name in books_in(home)]:
        with contextlib.closing(sqlite3.connect(path)) as books:
            books.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
            books.commit()
    with pytest.raises(BooksError, match="install the Dagster that wrote them") as told, instance():
        pass
    assert "ffffffffffff" in str(told.value)
    assert set(books_in(next(iter(home.glob("before_*")))).values()) == {"ffffffffffff"}
    assert not (home / MARK).exists(), "asked again the next time"


def test_nothing_of_the_migration_is_printed(home, capfd):
    with instance():
        pass
    assert capfd.readouterr().out == "", "khanij run --json prints one document and nothing else"
