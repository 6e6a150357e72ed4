"""Fertility of the ground: evidence layers, model, held-out posterior, validation, and its mean over each block."""

from dataclasses import replace
from typing import Any

import dagster as dg
import geopandas as gpd
import pandas as pd

from assets.fingerprints import result
from assets.place import Place
from assets.shown.progress import announce
from assets.survey import survey_frames
from data_sources.sheets import sheets_in
from khanij.foundation.grid import Grid, RasterStack
from scoring.ground.fertility import (
    HELD_OUT,
    POSTERIOR_SD,
    Fertility,
    SurveyLayers,
    estimate_fertility,
    evidence_of_units,
    fertility_of_units,
    unit_statistics_of,
)
from scoring.ground.settings import FertilitySettings


def fertility(
    context: dg.AssetExecutionContext,
    workspace: Place,
    geophysics: dict[str, Any],
    waste_inventory: dict[str, Any],
    **survey: dict[str, Any],
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    frames = survey_frames(**survey)
    if region.grid is None or frames["stream_sediments"] is None:
        bundle: dict[str, Any] = {
            "summary": {
                "model_used": None,
                "notes": ["no stream sediments are connected in this region: fertility is missing, not zero"],
            }
        }
        return result(context, workspace, bundle, model="none: no survey layers connected")
    layers = SurveyLayers.of(frames, (geophysics["stack"],) if "stack" in geophysics else ())
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


def block_fertility(
    context: dg.AssetExecutionContext, workspace: Place, fertility: dict[str, Any], blocks: dict[str, Any]
) -> dg.MaterializeResult:
    if "stack" not in fertility:
        return result(context, workspace, {"connected": False}, note=fertility["summary"]["notes"][0])
    estimate = Fertility(
        fertility["stack"],
        {"evidence": fertility["table/evidence"]},
        None,
        tuple(fertility["summary"]["notes"]),
        fertility["summary"]["model_used"],
    )
    mapped = blocks["units"][~(blocks["units"].geometry.isna() | blocks["units"].geometry.is_empty)]
    statistics = unit_statistics_of(estimate, mapped)
    table = fertility_of_units(estimate, mapped, statistics)
    return result(
        context,
        workspace,
        {
            "connected": True,
            "table": table,
            "evidence": evidence_of_units(estimate, statistics),
            "sheets": fertility_of_sheets(estimate, workspace.region(context.partition_key).extent_deg),
        },
        blocks=len(table),
        covered=int(table["fertility_axis"].notna().sum()),
    )


def fertility_of_sheets(estimate: Fertility, extent_deg: tuple[float, float, float, float]) -> pd.DataFrame:
    """Fertility of every 1:50,000 sheet of the region, and its place among those that survey layers cover."""
    sheets = sheets_in(extent_deg).rename(columns={"sheet": "block_id"})
    alone = RasterStack(estimate.stack.grid, tuple(estimate.stack[n] for n in (HELD_OUT, POSTERIOR_SD)))
    told = fertility_of_units(replace(estimate, stack=alone), sheets).rename(columns={"block_id": "sheet"})
    told["rank_fertility"] = told["fertility_axis"].rank(ascending=False, method="first").astype("Int64")
    return told[["sheet", "fertility_axis", "fertility_axis_p10", "fertility_axis_p90", "rank_fertility"]]
