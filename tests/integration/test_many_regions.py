"""Two hundred regions, queued by Dagster, four processes at a time, one of them killed: all are made, of the same bytes.

``KHANIJ_MANY`` says how many (200). An hour on two cores: ``make test-all``. The numbers that it prints (``-s``) are those
of the closing table in ``docs/operations.md``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from production_servers import postgres, postgres_missing, s3
from run_system import BASE, Installation

from data_sources.readers.waste import embedded_inventory

ROOT = Path(__file__).resolve().parents[2]
MANY = int(os.environ.get("KHANIJ_MANY", "200"))
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="an hour: make test-all"),
]
LIMITS = {
    "runs": {
        "max_concurrent_runs": 4,
        "tag_concurrency_limits": [
            {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
        ],
    }
}


def regions() -> dict[str, dict[str, Any]]:
    """Windows of the embedded register, each around one of its sites, a little further on each time round: none is empty."""
    sites = embedded_inventory().sites
    sites = sites[sites["lon"].notna() & ~sites["is_excluded"].fillna(False).astype(bool)]
    places = list(zip(sites["lon"].astype(float), sites["lat"].astype(float)))
    out = {}
    for i in range(MANY):
        (lon, lat), off = places[i % len(places)], 0.05 * (i // len(places))
        out[f"region_{i:03d}"] = {
            "description": "One window of the embedded register.",
            "extent_deg": [round(v, 3) for v in (lon - 0.3 + off, lat - 0.3, lon + 0.3 + off, lat + 0.3)],
            "crs": "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs",
            "units": ["waste_block"],
            "waste": {"card": "embedded_register"},
            "ranking": {"basket": "critical_30", "price_deck": "2025e", "draws": 100},
            "layers": {},
        }
    return out


def digests(home: Path) -> dict[str, str]:
    files = [p for p in sorted((home / "output").glob("region_*/*")) if p.is_file() and p.suffix != ".lock"]
    return {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def ask_for_all(here: Installation) -> None:
    """One run a region, as the UI's backfill asks for them."""
    from run_system import LAUNCH

    selector = {"repositoryName": "__repository__", "repositoryLocationName": "khanij", "pipelineName": "rank_region"}
    for name in regions():
        tags = [{"key": "dagster/partition", "value": name}, {"key": "khanij/why", "value": "the test of many"}]
        params = {"selector": selector, "runConfigData": {}, "mode": "default", "executionMetadata": {"tags": tags}}
        made = here.ask(LAUNCH, params=params)
        assert made["__typename"] == "LaunchRunSuccess", made


def kill_one(here: Installation) -> str:
    """Kill the process of the first run that is found at work; returns its id."""
    runs = here.home / ".khanij" / "locks" / "runs"

    def holder() -> tuple[int, str] | None:
        for handle in Path("/proc").glob("[0-9]*/fd/*"):
            try:
                target = handle.resolve()
            except OSError:
                continue
            if target.parent == runs:
                return int(handle.parts[2]), target.stem
        return None

    pid, run_id = here.wait(holder, 300, "a run is at work")
    time.sleep(3)
    os.kill(pid, signal.SIGKILL)
    return run_id


def made_by_the_daemon(here: Installation) -> float:
    """Seconds until every region is made, with one run killed on the way."""
    began, longest = time.monotonic(), {}
    with here.served():
        ask_for_all(here)
        killed = kill_one(here)
        with here.instance() as instance:
            while True:
                for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING])):
                    run_id = record.dagster_run.run_id
                    since = longest.setdefault(run_id, [time.monotonic(), 0.0])
                    since[1] = time.monotonic() - since[0]
                done = {
                    run.tags["dagster/partition"]
                    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
                }
                if len(done) == MANY:
                    break
                assert time.monotonic() - began < 60 + 60 * MANY, f"{len(done)} of {MANY}\n{here.tail()}"
                time.sleep(2)
            assert instance.get_run_by_id(killed).status is dg.DagsterRunStatus.FAILURE
            (again,) = instance.get_runs(dg.RunsFilter(tags={"dagster/parent_run_id": killed}))
            assert again.status is dg.DagsterRunStatus.SUCCESS
            failures = [r.run_id for r in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))]
            assert failures == [killed], "no other run failed"
    starting = max((s[1] for s in longest.values()), default=0.0)
    print(f"\n{MANY} regions in {time.monotonic() - began:.0f} s; longest in STARTING {starting:.0f} s")
    assert starting < 60
    return time.monotonic() - began


class OneProcess:
    """One ``khanij run`` of all regions, under way beside the test: what is compared is bytes, not time."""

    def __init__(self, folder: Path) -> None:
        self.home, self.told, self.began = folder / "home", folder / "told.txt", time.monotonic()
        here = Installation(self.home, regions())
        arguments = [part for name in regions() for part in ("--region", name)]
        with self.told.open("wb") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "run", *arguments, "--quiet"],
                cwd=ROOT, env=here.env, stdout=told, stderr=told,
            )  # fmt: skip

    def digests(self) -> dict[str, str]:
        """Name and SHA-256 of every published file, when the process has ended."""
        assert self.process.wait(60 + 60 * MANY) == 0, self.told.read_text()[-3000:]
        print(f"\n{MANY} regions by one process in at most {time.monotonic() - self.began:.0f} s")
        return digests(self.home)


@pytest.fixture(scope="module")
def by_one_process(tmp_path_factory) -> Iterator[OneProcess]:
    """The bytes that one ``khanij run`` makes of all regions."""
    made = OneProcess(tmp_path_factory.mktemp("one"))
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.wait(60)


def test_all_are_made_though_one_is_killed_with_the_bytes_of_one_process(tmp_path, by_one_process):
    here = Installation(tmp_path / "home", regions(), instance={"concurrency": LIMITS})
    made_by_the_daemon(here)
    wanted = by_one_process.digests()
    assert digests(here.home) == wanted and len(wanted) >= 2 * MANY


@pytest.mark.skipif(bool(postgres_missing()), reason=postgres_missing() or "there")
def test_the_same_with_postgresql_and_an_object_store(tmp_path, by_one_process):
    with postgres(tmp_path) as database, s3(tmp_path) as bucket:
        here = Installation(
            tmp_path / "home", regions(), KHANIJ_STORE="s3://khanij/store", **database.environment, **bucket,
            instance={"concurrency": LIMITS},
        )  # fmt: skip
        settings = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text())
        settings["concurrency"]["runs"]["max_concurrent_runs"] = 4
        (here.home / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(settings))
        for name, value in {**BASE, **here.env}.items():
            if name.startswith(("KHANIJ_PG", "AWS_")):
                os.environ[name] = value
        try:
            subprocess.run(
                [sys.executable, "-m", "dagster", "instance", "migrate"],
                cwd=ROOT,
                env=here.env,
                check=True,
                capture_output=True,
            )
            made_by_the_daemon(here)
        finally:
            for name in [n for n in os.environ if n.startswith(("KHANIJ_PG", "AWS_"))]:
                del os.environ[name]
        assert digests(here.home) == by_one_process.digests()
        shutil.rmtree(here.home, ignore_errors=True)
