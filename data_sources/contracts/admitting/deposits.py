"""Rules for a table of deposits that prints its coordinates as degrees and minutes beside decimal ones (GSI's mineral map).

Belongs here: printed coordinates, rows shifted by an unescaped quote. Does not belong here: checks of any point layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from data_sources.contracts.admitting.issues import Ledger

SHIFTED = (
    "a tab stands inside the printed coordinates: the columns after it are shifted; read the file with quoting: none"
)
UNESCAPED = "unescaped quote in the printed coordinates: a reader that honours quotes shifts the columns after it"
RANGE = "locality given as a range of degrees and minutes: the point is its middle"
DIFFERS = "decimal coordinates differ from the printed degrees and minutes by more than 0.02 degrees"
UNPRINTED = "printed coordinates cannot be read"
TOLERANCE_DEG = 0.02

_NUMBER = r"(\d{1,3})\s*(?:[\^°]|\s)\s*(?:(\d{2})\s*'?\s*(?:(\d{1,2}(?:\.\d+)?)\s*\"?)?)?"
_LETTER = r"^\s*[a-z]\)\s*"


def printed_coordinates(text: pd.Series) -> pd.DataFrame:
    """``12^55'30" : 77^10' - 77^12'`` -> lat, lon (degrees, the middle of a range) and is_range; NaN where unreadable.

    A dash, an underscore or a blank between two positions makes a range; a leading ``a)`` is dropped.
    """
    clean = text.astype("str").str.replace("\t.*$", "", regex=True).str.replace(_LETTER, "", regex=True)
    sides = clean.str.split(":", n=1, expand=True).reindex(columns=[0, 1])
    out: dict[str, Any] = {}
    is_range = pd.Series(False, index=text.index)
    for name, side in (("lat", 0), ("lon", 1)):
        ends = (
            sides[side].astype("str").str.strip().str.extract(rf"^{_NUMBER}(?:\s*[-_]?\s*{_NUMBER})?").astype("float64")
        )
        first, second = _degrees(ends, 0), _degrees(ends, 3)
        is_range |= second.notna()
        out[name] = first.where(second.isna(), (first + second) / 2)
    return pd.DataFrame(out).assign(is_range=is_range)


def _degrees(parts: pd.DataFrame, at: int) -> pd.Series:
    degree, minute, second = (parts[at + i] for i in range(3))
    value = degree + minute.fillna(0) / 60 + second.fillna(0) / 3600
    return value.where((minute.isna() | (minute < 60)) & (second.isna() | (second < 60)))


def check_printed(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """Hold shifted rows and disagreeing coordinates; mark ranges, unreadable texts and rows that a quoting reader breaks."""
    text = frame["coordinates_text"]
    if not text.notna().any():
        return
    filled = text.notna().to_numpy()
    tab = text.str.contains("\t").fillna(False).to_numpy(dtype=bool)
    ledger.hold(tab, "coordinates_text", text, SHIFTED)
    quote = (text.str.endswith('"') & (text.str.count('"') == 1)).fillna(False).to_numpy(dtype=bool)
    ledger.mark(quote & ~tab, "coordinates_text", text, UNESCAPED)
    printed = printed_coordinates(text)
    ledger.mark(printed["is_range"].to_numpy() & ~tab, "coordinates_text", text, RANGE)
    lat, lon = printed["lat"].to_numpy(), printed["lon"].to_numpy()
    ledger.mark(filled & ~tab & ~(np.isfinite(lat) & np.isfinite(lon)), "coordinates_text", text, UNPRINTED)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    with np.errstate(invalid="ignore"):
        off = np.fmax(np.abs(lat - y), np.abs(lon - x)) > TOLERANCE_DEG
    off &= ~tab
    values = pd.Series(
        [f"{t} printed, {b:.5f}, {a:.5f} decimal" for t, a, b in zip(text[off], x[off], y[off])], dtype="str"
    )
    ledger.hold(off, "coordinates_text", values, DIFFERS)
