"""The project model a second time, in plain numpy and year by year, from the projects themselves: for comparison only.

It shares no line with ``scoring.waste.projects.project_model`` or the kernel: it reads projects and tables, draws from the named
streams by scipy, and adds up the flows of each year.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from scoring.waste.draws.streams import fill_uniform


def uniform(seed: int, draws: int, *name: object) -> np.ndarray:
    """Uniforms of a named stream; the key is made here anew."""
    digest = hashlib.blake2b("\x1f".join([str(seed), *map(str, name)]).encode(), digest_size=16).digest()
    out = np.empty(draws)
    fill_uniform(np.frombuffer(digest, "<u4").astype(np.uint64), out)
    return out


def normal(seed: int, draws: int, *name: object) -> np.ndarray:
    return norm.ppf(uniform(seed, draws, *name))


def prices(elements: list[str], tables: Any, run: Any, deck: dict[str, float]) -> dict[str, np.ndarray]:
    out = {}
    for e in elements:
        z = normal(run.seed, run.draws, "price", e)
        group, rho = tables.price_groups.get(e, ("", 0.0))
        if group:
            z = rho**0.5 * normal(run.seed, run.draws, "price of group", group) + (1 - rho) ** 0.5 * z
        s = tables.log_sd_of(e)
        out[e] = deck.get(e, 0.0) * np.exp(s * z - s**2 / 2)
    return out


def site_draws(project: Any, tables: Any, terms: Any, run: Any, profiles: Any = None) -> dict[str, Any]:
    """Tonnage, costs at 5 Mt/a, and (element, kg contained, kg recovered per t, payable, freight) of each product sold.

    ``profiles`` : name -> (K,) share of a total that is the element.
    """
    k, seed, site = run.draws, run.seed, project.site_id
    family = tables.families[project.plant.family]
    z_cost = 0.5**0.5 * normal(seed, k, "cost of family", project.plant.family) + 0.5**0.5 * normal(
        seed, k, "cost of site", site
    )
    z_capital = 0.5 * z_cost + 0.75**0.5 * normal(seed, k, "capital of site", site)
    stands = tables.mill_capital_factor if project.mill_stands else 1.0
    test = tables.tests[project.test_level]
    works = uniform(seed, k, "route works", site) < tables.maturity[project.plant.maturity].p_works * test.p_works
    shared = normal(seed, k, "recovery of site", site)
    products = []
    for grade in project.grades:
        common = ("borrowed grade", *grade.borrowed_from) if grade.borrowed_from else ("grade of site", site)
        z = 0.7**0.5 * normal(seed, k, *common) + 0.3**0.5 * normal(seed, k, "grade", site, grade.label)
        ppm = grade.pure_ppm * expit(grade.width.mu + grade.width.sigma * z)
        for product in grade.products:
            known = tables.recoveries.get((project.plant.family, product.element))
            held = ppm * (1.0 if product.share is None else profiles[product.share])
            if (known is None and product.recovery is None) or not any(d.get(product.element) for d in run.decks):
                continue
            median = product.recovery if product.recovery is not None else known.median
            payable = product.payable if product.payable is not None else known.payable
            middle = min(0.97, median * tables.states[project.mineral_state])
            z_r = 0.7**0.5 * shared + 0.3**0.5 * normal(seed, k, "recovery", site, product.element)
            r = expit(logit(middle) + test.logit_sd * z_r) * np.where(works, 1.0, tables.failure_share)
            if product.recovered:
                r = r / middle
            elif product.element in tables.lean:
                lean = tables.lean[product.element]
                r = r * np.minimum(1.0, lean.ratio * held / lean.product_ppm)
            own = product.freight_usd_per_kg
            freight = terms.freight_usd_per_kg.get(product.element, 0.0) if own is None else own
            products.append((product.element, held / 1000, held * r / 1000, payable, freight))
    return {
        "tonnes": np.exp(project.tonnage_t.mu + project.tonnage_t.sigma * normal(seed, k, "tonnage", site)),
        "operating": family.operating.value * terms.cost_factor * np.exp(family.operating.log_sd * z_cost),
        "capital": 1e6 * stands * family.capital.value * terms.cost_factor * np.exp(family.capital.log_sd * z_capital),
        "products": products,
    }


def value(
    project: Any, tables: Any, terms: Any, run: Any, deck: int = 0, market: Any = None, profiles: Any = None
) -> dict[str, Any]:
    """NPV (Q, K), and per draw: best NPV, multiple, premium, U and U_lambda of each basket.

    ``market`` : prices of the deck by element where they were drawn before, for many sites.
    """
    drawn = site_draws(project, tables, terms, run, profiles)
    market = market or prices([p[0] for p in drawn["products"]], tables, run, run.decks[deck])
    family = tables.families[project.plant.family]
    ramp = tables.maturity[project.plant.maturity].ramp
    fin = run.finance
    d = 1 / (1 + fin.discount_rate)
    shape = (len(run.rates_t), run.draws)
    npv, cost, earned, despatched = np.empty(shape), np.empty(shape), np.zeros(shape), np.zeros(shape)
    feasible = np.empty(shape, bool)
    own = np.zeros((len(run.baskets), *shape))
    lifted = np.zeros((len(run.baskets), *shape))
    of_product = {p[0]: np.zeros(shape) for p in drawn["products"]}
    for q, rate in enumerate(run.rates_t):
        life = np.minimum(20, drawn["tonnes"] / rate)
        feasible[q] = (drawn["tonnes"] / rate >= 5) | (q == 0)
        k = drawn["operating"] * (rate / 5e6) ** family.operating.exponent + project.feed_freight_usd_per_t
        capital = drawn["capital"] * (rate / 5e6) ** family.capital.exponent
        spent = capital * (0.5 + 0.5 * d) + 0.10 * capital * d ** (life + 2)
        output = np.zeros(run.draws)
        for year in range(1, 21):
            worked = np.clip(life - (year - 1), 0, 1)
            f = ramp[min(year, 4) - 1]
            output += worked * f * d ** (year + 1)
            spent += worked * ((0.4 + 0.6 * f) * k * rate + 0.02 * capital) * d ** (year + 1)
        for element, contained, recovered, payable, freight in drawn["products"]:
            kg = np.minimum(rate * recovered, terms.cap_kg.get(element, np.inf))
            royalty = tables.royalty_of(element) if terms.royalty is None else terms.royalty.get(element, 0.0)
            if terms.royalty_base == "contained" and element in tables.royalty_on_contained:
                royalty = royalty * contained / recovered
            bonus = 1 + terms.strategic * terms.importance.get(element, 0.0)
            margin = np.maximum(0, market[element] * (payable - royalty) - freight)
            high = np.maximum(0, market[element] * (payable * bonus - royalty) - freight)
            earned[q] += output * kg * margin
            of_product[element][q] = output * kg * margin
            despatched[q] += output * kg * market[element] * (margin > 0)
            for b, basket in enumerate(run.baskets):
                if element in basket:
                    own[b, q] += output * kg * margin
                    lifted[b, q] += output * kg * high
        cost[q] = spent
        npv[q] = earned[q] - spent
    pays = feasible & (npv > 0)
    with np.errstate(all="ignore"):
        multiple = np.where(feasible & (earned > 0), cost / earned, np.inf).min(axis=0)
        premium = np.where(feasible & (earned > 0), npv / despatched, -np.inf).max(axis=0)
    return {
        "npv": npv,
        "feasible": feasible,
        "best": np.where(feasible, npv, -np.inf).max(axis=0),
        "multiple": multiple,
        "premium": premium,
        "u": np.where(pays, np.minimum(npv, own), 0).max(axis=1),
        "u_lambda": np.where(pays, np.minimum(npv + lifted - own, lifted), 0).max(axis=1),
        "earned": earned,
        "of_product": of_product,
        "market": market,
        "cost": cost,
        "drawn": drawn,
    }
