"""Whether a region needs a run now: what schedules and sensors ask before they request anything.

Belongs here: the decision, from fingerprints, stored results and runs under way. Does not belong here: when it is asked
(``schedules``, ``sensors``) or how a run is made (``runs``).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Any

import dagster as dg

from assets.archive import due_cards
from assets.fingerprints import RECIPES, fingerprint
from assets.shown.outside import archive_key, fresh_days
from assets.workspace import Workspace, companions
from data_sources.cards import load_card
from data_sources.contracts import KhanijError
from data_sources.regions import Region
from pipelines.incremental import order, stale_assets
from pipelines.stores.io_managers import BundleStore
from pipelines.stores.leases import QUEUED, STARTED, running

JOB = "rank_region"
NIGHTLY = "nightly"
WHY_TAG = "khanij/why"  # what set a run off, in words
BY_HAND = "khanij run"
FETCH_JOB = "fetch_sources"
AssetJob = Any  # what define_asset_job returns; Dagster exports no name for it
DAY_S = 86_400.0


def plan_run(
    region: str,
    workspace: Workspace,
    store: BundleStore,
    instance: dg.DagsterInstance,
    why: str,
    also: Iterable[str] = (),
    night: str = "",
) -> dg.RunRequest | dg.SkipReason:
    """A request for exactly what is stale in a region, or the reason why there is none.

    Parameters
    ----------
    why : what set this off, in words; it becomes the run's tag ``khanij/why``.
    also : assets to make again although their fingerprint has not changed (sources that are due to be read again).
    night : the night that asks, which may ask for what was asked for before; else the same request is made once only.
    """
    try:
        settings = workspace.region(region)
        if not has_files(workspace, settings):
            return dg.SkipReason(f"{missing_files(settings)}. What to do: {settings.how_to_get}")
        wanted = set(stale_assets(region, workspace, store)) | set(also)
        target = fingerprint("published_set", region, workspace)
    except KhanijError as error:
        # One region with a broken setting must not silence the others.
        return dg.SkipReason(f"{region}: cannot be planned: {error}")
    if not wanted:
        return dg.SkipReason(f"{region}: nothing has changed")
    if running(region, workspace.cache_root, instance):
        return dg.SkipReason(f"{region}: a run is queued or under way")
    names = [name for name in order() if name in wanted]
    key = hashlib.sha256("|".join([region, target, *names]).encode()).hexdigest()[:16]
    return dg.RunRequest(
        run_key=f"{region}-{night or key}",
        job_name=JOB,
        partition_key=region,
        asset_selection=[dg.AssetKey(name) for name in names],
        tags={"khanij/region": region, WHY_TAG: why, "khanij/stale_assets": str(len(names))},
    )


def has_files(workspace: Workspace, settings: Region) -> bool:
    """Whether a region has anything of its own to be made from: always, unless it needs files and none of them is here.

    A fresh installation has an empty landing folder; a region that is made from nothing would publish blocks without a
    single survey layer. Some of the files are enough: what is missing is said by the run.
    """
    if not settings.needs_data:
        return True
    named = [s for s in settings.sources().values() if s.path is not None or load_card(s.card).is_remote]
    paths = [*(workspace.layer_path(settings, source) for source in named), *workspace.waste_files(settings)]
    return any(companions(path) for path in paths)


def missing_files(settings: Region) -> str:
    """What a region without files is told, without the remedy."""
    return f"region {settings.name} needs files that are not here"


def due_assets(region: str, instance: dg.DagsterInstance, now: float | None = None) -> list[str]:
    """Source-backed assets of a region whose last reading is older than their cards' freshness.

    A clock that was set back makes nothing due; one that was set forward makes things due once: one more reading.
    """
    now = time.time() if now is None else now
    # What comes from the archive is fresh by its own asset (``assets.archive``).
    files = [
        (role.split(".")[0], s.card) for role, s in Workspace().region(region).sources().items() if s.path is not None
    ]
    due = []
    for name, recipe in sorted(RECIPES.items()):
        days = fresh_days([card for layer, card in files if layer in recipe.layers])
        if days is None:
            continue
        found = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(name), asset_partitions=[region]), limit=1
        ).records
        if found and now - found[0].timestamp > days * DAY_S:
            due.append(name)
    return due


def plan_fetch(
    region: str, workspace: Workspace, instance: dg.DagsterInstance, why: str, night: str, now: float | None = None
) -> dg.RunRequest | dg.SkipReason:
    """A request for the remote sources of a region that are due, or the reason why there is none."""
    try:
        due = due_cards(region, workspace, time.time() if now is None else now)
    except KhanijError as error:
        return dg.SkipReason(f"{region}: cannot be planned: {error}")
    if not due:
        return dg.SkipReason(f"{region}: every remote source was asked within its freshness")
    unfinished = [*QUEUED, *STARTED]
    if instance.get_runs_count(dg.RunsFilter(tags={"khanij/fetch": region}, statuses=unfinished)):
        return dg.SkipReason(f"{region}: a fetch is queued or under way")
    return dg.RunRequest(
        run_key=f"{region}-fetch-{night}",
        job_name=FETCH_JOB,
        partition_key=region,
        asset_selection=[archive_key(card) for card in due],
        tags={
            "khanij/region": region,
            "khanij/fetch": region,
            WHY_TAG: why,
            "khanij/sources": ", ".join(due)[:200],
        },
    )
