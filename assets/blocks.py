"""What is ranked: waste blocks (one a site), auction blocks, mining leases and survey sheets, each with its own kind."""

from typing import Any

import dagster as dg
import geopandas as gpd
import pandas as pd

from assets.fingerprints import result
from assets.survey import absent_rows
from assets.workspace import Workspace
from data_sources.contracts import ContractError, CrsError, SourceError
from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.identity import key_form
from data_sources.readers.block_facts import LAYER as FACTS
from data_sources.readers.block_facts import read_block_facts, with_block_facts
from data_sources.readers.blocks import embedded_auction_blocks, read_blocks, sheet_blocks, without_taken
from data_sources.regions import Region
from scoring.waste.shares.waste_blocks import waste_blocks


def blocks(
    context: dg.AssetExecutionContext, workspace: Workspace, waste_inventory: dict[str, Any]
) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    states = workspace.states(region)
    frames: list[gpd.GeoDataFrame] = []
    quarantine: list[pd.DataFrame] = []
    report: dict[str, Any] = {}
    for kind in region.units:
        if kind == "waste_block":
            units = waste_blocks(waste_inventory["sites"], waste_inventory["footprints"])
            marks = waste_inventory.get("marks", {})  # what admission found odd in a site or repaired in its outline
            told = [
                "; ".join(filter(None, (f, marks.get(s))))
                for f, s in zip(units["flags"], units["site_id"], strict=True)
            ]
            frames.append(units.assign(flags=pd.Series(told, index=units.index, dtype="str")))
            continue
        if kind == "survey_sheet":
            frames.append(sheet_blocks(region.extent_deg))
            continue
        layer = {"auction_block": "auction_blocks", "mining_lease": "mining_leases"}[kind]
        source = region.layers.get(layer)
        if source is None:
            continue
        try:
            admitted = _read(workspace, region, layer, states)
        except (SourceError, ContractError, CrsError) as error:
            report[layer] = _absent(workspace, region, layer, error, quarantine)
            continue
        admitted = without_taken(admitted, taken_ids(frames))
        frames.append(admitted.kept)
        quarantine.append(admitted.quarantine)
        report[layer] = admitted.report
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        raise ContractError(
            "the region has no blocks: "
            + ("; ".join(_why_none(report, region.units)) or "none of its units has a row"),
            file=f"{region.name}.yaml",
            field="units",
            do="connect a layer of blocks that has rows in the extent, or a register of waste sites for waste blocks",
        )
    units = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs="EPSG:4326")
    if FACTS in region.layers:
        units = _with_facts(workspace, region, units, quarantine, report)
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


def _absent(
    workspace: Workspace, region: Region, layer: str, error: Exception, quarantine: list[pd.DataFrame]
) -> dict[str, Any]:
    """The report of a layer that could not be read; the reason goes to the quarantine too."""
    why = str(error).replace(f"{workspace.source_folder(region)}/", "")  # the folder is no part of the result
    quarantine.append(absent_rows([(region.layers[layer].card, layer, None, None, None, why)]))
    return {"rows_in": 0, "rows_kept": 0, "rows_quarantined": 0, "absent": why}


def _with_facts(
    workspace: Workspace,
    region: Region,
    units: gpd.GeoDataFrame,
    quarantine: list[pd.DataFrame],
    report: dict[str, Any],
) -> gpd.GeoDataFrame:
    """The blocks with a user's own facts on who holds them."""
    source = region.layers[FACTS]
    options = dict(source.options) | ({"layer": source.layer} if source.layer else {})
    try:
        facts = read_block_facts(workspace.layer_path(region, source), source.card, units, options)
    except (SourceError, ContractError) as error:
        report[FACTS] = _absent(workspace, region, FACTS, error, quarantine)
        return units
    quarantine.append(facts.quarantine)
    report[FACTS] = facts.report
    return with_block_facts(units, facts)


def _read(workspace: Workspace, region: Region, layer: str, states: gpd.GeoDataFrame | None) -> Admission:
    source = region.layers[layer]
    if source.card == "embedded_auction_blocks":
        return embedded_auction_blocks(extent_deg=region.extent_deg, states=states)
    return read_blocks(
        workspace.layer_path(region, source),
        layer,
        card_name=source.card,
        extent_deg=region.extent_deg,
        options=dict(source.options) | ({"layer": source.layer} if source.layer else {}),
        states=states,
    )


def taken_ids(frames: list[gpd.GeoDataFrame]) -> dict[str, str]:
    """Compared form of every id of these layers -> its block in words."""
    return {
        key_form(block_id): f"{str(kind).replace('_', ' ')} {block_id}"
        for frame in reversed(frames)
        for block_id, kind in zip(frame["block_id"], frame["kind"])
    }


def _why_none(report: dict[str, Any], units: tuple[str, ...]) -> list[str]:
    told = [
        str(layer.get("empty") or layer["absent"])
        for layer in report.values()
        if layer.get("empty") or layer.get("absent")
    ]
    return [*told, *(["no waste site"] if "waste_block" in units else [])]
