"""Where a run is executed: here, or on the cluster that the environment names (``integration/test_dask_cluster``)."""

from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
import yaml
from dagster._core.launcher import WorkerStatus

from pipelines import launcher
from pipelines.definitions import defs
from pipelines.resources import DAGSTER_YAML
from pipelines.stores.region_io import ClusterError

ADDRESS = "tcp://127.0.0.1:1"


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dagster.yaml").write_text(DAGSTER_YAML)
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def test_one_variable_decides_whether_runs_go_to_the_cluster(instance, monkeypatch):
    monkeypatch.delenv("KHANIJ_DASK_SCHEDULER", raising=False)
    assert isinstance(instance.run_launcher, launcher.RegionRunLauncher)
    here = []
    monkeypatch.setattr(dg.DefaultRunLauncher, "launch_run", lambda self, context: here.append(context))
    instance.run_launcher.launch_run("a run")
    assert here == ["a run"] and not instance.run_launcher.supports_check_run_worker_health

    monkeypatch.setenv("KHANIJ_DASK_SCHEDULER", ADDRESS)
    monkeypatch.setattr("pipelines.stores.region_io.CONNECT_S", 1)
    run = instance.create_run_for_job(defs.resolve_job_def("rank_region"))
    with pytest.raises(ClusterError, match="KHANIJ_DASK_SCHEDULER"):
        instance.run_launcher.launch_run(SimpleNamespace(dagster_run=run))
    assert len(here) == 1 and instance.get_run_by_id(run.run_id).tags[launcher.CLUSTER_TAG] == ADDRESS


def test_the_production_instance_has_the_same_launcher():
    production = yaml.safe_load((Path(__file__).resolve().parents[2] / "deploy" / "dagster.yaml").read_text())
    assert production["run_launcher"] == yaml.safe_load(DAGSTER_YAML)["run_launcher"]


def test_a_run_that_was_started_here_is_not_asked_of_the_cluster(instance, monkeypatch):
    monkeypatch.setenv("KHANIJ_DASK_SCHEDULER", ADDRESS)
    run = instance.create_run_for_job(defs.resolve_job_def("rank_region"))
    assert instance.run_launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING


def test_a_run_goes_to_the_worker_with_the_fewest_runs_and_is_known_while_it_waits_or_runs():
    run, tile = SimpleNamespace(key="khanij-run-1"), SimpleNamespace(key="tile-1")
    workers = {"tcp://b": SimpleNamespace(processing=[tile, tile]), "tcp://a": SimpleNamespace(processing=[run])}
    assert launcher.least_busy(SimpleNamespace(workers=workers)) == "tcp://b"
    tasks = {"khanij-run-1": SimpleNamespace(state="processing"), "khanij-run-2": SimpleNamespace(state="erred")}
    known = [launcher.knows(f"khanij-run-{n}", SimpleNamespace(tasks=tasks)) for n in (1, 2, 3)]
    assert known == [True, False, False]
