"""compare two releases, GeoPackages or shortlists: what moved, and why"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij diff``."""
    parser.add_argument(
        "old",
        type=Path,
        nargs="?",
        metavar="OLD",
        help="the older: a release's folder, a ranked GeoPackage, or a shortlist's CSV",
    )
    parser.add_argument("new", type=Path, nargs="?", metavar="NEW", help="the newer, of the same kind")
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="compare this what-if with the default result; given twice, the first with the second",
    )
    parser.add_argument("--region", metavar="R", help="the region whose scenarios are compared")
    parser.add_argument("--rows", type=int, default=40, metavar="N", help="changed blocks to print (default 40)")


def main(arguments: argparse.Namespace) -> int:
    """Print what changed; exit status 0 when nothing did, 1 when something did."""
    from pipelines.cli.shown.replies import note
    from publishing.releasing.diff import diff_releases

    difference = diff_releases(*_meant(arguments))
    print(difference.text(arguments.rows), end="")
    note(
        arguments, before=difference.before, after=difference.after, settings=list(difference.settings),
        run=list(difference.run), blocks=list(difference.blocks), same=difference.n_same,
    )  # fmt: skip
    return 0 if difference.is_empty else 1


def _meant(arguments: argparse.Namespace) -> tuple[Path, Path]:
    """The two results that are compared.

    Raises
    ------
    RegionError : neither two paths nor a region with one or two scenarios.
    """
    from khanij.foundation.errors import RegionError
    from publishing.sets.snapshot import published_files

    names: list[str] = arguments.scenario
    if arguments.old is not None and arguments.new is not None and not names:
        return arguments.old, arguments.new
    if arguments.old is not None or not arguments.region or len(names) not in (1, 2):
        raise RegionError(
            "two results are compared",
            field="OLD NEW",
            do="name two paths, or a region and one or two scenarios: khanij diff --region india --scenario cheap_power",
        )
    before, after = names if len(names) == 2 else ("", names[0])
    return published_files(arguments.region, before)[0], published_files(arguments.region, after)[0]
