"""The page's levers in Chromium beside the Python engine: time of one change on the same blocks and the same draws.

    python benchmarks/page/what_if.py [--blocks 100] [--draws 1000] [--moves 12]

A made-up region of as many waste blocks; each move changes the price level and the discount rate, so that plants, margins,
baskets, ranks and tiers are all made anew, in the page and by the engine on one thread (projects and ranks; neither draws
again: the engine's time holds its draws, the page keeps its own after the first move). Also the bytes that the page carries.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scoring.rank.assess import given_of, run, scored_of  # noqa: E402
from scoring.rank.state import decide  # noqa: E402
from scoring.rank.what_if import what_if_table  # noqa: E402
from tests.cases import case_of  # noqa: E402
from tests.integration.browser import Browser  # noqa: E402
from tests.scoring.rank.districts import made_up_district  # noqa: E402

PAGE = """<!doctype html><meta charset="utf-8"><title>levers</title>
<script id="levers" type="application/json">{data}</script><script>{kernel}</script>
<script>document.documentElement.dataset.ready = "yes";</script>"""
TIMED = """(() => {{ const t = performance.now(), r = Kernel.run(window.opened, {{ ...window.parts.model.levers, ...{levers} }});
  return [performance.now() - t, r.blocks.length]; }})()"""


def main(arguments: list[str]) -> int:
    """Time both sides and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=100)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--moves", type=int, default=12)
    given = parser.parse_args(arguments)
    frames = made_up_district(
        5, n=given.blocks, draws=given.draws, baskets=("all_recoverable",), basket="all_recoverable"
    )
    frames["blocks"] = frames["blocks"][frames["blocks"]["kind"] == "waste_block"]
    case, settings = case_of(**frames)
    settings = settings.replace(threads=1)
    state = run(case, settings)
    parts = {p: json.loads(c) for p, c in what_if_table(state).values}
    moves = [{"price_factor": 0.6 + 0.1 * i, "discount_rate": 0.06 + 0.005 * i} for i in range(given.moves)]
    page, blocks, first = asyncio.run(_page(parts, moves))
    engine = []
    for levers in moves:
        changed = given_of(case, settings.replace(**levers))
        decided = decide(changed)
        began = time.perf_counter()
        scored_of(decided)
        engine.append(1000 * (time.perf_counter() - began))
    size = len(json.dumps(parts, separators=(",", ":")))
    here, there = statistics.median(page), statistics.median(engine)
    print(f"{blocks} blocks, {given.draws} draws, {len(moves)} moves")
    print(f"page: {here:.0f} ms a move (most {max(page):.0f}), the first {first:.0f} ms with its draws")
    print(f"engine, one thread: {there:.0f} ms; ratio {here / there:.2f}")
    print(f"carried: {size / 1e6:.2f} MB, {size / blocks * 100 / 1e6:.2f} MB a 100 blocks")
    return 0


async def _page(parts: dict[str, Any], moves: list[dict[str, float]]) -> tuple[list[float], int, float]:
    kernel = (ROOT / "publishing" / "page" / "kernel.js").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = json.dumps(parts).replace("<", "\\u003c")
        (folder / "levers.html").write_text(PAGE.format(data=text, kernel=kernel), encoding="utf-8")
        async with Browser(folder) as browser:
            await browser.open((folder / "levers.html").as_uri())
            await browser.value(
                "(() => { window.parts = JSON.parse(document.getElementById('levers').textContent);"
                " window.opened = Kernel.open(window.parts); return true; })()"
            )
            first, blocks = await browser.value(TIMED.format(levers="{}"))
            times = [(await browser.value(TIMED.format(levers=json.dumps(levers))))[0] for levers in moves]
            return times, blocks, first


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
