"""Layers that bar blocks or lower their score: protected areas, CRZ, court bars, atomic minerals, leases, forest, settlements."""

import dagster as dg

from assets.fingerprints import result
from assets.workspace import Workspace
from data_sources.readers.gates import read_gate


def gate_layers(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    layers = {name: read_gate(path, name, region.gates[name]) for name, path in workspace.gate_paths(region).items()}
    return result(
        context,
        workspace,
        dict(layers),
        layers=dg.MetadataValue.json({name: len(layer) for name, layer in layers.items()}),
    )
