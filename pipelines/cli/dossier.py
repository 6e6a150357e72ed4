"""write two printable pages on each block, and all of them in one file"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij dossier``."""
    parser.add_argument("block_id", nargs="*", metavar="BLOCK_ID", help="blocks; without any, the first of the ranking")
    parser.add_argument("--region", required=True, metavar="R", help="the region")
    parser.add_argument(
        "--top", type=int, default=10, metavar="N", help="how many of the ranking, where no block is named (default 10)"
    )
    parser.add_argument("--kind", metavar="KIND", help="kind of block, where no block is named")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder (default: dossiers beside the GeoPackage)")


def main(arguments: argparse.Namespace) -> int:
    """Write the PDFs and print their paths."""
    from publishing.dossiers.dossier import top_block_ids, write_dossiers
    from publishing.geopackage.reading import read_table
    from publishing.sets.snapshot import one_set_of, published_files

    (file,) = published_files(arguments.region)
    with one_set_of([file]):
        spelled = {b.upper(): b for b in read_table(file, "ranked_blocks")["block_id"].astype("str")}
        blocks = [spelled.get(block.upper(), block) for block in arguments.block_id] or top_block_ids(
            file, arguments.top, arguments.kind
        )
        for written in write_dossiers(file, blocks, arguments.out or file.parent / "dossiers"):
            print(written.path)
    return 0
