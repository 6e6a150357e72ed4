"""A region in which everything is current without anything having been computed: results, checks, a published set."""

from assets.fingerprints import planned_fingerprints
from assets.generation import set_inputs
from assets.workspace import Workspace
from pipelines.guards import BLOCKING, judge_version
from pipelines.incremental import order
from pipelines.io_managers import BundleStore
from publishing.sets.listing import SET_LIST, SetList, listed, rendered


def make_current(region: str, workspace: Workspace, store: BundleStore) -> None:
    """Store a stand-in of every result under the fingerprint that it would have now."""
    planned = planned_fingerprints(region, workspace)
    for name in order():
        store.save(name, region, {"value": name}, planned[name])
        for check in BLOCKING.get(name, ()):
            store.record_check(name, region, f"{planned[name]} {judge_version()}", check, True)
    publish_stand_in(region, workspace)


def publish_stand_in(
    region: str, workspace: Workspace, name: str = "ranked_blocks.gpkg", stands_in_for: str = ""
) -> None:
    """One file as the published set of the region's present inputs."""
    folder = workspace.output_folder(region)
    (folder / name).write_bytes(b"rows")
    files = {n: f.model_copy(update={"stands_in_for": stands_in_for}) for n, f in listed(folder, [name]).items()}
    inputs = set_inputs(region, workspace)
    told = SetList(region=region, generation=inputs, inputs=inputs, files=files)
    (folder / SET_LIST).write_bytes(rendered(told))
