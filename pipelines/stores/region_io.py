"""The store of one run with its tiles on a Dask cluster, where ``KHANIJ_DASK_SCHEDULER`` names one.

Belongs here: the connection and the tiles of a big region. Does not belong here: what is computed, or where a run
is executed (Dagster's launchers). Without the variable nothing here opens a connection. A tile whose worker dies is
computed again by another, and its result depends on its inputs alone, so the bytes are the same.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr

from data_sources.contracts import KhanijError
from khanij.foundation.environment import dask_scheduler
from pipelines.stores.leases import LeasedIOManager

if TYPE_CHECKING:
    from distributed import Client


CONNECT_S = 30
RETRIES = 3  # of a tile whose worker died or lost its input


class ClusterError(KhanijError):
    """The Dask cluster that was configured cannot be used."""


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of the scheduler at ``address``.

    Raises
    ------
    ClusterError : nobody answers there, or no worker has joined.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ClusterError(
            "Dask is not installed",
            field="KHANIJ_DASK_SCHEDULER",
            do="pip install --no-build-isolation -c requirements-dev.lock -e '.[cluster]', or unset the variable",
        ) from error
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
        from scoring.ground.maps.tiles import tiles_sent_to

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
