"""Fertility of the ground: evidence layers, model, held-out posterior, validation, and its mean over each block."""

from typing import Any

import dagster as dg
import geopandas as gpd

from assets.fingerprints import region_asset, result
from assets.progress import announce
from assets.survey import VECTOR_LAYERS, survey_frames
from assets.workspace import Workspace
from scoring.ground.fertility import Fertility, SurveyLayers, estimate_fertility, fertility_of_units
from scoring.ground.grid import Grid
from scoring.ground.settings import FertilitySettings


@region_asset(
    group="fertility",
    title="Evidence rasters, the held-out posterior with its standard deviation, and the validation tables.",
    kinds={"python", "cog"},
    settings=("fertility", "grid", "crs", "extent_deg", "seed"),
    code=("assets/evidence.py", "scoring/ground", "scoring/units.py", "data_sources/reference"),
    upstream=(*VECTOR_LAYERS, "geophysics", "waste_inventory"),
)
def fertility(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    stream_sediments: dict[str, Any],
    lithology: dict[str, Any],
    faults: dict[str, Any],
    folds: dict[str, Any],
    occurrences: dict[str, Any],
    magnetic_stations: dict[str, Any],
    gravity_stations: dict[str, Any],
    geophysics: dict[str, Any],
    waste_inventory: dict[str, Any],
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    frames = survey_frames(
        stream_sediments=stream_sediments,
        lithology=lithology,
        faults=faults,
        folds=folds,
        occurrences=occurrences,
        magnetic_stations=magnetic_stations,
        gravity_stations=gravity_stations,
    )
    if region.grid is None or frames["stream_sediments"] is None:
        bundle: dict[str, Any] = {
            "summary": {
                "model_used": None,
                "notes": ["no stream sediments are connected in this region: fertility is missing, not zero"],
            }
        }
        return result(context, workspace, bundle, model="none: no survey layers connected")
    layers = SurveyLayers(**frames, rasters=(geophysics["stack"],) if "stack" in geophysics else ())
    grid = Grid.from_extent_deg(region.extent_deg, region.crs, region.grid.cell_m, 0.0)
    settings = FertilitySettings.from_mapping(dict(region.fertility), seed=region.seed)
    dumps: gpd.GeoDataFrame = waste_inventory["sites"]
    estimate = estimate_fertility(
        layers, grid, settings, dumps, progress=lambda text: announce(region.name, "fertility", 0.5, text)
    )
    bundle = {
        "stack": estimate.stack,
        "anomalies": estimate.anomalies,
        "summary": {
            "model_used": estimate.model_used,
            "notes": list(estimate.notes),
            "validation": estimate.validation,
        },
        **{f"table/{name}": table for name, table in estimate.tables.items()},
    }
    return result(
        context,
        workspace,
        bundle,
        model=estimate.model_used,
        notes=dg.MetadataValue.md("\n".join(f"* {n}" for n in estimate.notes)),
        validation=dg.MetadataValue.json(estimate.validation),
    )


@region_asset(
    group="fertility",
    title="Mean and maximum held-out posterior over each block with exact partial cells, and its percentile by area.",
    kinds={"python", "parquet"},
    settings=("crs",),
    code=("assets/evidence.py", "scoring/ground"),
    upstream=("fertility", "blocks"),
)
def block_fertility(
    context: dg.AssetExecutionContext, workspace: Workspace, fertility: dict[str, Any], blocks: dict[str, Any]
) -> dg.MaterializeResult:
    if "stack" not in fertility:
        return result(context, workspace, {"connected": False}, note=fertility["summary"]["notes"][0])
    estimate = Fertility(
        fertility["stack"], {}, None, tuple(fertility["summary"]["notes"]), fertility["summary"]["model_used"]
    )
    mapped = blocks["units"][~(blocks["units"].geometry.isna() | blocks["units"].geometry.is_empty)]
    table = fertility_of_units(estimate, mapped)
    return result(
        context,
        workspace,
        {"connected": True, "table": table},
        blocks=len(table),
        covered=int(table["fertility_axis"].notna().sum()),
    )
