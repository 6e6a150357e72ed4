"""What stands on the pages of a dossier: maps, charts, figures with ranges, sites, elements, gates, sources.

Belongs here: the layout of a page. Does not belong here: files, or a number that is not in the GeoPackage.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib_scalebar.scalebar import ScaleBar

from data_sources.sheets import sheet_of
from publishing.escaping import plain
from publishing.publication import SAMPLE_MARK
from publishing.qgis.forms import CONTRIBUTIONS, KIND_WORDS, STATUS_WORDS
from publishing.qgis.styles import RANK_CLASSES
from publishing.reading import records
from publishing.shortlist import Shortlist
from publishing.wording import (
    amount,
    is_known,
    kilograms,
    number,
    one_line,
    place,
    rank_interval,
    share,
    tonnes,
    triple,
)

_A4 = (8.27, 11.69)
_MAP_SIZE = (0.40, 0.27)
_BOX = _MAP_SIZE[0] * _A4[0] / (_MAP_SIZE[1] * _A4[1])  # width over height of a map
_INK, _SOFT, _LINE, _RED = "#1d1c1a", "#66635c", "#c9c5ba", "#b00020"
CLASS_WORDS = {
    "G1": "G1, detailed exploration (UNFC G1)",
    "G2": "G2, general exploration (UNFC G2)",
    "G3": "G3, prospecting (UNFC G3)",
    "G4": "G4, reconnaissance (UNFC G4)",
    "analogue": "analogue: borrowed from elsewhere or derived; below any exploration stage",
    "none": "none: no usable figure",
}


@dataclass(frozen=True)
class Book:
    """The frames behind a set of dossiers."""

    blocks: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    shares: pd.DataFrame
    elements: pd.DataFrame
    advice: pd.DataFrame
    states: gpd.GeoDataFrame | None
    info: dict[str, str]

    @property
    def is_sample(self) -> bool:
        """True if the region is made up."""
        return self.info.get("warning", "").startswith("SAMPLE")

    @cached_property
    def shapes(self) -> dict[str, Any]:
        """Block to geometry."""
        return dict(zip(self.blocks["block_id"], self.blocks.geometry))

    @cached_property
    def centres(self) -> np.ndarray:
        """Longitude and latitude of every placed block, shape (n, 2)."""
        placed = [g for g in self.blocks.geometry if g is not None and not g.is_empty]
        return shapely.get_coordinates(shapely.centroid(placed)) if placed else np.empty((0, 2))

    @cached_property
    def ranked(self) -> dict[str, int]:
        """Ranked blocks by kind."""
        counts = self.blocks[self.blocks["rank"].notna()].groupby("kind").size()
        return {str(k): int(n) for k, n in counts.items()}

    @cached_property
    def site_of(self) -> dict[str, SimpleNamespace]:
        """Site to its row, with ``point``."""
        rows = records(pd.DataFrame(self.sites.drop(columns="geometry")))
        for row, point in zip(rows, self.sites.geometry):
            row.point = point
        return {r.site_id: r for r in rows}

    @cached_property
    def _groups(self) -> dict[str, dict[str, list[SimpleNamespace]]]:
        frames = {
            "shares": self.shares.sort_values(["inside", "near", "site_id"], ascending=[False, False, True]),
            "elements": self.elements.sort_values(
                ["revenue_share", "contained_kg_p50"], ascending=False, na_position="last"
            ),
            "advice": self.advice.sort_values("priority"),
        }
        return {k: {str(b): records(part) for b, part in f.groupby("block_id", sort=False)} for k, f in frames.items()}

    @cached_property
    def advice_of_site(self) -> dict[str, list[SimpleNamespace]]:
        """Advice on sites that would first have to enter a ranking, by site."""
        free = self.advice[self.advice["block_id"].isna()]
        return {r.site_id: [r] for r in records(free)}

    def rows(self, table: str, block_id: str) -> list[SimpleNamespace]:
        """The rows of ``shares``, ``elements`` or ``advice`` of one block."""
        return self._groups[table].get(block_id, [])


class Writer:
    """A page that is written from the top down, in points from its top-left corner."""

    def __init__(self, book: Book, r: SimpleNamespace, page: int) -> None:
        self.figure = Figure(figsize=_A4)
        self.y = 0.0
        self.left, self.width = 0.08, 0.84
        mark = f"{SAMPLE_MARK}   " if book.is_sample else ""
        self.text(self.left, 0.955, one_line(plain(r.name), 58) or r.block_id, 15, weight="bold")
        where = ", ".join(one_line(plain(v)) for v in (r.district, r.state) if is_known(v))
        self.text(self.left, 0.936, f"{KIND_WORDS.get(r.kind, r.kind)} {r.block_id}    {where}", 9.5, colour=_SOFT)
        if mark:
            self.text(0.92, 0.975, mark.strip(), 11, colour=_RED, weight="bold", ha="right")
        self.figure.add_artist(_rule(0.928))
        info = book.info
        configuration = (info.get("configuration_sha256") or info.get("configuration_hash") or "not stated")[:12]
        foot = f"{info.get('title', '')}. Configuration {configuration}, price deck {info.get('price_deck', '?')}. P10 is the low case; rank P05 is the best place. A blank is not known."
        for i, line in enumerate(textwrap.wrap(one_line(plain(foot)), 150)[:2]):
            self.text(self.left, 0.038 - 0.011 * i, line, 6.8, colour=_SOFT)
        self.text(0.92, 0.016, f"page {page} of 2", 6.8, colour=_SOFT, ha="right")
        self.y = 0.905

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = _INK,
        weight: str = "normal",
        ha: str = "left",
    ) -> None:
        """A line of text at a place."""
        self.figure.text(x, y, text, fontsize=size, color=colour, weight=weight, ha=ha, va="baseline", parse_math=False)

    def heading(self, text: str) -> None:
        """A heading at the present height."""
        self.y -= 0.012
        self.text(self.left, self.y, text, 10, weight="bold")
        self.y -= 0.017

    def paragraph(
        self, text: object, *, size: float = 9, columns: int = 112, most: int = 8, colour: str = _INK
    ) -> None:
        """Wrapped text; what does not fit is cut with a mark."""
        lines = textwrap.wrap(one_line(plain(text)), columns)
        if len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1][: columns - 2] + " …"]
        for line in lines:
            self.text(self.left, self.y, line, size, colour=colour)
            self.y -= size * 0.00168

    def facts(self, pairs: list[tuple[str, str]], x: float | None = None, wide: float = 0.24, most: int = 72) -> None:
        """Label and value, one pair a line."""
        x = self.left if x is None else x
        for label, value in pairs:
            lines = textwrap.wrap(one_line(plain(value)), most)[:3] or ["not known"]
            self.text(x, self.y, label, 8.5, colour=_SOFT)
            for line in lines:
                self.text(x + wide, self.y, line, 8.5)
                self.y -= 0.0142

    def table(
        self, head: list[str], rows: list[list[str]], starts: list[float], lengths: list[int], most: int = 12
    ) -> None:
        """Columns at fixed starts (0..1 of the width); texts are cut to their column."""
        for title, start in zip(head, starts):
            self.text(self.left + start * self.width, self.y, title, 7.5, colour=_SOFT, weight="bold")
        self.figure.add_artist(_rule(self.y - 0.004))
        self.y -= 0.0155
        for row in rows[:most]:
            for value, start, length in zip(row, starts, lengths):
                self.text(self.left + start * self.width, self.y, one_line(plain(value), length), 8)
            self.y -= 0.0138
        if len(rows) > most:
            self.text(self.left, self.y, f"and {len(rows) - most} more in the GeoPackage", 7.5, colour=_SOFT)
            self.y -= 0.0138


def _rule(y: float) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([0.08, 0.92], [y, y], color=_LINE, linewidth=0.7)


def first_page(book: Book, r: SimpleNamespace) -> Figure:
    """Where it is, where it stands, why."""
    w = Writer(book, r, 1)
    status = STATUS_WORDS.get(r.status, r.status)
    if r.status == "RANKED":
        w.text(w.left, w.y, f"Place {place(r.rank)} of {book.ranked.get(r.kind, '?')}", 19, weight="bold")
        w.text(
            w.left + 0.36,
            w.y + 0.008,
            f"between {rank_interval(r.rank_p05, r.rank_p95)} (P05 best place to P95 worst)",
            9.5,
        )
        w.text(
            w.left + 0.36, w.y - 0.008, f"P(top 10) {share(r.p_top10)}, P(top 20) {share(r.p_top20)}", 9.5, colour=_SOFT
        )
    else:
        w.text(w.left, w.y, status, 16, weight="bold")
    w.y -= 0.026
    if is_known(r.status_reason):
        w.paragraph(r.status_reason, most=3, colour=_RED if r.status in ("GATED", "LEASED") else _INK)
    shape = book.shapes.get(r.block_id)
    _locator(w.figure.add_axes((0.08, 0.575, *_MAP_SIZE)), book, shape)
    _close_up(w.figure.add_axes((0.52, 0.575, *_MAP_SIZE)), book, r, shape)
    w.y = 0.545
    if shape is not None and not shape.is_empty:
        centre = shape.centroid
        sheet = sheet_of(centre.x, centre.y)
        text = f"{centre.y:.4f} N, {centre.x:.4f} E; Survey of India sheet {sheet or 'not numbered'}; geometry: {one_line(r.geometry_basis) or 'not stated'}"
    else:
        text = "Position not known."
    w.text(w.left, w.y, text, 8, colour=_SOFT)
    w.y -= 0.012
    if r.status == "RANKED":
        w.heading(f"Score {number(r.score_mean)} of 100 (P10 {number(r.score_p10)} to P90 {number(r.score_p90)})")
        _contributions(w.figure.add_axes((0.08, w.y - 0.026, 0.84, 0.030)), r)
        w.y -= 0.05
        w.heading("Rank")
        _rank_axis(w.figure.add_axes((0.08, w.y - 0.020, 0.84, 0.026)), r, book.ranked.get(r.kind, 1))
        w.y -= 0.052
    w.heading("Value")
    pairs = [
        ("Tonnage, P50", tonnes(r.tonnage_t_p50)),
        ("Margin of the project", triple(r, "margin_usd_per_t", unit="USD/t")),
        ("P(margin > 0)", share(r.p_margin_positive)),
        ("Break-even price multiple", _breakeven(r.breakeven_price_multiple)),
        ("Net value of the basket", triple(r, "net_value_usd", amount, "USD")),
        ("Main elements", one_line(r.top_elements) or "not known"),
        ("Knowledge class", CLASS_WORDS.get(str(r.knowledge_class), "not stated")),
    ]
    w.facts(pairs)
    w.heading("In words")
    w.paragraph(r.explanation, most=max(3, int((w.y - 0.06) / 0.0144)))
    return w.figure


def second_page(book: Book, r: SimpleNamespace) -> Figure:
    """Sites, elements, law, knowledge, what to measure next, sources."""
    w = Writer(book, r, 2)
    shares = book.rows("shares", r.block_id)
    w.heading("Waste sites")
    if shares:
        rows = []
        for s in shares:
            site = book.site_of.get(s.site_id)
            rows.append(
                [
                    s.site_id, one_line(site.name) if site else "", share(s.inside), share(s.near), number(s.distance_km),
                    triple(site, "tonnage_t", tonnes) if site else "", str(site.knowledge_class) if site else "",
                ]
            )  # fmt: skip
        head = ["Site", "Name", "inside", "near", "km", "Tonnage", "Class"]
        w.table(head, rows, [0, 0.13, 0.45, 0.515, 0.57, 0.625, 0.91], [16, 38, 8, 8, 7, 42, 9], most=6)
    else:
        nearest = (
            f" Nearest: {r.nearest_site_id} at {number(r.nearest_site_km)} km." if is_known(r.nearest_site_id) else ""
        )
        w.paragraph(f"No site of the register lies inside or within reach.{nearest}")
    w.heading("Elements (of the element, not the oxide)")
    elements = book.rows("elements", r.block_id)
    if elements:
        rows = [[e.element, triple(e, "contained_kg", kilograms), triple(e, "recoverable_kg", kilograms) if is_known(e.recoverable_kg_p50) else "not sold by the route", share(e.revenue_share) if is_known(e.revenue_share) else "-"] for e in elements]  # fmt: skip
        w.table(
            ["Element", "Contained", "Recoverable", "Share of revenue"],
            rows,
            [0, 0.12, 0.47, 0.84],
            [12, 42, 42, 8],
            most=10,
        )
    else:
        w.paragraph(
            f"No usable assay. Likely companions (not measured): {one_line(r.likely_companions) or 'not known'}."
        )
    w.heading("Law and access")
    gates = [
        f"{s.site_id}: {site.status_reason}"
        for s in shares
        if (site := book.site_of.get(s.site_id)) and is_known(site.status_reason)
    ]
    law = [*([str(r.status_reason)] if r.status in ("GATED", "LEASED") else []), *gates]
    w.paragraph("; ".join(law) if law else "No gate is recorded in the sources used; that is not a clearance.", most=4)
    modifier = f"Modifier {number(r.modifier)}. " if is_known(r.modifier) and float(r.modifier) < 1 else ""
    w.paragraph(f"{modifier}Lease: {one_line(r.lease_status) or 'not stated'}.", most=2)
    w.heading("How well it is known")
    w.facts(
        [
            ("Knowledge class", CLASS_WORDS.get(str(r.knowledge_class), "not stated")),
            ("Completeness", f"{number(r.completeness_pct)} %" if is_known(r.completeness_pct) else "not known"),
            ("Missing", one_line(r.missing) or "nothing that the assessment asks for"),
            ("Flags", one_line(r.flags) or "none"),
        ]
    )
    w.heading("What to measure next")
    advice = book.rows("advice", r.block_id) or book.advice_of_site.get(str(r.site_id), [])
    for a in advice[:3]:
        w.paragraph(f"{a.site_id}, number {place(a.priority)} of all sites: {one_line(a.advice)}", most=3)
    if not advice:
        w.paragraph(
            f"First: {one_line(r.missing)}." if is_known(r.missing) else "No single measurement stands out.", most=2
        )
    w.heading("Sources")
    w.paragraph(r.sources, size=7.5, columns=138, most=max(2, int((w.y - 0.06) / 0.0127)))
    return w.figure


def list_pages(shortlist: Shortlist, date: str) -> Iterator[Figure]:
    """The list itself, thirty blocks a page."""
    rows = records(pd.DataFrame(shortlist.blocks.drop(columns="geometry")))
    pages = [rows[i : i + 30] for i in range(0, len(rows), 30)]
    for page, part in enumerate(pages, start=1):
        figure = Figure(figsize=_A4)

        def say(x: float, y: float, text: str, size: float, figure: Figure = figure, **more: Any) -> None:
            figure.text(x, y, text, fontsize=size, parse_math=False, **more)

        say(0.08, 0.95, f"Shortlist {shortlist.chosen.name}", 17, weight="bold")
        if shortlist.is_sample:
            say(0.92, 0.975, SAMPLE_MARK, 11, color=_RED, weight="bold", ha="right")
        say(0.08, 0.930, one_line(plain(shortlist.title), 100), 10, color=_SOFT)
        for i, line in enumerate(
            textwrap.wrap(f"Filter: {shortlist.chosen.described() or 'none'}.{f' Date: {date}.' if date else ''}", 112)[
                :2
            ]
        ):
            say(0.08, 0.912 - 0.013 * i, line, 8.5, color=_SOFT)
        y = 0.872
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
            say(x, y, title, 7.5, color=_SOFT, weight="bold")
        figure.add_artist(_rule(y - 0.005))
        for r in part:
            y -= 0.0245
            values = (place(r.rank) if is_known(r.rank) else "-", rank_interval(r.rank_p05, r.rank_p95).replace(" to ", "-").replace("not known", "-"), one_line(plain(r.name), 46), one_line(plain(r.state), 18), number(r.score_mean).replace("not known", "-"), share(r.p_top20).replace("not known", "-"), one_line(r.knowledge_class, 9))  # fmt: skip
            for value, (_, x) in zip(values, columns):
                say(x, y, value, 8.5)
            say(0.21, y - 0.0105, f"{r.block_id}  {one_line(plain(r.top_elements), 60)}", 6.8, color=_SOFT)
        say(
            0.08,
            0.03,
            "P10 is the low case; rank P05 is the best place. A rank is an order under stated inputs, not a resource.",
            7,
            color=_SOFT,
        )
        say(0.92, 0.03, f"list {page} of {len(pages)}", 7, color=_SOFT, ha="right")
        yield figure


def _breakeven(value: object) -> str:
    if not is_known(value):
        return "none: nothing is sold, or nothing is known"
    x = float(value)  # type: ignore[arg-type]
    return f"{number(x)}: " + ("it pays at today's prices" if x <= 1 else f"prices must be {number(x)} times today's")


def _locator(axes: Axes, book: Book, shape: Any) -> None:
    """Where in the region: all blocks as dots, this one marked; no boundary is drawn."""
    points = book.centres
    axes.set_facecolor("#fbfaf6")
    if len(points):
        axes.scatter(points[:, 0], points[:, 1], s=5, color="#c8bfae", linewidths=0, zorder=2)
        if book.states is not None:
            for state, p in zip(book.states["state"], book.states.geometry):
                axes.text(
                    p.x,
                    p.y,
                    str(state).removeprefix("UT: ").upper(),
                    fontsize=4.6,
                    color="#9a9484",
                    ha="center",
                    zorder=1,
                    clip_on=True,
                )
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = (low + high) / 2
        squeeze = np.cos(np.radians(y))
        half = 0.53 * max(high[1] - low[1], (high[0] - low[0]) * squeeze / _BOX, 0.2)
        axes.set_xlim(x - half * _BOX / squeeze, x + half * _BOX / squeeze)
        axes.set_ylim(y - half, y + half)
    if shape is not None and not shape.is_empty:
        c = shape.centroid
        axes.plot(
            [c.x],
            [c.y],
            marker="o",
            markersize=9,
            markerfacecolor="none",
            markeredgecolor=_RED,
            markeredgewidth=1.6,
            zorder=4,
        )
        axes.plot([c.x], [c.y], marker="o", markersize=3, color=_RED, zorder=4)
    axes.grid(True, color="#e6e2d6", linewidth=0.5)
    axes.tick_params(labelsize=6, length=2, colors=_SOFT)
    axes.set_title("In the region", fontsize=8, loc="left", color=_SOFT)


def _close_up(axes: Axes, book: Book, r: SimpleNamespace, shape: Any) -> None:
    """The block itself with sheets and sites."""
    axes.tick_params(labelsize=6, length=2, colors=_SOFT)
    axes.set_title("Close up, with Survey of India sheets", fontsize=8, loc="left", color=_SOFT)
    if shape is None or shape.is_empty:
        axes.text(0.5, 0.5, "position not known", ha="center", va="center", transform=axes.transAxes, color=_SOFT)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    squeeze = np.cos(np.radians(y))
    half = max(north - south, (east - west) * squeeze, 0.012) * 0.95
    quarter = np.arange(4 * 60, 4 * 102) / 4  # sheets of 15 minutes
    for edge in quarter[(quarter > x - half * 1.2 / squeeze) & (quarter < x + half * 1.2 / squeeze)]:
        axes.axvline(edge, color="#cfcaba", linewidth=0.7, zorder=1)
    quarter -= 60
    for edge in quarter[(quarter > y - half) & (quarter < y + half)]:
        axes.axhline(edge, color="#cfcaba", linewidth=0.7, zorder=1)
    colour = next(
        (c for low, high, c in RANK_CLASSES if is_known(r.rank) and low <= r.rank and (high is None or r.rank <= high)),
        "#9a9a9a",
    )
    parts = [Polygon(shapely.get_coordinates(p.exterior)) for p in getattr(shape, "geoms", [shape])]
    axes.add_collection(PatchCollection(parts, facecolor=colour, alpha=0.35, edgecolor=colour, linewidth=1.4, zorder=2))
    for s in book.rows("shares", r.block_id)[:8]:
        site = book.site_of.get(s.site_id)
        if site is not None and site.point is not None and not site.point.is_empty:
            axes.plot(
                [site.point.x],
                [site.point.y],
                marker="^",
                markersize=6,
                color="#8c510a",
                markeredgecolor="white",
                markeredgewidth=0.6,
                zorder=3,
            )
            axes.annotate(
                s.site_id,
                (site.point.x, site.point.y),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=6,
                clip_on=True,
            )
    axes.set_xlim(x - half * _BOX / squeeze, x + half * _BOX / squeeze)
    axes.set_ylim(y - half, y + half)
    axes.ticklabel_format(useOffset=False)
    axes.locator_params(nbins=4)
    axes.text(
        0.98,
        0.97,
        str(sheet_of(x, y) or ""),
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9,
        color="#9a9484",
        weight="bold",
    )
    axes.add_artist(
        ScaleBar(
            111_320 * squeeze,
            "m",
            location="lower left",
            box_alpha=0.7,
            font_properties={"size": 6},
            rotation="horizontal-only",
        )
    )


def _contributions(axes: Axes, r: SimpleNamespace) -> None:
    start = 0.0
    axes.add_patch(Rectangle((0, 0), 100, 1, facecolor="#ecebe6", linewidth=0))
    for column, word, colour in CONTRIBUTIONS:
        points = getattr(r, column)
        if not is_known(points):
            continue
        axes.add_patch(Rectangle((start, 0), float(points), 1, facecolor=colour, linewidth=0))
        if points > 7:
            axes.text(
                start + points / 2,
                0.5,
                f"{word} {number(points)}",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white",
            )
        start += float(points)
    axes.plot([r.score_p10, r.score_p90], [-0.25, -0.25], color=_INK, linewidth=1.2, clip_on=False)
    axes.plot([r.score_p50], [-0.25], marker="|", color=_INK, markersize=6, clip_on=False)
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.45, 1)
    axes.axis("off")


def _rank_axis(axes: Axes, r: SimpleNamespace, n: int) -> None:
    axes.barh([0], [r.rank_p95 - r.rank_p05], left=[r.rank_p05], height=0.5, color="#bdaed6")
    axes.plot([r.rank_p50], [0], marker="|", color="#4d004b", markersize=11, markeredgewidth=2)
    axes.plot([float(r.rank)], [0], marker="o", color="#4d004b", markersize=5)
    axes.set_xlim(0.5, max(n, 2) + 0.5)
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([])
    axes.tick_params(labelsize=6.5, length=2)
    axes.spines[["top", "right", "left"]].set_visible(False)
