"""What killed runs leave in Dagster's books is closed by whoever holds the region's lock, and nothing else is."""

import socket

import dagster as dg
import pytest

from pipelines.stores.leases import HERE_TAG, HOST_TAG, PARTITION_TAG, close_dead_runs, region_lock, running

REGION = "india"
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


def test_a_run_killed_before_it_said_that_it_started_is_closed(instance, tmp_path):
    record(instance, "a", NOT_STARTED, tags={HERE_TAG: socket.gethostname()})
    assert not running(REGION, tmp_path, instance)
    assert instance.get_run_by_id("a").status == dg.DagsterRunStatus.FAILURE


def test_a_run_killed_before_it_was_marked_with_its_host_is_closed(instance):
    record(instance, "a", STARTED, tags={HERE_TAG: socket.gethostname()})
    record(instance, "b", STARTED, tags={HOST_TAG: socket.gethostname()})
    assert sorted(close_dead_runs(REGION, instance)) == ["a", "b"]


def test_a_run_that_waits_or_runs_elsewhere_is_left_alone(instance, tmp_path):
    record(instance, "own", STARTED, tags={HERE_TAG: socket.gethostname()})
    record(instance, "launched", STARTING)
    record(instance, "retried", NOT_STARTED, tags={HERE_TAG: socket.gethostname()}, parent_run_id="x", root_run_id="x")
    record(instance, "far", STARTED, tags={HERE_TAG: "another-machine", HOST_TAG: "another-machine"})
    assert close_dead_runs(REGION, instance, own_run_id="own") == []
    assert running(REGION, tmp_path, instance)


def test_nothing_is_closed_while_the_region_is_held_by_a_live_process(instance, tmp_path):
    import subprocess
    import sys

    lock = region_lock(tmp_path, REGION).lock_file
    code = (
        f"from filelock import FileLock\nlock = FileLock({lock!r})\nlock.acquire()\nprint('held', flush=True)\ninput()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline().strip() == "held"
        record(instance, "a", NOT_STARTED, tags={HERE_TAG: socket.gethostname()})
        assert running(REGION, tmp_path, instance)
        assert instance.get_run_by_id("a").status == NOT_STARTED
        other.communicate("\n")
    assert not running(REGION, tmp_path, instance)


def test_a_torn_record_does_not_stop_the_next_run(instance, monkeypatch):
    record(instance, "a", STARTED, tags={HERE_TAG: socket.gethostname()})

    def torn(*_: object) -> None:
        raise OSError("the file is torn")

    monkeypatch.setattr(type(instance), "report_run_failed", torn)
    assert close_dead_runs(REGION, instance) == []
