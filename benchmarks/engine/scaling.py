"""Is the whole assessment linear in draws, sites and elements? Times it, fits a power and plots it.

python benchmarks/engine/scaling.py scaling.png
python benchmarks/engine/scaling.py 3000 60 5000 5000      (sites elements blocks draws: one run, timed)
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from national import national_case

from scoring.rank.assess import assess

BASE = {"sites": 200, "elements": 20, "draws": 2000}
STEPS = {"sites": (100, 200, 400, 800), "elements": (10, 20, 40, 60), "draws": (1000, 2000, 4000, 8000)}


def seconds(sites: int, elements: int, draws: int, blocks: int | None = None) -> tuple[float, float]:
    """(wall, processor) seconds of one assessment."""
    arguments = national_case(sites, elements, blocks or sites, draws)
    start, cpu = time.perf_counter(), time.process_time()
    assess(*arguments)
    return time.perf_counter() - start, time.process_time() - cpu


if __name__ == "__main__":
    seconds(12, 5, 100)
    if len(sys.argv) == 5:
        n, e, b, k = map(int, sys.argv[1:])
        wall, cpu = seconds(n, e, k, b)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{n} sites x {e} elements x {k} draws x {b} blocks: wall {wall:.1f} s, processor {cpu:.1f} s, peak {peak:.2f} GiB"
        )
        sys.exit()
    found = {}
    for name, steps in STEPS.items():
        times = [seconds(**{**BASE, name: step})[1] for step in steps]
        power = float(np.polyfit(np.log(steps), np.log(times), 1)[0])
        found[name] = (steps, times, power)
        print(
            f"{name}: {dict(zip(steps, np.round(times, 2).tolist()))} processor seconds, power {power:.2f}", flush=True
        )
    if len(sys.argv) > 1:
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
        for axes, (name, (steps, times, power)) in zip(panels, found.items()):
            axes.loglog(steps, times, "o-")
            axes.set(xlabel=name, title=f"power {power:.2f}")
        panels[0].set_ylabel("processor seconds")
        figure.savefig(sys.argv[1], dpi=110, bbox_inches="tight")
