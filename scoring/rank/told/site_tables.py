"""Tables beside the ranked blocks: sites, elements, the mass balance.

Belongs here: columns. Does not belong here: formulas.
"""

from __future__ import annotations

import math

import pandas as pd

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import SITE_POTENTIAL
from khanij.foundation.rounding import round_significant
from scoring.rank.state import RunState
from scoring.rank.told.contents import element_rows, revenue_shares
from scoring.waste.inventory import SiteRecord


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Every float column to 9 significant digits, so that published numbers do not hang on the last bits of a sum."""
    for column in frame.columns:
        if pd.api.types.is_float_dtype(frame[column]):
            frame[column] = round_significant(frame[column].to_numpy(dtype=float, na_value=math.nan))
    return frame


def site_table(state: RunState) -> pd.DataFrame:
    """One row per site: tonnage, margin, break-even, net value, class, gate, what is likely and why it is unquantified."""
    out, rows = state.scored.simulation.out, []
    for site_id, record in state.given.records.items():
        gate, unit = state.given.site_gates[site_id], state.scored.plan.whole.get(site_id)
        row: dict = {
            "site_id": site_id,
            "name": record.row.name,
            "waste_type_code": record.row.waste_type_code,
            "route_code": record.row.route_code,
        }
        status = gate.status or (
            "EXCLUDED"
            if record.is_excluded
            else "QUANTIFIED"
            if record.has_value and record.may_rank
            else "UNQUANTIFIED"
        )
        row["status"] = status
        row["status_reason"] = gate.reason or None
        row["reason_unquantified"] = "; ".join(record.reasons) or None
        row["knowledge_class"] = record.knowledge_class
        row["tonnage_class"], row["is_screening_only"] = record.tonnage_class, record.is_screening
        known = unit is not None and record.has_value
        shown = unit is not None and record.tonnage_spec is not None
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"tonnage_t_{p}"] = out.tonnage[unit, q] if shown else math.nan
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"margin_usd_per_t_{p}"] = out.margin[unit, q] if known else math.nan
        row["p_margin_positive"] = out.p_positive[unit] if known else math.nan
        row["breakeven_price_multiple"] = out.break_even[unit, 1] if known else math.nan
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"net_value_usd_{p}"] = (
                out.net_project[unit, q] if known and record.may_rank and not gate.status else math.nan
            )
        shares = revenue_shares(state, unit) if known and unit is not None else {}
        row["top_elements"] = "; ".join(f"{e} {100 * s:.0f} %" for e, s in list(shares.items())[:3]) or None
        row["assayed_elements"] = ", ".join(dict.fromkeys(e for a in record.assays for e, _ in a.parts)) or None
        row["upper_limits"] = "; ".join(record.upper_limits) or None
        row["not_valued"] = (
            "; ".join(dict.fromkeys([*record.unvalued, *record.left_out, *_earns_nothing(state, record)])) or None
        )
        row["likely_elements"] = ", ".join(record.likely) or None
        row["flags"] = "; ".join([*gate.flags, *record.flags]) or None
        row["sources"] = " | ".join(dict.fromkeys(record.sources))
        rows.append(row)
    return rounded(table_of(rows, SITE_POTENTIAL))


def _earns_nothing(state: RunState, record: SiteRecord) -> list[str]:
    """Sold elements without a price in the deck, and basket elements that the strategic axis has to leave out."""
    route, waste = record.row.route_code, record.row.waste_type_code
    deck, main = state.given.settings.price_deck, state.given.main_basket
    production, importance = state.given.production_and_importance
    out = []
    for element in sorted(set(record.sold)):
        problem = state.given.book.price_problem(route, waste, element, deck)
        if problem:
            out.append(f"{element}: {problem} (deck {deck})")
        if element in main:
            lacks = [
                w for w, known in (("world production", production), ("importance", importance)) if element not in known
            ]
            if lacks:
                out.append(f"{element}: no {' or '.join(lacks)} known, left out of the strategic axis")
    return out


def element_table(state: RunState) -> pd.DataFrame:
    """Block x element: contained and recoverable kilograms (P10 the low case), and the share of revenue."""
    out, rows = state.scored.simulation.out, []
    for i, block_id in enumerate(state.given.ids):
        shares = revenue_shares(state, i)
        for element, p in element_rows(state, i):
            rows.append(
                (block_id, element, *out.contained[p, :3], *out.recoverable[p, :3], shares.get(element, math.nan))
            )
    names = [f"{what}_kg_{p}" for what in ("contained", "recoverable") for p in ("p10", "p50", "p90")]
    return rounded(pd.DataFrame(rows, columns=["block_id", "element", *names, "revenue_share"]))


def mass_balance_table(state: RunState) -> pd.DataFrame:
    """For each kind: inside + near + unallocated = all sites, for tonnes, kilograms contained and USD of net value."""
    out, rows = state.scored.simulation.out, []
    quantity: dict[str, dict[str, float]] = {"tonnes": {}, "contained_kg": {}, "net_value_usd": {}}
    for site_id, unit in state.scored.plan.whole.items():
        quantity["tonnes"][site_id] = float(out.tonnage[unit, 3])
        quantity["contained_kg"][site_id] = math.fsum(float(out.contained[p, 3]) for _, p in element_rows(state, unit))
        quantity["net_value_usd"][site_id] = float(out.net_project[unit, 3])
    shares, rest = state.given.allocation.shares, state.given.allocation.unallocated
    for kind in sorted(set(state.given.blocks["kind"])):
        mine, left = shares[shares["kind"] == kind], rest[rest["kind"] == kind]
        for name, values in quantity.items():
            inside = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["inside"]))
            near = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["near"]))
            unallocated = math.fsum(values.get(s, 0.0) * v for s, v in zip(left["site_id"], left["unallocated"]))
            rows.append((kind, name, inside, near, unallocated, math.fsum(values.values())))
    return pd.DataFrame(rows, columns=["kind", "quantity", "inside", "near", "unallocated", "total"])
