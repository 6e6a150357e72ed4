"""Rows of a source that lie outside the region: which they are, and which of them say that they belong to it.

Belongs here: looking at places and at names of States and districts. Does not belong here: what becomes of a row (``common``): one
that names a State by an old name, or takes it from the wrong column, is not wrong for that.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts.admitting.admission import Area
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.places import INDIA_DEG, coordinate_pair
from data_sources.contracts.admitting.raw_columns import match_fields
from data_sources.contracts.admitting.states import check_state, meets
from data_sources.contracts.admitting.values import parse_numbers
from data_sources.contracts.contract import Contract
from data_sources.contracts.shapes.datums import in_degrees

LIES = ", but it lies at "
Extent = tuple[float, float, float, float]
DISTRICT_DEG = 2.0
"""A row so far from every row of its district inside the region lies in another district: the longest of India is 3.5 degrees."""


def places_elsewhere(
    frame: pd.DataFrame, field_map: Mapping[str, str], extent: Extent, contract: Contract
) -> tuple[np.ndarray, np.ndarray]:
    """(west, south, east, north of each row in degrees, of shape (n, 4)), and which rows lie in India but outside the extent.

    These are another region's rows, not wrong ones.
    """
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and frame.crs is not None:
        box = shapely.bounds(in_degrees(frame.geometry)[0])
    else:
        back = {target: raw for raw, target in field_map.items() if raw in frame.columns}
        pair = (
            (back["longitude"], back["latitude"])
            if {"longitude", "latitude"} <= set(back)
            else coordinate_pair(list(frame.columns))
        )
        if pair is None:
            return np.full((len(frame), 4), np.nan), np.zeros(len(frame), dtype=bool)
        x, y = (parse_numbers(frame[c]).values for c in pair)
        box = np.column_stack([x, y, x, y])
    west, south, east, north = INDIA_DEG
    with np.errstate(invalid="ignore"):
        proper = (box[:, 0] >= west) & (box[:, 2] <= east) & (box[:, 1] >= south) & (box[:, 3] <= north)
        apart = (box[:, 2] < extent[0]) | (box[:, 0] > extent[2]) | (box[:, 3] < extent[1]) | (box[:, 1] > extent[3])
        if not contract.india_only:
            proper = np.isfinite(box).all(axis=1)
    return box, np.asarray(proper & apart)


def named_inside(
    frame: pd.DataFrame,
    box: np.ndarray,
    cut: np.ndarray,
    rows: np.ndarray,
    field_map: Mapping[str, str],
    contract: Contract,
    within: Area,
) -> list[str]:
    """``row 7: its State is Jharkhand, but it lies at 77.1000 E, 20.2000 N`` of rows outside that name what is inside.

    A State is inside if the extent meets it, and the row lies outside that State; a district if rows inside the region name
    it, and this one lies more than 2 degrees from all of them.

    Parameters
    ----------
    frame : n rows. box : their places, degrees, shape (n, 4). cut : which lie outside, shape (n,). rows : their numbers, shape (n,).
    """
    columns = match_fields([str(c) for c in frame.columns], contract, field_map)
    lon, lat = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    state, district = (
        frame[columns[f]].astype("str").str.strip() if f in columns else pd.Series("", index=frame.index, dtype="str")
        for f in ("state", "district")
    )
    at = np.flatnonzero(cut)
    away = _outside_their_state(state.iloc[at], lon[at], lat[at], contract, within)
    home: dict[tuple[str, str], list[int]] = {}
    keys = list(zip(state.fillna("").str.casefold(), district.fillna("").str.casefold()))
    for i in np.flatnonzero(~cut & np.isfinite(lon)):
        home.setdefault(keys[i], []).append(int(i))
    out = []
    for i, is_away in zip(at, away):
        near = home.get(keys[i], []) if keys[i][1] else []
        if is_away:
            said = f"State is {state.iloc[i]}"
        elif near and np.hypot(lon[near] - lon[i], lat[near] - lat[i]).min() > DISTRICT_DEG:
            said = f"district is {district.iloc[i]}"
        else:
            continue
        out.append(f"row {rows[i]}: its {said}{LIES}{lon[i]:.4f} E, {lat[i]:.4f} N")
    return out


def _outside_their_state(
    state: pd.Series, lon: np.ndarray, lat: np.ndarray, contract: Contract, within: Area
) -> np.ndarray:
    """Which rows name a State that the region meets, and lie in no part of it."""
    if "state" not in contract.names() or within.extent_deg is None or not len(state):
        return np.zeros(len(state), dtype=bool)
    ledger = Ledger("", "", np.arange(len(state)))
    check_state(state.reset_index(drop=True), lon, lat, ledger, as_of=contract.states_as_of, polygons=within.states)
    here = {name for name in state.dropna().unique() if meets(str(name), within.extent_deg, contract.states_as_of)}
    return np.asarray(ledger.held & state.isin(here).to_numpy())
