"""Figures that a cell gives as a range (``8 - 10``, ``0.3 to 0.5 %``) or as about so much (``approx. 5``, ``12 (est.)``).

Belongs here: taking such a cell apart. Does not belong here: reading a number (``values``), or which fields may be ranges' ends
of what (``raw_columns``).

A range has a lowest and a highest figure and no most likely one; the middle is nobody's figure and is not made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

ENDS = {
    "tonnage_mode_mt": ("tonnage_min_mt", "tonnage_max_mt"),
    "value_mode": ("value_min", "value_max"),
    "ppm_mode": ("ppm_min", "ppm_max"),
}
"""Field of a most likely figure -> the fields of the lowest and the highest one."""
RANGE = "a range: the lowest and the highest figure, no most likely one"
ABOUT = "an approximate figure, by its own cell: read as the figure"
_NUMBER = r"(\d[\d,]*(?:\.\d+)?|\.\d+)"
_UNIT = r"([^\d\s.,<>±+/*~-][^\d<>±+/*~-]*)?"
_RANGE = re.compile(rf"{_NUMBER}\s*{_UNIT}\s*(?:-|–|—|−|\bto\b|से)\s*{_NUMBER}\s*{_UNIT}", re.IGNORECASE)
_BEFORE = re.compile(
    r"^(?:(?:approx(?:imately)?|about|around|circa|ca|est(?:imated)?|nearly|say|लगभग)\b\.?|[~≈])\s*[:=]?\s*(?=[\d.])",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?<=[\w%])\s*(?:\(\s*(?:approx|est|estimated|provisional|prov|p|e)\.?\s*\)|\bapprox\.?|\best\.?|\*+)\s*$",
    re.IGNORECASE,
)


class Told:
    """What the cells of one column tell beside plain numbers; each part of shape (n,).

    ``plain``: the cells without ranges and without words of approximation; ``low`` and ``high``: the two cells of a range, missing
    elsewhere; ``in_range`` and ``about``: which rows.
    """

    def __init__(self, column: pd.Series) -> None:
        texts = column.astype("str").str.strip()
        bare = texts.str.replace(_BEFORE, "", n=1, regex=True).str.replace(_AFTER, "", n=1, regex=True)
        found = [_ends(t) if isinstance(t, str) else None for t in bare]
        self.in_range = np.array([f is not None for f in found], dtype=bool)
        self.about = (texts.notna() & (bare != texts).fillna(False)).to_numpy(dtype=bool)
        self.plain = bare.mask(self.in_range)
        self.low, self.high = (
            pd.Series([f[i] if f else None for f in found], index=column.index, name=column.name, dtype="str")
            for i in (0, 1)
        )


def told_by(column: pd.Series) -> Told | None:
    """What a column tells beside plain numbers; None for one of numbers, and for one that tells nothing else."""
    if pd.api.types.is_numeric_dtype(column):
        return None
    told = Told(column)
    return told if told.in_range.any() or told.about.any() else None


def with_ends(data: dict[str, Any], field: str, told: Told, read: Callable[[pd.Series], Any]) -> None:
    """Fill the lowest and the highest figure of the rows with a range, where the table has none of its own, in place.

    Parameters
    ----------
    data : fields read so far. field : of the most likely figure. read : reads a column of text in that field's unit.
    """
    for end, cells in zip(ENDS[field], (told.low, told.high)):
        own = np.asarray(data.get(end, np.full(len(cells), np.nan)), dtype=float)
        data[end] = np.where(np.isnan(own) & told.in_range, np.asarray(read(cells), dtype=float), own)


def _ends(text: str) -> tuple[str, str] | None:
    """The two cells of a range, each with the unit; None for anything else, and where the first is not the smaller."""
    hit = _RANGE.fullmatch(text)
    if hit is None:
        return None
    low, unit, high, last = hit[1], (hit[2] or "").strip(), hit[3], (hit[4] or "").strip()
    if unit and not last:
        return None  # of "5 t - 8" nobody knows what the second is
    if (unit or last).lower() == last.lower() and not float(low.replace(",", "")) < float(high.replace(",", "")):
        return None
    return f"{low} {unit or last}".strip(), f"{high} {last}".strip()
