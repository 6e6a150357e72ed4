"""Sites that share one plant as one project: in each draw the best set of them is worked. Compiled.

Belongs here: drawing the members, their sets, the best over the sets. Does not belong here: which sites are linked
(``complexes``), plants and prices of what one set yields (``project_kernel``, ``project_plans``).

Notes
-----
A set's tonnes are added and its grades weighted by tonnes; costs, recoveries and their streams are the carrier's. NPV,
U, U_lambda and premium are the largest over the sets, the needed multiple the smallest: a worthless member harms nobody.

All sets are tried up to ``ALL_SETS_UP_TO`` members. Above it the first n in order of what a tonne of each earns alone:
a set's NPV depends on its tonnes and on what a tonne earns on average, and of all sets of at least so many tonnes these
have the largest average, so that only a broken member (part of a pond), a market cap or a lean feed could do better.
Which ponds are rich is known after study; for the plant built today the order is that of the mean over the draws.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.projects.project_details import fill_details, median, product_multiples
from scoring.waste.projects.project_kernel import (
    cost_plants,
    fill_costs,
    fill_grade,
    fill_margins,
    fill_route,
    fill_unrecovered,
    value_site,
)
from scoring.waste.projects.vectors import exponential
from scoring.waste.streams import fill_normal

ALL_SETS_UP_TO = 6
"""Members up to which every non-empty set is tried (63 of them)."""


class ComplexDraws(NamedTuple):
    """Scratch for the draws of one complex: M members at most, n products at most."""

    tonnes: NDArray[Any]  # (M, K)
    assayed: NDArray[Any]  # (n, M, K) kg per t of waste
    given: NDArray[Any]  # (n, M, K) kg per t of waste that a figure says is recovered
    yields: NDArray[Any]  # (n, K) share of the metal that is recovered, failure of the route inside
    weight: NDArray[Any]  # (M, K) share of the set's tonnes; 0 outside the set
    rank: NDArray[Any]  # (M, K) place by what a tonne earns
    rank_of_mean: NDArray[Any]  # (M,) place by what it earns on average
    best: NDArray[Any]  # (K,) set with the largest NPV


@njit(cache=True, nogil=True, error_model="numpy")
def new_complex_draws(members, products, draws):
    """Scratch for complexes of at most ``members`` members; nearly nothing where there is none."""
    n = products if members > 0 else 0
    return ComplexDraws(
        np.empty((members, draws)), np.empty((n, members, draws)), np.empty((n, members, draws)), np.empty((n, draws)),
        np.empty((members, draws)), np.empty((members, draws), np.int64), np.empty(members, np.int64),
        np.empty(draws, np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def members_of(x, s):
    """How many sites the row of ``s`` stands for as a complex; 0: itself alone."""
    return x.complexes.ptr[s + 1] - x.complexes.ptr[s]


@njit(cache=True, nogil=True, error_model="numpy")
def draw_complex(x, s, d, c):
    """Draw costs and recoveries of the carrier ``s``, and tonnage and grades of each member from its own streams."""
    g = x.complexes
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    fill_route(x, s, d)
    fill_costs(x, s, d)
    for p in range(first, last):
        yields = c.yields[p - first]
        fill_unrecovered(x, p, d, yields)
        for k in range(yields.shape[0]):
            yields[k] = d.works[k] / (1.0 + yields[k])
    c.assayed[:, :, :] = 0.0
    c.given[:, :, :] = 0.0
    for j in range(g.ptr[s], g.ptr[s + 1]):
        m = j - g.ptr[s]
        tonnes = c.tonnes[m]
        fill_normal(g.tonnage_key[j], tonnes)
        for k in range(tonnes.shape[0]):
            tonnes[k] = g.tonnage_mu[j] + g.tonnage_sigma[j] * tonnes[k]
        exponential(tonnes, d.own)
        for v in range(g.figure_ptr[j], g.figure_ptr[j + 1]):
            fill_normal(g.figure_common_key[v], d.common)
            fill_grade(g.figure_mu[v], g.figure_sigma[v], g.figure_pure[v], g.figure_key[v], d)
            for part in range(g.part_ptr[v], g.part_ptr[v + 1]):
                i, share = g.part_product[part], g.part_share[part]
                into = c.given[i, m] if g.part_recovered[part] == 1 else c.assayed[i, m]
                for k in range(tonnes.shape[0]):
                    into[k] += d.grade[k] * (x.profile_draws[share, k] if share >= 0 else 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def sets_of(members):
    """How many sets are tried: all, or the first n in each draw's order and the first n in the order of the means."""
    return (1 << members) - 1 if members <= ALL_SETS_UP_TO else 2 * members


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _in_set(c, members, j, m, k):
    if members <= ALL_SETS_UP_TO:
        return ((j + 1) >> m) & 1 == 1
    return c.rank[m, k] <= j if j < members else c.rank_of_mean[m] <= j - members


@njit(cache=True, nogil=True, error_model="numpy")
def _work(x, s, d, c, chosen):
    """Put the sets ``chosen`` (K,) to work: tonnes, what a tonne contains and yields, and what the plants cost."""
    members, draws = members_of(x, s), d.tonnes.shape[0]
    d.tonnes[:] = 0.0
    for m in range(members):
        for k in range(draws):
            c.weight[m, k] = c.tonnes[m, k] if _in_set(c, members, chosen[k], m, k) else 0.0
            d.tonnes[k] += c.weight[m, k]
    for m in range(members):
        for k in range(draws):
            c.weight[m, k] /= d.tonnes[k]
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    for p in range(first, last):
        i = p - first
        lean, scale = 1000.0 * x.product_lean[p], x.product_recovered[p]
        contained, recovered = d.contained[i], d.recovered[i]
        contained[:] = 0.0
        recovered[:] = 0.0
        for m in range(members):
            for k in range(draws):
                contained[k] += c.weight[m, k] * c.assayed[i, m, k]
                recovered[k] += c.weight[m, k] * c.given[i, m, k]
        for k in range(draws):
            assayed, given = contained[k], scale * recovered[k]
            kept = min(1.0, lean * (assayed + given)) if assayed > 0.0 else 0.0
            contained[k] += recovered[k]
            recovered[k] = c.yields[i, k] * (assayed * kept + given)
    cost_plants(x, s, d)


@njit(cache=True, nogil=True, error_model="numpy")
def _order_members(x, s, deck, d, c):
    """Places of the members by what a tonne of each earns alone, in each draw and on average; ties: the first."""
    members, draws = members_of(x, s), d.tonnes.shape[0]
    n = x.product_ptr[x.grade_ptr[s + 1]] - x.product_ptr[x.grade_ptr[s]]
    earned, mean = np.empty((members, draws)), np.empty(members)
    alone = np.empty(draws, np.int64)
    for m in range(members):
        c.rank[:, :] = 1
        c.rank[m, :] = 0
        alone[:] = 0
        _work(x, s, d, c, alone)
        fill_margins(x, s, deck, d)
        earned[m, :] = 0.0
        for i in range(n):
            for k in range(draws):
                earned[m, k] += d.recovered[i, k] * d.margin[i, k]
        mean[m] = earned[m].mean()
    for m in range(members):
        c.rank_of_mean[m] = 0
        for other in range(members):
            c.rank_of_mean[m] += mean[other] > mean[m] or (mean[other] == mean[m] and other < m)
        for k in range(draws):
            c.rank[m, k] = 0
            for other in range(members):
                a, b = earned[other, k], earned[m, k]
                c.rank[m, k] += a > b or (a == b and other < m)


@njit(cache=True, nogil=True, error_model="numpy")
def value_complex(x, s, deck, d, c, one, o):
    """The best over all sets in each draw of one deck, in the place of ``value_site``; ``one`` holds one set's values.

    ``size_gain`` and ``pays`` are those of the one set whose best plant has the largest mean of max(NPV, 0).
    """
    members, draws = members_of(x, s), d.tonnes.shape[0]
    if members > ALL_SETS_UP_TO:
        _order_members(x, s, deck, d, c)
    o.npv[:] = -math.inf
    o.multiple[:] = math.inf
    o.premium[:] = -math.inf
    o.value[:, :] = 0.0
    o.lifted[:, :] = 0.0
    o.pays[:] = 0
    o.size_gain[:] = 0.0
    c.best[:] = 0
    chosen = np.empty(draws, np.int64)
    gain = 0.0
    for j in range(sets_of(members)):
        chosen[:] = j
        _work(x, s, d, c, chosen)
        value_site(x, s, deck, d, one)
        for k in range(draws):
            if one.npv[k] > o.npv[k]:
                o.npv[k], c.best[k] = one.npv[k], j
            o.multiple[k] = min(o.multiple[k], one.multiple[k])
            o.premium[k] = max(o.premium[k], one.premium[k])
            for b in range(o.value.shape[0]):
                o.value[b, k] = max(o.value[b, k], one.value[b, k])
                o.lifted[b, k] = max(o.lifted[b, k], one.lifted[b, k])
        is_fixed = members <= ALL_SETS_UP_TO or j >= members
        if is_fixed and one.size_gain.max() > gain:
            gain = one.size_gain.max()
            o.size_gain[:] = one.size_gain
            o.pays[:] = one.pays


@njit(cache=True, nogil=True, error_model="numpy")
def fill_complex_details(x, s, deck, fixed, d, c, one, unit, out, scratch):
    """``fill_details`` of the best set in each draw, after ``value_complex`` of ``deck``; a product's multiple over all."""
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    _work(x, s, d, c, c.best)
    value_site(x, s, deck, d, one)
    fill_details(x, s, deck, fixed, d, one, unit, out, scratch)
    lowest = np.full((last - first, d.tonnes.shape[0]), math.inf)
    chosen = np.empty(d.tonnes.shape[0], np.int64)
    for j in range(sets_of(members_of(x, s))):
        chosen[:] = j
        _work(x, s, d, c, chosen)
        value_site(x, s, deck, d, one)
        for p in range(first, last):
            if math.isnan(out.product_multiple[p]):
                continue
            product_multiples(
                p - first,
                d.weight,
                d.cost,
                d.least,
                one.net,
                one.capped,
                d.recovered,
                d.margin,
                x.product_cap_kg[first:last],
                x.rates,
                scratch[0],
            )
            for k in range(scratch.shape[1]):
                lowest[p - first, k] = min(lowest[p - first, k], scratch[0, k])
    for p in range(first, last):
        if not math.isnan(out.product_multiple[p]):
            out.product_multiple[p] = median(lowest[p - first], scratch.shape[1])
