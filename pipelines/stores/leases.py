"""One run a region at a time, and what is left of runs whose process is gone.

Belongs here: holding a region's lock (``region_locks``) for as long as a run lasts, the lock by which a run's process is seen to
live, and closing the books of killed runs. Does not belong here: what a run does.

The operating system lets go of a lock when its process dies, however it dies; Dagster's instance does not learn of
that by itself and would call the run "started" for ever.
"""

import logging
import socket
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
from filelock import BaseFileLock, FileLock, Timeout
from pydantic import PrivateAttr

from assets.workspace import RegionPartitions
from pipelines.stores.io_managers import BundleIOManager, BundleStore
from pipelines.stores.layered import LayeredStore
from pipelines.stores.open_books import books_kept_open
from pipelines.stores.region_locks import busy_error as busy_error
from pipelines.stores.region_locks import region_lock as region_lock

PARTITION_TAG = "dagster/partition"  # Dagster's own tag of a run's partition
HOST_TAG = "khanij/host"
HERE_TAG = "khanij/in_process_of"  # the host whose own process made and executes the run, such as khanij run's
RUN_TAG = "khanij/run"  # the run whose process wrote the two: other runs may have inherited them
WAIT_S = 900.0
logger = logging.getLogger("khanij")
QUEUED = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING)
STARTED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


_held: dict[str, BaseFileLock] = {}  # runs that this process executes; a lock that nobody refers to is let go


def run_lock(cache_root: str | Path, run_id: str) -> BaseFileLock:
    """The lock that the process of one run holds for as long as it lives."""
    path = Path(cache_root).expanduser().resolve() / "locks" / "runs" / f"{run_id}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return _held.get(run_id) or FileLock(path, thread_local=False)


def process_is_gone(cache_root: str | Path, run_id: str) -> bool:
    """Whether no process of this host holds a run's lock."""
    if run_id in _held:
        return False
    lock = run_lock(cache_root, run_id)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    return True


def hold_run(cache_root: str | Path, run_id: str) -> None:
    """Hold a run's lock from now on; a process that executes one run never lets go of it.

    Between a run's last step and the word in Dagster's books that it ended, it must not look dead.
    """
    if run_id not in _held:
        lock = run_lock(cache_root, run_id)
        lock.acquire(timeout=WAIT_S)
        _held[run_id] = lock


def end_run(cache_root: str | Path, run_id: str) -> None:
    """Let go of the lock of a run that has ended, and leave no file of it behind."""
    lock = run_lock(cache_root, run_id)
    lock.release(force=True)
    _held.pop(run_id, None)
    Path(lock.lock_file).unlink(missing_ok=True)


def running(region: str, cache_root: str | Path, instance: dg.DagsterInstance) -> bool:
    """Whether a run of the region is queued or under way; runs of this host whose process is gone are closed first."""
    close_dead_runs(cache_root, instance, region)
    lock = region_lock(cache_root, region)
    try:
        with lock.acquire(timeout=0):
            pass
    except Timeout:
        return True
    return instance.get_runs_count(dg.RunsFilter(tags={PARTITION_TAG: region}, statuses=[*QUEUED, *STARTED])) > 0


def close_dead_runs(cache_root: str | Path, instance: dg.DagsterInstance, region: str = "") -> list[str]:
    """Report as failed the runs of this host that say they are under way and whose process is gone; returns their ids.

    The default launcher asks nobody whether a run still lives, and a run's code server, which would tell, may have been
    killed before it. Dagster starts such a run once more (``run_retries``). A run that waits to be launched is left
    alone, and so is one of another host, whose launcher looks after it.

    Parameters
    ----------
    region : only the runs of this region; empty for all.
    """
    host, not_started = socket.gethostname(), dg.DagsterRunStatus.NOT_STARTED
    of_region = {PARTITION_TAG: region} if region else {}
    under_way = dg.RunsFilter(tags={**of_region, HOST_TAG: host}, statuses=list(STARTED))
    made_here = dg.RunsFilter(tags={**of_region, HERE_TAG: host}, statuses=[not_started, *STARTED])
    found = {run.run_id: run for runs in (under_way, made_here) for run in instance.get_runs(runs)}
    closed = []
    for run in found.values():
        # A retry and a re-execution bear the tags of the run that they repeat: until they start they only wait.
        if run.parent_run_id and (run.status == not_started or run.tags.get(RUN_TAG) != run.run_id):
            continue
        if not process_is_gone(cache_root, run.run_id):
            continue
        again = instance.get_run_by_id(run.run_id)  # it may have ended between the two looks
        if again is None or again.is_finished:
            continue
        try:
            instance.report_run_failed(run, "its process is gone: killed, out of memory, or the machine went down")
        except Exception as error:
            # The book of a dead run may be torn as well; that must not stop the next one.
            logger.warning("run %s died and its record cannot be closed: %s", run.run_id, error)
            continue
        end_run(cache_root, run.run_id)
        closed.append(run.run_id)
    return closed


def announce_stop(run_id: str, instance: dg.DagsterInstance) -> None:
    """Book a run as being canceled, so that its end by an interruption is no failure."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceling(run, "stopped from the terminal or by SIGTERM")


def stop_was_asked_for(run_id: str, instance: dg.DagsterInstance) -> bool:
    """Whether somebody terminated a run from the UI: no code server can reach a run that this process executes."""
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status in (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED)


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
    _books: ExitStack | None = PrivateAttr(default=None)
    _region: str = PrivateAttr(default="")

    def store(self) -> BundleStore:
        """The store behind this IO manager: a scenario's lies over the default's."""
        return LayeredStore(self.root, self.base) if self.base else super().store()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the run's lock for as long as its process lives, and the region's for as long as the run lasts."""
        run, instance = context.run, context.instance
        region = run.tags.get(PARTITION_TAG) if run is not None else None
        if run is None or region is None or instance is None:
            return
        hold_run(self.cache_root, run.run_id)
        instance.add_run_tags(run.run_id, {HOST_TAG: socket.gethostname(), RUN_TAG: run.run_id})
        lock = region_lock(self.cache_root, region, self.scenario)
        try:
            lock.acquire(timeout=WAIT_S)
        except Timeout as busy:
            raise busy_error(region, lock) from busy
        self._lock = lock
        close_dead_runs(self.cache_root, instance, region)
        # After what may fail: a region whose run did not begin is not known by this process.
        self._region = region
        RegionPartitions.made_here.add(region)
        self._books = ExitStack()
        self._books.enter_context(books_kept_open(instance, run.run_id))

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let go of the lock and of Dagster's books."""
        if self._books is not None:
            self._books.close()
            self._books = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        RegionPartitions.made_here.discard(self._region)
