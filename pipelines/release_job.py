"""The release of every published region as one Dagster job: an immutable, named copy.

Belongs here: which regions are released under which name. Does not belong here: what a release holds
(``publishing.releasing.releases``).
"""

from pathlib import Path

import dagster as dg

from assets.workspace import Workspace
from data_sources.contracts import KhanijError
from data_sources.regions import region_names
from khanij.foundation.environment import releases_folder
from pipelines.automations.hooks import readable_failure
from pipelines.jobs import PATIENT
from publishing.releasing.region import release_region
from publishing.releasing.releases import list_releases
from publishing.sets.listing import GEOPACKAGE
from publishing.sets.snapshot import is_set_folder


class ReleaseConfig(dg.Config):
    """The release's name (CalVer, such as 2026.12.01)."""

    version: str


@dg.op(
    out=dg.Out(dg.Nothing),  # files below the releases folder, nothing for the bundle store
    retry_policy=PATIENT,
    description="Copies what is published of every region into releases/<region>/<version>/.",
)
def release_regions(
    context: dg.OpExecutionContext, config: ReleaseConfig, workspace: dg.ResourceParam[Workspace]
) -> None:
    made, there, failed = [], [], []
    for region in region_names():
        output = Path(workspace.output_root) / region
        if not is_set_folder(output) and not (output / GEOPACKAGE).is_file():
            context.log.info(f"{region}: nothing is published, nothing is released")
            continue
        # A try after a failure, or a second click, finds the regions that are done: a release is never changed.
        if any(r.calver == config.version for r in list_releases(releases_folder(), region)):
            there.append(region)
            context.log.info(f"{region}: {config.version} exists already and is left as it is")
            continue
        try:
            made.append(str(release_region(region, config.version, releases_folder(), output)))
            context.log.info(f"{region}: {made[-1]}")
        except KhanijError as error:
            failed.append(f"{region}: {error}")
            context.log.error(failed[-1])
    context.add_output_metadata({"releases": made, "existed": there})
    if failed:
        raise dg.Failure(
            f"{len(failed)} of {len(failed) + len(made) + len(there)} regions were not released. {'; '.join(failed)}",
            metadata={"releases": made},
            allow_retries=False,
        )


@dg.job(
    hooks={readable_failure},
    tags={"khanij/product": "release"},
    description="An immutable release of every region, named by the day.",
)
def release() -> None:
    release_regions()
