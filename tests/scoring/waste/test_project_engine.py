"""The compiled projects against a second implementation, their indifference to order, and what every row must obey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data_sources.reference.economics import economic_tables
from scoring.waste.projects.project_engine import ProjectUnits, simulate_projects, whole_sites
from scoring.waste.projects.project_inputs import project_inputs

from . import plain_projects
from .made_up import BASKETS, made_up_projects, made_up_run

TABLES = economic_tables()
TERMS, RUN = made_up_run(400)
PROJECTS = made_up_projects(48)


def simulated(projects=PROJECTS, terms=TERMS, run=RUN, **how):
    inputs, ids, sold = project_inputs(projects, TABLES, terms, run)
    return inputs, ids, sold, simulate_projects(inputs, ids, whole_sites(len(ids)), run.draws, **how)


@pytest.fixture(scope="module")
def base():
    return simulated(threads=1)


@pytest.fixture(scope="module")
def plain():
    return {p.site_id: [plain_projects.value(p, TABLES, TERMS, RUN, deck) for deck in range(2)] for p in PROJECTS}


def h(u):
    return np.minimum(1.0, np.log10(1.0 + u / 1e5) / 5.0)


def test_same_numbers_as_the_second_implementation(base, plain):
    _, ids, _, result = base
    out = result.out
    assert ids == sorted(p.site_id for p in PROJECTS)
    for i, site in enumerate(ids):
        for deck in range(2):
            v = plain[site][deck]
            assert out.npv[deck, i, :3] == pytest.approx(np.quantile(v["best"], [0.1, 0.5, 0.9]), rel=1e-8, abs=1.0)
            assert out.p_pays[deck, i] == (v["best"] > 0).mean()
            assert out.multiple[deck, i] == pytest.approx(v["multiple"], rel=1e-6)
            assert out.multiple_q[deck, i] == pytest.approx(np.quantile(v["multiple"], [0.1, 0.5, 0.9]), rel=1e-8)
            assert out.premium_q[deck, i] == pytest.approx(np.quantile(v["premium"], [0.2, 0.5]), rel=1e-7, abs=1e-12)
            gain = np.where(v["feasible"], np.maximum(v["npv"], 0), 0).mean(axis=1)
            row = gain.argmax()
            assert out.p_pays_today[deck, i] == (v["feasible"][row] & (v["npv"][row] > 0)).mean()
        for view, (deck, b) in enumerate(RUN.views):
            u, lifted = plain[site][deck]["u"][b], plain[site][deck]["u_lambda"][b]
            assert out.score[view, i] == pytest.approx(h(lifted), rel=1e-6, abs=1e-9)
            assert out.mean_h[view, i] == pytest.approx(h(u).mean(), rel=1e-9, abs=1e-15)
            assert out.mean_h_lifted[view, i] == pytest.approx(h(lifted).mean(), rel=1e-9, abs=1e-15)
            assert out.value[view, i, 3] == pytest.approx(u.mean(), rel=1e-8, abs=1e-3)
            assert out.value[view, i, :3] == pytest.approx(np.quantile(u, [0.1, 0.5, 0.9]), rel=1e-8, abs=1e-3)


def test_the_made_up_worlds_pay_and_fail(base):
    share = base[3].out.p_pays[0].mean()
    assert 0.1 < share < 0.5 and base[3].out.p_pays[0].max() > 0.5 and base[3].out.p_pays[0].min() < 0.05


def test_what_is_shown_of_a_project(base, plain):
    inputs, ids, sold, result = base
    details = result.details
    shown = 0
    for i, site in enumerate(ids):
        v = plain[site][0]
        pays = v["best"] > 0
        chosen = np.where(v["feasible"], v["npv"], -np.inf).argmax(axis=0)
        if pays.mean() < 0.05:
            assert np.isnan([details.plant_t[i], details.life[i], details.capital[i], details.payback[i]]).all()
            continue
        shown += 1
        rate = RUN.rates_t[chosen]
        assert details.plant_t[i] == pytest.approx(np.median(rate[pays]))
        assert details.life[i] == pytest.approx(np.median(np.minimum(20, v["drawn"]["tonnes"] / rate)[pays]))
        law = TABLES.families[next(p for p in PROJECTS if p.site_id == site).plant.family].capital
        assert details.capital[i] == pytest.approx(
            np.median((v["drawn"]["capital"] * (rate / 5e6) ** law.exponent)[pays])
        )
        assert 0 < details.payback[i] < details.life[i] and details.royalty[i] > 0
        revenue = details.revenue[inputs.product_ptr[inputs.grade_ptr[i]] : inputs.product_ptr[inputs.grade_ptr[i + 1]]]
        assert revenue.sum() == pytest.approx(np.take_along_axis(v["earned"], chosen[None], 0)[0].mean(), rel=1e-9)
        assert [e for s, e in sold if s == site][int(revenue.argmax())] in BASKETS[2]
    assert shown > 10


def test_a_product_alone_needs_more_than_all_together(base):
    inputs, ids, _, result = base
    for i in range(len(ids)):
        own = result.details.product_multiple[
            inputs.product_ptr[inputs.grade_ptr[i]] : inputs.product_ptr[inputs.grade_ptr[i + 1]]
        ]
        whole = result.out.multiple_q[0, i, 1]
        known = own[np.isfinite(own)]
        if whole > 1:
            assert (known >= whole * (1 - 1e-9)).all()
        if len(own) == 1:
            assert known == pytest.approx([whole])


def _bytes(result) -> list[bytes]:
    return [a.tobytes() for part in (result.out, result.details) for a in part]


def test_rows_threads_and_chunks_change_no_byte(base):
    expected = _bytes(base[3])
    rng = np.random.default_rng(3)
    shuffled = [PROJECTS[i] for i in rng.permutation(len(PROJECTS))]
    assert _bytes(simulated(shuffled, threads=3, chunk=5)[3]) == expected


def test_other_sites_change_no_draw_and_a_longer_run_begins_the_same(base):
    few = simulated(PROJECTS[:7])[3].out
    longer = simulated(PROJECTS[:7], run=replace(RUN, draws=600))[3].out
    assert np.array_equal(few.score, base[3].out.score[:, :7]) and np.array_equal(few.npv, base[3].out.npv[:, :7])
    assert np.array_equal(longer.score[:, :, : RUN.draws], few.score)


def test_every_row_is_of_one_mind(base):
    _, ids, _, result = base
    out = result.out
    for deck in range(2):
        p = out.p_pays[deck]
        away = abs(p - 0.5) > 1.0 / RUN.draws  # a tie of draws aside
        pays = p > 0.5
        assert ((out.npv[deck, :, 1] > 0) == pays)[away].all()
        assert ((out.multiple_q[deck, :, 1] < 1) == pays)[away].all()
        assert ((out.premium_q[deck, :, 1] > 0) == pays)[away].all()
        assert (out.p_pays_today[deck] <= p).all() and (out.p_pays_today[deck] < p).any()
    everything = RUN.views.index((0, 2))
    assert len(ids) == 48 and out.value[everything, :, 3] == pytest.approx(
        [np.maximum(0, plain_projects.value(p, TABLES, TERMS, RUN)["best"]).mean() for p in PROJECTS], rel=1e-9
    )


def test_a_premium_makes_no_draw_pay_and_never_lowers_a_value(base):
    out = base[3].out
    plain_terms = replace(TERMS, strategic=0.0)
    none = simulated(terms=plain_terms)[3].out
    assert (out.mean_h_lifted >= out.mean_h - 1e-15).all() and (out.mean_h_lifted > out.mean_h).any()
    assert np.array_equal(out.score > 0, none.score > 0) and np.array_equal(out.p_pays, none.p_pays)
    assert np.array_equal(out.mean_h, none.mean_h)


def test_a_block_adds_up_its_sites_that_pay_and_takes_the_least_loss_of_those_that_do_not(base):
    inputs = base[0]
    inside = np.arange(0, RUN.draws, 2)
    units = ProjectUnits(
        ptr=np.array([0, 2, 3, 3]),
        site=np.array([2, 5, 4]),
        share=np.array([0.25, 1.0, np.nan]),
        draw_ptr=np.array([0, 0, 0, len(inside)]),
        draw_index=inside,
        draw_share=np.ones(len(inside)),
        is_point=np.array([0, 0, 1]),
    )
    out = simulate_projects(inputs, ["two", "point", "empty"], units, RUN.draws, threads=1).out
    values = [plain_projects.value(p, TABLES, TERMS, RUN) for p in (PROJECTS[2], PROJECTS[5], PROJECTS[4])]
    u = 0.25 * values[0]["u_lambda"][0] + values[1]["u_lambda"][0]
    assert out.score[0, 0] == pytest.approx(h(u), rel=1e-6, abs=1e-9)
    best = [v["best"] for v in values]
    any_pays = (best[0] > 0) | (best[1] > 0)
    npv = np.where(any_pays, 0.25 * np.maximum(0, best[0]) + np.maximum(0, best[1]), np.maximum(best[0], best[1]))
    assert out.npv[0, 0, 3] == pytest.approx(npv.mean(), rel=1e-9) and out.p_pays[0, 0] == any_pays.mean()
    assert out.multiple[0, 0] == pytest.approx(np.minimum(values[0]["multiple"], values[1]["multiple"]), rel=1e-6)
    assert (out.multiple[0, 1, 1::2] == np.inf).all() and (out.score[:, 1, 1::2] == 0).all()
    assert out.p_pays[0, 1] == (best[2][::2] > 0).sum() / RUN.draws
    assert np.isnan(out.npv[0, 2]).all() and np.isnan(out.p_pays[:, 2]).all()
    assert (out.p_pays_today <= out.p_pays)[:, :2].all()


def test_royalty_on_contained_metal_costs_more_and_is_the_same_in_both_implementations():
    terms = replace(TERMS, royalty_base="contained")
    chosen = [p for p in PROJECTS if p.plant.family in ("cil", "flot_cu")]
    _, ids, _, result = simulated(chosen, terms)
    sold = simulated(chosen)[3].out
    for i, site in enumerate(ids):
        project = next(p for p in chosen if p.site_id == site)
        v = plain_projects.value(project, TABLES, terms, RUN)
        assert result.out.npv[0, i, 3] == pytest.approx(v["best"].mean(), rel=1e-8)
        assert result.out.multiple_q[0, i, 1] >= sold.multiple_q[0, i, 1]
