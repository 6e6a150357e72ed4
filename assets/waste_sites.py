"""The waste-site inventory: sites, footprints, tonnages, grades and constraints, admitted by their contracts."""

import dagster as dg

from assets.fingerprints import region_asset, result
from assets.workspace import Workspace
from data_sources.readers.waste import embedded_inventory, read_inventory

CODE = (
    "assets/waste_sites.py",
    "data_sources/contracts",
    "data_sources/readers",
    "data_sources/register",
    "data_sources/reference",
)
WASTE_LAYERS = ("waste_sites", "waste_footprints", "tonnages", "grades", "constraints")


@region_asset(
    group="waste",
    title="Waste sites with every published tonnage, grade and constraint, each with its source; wrong rows are held.",
    kinds={"python", "geoparquet"},
    settings=("waste", "extent_deg", *(f"layers.{name}" for name in WASTE_LAYERS)),
    code=CODE,
    layers=WASTE_LAYERS,
)
def waste_inventory(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    if region.waste.get("card") == "embedded_register":
        inventory = embedded_inventory(extent_deg=region.extent_deg)
    else:
        paths = {
            name: workspace.layer_path(region, region.layers[name]) for name in WASTE_LAYERS if name in region.layers
        }
        inventory = read_inventory(paths, card_name=str(region.waste.get("card", "")), extent_deg=region.extent_deg)
    bundle = {
        "sites": inventory.sites,
        "footprints": inventory.footprints,
        "tonnages": inventory.tonnages,
        "grades": inventory.grades,
        "constraints": inventory.constraints,
        "quarantine": inventory.quarantine,
        "flags": inventory.flags,
        "report": inventory.report,
    }
    return result(
        context,
        workspace,
        bundle,
        sites=len(inventory.sites),
        quarantined=len(inventory.quarantine),
        report=dg.MetadataValue.json(inventory.report),
    )
