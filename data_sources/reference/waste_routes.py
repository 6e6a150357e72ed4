"""Which treatment routes the tables have for a waste, and how a site says that its route was taken from its waste.

Belongs here: the look-up and its words. Does not belong here: a site's only route (``data_sources.register.routes``), the
choice among several (``scoring.rank.route_choice``).
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

FROM_TYPE = "route_from_waste_type"
"""Flag of a site, and of the blocks that hold it, that names its waste and no route."""


def routes_of_wastes(routes: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Waste type code -> the routes that the table has for it, in its order.

    Parameters
    ----------
    routes : ``route_code``, ``waste_type_codes`` (semicolons between them).
    """
    out: dict[str, list[str]] = {}
    for route, codes in zip(routes["route_code"], routes["waste_type_codes"]):
        for code in codes.split(";") if isinstance(codes, str) else ():
            out.setdefault(code.strip(), []).append(str(route))
    return {code: tuple(found) for code, found in out.items()}


def from_type(route: str, others: Iterable[str] = ()) -> str:
    """For ``flags``: the route that was taken, and those that were there to take."""
    rest = ", ".join(others)
    return f"{FROM_TYPE}:{route}" + (f" (others: {rest})" if rest else "")
