"""The tables that ``khanij run`` prints."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from publishing.explain import kinds_in, top_rows
from publishing.geopackage.publication import SAMPLE_MARK
from publishing.geopackage.reading import is_sample, read_table
from publishing.headline import prospects_said

# What may break over two lines; an identifier must stay whole, so that it can be copied.
WRAPPED = {"Name", "Elements", "State", "Missing", "Likely"}


def print_result(console: Console, geopackage: Path, top: int) -> None:
    """The top of every kind, by rank where any block is ranked and by fertility where none is."""
    for kind, (blocks, ranked, listed) in kinds_in(geopackage).items():
        headline = prospects_said(read_table(geopackage, "ranked_blocks"), kind)
        if headline:
            console.print(headline, markup=False)
        what = f"{kind}: {blocks} blocks, {ranked} ranked"
        if listed:
            what += f", {listed} without quantified waste listed by fertility"
        if not ranked and not listed:
            console.print(f"{what}; the others are held back, each with its reason in status_reason", markup=False)
            continue
        header, rows = top_rows(geopackage, kind, top)
        mark = f"{SAMPLE_MARK}. " if is_sample(geopackage) else ""
        reading = (
            f"{kind}: top {len(rows)} of {ranked} by rank (P10 is the low case; rank P05 is the best place)"
            if ranked
            else f"{kind}: top {len(rows)} of {listed} by fertility; no rank without quantified waste"
        )
        table = Table(title=f"{mark}{reading}", title_justify="left", header_style="bold")
        for name in header:
            table.add_column(name, no_wrap=name not in WRAPPED, overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
