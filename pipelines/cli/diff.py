"""compare two releases, GeoPackages or shortlists: what moved, and why"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij diff``."""
    parser.add_argument(
        "old", type=Path, metavar="OLD", help="the older: a release's folder, a ranked GeoPackage, or a shortlist's CSV"
    )
    parser.add_argument("new", type=Path, metavar="NEW", help="the newer, of the same kind")
    parser.add_argument("--rows", type=int, default=40, metavar="N", help="changed blocks to print (default 40)")


def main(arguments: argparse.Namespace) -> int:
    """Print what changed; exit status 0 when nothing did, 1 when something did."""
    from publishing.releasing.diff import diff_releases

    difference = diff_releases(arguments.old, arguments.new)
    print(difference.text(arguments.rows), end="")
    return 0 if difference.is_empty else 1
