"""The invariants of the score on made-up regions and on the embedded register; and models that break them, which are caught.

The short form; ``test_invariants_long.py`` has ten thousand worlds.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import run as run_case
from india import india_frames

from . import broken
from . import invariants as check
from .districts import frames_of, grade_row, site_row, tonnage_row
from .worlds import OWN, SHARED, region, run

SEEDS = (1, 2)


@pytest.fixture(scope="module")
def india_run():
    return run_case(**india_frames(1000, baskets=("critical_30", "all_recoverable")))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_better_never_harms(seed):
    assert check.check_better(seed, (*OWN, *SHARED)) > 200
    assert check.check_paying_site_added(seed) > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_worthless_waste_moves_nobody(seed):
    assert check.check_worthless(seed) > 10


@pytest.mark.parametrize("klass", ["G1", "G4"])
def test_average_crust_needs_more_whatever_its_tonnage(klass):
    assert check.check_average_crust(klass, draws=400) == 60


@pytest.mark.parametrize("seed", SEEDS)
def test_scores_are_bounded_by_the_chance_of_paying_and_rows_are_of_one_mind(seed):
    state = run(region(seed, 30, draws=300))
    assert check.check_bounds(state) > 20 and check.check_one_mind(state) > 20 and check.check_sums(state) > 10


def test_the_register_is_bounded_of_one_mind_and_adds_up(india_run):
    assert check.check_bounds(india_run) > 60 and check.check_one_mind(india_run) > 40
    assert check.check_sums(india_run) > 30


@pytest.mark.parametrize("seed", SEEDS)
def test_withholding_never_pays(seed):
    assert check.check_withheld(seed) > 30


def test_knowing_less_gains_little():
    counted, often, seldom = check.check_class_lowered(3, n=12)
    assert counted > 60 and often <= 1 and seldom <= 2
    counted, worst = check.check_fixed_plan(3, n=12)
    assert counted > 10 and worst <= 0.02


def test_others_change_nothing():
    assert check.check_others_added(4) > 10


GOLD = (0.5, 1.0, 2.0, 4.0)


def places_with_more_gold(basket: str, *hooks) -> list[int]:
    places = []
    for factor in GOLD:
        frames = india_frames(1000, baskets=("critical_30", "all_recoverable"))
        mine = (frames["grades"]["site_id"] == "IN-TSF-002") & (frames["grades"]["element"] == "Au")
        for column in ("ppm_min", "ppm_mode", "ppm_max"):
            frames["grades"].loc[mine, column] *= factor
        places.append(check.scores_of(run(frames, *hooks))[basket, "WB-IN-TSF-002"][1])
    return places


@pytest.mark.parametrize("basket", ["critical_30", "all_recoverable"])
def test_more_gold_never_costs_malanjkhand_a_place(basket):
    places = places_with_more_gold(basket)
    assert places == sorted(places, reverse=True)
    assert basket == "critical_30" or places[0] > places[-1]


def pond(site: str, million_t: float, **more):
    kind = ("cu_flotation_tailings", "flotation_cu")
    row = site_row(np.random.default_rng(1), site, *kind) | {"test_level": "pilot", "shares_complex_with": None} | more
    grades = [grade_row(site, e, math.nan, ppm, math.nan, "G1") for e, ppm in (("Cu", 5000.0), ("Au", 0.3))]
    return row, tonnage_row(site, math.nan, million_t, math.nan, "G1"), grades


def scores_of_ponds(ponds, seed):
    rows, tonnages, grades = zip(*ponds)
    flat = [g for of_one in grades for g in of_one]
    return run_case(**frames_of(list(rows), list(tonnages), flat, draws=2000, seed=seed))


def test_six_ponds_of_one_plant_score_as_one():
    """One pond of 60 Mt or six of 10 Mt that share a complex; the first pond carries it, and five are no blocks of their own."""
    one = scores_of_ponds([pond("P0", 60.0)], 3)
    six = scores_of_ponds(
        [
            pond(f"P{i}", 10.0 + 0.01 * (i == 0), shares_complex_with=f"P{max(0, i - 1)}" if i else "P1")
            for i in range(6)
        ],
        3,
    )
    assert [six.decided.status[i] for i in range(6)].count("RANKED") == 1
    assert {r.worked_with for r in six.given.records.values()} == {"", "P0"}
    a, b = (s.main_scores["waste_block"] for s in (one, six))
    assert len(a.members) == len(b.members) == 1
    apart_by = one.scored.projects.out.score[0, a.members[0]] - six.scored.projects.out.score[0, b.members[0]]
    error = 200.0 * float(apart_by.std()) / 2000**0.5
    assert a.mean[0] > 10 and b.mean[0] == pytest.approx(a.mean[0], abs=error + 0.5)
    apart = scores_of_ponds([pond(f"P{i}", 10.0) for i in range(6)], 3)
    assert apart.main_scores["waste_block"].mean.max() < 0.8 * a.mean[0], "six apart are dearer than one plant"


# --- models that break an invariant -----------------------------------------------------------------------------------


def test_the_model_that_is_broken_is_else_the_products_own():
    frames = region(1, 20)
    state = run(frames)
    again = run(frames, broken._simulate_with(broken._values_by("")))
    a, b = state.scored.projects.out, again.scored.projects.out
    assert a.score == pytest.approx(b.score, rel=1e-6, abs=1e-9) and np.array_equal(a.p_pays, b.p_pays, equal_nan=True)
    assert a.multiple[0] == pytest.approx(b.multiple[0], rel=1e-6)


def test_ground_that_is_added_to_value_is_caught():
    with pytest.raises(AssertionError, match="above what the chance of paying allows"):
        check.check_bounds(run(region(1, 30), broken.additive_ground))


def test_ground_that_is_added_lets_worthless_waste_take_places():
    with pytest.raises(AssertionError, match="worthless waste"):
        for seed in range(1, 6):
            check.check_worthless(seed, broken=broken.additive_ground)


def test_a_multiple_of_working_routes_alone_is_caught():
    with pytest.raises(AssertionError, match="median multiple"):
        for seed in range(1, 10):
            check.check_one_mind(run(region(seed, 30), broken.multiple_of_working_routes_only))


def test_a_metal_sold_at_a_loss_is_caught():
    with pytest.raises(AssertionError, match="grade: "):
        for seed in range(1, 30):
            check.check_better(seed, ("grade",), broken=broken.margins_below_zero)


def test_a_premium_that_chooses_the_plan_is_caught():
    with pytest.raises(AssertionError, match="above what the chance of paying allows"):
        for seed in range(1, 20, 2):
            check.check_bounds(run(region(seed, 30), broken.lambda_chooses_plans))


def test_ground_that_is_taken_for_granted_is_caught():
    with pytest.raises(AssertionError, match="layer"):
        for seed in range(1, 6):
            check.check_withheld(seed, broken=broken.ground_taken_for_granted)
