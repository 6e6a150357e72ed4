"""States: whether a row lies in the state that it names, by rough boxes of our own or by a user's polygons.

The boxes are no boundary and draw none. For an exact test, give polygons that follow the Survey of India (its
administrative boundary database, free after registration at onlinemaps.surveyofindia.gov.in).

Belongs here: names of states, old and new, and where they are. Does not belong here: other positions (``places``).
"""

from __future__ import annotations

import re
import unicodedata
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
UNKNOWN_STATE = "no state of India is known by this name: it stays as written, and the position is not held against it"
NO_STATE = "position in no State or Union Territory: in the sea, or abroad"
OTHER_STATE = "position outside the state that the row names"
STATE_SPELLING = "state in an old name, a short form or another script: read as its present name"


@cache
def state_boxes() -> dict[str, tuple[Extent, ...]]:
    """Lower-case state name (old names and spellings too) -> boxes in degrees; a state of before 2000 has several."""
    out: dict[str, tuple[Extent, ...]] = {}
    for row in _rows():
        west, south, east, north = (float(row[k]) for k in ("west", "south", "east", "north"))
        for name in (str(row["state"]), *_others(row)):
            out[_key(name)] = ((west, south, east, north),)
    return out


def _rows() -> list[dict[Any, Any]]:
    return load_table("state_boxes").to_dict("records")


def _others(row: dict[Any, Any]) -> list[str]:
    names = row["other_names"]
    return [_key(n) for n in names.split(";")] if isinstance(names, str) else []


def _key(name: str) -> str:
    """A name as it is compared: small letters, single spaces, Devanagari in one composition and without joiners."""
    plain = unicodedata.normalize("NFKC", name).replace("\u200d", "").replace("\u200c", "")
    return re.sub(r"\s+", " ", plain).strip().lower()


@cache
def _official() -> dict[str, str]:
    """Compared form of each old name and other spelling -> the state's present name."""
    names = {_key(str(row["state"])): str(row["state"]) for row in _rows()}
    return {other: str(row["state"]) for row in _rows() for other in _others(row) if other not in names} | names


def present_name(name: str) -> str:
    """The present name of a state that is named by an old or short name or in Devanagari; another text as it is."""
    return _official().get(_key(name), name)


def other_names(name: str) -> tuple[str, ...]:
    """The old names, short forms and spellings of a state that is named by its present name; () of any other text."""
    return tuple(o for row in _rows() if str(row["state"]) == name for o in _others(row))


def present_names(state: pd.Series, ledger: Ledger, field: str = "state") -> pd.Series:
    """States by their present names; an old name, a short form or one in Devanagari is read as it, and told."""
    codes, names = pd.factorize(state)
    out = np.array([*(_official().get(_key(str(n)), n) for n in names), None], dtype=object)
    for code, name in enumerate(names):
        if out[code] != name and _key(str(name)) != _key(str(out[code])):
            ledger.mark(codes == code, field, f"{name} = {out[code]}", STATE_SPELLING)
    return pd.Series(out[codes], index=state.index).astype("str")


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


def check_land(lon: np.ndarray, lat: np.ndarray, rows: np.ndarray, ledger: Ledger) -> None:
    """Hold rows that lie in the box of no State: without a name of one nothing else tests a place.

    Parameters
    ----------
    lon, lat : degrees, of shape (n,). rows : which rows are looked at, booleans of shape (n,).
    """
    at = np.flatnonzero(rows & np.isfinite(lon) & np.isfinite(lat))
    inside = np.zeros(len(at), dtype=bool)
    t = STATE_TOLERANCE_DEG
    for west, south, east, north in {box for boxes in state_boxes().values() for box in boxes}:
        inside |= (lon[at] >= west - t) & (lon[at] <= east + t) & (lat[at] >= south - t) & (lat[at] <= north + t)
    out = at[~inside]
    text = pd.Series([f"{x:.4f} E, {y:.4f} N" for x, y in zip(lon[out], lat[out])], dtype="str")
    ledger.hold(out, "geometry", text, NO_STATE)


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
            ledger.mark(at, field, str(name), UNKNOWN_STATE)
            continue
        out = at[~inside]
        text = pd.Series([f"{name}, but at {x:.4f} E, {y:.4f} N" for x, y in zip(lon[out], lat[out])], dtype="str")
        ledger.hold(out, field, text, OTHER_STATE)
    return unknown


def meets(name: str, extent: tuple[float, float, float, float], as_of: int | None = None) -> bool:
    """Whether the box of a State meets an extent (west, south, east, north, degrees); False for a name that is none."""
    west, south, east, north = extent
    boxes = (box for part in _parts(name, as_of) for box in state_boxes().get(part, ()))
    return any(b[0] <= east and b[2] >= west and b[1] <= north and b[3] >= south for b in boxes)


def _parts(name: str, as_of: int | None) -> list[str]:
    text = re.sub(r"^(?:ut|union territory|state)\s*(?:of)?\s*:?\s+", "", _key(name))
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
