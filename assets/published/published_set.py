"""The last step of a run: everything that people open of a region is published together, or nothing is.

Belongs here: the look at what was staged, the guard's verdict, and the swap. Does not belong here: making a file
(``publication``), the comparison (``publishing.sets.guard``) or moving files (``publishing.sets.swap``).
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from assets.fingerprints import result
from assets.published.generation import set_inputs
from assets.published.publication_facts import judged, require_accepted
from assets.published.staging import geopackage_in, require_one_generation, staged_or_published
from assets.shown.metadata import file_links
from assets.workspace import Workspace
from data_sources.contracts import KhanijError, PublishingError
from data_sources.regions import Region
from publishing.geopackage.check import geopackage_faults
from publishing.geopackage.reading import read_shapes
from publishing.releasing.published_records import RECORDS, keep_record
from publishing.sets.guard import remarks
from publishing.sets.listing import GEOPACKAGE, Facts, ListedFile, SetList
from publishing.sets.swap import publish

logger = logging.getLogger("khanij")


def published_set(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    evidence_files: dict[str, Any],
    ranked_blocks: dict[str, Any],
    web_page: dict[str, Any],
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    require_named(workspace)
    folder = workspace.published_folder(region.name)
    made = {"evidence_files": evidence_files, "ranked_blocks": ranked_blocks, "web_page": web_page}
    current = require_one_generation(region.name, workspace, made)
    files = {name: ListedFile(**file) for bundle in made.values() for name, file in bundle["staged"].items()}
    geopackage = geopackage_in(ranked_blocks)
    require_valid(staged_or_published(folder, geopackage))
    facts = Facts.model_validate(ranked_blocks["facts"])
    judgement = judged(region.name, workspace, facts)
    require_accepted(region, judgement)
    if geopackage != GEOPACKAGE:
        files[geopackage] = files[geopackage].model_copy(update={"stands_in_for": GEOPACKAGE})
    new = SetList(
        region=region.name,
        generation=current,
        inputs=set_inputs(region.name, workspace),
        files=dict(sorted(files.items())),
        facts=facts,
        accepted=judgement.accepted,
    )
    _record(workspace, folder, {})  # the set that goes, where an older version published it without a record
    publish(folder, new)
    roles = sorted({role.split(".")[0] for role in region.sources()})
    _record(workspace, folder, {role: workspace.source_hash(region, (role,)) for role in roles}, time.time())
    told = list(remarks(judgement.before.facts if judgement.before else None, facts, region.publication))
    told += _without_position(region, staged_or_published(folder, geopackage))
    told += [
        f"{place} is open for changes elsewhere: published beside it as {name}. Close it in QGIS and run again."
        for name, place in new.waiting().items()
    ]
    return result(
        context,
        workspace,
        {"published": {name: file.sha256 for name, file in new.files.items()}, "generation": current, "told": told},
        generation=current,
        remarks=dg.MetadataValue.md("\n".join(f"* {t}" for t in told) or "none"),
        **file_links(folder / name for name in new.files),
    )


def _without_position(region: Region, geopackage: Path) -> list[str]:
    """Sites of a user's own register that stand nowhere; of the project's own it is known, and each block says so."""
    if region.waste.card == "embedded_register":
        return []
    sites = read_shapes(geopackage, "waste_sites")
    lost = [shape for shape in sites if shape is None]
    if not lost:
        return []
    return [
        f"{len(lost)} of {len(sites)} waste sites have no position: name the columns of their coordinates in the card"
    ]


def _record(workspace: Workspace, folder: Path, sources: Mapping[str, str], at: float | None = None) -> None:
    """Keep what is published for the comparison of nights; it is no part of the set, and none of its faults stops one.

    Nights are compared of the default result alone, as schedules know no other.
    """
    if workspace.scenario:
        return
    try:
        keep_record(folder, Path(workspace.cache_root) / RECORDS, sources, at)
    except (OSError, KhanijError) as error:
        logger.warning("what was published of %s could not be recorded: %s", folder.name, error)


def require_named(workspace: Workspace) -> None:
    """Refuse to put a result of other settings than the region's own in the default's place.

    Raises
    ------
    PublishingError : settings were given and no scenario was named.
    """
    if workspace.overrides and not workspace.scenario:
        raise PublishingError(
            f"settings were given ({', '.join(sorted(workspace.overrides))}) and no scenario was named",
            do="name one: khanij run --scenario NAME --set KEY=VALUE; the default result is made with the YAML alone",
        )


def require_valid(path: Path) -> None:
    """Refuse a GeoPackage that is not whole.

    Raises
    ------
    PublishingError : the first faults; nothing published has changed.
    """
    faults = geopackage_faults(path)
    if faults:
        raise PublishingError(
            f"the GeoPackage is not whole: {'; '.join(faults[:3])}",
            file=path,
            do="run again; nothing published has changed",
        )
