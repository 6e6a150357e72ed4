"""Survey of India sheet numbers <-> bounds, both ways in closed form.

A 4-degree sheet carries a number (an irregular look-up, since only sheets with land of the survey are numbered), a
1-degree sheet a letter A-P and a 15-minute (1:50,000) sheet a number 1-16, both column by column from the north-west:
55O/12 is 79.50-79.75 E, 21.00-21.25 N.

Belongs here: numbering and spelling. Does not belong here: what lies on a sheet.
"""

from __future__ import annotations

import re
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from khanij.foundation.errors import ContractError

Scale = Literal["4deg", "1deg", "15min"]
Bounds = tuple[float, float, float, float]

_LETTERS = "ABCDEFGHIJKLMNOP"
# (west edge, north edge of the column's first sheet, numbers from north to south), 4 degrees each. Within a column the
# numbers run without a gap, so a column is its first number and its length.
_COLUMNS: tuple[tuple[int, int, int, int], ...] = (
    (68, 32, 39, 3),
    (72, 40, 42, 8),
    (76, 40, 51, 8),
    (80, 36, 61, 6),
    (84, 28, 72, 3),
    (88, 32, 77, 3),
    (92, 32, 82, 7),
    (96, 32, 91, 2),
)
FOUR_DEGREE_SHEETS: dict[int, tuple[int, int]] = {
    first + i: (west, north - 4 * (i + 1)) for west, north, first, count in _COLUMNS for i in range(count)
}
"""4-degree sheet number -> (west, south) edge in degrees."""
_BY_CORNER = {corner: number for number, corner in FOUR_DEGREE_SHEETS.items()}
_NUMBER_GRID = np.zeros((8, 9), dtype=np.int64)  # [(west - 68) / 4, (south - 4) / 4] -> number, 0 where none
for _corner, _number in _BY_CORNER.items():
    _NUMBER_GRID[(_corner[0] - 68) // 4, (_corner[1] - 4) // 4] = _number

# "Toposheet No. 57B/8" and a half-inch quarter ("57B/NE", which is known to its degree only) are read too.
_TEXT = re.compile(
    r"^\s*(?:(?:(?:s\.?o\.?i\.?\s*)?topo\s?-?sheet|sheet)?\s*(?:no\.?)?[\s:]*)0?(\d{2})\s*[/\-_. ]?\s*([A-P])\s*"
    r"(?:[/\-_. ]?\s*(?:NO\.?\s*)?(\d{1,2})|[/\-_. ]\s*[NS][EW])?\s*$",
    re.IGNORECASE,
)
# A sample number starts with its sheet; whatever follows is the sample's own number, year or type.
_PREFIX = r"^\s*0?(\d{2})[/\-_. ]?([A-Pa-p])[/\-_. ]?(0[1-9]|1[0-6]|[1-9])(?!\d)"
_START, _LONGEST_SHEET = 8, 10
_PREFIX_RUN_ON = r"^\s*0?(\d{2})[/\- ]?([A-Pa-p])(1[0-6]|0[1-9]|[1-9])\d+"


def sheet_of(lon: float, lat: float, scale: Scale = "15min") -> str | None:
    """Sheet that holds a point; a point on a shared edge belongs to the sheet east and north of it.

    Parameters
    ----------
    lon, lat : degrees, EPSG:4326. scale : ``4deg`` ('55'), ``1deg`` ('55O') or ``15min`` ('55O/12').

    Returns
    -------
    The normal spelling, or None outside the numbered sheets.
    """
    value = sheets_of(np.array([lon]), np.array([lat]), scale)[0]
    return None if value == "" else str(value)


def sheets_of(lon: np.ndarray, lat: np.ndarray, scale: Scale = "15min") -> np.ndarray:
    """``sheet_of`` for arrays of shape (n,): an object array of texts, '' where there is no sheet."""
    lon, lat = np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64")
    inside = (lon >= 68) & (lon < 100) & (lat >= 4) & (lat < 40)
    x, y = np.where(inside, lon, 68.0), np.where(inside, lat, 4.0)
    number = _NUMBER_GRID[((x - 68) // 4).astype(int), ((y - 4) // 4).astype(int)]
    number = np.where(inside, number, 0)
    letter = ((x % 4) // 1).astype(int) * 4 + 3 - ((y % 4) // 1).astype(int)
    quarter = ((x % 1) // 0.25).astype(int) * 4 + 3 - ((y % 1) // 0.25).astype(int) + 1
    # One text per distinct sheet, not one per point: half a million points lie on a few thousand sheets.
    code, inverse = np.unique(number * 1000 + letter * 20 + quarter, return_inverse=True)
    texts = np.array([_spell(int(c) // 1000, int(c) % 1000 // 20, int(c) % 20, scale) for c in code], dtype=object)
    return texts[inverse]


def _spell(number: int, letter: int, quarter: int, scale: Scale) -> str:
    if number == 0:
        return ""
    if scale == "4deg":
        return str(number)
    return f"{number}{_LETTERS[letter]}" if scale == "1deg" else f"{number}{_LETTERS[letter]}/{quarter:02d}"


def normalise(text: object) -> str | None:
    """Any spelling of a sheet ('57E02', '57C9/1' is 57C/09 with a rest, '57F-09', '57/F10') -> '57E/02'; None if it is none.

    A 1-degree sheet ('57E') stays '57E'. A text that goes on after the sheet (a sample number) gives the sheet it starts with.
    """
    value = normalise_many(pd.Series([text], dtype="object"))[0]
    return None if value == "" else str(value)


def normalise_many(texts: pd.Series) -> np.ndarray:
    """``normalise`` for a column of texts: an object array, '' where there is no sheet."""
    text = texts.astype("str")
    if text.str.contains(" ", regex=False).any():
        text = text.str.replace(r" *([/-]) *", r"\1", regex=True)
    # A sheet stands in the first eight characters of a sample number: half a million samples share a few thousand starts.
    starts = text.where(text.str.len() <= _LONGEST_SHEET, text.str.slice(0, _START))
    out = _normalise_distinct(starts)
    left = np.flatnonzero((out == "") & text.notna().to_numpy())
    if len(left):
        out[left] = _normalise_distinct(text.iloc[left])
    return out


def _normalise_distinct(texts: pd.Series) -> np.ndarray:
    codes, uniques = pd.factorize(texts)
    values = pd.Series(uniques, dtype="str")
    whole = values.str.extract(_TEXT)
    prefix = values.str.extract(_PREFIX)
    run_on = values.str.extract(_PREFIX_RUN_ON)
    parts = whole.where(whole[0].notna(), prefix.where(prefix[0].notna(), run_on))
    out = [_join(*row) for row in parts.itertuples(index=False)]
    table = np.array([*out, ""], dtype=object)  # the last one answers code -1 (missing)
    return table[codes]


def _join(number: object, letter: object, quarter: object) -> str:
    if not isinstance(number, str) or not isinstance(letter, str):
        return ""
    if not isinstance(quarter, str):
        return f"{number}{letter.upper()}"
    return f"{number}{letter.upper()}/{int(quarter):02d}" if 1 <= int(quarter) <= 16 else ""


def bounds_of(sheet: str) -> Bounds:
    """(west, south, east, north) in degrees of a sheet in any spelling, of 4 degrees, 1 degree or 15 minutes.

    Raises
    ------
    ContractError : not a sheet number, or a 4-degree number that has no place in the table.
    """
    text = str(sheet).strip()
    normal = text if re.fullmatch(r"\d{2}", text) else normalise(text)
    number = int(normal[:2]) if normal else 0
    if normal is None or number not in FOUR_DEGREE_SHEETS:
        raise ContractError(f"{sheet!r} is not a Survey of India sheet number", field="sheet", do="write it as 55O/12")
    west, south = map(float, FOUR_DEGREE_SHEETS[number])
    if len(normal) == 2:
        return west, south, west + 4, south + 4
    letter = _LETTERS.index(normal[2])
    west, south = west + letter // 4, south + 3 - letter % 4
    if len(normal) == 3:
        return west, south, west + 1, south + 1
    quarter = int(normal[4:]) - 1
    west, south = west + 0.25 * (quarter // 4), south + 0.75 - 0.25 * (quarter % 4)
    return west, south, west + 0.25, south + 0.25


def parent_of(sheet: str) -> str | None:
    """The sheet one scale up: '55O/12' -> '55O' -> '55'; None above that."""
    normal = str(sheet).strip() if re.fullmatch(r"\d{2}", str(sheet).strip()) else normalise(sheet)
    return _parent(normal) or None


def _parent(normal: str | None) -> str:
    if normal is None or len(normal) == 2:
        return ""
    return normal[:2] if len(normal) == 3 else normal[:3]


def sheets_in(extent: Bounds, scale: Scale = "15min") -> gpd.GeoDataFrame:
    """All sheets that share area with an extent (west, south, east, north, degrees).

    Returns
    -------
    GeoDataFrame(sheet, parent, geometry) in EPSG:4326, north-west first, row by row; whole sheets, not clipped.
    """
    west, south, east, north = extent
    step = {"4deg": 4.0, "1deg": 1.0, "15min": 0.25}[scale]
    x0, x1 = int(np.floor(west / step)), int(np.ceil(east / step))
    y0, y1 = int(np.floor(south / step)), int(np.ceil(north / step))
    xs, ys = np.meshgrid(np.arange(x0, x1) * step, np.arange(y1 - 1, y0 - 1, -1) * step)
    names = sheets_of(xs.ravel() + step / 2, ys.ravel() + step / 2, scale)
    keep = names != ""
    left, low = xs.ravel()[keep], ys.ravel()[keep]
    names = names[keep]
    data = {
        "sheet": pd.Series(names, dtype="str"),
        "parent": pd.Series([_parent(n) for n in names], dtype="str"),
    }
    return gpd.GeoDataFrame(data, geometry=shapely.box(left, low, left + step, low + step), crs="EPSG:4326")


def index_disagreements(index: gpd.GeoDataFrame, label: str = "SheetNo") -> pd.DataFrame:
    """Sheets of a published index whose label is not the number of their place.

    Returns
    -------
    columns row (from 1), label, by_place, why ('no sheet number', '4-degree number', 'letter', 'number'), in the order of
    the index.
    """
    box = index.bounds
    x, y = (box["minx"] + box["maxx"]) / 2, (box["miny"] + box["maxy"]) / 2
    by_place = sheets_of(x.to_numpy(), y.to_numpy())
    named = normalise_many(index[label])
    rows = []
    for i in np.flatnonzero((named != by_place) | (named == "")):
        a, b = str(named[i]), str(by_place[i])
        why = (
            "no sheet number"
            if not a
            else "4-degree number"
            if a[:2] != b[:2]
            else "letter"
            if a[2] != b[2]
            else "number"
        )
        rows.append((int(i) + 1, str(index[label].iloc[i]), b, why))
    return pd.DataFrame(rows, columns=["row", "label", "by_place", "why"])
