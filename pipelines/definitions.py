"""The code location: every asset, job, schedule, sensor, check and resource, built by one function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.archive import archive_assets
from assets.definitions import region_assets
from assets.shown.outside import landing_specs, read_regions_anew
from pipelines.automations.automation import dressed
from pipelines.automations.schedules import build_schedules
from pipelines.automations.sensors import build_sensors
from pipelines.checks import build_checks
from pipelines.jobs import PATIENT, fetch_sources_job, rank_region_job
from pipelines.release_job import release_asset, release_job
from pipelines.resources import resources


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions; tests and the command line swap resources by name."""
    read_regions_anew()
    rank, release = rank_region_job(), release_job()
    archive = archive_assets(PATIENT)
    fetch = fetch_sources_job() if archive else None  # without a remote source there is nothing to fetch
    return dg.Definitions(
        assets=[*dressed(region_assets()), *archive, release_asset(PATIENT), *landing_specs()],
        asset_checks=build_checks(),
        jobs=[rank, release, *([fetch] if fetch else [])],
        schedules=build_schedules(rank, release, fetch),
        sensors=build_sensors(rank),
        resources={**resources(), **(resource_overrides or {})},
        # What is selected in the UI runs like the jobs do; a process a step would take longer than most steps.
        executor=dg.in_process_executor,
    )


defs = build_defs()
