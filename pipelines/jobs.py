"""Jobs: what is run as one."""

from __future__ import annotations

import dagster as dg

from assets.fingerprints import RECIPES
from pipelines.hooks import readable_failure
from pipelines.planning import JOB, AssetJob

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
