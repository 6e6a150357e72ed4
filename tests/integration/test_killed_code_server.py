"""A code server that is killed while a run is under way: it is started again, and the run goes on or is started once more.

With real servers, as ``khanij ui`` starts them and as the unit of the daemon does. Minutes long: ``make test-all``; the short
forms are ``tests/pipelines/test_code_server.py`` and ``test_leases.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from processes import CODE_SERVER, RUN, called, kill
from run_system import ROOT, TINY, Installation, runs_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="minutes: make test-all"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to find the processes in"),
]
FAILURE, STARTED, SUCCESS = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS


def made(folder: Path) -> Installation:
    return Installation(folder / "home", dict.fromkeys(("killed", "orphaned", "after"), TINY))


def queued(here: Installation, region: str) -> None:
    """Ask for a run where there is no web server."""
    asked = [sys.executable, "-m", "dagster", "job", "launch", "-w", "workspace.yaml", "-j", "rank_region", "--tags"]
    done = subprocess.run(
        [*asked, json.dumps({"dagster/partition": region})], cwd=ROOT, env=here.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def started(here: Installation, region: str) -> None:
    here.wait(lambda: [r for r in runs_of(here, region) if r.status is STARTED], 600, f"a run of {region} has started")


def is_found_and_retried(here: Installation, region: str) -> None:
    """The first run is told as lost, and a second one of the same region ends well."""
    here.wait(lambda: runs_of(here, region)[-1].status is SUCCESS, 900, f"a second run of {region} ends well")
    first, second = runs_of(here, region)
    assert first.status is FAILURE and first.tags["dagster/will_retry"] == "true"
    assert second.tags["dagster/retry_number"] == "1" and second.parent_run_id == first.run_id
    (told,) = here.wait(lambda: here.told("lost", region), 120, "it is told")
    assert "its process is gone" in told["text"] and "once more" in told["text"]


@pytest.fixture(scope="module")
def ui(tmp_path_factory) -> Iterator[tuple[Installation, int]]:
    here = made(tmp_path_factory.mktemp("ui"))
    with here.webhook(), here.served():
        yield here, os.getpid()


def test_khanij_ui_finds_a_run_that_was_killed_with_its_code_server(ui):
    here, above = ui
    here.launch("killed")
    started(here, "killed")
    servers = called(above, CODE_SERVER)
    kill(*servers, *called(above, RUN))
    is_found_and_retried(here, "killed")
    again = called(above, CODE_SERVER)
    assert again and not set(again) & set(servers)
    assert "the code server of khanij was gone" in (here.home / "ui.log").read_text(errors="replace")


def test_khanij_ui_lets_the_run_of_a_killed_code_server_end_and_starts_another(ui):
    """A run is a process of its own; what it lacks is somebody who would tell of its end, were it killed too."""
    here, above = ui
    here.launch("orphaned")
    started(here, "orphaned")
    servers = called(above, CODE_SERVER)
    kill(*servers)
    here.wait(lambda: [r.status for r in runs_of(here, "orphaned")] == [SUCCESS], 600, "the run goes on and ends")
    here.wait(lambda: called(above, CODE_SERVER), 120, "another code server")
    assert not here.told("lost", "orphaned")

    def launched() -> bool:
        try:
            return bool(here.launch("after"))
        except AssertionError:  # the page does not know the new server yet
            return False

    here.wait(launched, 120, "a run is asked for on the page")
    here.wait(lambda: [r.status for r in runs_of(here, "after")] == [SUCCESS], 900, "another run")


def test_the_daemon_of_an_installation_finds_a_run_that_was_killed_with_its_code_server(tmp_path):
    here = made(tmp_path)
    with here.webhook(), (here.home / "ui.log").open("ab") as log:
        unit = (ROOT / "deploy" / "systemd" / "khanij-daemon.service").read_text()
        assert "bin/dagster-daemon run -w /opt/khanij/workspace.yaml" in unit, "what is started here"
        with here.instance():  # the tables are there before two processes ask for them, as the unit's migration has it
            pass
        daemon = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-w", "workspace.yaml"], cwd=ROOT, env=here.env, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            queued(here, "killed")
            started(here, "killed")
            servers = called(daemon.pid, CODE_SERVER)
            kill(*servers, *called(daemon.pid, RUN))
            is_found_and_retried(here, "killed")
            again = called(daemon.pid, CODE_SERVER)
            assert again and not set(again) & set(servers)
        finally:
            daemon.terminate()
            daemon.wait(60)
