"""A complex as one project: against every set of its members in plain numpy, and what it must obey in every draw."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from data_sources.reference.economics import economic_tables
from scoring.waste.projects import project_model as model
from scoring.waste.projects.project_draws import Width, grade_width, pure_ppm, tonnage_width
from scoring.waste.projects.project_engine import ProjectUnits, simulate_projects, whole_sites
from scoring.waste.projects.project_inputs import Grade, Product, project_inputs

from . import plain_projects
from .made_up import BASKETS, TYPICAL_PPM, made_up_projects, made_up_run
from .plain_projects import normal, uniform

TABLES = economic_tables()
TERMS, RUN = made_up_run(300)
PROFILES = {"half": np.linspace(0.3, 0.7, RUN.draws)}
NAN = float("nan")


def simulated(projects, complexes=(), terms=TERMS, run=RUN, **how):
    inputs, ids, sold = project_inputs(projects, TABLES, terms, run, PROFILES, complexes)
    return inputs, ids, sold, simulate_projects(inputs, ids, whole_sites(len(ids)), run.draws, **how)


def row_of(result, ids, site):
    """One site's rows of the outputs and of the details that are a unit's."""
    i = ids.index(site)
    out = {n: a[:, i] for n, a in zip(result.out._fields, result.out)}
    return out | {n: a[i] for n, a in zip(result.details._fields[:5], result.details)}


def random_complex(seed: int, members: int):
    """Sites of which the first carries the others: of its family or another, some figures recovered, split, borrowed."""
    rng = np.random.default_rng(seed)
    carrier, other = made_up_projects(16, seed=seed)[rng.integers(0, 8)], made_up_projects(16, seed=seed + 1)[8:]
    sites = [carrier]
    for i in range(1, members):
        drawn = made_up_projects(8 * members, seed=seed + 10 * i)[8 * i + int(carrier.site_id[1:]) % 8]
        sites.append(drawn if rng.random() < 0.7 else other[rng.integers(0, 8)])
    out = []
    for i, site in enumerate(sites):
        size = Width(site.tonnage_t.mu - (0.0 if i == 0 else rng.uniform(0.2, 2.0)), site.tonnage_t.sigma)
        kept = [g for j, g in enumerate(site.grades) if j < 3 and (j == 0 or rng.random() < 0.7)]
        grades = tuple(
            replace(g, products=tuple(replace(p, share=("half" if rng.random() < 0.2 else None)) for p in g.products))
            for g in kept
        )
        own = replace(grades[0], products=(replace(grades[0].products[0], recovery=float(rng.uniform(0.3, 0.9))),))
        grades = (own, *grades[1:]) if rng.random() < 0.3 else grades
        out.append(replace(site, site_id=f"C{seed}-{'zyxw'[i]}", tonnage_t=size, grades=grades))
    return out


def set_values(sites, terms, run=RUN, deck=0):
    """Every set of the sites with all its plants: list of (set, PlanInputs, Plans), by the readable formulas."""
    carrier, k, seed = sites[0], run.draws, run.seed
    family, test = TABLES.families[carrier.plant.family], TABLES.tests[carrier.test_level]
    z_cost = 0.5**0.5 * (
        normal(seed, k, "cost of family", carrier.plant.family) + normal(seed, k, "cost of site", carrier.site_id)
    )
    z_capital = 0.5 * z_cost + 0.75**0.5 * normal(seed, k, "capital of site", carrier.site_id)
    works = np.where(
        uniform(seed, k, "route works", carrier.site_id)
        < TABLES.maturity[carrier.plant.maturity].p_works * test.p_works,
        1.0,
        TABLES.failure_share,
    )
    tonnes, assayed, given, own = {}, {}, {}, {}
    for site in [carrier, *sorted(sites[1:], key=lambda s: s.site_id)]:
        name = site.site_id
        tonnes[name] = np.exp(site.tonnage_t.mu + site.tonnage_t.sigma * normal(seed, k, "tonnage", name))
        for grade in site.grades:
            common = ("borrowed grade", *grade.borrowed_from) if grade.borrowed_from else ("grade of site", name)
            z = 0.7**0.5 * normal(seed, k, *common) + 0.3**0.5 * normal(seed, k, "grade", name, grade.label)
            kg = grade.pure_ppm * expit(grade.width.mu + grade.width.sigma * z) / 1000
            for product in grade.products:
                held = given if product.recovered else assayed
                held[name, product.element] = kg * (PROFILES[product.share] if product.share else 1.0)
                same = site.plant.family == carrier.plant.family
                own.setdefault(product.element, (product.recovery, product.payable) if same else (None, None))
    sold = {}
    for e in sorted(own):
        table = TABLES.recoveries.get((carrier.plant.family, e))
        recovery = own[e][0] if own[e][0] is not None else table.median if table else 0.0
        payable = own[e][1] if own[e][1] is not None else table.payable if table else 0.0
        if recovery > 0 and payable > 0 and run.decks[deck].get(e, 0) > 0:
            sold[e] = (min(0.97, recovery * TABLES.states[carrier.mineral_state]), payable)
    market = plain_projects.prices(list(sold), TABLES, run, run.decks[deck])
    out = []
    names = list(tonnes)
    for chosen in itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(1, len(names) + 1)):
        total = sum(tonnes[n] for n in chosen)
        got, margin, lifted = [], [], []
        for e, (middle, payable) in sold.items():
            a = sum(tonnes[n] * assayed.get((n, e), 0.0) for n in chosen) / total
            g = sum(tonnes[n] * given.get((n, e), 0.0) for n in chosen) / total
            z = 0.7**0.5 * normal(seed, k, "recovery of site", carrier.site_id) + 0.3**0.5 * normal(
                seed, k, "recovery", carrier.site_id, e
            )
            r = expit(logit(middle) + test.logit_sd * z) * works
            lean = 1.0
            if e in TABLES.lean:
                law = TABLES.lean[e]
                lean = np.minimum(1.0, law.ratio * 1000 * (a + g / middle) / law.product_ppm)
            kg = r * (a * lean + g / middle)
            royalty = TABLES.royalty_of(e) * np.ones(k)
            if terms.royalty_base == "contained" and e in TABLES.royalty_on_contained:
                royalty = np.where(kg > 0, royalty * (a + g) / np.where(kg > 0, kg, 1.0), 1e9)
            freight = terms.freight_usd_per_kg.get(e, 0.0)
            bonus = 1 + terms.strategic * terms.importance.get(e, 0.0)
            got.append(kg)
            margin.append(np.maximum(0, market[e] * (payable - royalty) - freight))
            lifted.append(np.maximum(0, market[e] * (payable * bonus - royalty) - freight))
        stands = TABLES.mill_capital_factor if carrier.mill_stands else 1.0
        x = model.PlanInputs(
            tonnage_t=total,
            operating_usd_per_t=family.operating.value * terms.cost_factor * np.exp(family.operating.log_sd * z_cost),
            capital_usd=1e6 * stands * family.capital.value * terms.cost_factor * np.exp(family.capital.log_sd * z_capital),
            recovered_kg_per_t=np.array(got),
            margin_usd_per_kg=np.array(margin),
            price_usd_per_kg=np.array([market[e] for e in sold]),
            lifted_margin_usd_per_kg=np.array(lifted),
            cap_kg=np.array([terms.cap_kg.get(e, np.inf) for e in sold]),
            table=model.life_table(TABLES.maturity[carrier.plant.maturity].ramp, run.finance),
            operating_exponent=family.operating.exponent,
            capital_exponent=family.capital.exponent,
            feed_freight_usd_per_t=carrier.feed_freight_usd_per_t,
        )  # fmt: skip
        out.append((chosen, x, model.all_plans(x, run.finance, run.rates_t)))
    return list(sold), out


def test_equals_every_set_of_the_members_in_plain_numpy():
    gained, paying, several = 0, 0, 0
    for seed in range(40):
        sites = random_complex(seed, 2 + seed % 3)
        terms = replace(TERMS, royalty_base=("sold", "contained")[seed % 2])
        complexes = [tuple(s.site_id for s in sites)]
        inputs, ids, sold, result = simulated(sites, complexes, terms)
        if sites[0].site_id not in ids:
            assert not set_values(sites, terms)[0]
            continue
        row = row_of(result, ids, sites[0].site_id)
        i = ids.index(sites[0].site_id)
        first, last = inputs.product_ptr[inputs.grade_ptr[i]], inputs.product_ptr[inputs.grade_ptr[i + 1]]
        for deck in range(2):
            elements, sets = set_values(sites, terms, deck=deck)
            assert [e for s, e in sold[first:last]] == elements
            npv = np.array([model.best_npv(p) for _, _, p in sets])
            multiple = np.min([model.price_multiple(p) for _, _, p in sets], axis=0)
            premium = np.max([model.affordable_premium(p) for _, _, p in sets], axis=0)
            best = npv.max(axis=0)
            assert row["npv"][deck] == pytest.approx(
                [*np.quantile(best, [0.1, 0.5, 0.9]), best.mean()], rel=1e-7, abs=1
            )
            assert row["p_pays"][deck] == (best > 0).mean()
            assert row["multiple"][deck] == pytest.approx(multiple, rel=1e-6)
            assert row["premium_q"][deck] == pytest.approx(np.quantile(premium, [0.2, 0.5]), rel=1e-6, abs=1e-12)
            gains = [model.pays_if_built_today(p) for _, _, p in sets]
            means = [np.where(p.feasible, np.maximum(0, p.npv), 0).mean(axis=1).max() for _, _, p in sets]
            assert row["p_pays_today"][deck] == gains[int(np.argmax(means))][1]
            for view, (d, b) in enumerate(RUN.views):
                if d == deck:
                    inside = np.array([e in BASKETS[b] for e in elements])
                    u, lifted = np.max([model.basket_value(p, x, inside) for _, x, p in sets], axis=0)
                    h = model.score_of_value(lifted)
                    assert row["score"][view] == pytest.approx(h, rel=1e-6, abs=1e-9)
                    assert row["value"][view, 3] == pytest.approx(u.mean(), rel=1e-7, abs=1e-3)
                    assert row["mean_h_lifted"][view] == pytest.approx(h.mean(), rel=1e-9, abs=1e-15)
            if deck == 0:
                chosen = npv.argmax(axis=0)
                several += len(set(chosen[best > 0])) > 1
                _check_details(row, result.details, slice(first, last), sets, chosen, best)
            gained += (best > npv[-1] + 1).any()
            paying += (best > 0).mean() > 0.05
    assert gained > 20 and paying > 15 and several > 5, "the sets must differ, and some of them pay"


def _check_details(row, details, products, sets, chosen, best):
    """Plant, life and capital of the best set in the draws that pay; revenue over all; a product's multiple over all sets."""
    draws = np.arange(len(best))

    def of_best(values):
        return np.array(values)[chosen, draws]

    size = [np.where(p.feasible, p.npv, -np.inf).argmax(axis=0) for _, _, p in sets]
    rate = of_best([RUN.rates_t[q] for q in size])
    pays = best > 0
    if pays.mean() >= 0.05:
        assert row["plant_t"] == pytest.approx(np.median(rate[pays]))
        life = of_best([p.life[q, draws] for (_, _, p), q in zip(sets, size)])
        assert row["life"] == pytest.approx(np.median(life[pays]))
        capital = of_best(
            [x.capital_usd * (RUN.rates_t[q] / 5e6) ** x.capital_exponent for (_, x, _), q in zip(sets, size)]
        )
        assert row["capital"] == pytest.approx(np.median(capital[pays]))
        assert row["payback"] > 0 and row["royalty"] > 0
    else:
        assert np.isnan([row["plant_t"], row["life"], row["capital"], row["payback"], row["royalty"]]).all()
    revenue = []
    for i in range(products.stop - products.start):
        own = [
            p.produced[q, draws] * p.metal_kg[q, i, draws] * x.margin_usd_per_kg[i]
            for (_, x, p), q in zip(sets, size)
        ]  # fmt: skip
        revenue.append(of_best(own).mean())
    assert details.revenue[products] == pytest.approx(revenue, rel=1e-8)
    for i, share in enumerate(np.array(revenue) / sum(revenue)):
        if share > 0.1 + 1e-9:
            multiple = np.min([model.price_multiple_of(p, x, i) for _, x, p in sets], axis=0)
            assert details.product_multiple[products][i] == pytest.approx(np.median(multiple), rel=1e-8)


def pond(name: str, tonnes: float, ppm: float = 0.9, sigma: float = 1e-9, element: str = "Au"):
    plant = next(r for r in TABLES.routes if r.family == "cil")
    grade = Grade(element, grade_width(NAN, ppm, NAN, sigma, pure_ppm(element)), pure_ppm(element), (Product(element),))
    base = made_up_projects(1)[0]
    return replace(
        base, site_id=name, tonnage_t=tonnage_width(NAN, tonnes, NAN, sigma), grades=(grade,), plant=plant,
        test_level="bench", mineral_state="unknown", mill_stands=False, feed_freight_usd_per_t=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("n", [6, 9])
def test_ponds_of_one_plant_score_as_one_pond(n):
    ponds = [pond(f"pond-{i}", 60e6 / n) for i in range(n)]
    _, ids, _, many = simulated(ponds, [tuple(p.site_id for p in ponds)])
    _, _, _, one = simulated([pond("pond-0", 60e6)])
    together, single = row_of(many, ids, "pond-0"), row_of(one, ["pond-0"], "pond-0")
    apart = row_of(simulated([pond("pond-0", 60e6 / n)])[3], ["pond-0"], "pond-0")
    assert 0.2 < single["p_pays"][0] < 1.0
    for name, value in single.items():
        assert together[name] == pytest.approx(value, rel=1e-5, abs=1e-5, nan_ok=True), name
    assert many.details.revenue[0] == pytest.approx(one.details.revenue[0], rel=1e-5)
    assert (together["score"][1] >= apart["score"][1]).all() and together["mean_h"][1] > 1.2 * apart["mean_h"][1]


def test_a_member_never_harms_in_any_draw():
    """Worthless, paying or poor: U_lambda and h never fall, the needed multiple never rises."""
    helped = {"worthless": 0, "drawn": 0}
    for seed in range(24):
        sites = random_complex(seed, 4)
        ash = pond(f"C{seed}-ash", 5e8, 1e-6)
        for kind, more in (("worthless", ash), ("drawn", sites[3])):
            few = sites[:3]
            _, ids, _, before = simulated(few, [tuple(s.site_id for s in few)])
            if few[0].site_id not in ids:
                continue
            _, ids_after, _, after = simulated([*few, more], [tuple(s.site_id for s in [*few, more])])
            a, b = row_of(before, ids, few[0].site_id), row_of(after, ids_after, few[0].site_id)
            assert (b["score"] >= a["score"] * (1 - 1e-6)).all() and (b["multiple"] <= a["multiple"] * (1 + 1e-6)).all()
            assert (b["value"] >= a["value"] * (1 - 1e-9)).all() and (b["npv"] >= a["npv"] - 1e-9 * abs(a["npv"])).all()
            assert (b["p_pays"] >= a["p_pays"]).all() and (b["premium_q"] >= a["premium_q"] - 1e-9).all()
            helped[kind] += b["mean_h"].sum() > 1.0001 * a["mean_h"].sum()
    assert helped["worthless"] <= 1 and helped["drawn"] > 5


def test_only_who_carries_matters_and_not_the_order_of_the_others():
    sites = random_complex(3, 4)
    a, b, c, d = (s.site_id for s in sites)
    expected = None
    for order in ((a, b, c, d), (a, d, c, b), (a, c, b, d)):
        _, _, sold, result = simulated(sites[::-1] if order[1] == d else sites, [order])
        got = [v.tobytes() for part in (result.out, result.details) for v in part]
        assert expected in (None, (sold, got))
        expected = (sold, got)
    _, _, _, other = simulated(sites, [(b, a, c, d)])
    assert other.out.npv.tobytes() not in expected[1]


def test_threads_and_chunks_change_no_byte_and_other_sites_are_as_without_complexes():
    sites = [s for seed in range(9) for s in random_complex(seed, 4)] + [pond(f"p{i}", 3e6) for i in range(8)]
    complexes = [tuple(s.site_id for s in sites[4 * i : 4 * i + 4]) for i in range(9)] + [
        tuple(f"p{i}" for i in range(8))
    ]
    _, ids, _, one = simulated(sites, complexes, threads=1)
    _, _, _, many = simulated(sites, complexes, threads=3, chunk=2)
    _, ids_alone, _, alone = simulated(sites)
    assert [a.tobytes() for p in (one.out, one.details) for a in p] == [
        a.tobytes() for p in (many.out, many.details) for a in p
    ]
    carriers = {c[0] for c in complexes}
    same = [s for s in ids if s not in carriers and s in ids_alone]
    assert len(same) > 20
    for site in same:
        a, b = row_of(one, ids, site), row_of(alone, ids_alone, site)
        assert all(np.array_equal(a[n], b[n], equal_nan=True) for n in a), site


def test_a_large_complex_takes_the_first_in_order_of_what_a_tonne_earns():
    """Of eight ponds with wide grades no set of the brute force is much better, and no single pond better at all."""
    run = replace(RUN, draws=60)
    rng = np.random.default_rng(1)
    ponds = [pond(f"p{i}", 4e6, float(0.5 * np.exp(rng.normal(0, 0.5))), 0.4) for i in range(8)]
    ponds = [replace(p, tonnage_t=replace(p.tonnage_t, sigma=0.3)) for p in ponds]
    terms = replace(TERMS, cap_kg={})
    _, ids, _, result = simulated(ponds, [tuple(p.site_id for p in ponds)], terms, run)
    out = row_of(result, ids, "p0")
    npv = np.array([model.best_npv(p) for _, _, p in set_values(ponds, terms, run)[1]])
    best, gold = npv.max(axis=0), RUN.views.index((0, 1))
    got = 1e5 * np.expm1(5 * np.log(10) * out["score"][gold].astype(float))  # U_lambda of gold alone, k_e x lambda 0.06
    pays = best > 0
    assert 0.3 < pays.mean() < 1.0 and out["p_pays"][0] >= pays.mean() - 2 / 60
    assert out["npv"][0, 3] >= best.mean() - 0.01 * abs(best[pays]).mean() and out["npv"][0, 3] <= best.mean() + 1.0
    assert (got[pays] >= 0.9 * best[pays]).mean() > 0.95
    assert out["npv"][0, 3] > npv[-1].mean() + 1e5, "leaving the poor ponds out must be worth something"
    assert (out["p_pays_today"] <= out["p_pays"]).all()


def test_a_complex_in_a_block_counts_by_its_share():
    sites = random_complex(2, 3)
    inputs, ids, _ = project_inputs(sites, TABLES, TERMS, RUN, PROFILES, [tuple(s.site_id for s in sites)])
    row = ids.index(sites[0].site_id)
    units = ProjectUnits(
        np.array([0, 1, 2]), np.array([row, row]), np.array([1.0, 0.4]), np.zeros(3, np.int64), np.zeros(0, np.int64),
        np.zeros(0), np.zeros(2, np.int64),
    )  # fmt: skip
    out = simulate_projects(inputs, ["whole", "part"], units, RUN.draws, threads=1).out
    assert out.value[2, 0, 3] > 0 and out.value[2, 1, 3] == pytest.approx(0.4 * out.value[2, 0, 3])
    assert np.array_equal(out.multiple[:, 0], out.multiple[:, 1])


def test_a_carrier_without_a_figure_of_its_own_sells_what_the_others_hold():
    """The carrier's plant cannot sell what the carrier holds: its row is there for the gold of the other pond."""
    lead = pond("large", 9e7, 10.0, element="Sn")
    _, ids, sold, _ = simulated([lead, pond("rich", 1e7)])
    assert ids == ["rich"]
    _, ids, sold, result = simulated([lead, pond("rich", 1e7)], [("large", "rich")])
    assert ids == ["large", "rich"] and sold == [("large", "Au"), ("rich", "Au")]
    assert result.out.p_pays[0, 0] > 0.1 and set(TYPICAL_PPM["cil"]) >= {"Au"}
