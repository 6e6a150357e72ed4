"""The straightforward engine: every draw of every site and element in one numpy tensor. For comparison only.

Reads the same inputs and the same streams as ``scoring.waste.engine`` and must give the same numbers; it holds
(sites, elements, draws) at once, which is what the streamed engine avoids.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, triang
from scoring.waste.engine import Inputs

from scoring.waste.streams import fill_uniform


def _uniform(keys: NDArray, draws: int) -> NDArray:
    out = np.empty((len(keys), draws))
    for row, key in zip(out, keys):
        fill_uniform(key, row)
    return out


def simulate_sites(x: Inputs, draws: int, scenario: int = 0) -> dict[str, Any]:
    """Contained and recoverable kg (S, E, K), tonnage, unit value, margin, break-even, net value (S, K), all at once.

    Net value is the best of the candidate tonnages (all of it, and each tonnage at which a market fills), found by
    evaluating every one of them.
    """
    n_sites, n_elements = len(x.tonnage_kind), len(x.production_t)
    u = _uniform(x.tonnage_key, draws)
    tonnes = np.empty((n_sites, draws))
    for s in range(n_sites):
        a, b, c = x.tonnage_a[s], x.tonnage_b[s], x.tonnage_c[s]
        if x.tonnage_kind[s] == 0:
            tonnes[s] = triang.ppf(u[s], (b - a) / (c - a), a, c - a) if c > a else b
        else:
            tonnes[s] = np.exp(a + b * norm.ppf(u[s]))
    recovery_factor = np.exp(x.ln_site_gsd * norm.ppf(_uniform(x.recovery_key, draws)))
    cost_factor = np.exp(x.ln_site_gsd * norm.ppf(_uniform(x.cost_key, draws)))
    z = norm.ppf(_uniform(x.variate_key, draws))
    z_site = norm.ppf(_uniform(x.variate_site_key, draws))
    grade = np.zeros((n_sites, n_elements, draws))
    recovered = np.zeros((n_sites, n_elements, draws))
    worth = np.zeros((n_sites, n_elements, draws))
    for s in range(n_sites):
        for v in range(x.variate_ptr[s], x.variate_ptr[s + 1]):
            y = x.variate_mu[v] + x.variate_sigma[v] * z[v]
            total = np.exp(y) if x.variate_kind[v] == 0 else x.variate_ceiling[v] / (1 + np.exp(-y))
            if x.variate_borrowed[v]:
                total = np.minimum(total * np.exp(x.ln_site_gsd * z_site[v]), x.variate_ceiling[v])
            for p in range(x.part_ptr[v], x.part_ptr[v + 1]):
                e, product = x.part_element[p], x.part_product[p]
                c = total * (x.profile_draws[x.part_profile[p]] if x.part_profile[p] >= 0 else 1.0)
                grade[s, e] += c
                if product >= 0:
                    r = 1.0 if x.part_recovered[p] else np.minimum(1.0, x.recovery_draws[product] * recovery_factor[s])
                    recovered[s, e] += c * r
                    worth[s, e] += c * r * x.unit_price[scenario, product] / 1000.0
    contained = tonnes[:, None, :] * grade / 1000.0
    recoverable = tonnes[:, None, :] * recovered / 1000.0
    unit_value = worth.sum(axis=1)
    cost = np.full((n_sites, draws), math.nan)
    has = x.cost_row >= 0
    cost[has] = x.cost_draws[x.cost_row[has]] * cost_factor[has] + x.cost_fixed[has, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        full_at = np.where(recovered > 0, x.market_t[scenario][None, :, None] * 1e6 / recovered, math.inf)
        break_even = np.where(unit_value > 0, cost / unit_value, math.nan)
    best = np.zeros((n_sites, draws))
    for candidate in [tonnes, *(np.minimum(full_at[:, e], tonnes) for e in range(n_elements))]:
        value = (worth * np.minimum(candidate[:, None, :], full_at)).sum(axis=1) - cost * candidate
        best = np.fmax(best, value)
    return {
        "tonnes": tonnes,
        "contained_kg": contained,
        "recoverable_kg": recoverable,
        "unit_value": unit_value,
        "margin": unit_value - cost,
        "break_even": break_even,
        "net_value": best,
    }
