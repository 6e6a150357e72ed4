"""Made-up projects, of every family that sells something, about a quarter of them paying."""

from __future__ import annotations

import math

import numpy as np

from data_sources.reference.economics import economic_tables
from scoring.waste.projects.project_draws import grade_width, pure_ppm, tonnage_width
from scoring.waste.projects.project_inputs import Grade, Product, Project, Run, Terms
from scoring.waste.projects.project_kernel import SiteValues, new_draws, new_values
from scoring.waste.projects.project_model import (
    PLANT_RATES_T,
    REFERENCE_RATE_T,
    Finance,
    PlanInputs,
    life_table,
    margin_usd_per_kg,
)
from scoring.waste.projects.project_plans import evaluate_plans, fill_plans

TYPICAL_PPM = {
    "cil": {"Au": 0.5, "Ag": 3.0}, "flot_cu": {"Cu": 2500.0, "Au": 0.1, "Ag": 2.0, "Co": 100.0},
    "flot_zn": {"Zn": 20000.0, "Pb": 9000.0, "Ag": 40.0, "Cu": 900.0}, "grav": {"Sn": 4000.0, "W": 800.0, "Ta": 40.0},
    "mag_fe": {"Fe": 450000.0}, "hpal": {"Ni": 8000.0, "Co": 600.0}, "acid": {"Sc": 90.0},
    "leach_small": {"Zn": 60000.0, "Mn": 90000.0, "V": 3000.0, "Co": 1500.0},
}  # fmt: skip
BASKETS = (frozenset({"Cu", "Co", "Ni", "Sn", "W", "Ta", "Sc", "V"}), frozenset({"Au", "Zn"}), frozenset(
    e for products in TYPICAL_PPM.values() for e in products
))  # fmt: skip


def made_up_projects(n: int, seed: int = 0) -> list[Project]:
    """Projects with tonnages from 0.1 to 300 Mt and grades within a factor of a few of the typical ones."""
    rng = np.random.default_rng(seed)
    tables = economic_tables()
    families = sorted(TYPICAL_PPM)
    out = []
    for i in range(n):
        family = families[i % len(families)]
        plant = next(r for r in tables.routes if r.family == family)
        site = f"P{i:05d}"
        grades = []
        rich = math.exp(rng.normal(0.0, 0.6))
        for element, typical in TYPICAL_PPM[family].items():
            pure = pure_ppm(element)
            ppm = min(0.8 * pure, typical * rich * math.exp(rng.normal(0.0, 0.4)))
            width = grade_width(math.nan, ppm, math.nan, float(rng.choice([0.1, 0.22, 0.4, 0.69])), pure)
            borrowed = ("figure", family, element) if rng.random() < 0.2 else None
            grades.append(Grade(element, width, pure, (Product(element, recovered=rng.random() < 0.1),), borrowed))
        tonnage = tonnage_width(
            math.nan, 10 ** rng.uniform(5.0, 8.5), math.nan, float(rng.choice([0.05, 0.14, 0.26, 0.41]))
        )
        out.append(
            Project(
                site,
                tonnage,
                tuple(grades),
                plant,
                test_level=str(rng.choice(sorted(tables.tests))),
                mineral_state=str(rng.choice(sorted(tables.states))),
                mill_stands=bool(rng.random() < 0.2),
                feed_freight_usd_per_t=float(rng.choice([0.0, 0.0, 1.5])),
            )
        )
    return out


def made_up_run(draws: int, seed: int = 7) -> tuple[Terms, Run]:
    """Terms with caps, freight and a strategic premium; two decks, three baskets (the last holds every metal)."""
    tables = economic_tables()
    decks = tuple(tables.price_usd_per_kg[d] for d in ("2025e", "2024"))
    terms = Terms(
        cap_kg={e: 0.1 * kg for e, kg in tables.production_kg.items()},
        freight_usd_per_kg={"Fe": 0.016, "Zn": 0.05},
        importance={"Cu": 0.4, "Co": 1.6, "Sc": 1.2, "W": 1.5, "Au": 0.2},
    )
    views = tuple((d, b) for d in range(2) for b in range(len(BASKETS)))
    return terms, Run(seed=seed, draws=draws, decks=decks, baskets=BASKETS, views=views)


TABLES_FOR_TESTS = economic_tables()


IMPROVEMENTS = (
    "grade", "price", "recovery", "payable", "cap", "tonnage", "operating", "capital", "royalty", "freight",
)  # fmt: skip
_DOWN = {"operating", "capital", "royalty", "freight"}
Facts = dict[str, np.ndarray]


def random_facts(k: int, seed: int) -> Facts:
    """One draw of each of ``k`` different worlds with three products, in some of which a market cap binds."""
    rng = np.random.default_rng(seed)

    def spread(median, s, shape):
        return median * np.exp(rng.normal(0.0, s, shape))

    price = spread(np.array([[4e4], [9.0], [1000.0]]), 0.6, (3, k))
    return {
        "tonnage": 10 ** rng.uniform(5.0, 8.6, k),
        "operating": spread(8.0, 0.6, k),
        "capital": spread(1.2e8, 0.8, k),
        "grade": spread(np.array([[0.6], [3500.0], [60.0]]), 0.9, (3, k)),
        "recovery": rng.uniform(0.05, 0.95, (3, k)),
        "price": price,
        "payable": rng.uniform(0.3, 1.0, (3, k)),
        "royalty": rng.uniform(0.0, 0.17, (3, k)),
        "freight": rng.choice([0.0, 0.0, 0.4, 0.7], (3, k)) * price,
        "importance": 0.3 * rng.uniform(0.0, 2.0, (3, 1)),
        "cap": np.array([1500.0, np.inf, 5000.0]),
        "ramp": np.array(sorted(TABLES_FOR_TESTS.maturity.items())[seed % 4][1].ramp),
        "feed_freight": np.array(0.3 * (seed % 2)),
        "lean": np.array([np.inf, 300 / 200_000, np.inf]),
    }


def worlds_of(f: Facts) -> PlanInputs:
    """Facts as the inputs of the plans; copper (the second product) needs a feed that can be brought to grade."""
    lean = np.minimum(1.0, f["lean"][:, None] * f["grade"])
    return PlanInputs(
        tonnage_t=f["tonnage"],
        operating_usd_per_t=f["operating"],
        capital_usd=f["capital"],
        recovered_kg_per_t=f["grade"] * f["recovery"] * lean / 1000.0,
        margin_usd_per_kg=margin_usd_per_kg(f["price"], f["payable"], f["royalty"], f["freight"]),
        price_usd_per_kg=f["price"],
        lifted_margin_usd_per_kg=margin_usd_per_kg(
            f["price"], f["payable"], f["royalty"], f["freight"], f["importance"]
        ),
        cap_kg=f["cap"],
        table=life_table(tuple(f["ramp"]), Finance()),
        feed_freight_usd_per_t=float(f["feed_freight"]),
    )


def random_worlds(k: int, seed: int) -> PlanInputs:
    """Inputs of ``k`` worlds of one draw each."""
    return worlds_of(random_facts(k, seed))


def changed_worlds(facts: Facts, name: str, seed: int) -> Facts:
    """The same worlds with one thing made better by a factor of its own in each; of a product thing, in one product."""
    rng = np.random.default_rng(seed + 1000)
    out = dict(facts)
    factor = np.exp(rng.exponential(0.5, facts["tonnage"].shape))
    value = facts[name]
    if value.ndim == 2:
        product = rng.integers(0, 3, factor.shape)
        factor = np.where(np.arange(3)[:, None] == product[None, :], factor[None, :], 1.0)
    if name == "cap":
        factor = np.array([1.7, 1.0, 2.5])
    out[name] = value / factor if name in _DOWN else value * factor
    if name in ("recovery", "payable"):
        out[name] = np.minimum(1.0, out[name])
    return out


def evaluate(x: PlanInputs, finance: Finance, basket: np.ndarray) -> SiteValues:
    """The kernel on given draws in the place of drawn ones."""
    n, k = x.margin_usd_per_kg.shape
    d, o = new_draws(n, len(PLANT_RATES_T), k), new_values(len(basket), len(PLANT_RATES_T), k)
    d.tonnes[:], d.operating[:], d.capital[:] = x.tonnage_t, x.operating_usd_per_t, x.capital_usd
    d.recovered[:], d.margin[:] = x.recovered_kg_per_t, x.margin_usd_per_kg
    d.lift[:] = x.lifted_margin_usd_per_kg - x.margin_usd_per_kg
    scale = PLANT_RATES_T / REFERENCE_RATE_T
    terms = (
        finance.v, finance.min_life_years, finance.sustaining_share, finance.closure_share, x.feed_freight_usd_per_t,
    )  # fmt: skip
    fill_plans(d, PLANT_RATES_T, scale**x.operating_exponent, scale**x.capital_exponent, x.table, terms)
    evaluate_plans(d, n, x.price_usd_per_kg, np.arange(n), x.cap_kg, basket, PLANT_RATES_T, finance.min_life_years, o)
    return o
