"""The Monte Carlo of the metal: tonnes, kilograms contained and recoverable of every unit, streamed.

One unit at a time: its sites' draws are generated where they are needed, by the very streams that the projects use, and
forgotten, so memory holds a few (K,) rows per thread. A site in two units is drawn twice and comes out the same.

Belongs here: sums of metal over a unit. Does not belong here: drawing a site (``projects.project_kernel``), money, ranks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.quantiles import quantiles3
from scoring.waste.projects.project_kernel import fill_site, new_draws


class MetalInputs(NamedTuple):
    """What drawing the metal of a site reads; the names are those of ``ProjectInputs``, every part is a product."""

    tonnage_mu: NDArray[Any]
    tonnage_sigma: NDArray[Any]
    tonnage_key: NDArray[Any]  # (S, 4)
    p_works: NDArray[Any]
    works_key: NDArray[Any]  # (S, 4)
    recovery_key: NDArray[Any]  # (S, 4)
    grade_ptr: NDArray[Any]
    grade_mu: NDArray[Any]
    grade_sigma: NDArray[Any]
    grade_pure: NDArray[Any]
    grade_common_key: NDArray[Any]  # (V, 4)
    grade_key: NDArray[Any]  # (V, 4)
    product_ptr: NDArray[Any]
    product_element: NDArray[Any]
    product_share: NDArray[Any]
    product_logit: NDArray[Any]
    product_sigma: NDArray[Any]
    product_recovered: NDArray[Any]
    product_key: NDArray[Any]  # (P, 4)
    product_lean: NDArray[Any]
    product_sold: NDArray[Any]  # 1: the route sells it
    profile_draws: NDArray[Any]
    failure_share: float


class Units(NamedTuple):
    """Which sites each unit holds: CSR over units, a share per pair, or the draws in which a point site is inside."""

    ptr: NDArray[Any]
    site: NDArray[Any]
    share: NDArray[Any]  # constant share; not read where is_point = 1
    draw_ptr: NDArray[Any]  # (pairs + 1,) into draw_index; empty range with is_point = 0: every draw
    draw_index: NDArray[Any]  # draws in which a point site lies inside
    draw_share: NDArray[Any]  # and the share it then gives
    is_point: NDArray[Any]
    element_ptr: NDArray[Any]
    element: NDArray[Any]


class MetalOutputs(NamedTuple):
    """What is written, one row per unit (P10, P50, P90, mean)."""

    tonnage: NDArray[Any]  # (U, 4) t
    contained: NDArray[Any]  # (pairs of unit and element, 4) kg
    recoverable: NDArray[Any]  # same, kg; NaN where not sold
    pair_tonnage: NDArray[Any]  # (pairs of unit and site,) mean t


@njit(cache=True, nogil=True, error_model="numpy")
def _add_site(x, s, share, d, local, tonnes, contained, recoverable, is_sold):
    """Add what a share of site ``s`` holds to the unit; the mean tonnage inside is returned."""
    first = x.product_ptr[x.grade_ptr[s]]
    inside = 0.0
    for k in range(share.shape[0]):
        held = share[k] * d.tonnes[k]
        tonnes[k] += held
        inside += held
    for p in range(first, x.product_ptr[x.grade_ptr[s + 1]]):
        i, row = local[x.product_element[p]], p - first
        for k in range(share.shape[0]):
            contained[i, k] += share[k] * d.tonnes[k] * d.contained[row, k]
        if x.product_sold[p] == 1:
            is_sold[i] = 1
            for k in range(share.shape[0]):
                recoverable[i, k] += share[k] * d.tonnes[k] * d.recovered[row, k]
    return inside / share.shape[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _simulate(lo, hi, x, u, n_elements, o, draws):
    largest = 1
    for s in range(x.tonnage_mu.shape[0]):
        largest = max(largest, x.product_ptr[x.grade_ptr[s + 1]] - x.product_ptr[x.grade_ptr[s]])
    d = new_draws(largest, 0, draws)
    tonnes, share = np.empty(draws), np.empty(draws)
    local = np.full(n_elements, -1, dtype=np.int64)
    for b in range(lo, hi):
        if u.ptr[b] == u.ptr[b + 1]:
            continue  # nothing inside: its rows stay as they were made
        e0, n_local = u.element_ptr[b], u.element_ptr[b + 1] - u.element_ptr[b]
        contained, recoverable = np.zeros((n_local, draws)), np.zeros((n_local, draws))
        is_sold = np.zeros(n_local, np.int64)
        for i in range(n_local):
            local[u.element[e0 + i]] = i
        tonnes[:] = 0.0
        for pair in range(u.ptr[b], u.ptr[b + 1]):
            if u.is_point[pair] == 0:
                share[:] = u.share[pair]
            else:
                share[:] = 0.0
                for j in range(u.draw_ptr[pair], u.draw_ptr[pair + 1]):
                    share[u.draw_index[j]] += u.draw_share[j]
            fill_site(x, u.site[pair], d)
            o.pair_tonnage[pair] = _add_site(x, u.site[pair], share, d, local, tonnes, contained, recoverable, is_sold)
        quantiles3(tonnes, o.tonnage[b])
        for i in range(n_local):
            quantiles3(contained[i], o.contained[e0 + i])
            if is_sold[i] == 1:
                quantiles3(recoverable[i], o.recoverable[e0 + i])


def simulate_metal(
    inputs: MetalInputs,
    units: Units,
    n_elements: int,
    draws: int,
    *,
    chunk: int = 64,
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> MetalOutputs:
    """Tonnes and kilograms of every unit, ``chunk`` units at a time on ``threads`` threads; neither changes a byte."""
    n, pairs, rows = len(units.ptr) - 1, len(units.site), len(units.element)
    out = MetalOutputs(
        tonnage=np.full((n, 4), np.nan),
        contained=np.full((rows, 4), np.nan),
        recoverable=np.full((rows, 4), np.nan),
        pair_tonnage=np.zeros(pairs),
    )
    bounds = [(i, min(i + chunk, n)) for i in range(0, n, chunk)]
    done = 0
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(lambda r: _simulate(r[0], r[1], inputs, units, n_elements, out, draws), bounds):
            done += 1
            if progress:
                progress(done / len(bounds))
    return out
