"""Numbers of every check, night after night: Dagster plots them, and an element that moved as a whole is named.

The short form makes one survey layer with its checks; the long one (``KHANIJ_LONG=1``) runs a whole small region on thirty
nights and counts what Dagster can plot of it.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import dagster as dg
import pytest

from assets.definitions import region_asset
from assets.fingerprints import RECIPES
from assets.workspace import PARTITIONS, Workspace
from pipelines.checks import build_checks
from pipelines.guards import CHECKS
from pipelines.stores.io_managers import BundleIOManager
from tests import nights
from tests.small_regions import ROOT, environment

REGION = "karnataka_andhra"
CORNER = (76.5, 14.5)
LONG = os.environ.get("KHANIJ_LONG") == "1"
NIGHTS, SHIFTED = (30, 17) if LONG else (3, 1)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Nights of one layer, nickel 5 % up from one of them on: what Dagster's event log holds of them."""
    home = tmp_path_factory.mktemp("nights")
    data = home / "data" / REGION
    file = home / "data" / "ngdr_karnataka_andhra" / "stream_sediments.csv"
    file.parent.mkdir(parents=True)
    workspace = Workspace(output_root=str(home / "out"), cache_root=str(home / "cache"), data_root=str(data.parent))
    checks = [c for c in build_checks() if nights.LAYER in {k.asset_key.to_user_string() for k in c.check_keys}]
    with dg.DagsterInstance.ephemeral() as instance:
        if isinstance(PARTITIONS, dg.DynamicPartitionsDefinition):
            instance.add_dynamic_partitions(PARTITIONS.name, [REGION])
        for night in range(NIGHTS):
            nights.survey(night, (SHIFTED, "Ni", 1.05), CORNER).to_csv(file, index=False)
            made = dg.materialize(
                [region_asset(RECIPES[nights.LAYER]), *checks],
                partition_key=REGION,
                instance=instance,
                resources={"workspace": workspace, "io_manager": BundleIOManager(root=str(home / "store"))},
            )
            assert made.success
        return nights.points(instance), nights.warnings_of(instance)


def test_the_shifted_night_is_named_and_no_other(seen):
    _, warned = seen
    assert len(warned) == NIGHTS and [night for night, told in enumerate(warned) if told] == [SHIFTED]
    told = warned[SHIFTED][0]
    assert told.startswith(f"WARN {REGION}: {REGION}: stream_sediments: Ni ")
    assert "ppm (+5.0 % in 396 of 396 samples" in told and "Co" not in told


def test_every_check_of_the_layer_has_numbers_for_every_night(seen):
    points, _ = seen
    for check in CHECKS[nights.LAYER]:
        series = {name: v for name, v in points.items() if name.startswith(f"{nights.LAYER}:{check}/")}
        assert any(len(v) == NIGHTS for v in series.values()), check
        assert all(math.isfinite(value) for values in series.values() for value in values)
    assert points["stream_sediments:rows_balance/rows_read"] == [400.0] * NIGHTS
    assert points["stream_sediments:rows_balance/held_pct"] == [0.0] * NIGHTS
    nickel = points["stream_sediments:element_shift/median_ni_ppm"]
    assert nickel[SHIFTED] / nickel[SHIFTED - 1] == pytest.approx(1.05, abs=0.02)
    largest = points["stream_sediments:element_shift/largest_shift_pct"]  # from the second night on
    assert largest == pytest.approx([5.0 if night == SHIFTED else 0.0 for night in range(1, NIGHTS)], abs=0.01)
    medians = {name for name in points if "element_shift/median_" in name}
    assert medians == {f"stream_sediments:element_shift/median_{e.lower()}_ppm" for e in nights.CONTENTS}


def test_every_check_is_of_one_region():
    specs = [spec for check in build_checks() for spec in check.check_specs]
    assert {spec.name for spec in specs} == {name for checks in CHECKS.values() for name in checks}
    assert all(spec.partitions_def is PARTITIONS for spec in specs)


@pytest.mark.integration
@pytest.mark.skipif(not LONG, reason="thirty whole runs; the layer alone runs above (KHANIJ_LONG=1)")
def test_thirty_nights_draw_ten_series_a_region_and_one_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "nights.py"), str(tmp_path), "--nights", "30", "--shift", "17", "Ni", "1.05"],
        env=environment(tmp_path) | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=3600, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["failed"] == [""] * 30
    product = {name: v for name, v in told["points"].items() if name.startswith("ranked_blocks") and len(v) == 30}
    assert len(product) >= 10
    assert {n for n, w in enumerate(told["warnings"]) if w} == {17}
    assert "Ni " in told["warnings"][17][0] and "+5.0 %" in told["warnings"][17][0]
    assert len(told["points"]["ranked_blocks/rank_correlation"]) == 29, "from the second night on"
