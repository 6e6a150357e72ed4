"""A few plain sentences per block that can be quoted without being wrong: what, how sure, does it pay, what bars it.

Belongs here: wording. Does not belong here: any number that is not already in the row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from khanij.foundation.cells import text
from khanij.foundation.wording import number, tonnes, usd
from scoring.rank.baskets import basket_title
from scoring.rank.told.contents import revenue_shares

if TYPE_CHECKING:
    from scoring.rank.state import RunState

CLASS_TEXT = {
    "G1": "measured in detail, class G1",
    "G2": "generally explored, class G2",
    "G3": "published, class G3",
    "G4": "published but unverified, class G4",
    "analogue": "derived or borrowed, not measured, class analogue",
    "none": "not known",
}
DECK_TEXT = {"2024": "average 2024", "2025e": "estimated 2025"}
PRIORITY = (
    "assays of what can be sold",
    "tonnage",
    "assays of the site itself",
    "treatment route with costs",
    "capital cost",
    "position",
    "mapped footprint",
    "lease status",
)
WANTED = {
    "assays of what can be sold": "an assay of what can be sold",
    "assays of the site itself": "an assay of the waste itself instead of a borrowed figure",
    "tonnage": "a measured tonnage",
    "treatment route with costs": "a treatment route with known costs",
    "capital cost": "a capital cost",
    "position": "a position",
    "mapped footprint": "a mapped outline",
    "lease status": "the state of the lease",
}


def join(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def ordinal(n: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _chance(p: float) -> str:
    return "more than 99 %" if p > 0.99 else "fewer than 1 %" if p < 0.01 else f"{100 * p:.0f} %"


def _tonnage(state: RunState, i: int, row: dict) -> str:
    if math.isnan(row["tonnage_t_p50"]):
        return "an unknown tonnage of waste"
    record = state.given.own_record(i)
    klass = record.tonnage_class if record is not None else row["knowledge_class"]
    screening = ", an order of magnitude only" if record is not None and record.is_screening else ""
    if row["tonnage_t_p50"] <= 0:
        inside = max((x.inside for x in state.given.shares_of.get(row["block_id"], [])), default=0.0)
        return f"a waste site of uncertain position, which lies inside in {_chance(inside)} of the draws"
    low, high = tonnes(row["tonnage_t_p10"]), tonnes(row["tonnage_t_p90"])
    return f"about {tonnes(row['tonnage_t_p50'])} of waste (P10 {low}, P90 {high}; {CLASS_TEXT[klass]}{screening})"


def _sales(state: RunState, i: int) -> str:
    shares = list(revenue_shares(state, i).items())
    named = [f"{state.given.book.element_name(e)} ({100 * s:.0f} % of revenue)" for e, s in shares[:3]]
    return join(named) + (f" and {len(shares) - 3} more" if len(shares) > 3 else "")


def _economics(state: RunState, i: int, row: dict) -> str:
    """Whether it pays, by how much, and at which prices it would."""
    if not row["top_elements"] or math.isnan(row["margin_usd_per_t_p50"]):
        return "Nothing in it can be valued by the route in the tables."
    p, multiple, margin = row["p_margin_positive"], row["breakeven_price_multiple"], row["margin_usd_per_t_p50"]
    prices = f"at {DECK_TEXT[state.given.settings.price_deck]} prices"
    capital = "" if row["capital_known"] else ", before capital (which no source gives)"
    own = state.given.own_record(i)
    sites = state.decided.holds[i] or ([own.site_id] if own is not None else [])
    codes = [state.given.records[s].row.route_code for s in sites]
    routes = join(list(dict.fromkeys(state.given.book.route_name(c) for c in codes)))
    by = f" by {routes}" if routes else ""
    sold = f"Treated{by}, it would sell {_sales(state, i)}"
    if p >= 0.5:
        room = f"; prices could fall by {100 * (1 - multiple):.0f} % before it stopped paying" if multiple < 1 else ""
        return f"{sold} and earn about {usd(margin)} per tonne {prices}{capital}: it pays in {_chance(p)} of the draws{room}."
    times = f"revenue would have to be {number(multiple, 2)} times as high, through price, grade or recovery"
    if p >= 0.05:
        return f"{sold} and lose about {usd(-margin)} per tonne {prices}{capital}: it pays in {_chance(p)} of the draws, and to break even {times}."
    return f"{sold}; that does not pay {prices}{capital}: {times}."


def _next(row: dict) -> str:
    missing = set((row["missing"] or "").split("; "))
    wanted = [WANTED[m] for m in PRIORITY if m in missing]
    return f" Most wanted: {join(wanted[:2])}." if wanted else ""


def _lease(row: dict) -> str:
    return (
        " The site is under its operator's own lease, so it is not open to other bidders."
        if "operator_lease" in (row["flags"] or "")
        else ""
    )


def _ground(state: RunState, i: int, row: dict) -> str:
    """What the survey says of the ground of a block that no waste quantifies."""
    axis, place = row.get("fertility_axis"), row.get("rank_fertility")
    if place is None or axis is None or math.isnan(axis):
        return ""
    kind = row["kind"]
    n = sum(
        state.given.column["kind"][j] == kind and s == "UNQUANTIFIED" and use == "measured"
        for j, use in state.decided.fertility_use(kind).items()
        for s in [state.decided.status[j]]
    )
    low, high = row["fertility_axis_p10"], row["fertility_axis_p90"]
    doubt = "" if math.isnan(low) or math.isnan(high) else f", P10 {100 * low:.0f} to P90 {100 * high:.0f}"
    covered = state.given.fertility_columns[state.given.ids[i]].get("coverage_pct", 100.0)
    part = f", judged by the {covered:.0f} % of it that survey layers cover" if covered < 95 else ""
    chiefly = f"; highest in {row['top_evidence'].replace('; ', ', ')}" if row.get("top_evidence") else ""
    return (
        f" By the fertility of its ground it is {ordinal(place)} of {n} {str(kind).replace('_', ' ')}s without quantified"
        f" waste: more fertile than {100 * axis:.0f} % of the region{doubt}{part}{chiefly}."
    )


def explain(state: RunState, i: int, row: dict, likely_where: str = "") -> str:
    """The explanation of one block; every number in it is a column of its row.

    ``likely_where`` says whose companions ``likely_companions`` are: "", or " of ..." or " in ...".
    """
    name, kind = text(row["name"]) or row["block_id"], str(row["kind"]).replace("_", " ")
    gate, status = state.given.block_gates[row["block_id"]], row["status"]
    checks = sorted({f.split(":", 1)[1] for f in gate.flags if f.startswith("to_be_checked:")})
    to_check = f" To be checked before use: {join(checks)}." if checks else ""
    conditional = f" Conditional: {'; '.join(gate.conditions)}." if gate.conditions else ""
    known = not math.isnan(row["tonnage_t_p50"])
    basket = basket_title(state.given.settings.basket)
    if status == "RANKED":
        n = len(state.main_scores[row["kind"]].members)
        spread = f"place {number(row['rank_p05'])} to {number(row['rank_p95'])} in nine draws out of ten"
        points = f"score {row['score_mean']:.0f} of 100: value {row['contribution_value']:.0f}, strategic {row['contribution_strategic']:.0f}"
        if not math.isnan(row["contribution_fertility"]):
            points += f", fertility {row['contribution_fertility']:.0f}"
        first = f"{name} ranks {ordinal(row['rank'])} of {n} {kind}s for {basket} ({spread}; {points}) and holds {_tonnage(state, i, row)}."
        return f"{first} {_economics(state, i, row)}{_lease(row)}{conditional}{to_check}{_next(row)}"
    if status == "OUT_OF_BASKET":
        place = row.get("rank_all_recoverable")
        record = state.given.own_record(i)
        if place is not None:
            elsewhere = f"; among all recoverable metals it ranks {ordinal(place)}"
        else:
            elsewhere = (
                f"; it is not ranked elsewhere either: {'; '.join(record.reasons)}"
                if record is not None and record.reasons
                else ""
            )
        first = f"{name} is outside the ranking for {basket}: {row['status_reason']}{elsewhere}."
        return f"{first} It holds {_tonnage(state, i, row)}. {_economics(state, i, row)}{_lease(row)}{conditional}{to_check}"
    if status == "GATED":
        held = f" It holds {_tonnage(state, i, row)}." if known else ""
        return f"{name} is withheld from ranking, whatever metal it holds: {row['status_reason']}.{held}{conditional}{to_check} Only the authority named can lift this bar."
    if status == "LEASED":
        held = f" It holds {_tonnage(state, i, row)}." if known else ""
        return f"{name} is not open to other bidders: {row['status_reason']}.{held}{to_check}"
    likely = (
        f" Likely companions{likely_where}, not measured: {row['likely_companions']}."
        if row["likely_companions"]
        else ""
    )
    held = f" It holds {_tonnage(state, i, row)}." if known else ""
    missing = f" Missing: {row['missing'].replace('; ', ', ')}." if row["missing"] else ""
    return (
        f"{name} is not quantified: {row['status_reason']}.{held}{_ground(state, i, row)}{likely}{_lease(row)}{missing}"
        f"{conditional}{to_check}"
    )
