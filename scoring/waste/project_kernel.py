"""The project model compiled: one site, all draws, all plant sizes, at once; formulas as in ``project_model``.

Belongs here: the loops over draws and plant sizes, and the draws of one site. Does not belong here: units and threads
(``project_engine``), what is shown of a project (``project_details``), tables (``project_inputs``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.project_draws import CAPITAL_WITH_COST, COST_SHARED, GRADE_SHARED, RECOVERY_SHARED
from scoring.waste.project_model import REFERENCE_RATE_T
from scoring.waste.streams import fill_normal, fill_uniform

_GRADE_A, _GRADE_B = math.sqrt(GRADE_SHARED), math.sqrt(1.0 - GRADE_SHARED)
_RECOVERY_A, _RECOVERY_B = math.sqrt(RECOVERY_SHARED), math.sqrt(1.0 - RECOVERY_SHARED)
_COST_A, _COST_B = math.sqrt(COST_SHARED), math.sqrt(1.0 - COST_SHARED)
_CAPITAL_B = math.sqrt(1.0 - CAPITAL_WITH_COST**2)


class ProjectInputs(NamedTuple):
    """Everything the kernel reads, as flat arrays; sites in the order of their ids."""

    # sites (S)
    tonnage_mu: NDArray
    tonnage_sigma: NDArray
    tonnage_key: NDArray  # (S, 4)
    family: NDArray  # row of family_normals
    maturity: NDArray  # row of life_tables
    p_works: NDArray  # p_route x p_test
    works_key: NDArray  # (S, 4)
    operating_ln: NDArray  # ln of USD/t at 5 Mt/a
    operating_sigma: NDArray
    operating_exponent: NDArray
    operating_key: NDArray  # (S, 4)
    capital_ln: NDArray  # ln of USD at 5 Mt/a, a standing mill inside
    capital_sigma: NDArray
    capital_exponent: NDArray
    capital_key: NDArray  # (S, 4)
    feed_freight: NDArray  # USD/t
    recovery_key: NDArray  # (S, 4)
    # figures of a site (CSR over S): one grade each, an assay or a total that is split
    grade_ptr: NDArray
    grade_mu: NDArray
    grade_sigma: NDArray
    grade_pure: NDArray  # g/t
    grade_common_key: NDArray  # (V, 4) the site's, or the borrowed figure's
    grade_key: NDArray  # (V, 4)
    # products (CSR over figures)
    product_ptr: NDArray
    product_element: NDArray  # row of price and of the baskets
    product_share: NDArray  # row of profile_draws, -1: the whole
    product_logit: NDArray  # logit of the median recovery
    product_sigma: NDArray
    product_recovered: NDArray  # 0: an assay; else 1 / (R50 x state) of a figure that is already recovered
    product_key: NDArray  # (P, 4)
    product_payable: NDArray
    product_royalty: NDArray  # with levies, share of the price
    product_contained: NDArray  # 1: royalty on the metal in the ore produced, not on what is sold
    product_freight: NDArray  # USD/kg
    product_cap_kg: NDArray  # a year, inf: no cap known
    product_lean: NDArray  # Emax / c_product [per g/t], inf: never lean
    product_importance: NDArray  # lambda x k_e, 0 where there is no figure
    # shared draws
    price: NDArray  # (decks, E, K) USD/kg
    family_normals: NDArray  # (families, K)
    profile_draws: NDArray  # (n, K)
    # finance
    rates: NDArray  # (Q,) t/a, ascending
    life_tables: NDArray  # (levels, 4, L + 1)
    v: float
    min_life: float
    sustaining: float
    closure: float
    failure_share: float
    # views: (deck, basket)
    in_basket: NDArray  # (baskets, E)
    view_deck: NDArray
    view_basket: NDArray


class SiteDraws(NamedTuple):
    """Scratch for the draws of one site: (K,) rows and (n, K) products, n the most that a site has."""

    tonnes: NDArray
    operating: NDArray
    capital: NDArray
    works: NDArray
    recovery: NDArray
    common: NDArray
    own: NDArray
    grade: NDArray
    recovered: NDArray  # (n, K) kg per t of waste
    contained: NDArray  # (n, K) kg per t of waste
    margin: NDArray  # (n, K) USD/kg
    lift: NDArray  # (n, K) USD/kg that the strategic premium adds


class SiteValues(NamedTuple):
    """What one deck makes of one site in each draw."""

    npv: NDArray  # (K,) of the best plant
    chosen: NDArray  # (K,) its row in rates
    pays: NDArray  # (K,) bit q set: the plant of row q pays
    multiple: NDArray  # (K,)
    premium: NDArray  # (K,)
    value: NDArray  # (baskets, K) U
    lifted: NDArray  # (baskets, K) U_lambda
    size_gain: NDArray  # (Q,) sum of max(NPV, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def new_draws(products, draws):
    """Scratch for a site with at most ``products`` products."""
    return SiteDraws(
        np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws),
        np.empty(draws), np.empty(draws), np.empty((products, draws)), np.empty((products, draws)), np.empty((products, draws)),
        np.empty((products, draws)),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def new_values(baskets, rates, draws):
    """Space for one deck's values of one site."""
    return SiteValues(
        np.empty(draws), np.empty(draws, np.int64), np.empty(draws, np.int64), np.empty(draws), np.empty(draws),
        np.empty((baskets, draws)),
        np.empty((baskets, draws)), np.empty(rates),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_costs(x, s, d):
    """Tonnage and the two costs at 5 Mt/a: ``exp(ln c + s z)``, the capital's z half that of the operating cost."""
    draws = d.tonnes.shape[0]
    fill_normal(x.tonnage_key[s], d.tonnes)
    fill_normal(x.operating_key[s], d.operating)
    fill_normal(x.capital_key[s], d.capital)
    family = x.family[s]
    for k in range(draws):
        d.tonnes[k] = math.exp(x.tonnage_mu[s] + x.tonnage_sigma[s] * d.tonnes[k])
        z = _COST_A * x.family_normals[family, k] + _COST_B * d.operating[k]
        d.operating[k] = math.exp(x.operating_ln[s] + x.operating_sigma[s] * z)
        d.capital[k] = math.exp(
            x.capital_ln[s] + x.capital_sigma[s] * (CAPITAL_WITH_COST * z + _CAPITAL_B * d.capital[k])
        )


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _same(a, b):
    return a[0] == b[0] and a[1] == b[1] and a[2] == b[2] and a[3] == b[3]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_site(x, s, d):
    """Draw site ``s``: tonnage, costs, and per product what a tonne of waste contains and yields [kg/t].

    A grade is ``pure / (1 + exp(-(mu + s z)))``; a recovery ``logit R = logit R50 + s_test (sqrt(.7) z_site +
    sqrt(.3) z)``, times what is left where the route fails; a lean feed loses more.
    """
    draws = d.tonnes.shape[0]
    _fill_costs(x, s, d)
    fill_uniform(x.works_key[s], d.works)
    for k in range(draws):
        d.works[k] = 1.0 if d.works[k] < x.p_works[s] else x.failure_share
    fill_normal(x.recovery_key[s], d.recovery)
    first = x.product_ptr[x.grade_ptr[s]]
    for v in range(x.grade_ptr[s], x.grade_ptr[s + 1]):
        if v == x.grade_ptr[s] or not _same(x.grade_common_key[v], x.grade_common_key[v - 1]):
            fill_normal(x.grade_common_key[v], d.common)
        fill_normal(x.grade_key[v], d.own)
        for k in range(draws):
            y = x.grade_mu[v] + x.grade_sigma[v] * (_GRADE_A * d.common[k] + _GRADE_B * d.own[k])
            d.grade[k] = x.grade_pure[v] / (1.0 + math.exp(-y))
        for p in range(x.product_ptr[v], x.product_ptr[v + 1]):
            i = p - first
            share = x.product_share[p]
            lean, scale = x.product_lean[p], x.product_recovered[p]
            fill_normal(x.product_key[p], d.own)
            for k in range(draws):
                c = d.grade[k] * (x.profile_draws[share, k] if share >= 0 else 1.0)
                y = x.product_logit[p] + x.product_sigma[p] * (_RECOVERY_A * d.recovery[k] + _RECOVERY_B * d.own[k])
                r = d.works[k] / (1.0 + math.exp(-y))
                r *= scale if scale > 0.0 else min(1.0, lean * c)
                d.contained[i, k] = c / 1000.0
                d.recovered[i, k] = c * r / 1000.0


@njit(cache=True, nogil=True, error_model="numpy")
def fill_margins(x, s, deck, d):
    """Margins [USD/kg] of the site's products in one deck, and what the strategic premium would add to each."""
    draws = d.tonnes.shape[0]
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    for p in range(first, last):
        i, e = p - first, x.product_element[p]
        pay, royalty, freight, lift = (
            x.product_payable[p],
            x.product_royalty[p],
            x.product_freight[p],
            x.product_importance[p],
        )
        for k in range(draws):
            price = x.price[deck, e, k]
            charged = royalty
            if x.product_contained[p] == 1:
                r = d.recovered[i, k]
                charged = royalty * d.contained[i, k] / r if r > 0.0 else math.inf
            m = max(0.0, price * (pay - charged) - freight)
            d.margin[i, k] = m
            d.lift[i, k] = max(0.0, price * (pay * (1.0 + lift) - charged) - freight) - m


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_plans(d, n, price, element, cap_kg, basket, rates, scale_k, scale_c, table, terms, o):
    """All plant sizes in all draws of one site and deck; writes ``o``.

    Parameters
    ----------
    d : draws, n products in use. price : (E, K). element, cap_kg : (n,) row of price, kg a year. basket : (B, n) 0 or 1.
    rates : (Q,). scale_k, scale_c : (Q,) operating cost and capital over those at 5 Mt/a. table : (4, L + 1) of
    ``life_table``. terms : (v, least life, sustaining, closure, freight of the feed).

    A product that no size can sell out of is summed once per draw; only where a cap can bind are the products gone
    through for each size.
    """
    v, min_life, sustaining, closure, freight = terms
    n_rates, n_baskets, longest = rates.shape[0], basket.shape[0], table.shape[1] - 1
    ln_v = math.log(v)
    v_full, building = v ** (longest + 2.0), 0.5 + 0.5 * v
    o.size_gain[:] = 0.0
    own, lift = np.empty(n_baskets), np.empty(n_baskets)
    for k in range(d.tonnes.shape[0]):
        tonnes = d.tonnes[k]
        largest = min(rates[n_rates - 1], max(rates[0], tonnes / min_life if min_life > 0.0 else math.inf))
        per_t, gross_per_t = 0.0, 0.0
        capped = False
        for i in range(n):
            g, m = d.recovered[i, k], d.margin[i, k]
            if g * largest > cap_kg[i]:
                capped = True
            if m > 0.0:
                per_t += g * m
                gross_per_t += g * price[element[i], k]
        have_baskets, pays = False, 0
        npv_best, chosen, multiple, premium = -math.inf, 0, math.inf, -math.inf
        for b in range(n_baskets):
            o.value[b, k] = 0.0
            o.lifted[b, k] = 0.0
        for q in range(n_rates):
            rate = rates[q]
            life = tonnes / rate
            if life < min_life and q > 0:
                break
            if life >= longest:
                produced, costed, years, v_end = table[0, longest], table[1, longest], table[2, longest], v_full
            else:
                j = int(life)
                part = life - j
                produced = table[0, j] + part * (table[0, j + 1] - table[0, j])
                costed = table[1, j] + part * (table[1, j + 1] - table[1, j])
                years = table[2, j] + part * (table[2, j + 1] - table[2, j])
                v_end = math.exp(ln_v * (life + 2.0))
            if capped:
                net, gross = 0.0, 0.0
                for i in range(n):
                    m = d.margin[i, k]
                    if m > 0.0:
                        kg = min(rate * d.recovered[i, k], cap_kg[i])
                        net += kg * m
                        gross += kg * price[element[i], k]
            else:
                net, gross = rate * per_t, rate * gross_per_t
            cost = costed * (d.operating[k] * scale_k[q] + freight) * rate + d.capital[k] * scale_c[q] * (
                building + closure * v_end + sustaining * years
            )
            earned = produced * net
            npv = earned - cost
            if npv > npv_best:
                npv_best, chosen = npv, q
            if earned > 0.0:
                multiple = min(multiple, cost / earned)
                premium = max(premium, npv / (produced * gross))
            if npv > 0.0:
                o.size_gain[q] += npv
                pays |= 1 << q
                if capped or not have_baskets:
                    for b in range(n_baskets):
                        own[b], lift[b] = 0.0, 0.0
                        for i in range(n):
                            if basket[b, i] == 1:
                                kg = min(rate * d.recovered[i, k], cap_kg[i]) if capped else d.recovered[i, k]
                                own[b] += kg * d.margin[i, k]
                                lift[b] += kg * d.lift[i, k]
                    have_baskets = True
                scale = produced if capped else produced * rate
                for b in range(n_baskets):
                    mine, more = scale * own[b], scale * lift[b]
                    o.value[b, k] = max(o.value[b, k], min(npv, mine))
                    o.lifted[b, k] = max(o.lifted[b, k], min(npv + more, mine + more))
        o.npv[k], o.chosen[k], o.pays[k], o.multiple[k], o.premium[k] = npv_best, chosen, pays, multiple, premium


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
    scale_k, scale_c = site_scales(x, s)
    terms = (x.v, x.min_life, x.sustaining, x.closure, x.feed_freight[s])
    evaluate_plans(
        d, n, x.price[deck], x.product_element[first:last], x.product_cap_kg[first:last], basket, x.rates, scale_k,
        scale_c, x.life_tables[x.maturity[s]], terms, o,
    )  # fmt: skip
