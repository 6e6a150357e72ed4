"""The streamed engine beside the full numpy tensor and beside numpy drawing the same count of lognormals once.

    python benchmarks/engine/compare.py [sites elements draws]

Wall and processor seconds of one process; the peak memory of each side is measured in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
from naive import simulate_sites
from national import national_case
from scoring.waste.engine import simulate

import scoring.rank.assess as assess_module


def measure(side: str, sites: int, elements: int, draws: int) -> dict[str, float]:
    """Seconds (wall, processor) and peak GiB of one side."""
    kept: dict = {}

    def keep(*arguments, **options):
        kept["arguments"], kept["options"] = arguments, options
        return simulate(*arguments, **options)

    assess_module.simulate = keep
    assess_module.run(*national_case(12, 5, 12, 100))  # compiles
    if side == "lognormals":
        start, cpu = time.perf_counter(), time.process_time()
        rng = np.random.default_rng(1)
        for _ in range(sites):
            rng.lognormal(size=(elements, draws))
        return _result(start, cpu)
    few = min(sites, 60) if side == "tensor" else sites
    state = assess_module.run(*national_case(few, elements, few, draws))
    start, cpu = time.perf_counter(), time.process_time()
    if side == "engine":
        simulate(*kept["arguments"], **{**kept["options"], "progress": None})
        return _result(start, cpu)
    found = simulate_sites(state.scored.inputs, draws)
    result = _result(start, cpu)
    medians = np.median(found["tonnes"], axis=1)
    ours = [state.scored.simulation.out.tonnage[state.scored.plan.whole[s], 1] for s in sorted(state.scored.plan.whole)]
    assert np.allclose(medians, ours, rtol=1e-9)
    return {**result, "sites": few}


def _result(start: float, cpu: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - cpu, "peak_gib": peak}


if __name__ == "__main__":
    if len(sys.argv) == 5:
        print(json.dumps(measure(sys.argv[1], *map(int, sys.argv[2:]))))
    else:
        size = sys.argv[1:4] or ["300", "60", "5000"]
        for name in ("lognormals", "engine", "tensor"):
            out = subprocess.run(
                [sys.executable, __file__, name, *size], check=True, capture_output=True, text=True
            ).stdout
            print(name, {k: round(v, 2) for k, v in json.loads(out.splitlines()[-1]).items()}, flush=True)
