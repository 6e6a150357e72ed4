"""Which assets of a region must be made again, and in which order.

Belongs here: comparing what is stored with what would be made now. Does not belong here: making it.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import assets.definitions  # noqa: F401 - fills the table of recipes
from assets.fingerprints import RECIPES, planned_fingerprints
from assets.workspace import Workspace
from pipelines.guards import BLOCKING
from pipelines.io_managers import BundleStore
from publishing.atomic import is_stand_in, sha256_of


def order() -> list[str]:
    """All assets, each after those it is made from."""
    return list(
        TopologicalSorter({name: sorted(recipe.upstream) for name, recipe in sorted(RECIPES.items())}).static_order()
    )


def stale_assets(region: str, workspace: Workspace, store: BundleStore) -> list[str]:
    """Assets whose stored result is missing, damaged, made from something else, doubted by a check, or not in place."""
    planned = planned_fingerprints(region, workspace)
    return [name for name in order() if not _is_current(name, region, planned[name], workspace, store)]


def _is_current(name: str, region: str, planned: str, workspace: Workspace, store: BundleStore) -> bool:
    manifest = store.manifest(name, region)
    if manifest is None or manifest.get("fingerprint") != planned:
        return False
    if not store.intact(name, region) or not store.checks_passed(name, region, BLOCKING.get(name, ())):
        return False
    if "published" not in manifest["entries"]:
        return True
    published = store.load(name, region)["published"]
    folder = workspace.output_folder(region)
    # What was published beside a file that was open is not yet where it belongs.
    return all(not is_stand_in(file) and _is_file(folder / file, sha256) for file, sha256 in published.items())


def _is_file(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
