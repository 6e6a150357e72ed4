"""Eight events by three starters: each is told once, with what happens next, and once more when it is over.

The books are Dagster's own, filled as the three starters fill them. ``tests/integration/test_run_system.py`` has the
same table with real runs, a real daemon and a webhook.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets.workspace import Workspace
from pipelines.automations import alerting, troubles
from pipelines.automations.notify import EVENTS, Alert, NotifySettings
from pipelines.automations.troubles import GRACE_DAYS, LATE_S
from pipelines.booking import book_as
from pipelines.resources import DAGSTER_YAML

REGION = "karnataka_andhra"
STARTERS = {
    "command": {"khanij/why": "khanij run"},
    "UI": {},
    "sensor": {"dagster/sensor_name": "landing_files", "khanij/why": "source files changed: faults"},
}
DAY_S = 86_400.0
RETRIES = {"run_retries": yaml.safe_load(DAGSTER_YAML)["run_retries"]}


class Installation:
    """Dagster's books, a workspace, and what has been told so far."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, starter: str) -> None:
        self.workspace = Workspace(output_root=str(folder / "output"), cache_root=str(folder / "cache"))
        self.instance, self.tags, self.state = instance, STARTERS[starter], {}

    def told(self, now: float | None = None) -> list[Alert]:
        """What one more look tells."""
        alerts, self.state = alerting.look(self.instance, self.workspace, self.state, now or time.time())
        return alerts

    def run(self, reason: str = "", status: dg.DagsterRunStatus | None = None, **tags: str) -> dg.DagsterRun:
        """A run of the region: made by Dagster where it ends by itself, else as the books show one that did not."""

        @dg.op
        def assessment():
            if reason:
                raise ValueError(reason)

        @dg.job
        def rank_region():
            assessment()

        tags = {"dagster/partition": REGION, **self.tags, **tags}
        book_as(self.instance, "rank_region")
        if status is not None:
            return self.instance.create_run_for_job(rank_region, status=status, tags=tags)
        return rank_region.execute_in_process(instance=self.instance, raise_on_error=False, tags=tags).dagster_run

    def lost(self, **tags: str) -> dg.DagsterRun:
        """A run whose process went, as its code server or the look itself reports it."""
        run = self.run(status=dg.DagsterRunStatus.STARTED, **tags)
        self.instance.report_run_failed(run, "its process is gone: killed")
        return run


@pytest.fixture(params=sorted(STARTERS))
def here(request, tmp_path):
    with dg.instance_for_test(overrides=RETRIES) as instance:
        yield Installation(tmp_path, instance, request.param)


def one(alerts: list[Alert], event: str) -> Alert:
    (alert,) = [a for a in alerts if a.event == event]
    assert event in EVENTS and alert.next and "What happens next: " in alert.text()
    return alert


def test_failed_told_once_until_it_fails_otherwise_or_a_day_has_gone(here):
    here.run("row 3 has no unit")
    alert = one(here.told(), "failed")
    assert alert.region == REGION and "row 3 has no unit" in alert.why[0] and "Traceback" not in alert.text()
    assert "nightly is switched off" in alert.next and "still in place" in alert.kept
    expected = {"khanij run": "khanij run", "": "the UI"}.get(here.tags.get("khanij/why", ""), "sensor landing_files")
    assert expected in alert.started_by
    assert here.told() == []
    here.run("row 4 has no unit")
    assert here.told() == [], "the same reason at another row"
    here.run("the disk is full")
    assert "disk" in one(here.told(), "failed").why[0]
    here.run("the disk is full")
    assert one(here.told(time.time() + 1.1 * DAY_S), "failed").subject.startswith(REGION)


def test_lost_and_started_once_more_then_exhausted(here):
    first = here.lost()
    assert "once more" in one(here.told(), "lost").next
    assert here.instance.get_run_by_id(first.run_id).tags["dagster/will_retry"] == "true"
    here.lost(**{"dagster/retry_number": "1", "dagster/will_retry": "false"})
    last = here.instance.get_runs(limit=1)[0]
    here.instance.add_run_tags(last.run_id, {"dagster/will_retry": "false"})
    alert = one(here.told(), "retries_exhausted")
    assert "nightly is switched off" in alert.next and "khanij run" in alert.do


def test_a_run_whose_process_is_gone_is_closed_and_told_by_the_look(here):
    import socket

    run = here.run(status=dg.DagsterRunStatus.STARTED, **{"khanij/host": socket.gethostname()})
    alert = one(here.told(), "lost")
    assert alert.run_id == run.run_id and "its process is gone" in alert.why[0]
    assert here.instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE


def test_publication_refused(here):
    here.run("publication refused: the layer faults is gone. What to do: mend it")
    alert = one(here.told(), "publication_refused")
    assert "--accept" in alert.do and "the layer faults is gone" in alert.why[0]


def test_recovered(here):
    here.run("row 3 has no unit")
    here.told()
    good = here.run()
    alert = one(here.told(), "recovered")
    assert alert.run_id == good.run_id and "assessment failed" in alert.subject
    assert here.told() == []
    here.run("row 3 has no unit")
    assert one(here.told(), "failed"), "a trouble that comes again is told again"


def test_late(here):
    run = here.run(status=dg.DagsterRunStatus.STARTED)
    assert here.told() == []
    late = time.time() + LATE_S + 60
    alert = one(here.told(late), "late")
    assert alert.run_id == run.run_id and "six hours" in alert.next
    assert here.told(late + 60) == []
    here.instance.report_run_failed(run, "ended")
    assert [a.event for a in here.told(late + 120)] == ["lost"], "how it ended is told once, as what it is"


def test_stale(here, monkeypatch):
    from assets.shown import outside

    plain = outside.load_card
    monkeypatch.setattr(
        outside,
        "load_card",
        lambda name: plain(name).model_copy(update={"freshness": 30 if "faults" in name else None}),
    )
    here.instance.report_runless_asset_event(dg.AssetMaterialization("faults", partition=REGION))
    assert here.told() == []
    assert here.told(time.time() + 31 * DAY_S) == [], "due, and the night may still read it"
    alert = one(here.told(time.time() + (31 + GRACE_DAYS) * DAY_S), "stale")
    assert alert.region == REGION and "faults" in alert.why[0] and "nightly is switched off" in alert.next
    here.instance.report_runless_asset_event(dg.AssetMaterialization("faults", partition=REGION))
    here.state["thorough"] = 0.0
    assert one(here.told(), "recovered").key == f"stale:{REGION}"


def test_automation_error_of_a_region_that_cannot_be_planned(here, monkeypatch):
    here.workspace = Workspace(**{**here.workspace.model_dump(), "overrides": {"crs": "[]"}})
    alerts = here.told()
    assert {a.event for a in alerts} == {"automation_error"} and len(alerts) == len(troubles.region_names())
    alert = next(a for a in alerts if a.region == REGION)
    assert "crs" in alert.why[0] and "passed over" not in alert.kept and "validate" in alert.do
    here.workspace = Workspace(**{**here.workspace.model_dump(), "overrides": {}})
    assert here.told() == [], "the slow questions are asked once an hour"
    over = here.told(time.time() + 3700)
    assert {a.event for a in over} == {"recovered"} and len(over) == len(alerts)


def ticking(instance: dg.DagsterInstance, name: str, kind: str, when: float, error: str = "") -> None:
    """What Dagster's daemon writes down of one evaluation of a schedule or sensor that is switched on."""
    # The daemon's own records: Dagster exports no public name for them, and a daemon takes a minute.
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import (
        RegisteredCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        ScheduleInstigatorData,
        SensorInstigatorData,
        TickData,
        TickStatus,
    )
    from dagster._utils.error import SerializableErrorInfo

    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("khanij"), "__repository__")
    kept = SensorInstigatorData() if kind == "SENSOR" else ScheduleInstigatorData("0 2 * * *", when)
    state = InstigatorState(
        RemoteInstigatorOrigin(repository, name), InstigatorType[kind], InstigatorStatus.RUNNING, kept
    )
    if name not in {known.instigator_name for known in instance.all_instigator_state()}:
        instance.add_instigator_state(state)
    cause = SerializableErrorInfo(error, [], "ValueError")
    tick = TickData(
        state.instigator_origin_id, name, InstigatorType[kind], TickStatus.FAILURE if error else TickStatus.SUCCESS, when, [], [],
        error=SerializableErrorInfo("Error occurred", [], "SensorError", cause) if error else None,
        selector_id=state.selector_id,
    )  # fmt: skip
    instance.create_tick(tick)


def test_a_sensor_that_fails_is_told_until_it_is_evaluated_again(here):
    now = time.time()
    ticking(here.instance, "landing_files", "SENSOR", now)
    assert here.told(now) == []
    ticking(here.instance, "landing_files", "SENSOR", now + 60, error="the data folder is gone")
    alert = one(here.told(now + 61), "automation_error")
    assert alert.key == "tick:landing_files" and "the data folder is gone" in alert.why[0]
    assert here.told(now + 90) == []
    ticking(here.instance, "landing_files", "SENSOR", now + 120)
    assert one(here.told(now + 121), "recovered").key == "tick:landing_files"
    assert here.told(now + 150) == []


def test_a_nightly_that_does_not_come_is_told(here):
    now = time.time()
    ticking(here.instance, "nightly", "SCHEDULE", now)
    assert here.told(now + 25 * 3600) == []
    alert = one(here.told(now + 27 * 3600), "late")
    assert alert.key == "late:nightly" and "27 h" in alert.subject and "daemon" in alert.do
    ticking(here.instance, "nightly", "SCHEDULE", now + 28 * 3600)
    assert one(here.told(now + 28 * 3600), "recovered").key == "late:nightly"


def test_a_channel_that_did_not_take_an_alert_is_tried_again(tmp_path, monkeypatch):
    sent, works = [], [False]

    def post(alert: Alert, text: str, settings: NotifySettings) -> None:
        if not works[0]:
            raise OSError("no route")
        sent.append(alert)

    monkeypatch.setattr("pipelines.automations.notify._post", post)
    monkeypatch.setenv("KHANIJ_NOTIFY_WEBHOOK", "http://127.0.0.1:9/hook")
    with dg.instance_for_test() as instance:
        here = Installation(tmp_path, instance, "UI")
        here.run("row 3 has no unit")
        assert len(alerting.tell_news(instance, here.workspace)) == 1 and not sent
        works[0] = True
        assert alerting.tell_news(instance, here.workspace) == [] and [a.event for a in sent] == ["failed"]
        assert alerting.tell_news(instance, here.workspace) == [] and len(sent) == 1
        assert alerting.read_state(instance)["unsent"] == []


BROKEN = [
    "{not json", "null", "[]", "7", '{"since": "yesterday"}', '{"since": null}', '{"open": []}', '{"open": {"run:a:b": {"event": "failed"}}}',
    '{"seen": ["a"], "unsent": 3}', '{"unsent": [{"alert": {"why": ["x"], "colour": "red"}, "channels": ["webhook"]}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_memory_that_cannot_be_read_keeps_nobody_from_being_told(tmp_path, text):
    with dg.instance_for_test(overrides=RETRIES) as instance:
        here = Installation(tmp_path, instance, "UI")
        instance.daemon_cursor_storage.set_cursor_values({alerting.STATE: text})
        here.run("row 3 has no unit")
        assert [a.event for a in alerting.tell_news(instance, here.workspace)] == ["failed"]
        kept = json.loads(instance.daemon_cursor_storage.get_cursor_values({alerting.STATE})[alerting.STATE])
        assert alerting.read_state(instance) == kept, "what is written is read again as it is"
        assert alerting.tell_news(instance, here.workspace) == []


def test_a_region_that_could_not_be_begun_is_told_though_no_run_is_booked(tmp_path, monkeypatch):
    from data_sources.contracts import RegionError
    from pipelines import runs

    sent = []
    monkeypatch.setattr("pipelines.automations.notify._post", lambda alert, text, settings: sent.append(alert))
    monkeypatch.setenv("KHANIJ_NOTIFY_WEBHOOK", "http://127.0.0.1:9/hook")
    for name in ("KHANIJ_HOME", "KHANIJ_DATA", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    with pytest.raises(RegionError, match="not here"):
        runs.run_region(REGION)
    (alert,) = sent
    assert alert.event == "failed" and "could not be begun" in alert.subject and alert.started_by == "khanij run"
