"""Metal, margin, axes and ranks: the Monte-Carlo assessment of every block, its robustness, and what to sample next."""

from typing import Any

import dagster as dg

from assets.fingerprints import region_asset, result
from assets.progress import announce
from assets.workspace import Workspace
from data_sources.reference import load_reference
from scoring.rank.assess import assess
from scoring.rank.settings import RankingSettings

CODE = ("assets/potential.py", "scoring/waste", "scoring/rank", "scoring/units.py", "data_sources/reference")
UPSTREAM = ("blocks", "waste_inventory", "block_fertility")


def _inputs(
    workspace: Workspace, region_name: str, blocks: dict[str, Any], waste: dict[str, Any], fertility: dict[str, Any]
) -> dict[str, Any]:
    region = workspace.region(region_name)
    return {
        "blocks": blocks["units"],
        "sites": waste["sites"],
        "footprints": waste["footprints"],
        "tonnages": waste["tonnages"],
        "grades": waste["grades"],
        "constraints": waste["constraints"],
        "fertility": fertility.get("table"),
        "reference": load_reference(),
        "settings": RankingSettings.from_mapping(dict(region.ranking), seed=region.seed),
        "crs": region.crs,
    }


@region_asset(
    group="potential",
    title="Every block with its metal, margin, axes, score and rank interval; sums are conserved within a kind.",
    kinds={"python", "geoparquet"},
    settings=("ranking", "crs", "seed", "gates"),
    code=CODE,
    upstream=UPSTREAM,
)
def assessment(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    blocks: dict[str, Any],
    waste_inventory: dict[str, Any],
    block_fertility: dict[str, Any],
) -> dg.MaterializeResult:
    outcome = assess(
        **_inputs(workspace, context.partition_key, blocks, waste_inventory, block_fertility),
        progress=lambda share, text: announce(context.partition_key, context.asset_key.path[-1], share, text),
    )
    bundle = {
        "ranked_blocks": outcome.ranked_blocks,
        "site_shares": outcome.site_shares,
        "site_potential": outcome.site_potential,
        "element_potential": outcome.element_potential,
        "basket_ranks": outcome.basket_ranks,
        "mass_balance": outcome.mass_balance,
        "price_decks": outcome.price_decks,
    }
    status = outcome.ranked_blocks["status"].value_counts().sort_index().to_dict()
    return result(
        context, workspace, bundle, blocks=len(outcome.ranked_blocks), by_status=dg.MetadataValue.json(status)
    )
