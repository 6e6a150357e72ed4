"""Metal, projects and ranks: the Monte-Carlo assessment of every block, its robustness, and what to sample next."""

from typing import Any

import dagster as dg
import pandas as pd

from assets.fingerprints import result
from assets.place import Place
from assets.shown.progress import announce
from data_sources.reference import load_reference
from data_sources.regions import Region
from scoring.case import Case, Register
from scoring.rank.assess import Progress, run, state_to_assessment
from scoring.rank.next_sample import sample_next
from scoring.rank.sensitivity import THRESHOLD, Robustness, one_basket, robustness
from scoring.rank.settings import RankingSettings
from scoring.rank.what_if import what_if_table
from scoring.rank.what_moves import what_moves


def case_of(
    region: Region,
    blocks: dict[str, Any],
    waste_inventory: dict[str, Any],
    block_fertility: dict[str, Any],
    gate_layers: dict[str, Any],
) -> Case:
    """What is assessed, from the bundles of the assets before."""
    frames = ("sites", "footprints", "tonnages", "grades", "constraints")
    register = Register(**{name: waste_inventory[name] for name in frames})
    return Case(
        blocks["units"], register, load_reference(), region.crs, block_fertility.get("table"), dict(gate_layers)
    )


def _settings(region: Region) -> RankingSettings:
    return RankingSettings.from_mapping(region.ranking, seed=region.seed)


def _progress(context: dg.AssetExecutionContext, region: Region) -> Progress:
    # An asset is done when it is seen to hold, not when its last step is: the whole of it is announced once.
    return lambda share, text: announce(region.name, context.asset_key.path[-1], min(share, 0.99), text)


def assessment(context: dg.AssetExecutionContext, workspace: Place, **made: dict[str, Any]) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    case = case_of(region, **made)
    state = run(case, _settings(region), _progress(context, region))
    outcome = state_to_assessment(state)
    bundle = {
        "ranked_blocks": outcome.ranked_blocks,
        "site_shares": outcome.site_shares,
        "site_potential": outcome.site_potential,
        "element_potential": outcome.element_potential,
        "basket_ranks": outcome.basket_ranks,
        "mass_balance": outcome.mass_balance,
        "price_decks": outcome.price_decks,
        "what_if": what_if_table(state),
    }
    status = outcome.ranked_blocks["status"].value_counts().sort_index().to_dict()
    return result(
        context, workspace, bundle, blocks=len(outcome.ranked_blocks), by_status=dg.MetadataValue.json(status)
    )


def robustness_report(
    context: dg.AssetExecutionContext, workspace: Place, **made: dict[str, Any]
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    case = case_of(region, **made)
    state = run(case, one_basket(_settings(region)))
    report = robustness(state, _progress(context, region))
    bundle = {
        "robustness": robustness_table(report),
        "rank_acceptability": report.acceptability.rename(columns=lambda name: name.replace("acceptability_", "p_")),
        "scenario_ranks": report.ranks,
        "sample_next": sample_next(state),
        "what_moves": what_moves(state),
        "verdict": report.verdict,
    }
    return result(context, workspace, bundle, verdict=dg.MetadataValue.md(report.verdict.to_string(index=False)))


def robustness_table(report: Robustness) -> pd.DataFrame:
    """Every comparison and, under the test ``verdict``, the judgement on each kind with its reason."""
    names = {"scenario": "test", "jaccard_top_k": "jaccard", "n": "n_blocks"}
    tests = report.scenarios.rename(columns=names)
    tests["is_robust"] = (tests["kendall_tau"] >= THRESHOLD) & (tests["jaccard"] >= THRESHOLD)
    verdicts = report.verdict.rename(columns={"reason": "note"}).assign(test="verdict")
    return pd.concat([tests, verdicts], ignore_index=True)
