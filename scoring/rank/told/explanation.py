"""A few plain sentences per block that can be quoted without being wrong: what, how sure, does it pay, what bars it.

Belongs here: wording. Does not belong here: any number that is not already in the row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from data_sources.reference.economic_facts import CostLaw
from khanij.foundation.cells import flag_parts, text
from khanij.foundation.wording import chance, number, tonnes, usd
from scoring.rank.baskets import basket_title
from scoring.rank.gates import MAY_BE_IN_FORCE
from scoring.rank.told.contents import main_product, main_site, revenue_shares
from scoring.rank.told.money import MAY_PAY, NEEDS_MORE, PAYS
from scoring.waste.inventory import NO_CLASS

if TYPE_CHECKING:
    from scoring.rank.state import RunState

CLASS_TEXT = {
    "G1": "measured in detail, class G1",
    "G2": "generally explored, class G2",
    "G3": "published, class G3",
    "G4": "published but unverified, class G4",
    "analogue": "derived or borrowed, not measured, class analogue",
    "default": "an expert's guess, class default",
    "none": "not known",
}
DECK_TEXT = {"2024": "average 2024", "2025e": "estimated 2025"}
PRIORITY = (
    "assays of what can be sold",
    "tonnage",
    "assays of the site itself",
    "treatment route with costs",
    "test of the route on this waste",
    "position",
    "mapped footprint",
    "lease status",
)
WANTED = {
    "assays of what can be sold": "an assay of what can be sold",
    "assays of the site itself": "an assay of the waste itself instead of a borrowed figure",
    "tonnage": "a measured tonnage",
    "treatment route with costs": "a treatment route with known costs",
    "test of the route on this waste": "a test of the route on this very waste",
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


def _tonnage(state: RunState, i: int, row: dict[str, Any]) -> str:
    if math.isnan(row["tonnage_t_p50"]):
        return "an unknown tonnage of waste"
    record = state.given.own_record(i)
    klass = row["class_tonnage"]
    screening = ", an order of magnitude only" if record is not None and record.is_screening else ""
    if row["tonnage_t_p50"] <= 0:
        inside = max((x.inside for x in state.given.shares_of.get(row["block_id"], [])), default=0.0)
        return f"a waste site of uncertain position, which lies inside in {chance(inside)} of the draws"
    low, high = tonnes(row["tonnage_t_p10"]), tonnes(row["tonnage_t_p90"])
    # Of a table that states no class nobody knows whether it was ever published.
    own = [record] if record is not None else [state.given.records[s] for s in state.decided.holds[i]]
    is_stated = not any(f"{NO_CLASS}:tonnage" in r.flags for r in own)
    known = CLASS_TEXT[klass] if is_stated else f"its table states no class, taken as {klass}"
    return f"about {tonnes(row['tonnage_t_p50'])} of waste (P10 {low}, P90 {high}; {known}{screening})"


def _sales(state: RunState, i: int) -> str:
    shares = list(revenue_shares(state, i).items())
    named = [f"{state.given.book.element_name(e)} ({100 * s:.0f} % of revenue)" for e, s in shares[:3]]
    return join(named) + (f" and {len(shares) - 3} more" if len(shares) > 3 else "")


def _economics(state: RunState, i: int, row: dict[str, Any]) -> str:
    """Whether it pays, what it would bring, and at which prices it would."""
    p = row["p_pays"]
    if math.isnan(p) or not row["main_product"]:
        return "Nothing in it can be valued by the route in the tables."
    site = main_site(state, i)
    assert site is not None
    prices = f"at {DECK_TEXT[state.given.settings.price_deck]} prices"
    sold = f"As a project by {state.given.book.route_name(state.given.records[site].row.route_code)} it would sell {_sales(state, i)}"
    verdict = {
        PAYS: f"and pays in {chance(p)} of the draws {prices}",
        MAY_PAY: f"and may pay: it does in {chance(p)} of the draws {prices}",
        NEEDS_MORE: f"and does not pay {prices}: it does in {chance(p)} of the draws",
    }[row["prospect"]]
    npv = f"net present value P10 {usd(row['npv_usd_p10'])}, median {usd(row['npv_usd_p50'])}, P90 {usd(row['npv_usd_p90'])}"
    return f"{sold} {verdict} ({npv}).{_what_it_takes(row)}{_plant(state, row)}{_doubt(row)}{_assumed(state, i, site)}"


def _what_it_takes(row: dict[str, Any]) -> str:
    """How far the median draw is from paying, told by net prices."""
    multiple = row["price_multiple_needed"]
    if math.isnan(multiple):
        return " In half of the draws it sells nothing above its own royalty and freight, so no price multiple can be said."
    if multiple < 1:
        return f" In the median draw net prices could fall by {100 * (1 - multiple):.0f} % before it stopped paying."
    return f" In the median draw net prices would have to be {number(multiple, 2)} times as high."


def _plant(state: RunState, row: dict[str, Any]) -> str:
    """The plant of the draws that pay; nothing where hardly any does."""
    if math.isnan(row["plant_mtpa_p50"]):
        return ""
    rate = 100 * state.given.settings.discount_rate
    return (
        f" Where it pays, the plant treats {number(row['plant_mtpa_p50'], 2)} Mt a year for "
        f"{number(row['life_years_p50'], 2)} years and costs {usd(row['capital_usd_p50'])} (medians; {rate:g} % real, royalty and levies paid)."
    )


def _doubt(row: dict[str, Any]) -> str:
    little = row["knowledge_class"] in ("G4", "analogue", "default", "none")
    return " It may pay because little is known." if little and 0.05 <= row["p_pays"] < 0.25 else ""


def _assumed(state: RunState, i: int, site: str) -> str:
    """Every cost and recovery that is assumed and not known, by name."""
    g = state.given
    record, product = g.records[site], main_product(state, i)
    if record.project is None or product is None:
        return ""
    route, waste = record.row.route_code, record.row.waste_type_code
    family = g.book.economics.families[record.project.plant.family]
    recovery, _ = g.book.metallurgy(site, route, waste, product)
    tested = f"tested {record.project.test_level}" if record.project.test_level != "none" else "untested on this waste"
    basis = "published by a like plant" if g.book.is_recovery_published(route, waste, product) else "an expert's guess"
    return (
        f" Assumed: {100 * recovery:.0f} % of the {g.book.element_name(product).lower()} recovered ({basis}, {tested}); "
        f"operating cost by {_law(family.operating)}, capital by {_law(family.capital)}."
    )


def _law(law: CostLaw) -> str:
    """What a cost law rests on."""
    if not law.n_plants:
        return "an expert's guess"
    return f"the law of {law.n_plants} published plant{'s' if law.n_plants > 1 else ''}"


def _next(row: dict[str, Any]) -> str:
    missing = {m.partition(" (")[0] for m in (row["missing"] or "").split("; ")}
    wanted = [WANTED[m] for m in PRIORITY if m in missing]
    return f" Most wanted: {join(wanted[:2])}." if wanted else ""


def _lease(row: dict[str, Any]) -> str:
    return (
        " The site is under its operator's own lease, so it is not open to other bidders."
        if "operator_lease" in (row["flags"] or "")
        else ""
    )


def _ground(state: RunState, i: int, row: dict[str, Any]) -> str:
    """What the survey says of the ground of a block that no waste quantifies."""
    axis, place = row.get("fertility_axis"), row.get("rank_fertility")
    if place is None or axis is None or math.isnan(axis):
        return ""
    kind = row["kind"]
    n = sum(
        its == kind and state.decided.status[j] == "UNQUANTIFIED" and state.decided.fertility_use(j) == "measured"
        for j, its in enumerate(state.given.column["kind"])
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


def explain(state: RunState, i: int, row: dict[str, Any]) -> str:
    """The explanation of one block; every number in it is a column of its row."""
    name, kind = text(row["name"]) or row["block_id"], str(row["kind"]).replace("_", " ")
    gate, status = state.given.block_gates[row["block_id"]], row["status"]
    checks = sorted({words for code, words in map(flag_parts, gate.flags) if code == "to_be_checked"})
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
        if n == 1:
            opening = f"{name} is the only {kind} that is ranked for {basket}, so there is nothing to compare it with ({points})"
        else:
            opening = f"{name} ranks {ordinal(row['rank'])} of {n} {kind}s for {basket} (tier {row['tier']}; {spread}; {points})"
        first = f"{opening} and holds {_tonnage(state, i, row)}."
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
        is_sure = MAY_BE_IN_FORCE not in (row["flags"] or "").split("; ")
        opening = "is not open to other bidders" if is_sure else "may not be open to other bidders"
        return f"{name} {opening}: {row['status_reason']}.{held}{to_check}"
    likely = (
        f" Likely companions, from {row['likely_from']}, not measured: {row['likely_companions']}."
        if row["likely_companions"]
        else ""
    )
    held = f" It holds {_tonnage(state, i, row)}." if known else ""
    missing = f" Missing: {row['missing'].replace('; ', ', ')}." if row["missing"] else ""
    return (
        f"{name} is not quantified: {row['status_reason']}.{held}{_ground(state, i, row)}{likely}{_lease(row)}{missing}"
        f"{conditional}{to_check}"
    )
