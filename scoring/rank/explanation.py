"""One or two sentences per block in plain English, that can be quoted without being wrong.

Belongs here: wording. Does not belong here: any number that is not already in the row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scoring.rank.baskets import basket_title
from scoring.units import number_text, tonnes_text, usd_text
from scoring.waste.inventory import text

if TYPE_CHECKING:
    from scoring.rank.state import RunState

CLASS_TEXT = {
    "G1": "class G1, detailed exploration",
    "G2": "class G2, general exploration",
    "G3": "class G3, several published figures",
    "G4": "class G4, a published but unverified figure",
    "analogue": "class analogue, derived or borrowed, not measured here",
    "none": "not known",
}


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _first_upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _tonnage(state: RunState, i: int, row: dict) -> str:
    record = state.own_record(i)
    if math.isnan(row["tonnage_t_p50"]):
        return "an unknown tonnage of waste"
    klass = record.tonnage_class if record is not None else row["knowledge_class"]
    return f"about {tonnes_text(row['tonnage_t_p50'])} of waste (P10 {tonnes_text(row['tonnage_t_p10'])}, P90 {tonnes_text(row['tonnage_t_p90'])}; {CLASS_TEXT[klass]})"


def _economics(state: RunState, i: int, row: dict) -> str:
    """Whether it pays, by how much, and what would change that."""
    shares = row["top_elements"]
    if not shares or math.isnan(row["margin_usd_per_t_p50"]):
        return "nothing in it can be valued by the route in the tables"
    deck, p = state.settings.price_deck, row["p_margin_positive"]
    capital = "" if row["capital_known"] else " before capital, which no source gives"
    margin, multiple = row["margin_usd_per_t_p50"], row["breakeven_price_multiple"]
    sells = f"what can be sold is {shares}"
    chance = f"{100 * p:.0f} % of the draws"
    if p >= 0.5:
        body = f"treating it would earn a margin of {usd_text(margin)} per tonne at {deck} prices{capital} (positive in {chance}; prices could fall to {number_text(multiple, 2)} times today's before it stops paying)"
    elif p >= 0.05:
        body = f"treating it would lose {usd_text(-margin)} per tonne at {deck} prices{capital} (it pays in {chance}; break-even at {number_text(multiple, 2)} times those prices)"
    else:
        body = f"it does not pay at {deck} prices{capital}: revenue would have to be {number_text(multiple, 2)} times as high, by price, grade or recovery"
    return f"{sells}; {body}"


def _next_step(state: RunState, i: int, row: dict) -> str:
    missing = [m for m in (row["missing"] or "").split("; ") if m and not m.startswith("survey")]
    return f"What would change this most: {_and(missing[:3])}." if missing else ""


def explain(state: RunState, i: int, row: dict) -> str:
    """The explanation of one block; every number in it is a column of its row."""
    name, kind = text(row["name"]) or row["block_id"], str(row["kind"]).replace("_", " ")
    status = row["status"]
    gate = state.block_gates[row["block_id"]]
    checks = sorted({f.split(":", 1)[1] for f in gate.flags if f.startswith("to_be_checked:")})
    to_check = f" To be checked before use: {_and(checks)}." if checks else ""
    conditional = f" Conditional: {gate.conditions[0]}." if gate.conditions else ""
    if status == "RANKED":
        scores = state.scores[state.settings.basket][row["kind"]]
        n = len(scores.members)
        place = f"{name} ranks {row['rank']} of {n} {kind}s for {basket_title(state.settings.basket)} (places {number_text(row['rank_p05'])} to {number_text(row['rank_p95'])} in nine draws out of ten)"
        return f"{place}: it holds {_tonnage(state, i, row)}. {_first_upper(_economics(state, i, row))}.{conditional}{to_check} {_next_step(state, i, row)}".strip()
    if status == "OUT_OF_BASKET":
        place = row.get("rank_all_recoverable")
        elsewhere = f"; among all recoverable metals it ranks {place}" if place is not None else ""
        return f"{name} is not in the ranking for {basket_title(state.settings.basket)}: {row['status_reason']}{elsewhere}. It holds {_tonnage(state, i, row)}; {_economics(state, i, row)}.{conditional}{to_check}"
    if status == "GATED":
        known = f" It holds {_tonnage(state, i, row)}." if not math.isnan(row["tonnage_t_p50"]) else ""
        return f"{name} is withheld from ranking: {gate.reason}.{known}{conditional}{to_check}"
    if status == "LEASED":
        return f"{name} is not open to others: {gate.reason}.{to_check}"
    likely = f" Likely companions, not measured: {row['likely_companions']}." if row["likely_companions"] else ""
    near = ""
    if state.own_record(i) is None and row["nearest_site_id"] and not math.isnan(row["nearest_site_km"]):
        site = state.records[row["nearest_site_id"]]
        near = f" The nearest known waste site is {text(site.row.get('name'))} ({row['nearest_site_id']}), {number_text(row['nearest_site_km'])} km away."
    have = f" It holds {_tonnage(state, i, row)}." if not math.isnan(row["tonnage_t_p50"]) else ""
    missing = f" Missing: {row['missing']}." if row["missing"] else ""
    return f"{name} is not quantified: {row['status_reason']}.{have}{near}{likely}{missing}{to_check}"
