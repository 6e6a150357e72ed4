"""What is read of every region before it is told: its last run, the verdicts on what is stored of it.

Belongs here: reading, region by region. Does not belong here: a number's name (``families``) or the comparison of two sets
(``publishing.releasing.since``).
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.workspace import Workspace
from data_sources.regions import load_region, region_names
from khanij.foundation.wording import one_line
from pipelines.reports.last_runs import LastRun, OpenAlert, Verdict, last_runs, open_alerts, verdicts
from pipelines.resources import instance, resources
from pipelines.stores.io_managers import BundleIOManager
from publishing.releasing.changes_page import Told
from publishing.releasing.since import said

_LONGEST = 400


@dataclass(frozen=True)
class Gathered:
    """The regions of an installation in order of their names, and what is known of each."""

    workspace: Workspace
    regions: tuple[str, ...]
    runs: dict[str, LastRun]
    verdicts: dict[str, list[Verdict]]
    alerts: tuple[OpenAlert, ...] = ()


def gathered(wanted: list[str] | None = None) -> Gathered:
    """What is known of all regions, or of those that are wanted.

    Raises
    ------
    RegionError : there is no such region.
    """
    given = resources()
    workspace, io_manager = given["workspace"], given["io_manager"]
    assert isinstance(workspace, Workspace) and isinstance(io_manager, BundleIOManager)
    for name in wanted or ():
        load_region(name)
    regions = tuple(sorted(set(wanted or region_names())))
    store = io_manager.store()
    with instance() as dagster:
        runs, alerts = last_runs(dagster, regions), open_alerts(dagster)
    shown = tuple(alert for alert in alerts if not wanted or alert.region in wanted)
    return Gathered(workspace, regions, runs, {name: verdicts(store, name) for name in regions}, shown)


def told_of(seen: Gathered, region: str) -> Told:
    """A region's last run and warnings in words."""
    run = seen.runs.get(region)
    words = ""
    if run is not None:
        took = f", {run.duration_s:.0f} s" if run.duration_s is not None else ""
        words = f"{run.status} {said(run.ended_at)}{took}" if run.ended_at is not None else run.status
    warnings = tuple(
        f"{v.asset}: {v.check}: {one_line(v.reason.removeprefix(f'{v.asset}: '), _LONGEST)}"
        for v in seen.verdicts[region]
        if not v.passed
    )
    # That the last run failed is told by itself.
    alerts = [a for a in seen.alerts if a.region == region and not a.key.startswith("run:")]
    told = tuple(f"alert since {said(a.first)}: {a.subject.removeprefix(f'{region}: ')}" for a in alerts)
    return Told(words, run.failed if run else "", (*told, *warnings))
