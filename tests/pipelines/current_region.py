"""A region in which everything is current without anything having been computed: results, checks, a published set."""

from typing import Any

from assets.fingerprints import planned_fingerprints
from assets.published.generation import generation
from assets.workspace import Workspace
from pipelines.guards import BLOCKING, judge_version
from pipelines.incremental import order
from pipelines.stores.io_managers import BundleStore
from publishing.sets.listing import SET_LIST, ListedFile, SetList, rendered


def make_current(region: str, workspace: Workspace, store: BundleStore) -> None:
    """Store a stand-in of every result under the fingerprint that it would have now."""
    planned = planned_fingerprints(region, workspace)
    for name in order():
        store.save(name, region, {"value": name}, planned[name])
        for check in BLOCKING.get(name, ()):
            store.record_check(name, region, f"{planned[name]} {judge_version()}", check, True)
    publish_list(region, workspace)


def publish_list(region: str, workspace: Workspace, **files: dict[str, Any]) -> None:
    """Say that the region's set is published: files by name, each with ``sha256`` and ``bytes``."""
    current = generation(region, workspace)
    listed = {name: ListedFile(**file) for name, file in files.items()}
    new = SetList(region=region, generation=current, inputs=current, files=listed)
    (workspace.output_folder(region) / SET_LIST).write_bytes(rendered(new))
