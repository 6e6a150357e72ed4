"""How ``dagster_1_11.sql`` was made: run by the Python of an environment that holds Dagster 1.11.16 and nothing of Khanij.

    python3.11 -m venv old && old/bin/pip install dagster==1.11.16
    old/bin/python tests/pipelines/old_home/make_old_home.py

It makes a home with two runs of one region, and writes its four databases as SQL, each below a line
``-- file: PATH``; the second run's own database is left out, as the first shows its form. Given a folder, it makes the home
there and writes no SQL.
"""

import contextlib
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

import dagster as dg

PARTS = dg.StaticPartitionsDefinition(["east"])


@dg.asset(partitions_def=PARTS, group_name="blocks")
def blocks() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3}, data_version=dg.DataVersion("1"))


@dg.asset_check(asset=blocks)
def rows() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, metadata={"rows": 3})


def make(home: Path) -> list[str]:
    """A home with two runs; returns their names, the older first."""
    job = dg.define_asset_job("rank_region", [blocks])
    ranking = dg.Definitions(assets=[blocks], asset_checks=[rows], jobs=[job]).resolve_job_def("rank_region")
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        return [ranking.execute_in_process(instance=instance, partition_key="east").run_id for _ in range(2)]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        first, _ = make(home)
        parts = []
        for path in (
            "history/runs.db",
            "history/runs/index.db",
            f"history/runs/{first}.db",
            "schedules/schedules.db",
        ):
            with contextlib.closing(sqlite3.connect(home / path)) as books:
                parts += [f"-- file: {path}", *books.iterdump()]
    Path(__file__).with_name("dagster_1_11.sql").write_text("\n".join([*parts, ""]), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:]:
        make(Path(sys.argv[1]))
    else:
        main()
