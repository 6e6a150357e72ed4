"""Jobs: what is run as one, and how often a step of one is tried again."""

from __future__ import annotations

import dagster as dg

from assets.fingerprints import RECIPES
from assets.shown.outside import ARCHIVE
from pipelines.automations.hooks import readable_failure
from pipelines.automations.planning import FETCH_JOB, JOB, AssetJob

# 20 s, 40 s, 80 s, each with up to as much jitter: long enough for a server to come back, short of a night.
PATIENT = dg.RetryPolicy(max_retries=3, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# A step of pure computation that failed once fails again; one more try covers a killed worker or a full moment's disk.
RUN_TAGS = {"khanij/product": "ranked_blocks"}


def rank_region_job() -> AssetJob:
    """Everything of one region, in one process: steps take seconds, a process each takes longer."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(*sorted(RECIPES)),
        executor_def=dg.in_process_executor,
        tags=RUN_TAGS,
        hooks={readable_failure},
        description="From source files to the ranked GeoPackage of one region.",
    )


def fetch_sources_job() -> AssetJob:
    """Remote sources of one region into the archive: servers side by side, each with one client (its pool)."""
    return dg.define_asset_job(
        FETCH_JOB,
        selection=dg.AssetSelection.groups(ARCHIVE),
        executor_def=dg.multiprocess_executor.configured({"max_concurrent": 4}),
        tags={"khanij/product": "archive"},
        hooks={readable_failure},
        description="From the servers of the source cards to the local archive; what has not changed is not read again.",
    )
