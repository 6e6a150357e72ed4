"""What the sites of one unit come to in each draw, and what is told of it: score, quantiles, shares. Compiled.

Belongs here: sums over the sites of a unit, h(U), summaries. Does not belong here: which sites a unit holds, threads
(``project_engine``), plants (``project_plans``).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.quantiles import quantiles, quantiles3, select
from scoring.waste.draws.vectors import logarithm

_FAR = 1e300
"""Stands for infinity inside a quantile, which would else subtract it from itself."""
_LN10 = math.log(10.0)
_PREMIUM_LEVELS = np.array([0.2, 0.5])
_MULTIPLE_LEVELS = np.array([0.1, 0.5, 0.9])


class Totals(NamedTuple):
    """What the sites of one unit come to in each draw, decks first."""

    paying: NDArray[Any]  # (decks, K) NPV of what pays; in the end the NPV of the unit
    least_loss: NDArray[Any]
    multiple: NDArray[Any]
    premium: NDArray[Any]
    value: NDArray[Any]  # (decks, baskets, K) U
    lifted: NDArray[Any]  # (decks, baskets, K) U_lambda
    pays: NDArray[Any]  # (decks, K) 0 or 1
    today: NDArray[Any]  # (decks, K) 0 or 1: at the one best size


@njit(cache=True, nogil=True, error_model="numpy")
def new_totals(decks, baskets, draws):
    """Space for the totals of one unit."""
    return Totals(
        np.empty((decks, draws)), np.empty((decks, draws)), np.empty((decks, draws)), np.empty((decks, draws)),
        np.empty((decks, baskets, draws)), np.empty((decks, baskets, draws)),
        np.empty((decks, draws), np.int64), np.empty((decks, draws), np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def take_share(share, site, best_size, t, w):
    """Add the share of a site that lies in the unit to the unit's totals."""
    for k in range(share.shape[0]):
        if share[k] <= 0.0:
            continue
        t.paying[w, k] += share[k] * max(0.0, site.npv[k])
        t.least_loss[w, k] = max(t.least_loss[w, k], site.npv[k])
        t.multiple[w, k] = min(t.multiple[w, k], site.multiple[k])
        t.premium[w, k] = max(t.premium[w, k], site.premium[k])
        if site.npv[k] > 0.0:
            t.pays[w, k] = 1
            if (site.pays[k] >> best_size) & 1 == 1:
                t.today[w, k] = 1
            for basket in range(t.value.shape[1]):
                t.value[w, basket, k] += share[k] * site.value[basket, k]
                t.lifted[w, basket, k] += share[k] * site.lifted[basket, k]


@njit(cache=True, nogil=True, error_model="numpy")
def take_whole(site, best_size, t, w):
    """As ``take_share`` of a unit that is one whole site: its totals are the site's."""
    t.paying[w], t.least_loss[w], t.multiple[w], t.premium[w] = site.npv, site.npv, site.multiple, site.premium
    t.value[w], t.lifted[w] = site.value, site.lifted
    for k in range(site.npv.shape[0]):
        t.pays[w, k] = site.npv[k] > 0.0
        t.today[w, k] = (site.pays[k] >> best_size) & 1


@njit(cache=True, nogil=True, error_model="numpy")
def summaries(deck, b, t, o):
    """Write NPV, multiple, premium and the shares of draws that pay of unit ``b`` in ``deck`` to the outputs ``o``."""
    npv, multiple, premium = t.paying[deck], t.multiple[deck], t.premium[deck]
    pays, today, draws = t.pays[deck], t.today[deck], t.paying.shape[1]
    positive, built, gain = 0, 0, 0.0
    for k in range(draws):
        gain += npv[k] if pays[k] == 1 else 0.0
        positive += pays[k]
        built += today[k]
        o.multiple[deck, b, k] = multiple[k]
        multiple[k] = min(multiple[k], _FAR)
        premium[k] = max(premium[k], -_FAR)
    o.gain[deck, b] = gain / draws
    o.p_pays[deck, b] = positive / draws
    o.p_pays_today[deck, b] = built / draws
    quantiles3(npv, o.npv[deck, b])
    quantiles(multiple, _MULTIPLE_LEVELS, o.multiple_q[deck, b])
    quantiles(premium, _PREMIUM_LEVELS, o.premium_q[deck, b])
    for j in range(3):
        if o.multiple_q[deck, b, j] > _FAR / 1e10:
            o.multiple_q[deck, b, j] = math.inf
    for j in range(2):
        if o.premium_q[deck, b, j] < -_FAR / 1e10:
            o.premium_q[deck, b, j] = -math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def scores(values, where, h, scratch):
    """Gather ``h(U) = min(1, log10(1 + U / 1e5 USD) / 5)`` of the values above 0: how many; ``where`` and ``h`` of each."""
    m = 0
    for k in range(values.shape[0]):
        where[m] = k
        m += values[k] > 0.0
    for j in range(m):
        h[j] = 1.0 + values[where[j]] / 1e5
    logarithm(h[:m], scratch)
    for j in range(m):
        h[j] = min(1.0, h[j] / (5.0 * _LN10))
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def quantiles_of_value(values, out):
    """As ``quantiles3`` for values of at least 0: the zeros, which are most, are counted and not sorted through."""
    n, above, total = values.shape[0], 0, 0.0
    a = np.empty(n)
    for k in range(n):
        total += values[k]
        a[above] = values[k]
        above += values[k] > 0.0
    out[3] = total / n
    zeros, lo = n - above, 0
    for j in range(3):
        h = (n - 1) * _MULTIPLE_LEVELS[j]
        i = int(h) - zeros  # the place among those above 0
        if i < -1 or above == 0:
            out[j] = 0.0
            continue
        low = select(a, lo, above - 1, i) if i >= 0 else 0.0
        out[j] = low
        if h > int(h):
            lo = max(i, 0)
            high = select(a, lo, above - 1, i + 1)
            out[j] = low + (h - int(h)) * (high - low)
