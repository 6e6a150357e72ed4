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
    from pipelines.cli.explain import published_files

    for region in arguments.region or [None]:
        for file in published_files(region):
            print(release_region(file.parent.name, arguments.calver, arguments.to))
    return 0


def release_region(region: str, version: str, releases_root: Path | None = None, output: Path | None = None) -> Path:
    """Release what is published of one region (``output``: its folder); its sources' citations travel with it."""
    from data_sources.cards import load_card
    from data_sources.regions import load_region
    from khanij.foundation.environment import output_folder, releases_folder
    from publishing.releasing.releases import make_release

    root = releases_root or releases_folder()
    settings = load_region(region)
    names = {source.card for source in settings.sources().values()} | ({settings.waste.card} - {""})
    citations = sorted({load_card(name).citation for name in names})
    output = output or output_folder() / region
    return make_release(output, root, version, attributions=citations).folder
