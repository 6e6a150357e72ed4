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

from scoring.waste.draws.streams import fill_normal
from scoring.waste.draws.vectors import exponential
from scoring.waste.projects.project_details import median, product_multiples
from scoring.waste.projects.project_kernel import (
    cost_plants,
    fill_grade,
    fill_route,
    fill_unrecovered,
    value_site,
)

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
    earned: NDArray[Any]  # (M, K) what a tonne of each earns alone [USD/t]
    chosen: NDArray[Any]  # (K,) set that is worked
    best: NDArray[Any]  # (K,) set with the largest NPV
    multiple: NDArray[Any]  # (K,)
    lowest: NDArray[Any]  # (n, K) lowest multiple of one product alone


@njit(cache=True, nogil=True, error_model="numpy")
def new_complex_draws(members, products, draws):
    """Scratch for complexes of at most ``members`` members; nearly nothing where there is none."""
    n = products if members > 0 else 0
    return ComplexDraws(
        np.empty((members, draws)), np.empty((n, members, draws)), np.empty((n, members, draws)), np.empty((n, draws)),
        np.empty((members, draws)), np.empty((members, draws), np.int64), np.empty(members, np.int64),
        np.empty((members, draws)), np.empty(draws, np.int64), np.empty(draws, np.int64), np.empty(draws),
        np.empty((n, draws)),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def draw_complex(x, g, s, d, c):
    """Draw the recoveries of the carrier ``s``, and tonnage and grades of each member from its own streams."""
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    fill_route(x, s, d)
    for p in range(first, last):
        yields = c.yields[p - first]
        fill_unrecovered(x.product_key[p], x.product_logit[p], x.product_sigma[p], d.recovery, d.own, yields)
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
            fill_grade(g.figure_key[v], g.figure_mu[v], g.figure_sigma[v], g.figure_pure[v], d.common, d.own, d.grade)
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
def _mix(c, members, lean, recovered_as, tonnes, contained, recovered):
    """Put the sets ``c.chosen`` to work: their tonnes, and what a tonne of them contains and yields."""
    draws = tonnes.shape[0]
    tonnes[:] = 0.0
    for m in range(members):
        for k in range(draws):
            c.weight[m, k] = c.tonnes[m, k] if _in_set(c, members, c.chosen[k], m, k) else 0.0
            tonnes[k] += c.weight[m, k]
    for m in range(members):
        for k in range(draws):
            c.weight[m, k] /= tonnes[k]
    for i in range(lean.shape[0]):
        contained[i, :] = 0.0
        recovered[i, :] = 0.0
        for m in range(members):
            for k in range(draws):
                contained[i, k] += c.weight[m, k] * c.assayed[i, m, k]
                recovered[i, k] += c.weight[m, k] * c.given[i, m, k]
        for k in range(draws):
            assayed, given = contained[i, k], recovered_as[i] * recovered[i, k]
            kept = min(1.0, 1000.0 * lean[i] * (assayed + given)) if assayed > 0.0 else 0.0
            contained[i, k] += recovered[i, k]
            recovered[i, k] = c.yields[i, k] * (assayed * kept + given)


@njit(cache=True, nogil=True, error_model="numpy")
def _order_members(c, members):
    """Places of the members by what a tonne of each earns alone, in each draw and on average; ties: the first."""
    for m in range(members):
        c.rank_of_mean[m] = 0
        for other in range(members):
            a, b = c.earned[other].mean(), c.earned[m].mean()
            c.rank_of_mean[m] += a > b or (a == b and other < m)
        for k in range(c.rank.shape[1]):
            c.rank[m, k] = 0
            for other in range(members):
                a, b = c.earned[other, k], c.earned[m, k]
                c.rank[m, k] += a > b or (a == b and other < m)


@njit(cache=True, nogil=True, error_model="numpy")
def _nothing_yet(c, o):
    o.npv[:] = -math.inf
    o.multiple[:] = math.inf
    o.premium[:] = -math.inf
    o.value[:, :] = 0.0
    o.lifted[:, :] = 0.0
    o.pays[:] = 0
    o.size_gain[:] = 0.0
    c.best[:] = 0
    c.lowest[:, :] = math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _raise(j, is_fixed, c, one, o):
    """Take set ``j`` where it is the best so far; as the plan of today if ``is_fixed``, whatever the draw."""
    for k in range(o.npv.shape[0]):
        if one.npv[k] > o.npv[k]:
            o.npv[k], c.best[k] = one.npv[k], j
        o.multiple[k] = min(o.multiple[k], one.multiple[k])
        o.premium[k] = max(o.premium[k], one.premium[k])
        for b in range(o.value.shape[0]):
            o.value[b, k] = max(o.value[b, k], one.value[b, k])
            o.lifted[b, k] = max(o.lifted[b, k], one.lifted[b, k])
    if is_fixed and one.size_gain.max() > o.size_gain.max():
        o.size_gain[:] = one.size_gain
        o.pays[:] = one.pays


@njit(cache=True, nogil=True, error_model="numpy")
def _lower_multiples(d, net, capped, cap_kg, rates, c):
    """Take each product's own multiple where it is the lowest so far."""
    for i in range(cap_kg.shape[0]):
        product_multiples(i, d.weight, d.cost, d.least, net, capped, d.recovered, d.margin, cap_kg, rates, c.multiple)
        for k in range(c.multiple.shape[0]):
            c.lowest[i, k] = min(c.lowest[i, k], c.multiple[k])


@njit(cache=True, nogil=True, error_model="numpy")
def value_project(x, members, s, deck, d, c, one, o):
    """One drawn site or complex (``members`` above 0) in one deck: of a complex the best over its sets in each draw.

    ``size_gain`` and ``pays`` of a complex are those of the one set whose best plant has the largest mean of
    max(NPV, 0); ``one`` and the plants in ``d`` are left as those of the best set of each draw, for its details.
    """
    first, last = x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]]
    sets = sets_of(members) if members > 0 else 0
    alone = members if members > ALL_SETS_UP_TO else 0  # each by itself, to put them in order
    if members > 0:
        _nothing_yet(c, o)
    # one place for all that is valued: a compiled loop is copied to each place that it is called from
    for step in range(alone + sets + 1):
        if members > 0:
            c.chosen[:] = step - alone
            if step < alone:
                c.chosen[:] = 0
                c.rank[:, :] = 1
                c.rank[step, :] = 0
            elif step == alone + sets:
                c.chosen[:] = c.best
            lean, recovered_as = x.product_lean[first:last], x.product_recovered[first:last]
            _mix(c, members, lean, recovered_as, d.tonnes, d.contained, d.recovered)
        if members > 0 or deck == 0:
            cost_plants(x, s, d)
        value_site(x, s, deck, d, one if members > 0 else o)
        if step < alone:
            c.earned[step, :] = one.net
            if step == alone - 1:
                _order_members(c, members)
        elif step < alone + sets:
            is_fixed = members <= ALL_SETS_UP_TO or step - alone >= members
            _raise(step - alone, is_fixed, c, one, o)
            if deck == 0:
                _lower_multiples(d, one.net, one.capped, x.product_cap_kg[first:last], x.rates, c)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_product_multiples(lowest, out):
    """In the place of the best sets' own: a named product's multiple is the lowest over all sets in each draw."""
    for i in range(out.shape[0]):
        if not math.isnan(out[i]):
            out[i] = median(lowest[i], lowest.shape[1])
