"""A home that an older Dagster left is migrated before anything begins, with a copy of before, and runs."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import pytest

from pipelines.resources import instance
from pipelines.upkeep.run_history import needed_runs
from pipelines.upkeep.upgrading import MARK, BooksError, bring_up_to_date
from tests.small_regions import environment, khanij, site, with_figures

OLD_HOME = Path(__file__).parent / "old_home"
OLD_DAGSTER = "1.11.16"
OLD_SCHEMA = "7e2f3204cf8e"  # of Dagster 1.11.16: make_old_home.py


def from_dump(folder: Path) -> None:
    """A ``DAGSTER_HOME`` as Dagster 1.11.16 left it: two runs of the asset ``blocks`` of the region ``east``."""
    for part in re.split(r"^-- file: ", (OLD_HOME / "dagster_1_11.sql").read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, sql = part.split("\n", 1)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(folder / name)) as books:
            books.executescript(sql)
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """``DAGSTER_HOME`` with the books of before."""
    folder = tmp_path / "dagster"
    from_dump(folder)
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


def by_the_old_dagster(folder: Path) -> None:
    """The same home, made now by Dagster 1.11.16 itself in an environment of its own; skips where no index has it."""
    made = folder.parent / "old_dagster"
    subprocess.run([sys.executable, "-m", "venv", str(made)], check=True, timeout=300)
    python = str(made / "bin" / "python")
    asked = [python, "-m", "pip", "install", "-q", f"dagster=={OLD_DAGSTER}"]
    got = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=1800)
    if got.returncode:
        pytest.skip(f"pip cannot install dagster=={OLD_DAGSTER} here: {got.stderr.strip()[-300:]}")
    subprocess.run([python, str(OLD_HOME / "make_old_home.py"), str(folder)], check=True, timeout=600)


LONG = pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="installs an older Dagster: KHANIJ_LONG=1")


@pytest.mark.integration
@pytest.mark.parametrize("left_by", [from_dump, pytest.param(by_the_old_dagster, marks=LONG)])
def test_a_whole_region_runs_in_a_home_that_an_older_dagster_left(tmp_path, monkeypatch, left_by):
    """The command alone, as a user would after an upgrade; what it made is booked beside the runs of before."""
    books = tmp_path / ".khanij" / "dagster"
    books.parent.mkdir()
    left_by(books)
    before = books_in(books)
    assert before and set(before.values()) == {OLD_SCHEMA}
    with_figures([site(i) for i in range(6)], name="east").write(tmp_path)
    done = khanij(tmp_path, "run", "--region", "east")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "east" / "ranked_blocks.gpkg").is_file()
    assert books_in(books / f"before_{version('dagster')}") == before, "a copy of before"
    assert len(set(books_in(books).values())) == 1 and OLD_SCHEMA not in books_in(books).values()
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    with instance() as dagster:
        new, *old = dagster.get_run_records()  # the newest first
        assert {r.dagster_run.status for r in (new, *old)} == {dg.DagsterRunStatus.SUCCESS} and len(old) == 2
        assert new.create_timestamp > old[0].create_timestamp
        assert dagster.get_latest_materialization_event(blocks.key).run_id == new.dagster_run.run_id
        made = dagster.fetch_materializations(blocks.key, limit=9).records
        assert [r.run_id for r in made] == [r.dagster_run.run_id for r in (new, *old)], "in one history of the asset"
        published = dg.AssetKey("ranked_blocks")
        assert dagster.get_materialized_partitions(published) == {"east"}
        assert needed_runs(dagster) == {new.dagster_run.run_id}
        told = [str(entry.dagster_event_type) for entry in dagster.all_logs(old[-1].dagster_run.run_id)]
        assert any("MATERIALIZATION" in kind for kind in told), "the book of an old run is read"
    if left_by is from_dump:
        return
    again = khanij(tmp_path, "run", "--region", "east")
    assert again.returncode == 0 and "nothing was made" in again.stdout, again.stdout + again.stderr
