"""The waste-site inventory: sites, footprints, tonnages, grades and constraints, admitted by their contracts."""

from typing import Any

import dagster as dg

from assets.fingerprints import result
from assets.shown.metadata import markdown_table
from assets.workspace import Workspace
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.readers.waste import embedded_inventory, read_inventory, with_waste_routes
from data_sources.readers.waste_merge import empty_inventory, merged_inventory


def waste_inventory(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    states = workspace.states(region)
    if region.waste.card == "embedded_register":
        inventory = embedded_inventory(extent_deg=region.extent_deg, states=states)
    elif "waste_sites" in region.layers:
        paths = {
            name: workspace.layer_path(region, region.layers[name]) for name in WASTE_CONTRACTS if name in region.layers
        }
        inventory = read_inventory(
            paths,
            card_name=region.waste.card,
            extent_deg=region.extent_deg,
            states=states,
            sources={name: region.layers[name] for name in paths},
        )
    else:
        inventory = empty_inventory()
    if region.waste.sources:
        inventory = merged_inventory(
            inventory, region.waste, workspace.waste_paths(region), extent_deg=region.extent_deg, states=states
        )
    inventory = with_waste_routes(inventory)
    bundle: dict[str, Any] = {
        "sites": inventory.sites,
        "footprints": inventory.footprints,
        "tonnages": inventory.tonnages,
        "grades": inventory.grades,
        "constraints": inventory.constraints,
        "quarantine": inventory.quarantine,
        "flags": inventory.flags,
        "report": inventory.report,
        "marks": inventory.marks,
    }
    if region.waste.sources:
        bundle |= {"review": inventory.review, "members": inventory.members, "figures": inventory.figures}
    shown: dict[str, Any] = (
        {"review": dg.MetadataValue.md(markdown_table(inventory.review, 50, 10))} if len(inventory.review) else {}
    )
    return result(
        context,
        workspace,
        bundle,
        **shown,
        sites=len(inventory.sites),
        quarantined=len(inventory.quarantine),
        doubtful_matches=len(inventory.review),
        report=dg.MetadataValue.json(inventory.report),
    )
