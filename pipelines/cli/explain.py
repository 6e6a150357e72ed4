"""explain one block: why it stands where it stands, and how sure that is"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij explain``."""
    parser.add_argument(
        "block_id", metavar="BLOCK_ID", help="a block's identifier, a site's identifier, or part of a name"
    )
    parser.add_argument("--region", metavar="R", help="the region to look in; without it, every region that was run")


def main(arguments: argparse.Namespace) -> int:
    """Print what is known of the block from the published GeoPackage."""
    from publishing.block_search import explanations
    from publishing.geopackage.reading import is_sample
    from publishing.sets.snapshot import published_files

    # Real regions first: a made-up one answers where none of them knows the block.
    files = sorted(published_files(arguments.region), key=is_sample)
    for text in explanations(arguments.block_id, files):
        print(text)
    return 0
