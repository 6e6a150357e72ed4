"""What Dagster's monitoring does of runs that wait, with the settings of an installation: one that was begun and hangs is given up."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace

import dagster as dg
import pytest
import yaml
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from khanij.foundation.closure import ROOT
from pipelines.booking import book_as
from pipelines.resources import DAGSTER_YAML

NOT_STARTED, QUEUED, STARTED, STARTING = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
)
SETTINGS = {"embedded": DAGSTER_YAML, "production": (ROOT / "deploy" / "dagster.yaml").read_text(encoding="utf-8")}
TIMEOUT_S = 1


def made(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    @dg.job
    def rank_region(): ...

    book_as(instance, "rank_region")
    told = {QUEUED: (), STARTING: ("STARTING",), STARTED: ("STARTING", "START")}[status]
    run = instance.create_run_for_job(rank_region, status=QUEUED if status is QUEUED else NOT_STARTED)
    for word in told:
        instance.report_dagster_event(dg.DagsterEvent(f"PIPELINE_{word}", run.job_name), run.run_id)
    assert instance.get_run_by_id(run.run_id).status is status
    return run.run_id


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_run_that_waits_in_the_queue_is_never_given_up_for_waiting(name):
    settings = yaml.safe_load(SETTINGS[name])
    assert settings["run_monitoring"]["enabled"] and settings["concurrency"]["runs"]["max_concurrent_runs"]
    monitored = {**settings["run_monitoring"], "start_timeout_seconds": TIMEOUT_S}
    with dg.instance_for_test(
        overrides={"run_monitoring": monitored, "run_retries": settings["run_retries"]}
    ) as instance:
        runs = {status: made(instance, status) for status in (QUEUED, STARTING, STARTED)}
        time.sleep(TIMEOUT_S + 0.2)
        daemon = SimpleNamespace(instance=instance, create_request_context=lambda: None)
        errors = [e for e in execute_run_monitoring_iteration(daemon, logging.getLogger("khanij")) if e is not None]
        assert errors == []
        now = {status: instance.get_run_by_id(run_id) for status, run_id in runs.items()}
    assert now[QUEUED].status is QUEUED and now[STARTED].status is STARTED
    assert now[STARTING].status is dg.DagsterRunStatus.FAILURE and now[STARTING].tags["dagster/will_retry"] == "true"
