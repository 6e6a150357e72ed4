"""One run a region at a time, and what is left of runs whose process is gone.

Belongs here: the lock that every run of a region holds, whoever started it, and closing the books of killed runs. Does
not belong here: what a run does.

The operating system lets go of the lock when its process dies, however it dies; Dagster's instance does not learn of
that by itself and would call the run "started" for ever.
"""

import logging
import socket
from pathlib import Path

import dagster as dg
from filelock import BaseFileLock, FileLock, Timeout
from pydantic import PrivateAttr

from khanij.foundation.errors import BusyError
from pipelines.stores.io_managers import BundleIOManager, BundleStore
from pipelines.stores.layered import LayeredStore

PARTITION_TAG = "dagster/partition"  # Dagster's own tag of a run's partition
HOST_TAG = "khanij/host"
HERE_TAG = "khanij/in_process_of"  # the host whose own process made and executes the run, such as khanij run's
WAIT_S = 900.0
logger = logging.getLogger("khanij")
QUEUED = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING)
STARTED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


def region_lock(cache_root: str | Path, region: str, scenario: str = "") -> BaseFileLock:
    """The lock of one region, or of one scenario of it; a process that holds it may take it again."""
    name = f"{region}@{scenario}.lock" if scenario else f"{region}.lock"  # no region's name holds the sign
    path = Path(cache_root).expanduser().resolve() / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, is_singleton=True, thread_local=False)


def busy_error(region: str, lock: BaseFileLock) -> BusyError:
    """What a second run of a region is told."""
    return BusyError(
        f"another run of region {region} is under way",
        file=lock.lock_file,
        do="wait for it to end; the lock goes with its process",
    )


def running(region: str, cache_root: str | Path, instance: dg.DagsterInstance) -> bool:
    """Whether a run of the region is queued or under way; runs of this host whose process is gone are closed first."""
    lock = region_lock(cache_root, region)
    try:
        with lock.acquire(timeout=0):
            close_dead_runs(region, instance)
    except Timeout:
        return True
    return instance.get_runs_count(dg.RunsFilter(tags={PARTITION_TAG: region}, statuses=[*QUEUED, *STARTED])) > 0


def close_dead_runs(region: str, instance: dg.DagsterInstance, own_run_id: str = "") -> list[str]:
    """Report as failed the runs of this host that say they are under way; only for whoever holds the region's lock.

    A run that this host's own process was to execute may have died before it said so. A run that waits to be launched,
    a retry of the daemon's too, is left alone.
    """
    host, not_started = socket.gethostname(), dg.DagsterRunStatus.NOT_STARTED
    under_way = dg.RunsFilter(tags={PARTITION_TAG: region, HOST_TAG: host}, statuses=list(STARTED))
    made_here = dg.RunsFilter(tags={PARTITION_TAG: region, HERE_TAG: host}, statuses=[not_started, *STARTED])
    found = {run.run_id: run for runs in (under_way, made_here) for run in instance.get_runs(runs)}
    closed = []
    for run in found.values():
        if run.run_id == own_run_id or (run.status == not_started and run.parent_run_id):
            continue
        try:
            instance.report_run_failed(run, "its process is gone: killed, out of memory, or the machine went down")
        except Exception as error:
            # The book of a dead run may be torn as well; that must not stop the next one.
            logger.warning("run %s died and its record cannot be closed: %s", run.run_id, error)
            continue
        closed.append(run.run_id)
    return closed


def announce_stop(run_id: str, instance: dg.DagsterInstance) -> None:
    """Book a run as being canceled, so that its end by an interruption is no failure."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceling(run, "stopped from the terminal or by SIGTERM")


def close_stopped_run(run_id: str, instance: dg.DagsterInstance) -> None:
    """Book a run that was stopped as canceled, unless Dagster did, or it came to its end before it heard of the stop."""
    run = instance.get_run_by_id(run_id)
    if run is not None and run.status not in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED):
        instance.report_run_canceled(run, "stopped from the terminal or by SIGTERM")


class LeasedIOManager(BundleIOManager):
    """The bundle store of one run, held together with the lock of the run's region.

    Parameters
    ----------
    cache_root : folder below which the locks lie; the same for every run on a machine.
    scenario : the what-if that the run is of, which has a lock of its own; empty for the default result.
    base : the default result's store, from which a scenario takes what is the same; empty for the default itself.
    """

    cache_root: str
    scenario: str = ""
    base: str = ""
    _lock: BaseFileLock | None = PrivateAttr(default=None)

    def store(self) -> BundleStore:
        """The store behind this IO manager: a scenario's lies over the default's."""
        return LayeredStore(self.root, self.base) if self.base else super().store()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the region's lock for as long as the run lasts."""
        run, instance = context.run, context.instance
        region = run.tags.get(PARTITION_TAG) if run is not None else None
        if run is None or region is None or instance is None:
            return
        lock = region_lock(self.cache_root, region, self.scenario)
        try:
            lock.acquire(timeout=WAIT_S)
        except Timeout as busy:
            raise busy_error(region, lock) from busy
        self._lock = lock
        instance.add_run_tags(run.run_id, {HOST_TAG: socket.gethostname()})
        close_dead_runs(region, instance, run.run_id)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
