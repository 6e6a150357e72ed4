"""remove what nothing needs any more: old runs, objects of the archive that no manifest names, what killed runs left

Without --yes it only says what would go, and how many bytes. Never touched: what is published, kept releases, what-ifs
(but with --what-ifs), all that a manifest of the archive names, and the last run that made any asset of any region.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.upkeep.pruning import Leftover

KEEP_DAYS = 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij prune``."""
    parser.add_argument("--yes", action="store_true", help="do it; without this it is only told")
    parser.add_argument(
        "--keep-days",
        type=_days,
        default=KEEP_DAYS,
        metavar="N",
        help="what is younger stays (default 90; at least 1, so that a fetch or run under way is never met)",
    )
    parser.add_argument(
        "--keep-releases",
        type=_count,
        metavar="N",
        help="of each region keep the newest N releases (at least 1), and younger ones; without it all stay",
    )
    parser.add_argument("--what-ifs", action="store_true", help="remove what-ifs too that were not made for so long")
    parser.add_argument("--no-runs", action="store_true", help="leave Dagster's runs alone")


def main(arguments: argparse.Namespace) -> int:
    """Tell what nothing needs, a line each and a sum by kind, and remove it where that was asked for."""
    from pipelines.cli.shown.replies import note
    from pipelines.resources import instance
    from pipelines.upkeep.pruning import leftovers
    from pipelines.upkeep.run_history import compact, old_runs

    note(arguments, done=arguments.yes, leftovers=[], kinds={}, bytes=0)
    sums: dict[str, tuple[int, int]] = {}

    def told(leftover: Leftover) -> None:
        removed = arguments.yes and leftover.remove()
        state = "removed" if removed else "in use, left" if arguments.yes else "would go"
        print(f"{state}: {leftover.kind} {leftover.name} ({_size(leftover.bytes)}, {leftover.age_days:.0f} days)")
        print(f"  {leftover.why}")
        row = {"kind": leftover.kind, "name": leftover.name, "bytes": leftover.bytes, "why": leftover.why}
        note(arguments, leftovers=[row | {"age_days": round(leftover.age_days, 1), "removed": bool(removed)}])
        if removed or not arguments.yes:
            n, size = sums.get(leftover.kind, (0, 0))
            sums[leftover.kind] = (n + 1, size + leftover.bytes)

    for leftover in list(leftovers(arguments.keep_days, arguments.keep_releases, arguments.what_ifs)):
        told(leftover)
    if not arguments.no_runs:
        with instance() as dagster:
            for leftover in list(old_runs(dagster, arguments.keep_days)):
                told(leftover)
        if arguments.yes and "run" in sums:
            sums["pages of the books"] = (1, compact())
    for kind, (n, size) in sums.items():
        print(f"{kind}: {n}, {_size(size)}")
    note(arguments, kinds={kind: {"n": n, "bytes": size} for kind, (n, size) in sums.items()})
    note(arguments, bytes=sum(size for _, size in sums.values()))
    if not sums:
        print(f"nothing is left over that is older than {arguments.keep_days:g} days")
    elif not arguments.yes:
        print("nothing was removed: khanij prune --yes does it")
    return 0


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size:,} bytes"


def _days(text: str) -> float:
    days = float(text)
    if not days >= 1:
        raise argparse.ArgumentTypeError("at least 1")
    return days


def _count(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)
