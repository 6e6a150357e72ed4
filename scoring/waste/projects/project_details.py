"""What is shown of one project beside its value: plant, life, capital, payback, royalty, and by product. Compiled.

Belongs here: medians over the draws that pay, revenue and needed price of each product. Does not belong here: value
and order (``project_kernel``).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.quantiles import quantiles
from scoring.waste.projects.project_kernel import site_scales

SHOWN_ABOVE = 0.05
"""Share of the draws that must pay before a plant, a life or a payback is shown."""
NAMED_ABOVE = 0.10
"""Share of net revenue from which on a metal is named with the price multiple it needs."""
_HALF = np.array([0.5])


class Details(NamedTuple):
    """One row per unit that is a project of its own; NaN where it is not, or where nothing is to be shown."""

    plant_t: NDArray[Any]  # (U,) t/a, medians over the draws that pay
    life: NDArray[Any]  # (U,) years
    capital: NDArray[Any]  # (U,) USD
    payback: NDArray[Any]  # (U,) years from first production
    royalty: NDArray[Any]  # (U,) USD a year, levies inside
    revenue: NDArray[Any]  # (products,) mean present value of net revenue, USD
    product_multiple: NDArray[Any]  # (products,) median price multiple of one product alone
    cap_binds: NDArray[Any]  # (products,) share of the draws in which the market takes no more


@njit(cache=True, nogil=True, error_model="numpy")
def median(values, n):
    """Median of the first ``n`` values; very large ones stand for infinity."""
    out = np.empty(1)
    a = values[:n].copy()
    for i in range(n):
        if a[i] > 1e300:
            a[i] = 1e300
    quantiles(a, _HALF, out)
    return out[0] if out[0] < 1e290 else math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _years_of_output(ramp, life):
    """Undiscounted sum of f over a life, linear between whole years."""
    j = min(int(life), ramp.shape[0] - 2)
    return ramp[j] + (life - j) * (ramp[j + 1] - ramp[j])


@njit(cache=True, nogil=True, error_model="numpy")
def _payback(net, operating, capital, sustaining, fixed, ramp, life):
    """Years until undiscounted net cash has repaid the capital, evenly within a year; inf: never within the life."""
    left = capital
    t = 0
    while t < life:
        f = ramp[t + 1] - ramp[t]  # the table holds sums of f
        worked = min(1.0, life - t)
        cash = worked * (f * net - (fixed + (1.0 - fixed) * f) * operating - sustaining * capital)
        if cash >= left and cash > 0.0:
            return t + worked * left / cash
        left -= cash
        t += 1
    return math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _choose(weight, cost, net, capped, recovered, margin, cap_kg, rates, best, chosen):
    """Row of the plant with the largest NPV in each draw; the last two arguments are overwritten."""
    draws = net.shape[0]
    best[:] = -math.inf
    chosen[:] = 0
    for q in range(rates.shape[0]):
        for k in range(draws):
            npv = weight[q, k] * net[k] - cost[q, k]
            if npv > best[k]:
                best[k], chosen[k] = npv, q
    for k in range(draws):
        if capped[k] == 0:
            continue
        best[k], chosen[k] = -math.inf, 0
        for q in range(rates.shape[0]):
            if weight[q, k] <= 0.0 and q > 0:
                break
            earned = 0.0
            for i in range(cap_kg.shape[0]):
                earned += min(rates[q] * recovered[i, k], cap_kg[i]) * margin[i, k]
            npv = weight[q, k] / rates[q] * earned - cost[q, k]
            if npv > best[k]:
                best[k], chosen[k] = npv, q


@njit(cache=True, nogil=True, error_model="numpy")
def fill_details(x, s, deck, fixed, d, o, unit, out, scratch):
    """Write the details of site ``s``, drawn in ``d`` and valued in ``o`` for ``deck``, to row ``unit`` of ``out``."""
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    draws = d.tonnes.shape[0]
    table = x.life_tables[x.maturity[s]]
    longest = table.shape[1] - 1
    scale_k, scale_c = site_scales(x, s)
    plant, life_of, capital_of, payback, royalty = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    count = 0
    for p in range(first, last):
        out.revenue[p], out.cap_binds[p] = 0.0, 0.0
    cap_kg, chosen = x.product_cap_kg[first:last], np.empty(draws, np.int64)
    _choose(d.weight, d.cost, o.net, o.capped, d.recovered, d.margin, cap_kg, x.rates, d.own, chosen)
    for k in range(draws):
        q = chosen[k]
        rate = x.rates[q]
        produced = d.weight[q, k] / rate
        net, taken = 0.0, 0.0
        for p in range(first, last):
            i = p - first
            kg = rate * d.recovered[i, k]
            if kg > x.product_cap_kg[p]:
                kg = x.product_cap_kg[p]
                out.cap_binds[p] += 1.0 / draws
            worth = kg * d.margin[i, k]
            net += worth
            out.revenue[p] += produced * worth / draws
            if worth > 0.0 and o.npv[k] > 0.0:
                base = rate * d.contained[i, k] if x.product_contained[p] == 1 else kg
                taken += base * x.price[deck, x.product_element[p], k] * x.product_royalty[p]
        if not o.npv[k] > 0.0:
            continue
        life = min(1.0 * longest, d.tonnes[k] / rate)
        capital = d.capital[k] * scale_c[q]
        operating = (d.operating[k] * scale_k[q] + x.feed_freight[s]) * rate
        plant[count], life_of[count], capital_of[count] = rate, life, capital
        payback[count] = _payback(net, operating, capital, x.sustaining, fixed, table[3], life)
        royalty[count] = taken * _years_of_output(table[3], life) / life
        count += 1
    if count > 0 and count >= SHOWN_ABOVE * draws:
        out.plant_t[unit], out.life[unit] = median(plant, count), median(life_of, count)
        out.capital[unit], out.payback[unit] = median(capital_of, count), median(payback, count)
        out.royalty[unit] = median(royalty, count)
    total = 0.0
    for p in range(first, last):
        total += out.revenue[p]
    for p in range(first, last):
        if total > 0.0 and out.revenue[p] >= NAMED_ABOVE * total:
            product_multiples(
                p - first,
                d.weight,
                d.cost,
                d.least,
                o.net,
                o.capped,
                d.recovered,
                d.margin,
                cap_kg,
                x.rates,
                scratch[0],
            )
            out.product_multiple[p] = median(scratch[0], draws)


@njit(cache=True, nogil=True, error_model="numpy")
def product_multiples(product, weight, cost, least, net, capped, recovered, margin, cap_kg, rates, out):
    """(K,) ``min_Q max(0, cost - A_f net of the rest) / (A_f kg m)`` of one product; inf where it is not sold.

    While no cap binds a tonne earns the same at every size, and the size that is cheapest per tonne is the one sought.
    """
    for k in range(out.shape[0]):
        own = recovered[product, k] * margin[product, k]
        if not own > 0.0:
            out[k] = math.inf
        elif capped[k] == 0:
            out[k] = max(0.0, least[k] - (net[k] - own)) / own
        else:
            out[k] = math.inf
            for q in range(rates.shape[0]):
                if weight[q, k] <= 0.0 and q > 0:
                    break
                rest, own = 0.0, 0.0
                for i in range(cap_kg.shape[0]):
                    worth = weight[q, k] / rates[q] * min(rates[q] * recovered[i, k], cap_kg[i]) * margin[i, k]
                    if i == product:
                        own = worth
                    else:
                        rest += worth
                if own > 0.0:
                    out[k] = min(out[k], max(0.0, cost[q, k] - rest) / own)
