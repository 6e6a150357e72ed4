"""The tables that ``khanij run`` prints."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from publishing.explain import top_table
from data_sources.contracts.outputs import KINDS

COLUMNS = {"rank": "rank", "rank_p05": "P05", "rank_p95": "P95", "block_id": "block", "name": "name", "state": "state", "score_mean": "score", "p_top10": "P(top 10)", "margin_usd_per_t_p50": "margin USD/t", "breakeven_price_multiple": "break-even x", "knowledge_class": "class"}


def print_result(console: Console, geopackage: Path, top: int) -> None:
    """The top of every ranked kind, and the counts of every status."""
    for kind in KINDS:
        frame = top_table(geopackage, kind, top)
        if not len(frame):
            continue
        by_rank = frame["rank"].notna().any()
        title = f"{kind}: top {len(frame)} by rank (P05 is the best place, P95 the worst)" if by_rank else f"{kind}: top {len(frame)} by fertility, not ranked: no quantified waste"
        columns = COLUMNS if by_rank else {"rank_fertility": "rank by fertility", "block_id": "block", "name": "name", "state": "state", "fertility_axis": "fertility", "nearest_site_id": "nearest site", "nearest_site_km": "km"}
        table = Table(*columns.values(), title=title, title_justify="left")
        for row in frame[[c for c in columns if c in frame.columns]].itertuples(index=False):
            table.add_row(*("" if value is None or value != value else f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
        console.print(table)
