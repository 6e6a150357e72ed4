"""What is ranked: waste blocks (one a site), auction blocks, mining leases and survey sheets, each with its own kind."""

from typing import Any

import dagster as dg
import geopandas as gpd
import pandas as pd

from assets.fingerprints import region_asset, result
from assets.workspace import Workspace
from data_sources.readers.blocks import embedded_auction_blocks, read_blocks, sheet_blocks
from scoring.waste.waste_blocks import waste_blocks

LAYERS = ("auction_blocks", "mining_leases")


@region_asset(
    group="blocks",
    title="The ranking units of the region; ranks and sums run within a kind, never across.",
    kinds={"python", "geoparquet"},
    settings=("units", "extent_deg", "crs", "states", *(f"layers.{name}" for name in LAYERS)),
    layers=(*LAYERS, "states"),
    upstream=("waste_inventory",),
)
def blocks(
    context: dg.AssetExecutionContext, workspace: Workspace, waste_inventory: dict[str, Any]
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    states = workspace.states(region)
    frames, quarantine, report = [], [], {}
    for kind in region.units:
        if kind == "waste_block":
            units = waste_blocks(waste_inventory["sites"], waste_inventory["footprints"], region.crs)
            marks = waste_inventory.get("marks", {})  # what admission found odd in a site or repaired in its outline
            told = [
                "; ".join(filter(None, (f, marks.get(s))))
                for f, s in zip(units["flags"], units["site_id"], strict=True)
            ]
            frames.append(units.assign(flags=pd.Series(told, index=units.index, dtype="str")))
            continue
        if kind == "survey_sheet":
            frames.append(sheet_blocks(region.extent_deg, region.crs))
            continue
        layer = {"auction_block": "auction_blocks", "mining_lease": "mining_leases"}[kind]
        source = region.layers.get(layer)
        if source is None:
            continue
        if source.card == "embedded_auction_blocks":
            admitted = embedded_auction_blocks(extent_deg=region.extent_deg, states=states)
        else:
            admitted = read_blocks(
                workspace.layer_path(region, source),
                layer,
                card_name=source.card,
                extent_deg=region.extent_deg,
                options=dict(source.options) | ({"layer": source.layer} if source.layer else {}),
                states=states,
            )
        frames.append(admitted.kept)
        quarantine.append(admitted.quarantine)
        report[layer] = admitted.report
    units = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4326")
    held = pd.concat(quarantine, ignore_index=True) if quarantine else waste_inventory["quarantine"].iloc[:0]
    bundle = {"units": units, "quarantine": held, "report": report}
    return result(
        context,
        workspace,
        bundle,
        blocks=len(units),
        by_kind=dg.MetadataValue.json(units["kind"].value_counts().sort_index().to_dict()),
        report=dg.MetadataValue.json(report),
    )
