"""The treatment route of a site that names its waste and no route: the one that ``routes.csv`` has for the waste.

Belongs here: choosing among the routes of a waste by what the tables support. Does not belong here: valuing a site
(``scoring.waste``); there one route stands for all draws.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from data_sources.reference import load_table

FROM_TYPE = "route_from_waste_type"
PRICES = "price_2024_usd_per_kg"


class Choice(NamedTuple):
    """The route of one site, taken from its waste, and the others that were there to take, each with its margin [USD/t]."""

    route: str
    margin_usd_per_t: float
    others: tuple[tuple[str, float], ...] = ()

    @property
    def words(self) -> str:
        """For the ``flags`` of the site's block."""
        rest = ", ".join(route for route, _ in self.others)
        return f"{FROM_TYPE}:{self.route}" + (f" (others: {rest})" if rest else "")


@cache
def routes_of_wastes() -> dict[str, tuple[str, ...]]:
    """Waste type code -> the routes that ``routes.csv`` has for it, in its order."""
    out: dict[str, list[str]] = {}
    for route, codes in zip(load_table("routes")["route_code"], load_table("routes")["waste_type_codes"]):
        for code in str(codes).split(";") if isinstance(codes, str) else ():
            out.setdefault(code.strip(), []).append(str(route))
    return {code: tuple(routes) for code, routes in out.items()}


def margin_usd_per_t(route: str, waste: str, ppm: dict[str, float]) -> float:
    r"""Most likely margin of a tonne of waste by one route; NaN where no cost or no sold element is known.

    .. math:: m = \\sum_e g_e \\cdot 10^{-3} \\cdot r_e \\cdot y_e \\cdot p_e - c

    with g the grade [ppm], r the recovery, y the payability, p the price [USD/kg] and c the operating cost [USD/t], each the
    most likely value of its table.
    """
    products = load_table("route_products")
    products = products[(products["route_code"] == route) & (products["waste_type_code"] == waste)]
    prices = load_table("elements").set_index("element")[PRICES]
    earned, sold = 0.0, False
    for row in products.to_dict("records"):
        value = ppm.get(str(row["element"]), math.nan) / 1e3 * float(prices.get(str(row["element"]), math.nan))
        value *= float(row["recovery_mode"]) * float(row["payability_mode"])
        if math.isfinite(value):
            earned, sold = earned + value, True
    costs = load_table("route_costs")
    has = costs["waste_type_codes"].astype("str").map(lambda c: waste in [x.strip() for x in str(c).split(";")])
    costs = costs[has & (costs["route_code"] == route) & (costs["is_preferred"].astype("str").str.lower() == "true")]
    cost = float(costs["opex_mode_usd_per_t"].iloc[0]) if len(costs) else math.nan
    return earned - cost if sold else math.nan


def choose_route(
    waste: object, ppm: dict[str, float], routes: dict[str, tuple[str, ...]] | None = None
) -> Choice | None:
    """The route of a waste; of several the one with the highest margin that the tables support, then the first listed.

    Parameters
    ----------
    waste : waste type code. ppm : element -> most likely grade [ppm] of the site. routes : as ``routes_of_wastes``.
    """
    found = (routes_of_wastes() if routes is None else routes).get(str(waste), ())
    if not found:
        return None
    worth = [(route, margin_usd_per_t(route, str(waste), ppm) if len(found) > 1 else math.nan) for route in found]
    best = max(worth, key=lambda pair: -math.inf if math.isnan(pair[1]) else pair[1])
    return Choice(*best, tuple(pair for pair in worth if pair is not best))


def with_routes(sites: pd.DataFrame, grades: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Sites with the route of their waste where they name none, and site -> words that say so.

    Parameters
    ----------
    sites : ``site_id``, ``waste_type_code``, ``route_code``. grades : ``site_id``, ``element``, ``ppm_mode``.
    """
    blank = sites["route_code"].isna() & sites["waste_type_code"].notna()
    if not blank.any():
        return sites, {}
    ppm: dict[str, dict[str, float]] = {}
    for site, element, value in zip(grades["site_id"], grades["element"], grades["ppm_mode"]):
        if np.isfinite(value):
            ppm.setdefault(str(site), {}).setdefault(str(element), float(value))
    routes = sites["route_code"].astype("object").to_numpy(copy=True)
    told: dict[str, str] = {}
    for i in np.flatnonzero(blank.to_numpy()):
        site = str(sites["site_id"].iloc[i])
        choice = choose_route(sites["waste_type_code"].iloc[i], ppm.get(site, {}))
        if choice is not None:
            routes[i], told[site] = choice.route, choice.words
    return sites.assign(route_code=pd.Series(routes, index=sites.index).astype("str")), told


def why_not_valued(waste: object, route: object) -> str:
    """Why a site of this waste (and route, where it names one) cannot be valued; '' where the tables have a way."""
    products = load_table("route_products")
    code = str(waste) if isinstance(waste, str) and waste else ""
    if not code and not (isinstance(route, str) and route):
        return "no waste_type_code: name the waste by a code of data_sources/reference/routes.csv"
    choice = choose_route(code, {})
    taken = route if isinstance(route, str) and route else choice.route if choice else ""
    if not taken:
        return f"no route of data_sources/reference/routes.csv takes {code}: write one of its codes"
    sold = products[(products["route_code"] == taken) & (products["waste_type_code"] == code)]
    return "" if len(sold) else f"no treatment that sells a product of {code or 'this waste'} is known (route {taken})"
