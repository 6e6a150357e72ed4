"""Running one region from Python: plan what is stale, materialize it with Dagster, say where the result is."""

from __future__ import annotations

import logging
import re
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from filelock import Timeout

from assets.fingerprints import forget, planned_fingerprints
from assets.published.generation import published_list
from assets.shown.progress import listening
from assets.workspace import Workspace
from data_sources.contracts import KhanijError, PublishingError, RegionError
from khanij.foundation.environment import NotifySettings
from khanij.foundation.errors import BusyError
from pipelines.automations.alerting import tell_news
from pipelines.automations.notify import channels, root_cause
from pipelines.automations.planning import BY_HAND, JOB, WHY_TAG, has_files, missing_files
from pipelines.automations.troubles import of_no_run
from pipelines.booking import book_as
from pipelines.definitions import build_defs
from pipelines.incremental import stale_assets
from pipelines.partitions import announce
from pipelines.resources import instance, resources
from pipelines.scenarios import chosen, keep
from pipelines.stopping import Stopped, interruptible
from pipelines.stores.held_connections import connections_held
from pipelines.stores.io_managers import BundleIOManager, BundleStore
from pipelines.stores.layered import LayeredStore
from pipelines.stores.leases import (
    HERE_TAG,
    RUN_TAG,
    announce_stop,
    busy_error,
    close_dead_runs,
    close_stopped_run,
    end_run,
    hold_run,
    region_lock,
    stop_was_asked_for,
)
from pipelines.stores.open_books import books_kept_open
from publishing.sets.listing import GEOPACKAGE
from publishing.sets.snapshot import published_geopackage
from publishing.sets.swap import finish

logger = logging.getLogger("khanij")
Progress = Callable[[float, str, float, str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run of one region came to; ``remarks`` is what a reader must be told, the gravest first.

    ``scenario`` is the what-if that was run, empty for the default result.
    """

    region: str
    geopackage: Path
    made: int
    error: str | None = None
    remarks: tuple[str, ...] = ()
    scenario: str = ""


def run_region(
    region: str,
    *,
    overrides: dict[str, str] | None = None,
    everything: bool = False,
    listener: Progress | None = None,
    accept: str = "",
    scenario: str = "",
) -> Outcome:
    """Make whatever of a region is not current, one run at a time; ``accept`` overrules the publication's guard.

    With ``overrides`` it is a scenario that is made, ``unnamed`` where ``scenario`` says no other: in folders of its own,
    under a lock of its own, and not in Dagster's books, which are of the default result.

    Raises
    ------
    RegionError : the region needs data that is not here, or another run of it is under way.
    Stopped : Ctrl-C or SIGTERM; what was finished is kept, and the run is booked as canceled.
    """
    forget()
    scenario, overrides = chosen(scenario, region, overrides or {})
    given = resources(overrides, accept, scenario)
    try:
        return _run_region(region, given, overrides, everything, listener, scenario)
    except BusyError:
        raise
    except KhanijError as error:
        if not scenario:
            _tell_of_no_run(region, given, error)
        raise


def _run_region(
    region: str,
    given: dict[str, object],
    overrides: dict[str, str],
    everything: bool,
    listener: Progress | None,
    scenario: str,
) -> Outcome:
    workspace, io_manager = given["workspace"], given["io_manager"]
    assert isinstance(workspace, Workspace) and isinstance(io_manager, BundleIOManager)
    settings = workspace.region(region)
    if not has_files(workspace, settings):
        folder = workspace.source_folder(settings)
        raise RegionError(missing_files(settings), file=folder, field="KHANIJ_DATA", do=settings.how_to_get)
    workspace.output_folder(region)  # one that cannot be made is told before anything is computed
    lock = region_lock(workspace.cache_root, region, scenario)
    try:
        with lock.acquire(timeout=0):
            _finish_publication(workspace.published_folder(region))
            store = io_manager.store()
            if isinstance(store, LayeredStore):
                keep(scenario, region, overrides)
                store.leave_to_default(region, planned_fingerprints(region, workspace))
            todo = stale_assets(region, workspace, store)
            if everything:
                from pipelines.incremental import order

                todo = order()
            if not todo:
                if not scenario:
                    with instance() as dagster:  # a run may have been killed after its last asset
                        close_dead_runs(workspace.cache_root, dagster, region)
                return _outcome(region, 0, workspace, store)
            error = _materialize(region, todo, given, listener)
            if error:
                file = workspace.published_folder(region) / GEOPACKAGE
                return Outcome(region, file, len(todo), error, scenario=scenario)
            return _outcome(region, len(todo), workspace, store)
    except Timeout as busy:
        raise busy_error(region, lock) from busy


def _tell_of_no_run(region: str, given: dict[str, object], error: KhanijError) -> None:
    """Tell of a region that could not be begun, which stands in none of Dagster's books."""
    workspace = given["workspace"]
    if not channels(NotifySettings.from_environment()) or not isinstance(workspace, Workspace):
        return
    with instance() as dagster:
        tell_news(dagster, workspace, of_no_run(region, str(error), dagster), log=False)


def _finish_publication(folder: Path) -> None:
    """A publication that was interrupted is finished before anything is planned; one that cannot be is made anew."""
    try:
        finish(folder)
    except PublishingError as error:
        logger.warning("%s", error)


def _outcome(region: str, made: int, workspace: Workspace, store: BundleStore) -> Outcome:
    """What is published now, and what must be said of it: what was accepted, what is absent, what moved."""
    folder = workspace.published_folder(region)
    listing = published_list(region, workspace)
    told: list[str] = []
    if listing is not None and listing.accepted is not None and listing.accepted.changes:
        told.append(f"PUBLISHED ALTHOUGH {'; '.join(listing.accepted.changes)}")
        told.append(f"accepted because: {listing.accepted.reason}")
    manifest = store.manifest("published_set", region)
    if manifest is not None and "told" in manifest["entries"]:
        told += store.load("published_set", region)["told"]
    file = published_geopackage(folder)
    return Outcome(region, file, made, None, tuple(dict.fromkeys(told)), workspace.scenario)


def _materialize(region: str, todo: list[str], given: dict[str, object], listener: Progress | None) -> str | None:
    """Run the assets with Dagster; what failed, in words, or None."""
    finished: set[str] = set()

    def heard(where: str, asset: str, share: float, text: str) -> None:
        if listener is None or where != region:
            return
        part = 0.0 if share >= 1.0 else share
        if share >= 1.0:
            finished.add(asset)
        listener((len(finished) + part) / len(todo), asset, share, text)

    run_id = str(uuid.uuid4())
    here = {HERE_TAG: socket.gethostname(), RUN_TAG: run_id}

    def work() -> dg.ExecuteInProcessResult:
        job = build_defs(given).resolve_job_def(JOB)
        with listening(heard), books_kept_open(dagster):
            return job.execute_in_process(
                instance=dagster,
                partition_key=region,
                tags={**here, "khanij/region": region, WHY_TAG: BY_HAND},
                asset_selection=[dg.AssetKey(name) for name in todo],
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
                run_id=run_id,
            )

    workspace = given["workspace"]
    assert isinstance(workspace, Workspace)
    # What Dagster shows of an asset is the default result's: a what-if is not written into its books.
    with (
        dg.DagsterInstance.ephemeral() if workspace.scenario else instance() as dagster,
        connections_held(dagster),  # whatever is booked or told after the run too: none stays for the next region
    ):
        announce([region], dagster)
        book_as(dagster, JOB)
        hold_run(workspace.cache_root, run_id)
        try:
            outcome = interruptible(
                work,
                lambda: announce_stop(run_id, dagster),
                dg.DagsterExecutionInterruptedError,
                lambda: stop_was_asked_for(run_id, dagster),
            )
        except Stopped:
            close_stopped_run(run_id, dagster)
            raise
        finally:
            end_run(workspace.cache_root, run_id)
            if not workspace.scenario and channels(NotifySettings.from_environment()):
                tell_news(
                    dagster, workspace, log=False
                )  # the daemon's sensor does it too; without a daemon nobody else does
    return None if outcome.success else _first_failure(outcome)


def _first_failure(outcome: dg.ExecuteInProcessResult) -> str:
    checks = [check for check in outcome.get_asset_check_evaluations() if not check.passed and check.blocking]
    if checks:
        told = "; ".join(f"{check.check_name}: {check.description or 'no reason given'}" for check in checks)
        return f"a check that guards publication failed: {told}"
    for event in outcome.all_events:
        if event.is_step_failure:
            cause, chain = event.step_failure_data.error, []
            while cause is not None:
                chain.append(_without_class(cause.message))
                cause = cause.cause
            return f"asset {event.step_key} failed: {root_cause(chain)}"
    return "the run failed; khanij ui shows its log"


def _without_class(message: str) -> str:
    """The message without the dotted name of Khanij's own error class; a foreign class says something."""
    return re.sub(r"^(?:khanij|data_sources|scoring|publishing|assets|pipelines)\.[\w.]+: ", "", message.strip())


__all__ = ["Outcome", "run_region"]
