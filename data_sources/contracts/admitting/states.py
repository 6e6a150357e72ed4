"""States: whether a row lies in the state that it names, by rough boxes of our own or by a user's polygons.

The boxes are no boundary and draw none. For an exact test, give polygons that follow the Survey of India (its
administrative boundary database, free after registration at onlinemaps.surveyofindia.gov.in).

Belongs here: names of states, old and new, and where they are. Does not belong here: other positions (``places``).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts.admitting.issues import Ledger
from data_sources.reference import load_table

Extent = tuple[float, float, float, float]

STATE_TOLERANCE_DEG = 0.1
OTHER_STATE = "position outside the state that the row names"
STATE_SPELLING = "state in an old name or another spelling"


@cache
def state_boxes() -> dict[str, tuple[Extent, ...]]:
    """Lower-case state name (old names and spellings too) -> boxes in degrees; a state of before 2000 has several."""
    out: dict[str, tuple[Extent, ...]] = {}
    for row in _rows():
        west, south, east, north = (float(row[k]) for k in ("west", "south", "east", "north"))
        for name in (str(row["state"]), *_others(row)):
            out[name.strip().lower()] = ((west, south, east, north),)
    return out


def _rows() -> list[dict[Any, Any]]:
    return load_table("state_boxes").to_dict("records")


def _others(row: dict[Any, Any]) -> list[str]:
    names = row["other_names"]
    return [n.strip().lower() for n in names.split(";")] if isinstance(names, str) else []


@cache
def state_parts_before_2000() -> dict[str, tuple[str, ...]]:
    """States that were divided in 2000, 2014 or 2019, with what was part of them."""
    return {
        "bihar": ("bihar", "jharkhand"),
        "madhya pradesh": ("madhya pradesh", "chhattisgarh"),
        "uttar pradesh": ("uttar pradesh", "uttarakhand"),
        "andhra pradesh": ("andhra pradesh", "telangana"),
        "jammu and kashmir": ("jammu and kashmir", "ladakh"),
    }


def check_state(
    state: pd.Series,
    lon: np.ndarray,
    lat: np.ndarray,
    ledger: Ledger,
    *,
    as_of: int | None = None,
    polygons: gpd.GeoDataFrame | None = None,
    field: str = "state",
) -> dict[str, int]:
    """Hold rows whose position lies outside the state they name; returns the names that no box or polygon answers to.

    Without ``polygons`` (column ``state``, EPSG:4326; the Survey of India's administrative boundary database is the source
    to use) the test is a box of our own round each state, with 0.1 degrees of tolerance: it finds gross errors only.
    """  # fmt: skip
    unknown: dict[str, int] = {}
    official = {str(row["state"]).lower() for row in _rows()}
    codes, names = pd.factorize(state)
    shapes = None if polygons is None else polygons.assign(key=polygons["state"].astype("str").str.strip().str.lower())
    for code, name in enumerate(names):
        at = np.flatnonzero((codes == code) & np.isfinite(lon) & np.isfinite(lat))
        if not len(at):
            continue
        inside, known = np.zeros(len(at), dtype=bool), False
        for part in _parts(str(name), as_of):
            if shapes is not None and (shapes["key"] == part).any():
                known = True
                area = shapely.buffer(shapely.union_all(shapes.loc[shapes["key"] == part].geometry.to_numpy()), 0.01)
                shapely.prepare(area)
                inside |= shapely.contains_xy(area, lon[at], lat[at])
            elif part in state_boxes():
                known = True
                for west, south, east, north in state_boxes()[part]:
                    t = STATE_TOLERANCE_DEG
                    inside |= (
                        (lon[at] >= west - t) & (lon[at] <= east + t) & (lat[at] >= south - t) & (lat[at] <= north + t)
                    )
        if not known:
            unknown[str(name)] = len(at)
            continue
        today = _today(str(name))
        if today and str(name).strip().lower() not in official:
            ledger.mark(at, field, f"{name} = {today}", STATE_SPELLING)
        out = at[~inside]
        text = pd.Series([f"{name}, but at {x:.4f} E, {y:.4f} N" for x, y in zip(lon[out], lat[out])], dtype="str")
        ledger.hold(out, field, text, OTHER_STATE)
    return unknown


def _today(name: str) -> str:
    """The present name behind an old name or spelling, '' where it is not in the table."""
    text = name.strip().lower()
    return next((str(row["state"]) for row in _rows() if text in _others(row)), "")


def _parts(name: str, as_of: int | None) -> list[str]:
    text = re.sub(r"^(?:ut|union territory|state)\s*(?:of)?\s*:?\s+", "", name.strip().lower())
    if text in state_boxes():
        pieces = [text]
    else:
        pieces = [
            p.strip()
            for p in text.replace("&", "/").replace(";", "/").replace(",", "/").replace(" and ", "/").split("/")
            if p.strip()
        ]
    if as_of is None or as_of >= 2000:
        return pieces
    out: list[str] = []
    for p in pieces:
        box = state_boxes().get(p)
        modern = next((k for k, b in state_boxes().items() if b == box and k in state_parts_before_2000()), p)
        out += state_parts_before_2000().get(modern, (p,))
    return out
