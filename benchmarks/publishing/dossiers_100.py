"""One hundred dossiers, each as its own PDF and all in one: seconds of wall and of processor.

Usage: python benchmarks/publishing/dossiers_100.py [blocks]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "publishing"))
from example_publication import make_publication

from publishing.dossiers.dossier import write_dossiers
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table


def main(n_blocks: int = 100) -> None:
    """Print the time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gpkg = publish_geopackage(make_publication(n_blocks), folder / "ranked_blocks.gpkg").path
        ids = read_table(gpkg, "ranked_blocks")["block_id"].tolist()
        for label, options in (("each and combined", {}), ("combined alone", {"each": False})):
            wall, cpu = time.perf_counter(), time.process_time()
            files = write_dossiers(gpkg, ids, folder / label, **options)
            print(
                f"{len(ids)} blocks, {label}: {time.perf_counter() - wall:.1f} s wall, {time.process_time() - cpu:.1f} s processor, {len(files)} files"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
