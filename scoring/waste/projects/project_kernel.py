"""One site compiled: what the kernel reads, the draws of a site, its margins; then all its plants (``project_plans``).

Belongs here: flat inputs, scratch, the draws of one site. Does not belong here: plants (``project_plans``), units and
threads (``project_engine``), what is shown of a project (``project_details``), tables (``project_inputs``).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.streams import fill_normal, fill_uniform
from scoring.waste.draws.vectors import exponential
from scoring.waste.projects.project_draws import CAPITAL_WITH_COST, COST_SHARED, GRADE_SHARED, RECOVERY_SHARED
from scoring.waste.projects.project_model import REFERENCE_RATE_T
from scoring.waste.projects.project_plans import evaluate_plans, fill_plans

_GRADE_A, _GRADE_B = math.sqrt(GRADE_SHARED), math.sqrt(1.0 - GRADE_SHARED)
_RECOVERY_A, _RECOVERY_B = math.sqrt(RECOVERY_SHARED), math.sqrt(1.0 - RECOVERY_SHARED)
_COST_A, _COST_B = math.sqrt(COST_SHARED), math.sqrt(1.0 - COST_SHARED)
_CAPITAL_B = math.sqrt(1.0 - CAPITAL_WITH_COST**2)


class ComplexInputs(NamedTuple):
    """The members of the sites that stand for a complex (``project_complexes``); the carrier is a member as the others."""

    ptr: NDArray[Any]  # (S + 1,) members of each site, none where it is a project of its own
    tonnage_mu: NDArray[Any]  # (M,)
    tonnage_sigma: NDArray[Any]
    tonnage_key: NDArray[Any]  # (M, 4)
    figure_ptr: NDArray[Any]  # (M + 1,) figures of a member
    figure_mu: NDArray[Any]
    figure_sigma: NDArray[Any]
    figure_pure: NDArray[Any]  # g/t
    figure_common_key: NDArray[Any]  # (F, 4)
    figure_key: NDArray[Any]  # (F, 4)
    part_ptr: NDArray[Any]  # (F + 1,) products that a figure stands for
    part_product: NDArray[Any]  # place among the products of the carrier's row
    part_share: NDArray[Any]  # row of profile_draws, -1: the whole
    part_recovered: NDArray[Any]  # 1: the figure is already recovered


class ProjectInputs(NamedTuple):
    """Everything the kernel reads, as flat arrays; sites in the order of their ids."""

    # sites (S)
    tonnage_mu: NDArray[Any]
    tonnage_sigma: NDArray[Any]
    tonnage_key: NDArray[Any]  # (S, 4)
    family: NDArray[Any]  # row of family_normals
    maturity: NDArray[Any]  # row of life_tables
    p_works: NDArray[Any]  # p_route x p_test
    works_key: NDArray[Any]  # (S, 4)
    operating_ln: NDArray[Any]  # ln of USD/t at 5 Mt/a
    operating_sigma: NDArray[Any]
    operating_exponent: NDArray[Any]
    operating_key: NDArray[Any]  # (S, 4)
    capital_ln: NDArray[Any]  # ln of USD at 5 Mt/a, a standing mill inside
    capital_sigma: NDArray[Any]
    capital_exponent: NDArray[Any]
    capital_key: NDArray[Any]  # (S, 4)
    feed_freight: NDArray[Any]  # USD/t
    recovery_key: NDArray[Any]  # (S, 4)
    # figures of a site (CSR over S): one grade each, an assay or a total that is split
    grade_ptr: NDArray[Any]
    grade_mu: NDArray[Any]
    grade_sigma: NDArray[Any]
    grade_pure: NDArray[Any]  # g/t
    grade_common_key: NDArray[Any]  # (V, 4) the site's, or the borrowed figure's
    grade_key: NDArray[Any]  # (V, 4)
    # products (CSR over figures)
    product_ptr: NDArray[Any]
    product_element: NDArray[Any]  # row of price and of the baskets
    product_share: NDArray[Any]  # row of profile_draws, -1: the whole
    product_logit: NDArray[Any]  # logit of the median recovery
    product_sigma: NDArray[Any]
    product_recovered: NDArray[Any]  # 0: an assay; else 1 / (R50 x state) of a figure that is already recovered
    product_key: NDArray[Any]  # (P, 4)
    product_payable: NDArray[Any]
    product_royalty: NDArray[Any]  # with levies, share of the price
    product_contained: NDArray[Any]  # 1: royalty on the metal in the ore produced, not on what is sold
    product_freight: NDArray[Any]  # USD/kg
    product_cap_kg: NDArray[Any]  # a year, inf: no cap known
    product_lean: NDArray[Any]  # Emax / c_product [per g/t], inf: never lean
    product_importance: NDArray[Any]  # lambda x k_e, 0 where there is no figure
    # shared draws
    price: NDArray[Any]  # (decks, E, K) USD/kg
    family_normals: NDArray[Any]  # (families, K)
    profile_draws: NDArray[Any]  # (n, K)
    # finance
    rates: NDArray[Any]  # (Q,) t/a, ascending
    life_tables: NDArray[Any]  # (levels, 4, L + 1)
    v: float
    min_life: float
    sustaining: float
    closure: float
    failure_share: float
    # views: (deck, basket)
    in_basket: NDArray[Any]  # (baskets, E)
    view_deck: NDArray[Any]
    view_basket: NDArray[Any]
    complexes: ComplexInputs | tuple[()]  # none where a kernel does not read them


class SiteDraws(NamedTuple):
    """Scratch for the draws of one site: (K,) rows and (n, K) products, n the most that a site has."""

    tonnes: NDArray[Any]
    operating: NDArray[Any]
    capital: NDArray[Any]
    works: NDArray[Any]
    recovery: NDArray[Any]
    common: NDArray[Any]
    own: NDArray[Any]
    grade: NDArray[Any]
    recovered: NDArray[Any]  # (n, K) kg per t of waste
    contained: NDArray[Any]  # (n, K) kg per t of waste
    margin: NDArray[Any]  # (n, K) USD/kg
    lift: NDArray[Any]  # (n, K) USD/kg that the strategic premium adds
    # plants: what does not depend on prices
    weight: NDArray[Any]  # (Q, K) discounted tonnes treated, A_f Q; 0 where the size cannot be fed
    cost: NDArray[Any]  # (Q, K) discounted cost [USD]; inf where the size cannot be fed
    least: NDArray[Any]  # (K,) lowest cost of a tonne, min_Q cost / weight


class SiteValues(NamedTuple):
    """What one deck makes of one site in each draw."""

    npv: NDArray[Any]  # (K,) of the best plant
    net: NDArray[Any]  # (K,) net revenue of a tonne of waste while no cap binds [USD/t]
    gross: NDArray[Any]  # (K,) value of what is sold of it [USD/t]
    capped: NDArray[Any]  # (K,) 1: at some size the market takes no more of a product
    pays: NDArray[Any]  # (K,) bit q set: the plant of row q pays
    multiple: NDArray[Any]  # (K,)
    premium: NDArray[Any]  # (K,)
    value: NDArray[Any]  # (baskets, K) U
    lifted: NDArray[Any]  # (baskets, K) U_lambda
    size_gain: NDArray[Any]  # (Q,) sum of max(NPV, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def new_draws(products, rates, draws):
    """Scratch for a site with at most ``products`` products and ``rates`` plant sizes."""
    return SiteDraws(
        np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws),
        np.empty(draws), np.empty(draws), np.empty((products, draws)), np.empty((products, draws)),
        np.empty((products, draws)), np.empty((products, draws)), np.empty((rates, draws)), np.empty((rates, draws)),
        np.empty(draws),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def new_values(baskets, rates, draws):
    """Space for one deck's values of one site."""
    return SiteValues(
        np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws, np.int64), np.empty(draws, np.int64),
        np.empty(draws), np.empty(draws), np.empty((baskets, draws)), np.empty((baskets, draws)), np.empty(rates),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def fill_costs(x, s, d):
    """The two costs at 5 Mt/a: ``exp(ln c + s z)``, the capital's z half that of the operating cost."""
    draws = d.tonnes.shape[0]
    fill_normal(x.operating_key[s], d.operating)
    fill_normal(x.capital_key[s], d.capital)
    family = x.family_normals[x.family[s]]
    for k in range(draws):
        z = _COST_A * family[k] + _COST_B * d.operating[k]
        d.operating[k] = x.operating_ln[s] + x.operating_sigma[s] * z
        d.capital[k] = x.capital_ln[s] + x.capital_sigma[s] * (CAPITAL_WITH_COST * z + _CAPITAL_B * d.capital[k])
    exponential(d.operating, d.own)
    exponential(d.capital, d.own)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _same(a, b):
    return a[0] == b[0] and a[1] == b[1] and a[2] == b[2] and a[3] == b[3]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_route(x, s, d):
    """Draw what is the site's and no product's: tonnage, whether the route works, the shared part of recovery."""
    fill_normal(x.tonnage_key[s], d.tonnes)
    fill_uniform(x.works_key[s], d.works)
    for k in range(d.works.shape[0]):
        d.tonnes[k] = x.tonnage_mu[s] + x.tonnage_sigma[s] * d.tonnes[k]
        d.works[k] = 1.0 if d.works[k] < x.p_works[s] else x.failure_share
    exponential(d.tonnes, d.own)
    fill_normal(x.recovery_key[s], d.recovery)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_grade(key, mu, sigma, pure, common, scratch, out):
    """Draw a grade [kg/t], ``pure / (1 + exp(-(mu + s z)))``; ``common`` (K,) is what it shares with others."""
    fill_normal(key, out)
    for k in range(out.shape[0]):
        out[k] = -(mu + sigma * (_GRADE_A * common[k] + _GRADE_B * out[k]))
    exponential(out, scratch)
    for k in range(out.shape[0]):
        out[k] = pure / (1.0 + out[k]) / 1000.0


@njit(cache=True, nogil=True, error_model="numpy")
def fill_unrecovered(key, mu, sigma, common, scratch, out):
    """Odds ``(1 - R) / R`` of a product: ``logit R = logit R50 + s_test (sqrt(.7) z_site + sqrt(.3) z)``."""
    fill_normal(key, out)
    for k in range(out.shape[0]):
        out[k] = -(mu + sigma * (_RECOVERY_A * common[k] + _RECOVERY_B * out[k]))
    exponential(out, scratch)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_site(x, s, d):
    """Draw the metal of site ``s``: tonnage, and per product what a tonne of waste contains and yields [kg/t].

    Of a recovery is left what the failure of the route leaves; a lean feed loses more.
    """
    draws = d.tonnes.shape[0]
    fill_route(x, s, d)
    first = x.product_ptr[x.grade_ptr[s]]
    for v in range(x.grade_ptr[s], x.grade_ptr[s + 1]):
        if v == x.grade_ptr[s] or not _same(x.grade_common_key[v], x.grade_common_key[v - 1]):
            fill_normal(x.grade_common_key[v], d.common)
        fill_grade(x.grade_key[v], x.grade_mu[v], x.grade_sigma[v], x.grade_pure[v], d.common, d.own, d.grade)
        for p in range(x.product_ptr[v], x.product_ptr[v + 1]):
            i = p - first
            contained, recovered = d.contained[i], d.recovered[i]
            share = x.product_share[p]
            for k in range(draws):
                contained[k] = d.grade[k]
            if share >= 0:
                for k in range(draws):
                    contained[k] *= x.profile_draws[share, k]
            fill_unrecovered(x.product_key[p], x.product_logit[p], x.product_sigma[p], d.recovery, d.own, recovered)
            lean, scale = 1000.0 * x.product_lean[p], x.product_recovered[p]
            if scale > 0.0:
                for k in range(draws):
                    recovered[k] = contained[k] * (scale * d.works[k] / (1.0 + recovered[k]))
            else:
                for k in range(draws):
                    recovered[k] = contained[k] * (min(1.0, lean * contained[k]) * d.works[k] / (1.0 + recovered[k]))


@njit(cache=True, nogil=True, error_model="numpy")
def fill_margins(x, s, deck, d):
    """Margins [USD/kg] of the site's products in one deck, and what the strategic premium would add to each."""
    draws = d.tonnes.shape[0]
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    for p in range(first, last):
        i = p - first
        price, margin, lift = x.price[deck, x.product_element[p]], d.margin[i], d.lift[i]
        pay, royalty, freight = x.product_payable[p], x.product_royalty[p], x.product_freight[p]
        high = pay * (1.0 + x.product_importance[p])
        if x.product_contained[p] == 0:
            for k in range(draws):
                margin[k] = max(0.0, price[k] * (pay - royalty) - freight)
                lift[k] = max(0.0, price[k] * (high - royalty) - freight) - margin[k]
            continue
        for k in range(draws):
            r = d.recovered[i, k]
            charged = royalty * d.contained[i, k] / r if r > 0.0 else math.inf
            margin[k] = max(0.0, price[k] * (pay - charged) - freight)
            lift[k] = max(0.0, price[k] * (high - charged) - freight) - margin[k]


@njit(cache=True, nogil=True, error_model="numpy")
def site_scales(x, s):
    """(Q,) operating cost and capital of every size over those at 5 Mt/a."""
    n = x.rates.shape[0]
    k, c = np.empty(n), np.empty(n)
    for q in range(n):
        size = math.log(x.rates[q] / REFERENCE_RATE_T)
        k[q] = math.exp(x.operating_exponent[s] * size)
        c[q] = math.exp(x.capital_exponent[s] * size)
    return k, c


@njit(cache=True, nogil=True, error_model="numpy")
def cost_plants(x, s, d):
    """What every plant costs and treats in every draw of site ``s``, once for all decks."""
    scale_k, scale_c = site_scales(x, s)
    terms = (x.v, x.min_life, x.sustaining, x.closure, x.feed_freight[s])
    fill_plans(d, x.rates, scale_k, scale_c, x.life_tables[x.maturity[s]], terms)


@njit(cache=True, nogil=True, error_model="numpy")
def value_site(x, s, deck, d, o):
    """One drawn site in one deck: margins, then all plants."""
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    n = last - first
    fill_margins(x, s, deck, d)
    n_baskets = x.in_basket.shape[0]
    basket = np.empty((n_baskets, n), np.int64)
    for b in range(n_baskets):
        for i in range(n):
            basket[b, i] = x.in_basket[b, x.product_element[first + i]]
    element, cap_kg = x.product_element[first:last], x.product_cap_kg[first:last]
    evaluate_plans(d, n, x.price[deck], element, cap_kg, basket, x.rates, x.min_life, o)
