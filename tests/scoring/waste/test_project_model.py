"""The readable formulas: the kernel's evaluation agrees with them; hand-made answers; widths of figures."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from khanij.foundation.errors import KhanijError
from scoring.waste.projects import project_model as model
from scoring.waste.projects.project_draws import grade_width, price_draws, price_normals, pure_ppm, tonnage_width
from scoring.waste.projects.project_inputs import Run, Terms, project_inputs
from scoring.waste.projects.project_model import Finance

from .made_up import TABLES_FOR_TESTS as TABLES
from .made_up import evaluate, made_up_projects, random_worlds

FINANCE = Finance()


def test_the_compiled_plans_are_the_readable_ones():
    x = random_worlds(3000, seed=1)
    basket = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]])
    got = evaluate(x, FINANCE, basket)
    plans = model.all_plans(x, FINANCE)
    assert got.npv == pytest.approx(model.best_npv(plans), rel=1e-9)
    assert got.multiple == pytest.approx(model.price_multiple(plans), rel=1e-9)
    assert got.premium == pytest.approx(model.affordable_premium(plans), rel=1e-8, abs=1e-12)
    for b, row in enumerate(basket):
        u, lifted = model.basket_value(plans, x, row.astype(bool))
        assert got.value[b] == pytest.approx(u, rel=1e-9, abs=1e-3)
        assert got.lifted[b] == pytest.approx(lifted, rel=1e-9, abs=1e-3)
    row, share = model.pays_if_built_today(plans)
    assert int(np.argmax(got.size_gain)) == row
    assert ((got.pays >> row) & 1).mean() == pytest.approx(share)
    assert 0.1 < (got.npv > 0).mean() < 0.6


def test_the_sums_of_a_life_by_hand():
    table = model.life_table((0.5, 1.0, 1.0, 1.0), replace(FINANCE, discount_rate=0.0))
    sums = model.sums_over(table, 2.5)
    assert sums.produced == pytest.approx(0.5 + 1.0 + 0.5) and sums.years == pytest.approx(2.5)
    assert sums.costed == pytest.approx((0.4 + 0.3) + 1.0 + 0.5)
    at_ten = model.sums_over(model.life_table((1.0,) * 4, FINANCE), 1.0)
    assert at_ten.produced == pytest.approx(1.1**-2), "production year 1 falls at time 2"


def test_a_heap_below_the_smallest_plant_is_dear_not_infinite():
    x = replace(random_worlds(200, seed=2), tonnage_t=np.full(200, 5e4))
    plans = model.all_plans(x, FINANCE)
    assert plans.feasible.sum(axis=0).tolist() == [1] * 200
    sold = x.margin_usd_per_kg.max(axis=0) > 0
    assert np.isfinite(model.best_npv(plans)).all() and sold.mean() > 0.9
    assert np.isfinite(model.price_multiple(plans)[sold]).all()
    assert np.isinf(model.price_multiple(plans)[~sold]).all(), "nothing sold: no price helps"


def test_the_market_cap_limits_what_is_sold_not_what_is_dug():
    x = random_worlds(50, seed=3)
    plans = model.all_plans(replace(x, cap_kg=np.array([10.0, np.inf, np.inf])), FINANCE)
    assert plans.metal_kg[:, 0].max() == 10.0 and plans.metal_kg[-1, 1].max() > 10.0


def test_a_product_that_does_not_cover_its_freight_is_not_sold():
    assert model.margin_usd_per_kg(1.0, 0.5, 0.03, 0.6) == 0.0
    assert model.margin_usd_per_kg(10.0, 0.9, 0.04 * 1.13, 0.5) == pytest.approx(10 * (0.9 - 0.0452) - 0.5)
    assert model.margin_usd_per_kg(10.0, 0.9, 0.04, 0.0, 0.3) == pytest.approx(10 * (0.9 * 1.3 - 0.04)), (
        "the premium is on what is paid, the royalty on the price"
    )


def test_average_rock_is_not_ore():
    assert model.lean_share(60, 300, 200_000) == pytest.approx(0.09) and model.lean_share(5000, 300, 200_000) == 1.0


def test_the_score_of_a_value():
    assert model.score_of_value([0.0, 1e7, 1e9, 1e12]) == pytest.approx([0.0, 0.4009, 0.8, 1.0], abs=1e-4)


def test_recovery_needed_says_when_none_suffices():
    assert model.recovery_needed(0.5, 1.4, cap_binds=False) == pytest.approx(0.7)
    assert math.isnan(model.recovery_needed(0.5, 2.1, cap_binds=False))
    assert math.isnan(model.recovery_needed(0.5, 1.4, cap_binds=True)), "more metal finds no buyer"


def test_the_multiple_of_one_product():
    x = random_worlds(500, seed=4)
    plans = model.all_plans(x, FINANCE)
    needed = model.price_multiple_of(plans, x, 0)
    margin = x.margin_usd_per_kg.copy()
    margin[0] *= np.where(np.isfinite(needed), needed, 1.0)
    again = model.best_npv(model.all_plans(replace(x, margin_usd_per_kg=margin), FINANCE))
    scale = model.all_plans(x, FINANCE).cost.min(axis=0)
    finite = np.isfinite(needed) & (needed > 0)
    assert finite.sum() > 100 and (abs(again[finite]) / scale[finite]).max() < 1e-9


def test_prices_keep_their_mean_and_move_in_groups():
    elements = ["Au", "Ag", "Cu", "Zn", "Nd", "Dy", "Sc"]
    z = price_normals(elements, TABLES.price_groups, 5, 100_000)
    rho = np.corrcoef(z)
    assert rho[0, 1] == pytest.approx(0.70, abs=0.01) and rho[2, 3] == pytest.approx(0.65, abs=0.01)
    assert rho[4, 5] == pytest.approx(0.80, abs=0.01) and abs(rho[0, 2]) < 0.02 and abs(rho[6]).argsort()[-1] == 6
    drawn = price_draws({"Au": 100.0, "Cu": 9.0}, elements, {e: TABLES.log_sd_of(e) for e in elements}, z)
    assert drawn[0].mean() == pytest.approx(100.0, rel=0.01) and drawn[2].mean() == pytest.approx(9.0, rel=0.01)
    assert (drawn[6] == 0).all()


@pytest.mark.parametrize("sigma", [0.05, 0.26, 0.69])
def test_a_likely_figure_is_the_mean(sigma):
    z = np.random.default_rng(1).standard_normal(400_000)
    t = tonnage_width(math.nan, 3e7, math.nan, sigma)
    assert np.exp(t.mu + t.sigma * z).mean() == pytest.approx(3e7, rel=0.02)
    for ppm, pure in ((0.3, 1e6), (450_000.0, pure_ppm("Fe"))):
        g = grade_width(math.nan, ppm, math.nan, sigma, pure)
        drawn = pure / (1 + np.exp(-(g.mu + g.sigma * z)))
        assert drawn.mean() == pytest.approx(ppm, rel=0.02) and drawn.max() < pure


def test_ranges_medians_and_conflicts():
    nan = math.nan
    only_range = tonnage_width(10.0, nan, 40.0, 0.1)
    assert math.exp(only_range.mu) == pytest.approx(20.0) and only_range.sigma == pytest.approx(math.log(4) / 2.563)
    median = tonnage_width(nan, 20.0, nan, 0.3, is_median=True)
    assert (math.exp(median.mu), median.sigma) == (pytest.approx(20.0), 0.3)
    wide = tonnage_width(10.0, 20.0, 40.0, 0.1)
    assert wide.sigma == pytest.approx(math.log(4) / 2.563) and wide.mu == pytest.approx(
        math.log(20) - wide.sigma**2 / 2
    )
    conflict = tonnage_width(150.0, nan, 200.0, 0.05, is_conflict=True)
    z05 = 1.6448536
    assert math.exp(conflict.mu - z05 * conflict.sigma) < 150 < 200 < math.exp(conflict.mu + z05 * conflict.sigma)
    for none in (
        tonnage_width(nan, nan, 5.0, 0.1), tonnage_width(nan, -1.0, nan, 0.1), tonnage_width(9.0, nan, 5.0, 0.1),
        grade_width(nan, 700_000.0, nan, 0.1, pure_ppm("Fe")), grade_width(nan, 0.0, nan, 0.1, 1e6),
    ):  # fmt: skip
        assert none is None


def _refused(change, words):
    with pytest.raises(KhanijError, match=words) as caught:
        change()
    assert caught.value.do


def test_what_cannot_be_is_refused():
    project = made_up_projects(1)[0]
    deck = {"Sc": 1000.0}
    good = Run(draws=100, decks=(deck,), baskets=(frozenset({"Sc"}),), views=((0, 0),))
    _refused(lambda: project_inputs([replace(project, test_level="guess")], TABLES, Terms(), good), "test_level")
    _refused(lambda: project_inputs([replace(project, mineral_state="odd")], TABLES, Terms(), good), "mineral_state")
    for price in (-1.0, math.nan, math.inf):
        _refused(lambda p=price: project_inputs([project], TABLES, Terms(), replace(good, decks=({"Sc": p},))), "price")
    _refused(lambda: Terms(royalty={"Au": 1.5}), "royalty")
    _refused(lambda: Terms(royalty_base="profit"), "royalty_base")
    _refused(lambda: Terms(cost_factor=0.0), "cost_factor")
    _refused(lambda: Terms(freight_usd_per_kg={"Fe": -0.1}), "freight")
    _refused(lambda: Finance(discount_rate=10.0), "discount rate")
    _refused(lambda: Finance(min_life_years=30.0), "least life")
    grade = project.grades[0]
    odd = replace(project, grades=(replace(grade, products=(replace(grade.products[0], recovery=1.2, payable=0.9),)),))
    _refused(lambda: project_inputs([odd], TABLES, Terms(), good), "recovery of Sc")


def test_a_project_that_sells_nothing_has_no_economics():
    project = made_up_projects(1)[0]
    run = Run(draws=50, decks=({"Au": 1.0},), baskets=(frozenset({"Au"}),), views=((0, 0),))
    _, ids, sold = project_inputs([project], TABLES, Terms(), run)
    assert (ids, sold) == ([], [])
