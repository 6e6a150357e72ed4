"""bring a region's sources into the local archive, resuming where an earlier fetch stopped"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij fetch``."""
    parser.add_argument("--region", metavar="R", help="fetch every remote source of this region, cut to its extent")
    parser.add_argument("--card", action="append", default=[], metavar="NAME", help="fetch these cards (repeatable)")
    parser.add_argument("--archive", type=Path, metavar="DIR", help="the archive's folder (default: .khanij/archive)")


def main(arguments: argparse.Namespace) -> int:
    """Fetch card by card; one that fails is reported and leaves the archive as it was."""
    from data_sources.cards import load_card
    from data_sources.connectors.archive import Archive
    from data_sources.connectors.remote.fetching import fetch
    from data_sources.contracts import KhanijError, RegionError
    from data_sources.regions import load_region
    from khanij.foundation.environment import archive_folder
    from pipelines.cli.shown.replies import note

    region = load_region(arguments.region) if arguments.region else None
    names = list(arguments.card) or (sorted({source.card for source in region.sources().values()}) if region else [])
    if not names:
        raise RegionError(
            "nothing to fetch", do="name a region with --region or a card with --card; khanij sources lists the cards"
        )
    archive = Archive(arguments.archive or archive_folder())
    failed = 0
    told = None if arguments.quiet else _progress
    for name in names:
        card = load_card(name)
        if not card.is_remote:
            print(f"{name}: {card.protocol}: {card.access or 'nothing to fetch'}")
            note(arguments, fetched=[{"card": name, "rows": None, "path": None, "error": None}])
            continue
        try:
            got = fetch(card, archive, extent=region.extent_deg if region else None, progress=told)
            print(f"{name}: {got.rows} rows in {len(got.manifest.pages)} pages, {got.path}")
            for remark in got.manifest.notes:
                print(f"  {remark}")
            note(
                arguments, fetched=[{"card": name, "rows": got.rows, "path": got.path, "error": None}], files=[got.path]
            )
        except KhanijError as error:
            failed += 1
            print(f"{name}: {error}", file=sys.stderr)
            note(arguments, fetched=[{"card": name, "rows": None, "path": None, "error": str(error)}])
    return 1 if failed else 0


def _progress(done: int, total: int | None, text: str) -> None:
    print(f"  {done}{f' of {total}' if total else ''} {text}", file=sys.stderr, flush=True)
