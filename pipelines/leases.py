"""One run a region at a time, and what is left of runs whose process is gone.

Belongs here: the lock that every run of a region holds, whoever started it, and closing the books of killed runs. Does
not belong here: what a run does.

The operating system lets go of the lock when its process dies, however it dies; Dagster's instance does not learn of
that by itself and would call the run "started" for ever.
"""

import socket
from pathlib import Path

import dagster as dg
from filelock import BaseFileLock, FileLock, Timeout
from pydantic import PrivateAttr

from data_sources.contracts import RegionError
from pipelines.io_managers import BundleIOManager

PARTITION_TAG = "dagster/partition"  # Dagster's own tag of a run's partition
HOST_TAG = "khanij/host"
WAIT_S = 900.0
QUEUED = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING)
STARTED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


def region_lock(cache_root: str | Path, region: str) -> BaseFileLock:
    """The lock of one region; within a process it may be taken again by the run that holds it."""
    path = Path(cache_root).expanduser().resolve() / "locks" / f"{region}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, is_singleton=True, thread_local=False)


def busy_error(region: str, lock: BaseFileLock) -> RegionError:
    """What a second run of a region is told."""
    return RegionError(
        f"another run of region {region} is under way",
        file=lock.lock_file,
        do="wait for it to end; the lock goes with its process",
    )


def running(region: str, cache_root: str | Path, instance: dg.DagsterInstance) -> bool:
    """Whether a run of the region is queued or under way; runs of this host whose process is gone are closed first."""
    tags = {PARTITION_TAG: region}
    if instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=list(QUEUED))):
        return True
    lock = region_lock(cache_root, region)
    try:
        with lock.acquire(timeout=0):
            close_dead_runs(region, instance)
    except Timeout:
        return True
    return instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=list(STARTED))) > 0


def close_dead_runs(region: str, instance: dg.DagsterInstance, own_run_id: str = "") -> list[str]:
    """Report as failed the runs of this host that say they are under way; only for whoever holds the region's lock."""
    closed = []
    for run in instance.get_runs(
        dg.RunsFilter(tags={PARTITION_TAG: region, HOST_TAG: socket.gethostname()}, statuses=list(STARTED))
    ):
        if run.run_id != own_run_id:
            instance.report_run_failed(run, "its process is gone: killed, out of memory, or the machine went down")
            closed.append(run.run_id)
    return closed


class LeasedIOManager(BundleIOManager):
    """The bundle store of one run, held together with the lock of the run's region.

    Parameters
    ----------
    cache_root : folder below which the locks lie; the same for every run on a machine.
    """

    cache_root: str
    _lock: BaseFileLock | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the region's lock for as long as the run lasts."""
        run, instance = context.run, context.instance
        region = run.tags.get(PARTITION_TAG) if run is not None else None
        if run is None or region is None or instance is None:
            return
        lock = region_lock(self.cache_root, region)
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
