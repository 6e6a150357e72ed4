"""Dagster's own command for projects: the definitions load, are listed, and one asset of one region is launched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.partitions import announce

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dg")
    (folder / "dagster").mkdir()
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        announce(["sample_district", "india"], instance)
    return folder


def run(home: Path, *arguments: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_", "VIRTUAL_ENV"))}
    tools = str(Path(sys.executable).parent)
    env |= {"KHANIJ_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), "VIRTUAL_ENV": str(Path(sys.prefix))}
    env |= {
        "PATH": f"{tools}{os.pathsep}{env.get('PATH', '')}",
        "DG_CLI_CONFIG": str(home / "dg.toml"),
        "HOME": str(home),
    }
    done = subprocess.run(
        [str(Path(tools) / "dg"), *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-2000:]
    return done.stdout + done.stderr


def test_the_definitions_are_checked_and_listed(home):
    assert "All definitions loaded successfully" in run(home, "check", "defs")
    told = run(home, "list", "defs", "--json")
    listed = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert {"nightly", "monthly_release"} <= {s["name"] for s in listed["schedules"]}
    assert "published_set" in json.dumps(listed["assets"])


def test_one_asset_of_one_region_is_launched(home):
    run(home, "launch", "--assets", "waste_inventory", "--partition", "india")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        (made,) = instance.get_runs()
        assert made.status is dg.DagsterRunStatus.SUCCESS and made.tags["dagster/partition"] == "india"
        assert instance.get_latest_materialization_event(dg.AssetKey("waste_inventory")) is not None
