"""What the project model knows: cost laws, recoveries, royalties, maturities, prices, and the checks on their numbers.

Belongs here: the shapes of these facts and what a number of them can be. Does not belong here: reading the tables
(``economics``), formulas (``scoring.waste.projects.project_model``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from khanij.foundation.errors import ContractError

ANY_OTHER, ALL_REE = "any other", "REE"


@dataclass(frozen=True)
class CostLaw:
    """``cost(Q) = value (Q / 5 Mt)^exponent`` of one family, its scatter (log sd) and the plants behind it."""

    value: float
    exponent: float
    log_sd: float
    n_plants: int
    source: str


@dataclass(frozen=True)
class Family:
    """A family of plants: what it costs to run [USD of 2024 per t at 5 Mt/a] and to build [million USD of 2024]."""

    name: str
    operating: CostLaw
    capital: CostLaw


@dataclass(frozen=True)
class Maturity:
    """How far a route is developed: the probability that it works as designed, and the ramp-up of years 1, 2, 3, 4 on."""

    level: str
    p_works: float
    ramp: tuple[float, float, float, float]


@dataclass(frozen=True)
class RouteFamily:
    """Which route codes, wastes and words of a project name a family of plants, and how mature it is there."""

    family: str
    routes: frozenset[str]
    wastes: frozenset[str]
    words: tuple[str, ...]
    maturity: str


@dataclass(frozen=True)
class Recovery:
    """What a family recovers of an element (median share of the metal) and what is paid for it (share of the price)."""

    median: float
    payable: float


@dataclass(frozen=True)
class TestLevel:
    """How far this waste was tested: the probability that the route works on it and the sd of the logit recovery."""

    p_works: float
    logit_sd: float


@dataclass(frozen=True)
class Lean:
    """How far a feed may be enriched: at most ``ratio`` times, to a product of ``product_ppm``."""

    ratio: float
    product_ppm: float


@dataclass(frozen=True)
class EconomicTables:
    """Everything the project model reads from the tables; elements by symbol, shares 0..1, money in USD of 2024."""

    families: Mapping[str, Family]
    routes: tuple[RouteFamily, ...]
    maturity: Mapping[str, Maturity]
    tests: Mapping[str, TestLevel]
    states: Mapping[str, float]
    recoveries: Mapping[tuple[str, str], Recovery]
    recoveries_seen: frozenset[tuple[str, str]]
    lean: Mapping[str, Lean]
    royalty: Mapping[str, float]
    royalty_on_contained: frozenset[str]
    levies_on_royalty: float
    price_log_sd: Mapping[str, float]
    price_groups: Mapping[str, tuple[str, float]]
    price_usd_per_kg: Mapping[str, Mapping[str, float]]
    production_kg: Mapping[str, float]
    failure_share: float
    mill_capital_factor: float
    sustaining_share: float
    closure_share: float
    fixed_share: float

    def royalty_of(self, element: str) -> float:
        """Royalty with levies as a share of the price; the rate of minerals that the schedule does not name elsewhere."""
        return self.royalty.get(element, self.royalty["*"]) * (1.0 + self.levies_on_royalty)

    def log_sd_of(self, element: str) -> float:
        """Log sd of the ten-year mean price; scandium has its own row, a rare earth that of the rare earths."""
        if element in self.price_log_sd:
            return self.price_log_sd[element]
        grouped = self.price_groups.get(element, ("", 0.0))[0] == "rare earths"
        return self.price_log_sd[ALL_REE if grouped else ANY_OTHER]

    def family_of(self, route_code: str, waste_type_code: str = "", plant_words: str = "") -> RouteFamily | None:
        """The family of plants for a route: by words that name another plant, else by waste, else by route code."""
        text = plant_words.lower()
        for row in self.routes:
            if any(w in text for w in row.words):
                return row
        by_route = [r for r in self.routes if route_code in r.routes and not r.words]
        for row in by_route:
            if waste_type_code in row.wastes:
                return row
        return by_route[0] if by_route else None


def refuse(message: str, table: str, row: object, column: str, do: str) -> ContractError:
    """The error of a table that says what cannot be, with table, row and field."""
    return ContractError(message, file=f"{table}.csv", row=row, field=column, do=do)


def checked_number(
    value: object, table: str, row: object, column: str, *, low: float = 0.0, high: float = math.inf
) -> float:
    """A number of a table that must be finite and within [low, high].

    Raises
    ------
    ContractError : blank, not a number, not finite, below ``low`` or above ``high``; names table, row and field.
    """
    try:
        x = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        x = math.nan
    if not math.isfinite(x):
        raise refuse(f"{value!r} is not a finite number", table, row, column, "give a number, or take the row out")
    if x < low:
        raise refuse(f"{x:g} is below {low:g}", table, row, column, f"give a figure of at least {low:g}")
    if x > high:
        raise refuse(
            f"{x:g} is above {high:g}",
            table,
            row,
            column,
            f"give a share between {low:g} and {high:g}, not a percentage",
        )
    return x


def element(symbol: str, known: set[str], table: str, row: object, column: str) -> str:
    """A symbol that the element table holds.

    Raises
    ------
    ContractError : an element that nobody knows; names table, row and field.
    """
    if symbol not in known:
        raise refuse(
            f"unknown element {symbol!r}", table, row, column, "write the symbol as in elements.csv, or add the element"
        )
    return symbol
