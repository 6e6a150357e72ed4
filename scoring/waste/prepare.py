"""Site records and reference tables -> the engine's flat arrays and the draws that all sites share.

Shared once per k: prices (one per element, rare earths correlated), payabilities and recoveries (one per route and
product), costs (one per cost row), rare-earth profiles. Belongs here: flattening and shared draws. Does not belong
here: the choice of a figure (``inventory``), the kernel (``engine``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.lanthanides import lanthanides
from khanij.foundation.cells import is_known
from scoring.waste.engine import Inputs
from scoring.waste.figures import CEILING_PPM
from scoring.waste.inventory import Assay, SiteRecord
from scoring.waste.routes import POOLED, RouteBook
from scoring.waste.rows import CostRow
from scoring.waste.settings import WasteSettings
from scoring.waste.stream_names import RARE_EARTHS, Stream
from scoring.waste.streams import normals, stream_key, stream_keys, triangulars, uniforms

Product = tuple[str, str, str]
"""Route, waste type and element of what is sold."""


@dataclass(frozen=True)
class Scenario:
    """One state of the market: a price deck, a factor on all prices and a factor on the market caps."""

    deck: str
    price_factor: float = 1.0
    cap_factor: float = 1.0


def price_normals(elements: Sequence[str], settings: WasteSettings) -> NDArray[np.float64]:
    """(E, K) standard normals of the log prices: independent, lanthanides and Y correlated at ``ree_correlation``."""
    common = normals(settings.seed, settings.draws, Stream.PRICE, RARE_EARTHS)
    a, b = math.sqrt(settings.ree_correlation), math.sqrt(1.0 - settings.ree_correlation)
    together = {*lanthanides(), "Y"}
    out = np.empty((len(elements), settings.draws))
    for i, element in enumerate(elements):
        own = normals(settings.seed, settings.draws, Stream.PRICE, element)
        out[i] = a * common + b * own if element in together else own
    return out


def prepare(
    records: dict[str, SiteRecord],
    book: RouteBook,
    settings: WasteSettings,
    scenarios: Sequence[Scenario],
    baskets: Sequence[frozenset[str]],
    views: Sequence[tuple[int, int]],
) -> tuple[Inputs, list[str], dict[str, int]]:
    """The kernel's inputs, the elements in order, and the row of each site that has a tonnage.

    ``scenarios[0]`` is the ranking's own; ``views`` are pairs (scenario, basket).
    """
    simulated = [r for r in records.values() if r.tonnage_spec is not None and not r.is_excluded]
    stock = [r.tonnage_spec for r in simulated if r.tonnage_spec is not None]
    site_row = {r.site_id: i for i, r in enumerate(simulated)}
    elements = sorted({e for r in simulated for a in r.assays for e, _ in a.parts})
    e_row = {e: i for i, e in enumerate(elements)}
    k = settings.draws

    products: dict[Product, int] = {}
    profiles: dict[tuple[str, str], dict[str, float]] = {}
    profile_rows: dict[tuple[str, str, str], int] = {}
    costs: dict[str, CostRow] = {}
    variates: list[Assay] = []
    parts: list[tuple[int, int, int, int]] = []
    variate_ptr, part_ptr = [0], [0]
    for record in simulated:
        route, waste = record.row.route_code, record.row.waste_type_code
        for assay in sorted(record.assays, key=lambda a: a.label):
            shares = {e: s for e, s in assay.parts if s is not None}
            name = (assay.profile or "", "|".join(shares))
            if shares:
                profiles[name] = shares
            for element, share in assay.parts:
                product = -1
                if book.sells(route, waste, element) == "":
                    product = products.setdefault((route, waste, element), len(products))
                row = profile_rows.setdefault((*name, element), len(profile_rows)) if share is not None else -1
                parts.append((e_row[element], row, product, int(assay.recovered)))
            part_ptr.append(len(parts))
            variates.append(assay)
        variate_ptr.append(len(variates))
        cost = book.cost_row(route, waste)
        if cost is not None:
            costs[cost.cost_id] = cost

    production, importance = book.production_t(), book.importance()
    pools = [_pool(b, production, importance) for b in baskets]
    cost_rows = {c: i for i, c in enumerate(sorted(costs))}
    inputs = Inputs(
        tonnage_kind=np.array([t[0] for t in stock], np.int64),
        tonnage_a=np.array([t[1] for t in stock], float),
        tonnage_b=np.array([t[2] for t in stock], float),
        tonnage_c=np.array([t[3] for t in stock], float),
        tonnage_key=stream_keys(settings.seed, [(Stream.TONNAGE, r.site_id) for r in simulated]),
        cost_row=np.array([_cost_row(r, book, cost_rows) for r in simulated], np.int64),
        cost_fixed=np.array([_fixed_cost(r, book, settings) for r in simulated], float),
        cost_key=stream_keys(settings.seed, [(Stream.COST_FACTOR, r.site_id) for r in simulated]),
        recovery_key=stream_keys(settings.seed, [(Stream.RECOVERY_FACTOR, r.site_id) for r in simulated]),
        variate_ptr=np.array(variate_ptr, np.int64),
        variate_kind=np.array([a.kind for a in variates], np.int64),
        variate_mu=np.array([a.mu for a in variates], float),
        variate_sigma=np.array([a.sigma for a in variates], float),
        variate_ceiling=np.array([a.ceiling for a in variates], float),
        variate_key=stream_keys(
            settings.seed,
            [
                (Stream.BORROWED_GRADE, *a.borrowed_key) if a.borrowed_key else (Stream.GRADE, a.site_id, a.label)
                for a in variates
            ],
        ),
        variate_site_key=_site_keys(variates, settings.seed),
        variate_borrowed=np.array([a.borrowed_key is not None for a in variates], np.int64),
        part_ptr=np.array(part_ptr, np.int64),
        part_element=np.array([p[0] for p in parts], np.int64),
        part_profile=np.array([p[1] for p in parts], np.int64),
        part_product=np.array([p[2] for p in parts], np.int64),
        part_recovered=np.array([p[3] for p in parts], np.int64),
        cost_draws=_cost_draws(costs, settings),
        recovery_draws=_product_draws(products, book, settings, Stream.RECOVERY),
        unit_price=_unit_prices(products, elements, book, settings, scenarios),
        profile_draws=_profile_draws(profile_rows, profiles, settings),
        ln_site_gsd=math.log(settings.site_gsd),
        market_t=_market_caps(elements, book, settings, scenarios),
        production_t=_by_element(elements, production),
        importance=_by_element(elements, importance),
        pooled=np.array([int(e in POOLED) for e in elements], np.int64),
        in_basket=np.array([[int(e in b) for e in elements] for b in baskets], np.int64).reshape(
            len(baskets), len(elements)
        ),
        pool_t=np.array([t for t, _ in pools], float),
        pool_importance=np.array([k for _, k in pools], float),
        view_scenario=np.array([v[0] for v in views], np.int64),
        view_basket=np.array([v[1] for v in views], np.int64),
    )
    assert inputs.tonnage_key.shape == (len(simulated), 4) and inputs.recovery_draws.shape[1:] == (k,)
    return inputs, elements, site_row


def _pool(basket: frozenset[str], production: dict[str, float], importance: dict[str, float]) -> tuple[float, float]:
    """(W, k) of the pooled term of a basket; of all its Ho-Lu, so that one more of them sold never lowers S."""
    members = [e for e in POOLED if e in basket and production.get(e, 0.0) > 0.0 and e in importance]
    whole = math.fsum(production[e] for e in members)
    return (whole, math.fsum(production[e] * importance[e] for e in members) / whole) if members else (0.0, 0.0)


def _site_keys(variates: list[Assay], seed: int) -> NDArray[np.uint64]:
    """(V, 4) streams of the site factors of borrowed figures; zeros, never read, for a site's own assays."""
    keys = np.zeros((len(variates), 4), np.uint64)
    for i, assay in enumerate(variates):
        if assay.borrowed_key is not None:
            keys[i] = stream_key(seed, Stream.GRADE_FACTOR, assay.site_id, assay.label)
    return keys


def _cost_row(record: SiteRecord, book: RouteBook, rows: dict[str, int]) -> int:
    cost = book.cost_row(record.row.route_code, record.row.waste_type_code)
    return -1 if cost is None else rows[cost.cost_id]


def _fixed_cost(record: SiteRecord, book: RouteBook, settings: WasteSettings) -> float:
    """Capital per annual tonne spread over the life, plus haulage to a plant that is elsewhere [USD/t]."""
    cost = book.cost_row(record.row.route_code, record.row.waste_type_code)
    per_annual_t = math.nan if cost is None else cost.capex_usd_per_annual_t
    capital = 0.0 if not is_known(per_annual_t) else per_annual_t / settings.life_years
    distance_km = record.row.plant_distance_km
    return capital + (0.0 if not is_known(distance_km) else settings.haulage_usd_per_t_km * distance_km)


def _cost_draws(costs: dict[str, CostRow], settings: WasteSettings) -> NDArray[np.float64]:
    """(n, K) operating cost [USD/t]; a treatment charge is added only where the table says it is not inside."""
    out = np.empty((len(costs), settings.draws))
    for i, (cost_id, row) in enumerate(sorted(costs.items())):
        u = uniforms(settings.seed, settings.draws, Stream.COST, cost_id)
        out[i] = triangulars(u, *row.opex_usd_per_t)
        if row.treatment_charge_rule == "add" and is_known(row.treatment_charge_usd_per_t):
            out[i] += row.treatment_charge_usd_per_t
    return out


def _product_draws(
    products: dict[Product, int], book: RouteBook, settings: WasteSettings, what: Stream
) -> NDArray[np.float64]:
    """(n, K) triangular recovery or payability; elements of one product share its uniform, waste types too."""
    out = np.empty((len(products), settings.draws))
    for (route, waste, element), i in products.items():
        row = book.products_of(route, waste)[element]
        shares = row.recovery if what is Stream.RECOVERY else row.payability
        out[i] = triangulars(uniforms(settings.seed, settings.draws, what, route, row.product), *shares)
    return out


def _unit_prices(
    products: dict[Product, int],
    elements: list[str],
    book: RouteBook,
    settings: WasteSettings,
    scenarios: Sequence[Scenario],
) -> NDArray[np.float64]:
    """(scenarios, n, K) USD per kg of element in the product: ``P g`` less freight; 0 where there is no price."""
    payability = _product_draws(products, book, settings, Stream.PAYABILITY)
    row_of = {e: i for i, e in enumerate(elements)}
    z = price_normals(elements, settings)
    out = np.zeros((len(scenarios), len(products), settings.draws))
    for w, scenario in enumerate(scenarios):
        for (route, waste, element), i in products.items():
            if book.price_problem(route, waste, element, scenario.deck) is not None:
                continue
            facts, row = book.element(element), book.products_of(route, waste)[element]
            price = facts.price_usd_per_kg(scenario.deck) * scenario.price_factor
            gsd = 1.0 if not is_known(facts.price_gsd) else facts.price_gsd
            freight = row.freight_usd_per_t_product
            # freight is per tonne of product; the pure mineral is the least product a kilogram of element can be in
            per_kg = 0.0 if not is_known(freight) else freight / (CEILING_PPM.get(element, 1e6) / 1000.0)
            out[w, i] = np.maximum(price * np.exp(math.log(gsd) * z[row_of[element]]) * payability[i] - per_kg, 0.0)
    return out


def _profile_draws(
    rows: dict[tuple[str, str, str], int], profiles: dict, settings: WasteSettings
) -> NDArray[np.float64]:
    """(n, K) logistic-normal shares: published share times a lognormal, closed to 1 within the profile."""
    out = np.empty((len(rows), settings.draws))
    ln_gsd = math.log(settings.profile_gsd)
    for name, shares in sorted(profiles.items()):
        drawn = {
            e: s * np.exp(ln_gsd * normals(settings.seed, settings.draws, Stream.PROFILE, name[0], e))
            for e, s in sorted(shares.items())
        }
        total = sum(drawn.values())
        for element, value in drawn.items():
            out[rows[(*name, element)]] = value / total
    return out


def _market_caps(
    elements: list[str], book: RouteBook, settings: WasteSettings, scenarios: Sequence[Scenario]
) -> NDArray[np.float64]:
    """(scenarios, E) tonnes that the market takes over the life: ``phi W L``; inf where W is not known."""
    production = book.production_t()
    cap = [
        settings.cap_shares.get(e, settings.cap_share) * production[e] * settings.life_years
        if e in production
        else math.inf
        for e in elements
    ]
    return np.array([[c * s.cap_factor for c in cap] for s in scenarios], float).reshape(len(scenarios), len(elements))


def _by_element(elements: list[str], values: dict[str, float]) -> NDArray[np.float64]:
    return np.array([values.get(e, math.nan) for e in elements], float)
