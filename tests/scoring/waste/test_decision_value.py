"""What a campaign is worth: a closed form, every plant of every outcome in plain numpy, and what must hold of any site."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from data_sources.reference.campaign_costs import DRILLING, TEST_WORK, campaign_costs
from data_sources.reference.economics import economic_tables
from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.projects import project_model as model
from scoring.waste.projects.project_draws import GRADE_GSD, TONNAGE_GSD, Width
from scoring.waste.projects.project_engine import simulate_projects, whole_sites
from scoring.waste.projects.project_inputs import Product, Run, Terms, project_inputs, sold_products
from scoring.waste.sampling.campaigns import (
    BOTH,
    Factors,
    SampleCase,
    Step,
    latin_normals,
    latin_uniforms,
    sample_draws,
    steps_of,
    told_share,
)
from scoring.waste.sampling.decision_value import _plants, decision_of, worth_of_sampling
from scoring.waste.sampling.outcome_plans import outcome_values

from .made_up import made_up_projects, made_up_run

TABLES = economic_tables()
TERMS, RUN = made_up_run(400)
COSTS = campaign_costs(87.7)
CLASSES = ("default", "analogue", "G4", "G3", "G2", "G1")


def made_up_cases(n: int) -> list[SampleCase]:
    """Cases whose widths are those of their classes, or wider."""
    rng = np.random.default_rng(5)
    out = []
    for p in made_up_projects(n):
        t, g = (str(rng.choice(CLASSES)) for _ in range(2))
        wide = float(rng.choice([1.0, 1.0, 1.3]))
        width = Width(p.tonnage_t.mu, wide * math.log(TONNAGE_GSD[t]))
        grades = tuple(replace(f, width=Width(f.width.mu, wide * math.log(GRADE_GSD[g]))) for f in p.grades)
        out.append(SampleCase(replace(p, tonnage_t=width, grades=grades), t, g))
    return out


CASES = made_up_cases(40)


@pytest.fixture(scope="module")
def rows():
    return worth_of_sampling(CASES, TABLES, TERMS, RUN, COSTS)


def linear_case(s_now: float, s_next: float):
    """A gold pond of which nothing is unknown but the recovery, which lies about one half: its NPV is linear in z."""
    family = TABLES.families["cil"]
    sure = {
        "families": {**TABLES.families, "cil": replace(
            family, operating=replace(family.operating, log_sd=0.0), capital=replace(family.capital, log_sd=0.0)
        )},
        "price_log_sd": {**TABLES.price_log_sd, "Au": 0.0},
        "tests": {**TABLES.tests, "bench": replace(TABLES.tests["bench"], p_works=1.0, logit_sd=s_now),
                  "pilot": replace(TABLES.tests["pilot"], p_works=1.0, logit_sd=s_next)},
        "maturity": {k: replace(m, p_works=1.0) for k, m in TABLES.maturity.items()},
    }  # fmt: skip
    tables = replace(TABLES, **sure)
    base = next(p for p in made_up_projects(8) if p.plant.family == "cil")
    grade = next(g for g in base.grades if g.label == "Au")
    sold = (Product("Au", recovery=0.5, payable=1.0),)
    grade = replace(grade, width=Width(math.log(0.5 / 1e6), 0.0), pure_ppm=1e6, products=sold, borrowed_from=None)
    project = replace(
        base, tonnage_t=Width(math.log(200e6), 0.0), grades=(grade,), test_level="bench", mineral_state="unknown",
        mill_stands=False, feed_freight_usd_per_t=0.0,
    )  # fmt: skip
    return SampleCase(replace(project), "G1", "G1"), tables


def unit_normal_loss(x: float) -> float:
    """Mean of max(0, z - x) of a standard normal z."""
    return float(norm.pdf(x) - x * norm.sf(x))


@pytest.mark.parametrize("s_next", [0.01, 0.017])
@pytest.mark.parametrize("mean_in_sd", [-1.0, -0.6, -0.2, 0.0, 0.4, 0.8, 1.0])
def test_one_factor_and_a_linear_value_give_the_unit_normal_loss(mean_in_sd, s_next):
    """NPV = M + sd z: worth ``S L(|M| / S)``, ``S = rho sd``, within 5 %."""
    s = 0.02
    case, tables = linear_case(s, s_next)
    assert tables.states["unknown"] == 1.0

    def npv(recovery, price):
        family = tables.families["cil"]
        x = model.PlanInputs(
            tonnage_t=np.array([200e6]), operating_usd_per_t=np.array([family.operating.value]),
            capital_usd=np.array([1e6 * family.capital.value]), recovered_kg_per_t=np.array([[0.5e-3 * recovery]]),
            margin_usd_per_kg=np.array([[price]]), price_usd_per_kg=np.array([[price]]),
            lifted_margin_usd_per_kg=np.array([[price]]), cap_kg=np.array([np.inf]),
            table=model.life_table(tables.maturity[case.project.plant.maturity].ramp, model.Finance()),
        )  # fmt: skip
        return model.all_plans(x, model.Finance(), np.array([5e6])).npv[0, 0]

    slope = npv(0.5, 1.0) - npv(0.5, 0.0)
    even = -npv(0.5, 0.0) / slope
    price = even * (1 + mean_in_sd * s / 2)  # sd of R / R is s (1 - R) = s / 2
    sd, mean = slope * price * s / 2, npv(0.5, price)
    assert mean == pytest.approx(mean_in_sd * sd, rel=0.02, abs=1.0)
    rho = math.sqrt(1 - (s_next / s) ** 2)
    run = Run(seed=11, draws=64, decks=({"Au": price},), rates_t=np.array([5e6]))
    terms = Terms(royalty={})
    (row,) = worth_of_sampling([case], tables, terms, run, COSTS)
    assert row.campaign == TEST_WORK and row.step == "test work bench to pilot"
    expected = rho * sd * unit_normal_loss(abs(mean) / (rho * sd))
    assert row.worth_usd == pytest.approx(expected, rel=0.05)


def plain_means(case: SampleCase, step: Step, terms: Terms, run: Run, o: int, d: int, profiles):
    """(O, Q) mean NPV and (O,) share that pays, by the readable formulas, one outcome at a time."""
    p, seed, site = case.project, run.seed, case.project.site_id
    family, tests, maturity = TABLES.families[p.plant.family], TABLES.tests, TABLES.maturity[p.plant.maturity]
    sold = sold_products(p, TABLES, run.decks[0])

    def mixed(rho, *ids):
        z1 = latin_normals(seed, o, Stream.SAMPLING_OUTCOME, *ids, site)
        z2 = latin_normals(seed, d, Stream.SAMPLING_DRAW, *ids, site)
        return rho * z1[:, None] + math.sqrt(1 - rho**2) * z2[None, :]

    worth = [
        g.pure_ppm * expit(g.width.mu) * min(0.97, TABLES.recoveries[p.plant.family, q.element].median * TABLES.states[p.mineral_state])
        * TABLES.recoveries[p.plant.family, q.element].payable * run.decks[0][q.element] * 1.0
        for g, q in sold
    ]  # fmt: skip
    ordered = [sold[i] for i in np.argsort(-np.array(worth), kind="stable")]

    def correlated(names, name, *ids):
        """Told and rest of normals that correlate by 0.7, in the order of the products' worth."""
        names = list(dict.fromkeys(names))
        factor = np.linalg.cholesky(0.7 + 0.3 * np.eye(len(names)))[names.index(name)]
        return [
            sum(f * latin_normals(seed, n, stream, *ids, other, site) for f, other in zip(factor, names))
            for n, stream in ((o, Stream.SAMPLING_OUTCOME), (d, Stream.SAMPLING_DRAW))
        ]

    def weighted(rho, parts):
        return rho * parts[0][:, None] + math.sqrt(1 - rho**2) * parts[1][None, :]

    def z2(*ids):
        return latin_normals(seed, d, Stream.SAMPLING_DRAW, *ids)

    def rho_of(s, after):
        return math.sqrt(max(0.0, 1 - (after / s) ** 2)) if after < s else 0.0

    rho_t = rho_of(p.tonnage_t.sigma, math.log(TONNAGE_GSD[step.tonnage])) if step.tonnage else 0.0
    tonnes = np.exp(p.tonnage_t.mu + p.tonnage_t.sigma * mixed(rho_t, "tonnage"))
    s_test = tests[p.test_level].logit_sd
    rho_r = rho_of(s_test, tests[step.test].logit_sd) if step.test else 0.0
    p_next = tests[step.test].p_works if step.test else tests[p.test_level].p_works
    passes = (
        latin_uniforms(seed, o, Stream.SAMPLING_OUTCOME, "route works", site) < tests[p.test_level].p_works / p_next
    )
    works = latin_uniforms(seed, d, Stream.SAMPLING_DRAW, "route works", site) < maturity.p_works * p_next
    left = np.where(passes[:, None] & works[None, :], 1.0, TABLES.failure_share)
    z_cost = 0.5**0.5 * (z2("cost of family", p.plant.family) + z2("cost of site", site))
    z_capital = 0.5 * z_cost + 0.75**0.5 * z2("capital of site", site)
    row_of_profile = latin_uniforms(seed, d, Stream.SAMPLING_DRAW, "profile", site)
    stands = TABLES.mill_capital_factor if p.mill_stands else 1.0
    got, margin, prices = [], [], []
    for grade, product in sold:
        e = product.element
        rho_g = rho_of(grade.width.sigma, math.log(GRADE_GSD[step.grade])) if step.grade else 0.0
        z = weighted(rho_g, correlated([g.label for g, _ in ordered], grade.label, "grade"))
        kg = grade.pure_ppm * expit(grade.width.mu + grade.width.sigma * z) / 1000
        if product.share:
            kg = kg * profiles[product.share][(row_of_profile * len(profiles[product.share])).astype(int)]
        known = TABLES.recoveries[p.plant.family, e]
        middle = min(0.97, known.median * TABLES.states[p.mineral_state])
        z = weighted(rho_r, correlated([q.element for _, q in ordered], e, "recovery"))
        r = expit(math.log(middle / (1 - middle)) + s_test * z) * left
        law = TABLES.lean.get(e)
        lean = np.minimum(1.0, law.ratio * 1000 * kg / law.product_ppm) if law else 1.0
        out = kg * r / middle if product.recovered else kg * r * lean
        group, rho_p = TABLES.price_groups.get(e, ("", 0.0))
        z = (
            z2("price", e)
            if not group
            else rho_p**0.5 * z2("price of group", group) + (1 - rho_p) ** 0.5 * z2("price", e)
        )
        s = TABLES.log_sd_of(e)
        price = run.decks[0][e] * np.exp(s * z - s * s / 2)
        royalty = TABLES.royalty_of(e)
        if terms.royalty_base == "contained" and e in TABLES.royalty_on_contained:
            royalty = royalty * kg / out
        freight = terms.freight_usd_per_kg.get(e, 0.0)
        got.append(out)
        prices.append(price)
        margin.append(np.maximum(0, price * (known.payable - royalty) - freight) * np.ones((o, d)))
    mean, pays = [], []
    for i in range(o):
        x = model.PlanInputs(
            tonnage_t=tonnes[i],
            operating_usd_per_t=family.operating.value * np.exp(family.operating.log_sd * z_cost),
            capital_usd=1e6 * stands * family.capital.value * np.exp(family.capital.log_sd * z_capital),
            recovered_kg_per_t=np.array([k[i] for k in got]),
            margin_usd_per_kg=np.array([m[i] for m in margin]),
            price_usd_per_kg=np.array(prices),
            lifted_margin_usd_per_kg=np.array([m[i] for m in margin]),
            cap_kg=np.array([terms.cap_kg.get(product.element, np.inf) for _, product in sold]),
            table=model.life_table(maturity.ramp, run.finance),
            operating_exponent=family.operating.exponent,
            capital_exponent=family.capital.exponent,
            feed_freight_usd_per_t=p.feed_freight_usd_per_t,
        )  # fmt: skip
        plans = model.all_plans(x, run.finance, run.rates_t)
        mean.append(plans.npv.mean(axis=1))
        pays.append((model.best_npv(plans) > 0).mean())
    return np.array(mean), np.array(pays)


def test_every_plant_of_every_outcome_is_as_in_plain_numpy():
    o, d = 12, 96
    profiles = {"half": np.linspace(0.3, 0.7, RUN.draws)}
    capped = split = paying = 0
    for i, case in enumerate(CASES[:24]):
        terms = replace(TERMS, royalty_base=("sold", "contained")[i % 2])
        if i % 5 == 0:
            first = case.project.grades[0]
            shared = replace(first, products=tuple(replace(p, share="half") for p in first.products))
            case = replace(case, project=replace(case.project, grades=(shared, *case.project.grades[1:])))
            split += 1
        run = replace(RUN, decks=RUN.decks[:1], baskets=(), views=())
        x, ids, _ = project_inputs([case.project], TABLES, terms, run, profiles)
        for step in steps_of(case).values():
            drawn = sample_draws(
                case, step, x, 0, sold_products(case.project, TABLES, run.decks[0]), run.decks[0], TABLES,
                Factors(run.seed, ids[0], o, d),
            )  # fmt: skip
            mean, pays = np.empty((o, len(run.rates_t))), np.empty(o)
            outcome_values(drawn, _plants(x, 0), mean, pays)
            expected, share = plain_means(case, step, terms, run, o, d, profiles)
            assert mean == pytest.approx(expected, rel=1e-8, abs=1.0)
            assert pays == pytest.approx(share, abs=1e-12)
            paying += share.mean() > 0.1
        capped += bool(np.isfinite(x.product_cap_kg).any())
    assert capped > 5 and split == 5 and paying > 8


def test_worth_is_never_negative_and_costs_are_as_the_table_says(rows):
    assert min(r.worth_usd for r in rows) >= 0.0
    assert len({r.site_id for r in rows}) > 35 and {r.campaign for r in rows} == {DRILLING, TEST_WORK, BOTH}
    for r in rows:
        assert r.cost_usd == pytest.approx(r.cost_inr_lakh * 1e5 / 87.7)
        assert r.net_worth_usd == pytest.approx(r.worth_usd - r.cost_usd, abs=1e-6)
        assert r.cost_source.startswith("CC-") and r.step and 0 <= r.p_pays_now <= 1
    assert sum(not r.left_out_reason for r in rows) >= 8, "some campaigns are worth their cost"


def test_knowing_more_is_worth_more_and_no_more_than_knowing_all(rows):
    by = {(r.site_id, r.campaign): r for r in rows}
    inputs, ids, _ = project_inputs([c.project for c in CASES], TABLES, TERMS, RUN)
    result = simulate_projects(inputs, ids, whole_sites(len(ids)), RUN.draws).out
    for site in {r.site_id for r in rows}:
        own = {c: by[site, c] for c in (DRILLING, TEST_WORK, BOTH) if (site, c) in by}
        all_of = result.value[RUN.views.index((0, 2)), ids.index(site), 3]
        if BOTH in own:
            most = max(own[DRILLING].worth_usd, own[TEST_WORK].worth_usd)
            assert own[BOTH].worth_usd >= most - 0.05 * all_of
            assert own[BOTH].cost_inr_lakh == own[DRILLING].cost_inr_lakh + own[TEST_WORK].cost_inr_lakh
        assert max(r.worth_usd for r in own.values()) <= 1.2 * all_of + 1e4


def test_p_pays_is_that_of_the_ranking(rows):
    run = replace(RUN, draws=4000)
    inputs, ids, _ = project_inputs([c.project for c in CASES], TABLES, TERMS, run)
    p = simulate_projects(inputs, ids, whole_sites(len(ids)), run.draws).out.p_pays[0]
    now = {r.site_id: r.p_pays_now for r in rows}
    off = [now[s] - p[i] for i, s in enumerate(ids) if s in now]
    assert max(abs(d) for d in off) < 0.04 and abs(np.mean(off)) < 0.008


def test_who_hardly_pays_is_left_out(rows):
    hardly = [r for r in rows if r.p_pays_now < 0.005]
    assert len(hardly) > 5 and all("stays below 10%" in r.left_out_reason for r in hardly)
    for r in rows:
        assert ("stays below" in r.left_out_reason) == (r.p_outcomes_that_pay <= 0.05)
        assert ("no more than it costs" in r.left_out_reason) == (r.net_worth_usd <= 0)


def test_other_sites_and_their_order_change_no_number(rows):
    few = worth_of_sampling(CASES[9:3:-1], TABLES, TERMS, RUN, COSTS)
    ids = {c.project.site_id for c in CASES[4:10]}
    assert few == [r for r in rows if r.site_id in ids] and len(few) > 10


def test_sixty_sites_take_seconds(rows):
    assert len(rows) > 60, "the kernel is compiled"
    began = time.process_time()
    worth_of_sampling(CASES[:12], TABLES, TERMS, RUN, COSTS)
    assert time.process_time() - began < 4.0, "20 s for 60 sites"


def test_a_campaign_tells_its_part_and_leaves_the_whole_as_it_was():
    case = replace(CASES[0], class_tonnage="G4", class_grade="analogue")
    project = replace(case.project, tonnage_t=Width(math.log(2e7), math.log(1.5)), test_level="none")
    case = replace(case, project=project)
    run = replace(RUN, decks=RUN.decks[:1], baskets=(), views=())
    x, _, _ = project_inputs([project], TABLES, TERMS, run)
    step = steps_of(case)[BOTH]
    assert step == Step("G3", "G4", "bench")
    z = sample_draws(
        case, step, x, 0, sold_products(project, TABLES, run.decks[0]), run.decks[0], TABLES,
        Factors(1, project.site_id),
    )  # fmt: skip
    told, rest = np.log(z.tonnes_told).std(), np.log(z.tonnes_rest).std()
    assert math.hypot(told, rest) == pytest.approx(math.log(1.5), rel=0.01)
    assert rest == pytest.approx(math.log(1.3), rel=0.01), "what is left is the next class's"
    assert np.log(z.unrecovered_rest).std(axis=1) == pytest.approx([TABLES.tests["bench"].logit_sd], rel=0.001)
    p_route = TABLES.maturity[project.plant.maturity].p_works
    assert z.passes.mean() == pytest.approx(0.70 / 0.85, abs=1 / 512)
    assert z.passes.mean() * z.works.mean() == pytest.approx(p_route * 0.70, abs=2 / 512)


def test_what_is_told_is_at_most_what_is_not_known():
    assert told_share(math.log(1.5), math.log(1.3)) == pytest.approx(
        math.sqrt(1 - (math.log(1.3) / math.log(1.5)) ** 2)
    )
    assert told_share(0.1, 0.3) == 0.0 and told_share(0.0, 0.0) == 0.0 and told_share(0.4, 0.0) == 1.0


def test_a_column_has_one_value_in_each_part():
    u = latin_uniforms(3, 512, Stream.SAMPLING_DRAW, Stream.PRICE, "Au")
    assert sorted((u * 512).astype(int)) == list(range(512))
    other = latin_uniforms(3, 512, Stream.SAMPLING_DRAW, Stream.PRICE, "Cu")
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.15 and not np.array_equal(u, other)


def test_a_decision_is_worth_the_better_of_building_and_leaving():
    assert decision_of(np.array([[2.0, -1.0], [-4.0, 5.0]])) == (2.0, 3.5)
    assert decision_of(np.array([[-2.0, -1.0], [-4.0, -5.0]])) == (0.0, 0.0)
    assert decision_of(np.array([[3.0], [1.0]])) == (2.0, 2.0)


def test_steps_end_with_the_best_class_and_unknown_ones_are_refused():
    project = replace(CASES[0].project, test_level="plant")
    assert steps_of(SampleCase(project, "G1", "G1")) == {}
    assert steps_of(SampleCase(project, "G1", "default")) == {DRILLING: Step("", "G4", "")}
    with pytest.raises(ScoringError, match="unknown class 'G5'"):
        SampleCase(project, "G5", "G1")


def test_the_dearer_step_is_paid_where_the_classes_differ():
    project = replace(CASES[1].project, tonnage_t=Width(math.log(20e6), 0.3), test_level="plant")
    (row,) = worth_of_sampling([SampleCase(project, "G3", "analogue")], TABLES, TERMS, RUN, COSTS)
    assert row.cost_inr_lakh == 417 and row.cost_source.startswith("CC-03"), "(234.1 + 390.1 + 624.2) / 3"
    assert row.step == "tonnage G3 to G2, grades analogue to G4"


def test_a_site_that_sells_nothing_is_told_so():
    project = replace(
        CASES[0].project, grades=tuple(replace(g, products=(Product("Al"),)) for g in CASES[0].project.grades)
    )
    found = worth_of_sampling([SampleCase(project, "G4", "G4")], TABLES, TERMS, RUN, COSTS)
    assert found and all(
        r.worth_usd == 0.0 and r.left_out_reason.startswith("nothing is sold: no recovery of Al") for r in found
    )
