"""All plant sizes in all draws of every outcome of a campaign, compiled: what each is worth on average.

Belongs here: the loops over outcomes, draws and sizes. Does not belong here: drawing (``campaigns``), what follows from
the means (``decision_value``). Formulas as in ``scoring.waste.projects.project_model``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.vectors import exponential


class SitePlants(NamedTuple):
    """What of one site is no draw: (P,) of its products, (Q,) of the plants, and finance."""

    figure: NDArray[Any]  # (P,) figure that the product is of
    pure: NDArray[Any]  # (F,) g/t
    lean: NDArray[Any]  # (P,) Emax / c_product [per kg/t], inf: never lean
    recovered: NDArray[Any]  # (P,) 0: an assay; else 1 / (R50 x state) of a figure that is already recovered
    payable: NDArray[Any]  # (P,)
    royalty: NDArray[Any]  # (P,) with levies, share of the price
    contained: NDArray[Any]  # (P,) 1: royalty on the metal in the ore produced
    freight: NDArray[Any]  # (P,) USD/kg
    cap_kg: NDArray[Any]  # (P,) a year
    rates: NDArray[Any]  # (Q,) t/a, ascending
    scale_operating: NDArray[Any]  # (Q,) over that at 5 Mt/a
    scale_capital: NDArray[Any]  # (Q,)
    life_table: NDArray[Any]  # (4, L + 1)
    feed_freight: float
    v: float
    min_life: float
    sustaining: float
    closure: float
    failure_share: float


@njit(cache=True, nogil=True, error_model="numpy")
def _yields(o, z, g, left, recovered, margin, net, free):
    """What a tonne yields of each product in the draws of outcome ``o`` [kg/t], its margin [USD/kg], and net [USD/t].

    ``free`` (K,) is the largest rate at which no market cap binds [t/a].
    """
    net[:] = 0.0
    free[:] = math.inf
    for i in range(recovered.shape[0]):
        f = g.figure[i]
        for k in range(net.shape[0]):
            grade = g.pure[f] / (1.0 + z.odds_told[f, o] * z.odds_rest[f, k]) / 1000.0 * z.share[i, k]
            r = left[k] / (1.0 + z.unrecovered_told[i, o] * z.unrecovered_rest[i, k])
            kg = grade * r * (g.recovered[i] if g.recovered[i] > 0.0 else min(1.0, g.lean[i] * grade))
            charged = g.royalty[i]
            if g.contained[i] == 1:
                charged = charged * grade / kg if kg > 0.0 else math.inf
            recovered[i, k] = kg
            margin[i, k] = max(0.0, z.price[i, k] * (g.payable[i] - charged) - g.freight[i])
            net[k] += kg * margin[i, k]
            if kg > 0.0:
                free[k] = min(free[k], g.cap_kg[i] / kg)


@njit(cache=True, nogil=True, error_model="numpy")
def outcome_values(z, g, mean, pays):
    """Fill (O, Q) with the mean NPV of every plant size in the draws of each outcome, (O,) with the share that pay.

    A plant that is built and then short of feed closes early: its NPV is that of the shorter life, whatever it is. A
    draw pays as in the ranking, if a size that can be fed for five years (or the smallest) has an NPV above 0.

    Parameters
    ----------
    z : ``campaigns.SampleDraws``. g : ``SitePlants``.
    """
    outcomes, draws, sizes = mean.shape[0], z.tonnes_rest.shape[0], mean.shape[1]
    products, longest = g.figure.shape[0], g.life_table.shape[1] - 1
    recovered, margin = np.empty((products, draws)), np.empty((products, draws))
    net, tonnes, best, left = np.empty(draws), np.empty(draws), np.empty(draws), np.empty(draws)
    closing, scratch, free = np.empty(draws), np.empty(draws), np.empty(draws)
    ln_v, building = math.log(g.v), 0.5 + 0.5 * g.v
    for o in range(outcomes):
        for k in range(draws):
            tonnes[k] = z.tonnes_told[o] * z.tonnes_rest[k]
            left[k] = 1.0 if z.passes[o] and z.works[k] else g.failure_share
        _yields(o, z, g, left, recovered, margin, net, free)
        best[:] = -math.inf
        for q in range(sizes):
            rate, sk, sc = g.rates[q], g.scale_operating[q], g.scale_capital[q]
            for k in range(draws):
                closing[k] = ln_v * (min(tonnes[k] / rate, 1.0 * longest) + 2.0)
            exponential(closing, scratch)
            total = 0.0
            for k in range(draws):
                life = tonnes[k] / rate
                is_fed = life >= g.min_life or q == 0
                life = min(life, 1.0 * longest)
                j = min(int(life), longest - 1)
                part = life - j
                produced = g.life_table[0, j] + part * (g.life_table[0, j + 1] - g.life_table[0, j])
                costed = g.life_table[1, j] + part * (g.life_table[1, j + 1] - g.life_table[1, j])
                years = g.life_table[2, j] + part * (g.life_table[2, j + 1] - g.life_table[2, j])
                earned = rate * net[k]
                if rate > free[k]:
                    earned = 0.0
                    for i in range(products):
                        earned += min(rate * recovered[i, k], g.cap_kg[i]) * margin[i, k]
                built = building + g.closure * closing[k] + g.sustaining * years
                cost = costed * (z.operating[k] * sk + g.feed_freight) * rate + z.capital[k] * sc * built
                npv = produced * earned - cost
                total += npv
                if is_fed and npv > best[k]:
                    best[k] = npv
            mean[o, q] = total / draws
        count = 0
        for k in range(draws):
            count += best[k] > 0.0
        pays[o] = count / draws
