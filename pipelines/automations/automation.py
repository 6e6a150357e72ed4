"""What an installation adds to the assets: freshness policies, column schemas and lineage, and where results are found.

Belongs here: attributes that do not change a result. Does not belong here: the assets themselves (``assets``) or the
clock (``schedules``).

One trigger an asset: region assets are asked for by the nightly schedule and the sensors, which decide by fingerprints;
archives of remote sources by their own nightly schedule, which decides by their cards' freshness. No asset carries an
``AutomationCondition``, because what they could ask here is coarser than a region or comes after the fact:

* ``code_version_changed`` compares one version an asset and asks for every partition, also of regions whose files are
  not here; prices, weights and files that changed are no code version.
* ``freshness_warned`` and ``freshness_failed`` hold for an asset as a whole: a source that is due in one region would be
  read again in all, and one that was read for one region would hide that it is due in another.
* ``eager`` and ``data_version_changed`` start from what was made: every run of the schedules and sensors, which make what
  depends on a change in the same run, would start a second one for the same assets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.fingerprints import RECIPES
from assets.over_time.source_ages import DEFAULT_FRESH_DAYS
from assets.shown.contract_columns import ranked_lineage, table_schema
from assets.shown.outside import LANDING, fresh_days, outside_cards
from data_sources.contracts import Contract
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.survey import SURVEY_CONTRACTS

WARN_AT = 0.8


def freshness_policy(asset: str) -> dg.FreshnessPolicy:
    """Fails when a source-backed asset was not read within its card's freshness, warns at 80 % of it."""
    files = outside_cards()[LANDING]
    days = fresh_days([card for layer in RECIPES[asset].layers for card in files.get(layer, ())]) or DEFAULT_FRESH_DAYS
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=days), warn_window=timedelta(days=days * WARN_AT))


def contracts_by_asset() -> Mapping[str, Contract]:
    """The contract whose columns an asset shows in the UI."""
    return {**SURVEY_CONTRACTS, "ranked_blocks": RANKED_BLOCKS, "assessment": RANKED_BLOCKS}


def dressed(assets: Sequence[dg.AssetsDefinition | dg.AssetSpec]) -> Sequence[Any]:
    """The assets with freshness policies and definition metadata."""
    contracts = contracts_by_asset()

    def dress(spec: dg.AssetSpec) -> dg.AssetSpec:
        name = spec.key.path[-1]
        metadata: dict[str, Any] = dict(spec.metadata)
        if name in contracts:
            metadata["dagster/column_schema"] = table_schema(contracts[name])
        if name == "ranked_blocks":
            metadata["dagster/column_lineage"] = ranked_lineage(RANKED_BLOCKS)
        recipe = RECIPES.get(name)
        if recipe is not None and recipe.settings != ("",):
            metadata["settings_it_reads"] = ", ".join(recipe.settings)
        changed = spec.replace_attributes(metadata=metadata)
        if recipe is not None and recipe.layers and spec.freshness_policy is None:
            changed = changed.replace_attributes(freshness_policy=freshness_policy(name))
        return changed

    return dg.map_asset_specs(dress, assets)
