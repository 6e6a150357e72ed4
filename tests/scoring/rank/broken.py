"""Models that break an invariant, put in the place of the product's: each must be caught by the test of that invariant.

``recomputed`` is the value of a whole site in numpy, from the draws of the kernel; with no rule it is the product's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import scoring.rank.assess as assess_module
from scoring.waste.draws.streams import fill_uniform
from scoring.waste.projects.project_kernel import cost_plants, fill_costs, fill_margins, fill_site, new_draws

Patch = Any


def _h(u: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, np.log10(1.0 + u / 1e5) / 5.0)


def drawn(x: Any, s: int, draws: int) -> tuple[Any, slice]:
    """The draws of one site under the ranking's deck, and the rows of its products."""
    rows = slice(x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]])
    d = new_draws(rows.stop - rows.start, len(x.rates), draws)
    fill_site(x, s, d)
    fill_costs(x, s, d)
    cost_plants(x, s, d)
    fill_margins(x, s, 0, d)
    return d, rows


def recomputed(x: Any, s: int, draws: int, rule: str = "") -> dict[str, np.ndarray]:
    """NPV, multiple, and by basket U and U_lambda of a site in every draw.

    ``rule`` : ``margins below zero`` sells a metal at a loss; ``lambda chooses`` lets the premium choose the plan.
    """
    d, rows = drawn(x, s, draws)
    margin, lift = d.margin.copy(), d.lift
    if rule == "margins below zero":
        price = x.price[0, x.product_element[rows]]
        pay, royalty, freight = (a[rows, None] for a in (x.product_payable, x.product_royalty, x.product_freight))
        margin = price * (pay - royalty) - freight
    per_tonne = x.rates[:, None, None] * d.recovered[None]
    kg = np.minimum(per_tonne, x.product_cap_kg[rows][None, :, None])
    produced = d.weight / x.rates[:, None]
    earned = produced[:, None] * kg * margin[None]
    more = produced[:, None] * kg * lift[None]
    npv = earned.sum(axis=1) - d.cost
    with np.errstate(all="ignore"):
        multiple = np.where(earned.sum(axis=1) > 0, d.cost / earned.sum(axis=1), math.inf).min(axis=0)
    u, lifted = [], []
    for basket in x.in_basket[:, x.product_element[rows]].astype(bool):
        own, extra = earned[:, basket].sum(axis=1), more[:, basket].sum(axis=1)
        may = npv + extra > 0 if rule == "lambda chooses" else npv > 0
        u.append(np.where(npv > 0, np.minimum(npv, own), 0.0).max(axis=0).clip(0.0))
        lifted.append(np.where(may, np.minimum(npv + extra, own + extra), 0.0).max(axis=0).clip(0.0))
    return {"npv": npv.max(axis=0), "multiple": multiple, "u": np.array(u), "lifted": np.array(lifted)}


def whole_units(units: Any) -> list[tuple[int, int]]:
    """(unit, site) of the units that are one whole site."""
    return [
        (b, int(units.site[units.ptr[b]]))
        for b in range(len(units.ptr) - 1)
        if units.ptr[b + 1] - units.ptr[b] == 1 and not units.is_point[units.ptr[b]] and units.share[units.ptr[b]] == 1
    ]


def _simulate_with(change: Callable[[Any, Any, Any, int], None]) -> Callable[[Patch], None]:
    def hook(patch: Patch) -> None:
        original = assess_module.simulate_projects

        def mistaken(inputs: Any, ids: Any, units: Any, draws: int, **how: Any) -> Any:
            result = original(inputs, ids, units, draws, **how)
            change(inputs, units, result.out, draws)
            return result

        patch.setattr(assess_module, "simulate_projects", mistaken)

    return hook


def _values_by(rule: str) -> Callable[[Any, Any, Any, int], None]:
    def change(x: Any, units: Any, out: Any, draws: int) -> None:
        for b, s in whole_units(units):
            v = recomputed(x, s, draws, rule)
            out.multiple[0, b], out.p_pays[0, b] = v["multiple"], (v["npv"] > 0).mean()
            for view in np.flatnonzero(x.view_deck == 0):
                u, lifted = (v[name][x.view_basket[view]] for name in ("u", "lifted"))
                out.score[view, b] = _h(lifted)
                out.mean_h[view, b], out.mean_h_lifted[view, b] = _h(u).mean(), _h(lifted).mean()

    return change


def _working_routes_only(x: Any, units: Any, out: Any, draws: int) -> None:
    for b, s in whole_units(units):
        u = np.empty(draws)
        fill_uniform(x.works_key[s], u)
        out.multiple_q[0, b] = np.quantile(out.multiple[0, b][u < x.p_works[s]], [0.1, 0.5, 0.9], method="lower")


def additive_ground(patch: Patch) -> None:
    """The ground is added to value, so that what never pays gets points for its ground."""
    original = assess_module.kind_scores

    def mistaken(decided: Any, out: Any, members: list[int], view: int, deck: int) -> Any:
        scores = original(decided, out, members, view, deck)
        w = decided.given.settings.ground_weight
        for j, i in enumerate(members):
            x = 100.0 * decided.given.block_gates[decided.given.ids[i]].multiplier
            score = x * ((1 - w) * out.score[view, i] + w * scores.ground[j])
            scores.keys[j] = np.where(score > 0, -score, scores.keys[j])
            scores.mean[j] = score.mean()
        return scores

    patch.setattr(assess_module, "kind_scores", mistaken)


margins_below_zero = _simulate_with(_values_by("margins below zero"))
lambda_chooses_plans = _simulate_with(_values_by("lambda chooses"))
multiple_of_working_routes_only = _simulate_with(_working_routes_only)


def ground_taken_for_granted(patch: Patch) -> None:
    """A block without evidence is scored as if its ground said the best, as where weights are shared out anew."""
    from scoring.rank.state import Decided

    original = Decided.ground_of
    patch.setattr(
        Decided, "ground_of", lambda self, i: 1.0 if self.fertility_use(i) == "missing" else original(self, i)
    )
