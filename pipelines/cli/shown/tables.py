"""The tables that ``khanij run`` prints, and the same as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.cli.shown.columns import print_table
from pipelines.cli.shown.replies import rows_of
from publishing.explain import kinds_in, top_rows, top_table
from publishing.geopackage.reading import SAMPLE_MARK, is_sample, read_rows, run_info
from publishing.headline import prospects_of, verdict_said
from publishing.scenario_words import scenario_said


def print_result(console: Console, geopackage: Path, top: int) -> None:
    """What the result is of, then the top of every kind, by rank where any is ranked and by fertility where none is."""
    info = run_info(geopackage)
    if scenario_said(info):
        console.print(f"{scenario_said(info)}.", markup=False)
    for kind, (blocks, ranked, listed) in kinds_in(geopackage).items():
        headline = prospects_of(read_rows(geopackage, "ranked_blocks", kind=kind), kind)
        if headline:
            console.print(headline, markup=False)
        if verdict_said(info, kind):
            console.print(f"{verdict_said(info, kind)}.", markup=False)
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
        print_table(console, f"{mark}{reading}", header, rows)


def result_of(geopackage: Path, top: int) -> dict[str, Any]:
    """What ``print_result`` says, as values: what the result is of, how firm each order is, the first blocks of each kind."""
    info = run_info(geopackage)
    kinds = {
        kind: {
            "blocks": blocks, "ranked": ranked, "listed_by_fertility": listed, "verdict": verdict_said(info, kind) or None,
            "top": rows_of(top_table(geopackage, kind, top)) if ranked or listed else [],
        }
        for kind, (blocks, ranked, listed) in kinds_in(geopackage).items()
    }  # fmt: skip
    differs = [part for part in info.get("scenario_differs", "").split("; ") if part]
    return {"differs": differs, "is_sample": is_sample(geopackage), "kinds": kinds}
