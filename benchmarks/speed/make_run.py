"""`make run` on a fresh machine: of each commit a clone with no environment, no kernels compiled and no home, in turn.

The installer's packages are in its cache on both sides, for the first clone of each side is not counted.

    python -m benchmarks.speed.make_run 3ec25ae HEAD -n 3
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.speed.turns import HERE, Took


def fresh_run(commit: str, below: Path) -> Took:
    """Clone a commit, and time `make run` in the clone; the clone is removed.

    Raises
    ------
    subprocess.CalledProcessError : no such commit.
    """
    clone = below / "clone"
    for step in (["clone", "-q", str(HERE), str(clone)], ["-C", str(clone), "checkout", "-q", commit]):
        subprocess.run(["git", *step], check=True)
    own = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV"))}
    began = time.perf_counter()
    with (below / "log").open("ab") as log:
        process = subprocess.Popen(["make", "run"], cwd=clone, env=own, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    shutil.rmtree(clone)
    return Took(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, process.returncode)


def main() -> None:
    """Measure the commits in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("commits", nargs="+", help="commits, this one's last")
    parser.add_argument("-n", type=int, default=5, help="counted runs of each commit")
    parser.add_argument(
        "--cached", action="store_true", help="the installer's cache has both sides' packages: count all"
    )
    arguments = parser.parse_args()
    found: dict[str, list[Took]] = {commit: [] for commit in arguments.commits}
    with tempfile.TemporaryDirectory(prefix="khanij-make-run-") as below:
        for i in range(arguments.cached, arguments.n + 1):
            for commit in arguments.commits:
                took = fresh_run(commit, Path(below))
                print(f"{'not counted' if i == 0 else i}: {commit}: {vars(took)}", flush=True)
                if i:
                    found[commit].append(took)
    print("| commit | wall s | processor s | ended | n |\n|---|---|---|---|---:|")
    for commit, took_all in found.items():
        cells = []
        for field in ("wall_s", "cpu_s"):
            values = sorted(getattr(t, field) for t in took_all)
            cells.append(f"{statistics.median(values):.0f} ({values[0]:.0f} to {values[-1]:.0f})")
        print(f"| {commit} | {' | '.join(cells)} | {sorted({t.status for t in took_all})} | {len(took_all)} |")


if __name__ == "__main__":
    main()
