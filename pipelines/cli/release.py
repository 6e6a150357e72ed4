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
    parser.add_argument(
        "--scenario", default="", metavar="NAME", help="release this what-if, apart from the default's releases"
    )


def main(arguments: argparse.Namespace) -> int:
    """Write releases/<region>/<version>/; a release that exists is never changed."""
    from khanij.foundation.environment import releases_folder
    from pipelines.cli.shown.replies import note
    from publishing.releasing.region import release_region
    from publishing.sets.snapshot import published_files

    scenario = arguments.scenario
    root = arguments.to or releases_folder(scenario)
    for region in arguments.region or [None]:
        for file in published_files(region, arguments.scenario):
            made = release_region(file.parent.name, arguments.calver, root, file.parent, scenario)
            print(made)
            note(arguments, files=[made])
    return 0
