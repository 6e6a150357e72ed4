"""What each treatment route sells, at which recovery, payability and price, and what it costs.

Belongs here: joining routes, products, costs, elements and rare-earth profiles. Does not belong here: a site.
"""

from __future__ import annotations

import math
from functools import cached_property

from data_sources.reference import ReferenceTables
from khanij.foundation.cells import is_known
from scoring.waste.rows import CostRow, ElementRow, ProductRow, ProfileRow, RouteRow, listed, rows_of

_FORMS = {
    "separated_oxide": {"oxide"},
    "oxide": {"oxide"},
    "metal": {"metal"},
    "ore": {"ore_or_concentrate"},
    "concentrate": {"ore_or_concentrate", "oxide"},
}
"""Price forms of the element table that may stand for the product form a route sells."""

POOLED = ("Ho", "Er", "Tm", "Yb", "Lu")
NEVER_VALUED = ("U", "Th")
"""Part B atomic minerals."""


class RouteBook:
    """The reference tables, indexed for look-up by route, waste type and element."""

    def __init__(self, reference: ReferenceTables) -> None:
        self._products: dict[tuple[str, str], dict[str, ProductRow]] = {}
        for product in rows_of(reference.route_products, ProductRow):
            self._products.setdefault((product.route_code, product.waste_type_code), {})[product.element] = product
        self._costs: dict[tuple[str, str], CostRow] = {}
        for cost in sorted(rows_of(reference.route_costs, CostRow), key=lambda r: r.cost_id):
            if cost.is_preferred:
                for waste in listed(cost.waste_type_codes):
                    self._costs[(cost.route_code, waste)] = cost
        self._elements = {row.element: row for row in rows_of(reference.elements, ElementRow)}
        self._route_names = {row.route_code: row.name for row in rows_of(reference.routes, RouteRow)}
        self._profiles = _profiles(rows_of(reference.ree_profiles, ProfileRow))

    @cached_property
    def elements(self) -> set[str]:
        """Symbols of all elements in the reference table."""
        return set(self._elements)

    @cached_property
    def symbol_of(self) -> dict[str, str]:
        """English name in lower case -> symbol."""
        return {row.name.lower(): e for e, row in self._elements.items() if row.name}

    def element(self, symbol: str) -> ElementRow:
        """The element's row."""
        return self._elements[symbol]

    def element_name(self, symbol: str) -> str:
        """English name, or the symbol where the table has none."""
        row = self._elements.get(symbol)
        return row.name if row is not None and row.name else symbol

    def route_name(self, route: str) -> str:
        """English name of a route."""
        return self._route_names.get(route, route)

    def products_of(self, route: str, waste_type: str) -> dict[str, ProductRow]:
        """Element -> product row of one route on one waste type."""
        return self._products.get((route, waste_type), {})

    def sells(self, route: str, waste_type: str, element: str) -> str | None:
        """None: not a product of the route; "" : sold and valued; else why it cannot be valued."""
        row = self.products_of(route, waste_type).get(element)
        if row is None:
            return None
        if element in NEVER_VALUED:
            return "a Part B atomic mineral is never valued"
        modes = {"recovery": row.recovery_mode, "payability": row.payability_mode}
        missing = [what for what, mode in modes.items() if not is_known(mode)]
        if missing:
            return f"no {' or '.join(missing)} known"
        return ""

    def price_problem(self, route: str, waste_type: str, element: str, deck: str) -> str | None:
        """Why a sold element earns nothing: no price in the deck, or a price for another form; None if it is priced."""
        row, facts = self.products_of(route, waste_type)[element], self._elements[element]
        if not is_known(facts.price_usd_per_kg(deck)) or not facts.price_is_for:
            return "no price"
        if facts.price_is_for not in _FORMS.get(row.price_basis, {facts.price_is_for}):
            return f"the price is for {facts.price_is_for}, the route sells {row.price_basis}"
        return None

    def cost_row(self, route: str, waste_type: str) -> CostRow | None:
        """The preferred cost row with a triangle, or None."""
        row = self._costs.get((route, waste_type))
        return None if row is None or not is_known(row.opex_mode_usd_per_t) else row

    def capital_known(self, route: str, waste_type: str) -> bool:
        """Whether the preferred row states capital per annual tonne."""
        row = self.cost_row(route, waste_type)
        return row is not None and is_known(row.capex_usd_per_annual_t)

    def profiles_of(self, waste_type: str) -> list[tuple[str, dict[str, float]]]:
        """Rare-earth profiles published for a waste type: (code, element -> share of 1), by code."""
        return self._profiles.get(waste_type, [])

    def importance(self) -> dict[str, float]:
        """``k_e = SR_e EI_e / mean``, the mean over the single elements of India's 30, clipped to [0.1, 3]."""
        product = {
            e: row.eu2023_supply_risk * row.eu2023_economic_importance
            for e, row in sorted(self._elements.items())
            if is_known(row.eu2023_supply_risk) and is_known(row.eu2023_economic_importance)
        }
        of_30 = [v for e, v in product.items() if self._elements[e].in_india_30]
        mean = math.fsum(of_30) / len(of_30) if of_30 else math.nan
        return {e: min(3.0, max(0.1, v / mean)) for e, v in product.items()}

    def production_t(self) -> dict[str, float]:
        """World production by element [t/a], where there is a figure."""
        return {
            e: row.world_production_t for e, row in sorted(self._elements.items()) if is_known(row.world_production_t)
        }


def _profiles(rows: list[ProfileRow]) -> dict[str, list[tuple[str, dict[str, float]]]]:
    out: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        for waste in listed(row.waste_type_codes):
            out.setdefault(waste, {}).setdefault(row.profile_code, {})[row.element] = row.share_pct / 100.0
    return {waste: sorted(profiles.items()) for waste, profiles in out.items()}
