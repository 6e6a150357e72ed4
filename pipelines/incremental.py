"""Which assets of a region must be made again, and in which order.

Belongs here: comparing what is stored with what would be made now. Does not belong here: making it.
"""

from __future__ import annotations

from graphlib import TopologicalSorter

import assets.definitions  # noqa: F401 - fills the table of recipes
from assets.fingerprints import RECIPES, planned_fingerprints
from assets.published.generation import generation, publication_assets, published_list
from assets.workspace import Workspace
from pipelines.guards import BLOCKING, judge_version
from pipelines.stores.io_managers import BundleStore
from publishing.sets.listing import JOURNAL, is_file


def order() -> list[str]:
    """All assets, each after those it is made from."""
    return list(
        TopologicalSorter({name: sorted(recipe.upstream) for name, recipe in sorted(RECIPES.items())}).static_order()
    )


def stale_assets(region: str, workspace: Workspace, store: BundleStore) -> list[str]:
    """Assets whose stored result is missing, damaged, doubted by a check, made from something else, or not published.

    The assets of a publication are made together: a set is of one generation.
    """
    planned = planned_fingerprints(region, workspace)
    stale = {name for name in order() if not _is_current(name, region, planned[name], store)}
    together = set(publication_assets())
    if stale & together or not published_is_current(region, workspace, planned):
        stale |= together
    return [name for name in order() if name in stale]


def _is_current(name: str, region: str, planned: str, store: BundleStore) -> bool:
    manifest = store.manifest(name, region)
    if manifest is None or manifest.get("fingerprint") != planned:
        return False
    return store.intact(name, region) and store.checks_passed(
        name, region, f"{planned} {judge_version()}", BLOCKING.get(name, ())
    )


def published_is_current(region: str, workspace: Workspace, planned: dict[str, str]) -> bool:
    """Whether the published set is whole, in its place, and of the generation that would be made now."""
    folder = workspace.published_folder(region)
    listing = published_list(region, workspace)
    if listing is None or (folder / JOURNAL).exists() or listing.generation != generation(region, workspace, planned):
        return False
    # What was published beside a file that was open is not yet where it belongs.
    return not listing.waiting() and all(is_file(folder / name, file) for name, file in listing.files.items())
