"""Tonnage of a table that gives volume and density: the product, which says that it is derived.

    tonnage (million t) = volume (million m³) × dry or bulk density (t/m³)

Belongs here: which two columns are meant, and their product. Does not belong here: a tonnage that is written (``contracts.admitting``),
or a volume without a density, which is no tonnage.

Density is that of the material as it lies. The specific gravity of its grains is another quantity (of tailings about twice as much)
and is not used; neither are loose or bank volumes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.cells.decimals import Mark, decimal_marks
from data_sources.contracts.admitting.cells.quantities import base_and_unit, names_quantity
from data_sources.contracts.admitting.raw_columns import match_fields
from data_sources.contracts.admitting.values import COMMA, parse_numbers
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.shapes.remarks import remark, used

TONNAGE = "tonnage_mode_mt"
PRODUCT = "tonnage is {volume} times {density}: derived, taken as dry where the table says nothing else"
ODD_DENSITY = "a density outside 0.5 to 5 t/m3: no tonnage is derived from it"
UNREAD = "a volume or density that is no plain number: no tonnage is derived from it"
_TIMES = {"000": 1e-3, "1000": 1e-3, "thousand": 1e-3, "lakh": 0.1, "lac": 0.1, "million": 1.0, "mn": 1.0, "crore": 10.0, "m": 1.0}  # fmt: skip
_FILL = (
    r"(?:(?:of|in|the|dump|dumps|dumped|waste|tailings?|ash|slag|mud|sand|stack|pond|heap|pile|material|stored|deposited|surveyed|"
    r"measured|est|estimated|approx|approximate|total|present|existing|current|mined|overburden|ob) )*"
)
_VOLUME = re.compile(
    _FILL
    + r"(?:vol|volume) "
    + _FILL
    + r"(?:('?000|1000|thousand|lakh|lac|million|mn|crore|m)s? ?)?(?:m3|cum|cu m|cu(?:bic)? met(?:re|er)s?)"
)
_MCM = re.compile(_FILL + r"(?:vol|volume) " + _FILL + "mcm")
_DENSITY = re.compile(r"(?:in ?situ |bulk |dry |dry bulk |mean |average |avg )*density\b(.*)")
_PER_TONNE = {"": 1.0, "t m3": 1.0, "t cum": 1.0, "t cu m": 1.0, "tonnes m3": 1.0, "tonnes per m3": 1.0, "g cc": 1.0, "gm cc": 1.0, "g cm3": 1.0, "kg m3": 1e-3}  # fmt: skip
_LEAST, _MOST = 0.5, 5.0


def with_tonnage_of_volume(
    frame: pd.DataFrame, contract: Contract, field_map: Mapping[str, str], rows: np.ndarray
) -> pd.DataFrame:
    """The frame with the tonnage of its one volume and one density, where no column gives a tonnage; else as it is."""
    columns = [str(c) for c in frame.columns]
    if _gives_tonnage(columns, contract, field_map):
        return frame
    free = [c for c in columns if c not in field_map]
    volumes = [(c, times) for c in free if (times := million_m3(c)) is not None]
    densities = [(c, times) for c in free if (times := t_per_m3(c)) is not None]
    if len(volumes) != 1 or len(densities) != 1:
        return frame
    (volume, to_million), (density, to_t) = volumes[0], densities[0]
    marks = decimal_marks(frame, [volume, density], (), None)
    per_m3 = _plain_numbers(frame[density], marks.get(density)) * to_t
    with np.errstate(invalid="ignore"):
        odd = (per_m3 < _LEAST) | (per_m3 > _MOST)
        tonnage = np.where(odd, np.nan, _plain_numbers(frame[volume], marks.get(volume)) * to_million * per_m3)
    known = np.isfinite(tonnage)
    out = frame.copy(deep=False)
    out[TONNAGE] = tonnage
    for name, text in (("basis_code", "derived"), ("formula", f"{volume} x {density}")):
        if name not in columns:
            out[name] = pd.Series(text, index=frame.index).where(known)
    out.attrs = dict(frame.attrs)
    used(out, volume, density)
    remark(out, volume, "", PRODUCT.format(volume=volume, density=density))
    unread = ~known & ~odd & (frame[volume].notna() & frame[density].notna()).to_numpy()
    if unread.any():
        at = volume if np.isnan(_plain_numbers(frame[volume], marks.get(volume))[unread]).any() else density
        remark(out, at, str(frame[at][unread].iloc[0]), UNREAD, rows=rows[unread].tolist())
    if odd.any():
        remark(out, density, str(frame[density][odd].iloc[0]), ODD_DENSITY, rows=rows[odd].tolist())
    return out


def _plain_numbers(column: pd.Series, mark: Mark | None) -> np.ndarray:
    """Numbers of shape (n,), missing where a cell says anything beside its number: a limit, a unit of its own."""
    read = parse_numbers(column, decimal=mark)
    values = np.array(read.values, dtype=float)
    for reason, at in read.notes.items():
        if reason != COMMA:
            values[at] = np.nan
    return values


def million_m3(column: str) -> float | None:
    """Factor from a volume's header to million m³; None for anything else, and for a header without a unit."""
    text = _words(column)
    if _MCM.fullmatch(text):
        return 1.0
    found = _VOLUME.fullmatch(text)
    return None if found is None else _TIMES[found[1].lstrip("'")] if found[1] else 1e-6


def t_per_m3(column: str) -> float | None:
    """Factor from a density's header to t/m³; None for anything else."""
    found = _DENSITY.fullmatch(_words(column))
    return _PER_TONNE.get(found[1].strip()) if found else None


def _words(column: str) -> str:
    text = column.lower().replace("³", "3").replace("^3", "3").replace("mm3", "million m3")
    return " ".join(w for w in re.split(r"[\s_.,;()\[\]{}/-]+", text) if w)


def _gives_tonnage(columns: list[str], contract: Contract, field_map: Mapping[str, str]) -> bool:
    measured = {f.name for f in contract.fields if f.measured}
    names = {plain_name(a) for f in contract.fields for a in f.measured}
    matched = match_fields(columns, contract, field_map)
    return bool(measured & set(matched)) or any(
        base_and_unit(c)[0] in names or (names_quantity(c) and million_m3(c) is None) for c in columns
    )
