"""The whole assessment of a region: a case and its settings in, ranked blocks with their reasons and tables out.

Belongs here: the order of the steps. Does not belong here: a formula, a column (``told``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from scoring.case import Case
from scoring.rank.baskets import basket_elements
from scoring.rank.gates import lifted
from scoring.rank.gating import gates_of
from scoring.rank.kind_scores import kind_scores
from scoring.rank.ranking import final_rank, rank_draws, tiers
from scoring.rank.route_choice import with_chosen_routes
from scoring.rank.scores import Scores
from scoring.rank.settings import RankingSettings
from scoring.rank.state import Decided, Given, RunState, Scored, decide
from scoring.rank.told.rank_tables import basket_table, deck_table, shares_table
from scoring.rank.told.site_tables import element_table, mass_balance_table, site_table
from scoring.rank.told.tables import block_table
from scoring.waste.inventory import site_records
from scoring.waste.metal import MetalInputs, simulate_metal
from scoring.waste.pooling import pooled_grades
from scoring.waste.prepare import metal_inputs
from scoring.waste.projects.project_engine import ProjectSimulation, simulate_projects
from scoring.waste.routes import RouteBook
from scoring.waste.shares.allocation import allocate, near_as_inside
from scoring.waste.shares.units import UnitPlan, plan_units
from scoring.waste.site_projects import attach_projects, flag_alike, inputs_of, link_complexes, other_deck, price_deck

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Assessment:
    """What is published of a region; P10 is the LOW case, rank P05 the BEST place."""

    ranked_blocks: gpd.GeoDataFrame
    site_shares: pd.DataFrame
    site_potential: pd.DataFrame
    element_potential: pd.DataFrame
    basket_ranks: pd.DataFrame
    mass_balance: pd.DataFrame
    price_decks: pd.DataFrame


def assess(case: Case, settings: RankingSettings, progress: Progress | None = None) -> Assessment:
    """Rank the blocks of every kind by the critical metal in the waste they hold.

    Parameters
    ----------
    case : what is assessed.
    progress : called with the share done (0..1) and a text.

    Raises
    ------
    CrsError : the case's CRS does not keep areas.
    """
    return state_to_assessment(run(case, settings, progress))


def run(
    case: Case, settings: RankingSettings, progress: Progress | None = None, *, count_near: bool = False
) -> RunState:
    """Every step up to the ranks, with the draws still at hand (for robustness and the value of information).

    ``count_near`` scores what is near a block as if it were inside: a sensitivity, never the ranking.
    """
    say = progress or (lambda share, what: None)
    given = given_of(case, settings, say, count_near)
    decided = decide(given)
    return RunState(given, decided, scored_of(decided, say))


def given_of(
    case: Case, settings: RankingSettings, say: Progress = lambda share, what: None, count_near: bool = False
) -> Given:
    """The register read, sites shared among blocks, gates held against both: all that is known before a block is judged."""
    register, book = case.register, RouteBook(case.reference)
    blocks = case.blocks.copy()
    blocks["block_id"] = blocks["block_id"].astype(str)
    blocks = blocks.sort_values("block_id", kind="stable").reset_index(drop=True)
    grades = register.grades
    if settings.pooling:
        grades = pd.concat([grades, pooled_grades(register.sites, grades)], ignore_index=True)
    baskets = {name: basket_elements(name, settings, case.reference) for name in settings.baskets}
    sites, chosen = with_chosen_routes(
        register.sites, register.tonnages, grades, book, settings, baskets[settings.basket]
    )
    records = site_records(sites, register.tonnages, grades, book, settings.min_tonnage_mt)
    for site, words in chosen.items():
        records[site].flags.append(words)
    attach_projects(records, book, settings)
    flag_alike(records)
    say(0.05, "register read")
    allocation = allocate(register.sites, register.footprints, blocks, case.crs, settings)
    if count_near:
        allocation = near_as_inside(allocation)
    site_gates, block_gates = gates_of(case, blocks, records, allocation, settings)
    if not settings.apply_gates:
        site_gates, block_gates = ({k: lifted(g) for k, g in gates.items()} for gates in (site_gates, block_gates))
    complexes = link_complexes(records, [s for s, gate in site_gates.items() if gate.status])
    say(0.15, "sites shared among blocks")
    return Given(case, settings, blocks, book, records, site_gates, block_gates, allocation, baskets, complexes)


def scored_of(decided: Decided, say: Progress = lambda share, what: None) -> Scored:
    """Metal and projects drawn, values summed over each block, ranks inside every draw."""
    g, settings = decided.given, decided.given.settings
    other = other_deck(settings)
    decks = [price_deck(g.book, settings, d) for d in (settings.price_deck, other)]
    views = [(0, i) for i in range(len(g.baskets))] + [(1, g.main_view)]
    metal, elements, site_row = metal_inputs(g.records, g.book, settings)
    inputs, project_ids, products = inputs_of(
        g.records, g.book, settings, decks, list(g.baskets.values()), views, complexes=g.complexes
    )
    plan = plan_of(g, metal, site_row, project_ids)
    how = {"chunk": settings.unit_chunk, "threads": settings.threads}
    held = simulate_metal(
        metal, plan.units, len(elements), settings.draws, progress=lambda x: say(0.15 + 0.2 * x, "metal drawn"), **how
    )
    projects = simulate_projects(
        inputs,
        plan.ids,
        plan.projects,
        settings.draws,
        fixed_share=g.book.economics.fixed_share,
        progress=lambda x: say(0.35 + 0.4 * x, "projects drawn"),
        **how,
    )
    scores = {
        name: _rank_basket(decided, projects, name, view=position, deck=0) for position, name in enumerate(g.baskets)
    }
    in_other_deck = _rank_basket(decided, projects, settings.basket, view=len(g.baskets), deck=1)
    say(0.9, "ranks inside every draw")
    return Scored(elements, plan, held, projects, project_ids, products, scores, in_other_deck, other)


def plan_of(g: Given, metal: MetalInputs, site_row: dict[str, int], project_ids: list[str]) -> UnitPlan:
    """Which sites the engine adds up in each block; a site that is barred counts in none but its own."""
    usable = {s for s in site_row if g.records[s].may_rank and g.records[s].has_value and not g.site_gates[s].status}
    return plan_units(g.ids, g.allocation, metal, site_row, project_ids, usable, g.settings.min_inside)


def _rank_basket(
    decided: Decided, projects: ProjectSimulation, name: str, *, view: int, deck: int
) -> dict[str, Scores]:
    g, out = decided.given, {}
    for kind in g.kinds:
        members = decided.members(kind, name)
        if not members:
            continue
        scores = kind_scores(decided, projects.out, members, view, deck)
        scores.summary = rank_draws(scores.keys, threads=g.settings.threads)
        scores.rank = final_rank(scores.mean, scores.needed, [g.ids[i] for i in members])
        scores.tiers = tiers(scores.summary.ranks, scores.rank)
        if name != g.settings.basket or deck != 0:
            # only the ranking's own ranks are read again, draw by draw
            scores.keys = np.empty((0, 0), np.float32)
            scores.summary = dataclasses.replace(scores.summary, ranks=scores.keys)
        out[kind] = scores
    return out


def state_to_assessment(state: RunState) -> Assessment:
    """The published tables of a finished run."""
    return Assessment(
        ranked_blocks=block_table(state),
        site_shares=shares_table(state),
        site_potential=site_table(state),
        element_potential=element_table(state),
        basket_ranks=basket_table(state),
        mass_balance=mass_balance_table(state),
        price_decks=deck_table(state),
    )
