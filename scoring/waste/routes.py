"""What each treatment route sells, at which recovery and payability, by which family of plants, and what it costs.

Belongs here: joining routes, products, costs, elements and rare-earth profiles. Does not belong here: a site.
"""

from __future__ import annotations

import math
from functools import cached_property

from data_sources.reference import ReferenceTables, load_table
from data_sources.reference.economic_facts import RouteFamily, checked_number
from data_sources.reference.economics import economic_tables
from data_sources.reference.waste_routes import routes_of_wastes
from khanij.foundation.cells import is_known, number_of, text
from scoring.waste.rows import CostRow, ElementRow, ProductRow, ProfileRow, RouteRow, listed, rows_of
from scoring.waste.settings import PRICE_DECKS

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
        self._routes_of = routes_of_wastes(reference.routes)
        self._profiles = _profiles(rows_of(reference.ree_profiles, ProfileRow))
        self.economics = economic_tables({"elements": reference.elements})
        self._own_metallurgy = _own_metallurgy()

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

    def routes_of(self, waste_type: str) -> tuple[str, ...]:
        """The routes of a waste, in the order of the table."""
        return self._routes_of.get(waste_type, ())

    def products_of(self, route: str, waste_type: str) -> dict[str, ProductRow]:
        """Element -> product row of one route on one waste type."""
        return self._products.get((route, waste_type), {})

    def plant_of(self, route: str, waste_type: str) -> RouteFamily | None:
        """The family of plants of a route on a waste, with its cost law; None where no law is known."""
        return self.economics.family_of(route, waste_type)

    def metallurgy(self, site_id: str, route: str, waste_type: str, element: str) -> tuple[float, float]:
        """Median recovery and payable share: the site's own, else the family's, else the route's; NaN where not known."""
        plant = self.plant_of(route, waste_type)
        family = self.economics.recoveries.get((plant.family, element)) if plant is not None else None
        row = self.products_of(route, waste_type).get(element)
        recovery, payable = self._own_metallurgy.get((site_id, element), (math.nan, math.nan))
        if not is_known(recovery):
            recovery = family.median if family is not None else row.recovery_mode if row is not None else math.nan
        if not is_known(payable):
            payable = family.payable if family is not None else row.payability_mode if row is not None else math.nan
        return recovery, payable

    def sells(self, site_id: str, route: str, waste_type: str, element: str) -> str | None:
        """None: not a product of the route; "" : sold and valued; else why it cannot be valued."""
        if element not in self.products_of(route, waste_type):
            return None
        if element in NEVER_VALUED:
            return "a Part B atomic mineral is never valued"
        known = dict(zip(("recovery", "payability"), self.metallurgy(site_id, route, waste_type, element)))
        missing = [what for what, value in known.items() if not is_known(value)]
        if missing:
            return f"no {' or '.join(missing)} known"
        problems = [self.price_problem(route, waste_type, element, deck) for deck in PRICE_DECKS]
        return problems[0] or "" if all(problems) else ""

    def is_recovery_published(self, route: str, waste_type: str, element: str) -> bool:
        """Whether a plant of the kind published its recovery of the element."""
        plant, row = self.plant_of(route, waste_type), self.products_of(route, waste_type).get(element)
        seen = plant is not None and (plant.family, element) in self.economics.recoveries_seen
        return seen or (row is not None and row.recovery_basis == "published")

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


def _own_metallurgy() -> dict[tuple[str, str], tuple[float, float]]:
    """(site, element) -> a site's own median recovery and payable share; NaN where it has none of its own."""
    name = "site_metallurgy"
    out = {}
    for i, row in enumerate(load_table(name).to_dict("records"), start=2):
        pair = tuple(
            checked_number(row[c], name, i, c, high=1.0) if is_known(number_of(row[c])) else math.nan
            for c in ("recovery", "payable")
        )
        out[text(row["site_id"]), text(row["element"])] = (pair[0], pair[1])
    return out


def _profiles(rows: list[ProfileRow]) -> dict[str, list[tuple[str, dict[str, float]]]]:
    out: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        for waste in listed(row.waste_type_codes):
            out.setdefault(waste, {}).setdefault(row.profile_code, {})[row.element] = row.share_pct / 100.0
    return {waste: sorted(profiles.items()) for waste, profiles in out.items()}
