"""What must hold in every draw whatever the world, on made-up worlds; and models that break it, which are caught.

The short form; ``test_project_invariants_long.py`` has ten thousand worlds of each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.waste.projects import project_model as model
from scoring.waste.projects.project_model import Finance

from .made_up import IMPROVEMENTS, changed_worlds, evaluate, random_facts, worlds_of

BASKETS = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]])
FINANCE = Finance()


def check_improvement(name: str, worlds: int, seed: int) -> None:
    """F, U, U_lambda never fall and the needed multiple never rises in any world that is improved."""
    facts = random_facts(worlds, seed)
    before = evaluate(worlds_of(facts), FINANCE, BASKETS)
    after = evaluate(worlds_of(changed_worlds(facts, name, seed)), FINANCE, BASKETS)
    slack = 1e-9 * np.maximum(1.0, abs(before.npv))
    f = np.maximum(0.0, before.npv), np.maximum(0.0, after.npv)
    assert (f[1] >= f[0] - slack).all(), name
    assert (after.value >= before.value - slack).all() and (after.lifted >= before.lifted - slack).all(), name
    assert (after.multiple <= before.multiple * (1 + 1e-9)).all(), name
    moved = (abs(after.npv - before.npv) > slack).mean()
    assert moved > {"cap": 0.02, "freight": 0.1, "tonnage": 0.2}.get(name, 0.5), (
        f"{name} changed nothing: the test would hold of anything"
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", IMPROVEMENTS)
def test_an_improvement_never_harms(name, seed):
    check_improvement(name, 1000, seed)


def test_a_quarter_or_more_of_the_worlds_pay_and_some_caps_bind():
    facts = random_facts(4000, 1)
    x = worlds_of(facts)
    plans = model.all_plans(x, FINANCE)
    assert 0.2 < (model.best_npv(plans) > 0).mean() < 0.5
    assert (plans.metal_kg[-1] >= x.cap_kg[:, None]).any(axis=0).mean() > 0.05


def test_u_of_all_metals_is_f_and_no_basket_passes_it():
    got = evaluate(worlds_of(random_facts(3000, 5)), FINANCE, BASKETS)
    f = np.maximum(0.0, got.npv)
    assert got.value[2] == pytest.approx(f, rel=1e-12)
    assert (got.value <= f + 1e-6).all() and (got.lifted >= got.value - 1e-6).all()
    assert ((got.lifted > 0) <= (f > 0)).all(), "a strategic premium makes no world pay"


def test_signs_agree_in_every_world():
    got = evaluate(worlds_of(random_facts(3000, 6)), FINANCE, BASKETS)
    assert np.array_equal(got.npv > 0, got.multiple < 1) and np.array_equal(got.npv > 0, got.premium > 0)


def _fallen(break_it, name: str, seeds=range(20)) -> int:
    """Worlds in which F, U or the multiple got worse by an improvement under a broken model."""
    worse = 0
    for seed in seeds:
        facts = random_facts(2000, seed)
        results = [break_it(worlds_of(f)) for f in (facts, changed_worlds(facts, name, seed))]
        (u0, m0), (u1, m1) = results
        worse += int(((u1 < u0 - 1e-6 * np.maximum(1, abs(u0))) | (m1 > m0 * (1 + 1e-9))).sum())
    return worse


def _plans_of(x, row):
    plans = model.all_plans(x, FINANCE)
    return plans, model.basket_value(plans, x, BASKETS[row].astype(bool))


def test_a_margin_below_zero_would_break_it():
    def broken(facts_or_inputs):
        x = facts_or_inputs
        margin = x.price_usd_per_kg * (x.payable - x.royalty) - x.freight
        x = replace(x.inputs, margin_usd_per_kg=margin)
        plans = model.all_plans(x, FINANCE)
        return np.maximum(0.0, model.best_npv(plans)), model.price_multiple(plans)

    worse = 0
    for seed in range(10):
        facts = random_facts(2000, seed)
        better = changed_worlds(facts, "grade", seed)
        (u0, m0), (u1, m1) = (broken(_Open(f)) for f in (facts, better))
        worse += int(((u1 < u0 * (1 - 1e-9)) | (m1 > m0 * (1 + 1e-9))).sum())
    assert worse > 100, "a metal sold at a loss makes more of it a harm"


class _Open:
    """The facts of a world together with its plan inputs."""

    def __init__(self, facts):
        self.inputs = worlds_of(facts)
        self.price_usd_per_kg = facts["price"]
        self.payable, self.royalty, self.freight = facts["payable"], facts["royalty"], facts["freight"]


def test_value_without_the_basket_taken_off_would_break_it():
    """F less F without the basket's metals: plants differ between the two, so more gold can lower copper's value."""

    def broken(x):
        plans, _ = _plans_of(x, 0)
        without = replace(x, margin_usd_per_kg=np.where(BASKETS[0][:, None] == 1, 0.0, x.margin_usd_per_kg))
        rest = np.maximum(0.0, model.best_npv(model.all_plans(without, FINANCE)))
        return np.maximum(0.0, model.best_npv(plans)) - rest, model.price_multiple(plans)

    assert _fallen(broken, "price") > 50


def test_a_share_of_the_net_present_value_would_break_it():
    def broken(x):
        plans, _ = _plans_of(x, 0)
        own = plans.metal_kg[:, BASKETS[0] == 1] * x.margin_usd_per_kg[None, BASKETS[0] == 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.nan_to_num(own.sum(axis=1) / plans.net)
        row = np.where(plans.feasible, plans.npv, -np.inf).argmax(axis=0)
        at = np.arange(len(row))
        return np.maximum(0.0, plans.npv[row, at]) * share[row, at], model.price_multiple(plans)

    assert _fallen(broken, "price") > 30


def test_a_premium_that_chooses_the_plant_makes_worlds_pay_that_do_not():
    x = worlds_of(random_facts(20000, 8))
    plans = model.all_plans(x, FINANCE)
    raised = model.all_plans(replace(x, margin_usd_per_kg=x.lifted_margin_usd_per_kg), FINANCE)
    extra = ((model.best_npv(raised) > 0) & (model.best_npv(plans) <= 0)).mean()
    assert 0.01 < extra < 0.12, extra
