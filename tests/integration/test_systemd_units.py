"""Every unit's own command, started and stopped as its unit says: it ends in time, cleanly, and leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import pytest
import yaml
from production_servers import free_port
from run_system import LAUNCH
from servers import pygeoapi
from systemd_unit import PROC, ROOT, Unit

sys.path.insert(0, str(ROOT / "tests" / "publishing"))
from example_publication import make_publication

from publishing.geopackage.geopackage import publish_geopackage
from publishing.releasing.releases import make_release

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not (PROC / "self" / "environ").exists(), reason="no /proc: systemd is Linux's"),
]
IN_TIME_S = 20.0
REGION = "small_east"
ONESHOT = ("khanij-changes.service", "khanij-metrics.service")


@pytest.fixture
def home(tmp_path) -> Path:
    """What the documentation has an administrator make below /var/lib/khanij; the books are SQLite's here."""
    for name in ("dagster", "output", "cache", "releases", "landing"):
        (tmp_path / name).mkdir()
    settings = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text())
    del settings["storage"]
    (tmp_path / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path


def server_python() -> str | None:
    program = pygeoapi.binary()
    return str(Path(program).with_name("python")) if program else None


def until(happened: Callable[[], Any], unit: Unit, seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert unit.main is not None and unit.main.poll() is None and time.monotonic() < end, unit.said()
        time.sleep(0.3)
    return found


@contextlib.contextmanager
def started(unit: Unit) -> Iterator[Unit]:
    try:
        unit.start()
        yield unit
    finally:
        unit.kill()


def stops(unit: Unit, least: int = 1) -> None:
    """Stop it; in time, cleanly, without a trace of what it had started."""
    assert len(unit.processes()) >= least
    assert unit.stop() < IN_TIME_S, unit.said()
    assert unit.ended_well(), f"status {unit.main.poll()}: {unit.said()}"


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=30).status_code == 200
    return False


def test_the_web_server_answers_and_ends_with_its_code_server(home):
    port = free_port()
    with started(Unit("khanij-webserver.service", home, {"-p 3000": f"-p {port}"})) as unit:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{url}/server_info"), unit)
        locations = {"query": "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }"}
        told = httpx.post(f"{url}/graphql", json=locations, timeout=120).json()["data"]["workspaceOrError"]
        assert told["locationEntries"] == [{"name": "khanij", "loadStatus": "LOADED"}], unit.said()
        stops(unit, least=2)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_the_daemon_beats_and_ends_with_its_code_server(home):
    with (
        started(Unit("khanij-daemon.service", home)) as unit,
        dg.DagsterInstance.from_config(str(home / "dagster")) as books,
    ):
        until(lambda: {"SENSOR", "SCHEDULER", "QUEUED_RUN_COORDINATOR"} <= set(books.get_daemon_heartbeats()), unit)
        until(lambda: len(unit.processes()) > 1, unit)
        stops(unit, least=2)


@pytest.mark.parametrize("name", ONESHOT)
def test_what_a_timer_starts_ends_by_itself(home, name):
    with started(Unit(name, home)) as unit:
        assert unit.main.wait(120) == 0, unit.said()
        assert unit.processes() == [] and "Traceback" not in unit.said()
    made = {"khanij-changes.service": "output/changes.html", "khanij-metrics.service": "metrics/khanij.prom"}[name]
    assert (home / made).stat().st_size > 0


@pytest.mark.parametrize("name", ONESHOT)
def test_what_a_timer_starts_can_be_stopped_in_the_middle(home, name):
    """Stopped is not failed: no red unit, no alarm of whoever watches units."""
    with started(Unit(name, home)) as unit:
        time.sleep(1)  # it takes several
        stops(unit)


@pytest.mark.skipif(server_python() is None, reason=pygeoapi.HINT)
def test_the_server_of_releases_answers_and_ends(home):
    publish_geopackage(make_publication(8), home / "output" / "example" / "ranked_blocks.gpkg")
    make_release(home / "output" / "example", home / "releases", "2026.11.28")
    port = free_port()
    also = {"/opt/khanij/.khanij/serving/bin/python": server_python(), "khanij serve": f"khanij serve --port {port}"}
    with started(Unit("khanij-serve.service", home, also)) as unit:
        until(lambda: answers(f"http://127.0.0.1:{port}/ogc/collections?f=json"), unit)
        stops(unit)
        assert not answers(f"http://127.0.0.1:{port}/")


@pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="two minutes: make test-all")
def test_a_daemon_that_is_stopped_amid_a_run_makes_it_when_it_is_started_again(home):
    """What an upgrade does. A run that was asked to end would be booked as failed, and nobody would start it again."""
    (home / "regions").mkdir()
    shutil.copy(ROOT / "tests" / "regions" / f"{REGION}.yaml", home / "regions")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    also = {"-p 3000": f"-p {port}", "KHANIJ_AUTOSTART=1": "KHANIJ_AUTOSTART=0"}
    selector = {"repositoryName": "__repository__", "repositoryLocationName": "khanij", "pipelineName": "rank_region"}
    tags = {"tags": [{"key": "dagster/partition", "value": REGION}]}
    params = {"selector": selector, "runConfigData": {}, "mode": "default", "executionMetadata": tags}
    published = home / "output" / REGION / "ranked_blocks.gpkg"
    with dg.DagsterInstance.from_config(str(home / "dagster")) as books:

        def runs_at(status: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
            return list(books.get_runs(dg.RunsFilter(statuses=[status])))

        with started(Unit("khanij-daemon.service", home, also)) as daemon:
            with started(Unit("khanij-webserver.service", home, also)) as web:
                until(lambda: answers(f"{url}/server_info"), web)
                until(lambda: REGION in books.get_dynamic_partitions("region"), daemon)
                asked = {"query": LAUNCH, "variables": {"params": params}}
                told = httpx.post(f"{url}/graphql", json=asked, timeout=120).json()["data"]["launchRun"]
                assert told["__typename"] == "LaunchRunSuccess", told
                until(lambda: runs_at(dg.DagsterRunStatus.STARTED), daemon, 180)
                time.sleep(2)
                stops(web, least=2)
            stops(daemon, least=3)
        assert not published.exists()
        with started(Unit("khanij-daemon.service", home, also)) as daemon:
            (made,) = until(lambda: runs_at(dg.DagsterRunStatus.SUCCESS), daemon, 400)
            stops(daemon, least=2)
        (lost,) = runs_at(dg.DagsterRunStatus.FAILURE)
        assert made.parent_run_id == lost.run_id and published.exists()
