"""filter the ranked blocks, print them, and write them as spreadsheet, table, map or report"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.shown.asking import add_options, folder_for, given_settings

if TYPE_CHECKING:
    from publishing.shortlists.shortlist import Shortlist

_RANKED = {"rank": "rank", "tier": "tier", "rank_p05": "P05", "rank_p95": "P95", "block_id": "block", "name": "name", "state": "state", "score_mean": "score", "p_top20": "P(top 20)", "p_pays": "P(pays)", "price_multiple_needed": "needs prices x", "open_to_bid": "open to bid", "distance_km": "km"}  # fmt: skip
_UNRANKED = {"rank_fertility": "by fertility", "fertility_axis": "percentile", "block_id": "block", "name": "name", "state": "state", "minerals": "minerals", "area_ha": "ha", "auction_tranche": "tranche", "auction_outcome": "outcome", "open_to_bid": "open to bid", "host_evidence": "evidence of its minerals", "nearest_site_id": "nearest waste", "nearest_site_km": "km to it", "distance_km": "km"}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij shortlist``."""
    parser.add_argument(
        "--region",
        action="append",
        metavar="R",
        help="region (repeatable); without it, every region that was run and is not made up",
    )
    parser.add_argument("--basket", metavar="B", help="rank by this basket, such as magnet_ree or china_seven")
    add_options(parser)
    parser.add_argument("--format", metavar="F,F", help="write files: xlsx, csv, gpkg, geojson, kml, pdf")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the files (default: one of its own below output/shortlists)"
    )
    parser.add_argument("--name", metavar="NAME", help="name of the shortlist")
    parser.add_argument("--filter", type=Path, metavar="FILE", help="repeat a saved filter")
    parser.add_argument("--save", action="store_true", help="save the filter as NAME.vN.yaml beside the files")
    parser.add_argument("--version", type=int, metavar="N", help="version under which the filter is saved")
    parser.add_argument(
        "--date", default=datetime.date.today().isoformat(), metavar="DATE", help="date on the cover (default: today)"
    )
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")


def main(arguments: argparse.Namespace) -> int:
    """Print the blocks that pass; write and save what was asked for."""
    from khanij.foundation.environment import output_folder
    from khanij.foundation.files import write_bytes_atomically
    from pipelines.cli.shown.replies import note
    from publishing.sets.snapshot import published_files, real_files
    from publishing.shortlists.filters import load_filter, make_filter, save_filter
    from publishing.shortlists.shortlist import build_shortlist, nothing_passes
    from publishing.shortlists.shortlist_files import check_formats, write_shortlist

    own = {name: getattr(arguments, name) for name in ("basket", "name", "version")}
    given = {name: value for name, value in own.items() if value is not None} | given_settings(arguments)
    chosen = (
        make_filter(**(load_filter(arguments.filter).settings() | given)) if arguments.filter else make_filter(**given)
    )
    formats = [f.strip() for f in (arguments.format or "").split(",") if f.strip()]
    check_formats(formats)
    named = [file for region in arguments.region or () for file in published_files(region, arguments.scenario)]
    files = named or real_files(published_files(None, arguments.scenario))
    shortlist = build_shortlist(files, chosen)
    if not shortlist.rows:
        raise nothing_passes(shortlist)
    _print(shortlist)

    note(arguments, filter=chosen.settings())
    if arguments.json:
        from pipelines.cli.shown.replies import rows_of

        note(arguments, blocks=rows_of(shortlist.blocks.drop(columns="geometry")))

    folder, text = folder_for(chosen, list(shortlist.runs), output_folder(arguments.scenario) / "shortlists")
    folder = arguments.out or folder
    if formats:
        for file in write_shortlist(shortlist, formats, folder, arguments.date).values():
            print(file.path)
            note(arguments, files=[file.path])
        if not arguments.out:
            write_bytes_atomically(folder / "filter.yaml", text.encode())
    if arguments.save:
        saved = save_filter(chosen, folder)
        print(saved)
        note(arguments, files=[saved])
    return 0


def _print(shortlist: Shortlist) -> None:
    """The list as a table, ranked blocks and others apart, and what a reader must know of what is not in it."""
    from khanij.foundation.cells import is_known
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.terminal import terminal

    for said in shortlist.scenarios():
        print(f"{said}.")
    blocks = shortlist.rows
    title = f"{len(blocks)} block{'s' if len(blocks) != 1 else ''}: {shortlist.chosen.described() or 'no filter'}"
    several = [c for c in ("region", "kind") if len({getattr(b, c) for b in blocks}) > 1]
    ranked = [b for b in blocks if b.rank is not None]
    for part, columns in ((ranked, _RANKED), ([b for b in blocks if b.rank is None], _UNRANKED)):
        if not part:
            continue
        wanted = {c: c for c in several} | columns
        present = [c for c in wanted if any(is_known(getattr(b, c, None)) for b in part)]
        values = [[getattr(b, c) for c in present] for b in part]
        rows = [
            ["" if not is_known(v) else f"{v:.3g}" if isinstance(v, float) else str(v) for v in row] for row in values
        ]
        print_table(terminal(), title, [wanted[name] for name in present], rows)
        title = ""
    for line in shortlist.told():
        print(line)
