"""Work on a Dask cluster, by configuration alone: set ``KHANIJ_DASK_SCHEDULER`` and nothing else changes.

Belongs here: the connection, the tiles of a big region, and the regions of ``khanij run``. Does not belong here: what is
computed, or runs that Dagster launches (``launcher``). Without the variable nothing here opens a connection. A worker
that dies has its tiles, or its region, computed again by another; a tile's result depends on its inputs alone and a
region plans from its fingerprints, so the bytes are the same.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr

from data_sources.contracts import KhanijError
from khanij.foundation.environment import dask_scheduler
from pipelines.leases import LeasedIOManager
from scoring.ground.maps.tiles import tiles_sent_to

if TYPE_CHECKING:
    from distributed import Client

    from pipelines.runs import Outcome

CONNECT_S = 30
RETRIES = 3  # of a tile whose worker died or lost its input
_ONE_AT_A_TIME = threading.Lock()


class ClusterError(KhanijError):
    """The Dask cluster that was configured cannot be used."""


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of the scheduler at ``address``.

    Raises
    ------
    ClusterError : nobody answers there, or no worker has joined.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address}",
            field="KHANIJ_DASK_SCHEDULER",
            do="start it, or unset the variable",
        ) from error
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise ClusterError(
                f"the Dask scheduler at {address} has no worker",
                field="KHANIJ_DASK_SCHEDULER",
                do="start: dask worker ADDRESS",
            )
        yield client


def tile_mapper(client: "Client") -> Callable[[Callable[[Any, Any], Any], Sequence[Any], Any], Iterator[Any]]:
    """A ``scoring.ground.maps.tiles`` mapper that computes on the cluster and gives results back in the tiles' order."""

    def mapper(function: Callable[[Any, Any], Any], tiles: Sequence[Any], shared: Any) -> Iterator[Any]:
        sent = client.scatter(shared, broadcast=True, hash=False)
        futures = [client.submit(function, tile, sent, pure=False, retries=RETRIES) for tile in tiles]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.release()

    return mapper


class ScaledIOManager(LeasedIOManager):
    """The bundle store and the region's lock of one run, with its tiles on the cluster where one is configured."""

    _stack: ExitStack | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the lock, then connect."""
        super().setup_for_execution(context)
        address = dask_scheduler()
        if address is None:
            return
        self._stack = ExitStack()
        try:
            client = self._stack.enter_context(connected(address))
        except KhanijError:
            super().teardown_after_execution(context)
            raise
        self._stack.enter_context(tiles_sent_to(tile_mapper(client)))

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Disconnect, then let go of the lock."""
        if self._stack is not None:
            self._stack.close()
            self._stack = None
        super().teardown_after_execution(context)


def run_regions(
    names: Sequence[str], overrides: dict[str, str] | None = None, everything: bool = False
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
        submit = lambda item: client.submit(_one_region, item, overrides, everything, pure=False, retries=RETRIES)  # noqa: E731
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


def _one_region(item: tuple[int, str], overrides: dict[str, str] | None, everything: bool) -> tuple[int, "Outcome"]:
    from distributed import secede

    from pipelines.runs import Outcome, run_region

    # Leave the worker's own thread: the region's tiles need it, on this worker as on the others.
    secede()
    position, region = item
    try:
        # A worker that inherits a dead one's region makes it after its own: it has memory for one.
        with _ONE_AT_A_TIME:
            return position, run_region(region, overrides=overrides, everything=everything)
    except KhanijError as error:
        return position, Outcome(region, Path(), 0, str(error))
