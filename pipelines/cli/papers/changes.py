"""tell what changed since yesterday in every region: results, ranks, sources, medians, warnings, failures; and write it as a page"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij changes``."""
    parser.add_argument("--days", type=float, default=1.0, metavar="N", help="since N days ago (default 1)")
    parser.add_argument("--region", action="append", metavar="R", help="this region alone; may be given again")
    parser.add_argument(
        "--rows", type=int, default=10, metavar="N", help="changed blocks to print a region (default 10)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default changes.html beside the results)")


def main(arguments: argparse.Namespace) -> int:
    """Compare, print, and write the page."""
    import time

    from khanij.foundation.environment import cache_folder, output_folder
    from khanij.foundation.files import write_bytes_atomically
    from pipelines.cli.shown.replies import note
    from pipelines.reports.gathering import gathered, told_of
    from publishing.releasing.changes_page import changes_page
    from publishing.releasing.published_records import RECORDS
    from publishing.releasing.since import changes_of, said

    now = time.time()
    since = now - 86_400 * _days(arguments.days)
    seen = gathered(arguments.region)
    root = cache_folder() / RECORDS
    regions = [(changes_of(name, root, since), told_of(seen, name)) for name in seen.regions]
    page = arguments.out or output_folder() / "changes.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(page, changes_page(since, now, regions).encode())
    print(f"since {said(since)}, India time")
    for changes, told in regions:
        lines = changes.text(arguments.rows)
        lines[1:1] = [f"  the last run failed: {told.failed}"] * bool(told.failed)
        lines += [f"  warning: {warning}" for warning in told.warnings]
        print("\n".join(lines))
        note(arguments, regions=[_document(changes, told)])
    print(page)
    note(arguments, since=since, until=now, files=[page])
    return 0


def _days(given: float) -> float:
    """The days that were asked for.

    Raises
    ------
    RegionError : none, less than none, or no number.
    """
    from khanij.foundation.errors import RegionError

    if not 0 < given < 1e5:
        raise RegionError(f"{given:g} days cannot be compared", field="--days", do="a number above 0, such as 1 or 7")
    return given


def _document(changes: object, told: object) -> dict[str, object]:
    """A region for ``--json``."""
    from pipelines.cli.shown.replies import rows_of
    from publishing.releasing.changes_page import Told
    from publishing.releasing.since import RegionChanges

    assert isinstance(changes, RegionChanges) and isinstance(told, Told)
    difference = changes.difference
    return {
        "region": changes.region,
        "is_new": changes.is_new,
        "published_at": changes.published_at,
        "generation_before": changes.before,
        "generation_after": changes.after,
        "last_run": told.last_run,
        "failed": told.failed,
        "warnings": list(told.warnings),
        "counts": changes.counts(),
        "sources": rows_of(changes.sources),
        "medians": rows_of(changes.medians),
        "settings": list(difference.settings) if difference else [],
        "run": list(difference.run) if difference else [],
        "blocks": list(difference.blocks) if difference else [],
        "same": difference.n_same if difference else 0,
    }
