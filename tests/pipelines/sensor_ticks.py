"""A place in which sensors are ticked: a landing folder, an empty store, Dagster's books, and what a tick asked for.

Belongs here: what the tests of sensors and schedules begin with. Does not belong here: what must come of a tick (the tests).
"""

from __future__ import annotations

import dagster as dg
import pytest

from assets.workspace import Workspace
from pipelines.definitions import defs
from pipelines.stores.io_managers import BundleIOManager


@pytest.fixture
def place(tmp_path):
    """A workspace with one of its region's files in the landing folder, an empty store, and an instance without runs."""
    (tmp_path / "landing" / "ngdr_karnataka_andhra").mkdir(parents=True)
    (tmp_path / "landing" / "ngdr_karnataka_andhra" / "Fold.shp").write_bytes(b"a part of the files is enough")
    workspace = Workspace(
        output_root=str(tmp_path / "out"), cache_root=str(tmp_path / "cache"), data_root=str(tmp_path / "landing")
    )
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield workspace, BundleIOManager(root=str(tmp_path / "store")), instance, tmp_path / "landing"


def evaluate(sensor_name, place, cursor=None):
    workspace, io_manager, instance, _ = place
    sensor = defs.get_repository_def().get_sensor_def(sensor_name)
    # Left when the test leaves it: a context that is only collected puts Dagster's notion of the current instance back
    # at an hour of its own choosing, below another test.
    with (
        dg.partition_loading_context(dynamic_partitions_store=instance),
        dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            definitions=defs,
            resources={"workspace": workspace, "io_manager": io_manager},
        ) as context,
    ):
        return sensor.evaluate_tick(context)


def asked(tick) -> dict[str, set[str]]:
    return {r.partition_key: {k.path[-1] for k in r.asset_selection} for r in tick.run_requests}
