"""The page of many blocks in Chromium: when its rows, map and first block stand, and the seconds of the browser's main thread.

    python -m benchmarks.speed.page --against ../before [--blocks 5000] [-n 5]

Each checkout publishes the made-up blocks of its own tests and writes its own page; the pages are opened in turn.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.speed.turns import Checkout, given
from tests.integration.browser import Browser

MADE = """
import pathlib, sys
sys.path[:0] = [".", "tests/publishing"]
from example_publication import make_publication
try:
    from publishing.geopackage.geopackage import publish_geopackage
except ImportError:
    from publishing.geopackage import publish_geopackage
from publishing.page import write_page
folder = pathlib.Path(sys.argv[1])
publish_geopackage(make_publication(int(sys.argv[2])), folder / "ranked_blocks.gpkg")
write_page(folder / "ranked_blocks.gpkg", folder / "index.html")
"""


def page_of(checkout: Checkout, blocks: int) -> Path:
    """A page of so many blocks, as the checkout makes it."""
    folder = checkout.home / f"page-{blocks}"
    folder.mkdir(parents=True, exist_ok=True)
    command = checkout.command("-c", MADE, str(folder), str(blocks))
    subprocess.run(command, cwd=checkout.folder, env=checkout.environment(), check=True)
    return folder / "index.html"


async def opened(page: Path) -> tuple[float, float]:
    """(seconds until the page is loaded, seconds of the main thread until all of it stands)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with Browser(Path(folder)) as browser:
            await browser.send("Performance.enable")
            await browser.open(page.as_uri())
            await asyncio.sleep(1.5)
            metrics = (await browser.send("Performance.getMetrics"))["metrics"]
            loaded = await browser.value("performance.getEntriesByType('navigation')[0].loadEventEnd")
            return loaded / 1000, next(m["value"] for m in metrics if m["name"] == "TaskDuration")


def main() -> None:
    """Print the medians of each side."""
    parser, named = given(__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=5000)
    arguments = parser.parse_args()
    pages = {c.name: page_of(c, arguments.blocks) for c in named(arguments)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for _ in range(arguments.n):
        for name, page in pages.items():
            found[name].append(asyncio.run(opened(page)))
    print(f"| checkout | {arguments.blocks} blocks: loaded, s | main thread, s | MB | n |\n|---|---|---|---:|---:|")
    for name, times in found.items():
        told = [f"{statistics.median(t):.2f} ({min(t):.2f} to {max(t):.2f})" for t in zip(*times, strict=True)]
        print(f"| {name} | {' | '.join(told)} | {pages[name].stat().st_size / 1e6:.1f} | {arguments.n} |")


if __name__ == "__main__":
    main()
