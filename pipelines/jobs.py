"""Jobs: what is run as one."""

from __future__ import annotations

import dagster as dg

from pipelines.partitions import regions

RUN_TAGS = {"khanij/product": "ranked_blocks"}


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """``rank_region`` makes everything of one region, in one process: steps take seconds, a process each takes longer."""
    return [
        dg.define_asset_job(
            "rank_region",
            selection=dg.AssetSelection.all(),
            partitions_def=regions,
            executor_def=dg.in_process_executor,
            tags=RUN_TAGS,
            description="From source files to the ranked GeoPackage of one region.",
        )
    ]
