"""Ctrl-C and SIGTERM to a real ``khanij``, as a terminal sends them: to the whole process group, at several moments."""

import hashlib
import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
EAST, SOUTH = "small_east", "small_south"
WAIT_S = 400

pytestmark = pytest.mark.integration


def environment(home: Path, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    regions = {"KHANIJ_HOME": str(home), "KHANIJ_REGIONS": str(ROOT / "tests" / "regions")}
    return {**clean, "PYTHONUNBUFFERED": "1", **regions, **more}


class Command:
    """A ``khanij`` in a process group of its own, with what it wrote so far."""

    def __init__(self, home: Path, *arguments: str, **env: str) -> None:
        self.home, self.log = home, home / "told"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", *arguments],
                cwd=ROOT,
                env=environment(home, **env),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + WAIT_S
        while text not in self.told:
            assert self.process.poll() is None and time.monotonic() < until, self.told
            time.sleep(0.02)

    def send(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def ends_with_one_line(self, *parts: str) -> None:
        assert self.process.wait(WAIT_S) == 130, self.told
        lines = [line for line in self.told.splitlines() if "stopped" in line]
        assert len(lines) == 1 and lines[0] == self.told.splitlines()[-1], self.told
        assert "stopped; what was finished is kept" in lines[0] and all(part in lines[0] for part in parts), lines[0]
        for foreign in ("Traceback", "KeyboardInterrupt", "watch_orphans", "Interrupted", "Error"):
            assert foreign not in self.told, self.told


@pytest.fixture
def home(tmp_path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def runs_of(home: Path) -> dict[str, str]:
    """Region -> status of its last run, in Dagster's books."""
    folder = home / ".khanij" / "dagster"
    if not folder.exists():
        return {}
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        return {run.tags["dagster/partition"]: run.status.value for run in reversed(instance.get_runs())}


def published(home: Path) -> dict[str, str]:
    files = sorted(p for p in (home / "output").rglob("*") if p.is_file())
    return {str(p.relative_to(home)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def left_over(home: Path) -> list[Path]:
    return [p for p in home.rglob("*") if ".tmp" in p.name or p.name.startswith(".building")]


def assert_free(home: Path, region: str) -> None:
    with FileLock(home / ".khanij" / "locks" / f"{region}.lock").acquire(timeout=1):
        pass


@pytest.mark.parametrize(("number", "after_s"), [(signal.SIGINT, 0.4), (signal.SIGTERM, 1.5), (signal.SIGINT, 3.0)])
def test_while_it_is_starting(home, number, after_s):
    command = Command(home, "run", "--region", EAST, "--region", SOUTH)
    time.sleep(after_s)
    command.send(number)
    command.ends_with_one_line()
    assert set(runs_of(home).values()) <= {"CANCELED"} and published(home) == {} and left_over(home) == []


def test_in_the_middle_between_two_regions_and_the_next_run_goes_on(home):
    command = Command(home, "run", "--region", EAST, "--region", SOUTH)
    command.wait_for("waste_inventory")
    command.send(signal.SIGTERM)
    command.ends_with_one_line(f"region {EAST} was under way", f"not begun: {SOUTH}")
    assert runs_of(home) == {EAST: "CANCELED"} and published(home) == {} and left_over(home) == []
    assert_free(home, EAST)

    command = Command(home, "run", "--region", EAST, "--region", SOUTH)
    command.wait_for(
        f"{EAST}: "
    )  # what was finished is kept: what has no check, or had passed its own, is not made again
    command.send(signal.SIGINT)
    command.ends_with_one_line(SOUTH)
    assert f"{EAST}: " in command.told and "  gate_layers" not in command.told.split(f"{EAST}: ")[0]
    runs = runs_of(home)
    assert runs.pop(EAST) == "SUCCESS" and set(runs.values()) <= {"CANCELED"}
    before = published(home)
    assert before and not any(SOUTH in name for name in before)

    # Everything is made again: the stop comes before anything is replaced.
    command = Command(home, "run", "--region", EAST, "--all")
    command.wait_for("small region for tests, East ...")
    until = time.monotonic() + WAIT_S
    while runs_of(home)[EAST] != "STARTED" and time.monotonic() < until:
        time.sleep(0.1)
    command.send(signal.SIGINT)
    command.ends_with_one_line(f"region {EAST} was under way")
    assert published(home) == before and left_over(home) == [] and runs_of(home)[EAST] == "CANCELED"
    assert_free(home, EAST)


def test_a_second_wish_ends_at_once(home):
    command = Command(home, "run", "--region", EAST)
    command.wait_for("catchments")
    command.send(signal.SIGINT)
    time.sleep(0.3)
    if command.process.poll() is None:
        command.send(signal.SIGINT)
    began = time.monotonic()
    assert command.process.wait(30) == 130 and time.monotonic() - began < 5 and "Traceback" not in command.told


def test_a_fetch_that_waits_for_a_server_ends_at_once(home):
    asked = threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            time.sleep(60)

        def log_message(self, *args):
            return

    cards = home / "cards"
    cards.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/x"
        text = f"name: slow\ntitle: T\npublisher: P\nlicence: L\nredistribute: 'no'\ncitation: C\nurl: {url}\n"
        (cards / "slow.yaml").write_text(text + "protocol: wfs\nlayer: x\n")
        command = Command(home, "fetch", "--card", "slow", KHANIJ_CARDS=str(cards))
        assert asked.wait(WAIT_S)
        time.sleep(0.2)
        began = time.monotonic()
        command.send(signal.SIGINT)
        command.ends_with_one_line()
        assert time.monotonic() - began < 10
        server.shutdown()
        server.block_on_close = False
