"""filter the ranked blocks, print them, and write them as spreadsheet, table, map or report"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

TEXTS = {
    "kind": "kind of block, such as waste_block",
    "status": "RANKED (default), OUT_OF_BASKET, UNQUANTIFIED, GATED or LEASED",
    "state": "state or union territory",
    "district": "district",
    "element": "blocks whose route sells this element",
    "prospect": "PAYS, MAY_PAY or NEEDS_MORE",
}
NUMBERS = {
    "max_rank": (int, "N", "rank N or better"),
    "min_p_top10": (float, "P", "at least this share of draws among the first ten"),
    "min_p_top20": (float, "P", "at least this share of draws among the first twenty"),
    "min_p_pays": (float, "P", "at least this share of draws in which it pays"),
    "max_price_multiple": (float, "X", "needed price multiple of at most X (1 pays today)"),
    "min_tonnage_t": (float, "T", "at least T tonnes (P50)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij shortlist``."""
    parser.add_argument(
        "--region", action="append", metavar="R", help="region (repeatable); without it, every region that was run"
    )
    parser.add_argument("--basket", metavar="B", help="rank by this basket, such as magnet_ree or china_seven")
    for name, text in TEXTS.items():
        parser.add_argument(
            f"--{name}", action="append", metavar=name.upper(), help=f"{text} (repeatable, or with commas)"
        )
    for name, (kind, metavar, text) in NUMBERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    parser.add_argument("--worst-class", metavar="CLASS", help="knowledge class of at least G1, G2, G3, G4 or analogue")
    parser.add_argument("--format", metavar="F,F", help="write files: xlsx, csv, gpkg, geojson, kml, pdf")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the files (default: output/shortlists/NAME)")
    parser.add_argument("--name", metavar="NAME", help="name of the shortlist")
    parser.add_argument("--filter", type=Path, metavar="FILE", help="repeat a saved filter")
    parser.add_argument("--save", action="store_true", help="save the filter as NAME.vN.yaml beside the files")
    parser.add_argument("--version", type=int, metavar="N", help="version under which the filter is saved")
    parser.add_argument(
        "--date", default=datetime.date.today().isoformat(), metavar="DATE", help="date on the cover (default: today)"
    )


def main(arguments: argparse.Namespace) -> int:
    """Print the blocks that pass; write and save what was asked for."""
    from rich.table import Table

    from khanij.foundation.cells import is_known
    from khanij.foundation.environment import output_folder
    from pipelines.cli.shown.terminal import terminal
    from publishing.sets.snapshot import published_files
    from publishing.shortlists.shortlist import build_shortlist, load_filter, make_filter, nothing_passes, save_filter
    from publishing.shortlists.shortlist_files import check_formats, write_shortlist

    settings = {name: getattr(arguments, name) for name in ("basket", *NUMBERS, "worst_class", "name", "version")}
    settings |= {name: ",".join(value) if (value := getattr(arguments, name)) else None for name in TEXTS}
    given = {name: value for name, value in settings.items() if value is not None}
    chosen = (
        make_filter(**(load_filter(arguments.filter).settings() | given)) if arguments.filter else make_filter(**given)
    )
    formats = [f.strip() for f in (arguments.format or "").split(",") if f.strip()]
    check_formats(formats)
    files = [file for region in arguments.region or [None] for file in published_files(region)]
    shortlist = build_shortlist(files, chosen)
    if shortlist.blocks.empty:
        raise nothing_passes(shortlist)

    columns = {"region": "region", "kind": "kind", "rank": "rank", "tier": "tier", "rank_p05": "P05", "rank_p95": "P95", "block_id": "block", "name": "name", "state": "state", "rank_fertility": "by fertility", "fertility_axis": "percentile", "score_mean": "score", "p_top20": "P(top 20)", "p_pays": "P(pays)", "price_multiple_needed": "needs prices x"}  # fmt: skip
    table = Table(title=f"{len(shortlist.blocks)} blocks: {chosen.described() or 'no filter'}", title_justify="left")
    blocks = shortlist.blocks
    by_rank = blocks["rank"].notna().any()
    unused = (
        ("rank_fertility", "fertility_axis")
        if by_rank
        else ("rank", "tier", "rank_p05", "rank_p95", "score_mean", "p_top20")
    )
    present = [name for name in columns if name in blocks.columns and name not in unused]
    for name in present:
        table.add_column(columns[name], no_wrap=name in ("block_id", "kind"))
    for row in blocks[present].itertuples(index=False):
        table.add_row(
            *(
                "" if not is_known(value) else f"{value:.3g}" if isinstance(value, float) else str(value)
                for value in row
            )
        )
    terminal().print(table)

    folder = arguments.out or output_folder() / "shortlists" / chosen.name
    if formats:
        for file in write_shortlist(shortlist, formats, folder, arguments.date).values():
            print(file.path)
    if arguments.save:
        print(save_filter(chosen, folder))
    return 0
