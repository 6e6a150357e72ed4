"""Tables beside the ranked blocks: sites, elements, the mass balance.

Belongs here: columns. Does not belong here: formulas.
"""

from __future__ import annotations

import dataclasses
import math

import pandas as pd

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import SITE_POTENTIAL
from khanij.foundation.rounding import round_significant
from scoring.rank.state import RunState
from scoring.rank.told.classes import classes_of
from scoring.rank.told.contents import element_rows, revenue_shares
from scoring.rank.told.money import finite, prospect
from scoring.waste.inventory import SiteRecord, stated_tonnes


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Every float column to 9 significant digits, so that published numbers do not hang on the last bits of a sum."""
    for column in frame.columns:
        if pd.api.types.is_float_dtype(frame[column]):
            frame[column] = round_significant(frame[column].to_numpy(dtype=float, na_value=math.nan))
    return frame


_QUANTILES = tuple(enumerate(("p10", "p50", "p90")))


def site_table(state: RunState) -> pd.DataFrame:
    """One row per site: tonnage, prospect, NPV, needed multiple, classes, gate, what is likely and why it is unquantified."""
    rows = [_site_row(state, site_id, record) for site_id, record in state.given.records.items()]
    return rounded(table_of(rows, SITE_POTENTIAL))


def _site_row(state: RunState, site_id: str, record: SiteRecord) -> dict[str, object]:
    gate, unit = state.given.site_gates[site_id], state.scored.plan.whole.get(site_id)
    is_valued = unit is not None and record.has_value
    row: dict[str, object] = {
        "site_id": site_id,
        "name": record.row.name,
        "waste_type_code": record.row.waste_type_code,
        "route_code": record.row.route_code,
        "status": gate.status or _status(record),
        "status_reason": gate.reason or None,
        "reason_unquantified": "; ".join(record.reasons) or None,
        "tonnage_class": record.tonnage_class,
        "is_screening_only": record.is_screening,
        "tonnage_stated_t": stated_tonnes(record),
    }
    classes = classes_of(state, record)
    row |= {"knowledge_class": classes.worst} | {f"class_{k}": v for k, v in dataclasses.asdict(classes).items()}
    has_tonnes = unit is not None and record.tonnage_width is not None
    for q, p in _QUANTILES:
        row[f"tonnage_t_{p}"] = state.scored.metal.tonnage[unit, q] if has_tonnes else math.nan
    row |= _money(state, unit if is_valued else None)
    shares = revenue_shares(state, unit) if is_valued and unit is not None else {}
    row["main_product"] = next(iter(shares), None)
    row["top_elements"] = "; ".join(f"{e} {100 * s:.0f} %" for e, s in list(shares.items())[:3]) or None
    row["assayed_elements"] = ", ".join(a.said for a in record.assays) or None
    row["upper_limits"] = "; ".join(record.upper_limits) or None
    left_out = [*record.unvalued, *record.left_out, *_earns_nothing(state, record)]
    row["not_valued"] = "; ".join(dict.fromkeys(left_out)) or None
    row["likely_elements"] = ", ".join(record.likely) or None
    row["flags"] = "; ".join([*gate.flags, *record.flags]) or None
    row["sources"] = " | ".join(dict.fromkeys(record.sources))
    return row


def _status(record: SiteRecord) -> str:
    if record.is_excluded:
        return "EXCLUDED"
    return "QUANTIFIED" if record.has_value and record.may_rank else "UNQUANTIFIED"


def _money(state: RunState, unit: int | None) -> dict[str, object]:
    """Prospect, P(pays), NPV, multiple and plant of one whole site."""
    out, details = state.scored.projects.out, state.scored.projects.details
    p_pays = float(out.p_pays[0, unit]) if unit is not None else math.nan
    row: dict[str, object] = {"prospect": prospect(p_pays), "p_pays": p_pays}
    row["p_pays_if_built_today"] = out.p_pays_today[0, unit] if unit is not None else math.nan
    for q, p in _QUANTILES:
        row[f"npv_usd_{p}"] = out.npv[0, unit, q] if unit is not None else math.nan
    row["price_multiple_needed"] = finite(float(out.multiple_q[0, unit, 1])) if unit is not None else math.nan
    row["capital_usd_p50"] = details.capital[unit] if unit is not None else math.nan
    row["plant_mtpa_p50"] = details.plant_t[unit] / 1e6 if unit is not None else math.nan
    return row


def _earns_nothing(state: RunState, record: SiteRecord) -> list[str]:
    """Sold elements without a price in the deck, and basket elements that no strategic premium is known for."""
    route, waste = record.row.route_code, record.row.waste_type_code
    deck, main = state.given.settings.price_deck, state.given.main_basket
    _, importance = state.given.production_and_importance
    out = []
    for element in sorted(set(record.sold)):
        problem = state.given.book.price_problem(route, waste, element, deck)
        if problem:
            out.append(f"{element}: {problem} (deck {deck})")
        if element in main and element not in importance:
            out.append(f"{element}: no importance known, no strategic premium")
    return out


def element_table(state: RunState) -> pd.DataFrame:
    """Block x element: contained and recoverable kilograms (P10 the low case), and the share of net revenue."""
    held, rows = state.scored.metal, []
    for i, block_id in enumerate(state.given.ids):
        shares = revenue_shares(state, i)
        for element, p in element_rows(state, i):
            rows.append(
                (block_id, element, *held.contained[p, :3], *held.recoverable[p, :3], shares.get(element, math.nan))
            )
    names = [f"{what}_kg_{p}" for what in ("contained", "recoverable") for p in ("p10", "p50", "p90")]
    return rounded(pd.DataFrame(rows, columns=["block_id", "element", *names, "revenue_share"]))


def mass_balance_table(state: RunState) -> pd.DataFrame:
    """For each kind: inside + near + unallocated = all sites, for tonnes, kilograms contained and mean gain [USD]."""
    held, rows = state.scored.metal, []
    gain = state.scored.projects.out.gain[0]
    quantity: dict[str, dict[str, float]] = {"tonnes": {}, "contained_kg": {}, "gain_usd": {}}
    for site_id, unit in state.scored.plan.whole.items():
        quantity["tonnes"][site_id] = float(held.tonnage[unit, 3])
        quantity["contained_kg"][site_id] = math.fsum(float(held.contained[p, 3]) for _, p in element_rows(state, unit))
        quantity["gain_usd"][site_id] = float(gain[unit]) if state.given.records[site_id].has_value else 0.0
    shares, rest = state.given.allocation.shares, state.given.allocation.unallocated
    for kind in sorted(set(state.given.blocks["kind"])):
        mine, left = shares[shares["kind"] == kind], rest[rest["kind"] == kind]
        for name, values in quantity.items():
            inside = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["inside"]))
            near = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["near"]))
            unallocated = math.fsum(values.get(s, 0.0) * v for s, v in zip(left["site_id"], left["unallocated"]))
            rows.append((kind, name, inside, near, unallocated, math.fsum(values.values())))
    return pd.DataFrame(rows, columns=["kind", "quantity", "inside", "near", "unallocated", "total"])
