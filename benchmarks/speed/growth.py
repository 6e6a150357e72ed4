"""Does cost grow no faster than the work? Processor seconds at four sizes each, the power that fits them, and a picture.

    python -m benchmarks.speed.growth docs/pictures/growth.svg

Sites and draws: one whole assessment. Blocks: shares of one footprint under blocks that overlap. Samples: admission of stream
sediments in 71 columns. Cells: distance to 300 lines. A power of 1 is linear; the first wall is the largest.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from affine import Affine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))
from national import national_case

from benchmarks.ingest.stream_sediments import rows_in_ngdr_schema
from data_sources.readers.survey import admit_frame
from khanij.foundation.grid import Grid
from scoring.ground.maps.rasterising import burn, distance_transform
from scoring.rank.assess import assess
from scoring.waste.shares.overlaps import polygon_shares

CELL_M, DEGREE_M = 100.0, 111_000


def sites(n: int) -> Callable[[], object]:
    """An assessment of so many sites."""
    case = national_case(n, 20, n, 1000)
    return lambda: assess(*case)


def draws(n: int) -> Callable[[], object]:
    """An assessment of 100 sites with so many draws."""
    case = national_case(100, 20, 100, n)
    return lambda: assess(*case)


def blocks(n: int) -> Callable[[], object]:
    """Shares of one footprint in so many blocks, all of which meet it."""
    site = shapely.Point(0, 0).buffer(3000)
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    corners = np.column_stack([1500 * np.cos(angles) - 3000, 1500 * np.sin(2 * angles) - 3000])
    shapes = np.array([shapely.box(x, y, x + 6000, y + 6000) for x, y in corners], dtype=object)
    return lambda: polygon_shares(site, shapes)


def samples(n: int) -> Callable[[], object]:
    """Admission of so many samples."""
    frame = rows_in_ngdr_schema(n)
    return lambda: admit_frame(frame, "stream_sediments", card="ngdr_stream_sediments")


def cells(n: int) -> Callable[[], object]:
    """Distance to 300 lines on so many cells."""
    side = math.isqrt(n)
    rng = np.random.default_rng(1)
    lines = shapely.linestrings(rng.uniform(0, side * CELL_M, (300, 2, 2)))
    grid = Grid("EPSG:6933", Affine(CELL_M, 0, 0, 0, -CELL_M, side * CELL_M), (side, side))
    return lambda: distance_transform(burn(np.asarray(lines, dtype=object), grid, all_touched=False), CELL_M, CELL_M)


STEPS: dict[str, tuple[Callable[[int], Callable[[], object]], tuple[int, ...]]] = {
    "sites": (sites, (100, 200, 400, 800)),
    "blocks": (blocks, (60, 120, 250, 500)),
    "samples": (samples, (10_000, 20_000, 40_000, 80_000)),
    "cells": (cells, (1_000_000, 2_250_000, 4_000_000, 9_000_000)),
    "draws": (draws, (1000, 2000, 4000, 8000)),
}


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def picture(found: dict[str, tuple[tuple[int, ...], list[float], float]]) -> str:
    """Lines of ``n`` against time, both as multiples of the first, on logarithmic axes; the dashed line is linear."""
    colours = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
    width, height, left, top = 420.0, 320.0, 60.0, 20.0

    def at(x: float, y: float) -> str:
        return f"{left + width * math.log(x, 16):.1f},{top + height * (1 - math.log(max(y, 0.5) * 2, 512)):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 390" font-family="sans-serif" font-size="13">'
        f'<rect width="660" height="390" fill="#fff"/><path d="M{left},{top}V{top + height}H{left + width}" fill="none" stroke="#333"/>'
        f'<polyline points="{at(1, 1)} {at(16, 16)}" fill="none" stroke="#999" stroke-dasharray="5 4"/>'
        f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">size, as a multiple of the smallest</text>'
        f'<text x="16" y="{top + height / 2}" transform="rotate(-90 16 {top + height / 2})" text-anchor="middle">processor time, as a multiple</text>'
    ]
    for tick in (1, 2, 4, 8, 16):
        x, y = at(tick, 0.5).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 18}" text-anchor="middle">{tick}</text>')
    for tick in (1, 4, 16, 64, 256):
        _, y = at(1, tick).split(",")
        parts.append(f'<text x="{left - 8}" y="{float(y) + 4}" text-anchor="end">{tick}</text>')
    for i, (name, (steps, times, power)) in enumerate(found.items()):
        points = " ".join(at(n / steps[0], t / times[0]) for n, t in zip(steps, times, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[i]}" stroke-width="2"/>')
        y = top + 16 + 20 * i
        parts.append(f'<path d="M{left + width + 20},{y - 4}h22" stroke="{colours[i]}" stroke-width="2"/>')
        parts.append(f'<text x="{left + width + 48}" y="{y}">{name}, power {power:.2f}</text>')
    return "".join([*parts, "</svg>\n"])


def main() -> None:
    """Print the table and write the picture."""
    for name, (make, steps) in STEPS.items():
        seconds(make(steps[0] if name in ("sites", "draws") else min(steps[0], 1000)))  # whatever has to be compiled
    found = {}
    print("| what | n: processor s | power |\n|---|---|---:|")
    for name, (make, steps) in STEPS.items():
        times = [seconds(make(n)) for n in steps]
        power = float(np.polyfit(np.log(steps), np.log(times), 1)[0])
        found[name] = (steps, times, power)
        told = "; ".join(f"{n:,}: {t:.2f}" for n, t in zip(steps, times, strict=True))
        print(f"| {name} | {told} | {power:.2f} |", flush=True)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(picture(found), encoding="utf-8")


if __name__ == "__main__":
    main()
