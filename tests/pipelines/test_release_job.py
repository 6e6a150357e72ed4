"""The job ``release``, executed by Dagster: every published region is copied once, under one name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import geopandas as gpd
import pytest
import shapely
from example_publication import completed

from assets.workspace import Workspace
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from pipelines.definitions import build_defs
from pipelines.partitions import announce
from pipelines.release_job import release_config
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication
from publishing.releasing.releases import list_releases

ROOT = Path(__file__).resolve().parents[2]


def publish(folder: Path, region: str) -> None:
    """The smallest publication that is one: a block, and what the run says of itself."""
    from data_sources.regions import load_region

    block = gpd.GeoDataFrame(
        {"block_id": ["B1"], "name": ["Block"], "kind": ["waste_block"], "status": ["UNQUANTIFIED"], "redistribute": ["yes"]},
        geometry=[shapely.multipolygons([shapely.box(77, 15, 77.1, 15.1)])],
        crs=4326,
    )  # fmt: skip
    publication = Publication(
        region=load_region(region),
        layers={"ranked_blocks": completed(block, RANKED_BLOCKS)},
        tables={},
        run_info={"region": region},
        rasters=(),
    )
    (folder / region).mkdir(parents=True)
    publish_geopackage(publication, folder / region / "ranked_blocks.gpkg")


@pytest.fixture
def place(tmp_path, monkeypatch):
    publish(tmp_path / "output", "india")
    monkeypatch.setenv("KHANIJ_RELEASES", str(tmp_path / "releases"))
    return tmp_path


def run(place: Path, version: str = "2026.12.01", region: str = "india") -> dg.ExecuteInProcessResult:
    workspace = Workspace(output_root=str(place / "output"), cache_root=str(place / "cache"))
    with dg.DagsterInstance.ephemeral() as instance:
        announce([region], instance)
        job = build_defs({"workspace": workspace}).resolve_job_def("release")
        return job.execute_in_process(
            run_config=release_config(version), partition_key=region, instance=instance, raise_on_error=False
        )


def test_what_is_published_is_released_and_nothing_else(place):
    outcome = run(place)
    (event,) = outcome.get_asset_materialization_events()
    assert event.asset_key == dg.AssetKey("released_set") and event.partition == "india"
    unpublished = run(place, region="sample_district")
    assert unpublished.success and not unpublished.get_asset_materialization_events()
    (made,) = list_releases(place / "releases", "india")
    assert made.calver == "2026.12.01"
    assert [p.name for p in (place / "releases").iterdir() if p.is_dir()] == ["india"]
    assert [p.name for p in (place / "output").iterdir()] == ["india"], "no folder is made for what is not published"


def test_a_second_run_of_the_same_name_changes_nothing(place):
    assert run(place).success
    manifest = place / "releases" / "india" / "2026.12.01" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert run(place).success and manifest.stat().st_mtime_ns == before
    assert run(place, "2026.12.02").success and len(list_releases(place / "releases", "india")) == 2


def test_one_region_that_cannot_be_released_does_not_stop_the_others(place):
    broken = place / "output" / "sample_district"
    broken.mkdir()
    (broken / "ranked_blocks.gpkg").write_bytes(b"no GeoPackage")
    outcome = run(place, region="sample_district")
    assert run(place).success
    assert not outcome.success and len(list_releases(place / "releases", "india")) == 1
    (event,) = outcome.filter_events(lambda e: e.is_step_failure)
    assert "sample_district" in event.step_failure_data.error.message + str(event.step_failure_data.user_failure_data)


@pytest.mark.integration
def test_dagster_executes_it_from_the_command_line(place):
    """As the daemon launches it: another process, an instance on disk, the code location by its module."""
    (place / "dagster").mkdir()
    (place / "release.yaml").write_text('ops: {released_set: {config: {version: "2026.12.01"}}}\n')
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {"KHANIJ_HOME": str(place), "DAGSTER_HOME": str(place / "dagster")}
    with dg.DagsterInstance.from_config(str(place / "dagster")) as instance:
        announce(["india"], instance)
    command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "release"]
    command += ["--tags", '{"dagster/partition": "india"}']
    outcome = subprocess.run(
        [*command, "-c", str(place / "release.yaml")], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert (place / "releases" / "india" / "2026.12.01" / "manifest.json").is_file()
    with dg.DagsterInstance.from_config(str(place / "dagster")) as instance:
        (run_record,) = instance.get_runs()
        assert run_record.status is dg.DagsterRunStatus.SUCCESS
