"""Where a run that Dagster starts is executed: on this machine, or on the Dask cluster that the environment names.

Belongs here: handing a whole run to a worker, and noticing that its worker is gone. Does not belong here: what a run
does, and tiles (``cluster``).

A backfill is one run a partition, whether the web server, a schedule, a sensor or the command line asked for it, so
regions spread over the workers. Not dagster-dask's executor: it spreads the steps of one run, which follow each other
and read each other's results, and it leaves out retries and pools.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import dagster as dg
from dagster import DefaultRunLauncher
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs, ResumeRunArgs
from dagster._serdes import serialize_value

from khanij.foundation.environment import dask_scheduler
from pipelines.stores.leases import QUEUED

if TYPE_CHECKING:
    from distributed import Scheduler

CLUSTER_TAG = "khanij/dask_scheduler"  # marks a run that was sent to a cluster, and says to which
KEY = "khanij-run-"
LOOK_S = 1.0  # how often a run's process looks whether its worker is still there
_processes: dict[str, subprocess.Popen[bytes]] = {}  # on a worker: the runs that it executes
_one_at_a_time = threading.Lock()  # a worker has memory for one region


class RegionRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, and with ``KHANIJ_DASK_SCHEDULER`` set a run is a process of one of the cluster's workers.

    Workers need the launching side's environment (``KHANIJ_*``, ``DAGSTER_HOME``, credentials): they are told the run's
    id and read everything else from Dagster's storage.
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Send the run to the worker with the fewest runs, or start it here.

        Raises
        ------
        ClusterError : a scheduler is configured and does not answer, or has no worker.
        """
        address = dask_scheduler()
        if address is None:
            super().launch_run(context)
            return
        from distributed import fire_and_forget

        from pipelines.stores.region_io import connected

        run = context.dagster_run
        self._instance.add_run_tags(run.run_id, {CLUSTER_TAG: address})
        with connected(address) as client:
            worker = client.run_on_scheduler(least_busy)
            future = client.submit(
                execute_run, run.run_id, key=KEY + run.run_id, workers=[worker], allow_other_workers=True, pure=False
            )
            fire_and_forget(future)  # the daemon may be restarted while the run goes on
        self._instance.report_engine_event(f"Sent to the Dask cluster at {address}, worker {worker}.", run)

    def terminate(self, run_id: str) -> bool:
        """Interrupt the run's process wherever it is; a run that still waits is closed when its turn comes."""
        run = self._instance.get_run_by_id(run_id)
        address = run.tags.get(CLUSTER_TAG) if run else None
        if run is None or address is None:
            return super().terminate(run_id)
        if run.is_finished:
            return False
        from pipelines.stores.region_io import connected

        self._instance.report_run_canceling(run)
        with connected(address) as client:
            client.run(interrupt, run_id)
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Only a cluster's scheduler can be asked about its runs."""
        return dask_scheduler() is not None

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the scheduler still knows of the run; what runs on this machine is not asked about.

        Raises
        ------
        ClusterError : the scheduler does not answer; the next look asks again.
        """
        address = run.tags.get(CLUSTER_TAG)
        if address is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        from pipelines.stores.region_io import connected

        with connected(address) as client:
            if client.run_on_scheduler(knows, KEY + run.run_id):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"the Dask scheduler at {address} knows nothing of it")


def least_busy(dask_scheduler: "Scheduler") -> str:
    """On the scheduler: the address of the worker with the fewest runs."""
    runs = {
        address: sum(str(task.key).startswith(KEY) for task in worker.processing)
        for address, worker in dask_scheduler.workers.items()
    }
    return min(sorted(runs), key=runs.__getitem__)


def knows(key: str, dask_scheduler: "Scheduler") -> bool:
    """On the scheduler: whether a task waits or runs."""
    task = dask_scheduler.tasks.get(key)
    return task is not None and task.state not in {"memory", "erred", "forgotten", "released"}


def interrupt(run_id: str) -> bool:
    """On a worker: end a run as its user asked, if it is here."""
    process = _processes.get(run_id)
    if process is None:
        return False
    process.send_signal(signal.SIGINT)
    return True


def execute_run(run_id: str) -> str:
    """On a worker: execute a run in a process of its own and say how that ended.

    A run that had begun when it arrives here belonged to a worker that died: it is resumed under the same id.
    """
    from distributed import secede

    from pipelines.resources import instance

    secede()  # leave the worker's own thread: the region's tiles need it
    with _one_at_a_time:
        with instance() as dagster:
            run = dagster.get_run_by_id(run_id)
            if run is None or run.is_finished or run.job_code_origin is None:
                return "finished"
            if run.status == dg.DagsterRunStatus.CANCELING:
                dagster.report_run_canceled(run, "It was cancelled before a worker took it.")
                return "canceled"
        order = ExecuteRunArgs if run.status in QUEUED else ResumeRunArgs
        arguments = serialize_value(order(run.job_code_origin, run_id, None))
        verb = "execute_run" if order is ExecuteRunArgs else "resume_run"
        process = subprocess.Popen([sys.executable, "-m", "pipelines.launcher", verb, arguments, str(os.getpid())])
        _processes[run_id] = process
        try:
            code = process.wait()
        finally:
            del _processes[run_id]
        with instance() as dagster:
            after = dagster.get_run_by_id(run_id)
            if after is not None and not after.is_finished:
                dagster.report_run_failed(after, f"Its process on a Dask worker ended with code {code}.")
        return f"ended with code {code}"


def _leave_with(parent: int) -> None:
    # A killed worker takes its run along: on another worker it would wait for the region's lock otherwise.
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def main(verb: str, arguments: str, parent: int) -> None:
    """Execute or resume one run in this process, which ends with its parent."""
    from dagster._cli.api import execute_run_command, resume_run_command

    from pipelines.resources import prepare_dagster_home

    prepare_dagster_home()
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    command = execute_run_command if verb == "execute_run" else resume_run_command
    command.main(["--", arguments], standalone_mode=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
