"""What both sides share: inputs, one process per case, medians and peak memory. Needs numpy alone."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SIZES = {"distance_1k": 1000, "distance_4k": 4000, "wofe_10": 4000, "wofe_100": 4000}
CELL_M = 100.0
KRIGING_MODEL = {"psill": 1.0, "range": 20_000.0, "nugget": 0.1}


def make_inputs(folder: Path) -> None:
    """Every case's input, from one seed, as .npz files."""
    rng = np.random.default_rng(20260101)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("distance_1k", "distance_4k"):
        n = SIZES[name]
        starts = rng.uniform(0, n * CELL_M, (300, 2))
        angle, length = rng.uniform(0, np.pi, 300), rng.exponential(n * CELL_M / 30, 300)
        ends = starts + np.column_stack([np.cos(angle), np.sin(angle)]) * length[:, None]
        np.savez(folder / f"{name}.npz", lines=np.stack([starts, ends], axis=1))
    for name, classes in (("wofe_10", 10), ("wofe_100", 100)):
        n = SIZES[name]
        yy, xx = np.mgrid[:n, :n].astype(np.float32) / n
        field = np.sin(7 * xx) + np.cos(5 * yy) + 0.3 * rng.random((n, n), dtype=np.float32)
        edges = np.quantile(field[::7, ::7], np.arange(1, classes) / classes)
        codes = np.searchsorted(edges, field).astype(np.float32)
        weight = np.exp(-codes.ravel()[::97] / classes * 3)
        picked = rng.choice(len(weight), 600, replace=False, p=weight / weight.sum()) * 97
        deposits = np.zeros(n * n, dtype=np.float32)
        deposits[picked] = 1
        np.savez(folder / f"{name}.npz", codes=codes, deposits=deposits.reshape(n, n))
    x, y = rng.uniform(0, 100_000, (2, 1000))
    z = np.sin(x / 9000) + np.cos(y / 7000) + 0.2 * rng.normal(size=1000)
    for name in ("kriging", "kriging_all"):
        few = slice(None) if name != "kriging_all" else slice(200)
        np.savez(folder / f"{name}.npz", x=x[few], y=y[few], z=z[few])
    parts = np.exp(rng.normal(size=(10_000, 20)) * 0.5)
    parts /= parts.sum(axis=1, keepdims=True)
    for name in ("clr", "ilr"):
        np.savez(folder / f"{name}.npz", parts=parts)
    raster = rng.normal(size=(2000, 2000)).astype(np.float32)
    centre, size = rng.uniform(10_000, 190_000, (400, 2)), rng.uniform(1000, 9000, 400)
    np.savez(folder / "zonal_small.npz", raster=raster, centre=centre, size=size)
    # zones as survey sheets are: 27 km across
    np.savez(
        folder / "zonal.npz", raster=raster, centre=rng.uniform(27_000, 173_000, (60, 2)), size=np.full(60, 27_000.0)
    )
    stack = rng.random((3, 4000, 4000), dtype=np.float32)
    for name in ("fuzzy_product", "fuzzy_gamma"):
        np.savez(folder / f"{name}.npz", stack=stack)


def resident_mib(field: str) -> float:
    """Resident memory of this process [MiB]: ``VmRSS`` now, ``VmHWM`` the highest since the last ``forget_peak``.

    Not ``ru_maxrss``: a process that was started by a larger one inherits the larger one's peak.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def forget_peak() -> None:
    """Set the highest resident memory back to what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")


def run_case(call: Callable[[], object], repeats: int, *, warm: bool = True) -> tuple[dict[str, object], object]:
    """Time a call: seconds of each repeat, their median, processor seconds, and memory above what was held before."""
    if warm:
        call()
    result: object = None
    forget_peak()
    before = resident_mib("VmRSS")
    seconds: list[float] = []
    processor: list[float] = []
    for _ in range(repeats):
        start, burnt = time.perf_counter(), time.process_time()
        result = call()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - burnt)
    return {
        "seconds": seconds,
        "median_s": statistics.median(seconds),
        "min_s": min(seconds),
        "max_s": max(seconds),
        "cpu_s": statistics.median(processor),
        "peak_extra_mib": resident_mib("VmHWM") - before,
    }, result


def worker(
    cases: dict[
        str, Callable[[dict[str, np.ndarray]], tuple[Callable[[], object], Callable[[object], dict[str, np.ndarray]]]]
    ],
) -> None:
    """Command line of one side: ``worker.py CASE FOLDER REPEATS OUT``; prints JSON, saves the answer's arrays."""
    name, folder, repeats, out = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    with np.load(folder / f"{name}.npz") as data:
        inputs = {k: data[k] for k in data.files}
    call, arrays = cases[name](inputs)
    report, result = run_case(call, repeats, warm=repeats > 1)
    np.savez(out, **arrays(result))
    print("RESULT " + json.dumps(report))
