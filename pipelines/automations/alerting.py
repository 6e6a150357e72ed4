"""What has been told and what is to be told now: each trouble once, and once more when it is over.

Belongs here: the memory of what was told, in Dagster's own storage, so that the daemon's sensor and ``khanij run`` do not
tell a thing twice. Does not belong here: finding troubles (``troubles``) or wording and sending (``notify``).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from assets.workspace import Workspace
from pipelines.automations import troubles
from pipelines.automations.notify import Alert, tell
from pipelines.automations.troubles import key_of_run
from pipelines.stores.leases import PARTITION_TAG, close_dead_runs

STATE = "khanij/alerts"
INTERVAL_S = 30
FIRST_LOOK_S = 3600.0  # how far back the first look of an installation goes
OVERLAP_S = 300.0  # runs are booked in the order in which their writers commit, not of their times
THOROUGH_S = 3600.0
AGAIN_S = 24 * 3600.0  # a trouble that is not over is told once a day
MOST_KEPT = 100
State = dict[str, Any]


class Told(BaseModel):
    """A trouble that was told and is not over."""

    event: str
    subject: str
    digest: str
    count: int
    first: float
    told: float


class Unsent(BaseModel):
    """An alert that a channel did not take."""

    alert: dict[str, Any]
    channels: list[str]


class Memory(BaseModel):
    """What is remembered from look to look, as it is stored."""

    since: float | None = None
    seen: dict[str, str] = {}
    open: dict[str, Told] = {}
    thorough: float = 0.0
    unsent: list[Unsent] = []


def look(instance: dg.DagsterInstance, workspace: Workspace, state: State, now: float) -> tuple[list[Alert], State]:
    """What is to be told now, and what is to be remembered of it.

    Parameters
    ----------
    state : what the last look returned; empty at the first.
    now : seconds since the epoch.
    """
    close_dead_runs(workspace.cache_root, instance)
    open_: dict[str, dict[str, Any]] = {k: dict(v) for k, v in state.get("open", {}).items()}
    since, seen = float(state.get("since", now - FIRST_LOOK_S)), dict(state.get("seen", {}))
    told: list[Alert] = []
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED]
    after = datetime.fromtimestamp(since - OVERLAP_S, UTC)
    records = instance.get_run_records(dg.RunsFilter(statuses=ended, updated_after=after), order_by="update_timestamp")
    for record in sorted(records, key=lambda r: (r.update_timestamp, r.dagster_run.run_id)):
        run = record.dagster_run
        if seen.get(run.run_id) == run.status.value or record.update_timestamp.timestamp() < since - OVERLAP_S:
            continue
        seen[run.run_id] = run.status.value
        told += _of_run(run, instance, open_, now)
    kept = {record.dagster_run.run_id for record in records}
    thorough = now - float(state.get("thorough", 0.0)) >= THOROUGH_S
    told += _of_lasting(instance, workspace, open_, now, thorough)
    return told, {
        "since": max([since, *(record.update_timestamp.timestamp() for record in records)]),
        "seen": {run_id: status for run_id, status in sorted(seen.items()) if run_id in kept},
        "open": open_,
        "thorough": now if thorough else state.get("thorough", 0.0),
        "unsent": list(state.get("unsent", [])),
    }


def _of_run(run: dg.DagsterRun, instance: dg.DagsterInstance, open_: dict[str, Any], now: float) -> list[Alert]:
    key = key_of_run(run)
    if run.status == dg.DagsterRunStatus.FAILURE:
        return _opened(troubles.of_failed_run(run, instance), open_, now)
    if run.status == dg.DagsterRunStatus.SUCCESS:
        keys = [k for k in (key, f"asked:{run.tags.get(PARTITION_TAG, '')}") if k in open_]
        return [_closed(k, open_, now, run) for k in keys]
    return []


def _of_lasting(
    instance: dg.DagsterInstance, workspace: Workspace, open_: dict[str, Any], now: float, thorough: bool
) -> list[Alert]:
    found, told = troubles.lasting(instance, workspace, now, thorough), []
    slow = ("stale:", "plan:")
    for key in [k for k in open_ if k.startswith(("late:", "tick:", *slow)) and k not in found]:
        if key.startswith(slow) and not thorough:
            continue
        run = instance.get_run_by_id(key.removeprefix("late:")) if key.startswith("late:") else None
        if run is not None and run.status == dg.DagsterRunStatus.FAILURE:
            del open_[key]  # its failure was told as such
            continue
        told.append(_closed(key, open_, now, run))
    for alert in found.values():
        told += _opened(alert, open_, now)
    return told


def _opened(alert: Alert, open_: dict[str, Any], now: float) -> list[Alert]:
    """The alert, unless the same was told within a day; a trouble that changed its kind or reason is told again."""
    numbers = "".join(" " if c.isdigit() else c for c in "|".join([alert.event, *alert.why]))
    digest = hashlib.sha256(numbers.encode()).hexdigest()[:12]
    before = open_.get(alert.key)
    count = 1 + (before["count"] if before else 0)
    entry = {"event": alert.event, "subject": alert.subject, "digest": digest, "count": count}
    if before is None or before["digest"] != digest or now - before["told"] > AGAIN_S:
        open_[alert.key] = {**entry, "first": before["first"] if before else now, "told": now}
        return [alert]
    open_[alert.key] = {**before, "count": count}
    return []


def _closed(key: str, open_: dict[str, Any], now: float, run: dg.DagsterRun | None) -> Alert:
    was = open_.pop(key)
    lasted = f"it lasted {max(now - was['first'], 0) / 3600:.1f} h"
    times = f", and was seen {was['count']} times" if was["count"] > 1 else ""
    return troubles.of_success(key, was["subject"], f"{lasted}{times}", run)


def tell_news(
    instance: dg.DagsterInstance, workspace: Workspace, *more: Alert, now: float | None = None, log: bool = True
) -> list[Alert]:
    """Look, tell what is new, and remember it; what a channel did not take is kept and tried at the next look.

    Parameters
    ----------
    more : alerts of what stands in none of Dagster's books, such as a run that could not be begun.
    log : whether the log is told too; a command has told its user already.
    """
    lock = FileLock(Path(workspace.cache_root).expanduser() / "locks" / "alerts.lock")
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    moment = troubles.clock() if now is None else now
    with suppress(Timeout), lock.acquire(timeout=20):
        state = read_state(instance)
        told, state = look(instance, workspace, state, moment)
        for alert in more:
            told += _opened(alert, state["open"], moment)
        state["unsent"] = [*_sent_again(state["unsent"]), *_sent(told, log)][-MOST_KEPT:]
        instance.daemon_cursor_storage.set_cursor_values({STATE: json.dumps(state, sort_keys=True)})
        return told
    return []


def read_state(instance: dg.DagsterInstance) -> State:
    """What was told, as it is remembered; nothing where it cannot be read."""
    text = instance.daemon_cursor_storage.get_cursor_values({STATE}).get(STATE, "")
    try:
        return Memory.model_validate_json(text or "{}").model_dump(exclude_unset=True, exclude_none=True)
    except ValidationError:
        return {}  # not what this version writes; nobody would be told of anything any more


def _sent(alerts: list[Alert], log: bool) -> list[dict[str, Any]]:
    return [{"alert": alert.values(), "channels": failed} for alert in alerts if (failed := tell(alert, log=log))]


def _sent_again(unsent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left = []
    for entry in unsent:
        values = dict(entry["alert"])
        try:
            alert = Alert(**{**values, "why": tuple(values["why"])})
        except (TypeError, KeyError):
            continue  # an alert has other fields by now
        if failed := tell(alert, only=entry["channels"], log=False):
            left.append({"alert": entry["alert"], "channels": failed})
    return left


def alerts_sensor() -> dg.SensorDefinition:
    """Tells people of troubles, whoever started the run that they are of, and closes the books of lost runs."""

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of failed, lost, late and refused runs, stale sources, failing sensors, and when each is over: "
        "in the log, and by webhook or e-mail where the environment names one. Closes runs whose process is gone.",
    )
    def alerts(context: dg.SensorEvaluationContext, workspace: dg.ResourceParam[Workspace]) -> dg.SkipReason:
        told = tell_news(context.instance, workspace)
        return dg.SkipReason("; ".join(alert.subject for alert in told) or "nothing new")

    return alerts
