"""Run by ``test_remote_sources.py`` in a process of its own, since partitions are read when the code is loaded.

Each step prints one line of JSON: what a tick asked for, and what its run made. Commands come on standard input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipelines.automations import schedules
from pipelines.automations.sensors import landing_state
from pipelines.definitions import build_defs
from pipelines.resources import instance, resources

REGION = "far_away"


def tick(defs: dg.Definitions, schedule: str, dagster: dg.DagsterInstance) -> dict[str, object]:
    """Evaluate one schedule and run what it asks for."""
    repository = defs.get_repository_def()
    # The night of one region; the others' nights are their own.
    schedules.region_names = lambda: [REGION]
    schedules.remote_cards = lambda: {"any": [REGION]}
    with (
        dg.partition_loading_context(dynamic_partitions_store=dagster),
        dg.build_schedule_context(
            instance=dagster,
            scheduled_execution_time=datetime.now(UTC),
            repository_def=repository,
            resources={k: v for k, v in resources().items() if k in ("workspace", "io_manager")},
        ) as context,
    ):
        answer = repository.get_schedule_def(schedule).evaluate_tick(context)
    if not answer.run_requests:
        return {"skipped": answer.skip_message}
    (request,) = answer.run_requests
    name = {"nightly_fetch": "fetch_sources", "nightly": "rank_region"}[schedule]
    outcome = defs.resolve_job_def(name).execute_in_process(
        instance=dagster,
        partition_key=request.partition_key,
        asset_selection=list(request.asset_selection),
        tags=request.tags,
        raise_on_error=False,
    )
    made = {
        e.asset_key.to_user_string(): e.step_materialization_data.materialization
        for e in outcome.get_asset_materialization_events()
    }
    return {
        "success": outcome.success,
        "asked": sorted(k.to_user_string() for k in request.asset_selection),
        "made": sorted(made),
        "tags": dict(request.tags),
        "run_tags": dict(dagster.get_run_by_id(outcome.run_id).tags),
        "changed": {k: m.metadata["changed"].value for k, m in made.items() if "changed" in m.metadata},
        "versions": {k: m.tags["dagster/data_version"] for k, m in made.items()},
        "error": [e.step_failure_data.error.to_string()[:2000] for e in outcome.all_events if e.is_step_failure],
    }


def grow_old() -> None:
    """Let every manifest be from a fortnight ago."""
    then = time.time() - 14 * 86_400
    for manifest in Path(os.environ["KHANIJ_CACHE"]).glob("archive/manifests/*/*.json"):
        os.utime(manifest, (then, then))


def graph(defs: dg.Definitions) -> dict[str, object]:
    """Pools, policies, upstream archives and schedules, as the UI shows them."""
    repository = defs.get_repository_def()
    archive = {k.to_user_string(): a for k, a in repository.assets_defs_by_key.items() if k.path[0] == "archive"}
    specs = {s.key.to_user_string(): s for a in repository.assets_defs_by_key.values() for s in a.specs}
    return {
        "pools": {k: sorted(a.op.pools) if hasattr(a.op, "pools") else [a.op.pool] for k, a in archive.items()},
        "retries": {k: a.op.retry_policy.max_retries for k, a in archive.items()},
        "fresh": {k: specs[k].freshness_policy is not None for k in archive},
        "upstream": {
            n: sorted(d.asset_key.to_user_string() for d in specs[n].deps if d.asset_key.path[0] == "archive")
            for n in ("occurrences", "waste_inventory", "faults")
        },
        "schedules": sorted(s.name for s in repository.schedule_defs if "fetch" in s.name),
        "zones": sorted({s.execution_timezone for s in repository.schedule_defs}),
    }


def main() -> None:
    """Answer each command until the input ends."""
    defs = build_defs()
    with instance() as dagster:
        for line in sys.stdin:
            command = line.strip()
            if command == "old":
                grow_old()
                answer: object = {}
            elif command == "graph":
                answer = graph(defs)
            elif command == "landing":
                answer = landing_state(resources()["workspace"])[REGION]  # type: ignore[arg-type]
            else:
                answer = tick(defs, command, dagster)
            print("ANSWER " + json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
