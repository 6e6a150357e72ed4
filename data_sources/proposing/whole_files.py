"""Reading a data set, and what is told from the whole of it: a gate, outlines of waste sites, a grid.

Belongs here: files that no contract has to be tried on. Does not belong here: layers that are known by their columns (``judging``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from data_sources.proposing.folder import Found
from data_sources.proposing.guessing import metres_of, utm_crs_of
from data_sources.proposing.joining import shares_names
from data_sources.proposing.layer_words import GATE_WORDS, LAYER_WORDS, called, word_in
from data_sources.proposing.proposals import GRID_LAYER, LEAST_SCORE, OUTLINES, POSITIONS, Known, Proposal
from data_sources.proposing.telling import bounds_deg
from khanij.foundation.errors import CrsError, KhanijError

_STRAY = 0.15


def rows_of(
    found: Found, crs: str | None, given: Mapping[str, Any] | None = None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The frame of a data set, and the options that it took to read it: those given, the row of the header, a CRS that the file does not say."""
    options: dict[str, Any] = dict(given or {})
    for _ in range(5):
        try:
            frame = read_file(found.path, layer=found.part or None, options=options)
            if "x" not in options and (pair := metres_of(frame)) and (grid := crs or _own_grid(frame, pair)):
                options |= {"x": pair[0], "y": pair[1], "crs": grid}
                continue
            return frame, options
        except CrsError:
            if crs is None or "crs" in options:
                raise
            options["crs"] = crs
        except KhanijError as error:
            header = re.search(r"--header-row (\d+)", error.do or "")
            if header is not None and "header_row" not in options:
                options["header_row"] = int(header[1])
            elif "quoting: none" in (error.do or "") and "quoting" not in options:
                options["quoting"] = "none"
            else:
                raise
    return read_file(found.path, layer=found.part or None, options=options), options


def _own_grid(frame: pd.DataFrame, pair: tuple[str, str]) -> str | None:
    found = utm_crs_of(frame, pair)
    return found[0] if found else None


def kinds_of(frame: pd.DataFrame) -> set[str]:
    """What the rows' shapes are: POINT, LINE, POLYGON; nothing for a table without places."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return set()
    names = frame.geometry.geom_type.dropna().str.upper()
    # One stray point among outlines is a row that is held, and no other kind of layer.
    share = {kind: float(names.str.contains(kind).mean()) for kind in ("POINT", "LINE", "POLYGON")}
    return {kind for kind, of in share.items() if of > _STRAY}


def gate_of(found: Found, frame: pd.DataFrame, known: Known, options: Mapping[str, Any]) -> Proposal | None:
    """A layer of polygons that is called after what bars or lowers a block."""
    name = called(found.path.stem, found.part)
    if kinds_of(frame) != {"POLYGON"} or word_in(name, LAYER_WORDS["mining_leases"]):
        return None
    for gate in (g for g in GATE_WORDS if g in known.gates):
        if hit := word_in(name, GATE_WORDS[gate]):
            why = ("polygons", f"the name says {hit!r}")
            return Proposal(found, gate, LEAST_SCORE, why, options=options, bounds_deg=bounds_deg(frame), is_gate=True)
    return None


def outlines_of(found: Found, frame: pd.DataFrame, known: Known, options: Mapping[str, Any]) -> Proposal | None:
    """Polygons that are called after wastes and name no site: each is the outline of the site that lies in it."""
    words = (*LAYER_WORDS["waste_footprints"], *LAYER_WORDS["waste_sites"])
    hit = word_in(called(found.path.stem, found.part), words)
    if kinds_of(frame) != {"POLYGON"} or not hit or not known.site_ids:
        return None
    if any(shares_names(frame[c], known.site_ids) for c in frame.columns if c != frame.geometry.name):
        return None  # they name their sites: the layer waste_footprints
    why = ("polygons", f"the name says {hit!r}", "no column names a site: each is the outline of the one site in it")
    report = {"fields": {}, "crs": str(frame.crs.to_string()), "rows_in": len(frame), "rows_kept": len(frame)}
    return Proposal(found, OUTLINES, LEAST_SCORE, why, report=report, options=options, bounds_deg=bounds_deg(frame))


def positions_of(found: Found, frame: pd.DataFrame, known: Known, options: Mapping[str, Any]) -> Proposal | None:
    """Places that name waste sites, where the sites' own file has none: each is the position of the site that it names."""
    if not known.has_unplaced_sites or not kinds_of(frame) & {"POINT", "POLYGON"}:
        return None
    column = next(
        (c for c in frame.columns if c != frame.geometry.name and shares_names(frame[c], known.site_ids)), None
    )
    if column is None:
        return None
    why = ("places", f"column {column} names the waste sites, whose own file has no places")
    report = {
        "fields": {"site_id": str(column)},
        "crs": str(frame.crs.to_string()),
        "rows_in": len(frame),
        "rows_kept": len(frame),
    }
    return Proposal(
        found, POSITIONS, 2 * LEAST_SCORE, why, report=report, options=options, bounds_deg=bounds_deg(frame)
    )


def grid_of(found: Found, known: Known) -> Proposal:
    """A grid as the geophysics of a region; units that its bands do not state are asked for.

    Raises
    ------
    CrsError : it states no CRS, and none is known. SourceError : it cannot be read.
    """
    options: dict[str, Any] = {}
    try:
        raster = read_raster(found.path)
    except CrsError:
        if known.crs is None:
            raise
        options = {"crs": known.crs}
        raster = read_raster(found.path, options=options)
    names = ", ".join(raster.band_names)
    blank = [band.name for band in raster.bands if not band.unit]
    look = (
        (f"units of the bands are not stated ({', '.join(blank)}): write them under bands in the card",)
        if blank
        else ()
    )
    return Proposal(
        found, GRID_LAYER, LEAST_SCORE, (f"a grid of {names}", f"CRS {raster.crs[:60]}"), look, {"crs": None}, options
    )
