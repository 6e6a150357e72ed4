"""What is told of a block's money: prospect, plant, the price and the recovery at which it would pay.

All figures of a row speak of the same draws. Belongs here: reading the project engine's outputs for one unit. Does not
belong here: formulas (``scoring.waste.projects``), sentences (``explanation``).
"""

from __future__ import annotations

import math

from scoring.rank.state import RunState
from scoring.rank.told.contents import main_site
from scoring.waste.projects.project_model import recovery_needed

PAYS, MAY_PAY, NEEDS_MORE = "PAYS", "MAY_PAY", "NEEDS_MORE"
PAYS_FROM, MAY_PAY_FROM = 0.5, 0.05
_BINDS = 0.5
"""Share of the draws from which on the market's cap is said to bind."""


def prospect(p_pays: float) -> str | None:
    """PAYS (half of the draws or more), MAY_PAY (5 % to 50 %), NEEDS_MORE; None where nothing is known."""
    if math.isnan(p_pays):
        return None
    return PAYS if p_pays >= PAYS_FROM else MAY_PAY if p_pays >= MAY_PAY_FROM else NEEDS_MORE


def finite(value: float) -> float:
    """The value, or NaN where nothing is sold (an infinite multiple, a premium of minus infinity)."""
    return value if math.isfinite(value) else math.nan


def detail(state: RunState, unit: int, name: str) -> float:
    """A figure of the plant of the unit's main project (``project_details``); NaN where it has none."""
    site = main_site(state, unit)
    row = None if site is None else state.scored.plan.whole.get(site)
    return math.nan if row is None else float(getattr(state.scored.projects.details, name)[row])


def multiples_by_product(state: RunState, unit: int) -> str | None:
    """``Ni 2.7; Co 31``: by how much the price of one metal alone would have to rise, of those that bring 10 % or more."""
    site = main_site(state, unit)
    rows = state.scored.product_rows.get(site, {}) if site is not None else {}
    found = {e: float(state.scored.projects.details.product_multiple[p]) for e, p in rows.items()}
    revenue = state.scored.revenue_of(site) if site is not None else {}
    named = sorted((e for e, v in found.items() if math.isfinite(v)), key=lambda e: (-revenue[e], e))
    return "; ".join(f"{e} {found[e]:.3g}" for e in named) or None


def needed_recovery(state: RunState, unit: int) -> float:
    """Recovery of the main product at which its project breaks even; NaN: none suffices, or the market takes no more."""
    site = main_site(state, unit)
    if site is None:
        return math.nan
    revenue = state.scored.revenue_of(site)
    product = max(sorted(revenue), key=lambda e: revenue[e], default=None)
    if product is None or not revenue[product] > 0.0:
        return math.nan
    details, row = state.scored.projects.details, state.scored.product_rows[site][product]
    record, book = state.given.records[site], state.given.book
    recovery, _ = book.metallurgy(site, record.row.route_code, record.row.waste_type_code, product)
    median = min(0.97, recovery * book.economics.states[record.row.mineral_state or "unknown"])
    binds = float(details.cap_binds[row]) >= _BINDS
    return recovery_needed(median, float(details.product_multiple[row]), cap_binds=binds)


def capped_metals(state: RunState, sites: list[str]) -> list[str]:
    """Metals of which the projects of several sites together would sell more than the market takes of one project."""
    details, rows = state.scored.projects.details, state.scored.product_rows
    sold: dict[str, float] = {}
    for site in sites:
        for element, row in rows.get(site, {}).items():
            sold[element] = sold.get(element, 0.0) + float(details.cap_binds[row])
    return sorted(e for e, share in sold.items() if share >= 1.0)
