"""The waste inventory: sites, footprints, tonnages, grades and constraints, embedded or from a user's files.

Belongs here: one register. Does not belong here: joining it with other sources (``waste_sources``, ``waste_merge``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.cards import load_card
from data_sources.connectors.files import read_file
from data_sources.contracts.admitting.admission import Admission, Area
from data_sources.contracts.admitting.checks import KEPT_OF_TWINS, LOOKS_ALIKE, UNSEEN_IN_KEY
from data_sources.contracts.admitting.places import INDIA_DEG, REPAIRED
from data_sources.contracts.admitting.raw_columns import match_fields
from data_sources.contracts.admitting.rules import AREA_DIFFERS, WASTE_TYPE, geodesic_area_ha
from data_sources.contracts.contract import QUARANTINE_COLUMNS
from data_sources.contracts.frames import empty_layer, empty_table
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.readers.common import Extent, admit_layer
from data_sources.readers.layouts import BY_CARD
from data_sources.readers.references import hold_too_high, join_sites, joined
from data_sources.reference import load_table
from data_sources.regions import LayerSource
from data_sources.register.routes import with_routes
from khanij.foundation.errors import MissingSourceError

TABLES = {
    "waste_sites": "waste_sites",
    "tonnages": "site_tonnages",
    "grades": "site_grades",
    "constraints": "site_constraints",
}
MARKS = {
    WASTE_TYPE: "waste_type_not_in_reference",
    REPAIRED: "geometry_repaired",
    AREA_DIFFERS: "area_differs_from_stated",
    BY_CARD: "word_translated_by_card",
    KEPT_OF_TWINS: "other_row_of_this_id_held",
    UNSEEN_IN_KEY: "id_with_unseen_characters",
    LOOKS_ALIKE: "id_looks_like_another",
}
"""Mark of admission -> word in the ``flags`` of the site's block."""
STRICT = {"yes": 0, "share-alike": 1, "no": 2}
"""May a fact be passed on: the stricter of two terms is the greater."""
_NO_CLIP = {"clip": False}  # a user's own inventory belongs to the region: a site elsewhere is a wrong one


@dataclass(frozen=True)
class WasteInventory:
    """Sites (POINT, may be empty), footprints (MULTIPOLYGON), and every tonnage, grade and constraint of theirs.

    ``review``, ``members`` and ``figures`` are filled where several sources were merged (``waste_merge``). ``marks`` is site
    -> words for the ``flags`` of its block: what admission found odd in the site or repaired in its outline. ``unjoined`` is
    layer -> (its rows before they were joined with the sites, ids of the register as they came).
    """

    sites: gpd.GeoDataFrame
    footprints: gpd.GeoDataFrame
    tonnages: pd.DataFrame
    grades: pd.DataFrame
    constraints: pd.DataFrame
    quarantine: pd.DataFrame
    flags: pd.DataFrame
    report: dict[str, Any] = field(default_factory=dict)
    review: pd.DataFrame = field(default_factory=pd.DataFrame)
    members: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)
    marks: dict[str, str] = field(default_factory=dict)
    unjoined: dict[str, tuple[Admission, set[str]]] = field(default_factory=dict)


def embedded_inventory(extent_deg: Extent | None = None, states: gpd.GeoDataFrame | None = None) -> WasteInventory:
    """The register that the project carries, cut to an extent.

    Sites without a position belong to an extent only where it covers India; elsewhere they are counted as outside.
    """
    frames = {layer: load_table(table) for layer, table in TABLES.items()}
    return admit_tables(
        frames,
        card="embedded_register",
        files={k: f"data_sources/reference/{v}.csv" for k, v in TABLES.items()},
        extent_deg=extent_deg,
        national=True,
        states=states,
    )


def read_inventory(
    paths: Mapping[str, Path | str | None],
    *,
    card_name: str = "",
    extent_deg: Extent | None = None,
    options: Mapping[str, Any] | None = None,
    states: gpd.GeoDataFrame | None = None,
    sources: Mapping[str, LayerSource] | None = None,
) -> WasteInventory:
    """A user's inventory from files by layer name (``waste_sites`` is required; the others may be absent).

    Parameters
    ----------
    card_name : of the register, for a layer that ``sources`` does not name; ``sources`` are the region's, each with the
    card and the options by which its own file is read.

    Raises
    ------
    MissingSourceError : no file of waste sites.
    """
    frames, files, absent = {}, {}, {}
    own = {layer: _own_reading(source) for layer, source in (sources or {}).items()}
    for layer, path in paths.items():
        if path is None or not Path(path).exists():
            if layer == "waste_sites":
                raise MissingSourceError(
                    "the layer's file is missing", file=path, layer=layer, do="check the path in the region's YAML"
                )
            absent[layer] = f"the layer's file is missing: {'no path' if path is None else Path(path).name}"
            continue
        inner, reading = own.get(layer, (None, {}))
        frame = read_file(path, layer=inner, options={**reading, **(options or {})})
        if layer == "waste_sites" and (named := _columns_of_place(sources, frame)):
            frame = read_file(path, layer=inner, options={**reading, **named, **(options or {})})
        if WASTE_CONTRACTS[layer].geometry is None and isinstance(frame, gpd.GeoDataFrame):
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        frames[layer] = frame
        files[layer] = Path(path).name
    if "waste_sites" not in frames:
        raise MissingSourceError(
            "an inventory needs a file of waste sites", layer="waste_sites", do="name it in the region's layers"
        )
    inventory = admit_tables(
        frames,
        card=card_name or None,
        files=files,
        extent_deg=extent_deg,
        national=False,
        states=states,
        own={layer: (source.card, own[layer][1]) for layer, source in (sources or {}).items()},
    )
    return with_absent(inventory, {layer: (card_name or layer, layer, why) for layer, why in absent.items()})


def admit_tables(
    frames: Mapping[str, pd.DataFrame],
    *,
    card: str | None,
    files: Mapping[str, str],
    extent_deg: Extent | None,
    national: bool,
    states: gpd.GeoDataFrame | None = None,
    own: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
) -> WasteInventory:
    """Hold the five tables of an inventory against their contracts; ``national`` cuts a register of India to an extent.

    ``own`` is layer -> (its card, options), which go before ``card``.
    """
    admitted: dict[str, Admission] = {}
    outside: list[str] = []
    made: set[str] = set()  # layers that are drawn from the rows of the sites
    for layer, contract in WASTE_CONTRACTS.items():
        frame = frames.get(layer)
        if frame is None:
            frame = empty_layer(contract) if contract.geometry is not None else empty_table(contract)
        extent = extent_deg if layer in ("waste_sites", "waste_footprints") and not national else None
        if layer == "waste_sites" and national:
            frame, outside = _cut(frame, extent_deg)
        elif "site_id" in frame.columns and outside:
            frame = frame[~frame["site_id"].isin(outside)]
        rows = row_numbers(frames.get("waste_sites" if layer in made else layer), frame)
        its_card, reading = (own or {}).get(layer, (card, {}))
        admission = admit_layer(
            frame,
            contract,
            card=its_card,
            file=files.get(layer),
            row_numbers=rows,
            options={**reading, **_NO_CLIP},
            within=Area(extent, states if layer == "waste_sites" else None),
        )
        if layer not in frames:
            admission.report.pop("empty", None)  # a table that nobody names is not an empty one
        admitted[layer] = admission
        if layer == "waste_sites" and (drawn := _drawn(frames, admission)) is not None:
            frames, own = (
                {**frames, "waste_footprints": drawn},
                {**(own or {}), "waste_footprints": (its_card or "", {})},
            )
            files = {**files, "waste_footprints": files.get(layer, "")}
            made.add("waste_footprints")
    ids = set(admitted["waste_sites"].kept["site_id"])
    every = ids | _named(frames.get("waste_sites"), admitted["waste_sites"].report)
    outlines = admitted["waste_footprints"].kept
    named = one_a_site(outlines.assign(site_id=joined(outlines["site_id"], ids)).dropna(subset="site_id"))
    area_ha = pd.Series(geodesic_area_ha(named.geometry.to_numpy()), index=pd.Index(named["site_id"]), dtype="float64")
    admitted["tonnages"] = hold_too_high(admitted["tonnages"], admitted["waste_sites"].kept, area_ha)
    unjoined = {layer: (admitted[layer], every) for layer in ("tonnages", "grades", "constraints")}
    for layer in ("waste_footprints", *unjoined):
        admitted[layer] = join_sites(admitted[layer], ids, every, layer)
    sites = admitted["waste_sites"].kept
    footprints = one_a_site(admitted["waste_footprints"].kept)
    report = {
        "layers": {k: dict(a.report) for k, a in admitted.items()},
        "sites_outside_region": len(outside),
    }
    for key in ("rows_in", "rows_kept", "rows_quarantined", "rows_flagged"):
        report[key] = sum(a.report[key] for a in admitted.values())
    return WasteInventory(
        sites=sites,
        footprints=footprints,
        tonnages=admitted["tonnages"].kept,
        grades=admitted["grades"].kept,
        constraints=admitted["constraints"].kept,
        quarantine=join_lines(a.quarantine for a in admitted.values()),
        flags=join_lines(a.flags for a in admitted.values()),
        report=report,
        marks=_marks(admitted),
        unjoined=unjoined,
    )


def one_a_site(outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All outlines of a site as one footprint: the ground under any of them, its area computed where there were several."""
    again = outlines["site_id"].duplicated(keep=False)
    if not again.any():
        return outlines
    rest = {c: "first" for c in outlines.columns if c not in ("site_id", "geometry")}
    joined = outlines.dissolve(by="site_id", aggfunc=rest).reset_index()[list(outlines.columns)]
    several = joined["site_id"].isin(outlines.loc[again, "site_id"])
    whole = joined.geometry.to_numpy().copy()
    single = shapely.get_type_id(whole) == 3
    whole[single] = shapely.multipolygons(whole[single].reshape(-1, 1))
    joined = joined.set_geometry(gpd.GeoSeries(whole, index=joined.index, crs=outlines.crs))
    area = np.round(geodesic_area_ha(joined.geometry.to_numpy()), 4)
    return joined.assign(area_ha=np.where(several, area, joined["area_ha"]))


def _drawn(frames: Mapping[str, pd.DataFrame], sites: Admission) -> gpd.GeoDataFrame | None:
    """The outlines of sites that came as outlines, by the row that they had; None where there are none or a file has them."""
    raw = frames.get("waste_sites")
    if frames.get("waste_footprints") is not None or not isinstance(raw, gpd.GeoDataFrame):
        return None
    if raw.active_geometry_name is None or not (shapely.get_dimensions(raw.geometry.to_numpy()) == 2).any():
        return None
    shapes = raw.geometry.iloc[sites.rows - 1]
    outlines = shapes.to_frame("geometry").assign(
        site_id=sites.kept["site_id"].to_numpy(), source=sites.kept["source"].to_numpy()
    )
    return outlines[(shapely.get_dimensions(shapes.to_numpy()) == 2) & ~shapes.is_empty.to_numpy()]


def _columns_of_place(sources: Mapping[str, LayerSource] | None, frame: pd.DataFrame) -> dict[str, Any]:
    """The columns that the card of the sites names as x and y, such as easting and northing, where the table has both."""
    source = (sources or {}).get("waste_sites")
    if source is None:
        return {}
    options = {**load_card(source.card).options, **source.options}
    named: dict[str, Any] = {k: options[k] for k in ("x", "y") if k in options}
    return named if len(named) == 2 and {*map(str, named.values())} <= {*map(str, frame.columns)} else {}


def _own_reading(source: LayerSource) -> tuple[str | None, dict[str, Any]]:
    """(layer or sheet, options) by which one file of the register is read, from its card and the region.

    Positions are found by their names or by the card's field map: a card of sites stands for tables without positions too.
    """
    card = load_card(source.card)
    options = {k: v for k, v in {**card.options, **source.options}.items() if k not in ("x", "y")}
    if card.stated_crs:
        options.setdefault("crs", card.stated_crs)
    return source.layer, options


def with_waste_routes(inventory: WasteInventory) -> WasteInventory:
    """The inventory in which a site that names its waste and no route has the waste's only route, with a mark that says so."""
    sites, told = with_routes(inventory.sites)
    marks = {
        site: "; ".join(filter(None, (inventory.marks.get(site), told.get(site))))
        for site in sorted({*inventory.marks, *told})
    }
    return replace(inventory, sites=sites, marks=marks)


def with_absent(inventory: WasteInventory, absent: Mapping[str, tuple[str, str, str]]) -> WasteInventory:
    """The inventory that says of each source that is not there why: in its report, and as a line without a row.

    Parameters
    ----------
    absent : name in the report -> (source, layer, reason).
    """
    if not absent:
        return inventory
    lines = [(source, layer, None, None, None, why) for source, layer, why in absent.values()]
    told = {n: {"source": s, "layer": layer, "absent": why} for n, (s, layer, why) in absent.items()}
    held = pd.DataFrame(lines, columns=list(QUARANTINE_COLUMNS), dtype="str")
    return replace(
        inventory,
        quarantine=join_lines([inventory.quarantine, held]),
        report=inventory.report | {"layers": inventory.report["layers"] | told},
    )


def _named(sites: pd.DataFrame | None, report: Mapping[str, Any]) -> set[str]:
    """Ids of the sites as they came, held ones among them, under whatever name their column has, or its card gives it."""
    if sites is None:
        return set()
    column = report.get("fields", {}).get("site_id")
    if column not in sites.columns:
        column = match_fields([str(c) for c in sites.columns], WASTE_CONTRACTS["waste_sites"], {}).get("site_id")
    return set() if column is None else set(sites[column].dropna().astype("str"))


def _marks(admitted: Mapping[str, Admission]) -> dict[str, str]:
    out: dict[str, list[str]] = {}
    for layer in ("waste_sites", "waste_footprints"):
        admission = admitted[layer]
        for site, words in zip(admission.kept["site_id"].astype("str"), admission.words(MARKS), strict=True):
            if words:
                out.setdefault(site, []).extend(words.split("; "))
    return {site: "; ".join(dict.fromkeys(words)) for site, words in sorted(out.items())}


def row_numbers(whole: pd.DataFrame | None, part: pd.DataFrame) -> np.ndarray:
    """Numbers, from 1, of a part's rows in the whole table that it was cut from (by index)."""
    if whole is None:
        return np.arange(1, len(part) + 1)
    return pd.Series(np.arange(1, len(whole) + 1), index=whole.index).loc[part.index].to_numpy()


def join_lines(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Lines of several quarantines or flag tables in one."""
    filled = [p for p in parts if len(p)]
    return (
        pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(QUARANTINE_COLUMNS), dtype="str")
    )


def _cut(frame: pd.DataFrame, extent: Extent | None) -> tuple[pd.DataFrame, list[str]]:
    """Sites of the extent; a misplaced site (outside its own state) still arrives where its point says."""
    if extent is None or not {"lat", "lon", "site_id"} <= set(frame.columns):
        return frame, []
    west, south, east, north = extent
    lon, lat = (pd.to_numeric(frame[c], errors="coerce") for c in ("lon", "lat"))
    proper = lon.between(INDIA_DEG[0], INDIA_DEG[2]) & lat.between(INDIA_DEG[1], INDIA_DEG[3])
    inside = lon.between(west, east) & lat.between(south, north)
    covers_india = west <= 70 and south <= 9 and east >= 95 and north >= 34
    out = (proper & ~inside) | (lon.isna() & (not covers_india))
    return frame[~out], frame.loc[out, "site_id"].astype("str").tolist()
