"""P(pays) of every case, each valued without its own plants in the cost laws, and the five measures.

Belongs here: the terms under which the world's projects are valued. Does not belong here: reading, printing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.world.cost_laws import refitted, without_scale
from benchmarks.world.measures import auc, bootstrap_auc, brier, like_tonnage_pairs
from benchmarks.world.projects import Case, Cases, cases
from benchmarks.world.published_costs import published_costs
from data_sources.reference.economic_facts import EconomicTables
from scoring.waste.projects.project_engine import simulate_projects, whole_sites
from scoring.waste.projects.project_inputs import Run, Terms, finance_of, project_inputs

ROYALTY = 0.03
"""Share of the price in a country whose schedule is not in the tables, no levies."""
CAPPED, CAP_SHARE = "Sc", 0.10
"""The one metal whose market a single project fills, and the share of world production that it may sell."""


@dataclass(frozen=True)
class Valued:
    """One case with what the model says of it at the prices of its year."""

    case: Case
    p_pays: float
    npv_musd: tuple[float, float, float]
    multiple: float


@dataclass(frozen=True)
class Measures:
    """The five measures, and the bootstrap interval of the first."""

    auc: float
    auc_low: float
    auc_high: float
    pairs: float
    n_pairs: int
    without_scale: float
    brier: float
    n: int


def value_case(case: Case, tables: EconomicTables, draws: int, seed: int = 0) -> Valued:
    """One case under its own year's prices and costs: royalty 3 % of price, no market cap but scandium's."""
    terms = Terms(
        royalty={g.label: ROYALTY for g in case.project.grades},
        cap_kg={CAPPED: CAP_SHARE * tables.production_kg[CAPPED]},
        cost_factor=published_costs().cpi_factor(case.year),
    )
    run = Run(
        seed=seed,
        draws=draws,
        finance=finance_of(tables),
        decks=(case.prices_usd_per_kg,),
        baskets=(frozenset(g.label for g in case.project.grades),),
        views=((0, 0),),
    )
    inputs, ids, _ = project_inputs([case.project], tables, terms, run)
    out = simulate_projects(inputs, ids, whole_sites(1), draws, fixed_share=tables.fixed_share, threads=1).out
    low, middle, high = (float(v) / 1e6 for v in out.npv[0, 0, :3])
    return Valued(case, float(out.p_pays[0, 0]), (low, middle, high), float(out.multiple_q[0, 0, 1]))


def value_all(found: Cases, tables: EconomicTables, draws: int, *, scale: bool = True, seed: int = 0) -> list[Valued]:
    """Every case, its own plants left out of the fit of the cost laws; without scale where asked."""
    out = []
    for case in found.used:
        own = refitted(tables, published_costs(), {case.outcome_id})
        out.append(value_case(case, own if scale else without_scale(own), draws, seed))
    return out


def measures(valued: list[Valued], unscaled: list[Valued]) -> Measures:
    """The five measures of a set of cases."""
    p, y = [v.p_pays for v in valued], [v.case.built for v in valued]
    pairs, n_pairs = like_tonnage_pairs(p, y, [v.case.tonnage_mt for v in valued])
    low, high = bootstrap_auc(p, y)
    return Measures(
        auc=auc(p, y),
        auc_low=low,
        auc_high=high,
        pairs=pairs,
        n_pairs=n_pairs,
        without_scale=auc([v.p_pays for v in unscaled], y),
        brier=brier(p, y) if p else float("nan"),
        n=len(p),
    )


VARIANTS = {
    "all that is known": (True, True),
    "without mineral state": (False, True),
    "without standing mill": (True, False),
    "without either": (False, False),
}


def all_variants(
    frame: pd.DataFrame, tables: EconomicTables, known: set[str], table: str, draws: int
) -> tuple[Cases, list[Valued], dict[str, Measures]]:
    """The cases valued with all that is known, and the measures with and without mineral state and standing mill."""
    out: dict[str, Measures] = {}
    first: tuple[Cases, list[Valued]] | None = None
    for name, (state, mill) in VARIANTS.items():
        found = cases(frame, tables, known, table, use_state=state, use_mill=mill)
        valued = value_all(found, tables, draws)
        out[name] = measures(valued, value_all(found, tables, draws, scale=False))
        first = first or (found, valued)
    assert first is not None
    return first[0], first[1], out


def tonnage_alone(valued: list[Valued]) -> float:
    """AUC of tonnage by itself: what size alone would tell."""
    return auc(np.array([v.case.tonnage_mt for v in valued]), np.array([v.case.built for v in valued]))
