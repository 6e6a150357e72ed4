"""The release of every published region as one Dagster job: an immutable, named copy.

Belongs here: which regions are released under which name. Does not belong here: what a release holds
(``publishing.releases``).
"""

import dagster as dg

from assets.workspace import Workspace
from data_sources.regions import region_names
from pipelines.hooks import readable_failure
from pipelines.retries import PATIENT


class ReleaseConfig(dg.Config):
    """The release's name (CalVer, such as 2026.12.01)."""

    version: str


@dg.op(retry_policy=PATIENT, description="Copies what is published of every region into releases/<region>/<version>/.")
def release_regions(
    context: dg.OpExecutionContext, config: ReleaseConfig, workspace: dg.ResourceParam[Workspace]
) -> list[str]:
    from pipelines.cli.release import release_region  # the command line and the schedule make the same release

    made = []
    for region in region_names():
        if not (workspace.output_folder(region) / "ranked_blocks.gpkg").is_file():
            context.log.info(f"{region}: nothing is published, nothing is released")
            continue
        made.append(str(release_region(region, config.version)))
        context.log.info(f"{region}: {made[-1]}")
    context.add_output_metadata({"releases": made})
    return made


@dg.job(
    hooks={readable_failure},
    tags={"khanij/product": "release"},
    description="An immutable release of every region, named by the day.",
)
def release() -> None:
    release_regions()
