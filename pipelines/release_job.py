"""A release as Dagster shows it: an asset of each region beside what it was made from, and the job that makes it.

Belongs here: which region is released under which name. Does not belong here: what a release holds
(``publishing.releasing.releases``).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.archive import MARKS
from assets.workspace import PARTITIONS, Workspace
from data_sources.contracts import KhanijError
from khanij.foundation.environment import releases_folder
from pipelines.automations.hooks import readable_failure
from pipelines.automations.planning import AssetJob
from publishing.sets.listing import GEOPACKAGE
from publishing.sets.snapshot import is_set_folder

RELEASE, ASSET = "release", "released_set"


class ReleaseConfig(dg.Config):
    """The release's name (CalVer, such as 2026.12.01)."""

    version: str


def release_config(version: str) -> dict[str, Any]:
    """The run configuration of a release."""
    return {"ops": {ASSET: {"config": {"version": version}}}}


def is_published(workspace: Workspace, region: str) -> bool:
    """Whether there is anything of a region to release."""
    output = workspace.published_folder(region)
    return is_set_folder(output) or (output / GEOPACKAGE).is_file()


def release_asset(retry: dg.RetryPolicy) -> dg.AssetsDefinition:
    """The newest release of each region, made from its published set."""

    @dg.asset(
        key=ASSET,
        group_name="release",
        description="What is published of a region, copied whole into releases/<region>/<version>/ and never changed.",
        kinds={"geopackage", "stac"},
        owners=["team:khanij"],
        partitions_def=PARTITIONS,
        deps=["published_set"],
        io_manager_key=MARKS,  # files below the releases folder, nothing for the bundle store
        retry_policy=retry,
        output_required=False,
    )
    def released_set(
        context: dg.AssetExecutionContext, config: ReleaseConfig, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult]:
        region = context.partition_key
        if not is_published(workspace, region):
            context.log.info(f"{region}: nothing is published, nothing is released")
            return
        from publishing.releasing.region import release_region
        from publishing.releasing.releases import list_releases

        # A try after a failure, or a second click, finds what is done: a release is never changed.
        there = [r for r in list_releases(releases_folder(), region) if r.calver == config.version]
        if there:
            context.log.info(f"{region}: {config.version} exists already and is left as it is")
            yield released(there[0].folder, config.version, existed=True)
            return
        try:
            made = release_region(region, config.version, releases_folder(), workspace.published_folder(region))
        except KhanijError as error:
            raise dg.Failure(f"{region} was not released. {error}", allow_retries=False) from error
        context.log.info(f"{region}: {made}")
        yield released(made, config.version)

    return released_set


def released(folder: Path, version: str, existed: bool = False) -> dg.MaterializeResult:
    """What Dagster shows of one release."""
    told: dict[str, Any] = {"version": version, "path": dg.MetadataValue.path(str(folder)), "existed": existed}
    return dg.MaterializeResult(metadata=told, data_version=dg.DataVersion(version))


def release_job() -> AssetJob:
    """The release of one region."""
    return dg.define_asset_job(
        RELEASE,
        selection=dg.AssetSelection.assets(ASSET),
        executor_def=dg.in_process_executor,
        tags={"khanij/product": "release"},
        hooks={readable_failure},
        description="An immutable release of one region, named by the day.",
    )
