"""Projects of all units (a block, or a site on its own), streamed: value, multiple, premium, and what is shown of each.

One unit at a time: its sites are drawn where they are needed, used and forgotten, so memory holds a few (K,) rows per
thread, one float32 score matrix per view and one of multiples per deck. A site in two units comes out the same in both.

Belongs here: units, threads, summaries. Does not belong here: formulas (``project_model``, ``project_kernel``), ranks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.projects.project_complexes import (
    draw_complex,
    fill_product_multiples,
    new_complex_draws,
    value_project,
)
from scoring.waste.projects.project_details import Details, fill_details
from scoring.waste.projects.project_kernel import ProjectInputs, fill_costs, fill_site, new_draws, new_values
from scoring.waste.projects.project_totals import (
    new_totals,
    quantiles_of_value,
    scores,
    summaries,
    take_share,
    take_whole,
)


class ProjectUnits(NamedTuple):
    """Which sites each unit holds: CSR over units, a share per pair, or the draws in which a point site is inside."""

    ptr: NDArray[Any]
    site: NDArray[Any]
    share: NDArray[Any]  # constant share; not read where is_point = 1
    draw_ptr: NDArray[Any]  # (pairs + 1,) into draw_index
    draw_index: NDArray[Any]  # draws in which a point site lies inside
    draw_share: NDArray[Any]  # and the share it then gives
    is_point: NDArray[Any]


class ProjectOutputs(NamedTuple):
    """What is written, one row per unit (quantiles P10, P50, P90, mean)."""

    score: NDArray[Any]  # (views, U, K) float32 h(U_lambda)
    multiple: NDArray[Any]  # (decks, U, K) float32
    mean_h: NDArray[Any]  # (views, U) mean of h(U)
    mean_h_lifted: NDArray[Any]  # (views, U) mean of h(U_lambda)
    value: NDArray[Any]  # (views, U, 4) U [USD]
    npv: NDArray[Any]  # (decks, U, 4) USD
    gain: NDArray[Any]  # (decks, U) mean of what pays, F [USD]
    p_pays: NDArray[Any]  # (decks, U)
    p_pays_today: NDArray[Any]  # (decks, U) at the one best size
    multiple_q: NDArray[Any]  # (decks, U, 3) P10, P50, P90; inf where nothing is sold
    premium_q: NDArray[Any]  # (decks, U, 2) P20, P50; -inf where nothing is sold


@njit(cache=True, nogil=True, error_model="numpy")
def _shares(u, pair, out):
    """Share of the pair's site inside the unit in each draw."""
    if u.is_point[pair] == 0:
        out[:] = u.share[pair]
        return
    out[:] = 0.0
    for j in range(u.draw_ptr[pair], u.draw_ptr[pair + 1]):
        out[u.draw_index[j]] += u.draw_share[j]


@njit(cache=True, nogil=True, error_model="numpy")
def _simulate(lo, hi, x, g, u, fixed, o, details, draws):
    n_decks, n_baskets, n_views = x.price.shape[0], x.in_basket.shape[0], x.view_deck.shape[0]
    largest, members = 1, 0
    for s in range(x.tonnage_mu.shape[0]):
        largest = max(largest, x.product_ptr[x.grade_ptr[s + 1]] - x.product_ptr[x.grade_ptr[s]])
        members = max(members, g.ptr[s + 1] - g.ptr[s])
    d = new_draws(largest, x.rates.shape[0], draws)
    c = new_complex_draws(members, largest, draws)
    site = new_values(n_baskets, x.rates.shape[0], draws)
    of_set = new_values(n_baskets, x.rates.shape[0], draws if members > 0 else 0)
    scratch, share = np.empty((5, draws)), np.empty(draws)
    where, t = np.empty(draws, np.int64), new_totals(n_decks, n_baskets, draws)
    for b in range(lo, hi):
        if u.ptr[b] == u.ptr[b + 1]:
            o.multiple[:, b, :] = math.inf
            continue  # nothing inside: its other rows stay as they were made
        t.paying[:, :], t.least_loss[:, :] = 0.0, -math.inf
        t.multiple[:, :], t.premium[:, :] = math.inf, -math.inf
        t.value[:, :, :], t.lifted[:, :, :] = 0.0, 0.0
        t.pays[:, :], t.today[:, :] = 0, 0
        is_project = u.ptr[b + 1] - u.ptr[b] == 1 and u.is_point[u.ptr[b]] == 0 and u.share[u.ptr[b]] == 1.0
        for pair in range(u.ptr[b], u.ptr[b + 1]):
            s = u.site[pair]
            _shares(u, pair, share)
            together = g.ptr[s + 1] - g.ptr[s]
            if together > 0:
                draw_complex(x, g, s, d, c)
            else:
                fill_site(x, s, d)
            fill_costs(x, s, d)
            for w in range(n_decks):
                value_project(x, together, s, w, d, c, of_set, site)
                best_size = np.argmax(site.size_gain)
                if is_project:
                    take_whole(site, best_size, t, w)
                else:
                    take_share(share, site, best_size, t, w)
                if is_project and w == 0:
                    fill_details(x, s, w, fixed, d, of_set if together > 0 else site, b, details, scratch)
                    if together > 0:
                        first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
                        fill_product_multiples(c.lowest, details.product_multiple[first:last])
        for w in range(n_decks):
            for k in range(draws):
                if t.pays[w, k] == 0:  # no site inside: nothing is built and nothing lost
                    t.paying[w, k] = t.least_loss[w, k] if t.least_loss[w, k] > -math.inf else 0.0
            summaries(w, b, t, o)
        for view in range(n_views):
            w, basket = x.view_deck[view], x.view_basket[view]
            total, total_lifted, h, space = 0.0, 0.0, scratch[0], scratch[1]
            for j in range(scores(t.value[w, basket], where, h, space)):
                total += h[j]
            for j in range(scores(t.lifted[w, basket], where, h, space)):
                o.score[view, b, where[j]] = h[j]
                total_lifted += h[j]
            o.mean_h[view, b], o.mean_h_lifted[view, b] = total / draws, total_lifted / draws
            quantiles_of_value(t.value[w, basket], o.value[view, b])


@dataclass(frozen=True)
class ProjectSimulation:
    """The outputs with the units' ids, and the details of the units that are one whole site."""

    unit_ids: list[str]
    out: ProjectOutputs
    details: Details


def whole_sites(n_sites: int) -> ProjectUnits:
    """Units that are one site each, in the order of the sites."""
    rows = np.arange(n_sites, dtype=np.int64)
    return ProjectUnits(
        ptr=np.arange(n_sites + 1, dtype=np.int64),
        site=rows,
        share=np.ones(n_sites),
        draw_ptr=np.zeros(n_sites + 1, np.int64),
        draw_index=np.zeros(0, np.int64),
        draw_share=np.zeros(0),
        is_point=np.zeros(n_sites, np.int64),
    )


def simulate_projects(
    inputs: ProjectInputs,
    unit_ids: list[str],
    units: ProjectUnits,
    draws: int,
    *,
    fixed_share: float = 0.4,
    chunk: int = 64,
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> ProjectSimulation:
    """Run the kernel over all units, ``chunk`` units at a time on ``threads`` threads; neither changes a byte.

    Returns
    -------
    ProjectSimulation : scores (views, U, K) and multiples (decks, U, K) as float32, the rest as in ``ProjectOutputs``.
    """
    n, products = len(unit_ids), len(inputs.product_element)
    decks, views = inputs.price.shape[0], inputs.view_deck.shape[0]
    out = ProjectOutputs(
        score=np.zeros((views, n, draws), np.float32),
        multiple=np.empty((decks, n, draws), np.float32),
        mean_h=np.zeros((views, n)),
        mean_h_lifted=np.zeros((views, n)),
        value=np.zeros((views, n, 4)),
        npv=np.full((decks, n, 4), np.nan),
        gain=np.zeros((decks, n)),
        p_pays=np.full((decks, n), np.nan),
        p_pays_today=np.full((decks, n), np.nan),
        multiple_q=np.full((decks, n, 3), np.nan),
        premium_q=np.full((decks, n, 2), np.nan),
    )
    details = Details(*(np.full(n, np.nan) for _ in range(5)), *(np.full(products, np.nan) for _ in range(3)))
    bounds = [(i, min(i + chunk, n)) for i in range(0, n, chunk)]
    done = 0
    # what of the inputs few kernels read goes apart: each kernel takes every array of what it is given
    x, g = inputs._replace(complexes=()), inputs.complexes
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(lambda r: _simulate(r[0], r[1], x, g, units, fixed_share, out, details, draws), bounds):
            done += 1
            if progress:
                progress(done / len(bounds))
    return ProjectSimulation(unit_ids, out, details)
