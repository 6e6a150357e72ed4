"""The treatment route of a site that names its waste and no route, where ``routes.csv`` has one for the waste.

Belongs here: the only route of a waste, and why a site cannot be valued. Does not belong here: the choice among several
routes, which hangs on prices and costs (``scoring.rank.route_choice``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from data_sources.reference import load_table
from data_sources.reference.route_sales import sold_products
from data_sources.reference.waste_routes import from_type, routes_of_wastes


@cache
def known_routes() -> dict[str, tuple[str, ...]]:
    """Waste type code -> the routes of the project's own table."""
    return routes_of_wastes(load_table("routes"))


def with_routes(sites: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Sites with the only route of their waste where they name none, and site -> words that say so.

    A waste with several routes leaves its site as it is: that is settled where the routes are valued.

    Parameters
    ----------
    sites : ``site_id``, ``waste_type_code``, ``route_code``.
    """
    routes = sites["route_code"].astype("object").to_numpy(copy=True)
    told: dict[str, str] = {}
    for i in np.flatnonzero((sites["route_code"].isna() & sites["waste_type_code"].notna()).to_numpy()):
        found = known_routes().get(str(sites["waste_type_code"].iloc[i]), ())
        if len(found) == 1:
            routes[i] = found[0]
            told[str(sites["site_id"].iloc[i])] = from_type(found[0])
    return (sites.assign(route_code=pd.Series(routes, index=sites.index).astype("str")) if told else sites), told


def why_not_valued(waste: object, route: object) -> str:
    """Why a site of this waste (and route, where it names one) cannot be valued; '' where the tables have a way."""
    code = waste if isinstance(waste, str) else ""
    own = route if isinstance(route, str) else ""
    if not code and not own:
        return "no waste_type_code: name the waste by a code of docs/reference_tables.md, routes"
    ways = (own,) if own else known_routes().get(code, ())
    if not ways:
        return f"no route of docs/reference_tables.md, routes, takes {code}: write one of its codes; a waste that has none there is listed, not valued"
    products = sold_products()
    if (products["route_code"].isin(ways) & (products["waste_type_code"] == code)).any():
        return ""
    named = f"route{'s' if len(ways) > 1 else ''} {', '.join(ways)}"
    return f"no treatment that sells a product of {code or 'this waste'} is known ({named})"
