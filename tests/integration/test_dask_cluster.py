"""A real Dask cluster: scheduler and workers as processes of their own; the same bytes, and a killed worker costs time."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from production_servers import free_port

from pipelines.cluster import ClusterError, connected, tile_mapper
from scoring.ground.grid import Grid
from scoring.ground.kriging import krige_grid
from scoring.ground.tiles import map_tiles, tiles_sent_to
from scoring.ground.variogram import Variogram

ROOT = Path(__file__).resolve().parents[2]
ALBERS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("cluster")]


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2, **environment: str):
    """The address of a scheduler with workers, and the workers' processes; all end with the context."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    env = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    log = (folder / "dask.log").open("wb")

    def start(*command: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-m", *command], env=env, cwd=folder, stdout=log, stderr=log)

    common = ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [start("distributed.cli.dask_scheduler", "--port", str(port), *common)]
    for _ in range(workers):
        processes.append(
            start(
                "distributed.cli.dask_worker",
                address,
                *common,
                "--nthreads",
                "1",
                "--no-nanny",
                "--local-directory",
                str(folder),
            )
        )
    try:
        until = time.monotonic() + 180
        while True:
            with contextlib.suppress(ClusterError, OSError), connected(address) as client:
                client.wait_for_workers(workers, timeout=120)
                break
            assert time.monotonic() < until, (folder / "dask.log").read_text()
            time.sleep(0.5)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        log.close()


def survey(n: int = 3000):
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0, 600_000, n), rng.uniform(0, 600_000, n)
    grid = Grid.from_bounds((0, 0, 600_000, 600_000), ALBERS, 500)
    return x, y, np.sin(x / 90_000) + np.cos(y / 70_000) + rng.normal(0, 0.1, n), grid


def kriged() -> bytes:
    x, y, values, grid = survey()
    model = Variogram("spherical", 0.02, 1.0, 120_000.0)
    mean, sd = krige_grid(x, y, values, grid, model, neighbours=16, max_distance_m=100_000)
    return np.asarray(mean).tobytes() + np.asarray(sd).tobytes()


def test_tiles_are_the_same_bytes_on_workers_and_when_one_is_killed_in_the_middle(tmp_path):
    here = kriged()
    with cluster(tmp_path) as (address, workers), connected(address) as client, tiles_sent_to(tile_mapper(client)):
        assert kriged() == here
        killer = threading.Timer(1.0, workers[0].send_signal, (signal.SIGKILL,))
        killer.start()
        assert kriged() == here
        killer.join()
        assert workers[0].wait(timeout=30) == -signal.SIGKILL
        assert kriged() == here, "one worker is enough"


def test_without_a_mapper_tiles_are_computed_here_in_order():
    assert list(map_tiles(lambda tile, shared: tile * shared, [3, 1, 2], 10)) == [30, 10, 20]


def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("pipelines.cluster.CONNECT_S", 2)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(ClusterError, match="KHANIJ_DASK_SCHEDULER"), connected(address):
        pass


SCRIPT = """
import json, sys
from pipelines.cluster import run_regions
print(json.dumps([[o.region, o.made, o.error] for o in run_regions(["small_east", "small_south"])]))
"""


def digests(home: Path) -> dict[str, str]:
    return {
        p.parent.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(home.glob("output/*/ranked_blocks.gpkg"))
    }


def test_regions_of_a_backfill_are_made_by_workers_with_the_same_bytes_though_one_is_killed(tmp_path):
    import json

    plain, scaled = tmp_path / "plain", tmp_path / "scaled"
    regions = {"KHANIJ_REGIONS": str(ROOT / "tests" / "regions")}
    base = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        "--region",
        "small_east",
        "--region",
        "small_south",
        "--top",
        "1",
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**base, **regions, "KHANIJ_HOME": str(plain)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    here = {**regions, "KHANIJ_HOME": str(scaled)}
    with cluster(tmp_path, **here) as (address, workers):
        asked = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**base, **here, "KHANIJ_DASK_SCHEDULER": address},
            stdout=subprocess.PIPE,
            text=True,
        )
        store = scaled / ".khanij" / "store"
        until = time.monotonic() + 900
        while (
            len(list(store.glob("*/waste_inventory/manifest.json"))) < 2
            and time.monotonic() < until
            and asked.poll() is None
        ):
            time.sleep(0.2)
        workers[0].kill()
        told, _ = asked.communicate(timeout=1200)
    outcomes = json.loads(told.splitlines()[-1])
    assert [o[0] for o in outcomes] == ["small_east", "small_south"] and all(o[2] is None for o in outcomes), outcomes
    assert digests(scaled) == digests(plain)
