"""5,000 blocks with all tables: our publication against pyogrio writing the bare layers and tables, in one run.

Usage: python benchmarks/publishing/publish_5000.py [blocks] [repeats]

The bare time is what pyogrio needs for the same frames without styles, registers, project, indexes, hashing or fsync;
it is measured with and without the tables, and with pyogrio's fast path (Arrow) too, which is what we write with. Where
GDAL's programs are there, ``ogr2ogr`` copies the published file as well. All take turns, so that a slower minute of the machine meets all alike; Python's collector is off while a clock runs,
as in ``timeit``.
"""

from __future__ import annotations

import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyogrio

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "publishing"))
from example_publication import make_publication

from data_sources.contracts.published.outputs import OUTPUT_LAYERS
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import conformed


def _bare(path: Path, layers: dict, tables: dict, arrow: bool) -> None:
    for name, layer in layers.items():
        kind = {"MULTIPOLYGON": "MultiPolygon", "POINT": "Point"}[str(OUTPUT_LAYERS[name].geometry)]
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", geometry_type=kind, use_arrow=arrow)
    for name, table in tables.items():
        pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", use_arrow=arrow)


def _processor_s() -> float:
    """Seconds of the processor of this process and of the programs that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _time(work: Callable[[Path], object]) -> tuple[float, float]:
    """Seconds by the wall and by the processor: the second says the same on a busy machine."""
    gc.collect()
    gc.disable()
    try:
        with tempfile.TemporaryDirectory() as folder:
            wall, processor = time.perf_counter(), _processor_s()
            work(Path(folder) / "ranked_blocks.gpkg")
            return time.perf_counter() - wall, _processor_s() - processor
    finally:
        gc.enable()


def _copied_by_ogr(source: Path, path: Path) -> None:
    """GDAL's own copy of the published file: every spatial layer and table, no style, no project, no check."""
    subprocess.run(["ogr2ogr", "-f", "GPKG", str(path), str(source)], check=True, capture_output=True)


def main(n_blocks: int = 5000, repeats: int = 11) -> None:
    """Print the times and the ratios."""
    publication = make_publication(n_blocks, elements_per_block=20)
    layers, tables = conformed(publication)
    rows = {k: len(v) for k, v in {**layers, **tables}.items()}
    print(", ".join(f"{k} {n}" for k, n in rows.items() if n > 100))
    works: dict[str, Callable[[Path], object]] = {
        "pyogrio, spatial layers alone": lambda p: _bare(p, layers, {}, False),
        "pyogrio, layers and tables": lambda p: _bare(p, layers, tables, False),
        "pyogrio with Arrow, layers and tables": lambda p: _bare(p, layers, tables, True),
        "publish_geopackage, everything": lambda p: publish_geopackage(publication, p),
    }
    if shutil.which("ogr2ogr"):
        source = Path(tempfile.mkdtemp()) / "published.gpkg"
        publish_geopackage(publication, source)
        works["ogr2ogr, a copy of the published file"] = lambda p: _copied_by_ogr(source, p)
    for work in works.values():
        _time(work)
    times = [{label: _time(work) for label, work in works.items()} for _ in range(repeats)]
    ours = statistics.median(t["publish_geopackage, everything"][0] for t in times)
    for label in works:
        wall = sorted(t[label][0] for t in times)
        median = statistics.median(wall)
        processor = statistics.median(t[label][1] for t in times)
        print(
            f"{label:<40} median {median:5.2f} s wall ({wall[0]:.2f}-{wall[-1]:.2f}), {processor:5.2f} s processor; "
            f"ours is {ours / median:.2f}x of it"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
