"""print the brief of a region, one page for a reader who has a minute, and where its PDF and Word file lie"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij brief``."""
    parser.add_argument("--region", required=True, metavar="R", help="the region")
    parser.add_argument("--language", default="en", choices=("en", "hi"), help="en or hi (default en)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the files anew, into this folder")
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")


def main(arguments: argparse.Namespace) -> int:
    """Print the brief and the paths of its files."""
    from pipelines.cli.shown.replies import note
    from publishing.brief import NAMES, write_briefs
    from publishing.brief.told import brief_of
    from publishing.sets.snapshot import one_set_of, published_files

    (file,) = published_files(arguments.region, arguments.scenario)
    with one_set_of([file]):
        text = brief_of(file, arguments.language).lines()
        if arguments.out is None:
            files = [path for name in NAMES if (path := file.parent / name).is_file()]
        else:
            arguments.out.mkdir(parents=True, exist_ok=True)
            files = [written.path for written in write_briefs(file, arguments.out)]
    print("\n".join([*text, "", *map(str, files)]))
    note(arguments, text=text, files=files)
    return 0
