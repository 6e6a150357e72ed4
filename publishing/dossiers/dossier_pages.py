"""What stands on the pages of a dossier: maps, charts, figures with ranges, sites, elements, gates, sources.

Belongs here: the layout of a page. Does not belong here: files, or a number that is not in the GeoPackage.
"""

from __future__ import annotations

import textwrap
from types import SimpleNamespace
from typing import Any

from matplotlib.figure import Figure

from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.published.places import DOSSIER, HELD
from data_sources.sheets import sheet_of
from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain
from khanij.foundation.wording import (
    amount,
    chance,
    kilograms,
    number,
    one_line,
    place,
    rank_interval,
    share,
    tonnes,
    triple,
)
from publishing.citations import entries_cited, entry_said, link_of
from publishing.dossiers.dossier_figures import (
    A4,
    INK,
    LINE,
    LINK,
    MAP_SIZE,
    RED,
    SOFT,
    Book,
    draw_close_up,
    draw_contributions,
    draw_evidence,
    draw_locator,
    draw_rank_axis,
)
from publishing.geopackage.reading import SAMPLE_MARK, records
from publishing.headline import verdict_said
from publishing.scenario_words import scenario_said
from publishing.words import (
    CLASS_WORDS,
    KIND_WORDS,
    PROSPECT_WORDS,
    STATUS_WORDS,
    held_in_words,
    lease_in_words,
    premium_in_words,
    price_multiple_in_words,
    said,
)


class Writer:
    """A page that is written from the top down, in points from its top-left corner."""

    def __init__(self, book: Book, r: SimpleNamespace, page: int, pages: int = 2) -> None:
        self.figure = Figure(figsize=A4)
        self.y = 0.0
        self.left, self.width = 0.08, 0.84
        mark = f"{SAMPLE_MARK}   " if book.is_sample else ""
        self.text(self.left, 0.955, one_line(plain(r.name), 58) or r.block_id, 15, weight="bold")
        where = ", ".join(one_line(plain(v)) for v in (r.district, r.state) if is_known(v))
        self.text(self.left, 0.936, f"{KIND_WORDS.get(r.kind, r.kind)} {r.block_id}    {where}", 9.5, colour=SOFT)
        if mark:
            self.text(0.92, 0.975, mark.strip(), 11, colour=RED, weight="bold", ha="right")
        self.figure.add_artist(rule(0.928))
        info = book.info
        configuration = (info.get("configuration_sha256") or info.get("configuration_hash") or "not stated")[:12]
        scenario = f"{said}. " if (said := scenario_said(info, 3)) else ""
        foot = f"{scenario}{info.get('title', '')}. Configuration {configuration}, price deck {info.get('price_deck', '?')}. P10 is the low case; rank P05 is the best place. A blank is not known."
        for i, line in enumerate(textwrap.wrap(one_line(plain(foot)), 150)[:2]):
            self.text(self.left, 0.038 - 0.011 * i, line, 6.8, colour=SOFT)
        self.text(0.92, 0.016, f"page {page} of {pages}", 6.8, colour=SOFT, ha="right")
        self.y = 0.905

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK,
        weight: str = "normal",
        ha: str = "left",
        link: str = "",
    ) -> None:
        """A line of text at a place; ``link`` is what a click on it opens."""
        more: dict[str, Any] = {"url": link} if link else {}
        self.figure.text(
            x, y, text, fontsize=size, color=colour, weight=weight, ha=ha, va="baseline", parse_math=False, **more
        )

    def heading(self, text: str) -> None:
        """A heading at the present height."""
        self.y -= 0.012
        self.text(self.left, self.y, text, 10, weight="bold")
        self.y -= 0.017

    def paragraph(self, text: object, *, size: float = 9, columns: int = 112, most: int = 8, colour: str = INK) -> None:
        """Wrapped text; what does not fit is cut with a mark."""
        lines = textwrap.wrap(one_line(plain(text)), columns)
        if len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1][: columns - 2] + " …"]
        for line in lines:
            self.text(self.left, self.y, line, size, colour=colour)
            self.y -= size * 0.00168

    def known(self, pairs: list[tuple[str, str | None]], most: int = 72) -> None:
        """Label and value of what is known, one pair a line; what is not, by its labels in one paragraph."""
        self.facts([(label, value) for label, value in pairs if value], most=most)
        unknown = [
            label[:1].lower() + label[1:] if label[1:2].islower() else label for label, value in pairs if not value
        ]
        if unknown:
            self.paragraph(f"Not known: {'; '.join(unknown)}.", size=8.5, colour=SOFT)

    def facts(self, pairs: list[tuple[str, str]], x: float | None = None, wide: float = 0.24, most: int = 72) -> None:
        """Label and value, one pair a line."""
        x = self.left if x is None else x
        for label, value in pairs:
            lines = textwrap.wrap(one_line(plain(value)), most)[:3] or ["not known"]
            self.text(x, self.y, label, 8.5, colour=SOFT)
            for line in lines:
                self.text(x + wide, self.y, line, 8.5)
                self.y -= 0.0142

    def table(
        self, head: list[str], rows: list[list[str]], starts: list[float], lengths: list[int], most: int = 12
    ) -> None:
        """Columns at fixed starts (0..1 of the width); texts are cut to their column."""
        for title, start in zip(head, starts):
            self.text(self.left + start * self.width, self.y, title, 7.5, colour=SOFT, weight="bold")
        self.figure.add_artist(rule(self.y - 0.004))
        self.y -= 0.0155
        for row in rows[:most]:
            for value, start, length in zip(row, starts, lengths):
                self.text(self.left + start * self.width, self.y, one_line(plain(value), length), 8)
            self.y -= 0.0138
        if len(rows) > most:
            self.text(self.left, self.y, f"and {len(rows) - most} more in the GeoPackage", 7.5, colour=SOFT)
            self.y -= 0.0138


def rule(y: float) -> Any:
    """A thin line across the page."""
    from matplotlib.lines import Line2D

    return Line2D([0.08, 0.92], [y, y], color=LINE, linewidth=0.7)


def pages_of(book: Book, r: SimpleNamespace) -> list[Figure]:
    """Two pages on a block; one where there is neither waste nor metal nor advice to fill a second."""
    holds = book.rows("shares", r.block_id) or book.rows("elements", r.block_id) or book.rows("advice", r.block_id)
    if r.status == "RANKED" or holds or is_known(r.tonnage_t_p50) or book.advice_of_site.get(str(r.site_id)):
        return [first_page(book, r), second_page(book, r)]
    return [only_page(book, r)]


def only_page(book: Book, r: SimpleNamespace) -> Figure:
    """All that is known of a block without quantified waste: where it is, who holds it, its ground, what is missing."""
    w = Writer(book, r, 1, pages=1)
    _top(w, book, r)
    _held(w, r)
    w.heading("In words")
    w.paragraph(r.explanation, most=6)
    w.heading("How well it is known")
    nearest = f"{r.nearest_site_id} at {number(r.nearest_site_km)} km" if is_known(r.nearest_site_id) else None
    w.known(
        [
            ("Minerals", _line(r.minerals)), ("Area", f"{number(r.area_ha)} ha" if is_known(r.area_ha) else None),
            ("Nearest waste site", nearest), ("Likely companions (not measured)", _line(r.likely_companions)), ("Likely from", _line(r.likely_from)),
            ("Cautions", _line(r.cautions)), ("Missing", _line(r.missing)), ("Tonnage", None), ("P(pays)", None), ("Net present value", None),
            *((s.label or f.title, said(f, getattr(r, f.name)) or None) for f, s in RANKED_BLOCKS.shown(DOSSIER) if s.group != HELD),
        ]
    )  # fmt: skip
    _ground(w, book, r)
    _sources(w, book, r)
    return w.figure


def _sources(w: Writer, book: Book, r: SimpleNamespace) -> None:
    """Where the figures come from: the words of the row, then the texts that can be opened, as links; as many as fit."""
    linked = [e for e in entries_cited(r, records(book.bibliography)) if link_of(e)]
    w.heading("Sources")
    room = int((w.y - 0.055) / 0.0127)
    shown = linked[: max(1, room // 2)] if len(linked) < room else linked[:1]
    w.paragraph(r.sources, size=7.5, columns=138, most=max(2, room - len(shown)))
    for e in shown:
        w.text(w.left, w.y, one_line(plain(entry_said(e)), 140), 7.5, colour=LINK, link=link_of(e))
        w.y -= 0.0126


def _held(w: Writer, r: SimpleNamespace) -> None:
    """Who holds it and what became of its auction; nothing where no source says."""
    if held := held_in_words(r):
        w.heading("Held and offered")
        w.facts(held, most=80)


def _line(value: object) -> str | None:
    return one_line(value) if is_known(value) else None


def first_page(book: Book, r: SimpleNamespace) -> Figure:
    """Where it is, where it stands, why."""
    w = Writer(book, r, 1)
    _top(w, book, r)
    _scored(w, book, r)
    w.heading("Value")
    multiple = price_multiple_in_words(r.price_multiple_needed) if is_known(r.p_pays) else None
    pays = f"{chance(r.p_pays)}; {chance(r.p_pays_if_built_today)} if built today" if is_known(r.p_pays) else None
    npv, basket = (
        triple(r, c, amount, "USD") if is_known(getattr(r, f"{c}_p50")) else None
        for c in ("npv_usd", "basket_value_usd")
    )
    w.known(
        [
            ("Tonnage, P50", tonnes(r.tonnage_t_p50) if is_known(r.tonnage_t_p50) else None),
            ("Prospect", PROSPECT_WORDS.get(r.prospect)), ("P(pays)", pays), ("Net present value", npv),
            ("Median, Rs crore", number(r.npv_inr_crore_p50) if is_known(r.npv_inr_crore_p50) else None),
            ("Price multiple needed", multiple), ("Premium that could be bid", premium_in_words(r) or None),
            ("Value of the basket's metals", basket), ("Main elements", _line(r.top_elements)),
            ("Knowledge class", CLASS_WORDS.get(str(r.knowledge_class), "not stated")),
        ]
    )  # fmt: skip
    if r.status != "RANKED":  # of a ranked block the second page has room for it
        _held(w, r)
    w.heading("In words")
    w.paragraph(r.explanation, most=max(3, int((w.y - 0.06) / 0.0144)))
    if r.status != "RANKED":
        _ground(w, book, r)
    return w.figure


def _top(w: Writer, book: Book, r: SimpleNamespace) -> None:
    """Place or status, the reason, two maps and the position."""
    status = STATUS_WORDS.get(r.status, r.status)
    if r.status == "RANKED":
        w.text(w.left, w.y, f"Place {place(r.rank)} of {book.peers_of(r)}", 19, weight="bold")
        w.text(
            w.left + 0.36,
            w.y + 0.008,
            f"{rank_interval(r.rank_p05, r.rank_p95)} in nine draws out of ten (P05 best place to P95 worst)",
            9.5,
        )
        w.text(
            w.left + 0.36, w.y - 0.008, f"P(top 10) {share(r.p_top10)}, P(top 20) {share(r.p_top20)}", 9.5, colour=SOFT
        )
        w.text(w.left, w.y - 0.022, one_line(verdict_said(book.info, r.kind), 130), 8, colour=SOFT)
        w.y -= 0.008
    else:
        w.text(w.left, w.y, status, 16, weight="bold")
    w.y -= 0.026
    if is_known(r.status_reason):
        w.paragraph(r.status_reason, most=3, colour=RED if r.status in ("GATED", "LEASED") else INK)
    shape = book.shapes.get(r.block_id)
    draw_locator(w.figure.add_axes((0.08, 0.575, *MAP_SIZE)), book, shape)
    draw_close_up(w.figure.add_axes((0.52, 0.575, *MAP_SIZE)), book, r, shape)
    w.y = 0.545
    if shape is not None and not shape.is_empty:
        centre = shape.centroid
        sheet = sheet_of(centre.x, centre.y)
        text = f"{centre.y:.4f} N, {centre.x:.4f} E; Survey of India sheet {sheet or 'not numbered'}; {one_line(r.shape_meaning) or 'what the shape means is not stated'}"
    else:
        text = f"{one_line(r.shape_meaning).capitalize() or 'Position not known'}."
    w.text(w.left, w.y, text, 8, colour=SOFT)
    w.y -= 0.012


def _scored(w: Writer, book: Book, r: SimpleNamespace) -> None:
    """Score and rank as bars; nothing where there is no rank."""
    if r.status == "RANKED":
        w.heading(f"Score {number(r.score_mean)} of 100 (P10 {number(r.score_p10)} to P90 {number(r.score_p90)})")
        draw_contributions(w.figure.add_axes((0.08, w.y - 0.026, 0.84, 0.030)), r)
        w.y -= 0.05
        w.heading("Rank")
        draw_rank_axis(w.figure.add_axes((0.08, w.y - 0.020, 0.84, 0.026)), r, book.peers_of(r))
        w.y -= 0.052


def _ground(w: Writer, book: Book, r: SimpleNamespace) -> None:
    """What the survey says of the ground: on the first page of a block that has no rank, else on the second."""
    rows = book.rows("evidence", r.block_id)
    if not rows or not is_known(r.fertility_axis) or w.y < 0.21:
        return
    w.heading("Ground: fertility (bar: P10, the low case, to P90) and the evidence under the block")
    shown = rows[: int((w.y - 0.10) / 0.0145) - 1]
    height = 0.0145 * (len(shown) + 1)
    draw_evidence(w.figure.add_axes((0.22, w.y - height, 0.70, height)), r, shown)
    w.y -= height + 0.035
    if any(row.role == "warning" for row in shown):
        w.paragraph("Red: heavy minerals (Zr, Hf, Th) warn of placer sand; they are no target.", size=7.5, colour=SOFT)


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
    w.paragraph(f"{modifier}Lease: {lease_in_words(r)}.", most=2)
    if r.status == "RANKED":
        w.facts(held_in_words(r), most=80)
    w.heading("How well it is known")
    w.facts(
        [
            ("Knowledge class", CLASS_WORDS.get(str(r.knowledge_class), "not stated")),
            ("Completeness", f"{number(r.completeness_pct)} %" if is_known(r.completeness_pct) else "not known"),
            ("Missing", one_line(r.missing) or "nothing that the assessment asks for"),
            ("Cautions", one_line(r.cautions) or "none"),
            *(
                (s.label or f.title, said(f, getattr(r, f.name)) or "not known")
                for f, s in RANKED_BLOCKS.shown(DOSSIER)
                if s.group != HELD
            ),
        ]
    )
    moves = book.rows("moves", r.block_id)
    if moves:
        w.heading("What moves P(pays) most, and what would have to be true")
        for m in moves[:3]:
            w.paragraph(f"{str(m.factor).capitalize()}: {one_line(m.said)}.", size=8, columns=128, most=2)
    w.heading("What to measure next")
    advice = book.rows("advice", r.block_id) or book.advice_of_site.get(str(r.site_id), [])
    for a in advice[:3]:
        w.paragraph(f"{a.site_id}, number {place(a.priority)} of all sites: {one_line(a.advice)}", most=3)
    if not advice:
        w.paragraph(
            f"First: {one_line(r.missing)}." if is_known(r.missing) else "No single measurement stands out.", most=2
        )
    if r.status == "RANKED":
        _ground(w, book, r)
    _sources(w, book, r)
    return w.figure
