"""The pages of a shortlist's PDF that list its blocks, before the pages on each.

Belongs here: the layout of the list. Does not belong here: a block's own pages (``dossier_pages``).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain
from khanij.foundation.wording import number, one_line, place, rank_interval, share
from publishing.dossiers.dossier_figures import A4, RED, SOFT
from publishing.dossiers.dossier_pages import rule
from publishing.geopackage.reading import SAMPLE_MARK, records
from publishing.shortlists.shortlist import Shortlist


def list_pages(shortlist: Shortlist, date: str) -> Iterator[Figure]:
    """The list itself, thirty blocks a page."""
    rows = records(pd.DataFrame(shortlist.blocks.drop(columns="geometry")))
    pages = [rows[i : i + 30] for i in range(0, len(rows), 30)]
    for page, part in enumerate(pages, start=1):
        figure = Figure(figsize=A4)

        def say(x: float, y: float, text: str, size: float, figure: Figure = figure, **more: Any) -> None:
            figure.text(x, y, text, fontsize=size, parse_math=False, **more)

        say(0.08, 0.95, f"Shortlist {shortlist.chosen.name}", 17, weight="bold")
        if shortlist.is_sample:
            say(0.92, 0.975, SAMPLE_MARK, 11, color=RED, weight="bold", ha="right")
        say(0.08, 0.930, one_line(plain(shortlist.title), 100), 10, color=SOFT)
        dated = f" Date: {date}." if date else ""
        verdicts = "".join(f" {said}." for said in shortlist.verdicts().values())
        told = f"Filter: {shortlist.chosen.described() or 'none'}. Places are out of {shortlist.told_peers()}.{verdicts}{dated}"
        headline = textwrap.wrap(one_line(plain(" ".join(shortlist.said()))), 108)[:4]
        for i, line in enumerate(headline):
            say(0.08, 0.912 - 0.013 * i, line, 8.5, weight="bold")
        below = 0.912 - 0.013 * len(headline)
        for i, line in enumerate(textwrap.wrap(told, 112)[:3]):
            say(0.08, below - 0.013 * i, line, 8.5, color=SOFT)
        y = below - 0.04
        columns = (
            ("Rank", 0.08),
            ("P05-P95", 0.13),
            ("Block", 0.21),
            ("State", 0.60),
            ("Score", 0.75),
            ("P(top 20)", 0.81),
            ("Class", 0.88),
        )
        for title, x in columns:
            say(x, y, title, 7.5, color=SOFT, weight="bold")
        figure.add_artist(rule(y - 0.005))
        for r in part:
            y -= 0.0245
            values = (place(r.rank) if is_known(r.rank) else "-", rank_interval(r.rank_p05, r.rank_p95).replace(" to ", "-").replace("not known", "-"), one_line(plain(r.name), 46), one_line(plain(r.state), 15), number(r.score_mean).replace("not known", "-"), share(r.p_top20).replace("not known", "-"), one_line(r.knowledge_class, 9))  # fmt: skip
            for value, (_, x) in zip(values, columns):
                say(x, y, value, 8.5)
            say(0.21, y - 0.0105, f"{r.block_id}  {one_line(plain(r.top_elements), 60)}", 6.8, color=SOFT)
        say(
            0.08,
            0.03,
            "; ".join(shortlist.scenarios())[:150]
            or "P10 is the low case; rank P05 is the best place. A rank is an order under stated inputs, not a resource.",
            7,
            color=SOFT,
        )
        say(0.92, 0.03, f"list {page} of {len(pages)}", 7, color=SOFT, ha="right")
        yield figure
