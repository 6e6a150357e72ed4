"""One block in words, and the top of a ranking as a table.

Belongs here: what ``khanij explain`` and the end of ``khanij run`` say. Does not belong here: a number that is not in
the GeoPackage.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from data_sources.contracts.published.outputs import KINDS, RANKED_BLOCKS
from data_sources.contracts.published.places import EXPLAIN, HELD, TOP, TOP_FERTILITY
from khanij.foundation.cells import is_known
from khanij.foundation.wording import (
    amount,
    chance,
    chance_short,
    kilograms,
    number,
    one_line,
    place,
    rank_interval,
    share,
    tonnes,
    triple,
)
from publishing.citations import entries_cited, entry_said
from publishing.colours import CONTRIBUTIONS
from publishing.geopackage.reading import (
    SAMPLE_MARK,
    is_sample,
    no_such_block,
    opened,
    read_rows,
    read_table,
    run_info,
)
from publishing.headline import verdict_said
from publishing.scenario_words import scenario_said
from publishing.sets.snapshot import one_set_of
from publishing.words import (
    KIND_WORDS,
    PROSPECT_WORDS,
    held_in_words,
    place_in_words,
    premium_in_words,
    price_multiple_in_words,
    said,
    site_in_words,
    status_in_words,
)

if TYPE_CHECKING:
    import pandas as pd

_WIDTH = 100
TOP_COLUMNS = tuple(f.name for f, _ in RANKED_BLOCKS.shown(TOP))
_FERTILITY_COLUMNS = tuple(f.name for f, _ in RANKED_BLOCKS.shown(TOP_FERTILITY))


def kinds_in(gpkg: Path | str) -> dict[str, tuple[int, int, int]]:
    """Kinds of blocks in the file: (blocks, ranked, listed by fertility); waste blocks, the primary ranking, first."""
    with opened(gpkg) as connection:
        rows = connection.execute(
            "SELECT kind, count(*), count(rank), count(rank_fertility) FROM ranked_blocks GROUP BY kind"
        ).fetchall()
    found = {r[0]: (r[1], r[2], r[3]) for r in rows}
    order = sorted(found, key=lambda k: (not found[k][1], not found[k][2], KINDS.index(k)))
    return {kind: found[kind] for kind in order}


def top_blocks(gpkg: Path | str, kind: str | None = None, n: int = 10) -> list[SimpleNamespace]:
    """The first ``n`` blocks of a kind by rank; where none is ranked, by fertility.

    Parameters
    ----------
    gpkg : a published GeoPackage.
    kind : kind of block; None takes the first of ``kinds_in``: waste blocks where any is ranked.
    n : rows wanted.
    """
    if kind is None:
        kind = next(iter(kinds_in(gpkg)), "")
    blocks = read_rows(gpkg, "ranked_blocks", kind=kind)
    listed = [b for b in blocks if b.rank is not None]
    if listed:
        return sorted(listed, key=lambda b: b.rank)[:n]
    return sorted((b for b in blocks if b.rank_fertility is not None), key=lambda b: b.rank_fertility)[:n]


def top_table(gpkg: Path | str, kind: str | None = None, n: int = 10) -> pd.DataFrame:
    """``top_blocks`` as a table with the columns that are shown of them."""
    chosen = top_blocks(gpkg, kind, n)
    columns = TOP_COLUMNS if _are_ranked(chosen) else _FERTILITY_COLUMNS
    blocks = read_table(gpkg, "ranked_blocks").set_index("block_id", drop=False)
    return blocks.loc[[b.block_id for b in chosen], list(columns)].reset_index(drop=True)


def _are_ranked(chosen: list[SimpleNamespace]) -> bool:
    return bool(chosen) and chosen[0].rank is not None


def top_rows(gpkg: Path | str, kind: str | None = None, n: int = 10) -> tuple[list[str], list[list[str]]]:
    """``top_blocks`` as a header and rows of text, ready for a terminal table."""
    chosen = top_blocks(gpkg, kind, n)
    if _are_ranked(chosen):
        header = [
            "Rank",
            "Tier",
            "P05-P95",
            "Block",
            "Name",
            "State",
            "Score",
            "P10-P90",
            "P(top 10)",
            "P(pays)",
            "Needs prices x",
            "Elements",
            "Class",
        ]
        rows = [
            [
                place(r.rank), _short(r.tier), rank_interval(r.rank_p05, r.rank_p95), r.block_id, _short(r.name), _short(r.state, 16),
                f"{r.score_mean:.1f}", f"{r.score_p10:.0f}-{r.score_p90:.0f}", share(r.p_top10),
                chance_short(r.p_pays) if is_known(r.p_pays) else "-", _or_dash(r.price_multiple_needed),
                _short(r.top_elements, 30), _short(r.knowledge_class),
            ]
            for r in chosen
        ]  # fmt: skip
        return _without_empty("State", header, rows)
    header = [
        "By fertility",
        "Block",
        "Name",
        "State",
        "Percentile",
        "P10-P90",
        "Ground stands out in",
        "Likely",
        "Missing",
    ]
    rows = [
        [
            place(r.rank_fertility), r.block_id, _short(r.name), _short(r.state, 16), share(r.fertility_axis),
            f"{100 * r.fertility_axis_p10:.0f}-{100 * r.fertility_axis_p90:.0f}" if is_known(r.fertility_axis_p10) else "-",
            _short(r.top_evidence, 46), _likely(r), _short(r.missing, 30),
        ]
        for r in chosen
    ]  # fmt: skip
    return _without_empty("State", header, rows)


def _likely(r: SimpleNamespace) -> str:
    """The likely companions, and whence: what is not measured says what it is taken from."""
    whence = f" ({one_line(r.likely_from, 40)})" if is_known(r.likely_from) else ""
    return f"{_short(r.likely_companions, 20)}{whence}"


def _without_empty(column: str, header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """A table without a column in which no row has anything: survey sheets lie in several states."""
    at = header.index(column)
    if any(row[at] != "-" for row in rows):
        return header, rows
    return header[:at] + header[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]


def _or_dash(value: object) -> str:
    return number(value) if is_known(value) else "-"


def _short(text: object, length: int = 34) -> str:
    return one_line(text, length) or "-"


def explain_block(gpkg: Path | str, block_id: str) -> str:
    """All that is published of one block, as text: status, rank, value, sites, elements, what is missing, sources.

    Raises
    ------
    MissingSourceError : no such block; the message names the nearest identifiers.
    """
    with one_set_of([Path(gpkg)]):
        return _explained(gpkg, block_id)


def _explained(gpkg: Path | str, block_id: str) -> str:
    found = read_rows(gpkg, "ranked_blocks", block_id=block_id)
    if not found:
        raise no_such_block(gpkg, [block_id], [b.block_id for b in read_rows(gpkg, "ranked_blocks")])
    block = found[0]
    _, peers, _ = kinds_in(gpkg)[block.kind]
    info = run_info(gpkg)
    lines: list[str] = [f"{SAMPLE_MARK}\n"] if is_sample(gpkg) else []
    lines += [f"{text}\n" for text in (scenario_said(info),) if text]
    lines += _head(block, peers, verdict_said(info, block.kind))
    lines += _held(block)
    lines += _value(block)
    lines += _moves(gpkg, block_id)
    lines += _sites(gpkg, block_id)
    lines += _elements(gpkg, block_id)
    lines += _ground(gpkg, block)
    lines += _quality(gpkg, block)
    return "\n".join(lines).rstrip() + "\n"


def _say(label: str, text: object) -> list[str]:
    if not is_known(text):
        return []
    body = " ".join(str(text).split())
    return textwrap.wrap(
        f"{label}: {body}", _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False
    )


def _head(block: SimpleNamespace, peers: int, verdict: str) -> list[str]:
    out = [f"{block.block_id}  {' '.join(str(block.name).split()) if is_known(block.name) else ''}"]
    out.append(f"  {KIND_WORDS.get(block.kind, block.kind)}{place_in_words(block)}")
    out += _say("Status", f"{status_in_words(block)} ({block.status})")
    out += _say("Why", block.status_reason)
    out += ["", "Rank"]
    if block.status == "RANKED":
        out += _say(
            "Place",
            f"{place(block.rank)} of {peers} of its kind (tier {block.tier}); {rank_interval(block.rank_p05, block.rank_p95)} "
            f"in nine draws out of ten (P05 best place to P95 worst), median {place(block.rank_p50)}",
        )
        out += _say("How firm", verdict or None)
        out += _say("Among the first", f"P(top 10) {share(block.p_top10)}, P(top 20) {share(block.p_top20)}")
        out += _say(
            "Score",
            f"{number(block.score_mean)} of 100 on average; P10 {number(block.score_p10)} to "
            f"P90 {number(block.score_p90)}",
        )
        axes = [(word, getattr(block, column)) for column, word, _ in CONTRIBUTIONS]
        parts = [f"{word} {number(points)}" for word, points in axes if is_known(points)]
        out += _say("Made of", " + ".join(parts) + f" = {number(block.score_mean)} points")
    else:
        out += _say("Place", "none; a block that is not RANKED carries no rank")
    if is_known(block.rank_all_recoverable):
        out += _say("With every recoverable metal", f"place {place(block.rank_all_recoverable)}")
    if is_known(block.rank_fertility):
        out += _say("By fertility of the ground", f"place {place(block.rank_fertility)}")
    if is_known(block.modifier) and float(block.modifier) < 1:
        out += _say("Modifier", f"{number(block.modifier)} (forest, eco-sensitive zone or settlement)")
    return out + _say("In words", block.explanation)


def _held(block: SimpleNamespace) -> list[str]:
    """Who holds it, and what became of its auction; nothing for what nobody can hold."""
    told = [line for label, value in held_in_words(block) for line in _say(label, value)]
    return ["", "Held and offered", *told] if told else []


def _value(block: SimpleNamespace) -> list[str]:
    out = ["", "Does it pay"]
    if is_known(block.tonnage_t_p50):
        out += _say("Tonnage, P50", f"{tonnes(block.tonnage_t_p50)} dry")
    if not is_known(block.p_pays):
        return out + _say("P(pays), net present value", "not known; a missing figure is never taken for zero")
    out += _say("Prospect", f"{PROSPECT_WORDS[block.prospect]} ({block.prospect}), main product {block.main_product}")
    out += _say(
        "P(pays)",
        f"{chance(block.p_pays)} of the draws; {chance(block.p_pays_if_built_today)} at one size, if built today",
    )
    out += _say(
        "Net present value",
        f"{triple(block, 'npv_usd', amount, 'USD')}; Rs {number(block.npv_inr_crore_p50)} crore (P50)",
    )
    out += _say("Price multiple needed", price_multiple_in_words(block.price_multiple_needed))
    out += _say("Of one metal alone", block.price_multiple_by_product)
    if is_known(block.recovery_needed):
        out += _say("Recovery needed of the main product", share(block.recovery_needed))
    if is_known(block.plant_mtpa_p50):
        plant = (
            f"{number(block.plant_mtpa_p50, 2)} Mt/a for {number(block.life_years_p50, 2)} years, capital "
            f"{amount(block.capital_usd_p50)} USD, paid back in {number(block.payback_years_p50, 2)} years"
        )
        out += _say("Plant (medians of the draws that pay)", plant)
        out += _say("Royalty and levies", f"Rs {number(block.royalty_inr_crore_per_year)} crore a year")
    out += _say("Premium that could be bid", premium_in_words(block) or None)
    out += _say("Value of the basket's metals", triple(block, "basket_value_usd", amount, "USD"))
    return out


def _ordered(rows: list[SimpleNamespace], *columns: str) -> list[SimpleNamespace]:
    """Rows from the largest value to the least, by the first column and then the next; what is not known last."""

    def places(row: SimpleNamespace) -> tuple[tuple[bool, float], ...]:
        values = (getattr(row, column) for column in columns)
        return tuple((value is None, -(value or 0.0)) for value in values)

    return sorted(rows, key=places)


def _sites(gpkg: Path | str, block_id: str) -> list[str]:
    shares = _ordered(read_rows(gpkg, "site_shares", block_id=block_id), "inside", "near")[:5]
    if not shares:
        return []
    sites = {s.site_id: s for s in read_rows(gpkg, "waste_sites")}
    out = ["", "Sites"]
    for row in shares:
        site = sites.get(row.site_id)
        text = f"{share(row.inside)} inside, {share(row.near)} near, {number(row.distance_km)} km"
        if site is not None:
            text += f"; {site_in_words(site)}"
        out += _say(row.site_id, text)
    return out


def _moves(gpkg: Path | str, block_id: str) -> list[str]:
    """What moves P(pays) most, and what would have to be true; nothing where the file has no such table."""
    moves = _ordered(read_rows(gpkg, "what_moves", block_id=block_id), "swing")[:4]
    if not moves:
        return []
    several = len(read_rows(gpkg, "site_shares", block_id=block_id)) > 1
    of = f", of its main site {moves[0].site_id} alone" if several else ""
    out = ["", f"What moves P(pays) most{of} (one thing at a time; P10 is its low case)"]
    for r in moves:
        out += _say(str(r.factor).capitalize(), r.said)
    return out


def _elements(gpkg: Path | str, block_id: str) -> list[str]:
    rows = read_rows(gpkg, "element_potential", block_id=block_id)
    ordered = _ordered(rows, "revenue_share", "recoverable_kg_p50")
    elements, rest = ordered[:8], ordered[8:]
    if not elements:
        return []
    out = ["", "Elements (contained; recoverable; share of revenue)"]
    for r in elements:
        if is_known(r.recoverable_kg_p50):
            text = f"{triple(r, 'recoverable_kg', kilograms)}; {share(r.revenue_share)}"
        else:
            text = "not sold by the route"
        text = f"{triple(r, 'contained_kg', kilograms)}; {text}"
        out += _say(r.element, text)
    if rest:
        out += _say(
            "And", f"{len(rest)} more in the table element_potential: {', '.join(str(r.element) for r in rest)}"
        )
    return out


def _ground(gpkg: Path | str, block: SimpleNamespace) -> list[str]:
    """The fertility of the ground and what it is made of; nothing where no survey layer is connected."""
    if not is_known(block.fertility_axis):
        return ["", "Ground", *_say("Fertility", block.fertility_note)] if is_known(block.fertility_note) else []
    out = ["", "Ground (percentile: share of the region's ground with a lower value)"]
    interval = (
        f"; P10 {share(block.fertility_axis_p10)} to P90 {share(block.fertility_axis_p90)}"
        if is_known(block.fertility_axis_p10)
        else ""
    )
    out += _say("Fertility", f"more fertile than {share(block.fertility_axis)} of the region's ground{interval}")
    evidence = [r for r in read_rows(gpkg, "block_evidence", block_id=block.block_id) if r.role != "result"]
    for r in _ordered(sorted(evidence, key=lambda r: r.evidence), "percentile"):
        unit = "" if r.unit in ("0..1",) else f" {r.unit}"
        out += _say(
            r.evidence,
            f"mean {number(r.mean)}{unit}, maximum {number(r.maximum)}{unit}, percentile {share(r.percentile)}; "
            f"{one_line(r.title, 80)}",
        )
    return out


def _quality(gpkg: Path | str, block: SimpleNamespace) -> list[str]:
    out = ["", "How well it is known"]
    factors = ", ".join(
        f"{f} {getattr(block, f'class_{f}')}" for f in ("tonnage", "grade", "recovery", "cost", "price")
    )
    out += _say("Knowledge class", f"{block.knowledge_class}, the worst of {factors}")
    out += _say("UNFC", block.unfc)
    out += _say("Completeness", f"{number(block.completeness_pct)} %" if is_known(block.completeness_pct) else None)
    out += _say("Shape on the map", block.shape_meaning)
    if is_known(block.nearest_site_id):
        out += _say("Nearest site", f"{block.nearest_site_id} at {number(block.nearest_site_km)} km")
    if is_known(block.likely_companions):
        whence = f" (from {block.likely_from})" if is_known(block.likely_from) else ""
        out += _say("Likely companions (not measured)", f"{block.likely_companions}{whence}")
    out += _say("Missing", block.missing)
    out += _say("Cautions", block.cautions)
    for field, show in RANKED_BLOCKS.shown(EXPLAIN):
        if show.group != HELD:
            out += _say(show.label or field.title, said(field, getattr(block, field.name)) or None)
    own = {block.site_id} - {None}  # a site that would first have to enter a ranking
    advice = [
        row
        for row in read_rows(gpkg, "sample_next")
        if row.block_id == block.block_id or (row.block_id is None and row.site_id in own)
    ]
    for row in sorted(advice, key=lambda row: row.priority)[:3]:
        out += _say("Measure next", f"{row.site_id}, number {place(row.priority)} of all sites: {one_line(row.advice)}")
    out += _say("Sources", block.sources)
    cited = entries_cited(block, read_rows(gpkg, "bibliography"))
    # An address stays whole, so that it can be clicked or copied.
    return out + (["", "Texts cited", *(f"  {entry_said(e)}" for e in cited)] if cited else [])
