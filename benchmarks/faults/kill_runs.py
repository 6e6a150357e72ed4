"""Kill -9 at random moments of a run, many times, and look at what is left.

    python benchmarks/faults/kill_runs.py HOME [--kills 50] [--seed 1] [--region small_east] [--minutes 0]

Two settings of one region take turns, so that every run has something to publish. Each run is a forked process that is
killed at a seeded random moment of its length. After every kill the published file must be, byte for byte, what one of
the two settings publishes; then a run to the end must publish its own bytes, and leave no temporary file and no run
that Dagster still calls started. Prints one JSON line a kill and a summary; status 1 when anything was ever wrong.

With ``--minutes`` it stops after that time and goes on where it stopped when called again with the same HOME: the lines
stand in ``HOME/kills.jsonl``, what undisturbed runs publish in ``HOME/undisturbed.json``, what runs print in
``HOME/run.log``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from pathlib import Path

REGIONS = Path(__file__).resolve().parents[2] / "tests" / "regions"


def main() -> int:
    """Run, kill, look, heal, repeat."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("home", type=Path)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--region", default="small_east")
    arguments.add_argument("--draws", type=int, default=300)
    arguments.add_argument("--minutes", type=float, default=0.0, help="stop after so long; 0: go to the end")
    chosen = arguments.parse_args()
    chosen.home.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "KHANIJ_HOME": str(chosen.home.resolve()),
        "KHANIJ_REGIONS": str((chosen.home / "regions").resolve()),
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    # Imported once, here: a forked run then begins at its first line instead of after seconds of imports, and a change
    # of the code under a long benchmark does not reach it.
    import pipelines.runs  # noqa: F401
    from pipelines.judges import geopackage_finding

    began = time.monotonic()
    shutil.copytree(REGIONS, chosen.home / "regions", dirs_exist_ok=True)
    published = chosen.home / "output" / chosen.region / "ranked_blocks.gpkg"
    settings = [chosen.draws, chosen.draws + 1]
    length, good = undisturbed(chosen.home, chosen.region, settings, published)
    if not all(good):
        print(json.dumps({"error": "undisturbed runs failed or differ"}))
        return 1
    book = chosen.home / "kills.jsonl"
    lines = [json.loads(line) for line in book.read_text().splitlines()] if book.is_file() else []
    chance = random.Random(chosen.seed)
    shares = [chance.random() for _ in range(chosen.kills)]
    for number in range(len(lines), chosen.kills):
        if chosen.minutes and time.monotonic() - began > chosen.minutes * 60:
            break
        turn = number % 2
        pid = start(chosen.region, settings[turn], chosen.home)
        moment = shares[number] * length[turn]
        time.sleep(moment)
        was_running = kill(pid)
        after = sha256(published)
        finding = geopackage_finding(published)
        healed = finish(start(chosen.region, settings[turn], chosen.home)) and sha256(published) == good[turn]
        left = leftovers(chosen.home)
        line = {
            "kill": number,
            "moment_s": round(moment, 3),
            "of_s": round(length[turn], 3),
            "was_running": was_running,
            "published_is": "old" if after == good[1 - turn] else "new" if after == good[turn] else "WRONG",
            "whole": finding.passed,
            "healed": healed,
            "left": left,
        }
        lines.append(line)
        with book.open("a") as out:
            out.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
    faults = sum(x["published_is"] == "WRONG" or not x["whole"] or not x["healed"] or bool(x["left"]) for x in lines)
    summary = {
        "kills": len(lines),
        "of_running": sum(x["was_running"] for x in lines),
        "faults": faults,
        "seed": chosen.seed,
        "run_s": [round(s, 2) for s in length],
    }
    print(json.dumps(summary))
    return int(faults > 0)


def undisturbed(home: Path, region: str, settings: list[int], published: Path) -> tuple[list[float], list[str]]:
    """How long a run of each setting takes and what it publishes; empty hashes where runs fail or differ."""
    kept = home / "undisturbed.json"
    if kept.is_file():
        found = json.loads(kept.read_text())
        return found["length"], found["good"]
    length, good = [0.0, 0.0], ["", ""]
    for turn in (0, 1, 0, 1):
        began = time.monotonic()
        ended_well = finish(start(region, settings[turn], home))
        length[turn], digest = time.monotonic() - began, sha256(published)
        if not ended_well or good[turn] not in ("", digest):
            return length, ["", ""]
        good[turn] = digest
    kept.write_text(json.dumps({"length": length, "good": good}))
    return length, good


def start(region: str, draws: int, home: Path) -> int:
    """Begin a run with so many draws in the region's YAML, in a process of its own; returns its id."""
    file = home / "regions" / f"{region}.yaml"
    text = re.sub(r"draws: \d+", f"draws: {draws}", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        log = os.open(home / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        from pipelines.runs import run_region

        outcome = run_region(region)
        if outcome.error:
            print(outcome.error, flush=True)
        status = int(outcome.error is not None)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def finish(pid: int) -> bool:
    """Wait for a run; whether it ended well."""
    return os.waitpid(pid, 0)[1] == 0


def kill(pid: int) -> bool:
    """Kill -9; whether the run was still under way."""
    gone, _ = os.waitpid(pid, os.WNOHANG)
    if gone:
        return False
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def leftovers(home: Path) -> list[str]:
    """Temporary files that a finished run should not leave, and runs that Dagster still calls started."""
    found = [str(p.relative_to(home)) for p in (home / "output").rglob("*") if p.is_file() and ".tmp" in p.name]
    found += [str(p.relative_to(home)) for p in (home / ".khanij" / "store").rglob("*.part")]
    database = home / ".khanij" / "dagster" / "history" / "runs.db"
    if database.is_file():
        with sqlite3.connect(database) as connection:
            found += [
                f"run {run_id} {status}"
                for run_id, status in connection.execute(
                    "SELECT run_id, status FROM runs WHERE status IN ('STARTED', 'STARTING', 'NOT_STARTED')"
                )
            ]
    return found


def sha256(path: Path) -> str:
    """Of a file's bytes; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
