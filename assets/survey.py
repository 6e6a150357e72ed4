"""Survey layers, one asset each: read the region's file, hold it against its contract, keep what passes, count the rest."""

from pathlib import Path
from typing import Any

import dagster as dg
import geopandas as gpd
import pandas as pd

from assets.fingerprints import result
from assets.workspace import Workspace
from data_sources.cards import load_card
from data_sources.connectors.rasters import Raster, read_raster
from data_sources.contracts import QUARANTINE_COLUMNS, ContractError, CrsError, SourceError
from data_sources.contracts.admitting.raster_units import picture_levels
from data_sources.contracts.survey import SURVEY_CONTRACTS
from data_sources.readers.survey import empty_layer, read_layer
from data_sources.regions import LayerSource, Region
from khanij.foundation.grid import Band, Grid, RasterStack


def load_layer(workspace: Workspace, region: Region, name: str) -> dict[str, Any]:
    """One admitted layer as a bundle (kept, quarantine, flags, report); absent layers are empty and say so."""
    source = region.layers.get(name)
    if source is None:
        return _absent(name, "not connected in this region", [])
    card = load_card(source.card)
    path = workspace.layer_path(region, source)
    states = workspace.states(region)  # outside the try: a check that was asked for must not fall away unseen
    try:
        if path is None or not path.exists():
            raise SourceError(
                "the layer's file is missing",
                file=path or source.path,
                layer=name,
                do=f"run: khanij fetch --region {region.name}"
                if card.is_remote
                else region.how_to_get or "check the path in the region's YAML",
            )
        admitted = read_layer(
            path,
            name,
            card=card,
            extent_deg=region.extent_deg,
            options=dict(source.options) | ({"layer": source.layer} if source.layer else {}),
            states=states,
        )
    except (SourceError, ContractError, CrsError) as error:
        # One broken source must not stop the others: the layer is absent, and the reason is published with the result.
        told = str(error).replace(f"{workspace.source_folder(region)}/", "")  # the result must not depend on the folder
        return _absent(name, told, [(card.name, name, None, None, None, told)])
    return {
        "kept": admitted.kept,
        "quarantine": admitted.quarantine,
        "flags": admitted.flags,
        "report": admitted.report,
    }


def absent_rows(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Lines of the quarantine for a whole layer that is absent: source, layer, no row, field or value, reason."""
    empty = pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS), dtype="str")
    return empty.assign(row=pd.array([pd.NA] * len(rows), dtype="Int64"))


def _absent(name: str, why: str, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    held = absent_rows(rows)
    return {
        "kept": empty_layer(SURVEY_CONTRACTS[name]),
        "quarantine": held,
        "flags": held.iloc[:0],
        "report": {"rows_in": 0, "rows_kept": 0, "rows_quarantined": 0, "absent": why},
    }


def layer(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """One layer of ``VECTOR_LAYERS``: the one that the asset is called after."""
    bundle = load_layer(workspace, workspace.region(context.partition_key), context.asset_key.path[-1])
    report = bundle["report"]
    return result(
        context,
        workspace,
        bundle,
        rows=len(bundle["kept"]),
        quarantined=len(bundle["quarantine"]),
        report=dg.MetadataValue.json(report),
    )


def geophysics(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    region = workspace.region(context.partition_key)
    source = region.layers.get("geophysics")
    path = workspace.layer_path(region, source) if source else None
    bundle: dict[str, Any] = {
        "report": {"absent": "not connected in this region" if source is None else f"missing: {source.path}"}
    }
    if source is not None and path is not None and path.exists():
        try:
            raster = _raster(path, source)
        except (SourceError, ContractError, CrsError) as error:
            reason = str(error).replace(f"{workspace.source_folder(region)}/", "")
            bundle = {
                "quarantine": absent_rows([(source.card, "geophysics", None, None, None, reason)]),
                "report": {"source": source.card, "layer": "geophysics", "absent": reason},
            }
            return result(context, workspace, bundle, report=dg.MetadataValue.json(bundle["report"]))
        wanted = list(source.options.get("bands", raster.band_names))
        grid = Grid(crs=raster.crs, transform=raster.transform, shape=raster.shape)
        told = {band.name: band for band in raster.bands}
        held = {n: why for n in wanted if n in told and (why := picture_levels(raster.read(n), told[n].unit))}
        bands = tuple(
            Band(n, raster.read(n), told[n].unit, told[n].description or f"{n} of {source.card}")
            for n in wanted
            if n not in held
        )
        bundle = {
            "quarantine": held_bands(source.card, raster.file, held),
            "report": {
                "source": source.card,
                "layer": "geophysics",
                "bands": [band.name for band in bands],
                "shape": list(raster.shape),
                "band_units": {n: [told[n].unit, told[n].description] for n in wanted},
                "bands_held": held,
            },
        }
        if bands:
            bundle["stack"] = RasterStack(grid, bands)
    return result(context, workspace, bundle, report=dg.MetadataValue.json(bundle["report"]))


def _raster(path: Path, source: LayerSource) -> Raster:
    card = load_card(source.card)
    return read_raster(path, bands=card.bands, options={"crs": card.stated_crs} | dict(source.options))


def held_bands(card: str, file: str, held: dict[str, str]) -> pd.DataFrame:
    """The bands that are not used, as rows of the quarantine."""
    do = "not used; state its unit as 'level' in the source card if its order alone is to count, or get the grid itself"
    rows = [(card, "geophysics", file, name, why, do) for name, why in held.items()]
    return pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS)).astype("str")


def survey_frames(**bundles: dict[str, Any]) -> dict[str, gpd.GeoDataFrame | None]:
    """The kept rows of each layer, None for a layer without any."""
    return {name: (bundle["kept"] if len(bundle["kept"]) else None) for name, bundle in bundles.items()}
