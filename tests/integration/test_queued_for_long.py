"""A run that waits in the queue for longer than a run may take to start is not given up: it starts when its turn comes.

With a real daemon and runs. Minutes long: ``make test-all``; the short form is ``tests/pipelines/test_monitoring.py``.
"""

from __future__ import annotations

import os
import time

import dagster as dg
import pytest
from run_system import TINY, Installation, runs_of

from pipelines.stores.region_locks import region_lock

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="minutes: make test-all"),
]
STARTED, SUCCESS, QUEUED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.QUEUED
START_TIMEOUT_S = 30
ONE_AT_A_TIME = {
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "run_monitoring": {"enabled": True, "start_timeout_seconds": START_TIMEOUT_S, "poll_interval_seconds": 2},
}


def test_a_run_that_waits_for_its_turn_longer_than_the_start_timeout_is_made(tmp_path):
    here = Installation(tmp_path / "home", {"first": TINY, "second": TINY}, instance=ONE_AT_A_TIME)
    with here.webhook(), here.served():
        # The first run is under way for as long as this process holds what it needs.
        with region_lock(here.home / ".khanij", "first"):
            here.launch("first")
            here.wait(lambda: [r for r in runs_of(here, "first") if r.status is STARTED], 300, "the first has started")
            here.launch("second")
            queued = time.monotonic()
            while time.monotonic() - queued < 2 * START_TIMEOUT_S:
                assert [r.status for r in runs_of(here, "second")] == [QUEUED]
                assert [r.status for r in runs_of(here, "first")] == [STARTED]
                time.sleep(2)
        for region in ("first", "second"):
            here.wait(lambda r=region: [x.status for x in runs_of(here, r)] == [SUCCESS], 900, f"{region} ends well")
    assert not here.told("failed") and not here.told("lost")
