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
    from publishing.sets.snapshot import published_files

    for text in explanations(arguments.block_id, published_files(arguments.region)):
        print(text)
    return 0
