"""The route of a site whose waste has several and that names none: the one by which the site scores highest.

Belongs here: weighing the routes of one site against each other. Does not belong here: which routes a waste has
(``routes``), a waste's only route (``data_sources.register.routes``), the value of a project (``projects``).
"""

from __future__ import annotations

import math

import pandas as pd

from data_sources.reference.waste_routes import from_type
from scoring.waste.inventory import site_records
from scoring.waste.projects.project_engine import simulate_projects, whole_sites
from scoring.waste.routes import RouteBook
from scoring.waste.rows import SiteRow, rows_of
from scoring.waste.settings import WasteSettings
from scoring.waste.site_projects import attach_projects, inputs_of, price_deck

Worth = tuple[float, float, bool]
"""What a route is judged by, the lowest first: minus the mean score, the median price multiple needed, that nothing is sold."""


def with_chosen_routes(
    sites: pd.DataFrame,
    tonnages: pd.DataFrame,
    grades: pd.DataFrame,
    book: RouteBook,
    settings: WasteSettings,
    basket: frozenset[str],
) -> tuple[pd.DataFrame, dict[str, str]]:
    r"""Sites with one of several routes of their waste where they name none, and site -> words that name all of them.

    .. math:: r = \arg\max_r \frac{1}{K} \sum_k h(U_{\lambda,k}(r))

    with h the score of the whole site as one project in the ranked basket and deck. Every route is valued in the same
    draws, and the chosen one stands for all of them. Where no route scores, the one that needs the lowest median price
    multiple is taken, then one that sells something, then the first of the table.
    """
    several = {
        row.site_id: book.routes_of(row.waste_type_code)
        for row in rows_of(sites, SiteRow)
        if not row.route_code and len(book.routes_of(row.waste_type_code)) > 1
    }
    if not several:
        return sites, {}
    asked = sites[sites["site_id"].astype("str").isin(several)]
    worth: dict[str, list[Worth]] = {site: [] for site in several}
    for place in range(max(map(len, several.values()))):
        routes = {site: found[place] for site, found in several.items() if place < len(found)}
        for site, value in _worths(_named(asked, routes), tonnages, grades, book, settings, basket).items():
            worth[site].append(value)
    best = {site: several[site][values.index(min(values))] for site, values in worth.items()}
    told = {site: from_type(route, (r for r in several[site] if r != route)) for site, route in best.items()}
    return _named(sites, best, keep=True), told


def _named(sites: pd.DataFrame, routes: dict[str, str], *, keep: bool = False) -> pd.DataFrame:
    """The sites of ``routes`` with their route; ``keep`` keeps the others as they are."""
    ids = sites["site_id"].astype("str")
    frame = sites if keep else sites[ids.isin(routes)]
    own = frame["route_code"].astype("object") if "route_code" in frame.columns else None
    return frame.assign(route_code=ids[frame.index].map(routes).astype("object").where(ids.isin(routes), own))


def _worths(
    sites: pd.DataFrame,
    tonnages: pd.DataFrame,
    grades: pd.DataFrame,
    book: RouteBook,
    settings: WasteSettings,
    basket: frozenset[str],
) -> dict[str, Worth]:
    """Site -> what its route is judged by, each site as one whole project."""
    records = site_records(sites, tonnages, grades, book, settings.min_tonnage_mt)
    attach_projects(records, book, settings)
    out: dict[str, Worth] = {site: (0.0, math.inf, not record.sold) for site, record in records.items()}
    if not any(record.project is not None for record in records.values()):
        return out
    deck = price_deck(book, settings, settings.price_deck)
    inputs, ids, _ = inputs_of(records, book, settings, [deck], [basket], [(0, 0)])
    valued = simulate_projects(
        inputs,
        ids,
        whole_sites(len(ids)),
        settings.draws,
        fixed_share=book.economics.fixed_share,
        chunk=settings.unit_chunk,
        threads=settings.threads,
    ).out
    for i, site in enumerate(ids):
        out[site] = (-float(valued.mean_h_lifted[0, i]), float(valued.multiple_q[0, i, 1]), not records[site].sold)
    return out
