"""The national rehearsal: a generated India at the survey's counts, from raw files to the ranked GeoPackage.

    python benchmarks/rehearsal/run.py [--folder DIR] [--set KEY=VALUE] [--limit-minutes 15] [--limit-gib 8]

Prints a line a stage while it works (wall time, processor time, memory at its end and at its peak), writes them to
``benchmarks/results/rehearsal.json``, and ends with status 1 when a limit is passed. Generating the files is not part
of the time: a real survey's files are there. Belongs here: measuring. Does not belong here: what a stage does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGION = "national_rehearsal"
GIB = 2**30


def memory() -> tuple[float, float]:
    """Resident memory now and at its peak since it was last reset, in GiB (Linux)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return tuple(int(status[key].split()[0]) / 2**20 for key in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def reset_peak() -> None:
    """Let the peak begin anew, where the system allows it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


class Stages:
    """A progress listener that keeps one line a stage."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        self.text = ""

    def __call__(self, done: float, asset: str, share: float, text: str) -> None:
        """Called at every step of every stage."""
        if share < 1.0:
            if text and text != self.text:
                self.text = text
                print(f"        {done:4.0%}  {asset}: {text}", flush=True)
            return
        wall, cpu = time.perf_counter(), time.process_time()
        now, peak = memory()
        line = {
            "stage": asset,
            "wall_s": wall - self.wall,
            "cpu_s": cpu - self.cpu,
            "gib_at_end": now,
            "gib_peak": peak,
        }
        self.lines.append(line)
        print(
            f"  {done:4.0%}  {asset:22s}{line['wall_s']:8.1f} s{line['cpu_s']:8.1f} s cpu{now:7.2f} GiB{peak:7.2f} GiB peak",
            flush=True,
        )
        self.wall, self.cpu = wall, cpu
        reset_peak()


def main() -> int:
    """Generate what is missing, run the region, hold the figures against the limits."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--folder", type=Path, default=ROOT / ".khanij" / "rehearsal", help="where files and results go"
    )
    arguments.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--limit-minutes", type=float, default=15.0)
    arguments.add_argument("--limit-gib", type=float, default=8.0)
    chosen = arguments.parse_args()
    data, home = (chosen.folder / "data").resolve(), (chosen.folder / "home").resolve()
    if not (data / "manifest.json").is_file():
        import subprocess

        print("generating the files (once; about two minutes) ...", flush=True)
        subprocess.run([sys.executable, str(Path(__file__).with_name("generate.py")), str(data)], check=True)
    os.environ |= {"KHANIJ_DATA": str(data), "KHANIJ_HOME": str(home), "KHANIJ_REGIONS": str(Path(__file__).parent)}
    from pipelines.overrides import parse_settings
    from pipelines.runs import run_region

    stages, began, cpu = Stages(), time.perf_counter(), time.process_time()
    outcome = run_region(REGION, overrides=parse_settings(chosen.set), everything=True, listener=stages)
    total, busy = time.perf_counter() - began, time.process_time() - cpu
    # The peak begins anew with every stage, the one that getrusage gives as well: the highest of all counts.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    peak = max([own, *(line["gib_peak"] for line in stages.lines)])
    load = os.getloadavg()[0]
    result = {
        "error": outcome.error,
        "wall_s": total,
        "cpu_s": busy,
        "gib_peak": peak,
        "load_average": load,
        "cores": os.cpu_count(),
        "stages": stages.lines,
    }
    target = ROOT / "benchmarks" / "results" / "rehearsal.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(
        f"total {total:.0f} s wall, {busy:.0f} s processor, {peak:.2f} GiB peak, load average {load:.1f} on {os.cpu_count()} cores"
    )
    if outcome.error:
        print(outcome.error, file=sys.stderr)
        return 1
    print(outcome.geopackage)
    return int(total > chosen.limit_minutes * 60 or peak > chosen.limit_gib)


if __name__ == "__main__":
    sys.exit(main())
