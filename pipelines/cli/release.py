"""freeze what is published of a region as an immutable, catalogued release"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij release``."""
    parser.add_argument(
        "--region", action="append", metavar="R", help="region (repeatable); without it, every region that was run"
    )
    parser.add_argument(
        "--calver",
        default=datetime.date.today().strftime("%Y.%m.%d"),
        metavar="YYYY.MM.DD",
        help="version (default: today)",
    )
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder of the releases (default: releases)")


def main(arguments: argparse.Namespace) -> int:
    """Write releases/<region>/<version>/; a release that exists is never changed."""
    from khanij.foundation.environment import releases_folder
    from publishing.releasing.region import release_region
    from publishing.sets.snapshot import published_files

    root = arguments.to or releases_folder()
    for region in arguments.region or [None]:
        for file in published_files(region):
            print(release_region(file.parent.name, arguments.calver, root, file.parent))
    return 0
