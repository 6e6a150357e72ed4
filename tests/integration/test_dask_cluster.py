"""A real Dask cluster: scheduler and workers as processes of their own; the same bytes, and a killed worker costs time.

The same command runs here and on the cluster: only KHANIJ_DASK_SCHEDULER in the environment differs.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from production_servers import free_port

from khanij.foundation.grid import Grid
from pipelines.stores.region_io import ClusterError, connected, tile_mapper
from scoring.ground.maps.kriging import krige_grid
from scoring.ground.maps.tiles import map_tiles, tiles_sent_to
from scoring.ground.maps.variogram import Variogram

ROOT = Path(__file__).resolve().parents[2]
ALBERS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def cluster(folder: Path, workers: int = 2, **environment: str):
    """The address of a scheduler with workers, and the workers' processes; all end with the context."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    env = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    env["KHANIJ_DASK_SCHEDULER"] = address  # workers have the environment of the runs, as the documentation asks
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
    monkeypatch.setattr("pipelines.stores.region_io.CONNECT_S", 2)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(ClusterError, match="KHANIJ_DASK_SCHEDULER"), connected(address):
        pass


# The sample district on a finer grid: more cells than one tile has, so that its kriging is sent out in nine.
TILED = ["--region", "sample_district", "--set", "grid.cell_m=100", "--set", "ranking.draws=200"]
BASE = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}


def command(arguments: list[str], home: Path, **environment: str) -> subprocess.Popen:
    """``khanij run`` as a process, in an environment of its own."""
    env = {**BASE, "KHANIJ_HOME": str(home), "KHANIJ_REGIONS": str(ROOT / "tests" / "regions"), **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "run", *arguments, "--top", "1"],
        cwd=ROOT, env={**env, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(run: subprocess.Popen) -> str:
    """What a run printed; it has to end well."""
    out, err = run.communicate(timeout=1200)
    assert run.returncode == 0, out + err
    return out


def wait_for(happened: Callable[[], bool], run: subprocess.Popen) -> None:
    """Until something has happened, which it must while the run is still under way."""
    until = time.monotonic() + 900
    while not happened():
        assert run.poll() is None, "the run ended first: " + "".join(run.communicate())
        assert time.monotonic() < until
        time.sleep(0.05)


def digests(home: Path) -> dict[str, str]:
    files = [p for p in sorted((home / "output").rglob("*")) if p.is_file()]
    return {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_tiles_of_one_big_region_are_made_by_workers_with_the_same_bytes_though_one_is_killed(tmp_path):
    plain, scaled = tmp_path / "plain", tmp_path / "scaled"
    finished(command(TILED, plain))
    with cluster(tmp_path) as (address, workers):
        before = [cpu_s(worker.pid) for worker in workers]
        run = command(TILED, scaled, KHANIJ_DASK_SCHEDULER=address)
        # A worker that has burnt a second since it joined is computing tiles.
        wait_for(lambda: cpu_s(workers[0].pid) > before[0] + 1, run)
        workers[0].kill()
        finished(run)
        assert cpu_s(workers[1].pid) > before[1] + 1, "the other worker computed tiles"
    made = digests(scaled)
    assert made == digests(plain) and "output/scenarios/unnamed/sample_district/evidence/evidence.tif" in made


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
