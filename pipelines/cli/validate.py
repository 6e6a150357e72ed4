"""hold a file of yours against the contract of a layer, and say what would be kept, flagged and held"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table


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
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="held and flagged rows to print (default 20)")


def main(arguments: argparse.Namespace) -> int:
    """Print the report; exit status 1 when rows were held, 2 when the file could not be read at all."""
    from data_sources.cards import load_card
    from data_sources.readers.survey import read_layer

    admitted = read_layer(arguments.file, arguments.layer, card=load_card(arguments.card) if arguments.card else None)
    console = Console(highlight=False, soft_wrap=False)
    report = admitted.report
    console.print(
        f"{arguments.file} as {arguments.layer}: {report['rows_in']} rows in, {report['rows_kept']} kept ({report['rows_flagged']} flagged), {report['rows_quarantined']} held"
    )
    for title, frame in (("Held", admitted.quarantine), ("Flagged", admitted.flags)):
        if not len(frame):
            continue
        table = Table(
            "row",
            "field",
            "value",
            "reason",
            title=f"{title}: the first {min(arguments.rows, len(frame))} of {len(frame)}",
        )
        for line in frame.head(arguments.rows).itertuples():
            table.add_row(str(line.row), str(line.field), str(line.value), str(line.reason))
        console.print(table)
    return 1 if report["rows_quarantined"] else 0
