"""explain one block: why it stands where it stands, and how sure that is"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij explain``."""
    parser.add_argument(
        "block_id", metavar="BLOCK_ID", help="a block's identifier, a site's identifier, or part of a name"
    )
    parser.add_argument("--region", metavar="R", help="the region to look in; without it, every region that was run")
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")


def main(arguments: argparse.Namespace) -> int:
    """Print what is known of the block from the published GeoPackage."""
    from pipelines.cli.shown.replies import note
    from publishing.block_search import explanations
    from publishing.geopackage.reading import is_sample
    from publishing.sets.snapshot import published_files

    # Real regions first: a made-up one answers where none of them knows the block.
    files = sorted(published_files(arguments.region, arguments.scenario), key=is_sample)
    told = explanations(arguments.block_id, files)
    for text in told:
        print(text)
    if arguments.json:
        note(arguments, text=told, **_rows(arguments.block_id, files))
    return 0


def _rows(wanted: str, files: list[Path]) -> dict[str, object]:
    """The rows of the blocks that are meant, from the first file that knows one."""
    from pipelines.cli.shown.replies import rows_of
    from publishing.block_search import matching
    from publishing.geopackage.reading import read_rows, read_table
    from publishing.sets.snapshot import one_set_of

    for file in files:
        with one_set_of([file]):
            ids = matching(read_rows(file, "ranked_blocks"), wanted.strip())
            if not ids:
                continue
            blocks = read_table(file, "ranked_blocks")
            return {"geopackage": file, "blocks": rows_of(blocks[blocks["block_id"].isin(ids)])}
    return {}
