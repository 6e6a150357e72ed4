"""Dagster's books of runs: which of them nothing needs any more.

Belongs here: finding finished runs that may go, and removing them with their logs. Does not belong here: files of Khanij's
own (``pruning``). Dagster's own ``retention`` (``dagster.yaml``) clears ticks of schedules and sensors; it has none for runs.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg

from khanij.foundation.environment import dagster_folder
from pipelines.upkeep.pruning import DAY_S, Leftover

FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
PAGE = 1000


def old_runs(instance: dg.DagsterInstance, keep_days: float, now: float | None = None) -> Iterator[Leftover]:
    """Finished runs older than ``keep_days`` that are not the last to have made or observed any asset of any region."""
    now = time.time() if now is None else now
    needed = needed_runs(instance)
    cursor = None
    while True:
        records = instance.get_run_records(dg.RunsFilter(statuses=list(FINISHED)), limit=PAGE, cursor=cursor)
        for record in records:
            run = record.dagster_run
            ended = record.end_time or record.update_timestamp.timestamp()
            if run.run_id not in needed and ended < now - keep_days * DAY_S:
                size = sum(p.stat().st_size for p in _files(run.run_id))
                name = f"{run.run_id} {run.job_name} {run.tags.get('dagster/partition', '')}".rstrip()
                why = f"{run.status.value.lower()}; later runs made what it made"
                yield Leftover("run", name, size, (now - ended) / DAY_S, why, partial(_remove, instance, run.run_id))
        if len(records) < PAGE:
            return
        cursor = records[-1].dagster_run.run_id


def needed_runs(instance: dg.DagsterInstance) -> set[str]:
    """The last run that made, and the last that observed, each partition of each asset, and their first tries."""
    out: set[str] = set()
    for key in instance.all_asset_keys():
        for fetch in (instance.fetch_materializations, instance.fetch_observations):
            seen: set[str | None] = set()
            cursor = None
            while True:
                found = fetch(key, limit=PAGE, cursor=cursor)
                for record in found.records:
                    if record.partition_key not in seen:
                        seen.add(record.partition_key)
                        out.add(record.run_id)
                if not found.has_more:
                    break
                cursor = found.cursor
    tried = [instance.get_run_by_id(run_id) for run_id in sorted(out)]
    return out | {run.root_run_id for run in tried if run is not None and run.root_run_id}


def _remove(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or not run.is_finished:
        return False
    with contextlib.suppress(Exception):  # a manager that keeps logs elsewhere may have none of this run
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.delete_run(run_id)
    # With SQLite each run has a file of its own, of which Dagster takes the rows and leaves the pages.
    for path in _files(run_id):
        path.unlink(missing_ok=True)
    shutil.rmtree(dagster_folder() / "storage" / run_id, ignore_errors=True)
    return True


def _files(run_id: str) -> list[Path]:
    home = dagster_folder()
    logs = (p for p in (home / "storage" / run_id).rglob("*") if p.is_file())
    return [*sorted((home / "history" / "runs").glob(f"{run_id}.db*")), *sorted(logs)]


def compact() -> int:
    """Give the pages of removed rows in SQLite's books back to the disk; returns how many bytes. PostgreSQL does it itself."""
    freed = 0
    for path in sorted((dagster_folder() / "history").rglob("*.db")):
        if path.name not in ("runs.db", "index.db"):
            continue
        before = path.stat().st_size
        # One that a daemon writes to just now is left as it is: the next time will do.
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(path, timeout=5)) as books,
        ):
            books.execute("VACUUM")
        freed += before - path.stat().st_size
    return freed
