"""put a result into one zip to mail: a QGIS project beside the data, the page, a note"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij package``."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="a release, or a region's output folder")
    parser.add_argument("--region", metavar="R", help="the region, where no folder is named")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the zip (default: output/packages/khanij_R.zip)")
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")
    parser.add_argument("--internal", action="store_true", help="also with rows that may not be passed on")


def main(arguments: argparse.Namespace) -> int:
    """Write the zip and print its path."""
    from khanij.foundation.environment import output_folder
    from khanij.foundation.errors import RegionError
    from pipelines.cli.shown.replies import note
    from publishing.sets.mailing import package
    from publishing.sets.snapshot import published_files

    if (arguments.folder is None) == (arguments.region is None):
        raise RegionError("name a region or a folder", do="khanij package --region india, or khanij package FOLDER")
    folder = arguments.folder or published_files(arguments.region, arguments.scenario)[0].parent
    name = arguments.region or "_".join(folder.resolve().parts[-2:])
    target = arguments.out or output_folder(arguments.scenario) / "packages" / f"khanij_{name}.zip"
    made = package(folder, target, with_internal=arguments.internal).path
    print(made)
    note(arguments, files=[made])
    return 0
