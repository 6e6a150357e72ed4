"""Remote sources: one asset a source card that a region names, bringing the source into the local archive.

The data version is the hash of what came, so a source that is asked and has nothing new is seen to be the same, and
nothing downstream is made again. The pool is the server: one client a server, whatever runs at once.

Belongs here: fetching as an asset. Does not belong here: protocols (``data_sources.connectors``), or when it is due
(``pipelines.automations.planning``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

from assets.shown.outside import ARCHIVE, archive_key, readable_regions
from assets.workspace import PARTITIONS, Workspace
from data_sources.cards import Card, load_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.in_archive import last_asked, stored
from data_sources.contracts import KhanijError
from data_sources.regions import Region, load_region, region_names
from khanij.foundation.redaction import without_secrets

MARKS = "archive_marks"  # io manager key: what is fetched lies in the archive, Dagster keeps no copy
FRESH_DAYS = 30  # a remote source whose card says nothing is asked again after a month
LOG_EVERY = 20


def archive_of(workspace: Workspace) -> Archive:
    """The archive of an installation."""
    return Archive(Path(workspace.cache_root) / "archive")


def remote_cards(regions: list[str] | None = None) -> dict[str, list[str]]:
    """Remote cards -> the regions that name them without a file of their own; a region that cannot be read names none."""
    named: dict[str, list[str]] = {}
    for name in regions or region_names():
        try:
            named[name] = load_region(name).fetched_cards()
        except KhanijError:
            continue
    return _remote_of(named)


def _remote_of(named: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Remote cards -> the regions that name them, of regions and the cards that each names."""
    found: dict[str, list[str]] = {}
    for region, cards in named.items():
        for card in cards:
            try:
                is_remote = load_card(card).is_remote
            except KhanijError:  # one that cannot be read hides no other
                continue
            if is_remote:
                found.setdefault(card, []).append(region)
    return {card: found[card] for card in sorted(found)}


def fresh_days(card: Card) -> int:
    """Days after which a remote source is asked again."""
    return card.freshness or FRESH_DAYS


def due_cards(region: str, workspace: Workspace, now: float) -> list[str]:
    """Remote cards of a region that were never fetched, or not within their freshness; a clock set back makes none due."""
    settings, archive = workspace.region(region), archive_of(workspace)
    due = []
    for name in remote_cards([region]):
        card = load_card(name)
        asked = last_asked(card, archive, extent=settings.extent_deg)
        if asked is None or now - asked > fresh_days(card) * 86_400:
            due.append(name)
    return due


def server_pool(card: Card) -> str:
    """The concurrency pool of a card's server."""
    return f"server/{urlsplit(card.url).netloc.rpartition('@')[2] or card.host}"


def archive_assets(retry: dg.RetryPolicy | None = None) -> list[dg.AssetsDefinition]:
    """One asset a remote card that any region names; none where every layer comes from files."""
    named = {name: region.fetched_cards() for name, region in readable_regions().items()}
    return [_archive_asset(load_card(name), regions, retry) for name, regions in _remote_of(named).items()]


def _archive_asset(card: Card, regions: list[str], retry: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    days = fresh_days(card)

    @dg.asset(
        key=archive_key(card.name),
        group_name=ARCHIVE,
        description=f"{card.title}, as it stands in the local archive: fetched from {card.host}, cut to the region.",
        kinds={card.protocol.replace("_", "")[:16], "geoparquet"},
        owners=["team:khanij"],
        partitions_def=PARTITIONS,
        metadata={
            "server": without_secrets(card.url),
            "layer": card.layer,
            "licence": card.licence,
            "may_be_passed_on": card.redistribute,
            "regions_that_use_it": ", ".join(regions),
            "asked_again_after_days": days,
        },
        # Two nights of grace: the schedule asks on the night after a source has become due.
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(days=days + 2), warn_window=timedelta(days=days + 1)
        ),
        pool=server_pool(card),
        retry_policy=retry,
        io_manager_key=MARKS,
        output_required=False,
    )
    def fetched(
        context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]
    ) -> Iterator[dg.MaterializeResult]:
        region = workspace.region(context.partition_key)
        if card.name not in region.fetched_cards():  # a backfill of the whole job names every card
            context.log.info(f"region {region.name} does not use {card.name}: nothing was asked")
            return
        yield _fetch(context, workspace, load_card(card.name), region)

    return fetched


def _fetch(context: dg.AssetExecutionContext, workspace: Workspace, card: Card, region: Region) -> dg.MaterializeResult:
    from data_sources.connectors.remote.answers import UnreachableError
    from data_sources.connectors.remote.fetching import fetch

    archive, calls = archive_of(workspace), [0]
    before = stored(card, archive, extent=region.extent_deg)

    def progress(done: int, total: int | None, text: str) -> None:
        if calls[0] % LOG_EVERY == 0:
            context.log.info(f"{done}{f' of {total}' if total else ''} rows {text}")
        calls[0] += 1

    try:
        got = fetch(card, archive, extent=region.extent_deg, progress=progress)
    except UnreachableError:
        raise  # the server may come back: tried again, going on after the last whole page
    except KhanijError as error:
        raise dg.Failure(f"{error} What was in the archive stays.", allow_retries=False) from error
    manifest = got.manifest
    told: dict[str, Any] = {
        "dagster/row_count": manifest.rows,
        "changed": before is None or before.manifest.sha256 != manifest.sha256,
        "bytes": manifest.bytes,
        "sha256": manifest.sha256,
        "pages": len(manifest.pages),
        "went_on_at_page": got.resumed_at,
        "remarks": "; ".join(manifest.notes) or "none",
        "path": dg.MetadataValue.path(str(got.path)),
    }
    return dg.MaterializeResult(metadata=told, data_version=dg.DataVersion(manifest.sha256))
