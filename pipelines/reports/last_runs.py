"""How the last run of each region ended, from Dagster's books, and what the checks of its stored results say.

Belongs here: reading runs, open alerts and verdicts. Does not belong here: starting a run, or how one is told (``metrics`` and the page of
changes lay it out).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from khanij.foundation.redaction import redact
from pipelines.automations.hooks import step_failures
from pipelines.stores.io_managers import BundleStore
from pipelines.stores.leases import PARTITION_TAG

# Said again, and held by a test: their own modules know every asset, and to load those takes seconds.
RANKING = "rank_region"
ALERTS = "khanij/alerts"


@dataclass(frozen=True)
class LastRun:
    """One run: Dagster's status in lower case, begin and end in seconds since the epoch, what failed in words."""

    status: str
    started_at: float | None = None
    ended_at: float | None = None
    failed: str = ""

    @property
    def duration_s(self) -> float | None:
        """Seconds from begin to end; None while it is under way."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, self.ended_at - self.started_at)


@dataclass(frozen=True)
class Verdict:
    """What one check said last of a stored result."""

    asset: str
    check: str
    passed: bool
    blocking: bool
    reason: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenAlert:
    """A trouble that was told and is not over: its event, its one line, when it was first seen, its region if it has one."""

    event: str
    key: str
    subject: str
    first: float
    region: str


def open_alerts(instance: dg.DagsterInstance) -> list[OpenAlert]:
    """The troubles that are remembered as not over, by their keys."""
    text = instance.daemon_cursor_storage.get_cursor_values({ALERTS}).get(ALERTS, "")
    try:
        found = json.loads(text).get("open", {}) if text else {}
        return [
            OpenAlert(
                str(told["event"]), key, str(told["subject"]), float(told["first"]), _region_of(key, told["subject"])
            )
            for key, told in sorted(found.items())
        ]
    except (ValueError, AttributeError, KeyError, TypeError):  # another version's memory
        return []


def _region_of(key: str, subject: str) -> str:
    """A trouble's key ends with its region, whose name its line begins with."""
    last = key.rpartition(":")[2]
    return last if subject.startswith(f"{last}: ") else ""


def last_runs(instance: dg.DagsterInstance, regions: Iterable[str]) -> dict[str, LastRun]:
    """The last ranking run of each region; regions that were never run are left out."""
    found = {}
    for region in regions:
        records = instance.get_run_records(dg.RunsFilter(job_name=RANKING, tags={PARTITION_TAG: region}), limit=1)
        if records:
            found[region] = _last_run(instance, records[0])
    return found


def _last_run(instance: dg.DagsterInstance, record: Any) -> LastRun:
    run, failed = record.dagster_run, ""
    if run.status is dg.DagsterRunStatus.FAILURE:
        told = [f"{step}: {cause}" for step, cause in step_failures(run, instance)]
        failed = redact("; ".join(told) or "the run failed without a failed step")
    return LastRun(run.status.value.lower(), record.start_time, record.end_time, failed)


def verdicts(store: BundleStore, region: str) -> list[Verdict]:
    """What every check of a region's stored results said last; a check that was never asked is left out."""
    found = []
    for asset in store.assets(region):
        for name, one in sorted(store.checks_told(asset, region).items()):
            numbers = {str(k): float(v) for k, v in dict(one.get("numbers", {})).items()}
            passed, blocking = bool(one.get("passed")), bool(one.get("blocking"))
            found.append(Verdict(asset, name, passed, blocking, str(one.get("reason", "")), numbers))
    return found
