"""Layers that speak of the register's sites and bring none: outlines, which draw them, and positions of those that have none.

An outline that names a site (``site_id``) is its; any other is of the one site whose position lies in it. What holds no
position, or several, is of no site: a guess would draw a boundary where none is known. A place is a site's where it names it, in
the column that the card maps to ``site_id``; an outline gives a point inside it. A site that has an outline, or a position, keeps
it; of two places of one site neither is taken, for which one is right nobody says.

Belongs here: joining shapes to sites. Does not belong here: a site's own footprints (``waste``), or how a block is made of an
outline (``scoring.waste.shares.waste_blocks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.cards import Card
from data_sources.connectors.files import read_file
from data_sources.contracts.admitting.admission import Admission, Area
from data_sources.contracts.admitting.raw_columns import match_fields
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.contracts.waste import WASTE_FOOTPRINTS, WASTE_SITES
from data_sources.readers.common import Extent, admit_layer
from data_sources.readers.references import join_sites, joined
from data_sources.readers.waste import STRICT, WasteInventory, join_lines, one_a_site
from data_sources.regions import WasteSource
from khanij.foundation.errors import ContractError, MissingSourceError

OUTLINES, POSITIONS = "outlines", "positions"


def with_outlines(
    inventory: WasteInventory, source: WasteSource, path: Path | None, card: Card, extent_deg: Extent | None
) -> WasteInventory:
    """The inventory with the outlines of one source; a site that has an outline already keeps it.

    Raises
    ------
    SourceError, ContractError : the file is missing, unreadable, or holds no polygons.
    """
    if path is None or not path.exists():
        raise MissingSourceError(
            "the file of outlines is missing",
            file=path or source.path,
            layer=source.called,
            do="check the path in the region's YAML",
        )
    frame = read_file(
        path, layer=source.layer or None, options={"crs": card.stated_crs, **card.options, **source.options}
    )
    if (
        not isinstance(frame, gpd.GeoDataFrame)
        or not shapely.get_dimensions(frame.geometry.to_numpy()).max(initial=0) == 2
    ):
        raise ContractError(
            "there are no polygons in it",
            file=path.name,
            layer=source.called,
            do="name a layer of outlines, not of points",
        )
    mapped = set(inventory.footprints["site_id"])
    site, counted = _sites_of(frame, inventory.sites, mapped, card.field_map)
    return _outlined(inventory, source, (frame, site, counted), card, path, extent_deg, np.arange(1, len(frame) + 1))


def with_own_outlines(
    inventory: WasteInventory,
    source: WasteSource,
    path: Path,
    card: Card,
    outlines: gpd.GeoDataFrame,
    extent_deg: Extent | None,
) -> WasteInventory:
    """The inventory with the polygons that a source's own sites came as; a site that has an outline already keeps it.

    Parameters
    ----------
    outlines : ``record_id`` and ``row`` of the source's records that are sites of the inventory (``WasteInventory.members``).
    """
    site_of = dict(zip(inventory.members["record_id"], inventory.members["site_id"]))
    site = outlines["record_id"].map(site_of).astype("object")
    again = site.isin(set(inventory.footprints["site_id"]))
    counted = {"outlines_of_sites_that_have_one": int(again.sum())}
    told = (outlines, site.where(~again & site.notna(), None), counted)
    return _outlined(inventory, source, told, card, path, extent_deg, outlines["row"].to_numpy())


def _outlined(
    inventory: WasteInventory,
    source: WasteSource,
    told: tuple[gpd.GeoDataFrame, pd.Series, dict[str, int]],
    card: Card,
    path: Path,
    extent_deg: Extent | None,
    rows: np.ndarray,
) -> WasteInventory:
    """The inventory with the outlines whose site is told: (outlines, site of each or None, counts); ``rows`` are their numbers."""
    frame, site, counted = told
    used = site.notna().to_numpy()
    bare = card.model_copy(update={"name": source.called, "field_map": {}, "units": {}, "values": {}, "follows": {}})
    outlines = gpd.GeoDataFrame(
        {"site_id": site[used], "source": card.title}, geometry=frame.geometry[used], crs=frame.crs
    )
    admission = admit_layer(
        outlines.reset_index(drop=True),
        WASTE_FOOTPRINTS,
        card=bare,
        file=path.name,
        options={"keep_rest": True},
        within=Area(extent_deg, None),
        row_numbers=rows[used],
    )
    ids = set(inventory.sites["site_id"])
    admission = join_sites(admission, ids, ids, WASTE_FOOTPRINTS.name)
    layers = dict(inventory.report["layers"])
    layers[f"{WASTE_FOOTPRINTS.name} of {source.called}"] = dict(admission.report) | counted
    report = dict(inventory.report) | {"layers": layers}
    for key in ("rows_in", "rows_kept", "rows_quarantined", "rows_flagged"):
        report[key] = sum(layer.get(key, 0) for layer in layers.values())
    new = one_a_site(admission.kept)
    return replace(
        inventory,
        sites=_stricter(inventory.sites, new),
        footprints=gpd.GeoDataFrame(
            pd.concat([inventory.footprints, new], ignore_index=True), geometry="geometry", crs=4326
        )
        if len(inventory.footprints)
        else new,
        quarantine=join_lines([inventory.quarantine, admission.quarantine]),
        flags=join_lines([inventory.flags, admission.flags]),
        report=report,
    )


def _sites_of(
    frame: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, mapped: set[str], field_map: Mapping[str, str]
) -> tuple[pd.Series, dict[str, int]]:
    """The site of each outline (None where there is none to be told), and how many were left aside and why."""
    shapes = in_degrees(frame.geometry)[0]
    column = match_fields([str(c) for c in frame.columns], WASTE_FOOTPRINTS, field_map).get("site_id")
    named = pd.Series([None] * len(frame), index=frame.index, dtype="object")
    if column is not None:  # as the register spells it; an id that it has not is held later
        written = frame[column].astype("object").where(frame[column].notna(), None)
        named = joined(frame[column], sites["site_id"].astype("str")).astype("object").fillna(written)
        named = named.where(named.notna(), None)
    placed = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    outline, point = shapely.STRtree(placed.geometry.to_numpy()).query(shapes, predicate="contains")
    held = pd.Series(placed["site_id"].to_numpy()[point]).groupby(frame.index.to_numpy()[outline])
    alone = held.first()[held.size() == 1]
    site = named.where(named.notna(), frame.index.to_series().map(alone)).astype("object")
    again = site.isin(mapped)
    counted = {
        "outlines_of_no_site": int((named.isna() & ~frame.index.to_series().isin(held.size().index)).sum()),
        "outlines_of_several_sites": int(
            (named.isna() & frame.index.to_series().isin(held.size().index[held.size() > 1])).sum()
        ),
        "outlines_of_sites_that_have_one": int(again.sum()),
    }
    return site.where(~again & site.notna(), None), counted


def _stricter(sites: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A site whose outline or position may not be passed on freely is under the terms of that: its block is drawn by it."""
    terms = dict(zip(outlines["site_id"], outlines["redistribute"]))
    told = [
        max(own, terms.get(site, "yes"), key=STRICT.__getitem__)
        for own, site in zip(sites["redistribute"], sites["site_id"])
    ]
    return sites.assign(redistribute=pd.Series(told, index=sites.index, dtype=sites["redistribute"].dtype))


def with_positions(
    inventory: WasteInventory,
    source: WasteSource,
    path: Path | None,
    card: Card,
    extent_deg: Extent | None,
    states: gpd.GeoDataFrame | None = None,
) -> WasteInventory:
    """The inventory in which the sites without a position have that of the place which names them.

    Raises
    ------
    SourceError, ContractError : the file is missing, unreadable, has no places, or no column that names sites.
    """
    if path is None or not path.exists():
        do = "check the path in the region's YAML"
        raise MissingSourceError(
            "the file of positions is missing", file=path or source.path, layer=source.called, do=do
        )
    frame = read_file(
        path, layer=source.layer or None, options={"crs": card.stated_crs, **card.options, **source.options}
    )
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        do = "name a layer of points or outlines, or a table with longitude and latitude"
        raise ContractError("there are no places in it", file=path.name, layer=source.called, do=do)
    column = match_fields([str(c) for c in frame.columns], WASTE_FOOTPRINTS, card.field_map).get("site_id")
    if column is None:
        do = "name the column in the card: field_map: {COLUMN: site_id}"
        raise ContractError("no column names the sites", file=path.name, layer=source.called, field="site_id", do=do)
    sites = inventory.sites
    bare = sites.loc[sites["lon"].isna(), "site_id"].astype("str").tolist()
    site = joined(frame[column], bare)
    again = site.notna() & site.duplicated(keep=False)
    used = (site.notna() & ~again).to_numpy()
    admission = _admitted(frame, site, used, inventory, card, source, path, Area(extent_deg, states))
    counted = {
        "places_of_no_site_without_position": int(site.isna().sum()),
        "places_of_sites_named_twice": int(again.sum()),
    }
    layers = dict(inventory.report["layers"])
    layers[f"{POSITIONS} of {source.called}"] = dict(admission.report) | counted
    report = dict(inventory.report) | {"layers": layers}
    for key in ("rows_in", "rows_kept", "rows_quarantined", "rows_flagged"):
        report[key] = sum(layer.get(key, 0) for layer in layers.values())
    return replace(
        inventory,
        sites=_placed(sites, admission, card),
        quarantine=join_lines([inventory.quarantine, admission.quarantine]),
        flags=join_lines([inventory.flags, admission.flags]),
        report=report,
    )


def _admitted(
    frame: gpd.GeoDataFrame,
    site: pd.Series,
    used: np.ndarray,
    inventory: WasteInventory,
    card: Card,
    source: WasteSource,
    path: Path,
    within: Area,
) -> Admission:
    """The places held against what a site's position must be: in India, in the region, in the state that the register names."""
    state = dict(zip(inventory.sites["site_id"].astype("str"), inventory.sites["state"], strict=True))
    named = site[used]
    places = gpd.GeoDataFrame(
        {"site_id": named, "name": named, "state": named.map(state), "waste_type_code": None},
        geometry=frame.geometry[used], crs=frame.crs,
    )  # fmt: skip
    bare = card.model_copy(update={"name": source.called, "field_map": {}, "units": {}, "values": {}, "follows": {}})
    return admit_layer(
        places.reset_index(drop=True), WASTE_SITES, card=bare, file=path.name, options={"keep_rest": True, "clip": False},
        within=within, row_numbers=1 + np.flatnonzero(used),
    )  # fmt: skip


def _placed(sites: gpd.GeoDataFrame, admission: Admission, card: Card) -> gpd.GeoDataFrame:
    kept = admission.kept.set_index("site_id")
    ids = sites["site_id"].astype("str")
    at = ids.isin(kept.index).to_numpy()
    out = sites.copy()
    shapes = out.geometry.to_numpy().copy()
    shapes[at] = kept.geometry.loc[ids[at]].to_numpy()
    for name in ("lon", "lat"):
        out[name] = np.where(at, ids.map(kept[name]).to_numpy(dtype="float64", na_value=np.nan), out[name])
    out["position_basis"] = out["position_basis"].mask(
        at & out["position_basis"].isna().to_numpy(), f"as in {card.title}"
    )
    out["source"] = out["source"].mask(at, out["source"].fillna("").astype("str") + f"; position: {card.title}")
    placed = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=sites.crs))
    return _stricter(placed, admission.kept)
