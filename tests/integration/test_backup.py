"""Backup and restore: the blocks of ``docs/operations.md``, section 5, as they stand there, into an empty place."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from production_servers import PASSWORD, POSTGRES, postgres, postgres_missing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from assets.workspace import Workspace
from data_sources.connectors.archive import Archive, Manifest
from pipelines.cli import main
from pipelines.incremental import stale_assets
from pipelines.resources import instance
from pipelines.scenarios import keep, scenarios
from pipelines.stores.io_managers import BundleStore
from publishing.geopackage.geopackage import publish_geopackage
from publishing.releasing.releases import check_release, make_release
from publishing.sets.checking import check_archive
from tests.pipelines.current_region import make_current

ROOT = Path(__file__).resolve().parents[2]
REGION = "karnataka_andhra"
WHEN = time.time() - 5 * 86_400

pytestmark = pytest.mark.integration


def block(title: str) -> str:
    """The shell block of the documentation that begins with ``# title``."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"^```sh\n# {re.escape(title)}\n(.*?)^```$", text, re.M | re.S)
    assert found, f"no block {title!r}"
    return found[1]


def typed(title: str, etc: Path | None = None, **environment: str) -> None:
    """Type a block into a shell that stops at the first error."""
    text = block(title).replace("/etc/khanij/khanij.env", str(etc or "/nowhere"))
    path = f"{POSTGRES}:{os.environ['PATH']}" if POSTGRES else os.environ["PATH"]
    command = ["bash", "-euc", text]
    done = subprocess.run(
        command, env={"PATH": path, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files_of(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["east"]))
def blocks() -> dg.MaterializeResult:
    """An asset of one region."""
    return dg.MaterializeResult(metadata={"rows": 3})


def use(monkeypatch, home: Path) -> None:
    for name in ("KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_RELEASES", "KHANIJ_STORE", "KHANIJ_DATA", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KHANIJ_HOME", str(home))


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home with all that a backup must hold: landing files, a region, a release, an archive, a what-if, a run."""
    home = tmp_path / "home"
    use(monkeypatch, home)
    data = home / "data" / "ngdr_karnataka_andhra"
    data.mkdir(parents=True)
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    (home / "regions").mkdir()
    (home / "regions" / "own.yaml").write_text("name: own\n")
    publish_geopackage(make_publication(8), tmp_path / "example" / "ranked_blocks.gpkg")
    make_release(tmp_path / "example", home / "releases", "2026.11.27")
    archive = Archive(home / ".khanij" / "archive")
    archive.root.mkdir(parents=True)
    (archive.root / "source").write_bytes(b"rows of a survey")
    sha256, size = archive.add_file(archive.root / "source", ".arrow")
    manifest = Manifest(
        card="c", card_sha256="0", protocol="wfs", url="http://127.0.0.1", layer="l", extent_deg=None, crs=None,
        licence="", redistribute="yes", citation="", attribution="", sha256=sha256, bytes=size, suffix=".arrow",
        rows=1, pages=(), columns=("a",), announced_rows=None, validators={}, notes=(),
    )  # fmt: skip
    archive.commit("request", manifest)
    os.utime(archive.root / "manifests" / "c" / "request.json", (WHEN, WHEN))
    (home / ".khanij" / "published" / "india").mkdir(parents=True)
    (home / ".khanij" / "published" / "india" / "20261127T024501Z-3f0c9a77b1d2.json.gz").write_bytes(b"a record")
    keep("cheap_power", "india", {"ranking.ground_weight": "0.5"})
    with instance() as dagster:
        assert dg.materialize([blocks], partition_key="east", instance=dagster).success
    return home


def test_a_home_of_one_machine_comes_back(home, tmp_path, monkeypatch):
    backup, back = tmp_path / "backup", tmp_path / "back"
    backup.mkdir(), back.mkdir()
    typed("back up, one machine", KHANIJ_HOME=str(home), BACKUP=str(backup))
    before = {k: v for k, v in files_of(home).items() if not k.startswith(".khanij/store")}
    for path in home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(home)
    typed("restore", KHANIJ_HOME=str(back), BACKUP=str(backup))
    assert files_of(back) == before
    use(monkeypatch, back)
    assert main(["check"]) == 0
    (release,) = (back / "releases").glob("*/2026.11.27")
    assert check_release(release) == [] and not (release / "manifest.json").stat().st_mode & 0o222
    archive = Archive(back / ".khanij" / "archive")
    assert check_archive(archive.root).faults == ()
    assert archive.last_asked("c") == pytest.approx(WHEN, abs=1), "else every source is asked again"
    assert [s.settings for s in scenarios()] == [{"india": {"ranking.ground_weight": "0.5"}}]
    with instance() as dagster:
        assert [run.status for run in dagster.get_runs()] == [dg.DagsterRunStatus.SUCCESS]
        assert dagster.get_materialized_partitions(blocks.key) == {"east"}
        assert dg.materialize([blocks], partition_key="east", instance=dagster).success


def test_with_output_and_store_in_the_copy_there_is_nothing_to_do(tmp_path):
    """The documentation's other way: the whole home. Fingerprints are of content, not of where a folder lies or when."""
    home = tmp_path / "home"
    (home / "data" / "ngdr_karnataka_andhra").mkdir(parents=True)
    (home / "data" / "ngdr_karnataka_andhra" / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    place = {"data_root": str(home / "data"), "output_root": str(home / "output"), "cache_root": str(home / ".khanij")}
    make_current(REGION, Workspace(**place), BundleStore(str(home / ".khanij" / "store")))
    back = tmp_path / "back"
    back.mkdir()
    subprocess.run(["tar", "-czf", tmp_path / "all.tgz", "-C", home, "."], check=True)
    subprocess.run(["tar", "-xzf", tmp_path / "all.tgz", "-C", back], check=True)
    there = {name: value.replace(str(home), str(back)) for name, value in place.items()}
    assert stale_assets(REGION, Workspace(**there), BundleStore(str(back / ".khanij" / "store"))) == []


BOOKS = """
import sys
import dagster as dg
@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["east"]))
def blocks(): return dg.MaterializeResult(metadata={"rows": 3})
with dg.DagsterInstance.get() as instance:
    for _ in range(int(sys.argv[1])):
        assert dg.materialize([blocks], partition_key="east", instance=instance).success
    runs = sorted(run.run_id for run in instance.get_runs())
    made = instance.get_latest_materialization_event(blocks.key)
    print(runs, sorted(instance.get_materialized_partitions(blocks.key)), made.run_id, made.asset_materialization.metadata["rows"].value)
"""


@pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="two database servers: KHANIJ_LONG=1")
@pytest.mark.skipif(bool(postgres_missing()), reason=postgres_missing() or "there")
def test_books_in_postgresql_come_back_on_another_server(home, tmp_path, tmp_path_factory):
    (home / "landing").mkdir()
    backup, back = tmp_path / "backup", tmp_path / "back"
    backup.mkdir(), back.mkdir()
    dagster_home = tmp_path / "dagster"
    dagster_home.mkdir()
    production = (ROOT / "deploy" / "dagster.yaml").read_text(encoding="utf-8")
    (dagster_home / "dagster.yaml").write_text(
        production[production.index("storage:") : production.index("# A run is")]
    )

    def asked(environment: dict[str, str], runs: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", BOOKS, str(runs)],
            env={**os.environ, **environment, "DAGSTER_HOME": str(dagster_home)},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def etc(environment: dict[str, str], home: Path) -> Path:
        file = home.parent / f"{home.name}.env"
        file.write_text("".join(f"{k}={v}\n" for k, v in {**environment, "KHANIJ_HOME": str(home)}.items()))
        return file

    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))  # a socket's path may not be long
    with postgres(one) as database:
        before = asked(database.environment, 2)
        typed("back up, production", etc(database.environment, home), BACKUP=str(backup))
    assert PASSWORD.encode() not in (backup / "khanij.dump").read_bytes()
    with postgres(two) as database:
        subprocess.run(
            [POSTGRES / "dropdb", "-h", "127.0.0.1", "-p", str(database.port), "-U", "khanij", "khanij"],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            check=True,
        )
        typed("restore", KHANIJ_HOME=str(back), BACKUP=str(backup))
        typed("restore, production as well", etc(database.environment, back), BACKUP=str(backup))
        assert asked(database.environment, 0) == before
        assert asked(database.environment, 1) != before
    assert (back / "releases").is_dir() and (back / "landing").is_dir()
