"""The regions of ``khanij run`` on a Dask cluster: set ``KHANIJ_DASK_SCHEDULER`` and nothing else changes.

Belongs here: which worker makes which region. Does not belong here: tiles (``pipelines.stores.region_io``), or runs
that Dagster launches (``launcher``). A worker that dies has its region made by another; a region plans from its
fingerprints, so the bytes are the same.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from khanij.foundation.environment import dask_scheduler
from khanij.foundation.errors import KhanijError
from pipelines.stores.region_io import RETRIES, ClusterError, connected

if TYPE_CHECKING:
    from pipelines.runs import Outcome

_ONE_AT_A_TIME = threading.Lock()


def run_regions(
    names: Sequence[str], overrides: dict[str, str] | None = None, everything: bool = False, scenario: str = ""
) -> list["Outcome"]:
    """Make several regions, one a worker at a time, and return their outcomes in order; one that fails stops no other.

    Workers need the same environment (``KHANIJ_*``, ``DAGSTER_HOME``, store credentials) and reach the same folders or
    object store. A region whose worker dies is planned anew on another worker: what was finished is kept.

    Raises
    ------
    ClusterError : no scheduler is configured or it does not answer.
    """
    address = dask_scheduler()
    if address is None:
        raise ClusterError(
            "no Dask scheduler is configured", field="KHANIJ_DASK_SCHEDULER", do="set it, or use khanij run"
        )
    from distributed import as_completed

    with connected(address) as client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        waiting = list(enumerate(names))
        given = (overrides, everything, scenario)
        submit = lambda item: client.submit(_one_region, item, *given, pure=False, retries=RETRIES)  # noqa: E731
        # The client is nobody's default, so the loop on which futures are awaited has to be named.
        first = [submit(waiting.pop(0)) for _ in range(min(workers, len(waiting)))]
        queue = as_completed(first, loop=client.loop)
        done: dict[int, Outcome] = {}
        for future in queue:
            position, outcome = future.result()
            done[position] = outcome
            if waiting:
                queue.add(submit(waiting.pop(0)))
    return [done[i] for i in range(len(names))]


def _one_region(
    item: tuple[int, str], overrides: dict[str, str] | None, everything: bool, scenario: str
) -> tuple[int, "Outcome"]:
    from distributed import secede

    from pipelines.runs import Outcome, run_region

    # Leave the worker's own thread: the region's tiles need it, on this worker as on the others.
    secede()
    position, region = item
    try:
        # A worker that inherits a dead one's region makes it after its own: it has memory for one.
        with _ONE_AT_A_TIME:
            return position, run_region(region, overrides=overrides, everything=everything, scenario=scenario)
    except KhanijError as error:
        return position, Outcome(region, Path(), 0, str(error))
