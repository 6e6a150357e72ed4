"""A layer of mapped outlines -> footprints of the waste sites that they hold: an outline takes the place of a circle.

Belongs here: which site an outline is of, and joining it to an inventory. Does not belong here: a site's own footprints
(``waste``), or how a block is made of an outline (``scoring.waste.shares.waste_blocks``).

An outline that names a site (``site_id``) is its; any other is of the one site whose position lies in it. What holds no
position, or several, is of no site: a guess would draw a boundary where none is known.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.cards import Card
from data_sources.connectors.files import read_file
from data_sources.contracts.admitting.admission import Area
from data_sources.contracts.contract import plain_name
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.contracts.waste import WASTE_FOOTPRINTS
from data_sources.readers.common import Extent, admit_layer
from data_sources.readers.references import join_sites
from data_sources.readers.waste import WasteInventory, join_lines
from data_sources.regions import WasteSource
from khanij.foundation.errors import ContractError, MissingSourceError

OUTLINES = "outlines"
_STRICT = ("yes", "share-alike", "no")


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
    frame = read_file(path, layer=source.layer or None, options={"crs": card.stated_crs, **source.options})
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
    site, counted = _sites_of(frame, inventory.sites, mapped)
    used = site.notna().to_numpy()
    bare = card.model_copy(update={"name": source.called, "field_map": {}, "units": {}, "follows": {}})
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
        row_numbers=1 + np.flatnonzero(used),
    )
    ids = set(inventory.sites["site_id"])
    admission = join_sites(admission, ids, ids, WASTE_FOOTPRINTS.name)
    layers = dict(inventory.report["layers"])
    layers[f"{WASTE_FOOTPRINTS.name} of {source.called}"] = dict(admission.report) | counted
    report = dict(inventory.report) | {"layers": layers}
    for key in ("rows_in", "rows_kept", "rows_quarantined", "rows_flagged"):
        report[key] = sum(layer.get(key, 0) for layer in layers.values())
    new = _one_a_site(admission.kept)
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


def _sites_of(frame: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, mapped: set[str]) -> tuple[pd.Series, dict[str, int]]:
    """The site of each outline (None where there is none to be told), and how many were left aside and why."""
    shapes = in_degrees(frame.geometry)[0]
    column = next((c for c in frame.columns if plain_name(c) == "site_id"), None)
    named = (
        frame[column].astype("object").where(frame[column].notna(), None)
        if column is not None
        else pd.Series([None] * len(frame), index=frame.index)
    )
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


def _one_a_site(outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All outlines of a site as one footprint, their areas added up."""
    if not outlines["site_id"].duplicated().any():
        return outlines
    rest = {c: "first" for c in outlines.columns if c not in ("site_id", "area_ha", "geometry")}
    joined = outlines.dissolve(by="site_id", aggfunc={"area_ha": "sum", **rest}).reset_index()
    return joined[list(outlines.columns)]


def _stricter(sites: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A site whose outline may not be passed on freely is under the outline's terms: its block is drawn by it."""
    terms = dict(zip(outlines["site_id"], outlines["redistribute"]))
    told = [
        max(own, terms.get(site, "yes"), key=_STRICT.index)
        for own, site in zip(sites["redistribute"], sites["site_id"])
    ]
    return sites.assign(redistribute=pd.Series(told, index=sites.index, dtype=sites["redistribute"].dtype))
