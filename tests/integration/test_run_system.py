"""Runs are one thing: eight events by three starters, each told on a real webhook, and a run's life in the UI.

With a real web server, daemon, code server and runs of tiny regions. Minutes long: ``make test-all``; the short form of
the table is ``tests/pipelines/test_alerts.py``.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import yaml
from run_system import AGAIN, OF_JOB, TERMINATE, Installation
from run_system import TINY as WINDOW

from assets.workspace import Workspace
from pipelines.automations import alerting
from pipelines.automations.notify import EVENTS

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="minutes: make test-all"),
]
STARTERS = ("command", "UI", "sensor")
# From the moment at which a run was killed, or ended, to the message in people's hands. Measured with three processes to each
# processor: 30 s at most, of 21 messages.
TOLD_WITHIN_S = 120.0
TINY = {
    **WINDOW,
    "description": "One window of the embedded register, and faults from a file.",
    "needs_data": True,
    "how_to_get": "The test makes them.",
    "layers": {"faults": {"card": "test_faults", "path": "{name}.geojson"}},
}
CARD = {
    "name": "test_faults", "title": "Faults of a test", "publisher": "A test", "licence": "CC0-1.0", "redistribute": "yes",
    "citation": "A test (2026).", "protocol": "file", "contract": "faults", "crs": "EPSG:4326", "freshness": 30,
}  # fmt: skip
LINE = '{{"type": "FeatureCollection", "features": [{}]}}'
FEATURE = '{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "LineString", "coordinates": [[74.2, {0}], [75.1, {0}]]}}}}'


def faults(rows: int) -> str:
    return LINE.format(", ".join(FEATURE.format(15.1 + i / 40) for i in range(rows)))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    home = tmp_path_factory.mktemp("system") / "home"
    regions = {f"{starter.lower()}_{i}": TINY for starter in STARTERS for i in (1,)}
    made = {
        name: {**region, "layers": {"faults": {"card": "test_faults", "path": f"{name}.geojson"}}}
        for name, region in regions.items()
    }
    installation = Installation(home, made, KHANIJ_CARDS=str(home / "cards"))
    (home / "cards").mkdir()
    (home / "cards" / "test_faults.yaml").write_text(yaml.safe_dump(CARD))
    with installation.webhook(), installation.served():
        yield installation


def file_of(here: Installation, region: str) -> Path:
    return here.home / "landing" / f"{region}.geojson"


def start(here: Installation, starter: str, region: str) -> None:
    """Have a run of the region made by one starter; its file has just been changed."""
    if starter == "command":
        here.command("run", "--region", region, wait=False)
    elif starter == "UI":
        here.launch(region)


def switch(here: Installation, name: str, on: bool) -> None:
    import subprocess
    import sys

    verb = "start" if on else "stop"
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "sensor", verb, "-w", "workspace.yaml", name],
        cwd=Path(__file__).resolve().parents[2], env=here.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout


def only_this_region(here: Installation) -> None:
    """Switch the sensor on, and end what it begins with: all regions that were never made here."""
    switch(here, "landing_files", on=True)
    here.wait(lambda: "sample_district" in {r.tags.get("dagster/partition") for r in runs(here)}, 300, "it begins")
    for run in runs(here):
        if not run.is_finished:
            here.ask(TERMINATE, id=run.run_id)
    here.wait(lambda: all(r.is_finished for r in runs(here)), 120, "they ended")


def in_time(message: dict, since: float) -> None:
    """The message came within the limit since something happened (seconds since the epoch)."""
    took = message["received"] - since
    print(f"{message['event']} of {message['region']}: told after {took:.0f} s")
    assert took <= TOLD_WITHIN_S, message


def kill_when_started(here: Installation, region: str, known: set[str]) -> tuple[str, float]:
    """Kill the process of the region's new run as soon as it holds its lock; returns the run's id and when it was killed."""
    import dagster as dg

    def started() -> str:
        with here.instance() as instance:
            for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": region})):
                if run.run_id not in known and run.status is dg.DagsterRunStatus.STARTED:
                    return (
                        run.run_id if (here.home / ".khanij" / "locks" / "runs" / f"{run.run_id}.lock").exists() else ""
                    )
        return ""

    run_id = here.wait(started, 900, f"a run of {region} has started")
    lock = here.home / ".khanij" / "locks" / "runs" / f"{run_id}.lock"
    for process in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if process.resolve() == lock:
                os.kill(int(process.parts[2]), signal.SIGKILL)
        except OSError:
            continue
    return run_id, time.time()


@pytest.mark.parametrize("starter", STARTERS)
def test_events_of_runs(here, starter):
    """Failed, recovered, refused, recovered, lost, retries exhausted, recovered: in this order, by one starter."""
    region, before = f"{starter.lower()}_1", len(here.got)
    if starter == "sensor":
        only_this_region(here)
    file = file_of(here, region)

    def change(text: str) -> None:
        file.write_text(text)
        start(here, starter, region)

    def told(event: str, killed: float = 0.0) -> dict:
        (message,) = here.wait(lambda: here.told(event, region, len_before[0]), 900, f"{event} of {region}")
        with here.instance() as instance:
            record = instance.get_run_record_by_id(message["run_id"])
        in_time(message, killed or record.end_time)
        assert "What happens next: " in message["text"], message
        by = {"command": "khanij run", "UI": "the UI", "sensor": "sensor landing_files"}[starter]
        assert event in ("late", "stale") or by in message["text"], message["text"]
        len_before[0] = len(here.got)
        return message

    len_before = [before]
    # What is staged of a region before it is published lies in this folder: a file in its place stops the run there.
    in_the_way = here.home / "output" / ".staging" / region
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("no folder")
    change(faults(20))
    assert ".staging" in told("failed")["text"]
    in_the_way.unlink()
    change(faults(19))
    told("recovered")
    change(faults(3))
    assert "--accept" in told("publication_refused")["text"]
    change(faults(21))
    told("recovered")
    known = {run.run_id for run in runs(here)}
    change(faults(22))
    first, killed = kill_when_started(here, region, known)
    assert "once more" in told("lost", killed)["text"]
    _, killed = kill_when_started(here, region, known | {first})
    told("retries_exhausted", killed)
    change(faults(23))
    told("recovered")
    if starter == "sensor":
        switch(here, "landing_files", on=False)


def runs(here: Installation) -> list:
    with here.instance() as instance:
        return list(instance.get_runs())


@pytest.mark.parametrize("starter", STARTERS)
def test_stale_and_automation_error(here, starter, monkeypatch):
    """The clock is put forward for the look alone: these two need days."""
    as_there(here, monkeypatch)
    region, before = f"{starter.lower()}_1", len(here.got)
    workspace = Workspace(
        output_root=str(here.home / "output"),
        cache_root=str(here.home / ".khanij"),
        data_root=str(here.home / "landing"),
    )
    if not any(r.tags.get("dagster/partition") == region and r.is_success for r in runs(here)):
        file_of(here, region).write_text(faults(20))  # alone: no test before this one made the region
        assert here.command("run", "--region", region).returncode == 0
    with here.instance() as instance:
        # All regions are looked at, so the first of the three tells of all.
        days = 40 + 3 * STARTERS.index(starter)
        alerting.tell_news(instance, workspace, now=time.time() + days * 86_400)
        assert here.told("stale", region)
        path = here.home / "regions" / f"{region}.yaml"
        text = path.read_text()
        path.write_text(text.replace("critical_30", "no_such_basket").replace("extent_deg", "extent"))
        alerting.tell_news(instance, workspace, now=time.time() + (days + 1) * 86_400)
        path.write_text(text)
        assert here.told("automation_error", region, before)


def as_there(here: Installation, monkeypatch) -> None:
    """Look from this process as the daemon's does: its regions and cards, its channel."""
    for name in ("KHANIJ_NOTIFY_WEBHOOK", "KHANIJ_REGIONS", "KHANIJ_CARDS", "KHANIJ_DATA", "KHANIJ_HOME"):
        monkeypatch.setenv(name, here.env[name])


@pytest.mark.parametrize("starter", STARTERS)
def test_late(here, starter, monkeypatch):
    """A run that is under way, looked at four hours on."""
    as_there(here, monkeypatch)
    region, before, known = f"{starter.lower()}_1", len(here.got), {run.run_id for run in runs(here)}
    if starter == "sensor":
        switch(here, "landing_files", on=True)
    file_of(here, region).write_text(faults(24))
    start(here, starter, region)
    workspace = Workspace(output_root=str(here.home / "output"), cache_root=str(here.home / ".khanij"))
    here.wait(lambda: {r.run_id for r in runs(here) if r.tags.get("dagster/partition") == region} - known, 900, "a run")
    with here.instance() as instance:
        alerting.tell_news(instance, workspace, now=time.time() + 4 * 3600)
    (message,) = here.told("late", region, before)
    by = {"command": "khanij run", "UI": "the UI", "sensor": "sensor landing_files"}[starter]
    assert by in message["text"] and "What happens next: " in message["text"], message
    here.wait(lambda: all(r.is_finished for r in runs(here)), 900, "the run ends")
    if starter == "sensor":
        switch(here, "landing_files", on=False)


def test_a_run_of_the_command_is_on_its_jobs_page_terminated_there_and_executed_again(here):
    file_of(here, "command_1").write_text(faults(30))
    run = here.command("run", "--region", "command_1", wait=False)
    known = {r["runId"] for r in here.ask(OF_JOB)["runs"]}
    mine = here.wait(
        lambda: [r["runId"] for r in here.ask(OF_JOB)["runs"] if r["status"] == "STARTED" and r["runId"] not in known]
        or [r["runId"] for r in here.ask(OF_JOB)["runs"] if r["status"] == "STARTED"],
        120, "the run is on the page",
    )[0]  # fmt: skip
    here.ask(TERMINATE, id=mine)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "stopped" in err
    made = here.ask(AGAIN, params={"parentRunId": mine, "strategy": "ALL_STEPS"})
    assert made["__typename"] == "LaunchRunSuccess", made
    again = made["run"]["runId"]
    here.wait(lambda: {r["runId"]: r["status"] for r in here.ask(OF_JOB)["runs"]}.get(again) == "SUCCESS", 900, "again")


def test_every_event_is_in_the_table():
    assert set(EVENTS) == {
        "failed", "lost", "retries_exhausted", "publication_refused", "recovered", "late", "stale", "automation_error",
    }  # fmt: skip
