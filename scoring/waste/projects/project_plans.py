"""All plant sizes in all draws of one site, compiled; formulas as in ``project_model``.

Belongs here: the loops over draws and plant sizes. Does not belong here: drawing, inputs (``project_kernel``).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from scoring.waste.draws.vectors import exponential


@njit(cache=True, nogil=True, error_model="numpy")
def fill_plans(d, rates, scale_k, scale_c, table, terms):
    """What every size costs and treats in every draw, whatever the prices; writes ``weight``, ``cost``, ``least`` of d.

    Parameters
    ----------
    rates : (Q,) ascending. scale_k, scale_c : (Q,) operating cost and capital over those at 5 Mt/a. table : (4, L + 1) of
    ``life_table``. terms : (v, least life, sustaining, closure, freight of the feed).
    """
    v, min_life, sustaining, closure, freight = terms
    draws, last = d.tonnes.shape[0], table.shape[1] - 1
    longest = float(last)
    ln_v, building = math.log(v), 0.5 + 0.5 * v
    # of a plant that lives as long as any
    full = building + closure * v ** (longest + 2.0) + sustaining * table[2, last]
    between, life, late, scratch = np.empty(draws, np.int64), np.empty(draws), np.empty(draws), np.empty(draws)
    d.least[:] = math.inf
    for q in range(rates.shape[0]):
        rate, sk, sc = rates[q], scale_k[q], scale_c[q]
        weight, cost = d.weight[q], d.cost[q]
        least_life = min_life if q > 0 else -math.inf  # the smallest is fed for as long as it is
        treated, spent = table[0, last] * rate, table[1, last] * rate
        for k in range(draws):
            life[k] = d.tonnes[k] / rate
            dear = spent * (d.operating[k] * sk + freight) + d.capital[k] * sc * full
            weight[k] = treated if life[k] >= longest else 0.0
            cost[k] = dear if life[k] >= longest else math.inf
        # the few whose life lies between, gathered: the processor's vectors take no branches
        count = 0
        for k in range(draws):
            between[count] = k
            count += (life[k] < longest) & (life[k] >= least_life)
        for j in range(count):
            late[j] = ln_v * (life[between[j]] + 2.0)
        exponential(late[:count], scratch)
        for j in range(count):
            k = between[j]
            year = int(life[k])
            part = life[k] - year
            produced = table[0, year] + part * (table[0, year + 1] - table[0, year])
            costed = table[1, year] + part * (table[1, year + 1] - table[1, year])
            years = table[2, year] + part * (table[2, year + 1] - table[2, year])
            built = building + closure * late[j] + sustaining * years
            weight[k] = produced * rate
            cost[k] = costed * rate * (d.operating[k] * sk + freight) + d.capital[k] * sc * built
        for k in range(draws):
            d.least[k] = min(d.least[k], cost[k] / weight[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _tonnes_worth(d, n, price, element, cap_kg, largest_rate, smallest_rate, min_life, o):
    """Net and gross of a tonne while no cap binds, and the draws in which some size meets a cap."""
    o.net[:] = 0.0
    o.gross[:] = 0.0
    o.capped[:] = 0
    fed = np.empty(o.net.shape[0])
    for k in range(fed.shape[0]):
        fed[k] = min(largest_rate, max(smallest_rate, d.tonnes[k] / min_life if min_life > 0.0 else math.inf))
    for i in range(n):
        recovered, margin, market = d.recovered[i], d.margin[i], price[element[i]]
        for k in range(o.net.shape[0]):
            o.net[k] += recovered[k] * margin[k]
            o.gross[k] += recovered[k] * market[k] if margin[k] > 0.0 else 0.0
        if cap_kg[i] < math.inf:
            for k in range(o.net.shape[0]):
                o.capped[k] |= recovered[k] * fed[k] > cap_kg[i]


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_plans(d, n, price, element, cap_kg, basket, rates, min_life, o):
    """All plant sizes in all draws of one site and deck, after ``fill_plans``; writes ``o``.

    Parameters
    ----------
    d : draws, n products in use. price : (E, K). element, cap_kg : (n,) row of price, kg a year. basket : (B, n) 0 or 1.

    While no cap binds every size earns the same on a tonne, ``u``: NPV = weight u - cost, the needed multiple is the
    lowest cost of a tonne over u, and only draws that pay are gone through size by size for the baskets.
    """
    n_rates, n_baskets, draws = rates.shape[0], basket.shape[0], d.tonnes.shape[0]
    _tonnes_worth(d, n, price, element, cap_kg, rates[n_rates - 1], rates[0], min_life, o)
    o.size_gain[:] = 0.0
    o.npv[:] = -math.inf
    for q in range(n_rates):
        weight, cost = d.weight[q], d.cost[q]
        for k in range(draws):
            o.npv[k] = max(o.npv[k], weight[k] * o.net[k] - cost[k])
    for k in range(draws):
        sold = o.net[k] > 0.0
        o.multiple[k] = d.least[k] / o.net[k] if sold else math.inf
        o.premium[k] = (o.net[k] - d.least[k]) / o.gross[k] if sold else -math.inf
        o.pays[k] = 0
    o.value[:, :] = 0.0
    o.lifted[:, :] = 0.0
    _paying_draws(d, n, basket, o)
    own, lift = np.empty(n_baskets), np.empty(n_baskets)
    for k in range(draws):
        if o.capped[k] == 1:
            _capped_draw(d, n, price, element, cap_kg, basket, rates, k, own, lift, o)


@njit(cache=True, nogil=True, error_model="numpy")
def _paying_draws(d, n, basket, o):
    """Baskets, sizes that pay and their gain in the draws that pay while no cap binds, gathered and gone through by rows."""
    n_baskets, n_rates, draws = basket.shape[0], d.weight.shape[0], o.npv.shape[0]
    where = np.empty(draws, np.int64)
    m = 0
    for k in range(draws):
        where[m] = k
        m += o.npv[k] > 0.0 and o.capped[k] == 0
    own, lift = np.zeros((n_baskets, m)), np.zeros((n_baskets, m))
    value, lifted = np.zeros((n_baskets, m)), np.zeros((n_baskets, m))
    earned, more, weight, npv = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    for i in range(n):
        for j in range(m):
            k = where[j]
            earned[j], more[j] = d.recovered[i, k] * d.margin[i, k], d.recovered[i, k] * d.lift[i, k]
        for b in range(n_baskets):
            if basket[b, i] == 1:
                for j in range(m):
                    own[b, j] += earned[j]
                    lift[b, j] += more[j]
    for q in range(n_rates):
        gain = 0.0
        for j in range(m):
            k = where[j]
            weight[j] = d.weight[q, k]
            npv[j] = weight[j] * o.net[k] - d.cost[q, k]
            o.pays[k] |= (npv[j] > 0.0) << q
        for j in range(m):
            gain += max(0.0, npv[j])
        o.size_gain[q] += gain
        for b in range(n_baskets):
            _raise_rows(npv, weight, own[b], lift[b], value[b], lifted[b])
    for b in range(n_baskets):
        for j in range(m):
            o.value[b, where[j]], o.lifted[b, where[j]] = value[b, j], lifted[b, j]


@njit(cache=True, nogil=True, error_model="numpy")
def _raise_rows(npv, weight, own, lift, value, lifted):
    """``U = max(U, min(NPV, PVb))`` and the same with the premium, of one size in each draw that it pays in."""
    for j in range(npv.shape[0]):
        mine, more = weight[j] * own[j], weight[j] * lift[j]
        u, high = min(npv[j], mine), min(npv[j] + more, mine + more)
        value[j] = max(value[j], u if npv[j] > 0.0 else 0.0)
        lifted[j] = max(lifted[j], high if npv[j] > 0.0 else 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _baskets_of(recovered, margin, lifts, basket, rate, cap_kg, k, own, lift):
    """What the baskets' products earn and would earn more: on a tonne, or at a rate that meets caps on a year's feed."""
    for b in range(own.shape[0]):
        own[b], lift[b] = 0.0, 0.0
        for i in range(basket.shape[1]):
            if basket[b, i] == 1:
                kg = recovered[i, k] if rate == math.inf else min(rate * recovered[i, k], cap_kg[i])
                own[b] += kg * margin[i, k]
                lift[b] += kg * lifts[i, k]


@njit(cache=True, nogil=True, error_model="numpy")
def _raise_values(npv, scale, own, lift, k, value, lifted):
    """``U = max(U, min(NPV, PVb))`` and the same with the premium, of one size that pays."""
    for b in range(own.shape[0]):
        mine, more = scale * own[b], scale * lift[b]
        value[b, k] = max(value[b, k], min(npv, mine))
        lifted[b, k] = max(lifted[b, k], min(npv + more, mine + more))


@njit(cache=True, nogil=True, error_model="numpy")
def _capped_draw(d, n, price, element, cap_kg, basket, rates, k, own, lift, o):
    """One draw in which a cap binds: the products are gone through for each size."""
    best, multiple, premium = -math.inf, math.inf, -math.inf
    for q in range(rates.shape[0]):
        if d.weight[q, k] <= 0.0 and q > 0:
            break
        produced = d.weight[q, k] / rates[q]
        net, gross = 0.0, 0.0
        for i in range(n):
            if d.margin[i, k] > 0.0:
                kg = min(rates[q] * d.recovered[i, k], cap_kg[i])
                net += kg * d.margin[i, k]
                gross += kg * price[element[i], k]
        earned = produced * net
        npv = earned - d.cost[q, k]
        best = max(best, npv)
        if earned > 0.0:
            multiple = min(multiple, d.cost[q, k] / earned)
            premium = max(premium, npv / (produced * gross))
        if npv > 0.0:
            o.size_gain[q] += npv
            o.pays[k] |= 1 << q
            _baskets_of(d.recovered, d.margin, d.lift, basket, rates[q], cap_kg, k, own, lift)
            _raise_values(npv, produced, own, lift, k, o.value, o.lifted)
    o.npv[k], o.multiple[k], o.premium[k] = best, multiple, premium
