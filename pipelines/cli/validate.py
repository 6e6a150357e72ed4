"""hold a file of yours against the contract of a layer, and say what would be kept, flagged and held"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij validate``."""
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="Shapefile (zipped or not), GeoPackage, GeoJSON, GeoParquet, CSV or XLSX",
    )
    parser.add_argument(
        "--as",
        dest="layer",
        required=True,
        metavar="LAYER",
        help="the layer it should be, such as stream_sediments, waste_sites, grades, auction_blocks",
    )
    parser.add_argument("--card", metavar="NAME", help="a source card that names the columns and units")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="reasons to print (default 20)")


def main(arguments: argparse.Namespace) -> int:
    """Print the report; exit status 1 when rows were held, 2 when the file could not be read at all."""
    from rich.table import Table

    from data_sources.cards import load_card
    from data_sources.readers.survey import read_layer
    from pipelines.cli.shown.terminal import terminal

    admitted = read_layer(arguments.file, arguments.layer, card=load_card(arguments.card) if arguments.card else None)
    console = terminal()
    report = admitted.report
    console.print(
        f"{arguments.file} as {arguments.layer}: {report['rows_in']} rows in, {report['rows_kept']} kept "
        f"({report['rows_flagged']} of them flagged), {report['rows_quarantined']} held"
    )
    if report.get("columns_unmapped"):
        console.print(f"Columns not used: {', '.join(map(str, report['columns_unmapped']))}")
    for title, frame in (("Held: not used", admitted.quarantine), ("Flagged: used, and marked", admitted.flags)):
        if not len(frame):
            continue
        table = Table("rows", "reason", "for example row", "field", "value", title=title, title_justify="left")
        groups = frame.assign(what=frame["reason"].astype("str")).groupby("what", sort=False)
        for reason, rows in sorted(groups, key=lambda item: -len(item[1]))[: arguments.rows]:
            first = rows.iloc[0]
            table.add_row(str(len(rows)), str(reason), *(_text(first[name]) for name in ("row", "field", "value")))
        console.print(table)
    return 1 if report["rows_quarantined"] or len(admitted.quarantine) else 0


def _text(value: object) -> str:
    import pandas as pd

    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
