"""What killed runs leave in Dagster's books is closed when their process is seen to be gone, and nothing else is."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import dagster as dg
import pytest
import yaml

from assets.workspace import RegionPartitions
from pipelines.resources import DAGSTER_YAML
from pipelines.stores import leases
from pipelines.stores.leases import (
    HERE_TAG,
    HOST_TAG,
    PARTITION_TAG,
    RUN_TAG,
    close_dead_runs,
    end_run,
    hold_run,
    region_lock,
    run_lock,
    running,
)

REGION = "india"
HOST = socket.gethostname()
NOT_STARTED, STARTED, STARTING = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
)


@pytest.fixture
def instance():
    with dg.instance_for_test() as found:
        yield found


def record(instance: dg.DagsterInstance, run_id: str, status: dg.DagsterRunStatus, **more) -> None:
    """A run as Dagster's books have it."""
    tags = {PARTITION_TAG: REGION, **more.pop("tags", {})}
    instance.add_run(dg.DagsterRun(job_name="rank_region", run_id=run_id, status=status, tags=tags, **more))


@contextlib.contextmanager
def held_elsewhere(lock_file: str):
    """Another process holds a lock, until the context ends."""
    code = f"from filelock import FileLock\nlock = FileLock({lock_file!r})\nlock.acquire()\nprint('held', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline().strip() == "held"
        yield
        other.communicate("\n")


SERVER_OF_A_RUN = """
import subprocess, sys
held = "import sys, time, filelock; l = filelock.FileLock(sys.argv[1]); l.acquire(); print('held', flush=True); time.sleep(600)"
run = subprocess.Popen([sys.executable, "-c", held, sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(run.pid, run.stdout.readline().strip(), flush=True)
run.wait()
"""


def test_a_run_outlives_its_code_server_and_is_found_and_retried_when_it_was_killed_too(tmp_path):
    """Real processes: one that started the run, as a code server does, and the run's own."""
    retries = {"run_retries": yaml.safe_load(DAGSTER_YAML)["run_retries"]}
    with dg.instance_for_test(overrides=retries) as instance:
        record(instance, "a", STARTED, tags={HOST_TAG: HOST, RUN_TAG: "a"})
        lock_file = run_lock(tmp_path, "a").lock_file
        with subprocess.Popen(
            [sys.executable, "-c", SERVER_OF_A_RUN, lock_file], stdout=subprocess.PIPE, text=True
        ) as server:
            run, held = server.stdout.readline().split()
            assert held == "held"
            server.kill()
            server.wait()
            try:
                assert close_dead_runs(tmp_path, instance) == [], "nobody watches it any more, and it goes on"
                assert running(REGION, tmp_path, instance)
            finally:
                os.kill(int(run), signal.SIGKILL)
            until = time.monotonic() + 20
            while not (closed := close_dead_runs(tmp_path, instance)) and time.monotonic() < until:
                time.sleep(0.02)
        assert closed == ["a"]
        lost = instance.get_run_by_id("a")
        assert lost.status is dg.DagsterRunStatus.FAILURE and lost.tags["dagster/will_retry"] == "true"


def test_a_run_killed_before_it_said_that_it_started_is_closed(instance, tmp_path):
    record(instance, "a", NOT_STARTED, tags={HERE_TAG: HOST})
    assert not running(REGION, tmp_path, instance)
    assert instance.get_run_by_id("a").status == dg.DagsterRunStatus.FAILURE


def test_a_run_killed_before_it_was_marked_with_its_host_is_closed(instance, tmp_path):
    record(instance, "a", STARTED, tags={HERE_TAG: HOST})
    record(instance, "b", STARTED, tags={HOST_TAG: HOST})
    assert sorted(close_dead_runs(tmp_path, instance, REGION)) == ["a", "b"]
    assert not list((tmp_path / "locks" / "runs").iterdir()), "no lock file of a run stays"


def test_a_run_that_waits_lives_or_runs_elsewhere_is_left_alone(instance, tmp_path):
    hold_run(tmp_path, "own")
    record(instance, "own", STARTED, tags={HERE_TAG: HOST, RUN_TAG: "own"})
    record(instance, "launched", STARTING)
    # A retry bears the tags of the run that it repeats until its own process has written its own.
    record(instance, "retried", NOT_STARTED, tags={HERE_TAG: HOST}, parent_run_id="x", root_run_id="x")
    record(instance, "again", STARTED, tags={HOST_TAG: HOST, RUN_TAG: "x"}, parent_run_id="x", root_run_id="x")
    record(instance, "far", STARTED, tags={HERE_TAG: "another-machine", HOST_TAG: "another-machine"})
    assert close_dead_runs(tmp_path, instance) == []
    assert running(REGION, tmp_path, instance)
    end_run(tmp_path, "own")
    assert close_dead_runs(tmp_path, instance) == ["own"]


def test_a_run_is_not_called_dead_while_its_process_lives_though_it_let_go_of_its_region(instance, tmp_path):
    """Between the last step and the word that it ended, a run holds no region any more."""
    record(instance, "a", STARTED, tags={HOST_TAG: HOST, RUN_TAG: "a"})
    with held_elsewhere(run_lock(tmp_path, "a").lock_file):
        assert running(REGION, tmp_path, instance)
        assert instance.get_run_by_id("a").status == STARTED
    assert not running(REGION, tmp_path, instance)
    assert instance.get_run_by_id("a").status == dg.DagsterRunStatus.FAILURE


def test_a_region_that_another_process_holds_is_busy(instance, tmp_path):
    with held_elsewhere(region_lock(tmp_path, REGION).lock_file):
        assert running(REGION, tmp_path, instance)
    assert not running(REGION, tmp_path, instance)


def test_a_torn_record_does_not_stop_the_next_run(instance, monkeypatch, tmp_path):
    record(instance, "a", STARTED, tags={HERE_TAG: HOST})

    def torn(*_: object) -> None:
        raise OSError("the file is torn")

    monkeypatch.setattr(type(instance), "report_run_failed", torn)
    assert close_dead_runs(tmp_path, instance) == []


@pytest.mark.parametrize("fails", [True, False])
def test_a_region_is_known_by_the_process_only_when_its_run_has_begun(instance, monkeypatch, tmp_path, fails):
    def tidied(*_: object) -> list[str]:
        assert REGION not in RegionPartitions.made_here
        if fails:
            raise OSError("the books cannot be read")
        return []

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr(leases, "close_dead_runs", tidied)
    record(instance, "a", STARTING)
    context = SimpleNamespace(run=instance.get_run_by_id("a"), instance=instance)
    manager = leases.LeasedIOManager(root=str(tmp_path), cache_root=str(tmp_path))
    with pytest.raises(OSError, match="cannot be read") if fails else contextlib.nullcontext():
        manager.setup_for_execution(context)
    assert (REGION in RegionPartitions.made_here) != fails
    manager.teardown_after_execution(context)
    end_run(tmp_path, "a")
    assert REGION not in RegionPartitions.made_here


def test_a_run_that_this_process_makes_is_of_the_job_that_the_ui_shows(instance):
    from pipelines.booking import book_as

    @dg.op
    def nothing(): ...

    @dg.job
    def rank_region():
        nothing()

    book_as(instance, "rank_region")
    run = rank_region.execute_in_process(instance=instance).dagster_run
    assert run.remote_job_origin.location_name == "khanij" and run.remote_job_origin.job_name == "rank_region"
    shown = dg.RunsFilter(job_name="rank_region", tags={".dagster/repository": "__repository__@khanij"})
    assert [r.run_id for r in instance.get_runs(shown)] == [run.run_id], "what the job's page and the timeline ask for"
