"""5,000 blocks with all tables: our publication against pyogrio writing the bare layers and tables, in one run.

Usage: python benchmarks/publishing/publish_5000.py [blocks] [repeats]

The bare time is what pyogrio needs for the same frames without styles, registers, project, indexes, hashing or fsync;
it is measured twice: the spatial layers alone, and the layers with all tables.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyogrio

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "publishing"))
from example_publication import make_publication

from data_sources.contracts.outputs import OUTPUT_LAYERS
from publishing.geopackage import publish_geopackage
from publishing.publication import conformed


def _bare(path: Path, layers: dict, tables: dict, arrow: bool) -> None:
    for name, layer in layers.items():
        kind = {"MULTIPOLYGON": "MultiPolygon", "POINT": "Point"}[str(OUTPUT_LAYERS[name].geometry)]
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", geometry_type=kind, use_arrow=arrow)
    for name, table in tables.items():
        pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", use_arrow=arrow)


def _times(work: Callable[[Path], object], repeats: int, clock: Callable[[], float]) -> list[float]:
    out = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            start = clock()
            work(Path(folder) / "ranked_blocks.gpkg")
            out.append(clock() - start)
    return out


def main(n_blocks: int = 5000, repeats: int = 5) -> None:
    """Print the times and the ratios."""
    publication = make_publication(n_blocks, elements_per_block=20)
    layers, tables = conformed(publication)
    rows = {k: len(v) for k, v in {**layers, **tables}.items()}
    print(", ".join(f"{k} {n}" for k, n in rows.items() if n > 100))
    _bare_all = lambda p: _bare(p, layers, tables, False)  # noqa: E731
    for label, work in (
        ("pyogrio, spatial layers alone", lambda p: _bare(p, layers, {}, False)),
        ("pyogrio, layers and tables", _bare_all),
        ("pyogrio with Arrow, layers and tables", lambda p: _bare(p, layers, tables, True)),
        ("publish_geopackage, everything", lambda p: publish_geopackage(publication, p)),
    ):
        # The processor's time as well: it says the same on a busy machine.
        wall, cpu = (statistics.median(_times(work, repeats, c)) for c in (time.perf_counter, time.process_time))
        print(f"{label:<42} median {wall:6.2f} s wall {cpu:6.2f} s processor")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
