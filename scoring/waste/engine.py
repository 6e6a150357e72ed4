"""The Monte Carlo: metal, margin, value and strategic axis of every unit (a block, or a site on its own), streamed.

One unit at a time: its sites' draws are generated where they are needed, used and forgotten, so memory holds a few
(K,) rows per thread and two float32 matrices (units x K) per view, whatever the number of sites and elements. A site
in two units is drawn twice from the same streams and comes out the same.

Belongs here: the numerical kernel. Does not belong here: tables (``inventory``), shares (``allocation``), ranks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.economics import net_value, strategic_axis, value_axis
from scoring.waste.quantiles import quantiles3
from scoring.waste.streams import fill_normal, fill_uniform, triangular_quantile


class Inputs(NamedTuple):
    """Everything the kernel reads, as flat arrays; sites, elements and units are in the order of their ids."""

    # sites (S)
    tonnage_kind: NDArray  # 0 triangular (a, b, c) [t], 1 lognormal (a = ln median, b = ln GSD)
    tonnage_a: NDArray
    tonnage_b: NDArray
    tonnage_c: NDArray
    tonnage_key: NDArray  # (S, 4)
    cost_row: NDArray  # row of cost_draws, -1: no cost known
    cost_fixed: NDArray  # haulage + capital [USD/t]
    cost_key: NDArray  # (S, 4) site factor of the cost
    recovery_key: NDArray  # (S, 4) site factor of recoveries
    # assays of a site (CSR over S): one variate each
    variate_ptr: NDArray
    variate_kind: NDArray  # 0 lognormal, 1 logit-normal below a ceiling
    variate_mu: NDArray
    variate_sigma: NDArray
    variate_ceiling: NDArray
    variate_key: NDArray  # (V, 4) own stream, or the shared stream of a borrowed figure
    variate_site_key: NDArray  # (V, 4) site factor, only where borrowed
    variate_borrowed: NDArray
    # elements in an assay (CSR over variates): one for an assay, many for a total that is split
    part_ptr: NDArray
    part_element: NDArray
    part_profile: NDArray  # row of profile_draws, -1: the whole
    part_product: NDArray  # row of recovery_draws / unit_price, -1: not sold
    part_recovered: NDArray  # 1: the figure is already recovered, R = 1
    # shared draws
    cost_draws: NDArray  # (n, K) USD/t
    recovery_draws: NDArray  # (n, K)
    unit_price: NDArray  # (scenarios, n, K) USD per kg of element in the product: P g less freight
    profile_draws: NDArray  # (n, K)
    ln_site_gsd: float
    # elements (E)
    market_t: NDArray  # (scenarios, E) phi W L [t], inf: no figure
    production_t: NDArray  # (E,) W [t/a], NaN: no figure
    importance: NDArray  # (E,) k_e, NaN: no figure
    pooled: NDArray  # (E,) 1: Ho-Lu, one term
    in_basket: NDArray  # (baskets, E)
    pool_t: NDArray  # (baskets,) W of all of Ho-Lu that the basket names, whoever sells them [t/a]
    pool_importance: NDArray  # (baskets,) their k_e weighted by W
    # views: (scenario, basket)
    view_scenario: NDArray
    view_basket: NDArray


class Units(NamedTuple):
    """Which sites each unit holds: CSR over units, a share per pair, or the draws in which a point site is inside."""

    ptr: NDArray
    site: NDArray
    share: NDArray  # constant share; not read where is_point = 1
    draw_ptr: NDArray  # (pairs + 1,) into draw_index; empty range with is_point = 0: every draw
    draw_index: NDArray  # draws in which a point site lies inside
    draw_share: NDArray  # and the share it then gives
    is_point: NDArray
    element_ptr: NDArray
    element: NDArray


class Outputs(NamedTuple):
    """What the kernel writes, one row per unit (quantiles in the order P10, P50, P90)."""

    value: NDArray  # (views, U, K) float32
    strategic: NDArray  # (baskets, U, K) float32
    tonnage: NDArray  # (U, 4) P10, P50, P90, mean [t]
    margin: NDArray  # (U, 3) USD/t
    p_positive: NDArray  # (U,)
    break_even: NDArray  # (U, 3)
    net_project: NDArray  # (U, 4) USD
    net_basket: NDArray  # (views, U, 4) USD
    contained: NDArray  # (pairs of unit and element, 4) kg
    recoverable: NDArray  # same, kg; NaN where not sold
    revenue: NDArray  # same, mean USD of unit value, uncapped
    pair_revenue: NDArray  # (pairs of unit and site,) mean USD
    pair_tonnage: NDArray  # same, mean t


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_tonnage(x, s, out):
    if x.tonnage_kind[s] == 0:
        fill_uniform(x.tonnage_key[s], out)
        for k in range(out.shape[0]):
            out[k] = triangular_quantile(out[k], x.tonnage_a[s], x.tonnage_b[s], x.tonnage_c[s])
    else:
        fill_normal(x.tonnage_key[s], out)
        for k in range(out.shape[0]):
            out[k] = math.exp(x.tonnage_a[s] + x.tonnage_b[s] * out[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_grade(x, v, out, scratch):
    """Draws of one assay [g/t]: lognormal, or logit-normal below a ceiling; a borrowed figure times a site factor."""
    fill_normal(x.variate_key[v], out)
    mu, sigma, ceiling = x.variate_mu[v], x.variate_sigma[v], x.variate_ceiling[v]
    if x.variate_kind[v] == 0:
        for k in range(out.shape[0]):
            out[k] = math.exp(mu + sigma * out[k])
    else:
        for k in range(out.shape[0]):
            out[k] = ceiling / (1.0 + math.exp(-(mu + sigma * out[k])))
    if x.variate_borrowed[v] == 1:
        fill_normal(x.variate_site_key[v], scratch)
        for k in range(out.shape[0]):
            out[k] = min(out[k] * math.exp(x.ln_site_gsd * scratch[k]), ceiling)


@njit(cache=True, nogil=True, error_model="numpy")
def _simulate(lo, hi, x, u, o, draws):
    n_elements = x.production_t.shape[0]
    n_scenarios = x.market_t.shape[0]
    n_views = x.view_basket.shape[0]
    n_baskets = x.in_basket.shape[0]
    tonnes, cost, factor = np.empty(draws), np.empty(draws), np.empty(draws)
    grade, scratch, share = np.empty(draws), np.empty(draws), np.empty(draws)
    metal, held = np.empty(draws), np.empty(draws)
    local = np.full(n_elements, -1, dtype=np.int64)
    total_t, best_margin = np.empty(draws), np.empty(draws)
    project, sold_all = np.empty((n_scenarios, draws)), np.empty((n_scenarios, draws))
    lowest = np.empty((n_scenarios, draws))
    basket_value, sold_basket, q_lowest = (
        np.empty((n_views, draws)),
        np.empty((n_views, draws)),
        np.empty((n_views, draws)),
    )
    years, pool = np.empty((n_baskets, draws)), np.empty((n_baskets, draws))
    for b in range(lo, hi):
        if u.ptr[b] == u.ptr[b + 1]:
            continue  # nothing inside: its rows stay as they were made, and their memory untouched
        e0, e1 = u.element_ptr[b], u.element_ptr[b + 1]
        n_local = e1 - e0
        contained, recoverable = np.zeros((n_local, draws)), np.zeros((n_local, draws))
        is_sold = np.zeros(n_local, dtype=np.int64)
        for i in range(n_local):
            local[u.element[e0 + i]] = i
        total_t[:] = 0.0
        best_margin[:] = -math.inf
        project[:, :] = 0.0
        sold_all[:, :] = 0.0
        lowest[:, :] = math.inf
        basket_value[:, :] = 0.0
        sold_basket[:, :] = 0.0
        q_lowest[:, :] = 0.0
        for pair in range(u.ptr[b], u.ptr[b + 1]):
            s = u.site[pair]
            if u.is_point[pair] == 0:
                share[:] = u.share[pair]
            else:
                share[:] = 0.0
                for j in range(u.draw_ptr[pair], u.draw_ptr[pair + 1]):
                    share[u.draw_index[j]] += u.draw_share[j]
            _fill_tonnage(x, s, tonnes)
            v0, v1 = x.variate_ptr[s], x.variate_ptr[s + 1]
            n_products = 0
            for p in range(x.part_ptr[v0], x.part_ptr[v1]):
                n_products += x.part_product[p] >= 0
            recovered = np.empty((n_products, draws))
            revenue = np.empty((n_scenarios, n_products, draws))
            unit_value = np.zeros((n_scenarios, draws))
            element_of = np.empty(n_products, dtype=np.int64)
            fill_normal(x.recovery_key[s], factor)
            for k in range(draws):
                factor[k] = math.exp(x.ln_site_gsd * factor[k])
                total_t[k] += share[k] * tonnes[k]
                held[k] = share[k] * tonnes[k] / 1000.0  # kt, so that g/t gives kg
            n_sold = 0
            for v in range(v0, v1):
                _fill_grade(x, v, grade, scratch)
                for p in range(x.part_ptr[v], x.part_ptr[v + 1]):
                    e, product, profile = x.part_element[p], x.part_product[p], x.part_profile[p]
                    i = local[e]
                    if product >= 0:
                        is_sold[i] = 1
                        element_of[n_sold] = e
                    if profile >= 0:
                        for k in range(draws):
                            metal[k] = grade[k] * x.profile_draws[profile, k]
                    else:
                        metal[:] = grade
                    for k in range(draws):
                        contained[i, k] += held[k] * metal[k]
                    if product < 0:
                        continue
                    # metal becomes what is recovered of it, in g per t of waste
                    if x.part_recovered[p] == 0:
                        for k in range(draws):
                            metal[k] *= min(1.0, x.recovery_draws[product, k] * factor[k])
                    for k in range(draws):
                        recoverable[i, k] += held[k] * metal[k]
                    recovered[n_sold] = metal
                    for w in range(n_scenarios):
                        for k in range(draws):
                            revenue[w, n_sold, k] = metal[k] * x.unit_price[w, product, k] / 1000.0
                            unit_value[w, k] += revenue[w, n_sold, k]
                    revenue_of_pair = 0.0
                    for k in range(draws):
                        revenue_of_pair += held[k] * 1000.0 * revenue[0, n_sold, k]
                    o.revenue[e0 + i] += revenue_of_pair / draws
                    o.pair_revenue[pair] += revenue_of_pair / draws
                    n_sold += 1
            if x.cost_row[s] >= 0 and n_sold > 0:
                fill_normal(x.cost_key[s], cost)
                for k in range(draws):
                    cost[k] = x.cost_draws[x.cost_row[s], k] * math.exp(x.ln_site_gsd * cost[k]) + x.cost_fixed[s]
                row, full_at, sold = np.empty(n_sold), np.empty(n_sold), np.empty(n_sold)
                for w in range(n_scenarios):
                    for k in range(draws):
                        if share[k] <= 0.0:
                            continue
                        worth = unit_value[w, k]
                        if w == 0:
                            best_margin[k] = max(best_margin[k], worth - cost[k])
                        multiple = cost[k] / worth if worth > 0.0 else math.inf
                        is_lowest = multiple < lowest[w, k]
                        if is_lowest:
                            lowest[w, k] = multiple
                        if worth > cost[k]:
                            for j in range(n_sold):
                                row[j] = revenue[w, j, k]
                                taken = x.market_t[w, element_of[j]] * 1e6
                                full_at[j] = taken / recovered[j, k] if recovered[j, k] > 0.0 else math.inf
                            best, _ = net_value(tonnes[k], cost[k], row, full_at, sold)
                            sales = 0.0
                            for j in range(n_sold):
                                sales += row[j] * sold[j]
                            project[w, k] += share[k] * best
                            sold_all[w, k] += share[k] * sales
                            for view in range(n_views):
                                if x.view_scenario[view] != w or not sales > 0.0:
                                    continue
                                mine = 0.0
                                for j in range(n_sold):
                                    if x.in_basket[x.view_basket[view], element_of[j]] == 1:
                                        mine += row[j] * sold[j]
                                basket_value[view, k] += share[k] * best * mine / sales
                                sold_basket[view, k] += share[k] * mine
                        elif is_lowest:
                            for view in range(n_views):
                                if x.view_scenario[view] != w:
                                    continue
                                mine = 0.0
                                for j in range(n_sold):
                                    if x.in_basket[x.view_basket[view], element_of[j]] == 1:
                                        mine += revenue[w, j, k]
                                q_lowest[view, k] = min(1.0, mine / worth / 0.10)
            weight = 0.0
            for k in range(draws):
                weight += share[k] * tonnes[k]
            o.pair_tonnage[pair] = weight / draws
        # axes
        for view in range(n_views):
            w = x.view_scenario[view]
            for k in range(draws):
                q = q_lowest[view, k]
                if project[w, k] > 0.0:
                    q = min(1.0, sold_basket[view, k] / sold_all[w, k] / 0.10)
                o.value[view, b, k] = value_axis(project[w, k], basket_value[view, k], lowest[w, k], q)
            quantiles3(basket_value[view], o.net_basket[view, b])
        years[:, :] = 0.0
        pool[:, :] = 0.0
        for i in range(n_local):
            e = u.element[e0 + i]
            if is_sold[i] == 0 or not x.production_t[e] > 0.0 or not x.importance[e] >= 0.0:
                continue
            if x.pooled[e] == 0:
                for k in range(draws):
                    scratch[k] = x.importance[e] * math.log1p(recoverable[i, k] / 1000.0 / x.production_t[e])
            for basket in range(n_baskets):
                if x.in_basket[basket, e] == 0:
                    continue
                if x.pooled[e] == 1:
                    for k in range(draws):
                        pool[basket, k] += recoverable[i, k]
                else:
                    for k in range(draws):
                        years[basket, k] += scratch[k]
        for basket in range(n_baskets):
            for k in range(draws):
                total = years[basket, k]
                if x.pool_t[basket] > 0.0:
                    total += x.pool_importance[basket] * math.log1p(pool[basket, k] / 1000.0 / x.pool_t[basket])
                o.strategic[basket, b, k] = strategic_axis(total)
        # summaries
        quantiles3(total_t, o.tonnage[b])
        quantiles3(project[0], o.net_project[b])
        n_in, positive = 0, 0
        for k in range(draws):
            if best_margin[k] > -math.inf:
                scratch[n_in] = best_margin[k]
                n_in += 1
                positive += best_margin[k] > 0.0
        if n_in > 0:
            o.p_positive[b] = positive / draws
            quantiles3(scratch[:n_in], o.margin[b])
        n_in = 0
        for k in range(draws):
            if lowest[0, k] < math.inf:
                scratch[n_in] = lowest[0, k]
                n_in += 1
        if n_in > 0:
            quantiles3(scratch[:n_in], o.break_even[b])
        for i in range(n_local):
            quantiles3(contained[i], o.contained[e0 + i])
            if is_sold[i] == 1:
                quantiles3(recoverable[i], o.recoverable[e0 + i])
            local[u.element[e0 + i]] = -1


@dataclass(frozen=True)
class Simulation:
    """The kernel's outputs with the units' ids, for those who turn them into tables."""

    unit_ids: list[str]
    units: Units
    out: Outputs


def simulate(
    inputs: Inputs,
    unit_ids: list[str],
    units: Units,
    draws: int,
    *,
    chunk: int = 64,
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Run the kernel over all units, ``chunk`` units at a time on ``threads`` threads; neither changes a number.

    Returns
    -------
    Simulation : values (views, U, K) and strategic (baskets, U, K) as float32, the rest as described in ``Outputs``.
    """
    n, pairs_e, pairs_s = len(unit_ids), int(units.element_ptr[-1]), int(units.ptr[-1])
    views, baskets = inputs.view_basket.shape[0], inputs.in_basket.shape[0]
    out = Outputs(
        value=np.zeros((views, n, draws), np.float32),
        strategic=np.zeros((baskets, n, draws), np.float32),
        tonnage=np.full((n, 4), np.nan),
        margin=np.full((n, 4), np.nan),
        p_positive=np.full(n, np.nan),
        break_even=np.full((n, 4), np.nan),
        net_project=np.full((n, 4), np.nan),
        net_basket=np.full((views, n, 4), np.nan),
        contained=np.full((pairs_e, 4), np.nan),
        recoverable=np.full((pairs_e, 4), np.nan),
        revenue=np.zeros(pairs_e),
        pair_revenue=np.zeros(pairs_s),
        pair_tonnage=np.zeros(pairs_s),
    )
    bounds = [(i, min(i + chunk, n)) for i in range(0, n, chunk)]
    done = 0
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(lambda r: _simulate(r[0], r[1], inputs, units, out, draws), bounds):
            done += 1
            if progress:
                progress(done / len(bounds))
    return Simulation(unit_ids, units, out)
