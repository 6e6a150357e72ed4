"""The assets of a region in the order in which a block is scored: what each is made from, and which function makes it.

The functions are named and not imported: whoever loads the definitions waits for no library that an asset needs when it is
made. What a result hangs on is found from the text of its function all the same (``khanij.foundation.closure``).

Belongs here: the graph. Does not belong here: making anything (the modules that are named), when it is made (``pipelines``).
"""

from typing import Any

import dagster as dg

from assets.fingerprints import RECIPES, Late, Making, Recipe, code_version
from assets.published.generation import GROUP as PUBLICATION
from assets.published.generation import SOURCES
from assets.shown.outside import outside_keys
from assets.shown.progress import announce
from assets.workspace import PARTITIONS, Workspace
from data_sources.contracts.blocks import BLOCK_CONTRACTS, BLOCK_FACTS
from data_sources.contracts.survey import VECTOR_LAYERS
from data_sources.contracts.waste import WASTE_CONTRACTS

BLOCK_LAYERS = (*BLOCK_CONTRACTS, BLOCK_FACTS.name)
WASTE_LAYERS = tuple(WASTE_CONTRACTS)
_RANKED_FROM = ("blocks", "waste_inventory", "block_fertility", "gate_layers")


def _survey_layer(name: str, title: str) -> Recipe:
    return Recipe(
        name=name,
        made_by=Late("assets.survey", "layer"),
        group="survey",
        title=title,
        kinds=("python", "geoparquet"),
        settings=("extent_deg", "states", f"layers.{name}"),
        layers=(name, "states"),
    )


_RECIPES = (
    *(_survey_layer(name, title) for name, title in VECTOR_LAYERS.items()),
    Recipe(
        name="geophysics",
        made_by=Late("assets.survey", "geophysics"),
        group="survey",
        title="Geophysics and other survey rasters, bands by name, nodata as NaN.",
        kinds=("python", "cog"),
        settings=("extent_deg", "layers.geophysics"),
        layers=("geophysics",),
    ),
    Recipe(
        name="waste_inventory",
        made_by=Late("assets.waste_sites", "waste_inventory"),
        group="waste",
        title="Waste sites of every source, joined into one register, with every published tonnage, grade and constraint, each with its source; wrong rows are held.",
        kinds=("python", "geoparquet"),
        settings=("waste", "states", "extent_deg", *(f"layers.{name}" for name in WASTE_LAYERS)),
        layers=(*WASTE_LAYERS, "waste", "states"),
        files=lambda workspace, region: workspace.waste_files(region),
    ),
    Recipe(
        name="blocks",
        made_by=Late("assets.blocks", "blocks"),
        group="blocks",
        title="The ranking units of the region; ranks and sums run within a kind, never across.",
        kinds=("python", "geoparquet"),
        settings=("units", "extent_deg", "crs", "states", *(f"layers.{name}" for name in BLOCK_LAYERS)),
        upstream=("waste_inventory",),
        layers=(*BLOCK_LAYERS, "states"),
    ),
    Recipe(
        name="gate_layers",
        made_by=Late("assets.gates", "gate_layers"),
        group="blocks",
        title="Gates and modifiers that the user connects; without them only the register's own facts bar a block.",
        kinds=("python", "geoparquet"),
        settings=("gates",),
        files=lambda workspace, region: list(workspace.gate_paths(region).values()),
    ),
    Recipe(
        name="fertility",
        made_by=Late("assets.evidence", "fertility"),
        group="fertility",
        title="Evidence rasters, the held-out posterior with its standard deviation, and the validation tables.",
        kinds=("python", "cog"),
        settings=("fertility", "grid", "crs", "extent_deg", "seed"),
        upstream=(*VECTOR_LAYERS, "geophysics", "waste_inventory"),
    ),
    Recipe(
        name="block_fertility",
        made_by=Late("assets.evidence", "block_fertility"),
        group="fertility",
        title="Mean and maximum of every evidence band and of the held-out posterior over each block, and percentiles by area.",
        kinds=("python", "parquet"),
        settings=("crs", "extent_deg"),
        upstream=("fertility", "blocks"),
    ),
    Recipe(
        name="assessment",
        made_by=Late("assets.potential", "assessment"),
        group="potential",
        title="Every block with its metal, project, score and rank interval; sums are conserved within a kind.",
        kinds=("python", "geoparquet"),
        settings=("ranking", "crs", "seed", "gates"),
        upstream=_RANKED_FROM,
    ),
    Recipe(
        name="robustness_report",
        made_by=Late("assets.potential", "robustness_report"),
        group="potential",
        title="The ranking under other prices, premiums, distances, caps and units, with a verdict; and what to sample next.",
        kinds=("python", "parquet"),
        settings=("ranking", "crs", "seed", "gates"),
        upstream=_RANKED_FROM,
    ),
    Recipe(
        name="evidence_files",
        made_by=Late("assets.published.publication", "evidence_files"),
        group=PUBLICATION,
        title="Evidence rasters as Cloud-Optimised GeoTIFFs, and the validation report, staged for the next set.",
        kinds=("python", "cog", "html"),
        settings=("title", "is_sample"),
        upstream=("fertility",),
    ),
    Recipe(
        name="ranked_blocks",
        made_by=Late("assets.published.publication", "ranked_blocks"),
        group=PUBLICATION,
        title="The product: ranked blocks with intervals, explanations and sources, styled for QGIS, staged for the next set.",
        kinds=("python", "geopackage"),
        settings=("*",),
        upstream=(
            "assessment",
            "robustness_report",
            "block_fertility",
            "fertility",
            "evidence_files",
            "gate_layers",
            *SOURCES,
        ),
        layers=("base",),
    ),
    Recipe(
        name="web_page",
        made_by=Late("assets.published.publication", "web_page"),
        group=PUBLICATION,
        title="One page with map, table, filters and explanations that needs no server and no network, and the brief, staged for the next set.",
        kinds=("python", "html"),
        settings=("title", "is_sample"),
        upstream=("ranked_blocks", "evidence_files"),
    ),
    Recipe(
        name="published_set",
        made_by=Late("assets.published.published_set", "published_set"),
        group=PUBLICATION,
        title="The set that people open, published as one: GeoPackage, page, evidence rasters, fertility report and tables.",
        kinds=("python",),
        settings=("publication",),
        upstream=("evidence_files", "ranked_blocks", "web_page"),
    ),
)
RECIPES.update({recipe.name: recipe for recipe in _RECIPES})


def region_assets() -> list[dg.AssetsDefinition]:
    """Every asset of a region, as Dagster knows it."""
    return [region_asset(recipe) for recipe in _RECIPES]


def region_asset(recipe: Recipe) -> dg.AssetsDefinition:
    """The asset of a recipe: partitioned by region, its fingerprint known before its function is imported and called."""

    @dg.asset(
        name=recipe.name,
        group_name=recipe.group,
        description=recipe.title,
        kinds=set(recipe.kinds),
        owners=["team:khanij"],
        code_version=code_version(recipe.code),
        partitions_def=PARTITIONS,
        ins={up: dg.AssetIn(up) for up in recipe.upstream},
        # Given here, since map_asset_specs cannot add one to an asset that takes another as its argument.
        deps=outside_keys(recipe.layers),
    )
    def made(context: dg.AssetExecutionContext, workspace: Workspace, **loaded: dict[str, Any]) -> dg.MaterializeResult:
        announce(context.partition_key, recipe.name, 0.0)
        making = Making(recipe.name, context.partition_key, workspace, loaded)
        finished = making.finish(recipe.made_by(context, workspace, **loaded))
        announce(context.partition_key, recipe.name, 1.0)
        return finished

    return made
