"""write the numbers of all regions as OpenMetrics text, for Prometheus, node_exporter or any other monitoring system"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij metrics``."""
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="write there, whole or not at all, instead of printing: a .prom file in node_exporter's textfile folder",
    )
    parser.add_argument("--region", action="append", metavar="R", help="this region alone; may be given again")


def main(arguments: argparse.Namespace) -> int:
    """Gather, and print or write."""
    import time

    from pipelines.cli.shown.replies import note
    from pipelines.reports.families import families_of
    from pipelines.reports.gathering import gathered
    from pipelines.reports.openmetrics import text_of, write_text

    seen = gathered(arguments.region)
    families = families_of(seen.regions, seen.workspace, seen.runs, seen.verdicts, seen.alerts, time.time())
    text = text_of(families)
    if arguments.file is None:
        print(text, end="")
    else:
        write_text(arguments.file, text)
        print(arguments.file)
        note(arguments, files=[arguments.file])
    note(
        arguments,
        samples=[
            {"name": family.name, "labels": dict(labels), "value": value}
            for family in families
            for labels, value in family.samples
        ],
    )
    return 0
