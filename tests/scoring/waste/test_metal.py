"""Tonnes and kilograms: what the project kernel draws, the same added up in blocks, whatever the order, chunks, threads."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from cases import assess, run
from scipy.special import expit
from scipy.stats import norm

from scoring.waste.draws.streams import fill_uniform
from scoring.waste.projects.project_kernel import fill_site, new_draws
from scoring.waste.site_projects import inputs_of, price_deck

from .loading import load


@pytest.fixture(scope="module")
def state():
    return run(**load("national").national(24, 40, 40, 400, threads=1))


def inputs(state):
    from scoring.waste.prepare import metal_inputs

    return metal_inputs(state.given.records, state.given.book, state.given.settings)


def plain(x, s: int, draws: int) -> tuple[np.ndarray, dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Tonnes, and kg contained and recoverable by element of one site, by scipy from the same keys."""

    def z(key: np.ndarray) -> np.ndarray:
        u = np.empty(draws)
        fill_uniform(key, u)
        return norm.ppf(u)

    tonnes = np.exp(x.tonnage_mu[s] + x.tonnage_sigma[s] * z(x.tonnage_key[s]))
    u = np.empty(draws)
    fill_uniform(x.works_key[s], u)
    works, shared = np.where(u < x.p_works[s], 1.0, 0.4), z(x.recovery_key[s])
    contained, recovered = {}, {}
    for v in range(x.grade_ptr[s], x.grade_ptr[s + 1]):
        y = 0.7**0.5 * z(x.grade_common_key[v]) + 0.3**0.5 * z(x.grade_key[v])
        ppm = x.grade_pure[v] * expit(x.grade_mu[v] + x.grade_sigma[v] * y)
        for p in range(x.product_ptr[v], x.product_ptr[v + 1]):
            e, c = (
                int(x.product_element[p]),
                ppm * (x.profile_draws[x.product_share[p]] if x.product_share[p] >= 0 else 1),
            )
            contained[e] = tonnes * c / 1000
            if x.product_sold[p]:
                r = expit(
                    x.product_logit[p] + x.product_sigma[p] * (0.7**0.5 * shared + 0.3**0.5 * z(x.product_key[p]))
                )
                scale = x.product_recovered[p]
                recovered[e] = (
                    contained[e] * r * works * (scale if scale > 0 else np.minimum(1.0, x.product_lean[p] * c))
                )
    return tonnes, contained, recovered


def rows_of(state, unit: int) -> dict[int, int]:
    u = state.scored.plan.units
    return {int(u.element[p]): p for p in range(u.element_ptr[unit], u.element_ptr[unit + 1])}


def test_same_numbers_as_numpy_in_every_site(state):
    x, elements, row = inputs(state)
    held, draws = state.scored.metal, state.given.settings.draws
    checked = 0
    for site, unit in state.scored.plan.whole.items():
        tonnes, contained, recovered = plain(x, row[site], draws)
        assert held.tonnage[unit, :3] == pytest.approx(np.quantile(tonnes, [0.1, 0.5, 0.9]), rel=1e-9)
        assert held.tonnage[unit, 3] == pytest.approx(tonnes.mean(), rel=1e-9)
        for e, p in rows_of(state, unit).items():
            assert held.contained[p, :3] == pytest.approx(np.quantile(contained[e], [0.1, 0.5, 0.9]), rel=1e-8)
            if e in recovered:
                assert held.recoverable[p, :3] == pytest.approx(np.quantile(recovered[e], [0.1, 0.5, 0.9]), rel=1e-8)
                checked += 1
            else:
                assert math.isnan(held.recoverable[p, 1]), elements[e]
    assert checked > 50


def test_a_block_adds_up_the_shares_of_its_sites_draw_by_draw(state):
    x, _, row = inputs(state)
    plan, draws = state.scored.plan, state.given.settings.draws
    units = plan.units
    several = [i for i in range(len(plan.ids)) if plan.ids[i].startswith("B-") and units.ptr[i] < units.ptr[i + 1]]
    assert several
    for unit in several:
        total, metal = np.zeros(draws), {e: np.zeros(draws) for e in rows_of(state, unit)}
        for p in range(units.ptr[unit], units.ptr[unit + 1]):
            share = np.full(draws, units.share[p])
            if units.is_point[p]:
                share = np.zeros(draws)
                drawn = slice(units.draw_ptr[p], units.draw_ptr[p + 1])
                share[units.draw_index[drawn]] = units.draw_share[drawn]
            tonnes, contained, _ = plain(x, row[plan.pairs[p][1]], draws)
            total += share * tonnes
            assert state.scored.metal.pair_tonnage[p] == pytest.approx((share * tonnes).mean(), rel=1e-9)
            for e, kg in contained.items():
                metal[e] += share * kg
        assert state.scored.metal.tonnage[unit, :3] == pytest.approx(np.quantile(total, [0.1, 0.5, 0.9]), rel=1e-8)
        for e, p in rows_of(state, unit).items():
            expected = np.quantile(metal[e], [0.1, 0.5, 0.9])
            assert state.scored.metal.contained[p, :3] == pytest.approx(expected, rel=1e-8, abs=1e-6)


def test_the_projects_are_paid_for_the_very_kilograms_that_are_published(state):
    """The metal's and the projects' inputs are two; tonnes, grades and recoveries drawn from them are the same bits."""
    g, draws = state.given, state.given.settings.draws
    x, elements, row = inputs(state)
    deck = price_deck(g.book, g.settings, g.settings.price_deck)
    money, ids, sold = inputs_of(g.records, g.book, g.settings, [deck], [g.main_basket], [(0, 0)])
    ours, theirs = new_draws(60, 1, draws), new_draws(60, 1, draws)
    compared = 0
    for i, site in enumerate(ids):
        fill_site(x, row[site], ours)
        fill_site(money, i, theirs)
        assert np.array_equal(ours.tonnes, theirs.tonnes)
        s = row[site]
        place = {elements[x.product_element[p]]: p - x.product_ptr[x.grade_ptr[s]]
                 for p in range(x.product_ptr[x.grade_ptr[s]], x.product_ptr[x.grade_ptr[s + 1]])}  # fmt: skip
        first = money.product_ptr[money.grade_ptr[i]]
        for p in range(first, money.product_ptr[money.grade_ptr[i + 1]]):
            mine = place[sold[p][1]]
            assert np.array_equal(ours.contained[mine], theirs.contained[p - first])
            assert np.array_equal(ours.recovered[mine], theirs.recovered[p - first])
            compared += 1
    assert compared > 50


def _bytes(result) -> list[bytes]:
    frames = [
        result.ranked_blocks.to_wkb(),
        result.site_shares,
        result.site_potential,
        result.element_potential,
        result.basket_ranks,
        result.mass_balance,
        result.price_decks,
    ]
    return [pd.DataFrame(f).to_csv(index=False, float_format="%.17g").encode() for f in frames]


def test_order_chunks_threads_and_additions_change_nothing():
    base = load("national").national(18, 20, 30, 300, threads=1)
    expected = _bytes(assess(**base))
    rng = np.random.default_rng(5)
    shuffled = dict(base)
    for name in ("blocks", "sites", "tonnages", "grades"):
        shuffled[name] = base[name].iloc[rng.permutation(len(base[name]))].reset_index(drop=True)
    reference = base["reference"]
    tables = {
        n: getattr(reference, n).sample(frac=1, random_state=3).reset_index(drop=True)
        for n in reference.__dataclass_fields__
    }
    shuffled["reference"] = type(reference)(**tables)
    shuffled["settings"] = base["settings"].replace(unit_chunk=3, threads=2)
    assert _bytes(assess(**shuffled)) == expected


def test_an_added_site_changes_nobody_elses_figures():
    few, more = (load("national").national(18, 20, 18, 300, threads=1) for _ in range(2))
    keep = few["sites"]["site_id"] < "S-00012"
    names = set(few["sites"].loc[keep, "site_id"])
    for name in ("sites", "tonnages", "grades"):
        few[name] = few[name][few[name]["site_id"].isin(names)]
    few["blocks"] = few["blocks"][few["blocks"]["site_id"].isin(names)]
    a, b = assess(**few), assess(**more)
    left = a.site_potential.set_index("site_id")
    right = b.site_potential.set_index("site_id").loc[left.index]
    assert left.equals(right)


def test_memory_does_not_grow_with_elements_times_draws_times_sites():
    """What a run keeps: one float32 score a view and one multiple a deck for each unit and draw, a few rows a thread."""
    state = run(**load("national").national(60, 30, 60, 2000, threads=1))
    out, draws, units = state.scored.projects.out, 2000, len(state.scored.plan.ids)
    baskets = len(state.given.baskets)
    kept = sum(a.nbytes for part in (out, state.scored.projects.details, state.scored.metal) for a in part)
    assert out.score.shape == (baskets + 1, units, draws) and out.multiple.shape == (2, units, draws)
    matrices = out.score.nbytes + out.multiple.nbytes
    assert matrices == 4 * (baskets + 3) * units * draws and kept < 1.1 * matrices


def test_a_longer_run_starts_with_the_shorter_one():
    from scoring.waste.draws.streams import normals

    assert (normals(3, 1000, "grade", "x") == normals(3, 5001, "grade", "x")[:1000]).all()
