"""What the brief says, before anybody sets it: headline, first blocks by tier, what is open to bid, how sure, of what day.

Belongs here: sentences and cells, made from the published tables. Does not belong here: a sentence that other products say
too (``publishing.headline``), or the looks of a page (``sheet``, ``word_file``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from data_sources.contracts.blocks import OPEN_TO_BID
from data_sources.contracts.published.outputs import KINDS, RANKED_BLOCKS
from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain
from khanij.foundation.wording import crore, number, one_line, place, share, usd_to_inr_crore
from publishing.geopackage.reading import is_sample, read_table, records, run_info
from publishing.headline import (
    counted,
    kinds_said,
    open_said,
    prospects_said,
    region_said,
    verdict_said,
)
from publishing.languages import ENGLISH, chance_said, say, unread
from publishing.page.head import facts_said, limited_rows
from publishing.scenario_words import scenario_said
from publishing.sets.marks import KEY, SHOWN_DIGITS

MOST_ROWS = 12
"""Blocks that a brief lists at most; fewer where the page is full."""
_VERDICT_LENGTH = 160


@dataclass(frozen=True)
class Listing:
    """The first blocks: ``rows`` are the cells of ``head``; ``listed`` is how many there are in all.

    ``shares`` are the widths of the columns, of 1 together; ``aligns`` how each stands; ``note`` how to read the order.
    """

    title: str
    head: tuple[str, ...]
    shares: tuple[float, ...]
    aligns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    listed: int
    note: str = ""


@dataclass(frozen=True)
class Brief:
    """A brief in one language; each text is whole, and the setter cuts what the page has no room for.

    ``marks`` come before anything else (made up, may not be passed on, a scenario). ``lead`` is the first sentence of the
    headline. ``parts`` are headings with their sentences.
    """

    language: str
    heading: str
    title: str
    marks: tuple[str, ...]
    lead: str
    verdict: str
    table: Listing
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    foot: tuple[str, ...]

    def under_table(self, shown: int) -> str:
        """How many of the list are shown, and how to read their order."""
        if not shown:
            return ""
        key = "brief.shown_all" if shown == self.table.listed else "brief.shown"
        return say(key, self.language, n=self.table.listed, shown=shown, tiers=self.table.note).strip()

    def lines(self) -> list[str]:
        """The brief as plain lines, each sentence and each row whole."""
        rows = [self.table.head, *self.table.rows] if self.table.rows else []
        table = ["", self.table.title, *(" | ".join(c.replace("\n", "; ") for c in row) for row in rows)]
        parts = [line for head, said in self.parts for line in ("", head, *(f"* {s}" for s in said))]
        first = (self.heading, self.title, *self.marks, "", self.lead, self.verdict)
        under = self.under_table(len(self.table.rows))
        return [*first, *(table if rows else []), *([under] if rows else []), *parts, "", *self.foot]


def brief_of(gpkg: Path | str, language: str = ENGLISH) -> Brief:
    """The brief of one published region."""
    info, blocks = run_info(gpkg), read_table(gpkg, "ranked_blocks")
    ranked = set(blocks.loc[blocks["rank"].notna(), "kind"])
    kind = next((k for k in KINDS if k in ranked), "")  # waste blocks, the primary ranking, come first
    lead = prospects_said(blocks, kind, language) or say("brief.nothing", language)
    verdict = verdict_said(info, kind, language)
    if verdict:
        tier = (
            f" {say('brief.read_tier', language)}"
            if say("headline.not_robust").split(":")[0] in verdict_said(info, kind)
            else ""
        )
        verdict = f"{one_line(verdict, _VERDICT_LENGTH)}{say('stop', language)}{tier}"
    table = _ranked(blocks, kind, info, language) if kind else _by_fertility(blocks, language)
    return Brief(
        language=language,
        heading=say("brief.heading", language),
        title=plain(info.get("title") or info.get("region", "Khanij")),
        marks=_marks(gpkg, info, language),
        lead=lead,
        verdict=verdict,
        parts=_parts(gpkg, blocks, kind, lead, info, language),
        foot=_foot(gpkg, info, language),
        table=table,
    )


def _marks(gpkg: Path | str, info: dict[str, str], language: str) -> tuple[str, ...]:
    inside = limited_rows(gpkg).get("no", 0)
    accepted = info.get("accepted_reason")
    told = (
        say("sample.mark", language) if is_sample(gpkg) else "",
        say("internal.mark", language, n=inside) if inside else "",
        scenario_said(info, 3, language),
        say("brief.accepted", language, changes=info.get("accepted_changes", ""), reason=accepted) if accepted else "",
    )
    return tuple(one_line(plain(t), 300) for t in told if t)


def _ranked(blocks: pd.DataFrame, kind: str, info: dict[str, str], language: str) -> Listing:
    """The first ranked blocks of a kind: tier, name, how often it pays, what prices it needs, what it is worth, who holds it."""
    mine = blocks[(blocks["kind"] == kind) & blocks["rank"].notna()].sort_values(["rank", "block_id"])
    rate = float(info["inr_per_usd"]) if info.get("inr_per_usd") else 0.0
    rows = tuple(
        (
            _tier(r), _named(r), _chance(r, language), _needs(r, language), _worth(r, rate, language),
            f"{one_line(plain(r.lease_holder if is_known(r.lease_holder) else r.operator)) or say('not_known', language)}\n"
            f"{say(f'brief.open.{r.open_to_bid if is_known(r.open_to_bid) else OPEN_TO_BID[-1]}', language)}",
        )
        for r in records(mine.head(MOST_ROWS))
    )  # fmt: skip
    return Listing(
        title=say("brief.first", language, kind=kinds_said(kind, language)),
        head=tuple(say(f"brief.{c}", language) for c in ("tier", "block", "pays", "needs", "worth", "held")),
        shares=(0.08, 0.28, 0.08, 0.11, 0.24, 0.21),
        aligns=("left", "left", "right", "right", "right", "left"),
        rows=rows,
        listed=len(mine),
        note=f"{say('brief.tiers', language)} {say('brief.worth_said', language)}",
    )


def _tier(r: SimpleNamespace) -> str:
    return plain(r.tier) if is_known(r.tier) else place(r.rank)


def _named(r: SimpleNamespace) -> str:
    where = f", {plain(r.state)}" if is_known(r.state) else ""
    return f"{one_line(plain(r.name)) or r.block_id}{where}"


def _chance(r: SimpleNamespace, language: str) -> str:
    """How often it pays, in the room of a cell."""
    if is_known(r.p_pays) and not 0.01 <= float(r.p_pays) <= 0.99:
        return "< 1 %" if float(r.p_pays) < 0.5 else "> 99 %"
    return chance_said(r.p_pays, language)


def _needs(r: SimpleNamespace, language: str) -> str:
    if not is_known(r.price_multiple_needed):
        return say("not_known", language)
    x = float(r.price_multiple_needed)
    return say("brief.times" if x > 1 else "brief.pays_at", language, x=number(x))


def _worth(r: SimpleNamespace, rate: float, language: str) -> str:
    """Rupees crore first, USD second, each from the low to the high case."""
    if not is_known(r.npv_usd_p50):
        return say("not_known", language)
    usd = [float(v) if is_known(v) else None for v in (r.npv_usd_p50, r.npv_usd_p10, r.npv_usd_p90)]

    def ranged(values: Sequence[float | None], how: object) -> str:
        told = [how(v) for v in values if v is not None]  # type: ignore[operator]
        return say("brief.range", language, middle=told[0], low=told[1], high=told[2]) if len(told) > 2 else told[0]

    dollars = say("brief.usd", language, range=ranged([v if v is None else v / 1e6 for v in usd], number))
    if not rate:
        return dollars
    return f"{ranged([v if v is None else usd_to_inr_crore(v, rate) for v in usd], crore)}\n{dollars}"


def _by_fertility(blocks: pd.DataFrame, language: str) -> Listing:
    """Where nothing is ranked: what the ground says, if any survey layer says it, of the kind with the most blocks."""
    listed = blocks[blocks["rank_fertility"].notna()]
    counts = listed["kind"].value_counts()
    mine = listed[listed["kind"] == next(iter(counts.index), "")].sort_values(["rank_fertility", "block_id"])
    rows = tuple(
        (
            place(r.rank_fertility), _named(r),
            say("brief.ground_share_said", language, share=share(r.fertility_axis)),
            one_line(plain(r.top_evidence)) if is_known(r.top_evidence) else say("not_known", language),
        )
        for r in records(mine.head(MOST_ROWS))
    )  # fmt: skip
    return Listing(
        title=say("brief.ground", language) if rows else "",
        head=tuple(say(f"brief.{c}", language) for c in ("ground_place", "block", "ground_share", "ground_stands")),
        shares=(0.08, 0.34, 0.2, 0.38),
        aligns=("left", "left", "left", "left"),
        rows=rows,
        listed=len(mine),
    )


def _parts(
    gpkg: Path | str, blocks: pd.DataFrame, kind: str, lead: str, info: dict[str, str], language: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    # The order is in its own line, the prices among the facts at the foot.
    elsewhere = {lead, verdict_said(info, "waste_block", language) + say("stop", language)}
    deck = say("headline.prices", language).split("{")[0]
    found = [s for s in region_said(gpkg, language).split("\n") if s and s not in elsewhere and not s.startswith(deck)]
    ranked = blocks[(blocks["kind"] == kind) & blocks["rank"].notna()]
    n, what = len(ranked), kinds_said(kind, language, len(ranked)) if kind else ""
    open_ = open_said(blocks, kind, language)
    classes = RANKED_BLOCKS["knowledge_class"].vocabulary or ()
    draws = info.get("draws")
    sure = [
        say("brief.reading", language, draws=draws) if draws else say("brief.reading_plain", language),
        counted("brief.classes", "brief.class", ranked["knowledge_class"], classes, language, n=n, kind=what),
        say("brief.no_resource", language),
    ]
    parts = (("found", found), ("open", open_), ("sure", sure))
    return tuple(
        (say(f"brief.{key}", language), tuple(plain(s) for s in said if s)) for key, said in parts if any(said)
    )


def _foot(gpkg: Path | str, info: dict[str, str], language: str) -> tuple[str, ...]:
    generation = info.get(KEY, "")[:SHOWN_DIGITS]
    told = [
        " ".join(facts_said(gpkg, info, language)),
        f"{say('brief.method', language)} {say('brief.generation', language, generation=generation) if generation else ''}",
        say("facts.attribution", language, names=info["attribution"]) if info.get("attribution") else "",
        unread(language),
    ]
    return tuple(plain(t) for t in told if t)
