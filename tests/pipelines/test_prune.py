"""``khanij prune``: what nothing needs goes, what anything needs stays, and without ``--yes`` nothing is touched."""

import json
import os
import time
from pathlib import Path

import dagster as dg
import jsonschema
import pytest
from filelock import FileLock

from assets.over_time.element_shift import remembered_as
from assets.workspace import Workspace
from data_sources.connectors.archive import Archive, Manifest, PageRecord
from pipelines.cli import main
from pipelines.incremental import stale_assets
from pipelines.resources import instance
from pipelines.scenarios import keep, scenarios
from pipelines.stores.io_managers import BundleStore
from pipelines.upkeep.pruning import DAY_S, leftovers
from pipelines.upkeep.run_history import needed_runs, old_runs
from publishing.releasing.releases import check_release, list_releases
from publishing.sets.checking import check_archive
from tests.pipelines.current_region import make_current

ROOT = Path(__file__).resolve().parents[2]
REGION = "karnataka_andhra"
OLD = time.time() - 200 * DAY_S


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name in ("KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_RELEASES", "KHANIJ_STORE", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    return tmp_path


def aged(path: Path, when: float = OLD) -> Path:
    for p in [path, *path.rglob("*")]:
        os.utime(p, (when, when))
    return path


def add(archive: Archive, content: bytes, request: str = "") -> Path:
    """An object, and the manifest that names it where there is a request."""
    source = archive.root / "source"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(content)
    sha256, size = archive.add_file(source, ".arrow")
    if request:
        parts = dict.fromkeys(("layer", "licence", "citation", "attribution"), "")
        manifest = Manifest(
            card="c", card_sha256="0", protocol="wfs", url="http://127.0.0.1", extent_deg=None, crs=None,
            redistribute="yes", sha256=sha256, bytes=size, suffix=".arrow", rows=1, pages=(), columns=("a",),
            announced_rows=None, validators={}, notes=(), **parts,
        )  # fmt: skip
        archive.commit(request, manifest)
    return archive.object_path(sha256, ".arrow")


def kinds(**options) -> list[tuple[str, str]]:
    return [(found.kind, Path(found.name).name) for found in leftovers(90, **options)]


def test_objects_that_no_manifest_names_go_and_the_others_stay(home):
    archive = Archive(home / ".khanij" / "archive")
    first, last, young = add(archive, b"first answer", "r"), add(archive, b"last answer", "r"), add(archive, b"now")
    aged(first), aged(last)
    assert kinds() == [("archive object", first.name)], "named, or of today, is not found"
    assert main(["prune"]) == 0 and first.exists(), "without --yes nothing is touched"
    assert main(["prune", "--yes", "--no-runs"]) == 0
    assert [first.exists(), last.exists(), young.exists()] == [False, True, True]
    assert check_archive(archive.root).faults == ()


def test_a_manifest_that_cannot_be_read_may_name_any_object(home):
    archive = Archive(home / ".khanij" / "archive")
    aged(add(archive, b"first answer", "r"))
    aged(add(archive, b"last answer", "r"))
    (archive.root / "manifests" / "c" / "r.json").write_text("{")
    assert kinds() == []


def test_what_is_named_again_between_the_look_and_the_removal_stays(home):
    archive = Archive(home / ".khanij" / "archive")
    aged(add(archive, b"answer"))
    (found,) = leftovers(90)
    aged(add(archive, b"answer", "r"))
    assert not found.remove() and Path(found.name).exists()


def test_while_a_source_is_fetched_nothing_of_the_archive_goes(home):
    archive = Archive(home / ".khanij" / "archive")
    old = aged(add(archive, b"old"))
    (archive.root / "locks").mkdir()
    partial = archive.partial("c", "r")
    partial.start()
    partial.add(PageRecord(index=0, cursor="", next=None, rows=1, sha256="0", bytes=1), b"x")
    aged(archive.root / "partial")
    found = list(leftovers(90))
    assert [f.kind for f in found] == ["archive object", "unfinished fetch"]
    with FileLock(archive.root / "locks" / "c.lock"):
        assert [f.remove() for f in found] == [False, False]
    assert old.exists() and partial.folder.exists()
    assert [f.remove() for f in found] == [True, True]
    assert not old.exists() and not partial.folder.exists()


def test_what_a_killed_run_staged_goes_but_not_what_is_about_to_be_published(home):
    staged = home / "output" / ".staging" / "india"
    staged.mkdir(parents=True)
    (staged / "ranked_blocks.gpkg").write_bytes(b"x" * 1000)
    aged(staged)
    (found,) = leftovers(90)
    assert (found.kind, found.bytes) == ("staged set", 1000)
    (home / "output" / "india").mkdir()
    journal = home / "output" / "india" / ".set.next.json"
    journal.write_text("{}")
    assert not found.remove() and staged.exists(), "a journal says that these files take their places next"
    journal.unlink()
    assert found.remove() and not staged.exists()


def release(home: Path, version: str, when: float) -> Path:
    """The least that is a release: one file and its manifest."""
    from publishing.releasing import releases

    folder = home / "releases" / "india" / version
    folder.mkdir(parents=True)
    (folder / "CHANGELOG.md").write_text(version)
    listed = {"CHANGELOG.md": {"sha256": releases.sha256_of(folder / "CHANGELOG.md")}}
    manifest = {"files": listed}
    manifest[releases.CHECKSUM] = releases._checksum(manifest)
    (folder / "manifest.json").write_bytes(releases._json(manifest))
    aged(folder, when)
    releases._lock(folder)
    return folder


def test_releases_stay_unless_a_number_is_given_and_then_the_newest_stay(home):
    made = [release(home, f"2026.0{i}.01", OLD + i * DAY_S) for i in range(1, 5)]
    young = release(home, "2026.05.01", time.time())
    assert kinds() == []
    assert kinds(keep_releases=3) == [("release", "2026.01.01"), ("release", "2026.02.01")]
    assert kinds(keep_releases=9) == []
    assert main(["prune", "--yes", "--no-runs", "--keep-releases", "3"]) == 0
    assert [r.folder for r in list_releases(home / "releases", "india")] == [*made[2:], young]
    assert all(check_release(r.folder) == [] for r in list_releases(home / "releases", "india"))
    assert sorted(p.name for p in (home / "releases" / "india").iterdir() if p.name != ".release.lock") == [
        "2026.03.01", "2026.04.01", "2026.05.01",
    ]  # fmt: skip


def test_what_ifs_stay_unless_they_are_asked_for(home):
    keep("cheap_power", "india", {"ranking.ground_weight": "0.5"})
    keep("young", "india", {"ranking.ground_weight": "0.4"})
    store = BundleStore(str(home / ".khanij" / "store" / ".scenarios" / "cheap_power"))
    store.save("assessment", "india", {"report": {}}, "f")
    aged(home / "output" / "scenarios" / "cheap_power"), aged(home / ".khanij" / "store")
    assert kinds() == []
    assert kinds(what_ifs=True) == [("what-if", "cheap_power")]
    assert main(["prune", "--yes", "--no-runs", "--what-ifs"]) == 0
    assert [s.name for s in scenarios()] == ["young"]
    assert not (home / ".khanij" / "store" / ".scenarios" / "cheap_power").exists()


def test_results_of_assets_and_what_ifs_that_are_gone_go_and_a_current_region_stays_current(home):
    data = home / "data" / "ngdr_karnataka_andhra"
    data.mkdir(parents=True)
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    workspace = Workspace(
        output_root=str(home / "output"), cache_root=str(home / ".khanij"), data_root=str(home / "data")
    )
    store = BundleStore(str(home / ".khanij" / "store"))
    make_current(REGION, workspace, store)
    store.save("an_asset_of_long_ago", REGION, {"report": {}}, "f")
    store.save(remembered_as("stream_sediments"), REGION, {"of": "f"}, "f")  # a layer that does not change for a year
    BundleStore(str(home / ".khanij" / "store" / ".scenarios" / "gone")).save("blocks", REGION, {"report": {}}, "f")
    aged(home / ".khanij" / "store")
    assert stale_assets(REGION, workspace, store) == []
    assert kinds() == [("stored result", "gone"), ("stored result", "an_asset_of_long_ago")]
    assert main(["prune", "--yes", "--no-runs"]) == 0
    assert kinds() == [] and stale_assets(REGION, workspace, store) == []
    assert not (home / ".khanij" / "store" / REGION / "an_asset_of_long_ago").exists()
    assert store.intact(remembered_as("stream_sediments"), REGION)


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["east", "west"]))
def blocks() -> None:
    """An asset of two regions."""


@dg.asset(partitions_def=blocks.partitions_def)
def broken() -> None:
    raise ValueError("no")


def ran(asset: dg.AssetsDefinition, partition: str, dagster: dg.DagsterInstance) -> str:
    return dg.materialize([asset], partition_key=partition, instance=dagster, raise_on_error=False).run_id


def test_the_last_run_of_each_asset_and_region_stays_however_old(home):
    later = time.time() + 200 * DAY_S
    with instance() as dagster:
        runs = [ran(blocks, "east", dagster), ran(blocks, "west", dagster), ran(blocks, "east", dagster)]
        runs += [ran(blocks, "east", dagster), ran(broken, "east", dagster)]
        assert needed_runs(dagster) == {runs[1], runs[3]}
        assert list(old_runs(dagster, 90)) == [], "all are of today"
        found = list(old_runs(dagster, 90, now=later))
        assert {f.name.split()[0] for f in found} == {runs[0], runs[2], runs[4]}
        files = {run: home / ".khanij" / "dagster" / "history" / "runs" / f"{run}.db" for run in runs}
        assert all(f.bytes >= files[f.name.split()[0]].stat().st_size > 0 for f in found)
        assert all(f.remove() for f in found)
        assert {r.run_id for r in dagster.get_runs()} == {runs[1], runs[3]}
        assert {run for run, file in files.items() if file.exists()} == {runs[1], runs[3]}
        assert dagster.get_materialized_partitions(blocks.key) == {"east", "west"}
        assert dagster.get_latest_materialization_event(blocks.key).run_id == runs[3]


def test_the_answer_for_programs_is_of_its_schema_and_tells_sizes(home, capsys):
    archive = Archive(home / ".khanij" / "archive")
    aged(add(archive, b"x" * 4321))
    assert main(["prune", "--json", "--no-runs"]) == 0
    answer = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, json.loads((ROOT / "docs/schemas/prune.json").read_text(encoding="utf-8")))
    assert answer["done"] is False and answer["bytes"] == 4321
    assert answer["kinds"] == {"archive object": {"n": 1, "bytes": 4321}}
    assert [row["removed"] for row in answer["leftovers"]] == [False]


@pytest.mark.parametrize("words", [["--keep-days", "0.5"], ["--keep-days", "-3"], ["--keep-releases", "0"]])
def test_what_would_take_everything_is_refused(home, words):
    with pytest.raises(SystemExit) as refused:
        main(["prune", "--yes", *words])
    assert refused.value.code == 2
