"""Generate the national rehearsal data and say how long each file took and how much memory it needed.

    python benchmarks/rehearsal/generate.py FOLDER [--district]

Belongs here: the generation only. What is done with the files afterwards is timed elsewhere in this folder.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from khanij.sample import NATIONAL, SAMPLE_DISTRICT, write_district


class Stopwatch:
    """Prints a line when the next file starts: the last one's seconds, processor seconds and the peak so far."""

    def __init__(self) -> None:
        self.last = "ground, sites, drainage"
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __call__(self, name: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{self.last:34s}{wall - self.wall:8.1f} s {cpu - self.cpu:8.1f} s cpu {peak:6.2f} GiB peak", flush=True)
        self.last, self.wall, self.cpu = name, wall, cpu


def main() -> None:
    """Write the area and print one line a file, then rows and bytes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--district", action="store_true", help="the sample district instead of the national counts")
    chosen = arguments.parse_args()
    start, watch = time.perf_counter(), Stopwatch()
    manifest = write_district(chosen.folder, SAMPLE_DISTRICT if chosen.district else NATIONAL, progress=watch)
    watch("")
    print(f"{'all':34s}{time.perf_counter() - start:8.1f} s")
    for name, entry in manifest.files.items():
        print(f"{name:34s}{entry['rows']:>10} rows {int(str(entry['bytes'])) / 1e6:10.1f} MB")


if __name__ == "__main__":
    main()
