"""What each treatment route sells, at which recovery, payability and price, and what it costs.

Belongs here: joining routes, products, costs, elements and rare-earth profiles. Does not belong here: a site.
"""

from __future__ import annotations

import math
from functools import cached_property

from data_sources.reference import ReferenceTables
from khanij.foundation.cells import is_known

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
        self.reference = reference
        self._products: dict[tuple[str, str], dict[str, dict]] = {}
        for row in reference.route_products.to_dict("records"):
            self._products.setdefault((str(row["route_code"]), str(row["waste_type_code"])), {})[
                str(row["element"])
            ] = row
        self._costs: dict[tuple[str, str], dict] = {}
        for row in sorted(reference.route_costs.to_dict("records"), key=lambda r: str(r["cost_id"])):
            if bool(row["is_preferred"]):
                for waste in str(row["waste_type_codes"]).split(";"):
                    self._costs[(str(row["route_code"]), waste.strip())] = row
        self._elements = {str(r["element"]): r for r in reference.elements.to_dict("records")}
        self._route_names = {str(r["route_code"]): str(r["name"]) for r in reference.routes.to_dict("records")}

    @cached_property
    def elements(self) -> set[str]:
        """Symbols of all elements in the reference table."""
        return set(self._elements)

    @cached_property
    def symbol_of(self) -> dict[str, str]:
        """English name in lower case -> symbol."""
        return {str(r["name"]).lower(): e for e, r in self._elements.items() if is_known(r.get("name"))}

    def element(self, symbol: str) -> dict:
        """The element's row."""
        return self._elements[symbol]

    def element_name(self, symbol: str) -> str:
        """English name, or the symbol where the table has none."""
        name = self._elements.get(symbol, {}).get("name")
        return symbol if not is_known(name) else str(name)

    def route_name(self, route: str) -> str:
        """English name of a route."""
        return self._route_names.get(route, route)

    def products_of(self, route: str, waste_type: str) -> dict[str, dict]:
        """Element -> product row of one route on one waste type."""
        return self._products.get((route, waste_type), {})

    def sells(self, route: str, waste_type: str, element: str) -> str | None:
        """None: not a product of the route; "" : sold and valued; else why it cannot be valued."""
        row = self.products_of(route, waste_type).get(element)
        if row is None:
            return None
        if element in NEVER_VALUED:
            return "a Part B atomic mineral is never valued"
        missing = [w for w in ("recovery", "payability") if not is_known(row.get(f"{w}_mode"))]
        if missing:
            return f"no {' or '.join(missing)} known"
        return ""

    def price_problem(self, route: str, waste_type: str, element: str, deck: str) -> str | None:
        """Why a sold element earns nothing: no price in the deck, or a price for another form; None if it is priced."""
        row, facts = self.products_of(route, waste_type)[element], self._elements[element]
        price, form = facts.get(f"price_{deck}_usd_per_kg"), facts.get("price_is_for")
        if not is_known(price) or not is_known(form):
            return "no price"
        if str(form) not in _FORMS.get(str(row.get("price_basis")), {str(form)}):
            return f"the price is for {form}, the route sells {row.get('price_basis')}"
        return None

    def cost_row(self, route: str, waste_type: str) -> dict | None:
        """The preferred cost row with a triangle, or None."""
        row = self._costs.get((route, waste_type))
        return None if row is None or not is_known(row.get("opex_mode_usd_per_t")) else row

    def capital_known(self, route: str, waste_type: str) -> bool:
        """Whether the preferred row states capital per annual tonne."""
        row = self.cost_row(route, waste_type)
        return row is not None and is_known(row.get("capex_usd_per_annual_t"))

    def profiles_of(self, waste_type: str) -> list[tuple[str, dict[str, float]]]:
        """Rare-earth profiles published for a waste type: (code, element -> share of 1), by code."""
        return self._profiles.get(waste_type, [])

    @cached_property
    def _profiles(self) -> dict[str, list[tuple[str, dict[str, float]]]]:
        out: dict[str, dict[str, dict[str, float]]] = {}
        for row in self.reference.ree_profiles.to_dict("records"):
            for waste in [] if not is_known(row["waste_type_codes"]) else str(row["waste_type_codes"]).split(";"):
                shares = out.setdefault(waste.strip(), {}).setdefault(str(row["profile_code"]), {})
                shares[str(row["element"])] = float(row["share_pct"]) / 100.0
        return {waste: sorted(profiles.items()) for waste, profiles in out.items()}

    def importance(self) -> dict[str, float]:
        """``k_e = SR_e EI_e / mean``, the mean over the single elements of India's 30, clipped to [0.1, 3]."""
        product = {
            e: float(r["eu2023_supply_risk"]) * float(r["eu2023_economic_importance"])
            for e, r in sorted(self._elements.items())
            if is_known(r.get("eu2023_supply_risk")) and is_known(r.get("eu2023_economic_importance"))
        }
        of_30 = [v for e, v in product.items() if bool(self._elements[e]["in_india_30"])]
        mean = math.fsum(of_30) / len(of_30) if of_30 else math.nan
        return {e: min(3.0, max(0.1, v / mean)) for e, v in product.items()}

    def production_t(self) -> dict[str, float]:
        """World production by element [t/a], where there is a figure."""
        return {
            e: float(r["world_production_t"])
            for e, r in sorted(self._elements.items())
            if is_known(r.get("world_production_t"))
        }
