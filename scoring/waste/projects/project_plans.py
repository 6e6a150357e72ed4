"""All plant sizes in all draws of one site, compiled; formulas as in ``project_model``.

Belongs here: the loops over draws and plant sizes. Does not belong here: drawing, inputs (``project_kernel``).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def fill_plans(d, rates, scale_k, scale_c, table, terms):
    """What every size costs and treats in every draw, whatever the prices; writes ``weight``, ``cost``, ``least`` of d.

    Parameters
    ----------
    rates : (Q,) ascending. scale_k, scale_c : (Q,) operating cost and capital over those at 5 Mt/a. table : (4, L + 1) of
    ``life_table``. terms : (v, least life, sustaining, closure, freight of the feed).
    """
    v, min_life, sustaining, closure, freight = terms
    longest = table.shape[1] - 1
    ln_v, building = math.log(v), 0.5 + 0.5 * v
    # of a plant that lives as long as any
    full = building + closure * v ** (longest + 2.0) + sustaining * table[2, longest]
    d.least[:] = math.inf
    for q in range(rates.shape[0]):
        rate, sk, sc = rates[q], scale_k[q], scale_c[q]
        weight, cost = d.weight[q], d.cost[q]
        for k in range(d.tonnes.shape[0]):
            life = d.tonnes[k] / rate
            if life >= longest:
                produced, costed, built = table[0, longest], table[1, longest], full
            elif life < min_life and q > 0:
                weight[k], cost[k] = 0.0, math.inf
                continue
            else:
                j = int(life)
                part = life - j
                produced = table[0, j] + part * (table[0, j + 1] - table[0, j])
                costed = table[1, j] + part * (table[1, j + 1] - table[1, j])
                years = table[2, j] + part * (table[2, j + 1] - table[2, j])
                built = building + closure * math.exp(ln_v * (life + 2.0)) + sustaining * years
            weight[k] = produced * rate
            cost[k] = costed * (d.operating[k] * sk + freight) * rate + d.capital[k] * sc * built
        for k in range(d.tonnes.shape[0]):
            d.least[k] = min(d.least[k], cost[k] / weight[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _tonnes_worth(d, n, price, element, cap_kg, largest_rate, smallest_rate, min_life, o):
    """Net and gross of a tonne while no cap binds, and the draws in which some size meets a cap."""
    o.net[:] = 0.0
    o.gross[:] = 0.0
    o.capped[:] = 0
    for i in range(n):
        recovered, margin, market = d.recovered[i], d.margin[i], price[element[i]]
        for k in range(o.net.shape[0]):
            o.net[k] += recovered[k] * margin[k]
            o.gross[k] += recovered[k] * market[k] if margin[k] > 0.0 else 0.0
        if cap_kg[i] < math.inf:
            for k in range(o.net.shape[0]):
                fed = min(largest_rate, max(smallest_rate, d.tonnes[k] / min_life if min_life > 0.0 else math.inf))
                if recovered[k] * fed > cap_kg[i]:
                    o.capped[k] = 1


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
    for b in range(n_baskets):
        o.value[b, :] = 0.0
        o.lifted[b, :] = 0.0
    own, lift = np.empty(n_baskets), np.empty(n_baskets)
    for k in range(draws):
        if o.capped[k] == 1:
            _capped_draw(d, n, price, element, cap_kg, basket, rates, k, own, lift, o)
        elif o.npv[k] > 0.0:
            _baskets_of(d.recovered, d.margin, d.lift, basket, math.inf, cap_kg, k, own, lift)
            for q in range(n_rates):
                npv = d.weight[q, k] * o.net[k] - d.cost[q, k]
                if npv > 0.0:
                    o.size_gain[q] += npv
                    o.pays[k] |= 1 << q
                    _raise_values(npv, d.weight[q, k], own, lift, k, o.value, o.lifted)


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
