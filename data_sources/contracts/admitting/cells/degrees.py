"""Degrees as people write them: ``76°30'15"E``, ``14°35´15,2"N``, ``+76 30 15.5``, ``143515.2N``, broken degree signs.

Belongs here: spellings of an angle. Does not belong here: where a row lies (``places``).
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.cells.decimals import OPEN, Mark
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.values import (
    COMMA,
    CONVERTED,
    FORMULA,
    OTHER_UNIT,
    SENTINEL,
    UNREADABLE,
    parse_numbers,
)

DMS = "degrees, minutes and seconds, or a letter, read as decimal degrees"

_WORDS = re.compile(r"\b(north|east|south|west)\b", re.IGNORECASE)
# A degree sign of UTF-8 or cp1252 read in another encoding, and the letters of old keyboards.
_BROKEN = re.compile("\u00c2(?=[\u00b0\u00ba])|\u00c2?\ufffd|\u251c\u00e9|\u252c\u2591|\u00ac\u221e")
_MINUTE = "'\u2032\u2019\u2018\u00b4`\u02b9\u02bc"
_SECOND = '"\u2033\u201d\u201c\u02ba\u00a8'
_MARK = r"[°º˚^:\-\s]|deg(?:rees?)?\.?|d"
_NUMBER = r"(\d{1,2}(?:[.,]\d+)?)"
_DMS = re.compile(
    rf"^([NSEW])?\s*([+-])?\s*(\d{{1,3}})\s*(?:{_MARK})\s*(?:{_NUMBER}\s*(?:[{_MINUTE}:\-\s]|min(?:utes?)?\.?|m)?\s*"
    rf"(?:{_NUMBER}\s*(?:[{_SECOND}]|[{_MINUTE}]{{2}}|sec(?:onds?)?\.?|s)?)?)?\s*([NSEW])?$",
    re.IGNORECASE,
)
_PACKED = re.compile(r"^([NSEW])?\s*([+-])?\s*(\d{2,3})(\d{2})(\d{2}(?:[.,]\d+)?)\s*([NSEW])?$", re.IGNORECASE)
_LETTERED = re.compile(r"^([NSEW])?\s*([+-]?\d{1,3}(?:[.,]\d+)?)\s*(?:°|º|deg\.?)?\s*([NSEW])?$", re.IGNORECASE)


def degrees_of(text: object) -> float:
    """``76°30'15"E``, ``76 30 15``, ``76.5 E``, ``143515.2N`` -> decimal degrees (south and west negative); NaN where it is none."""
    written = _WORDS.sub(lambda m: m.group(1)[0], str(text).strip())
    written = _BROKEN.sub(lambda m: "" if m.group() == "\u00c2" else "°", written)
    written = re.sub(rf"[{_MINUTE}]{{2}}", '"', written)
    if m := _LETTERED.match(written):
        value, letter, sign = _float(m.group(2)), m.group(1) or m.group(3), ""
    elif ((m := _PACKED.match(written)) and (m.group(1) or m.group(6))) or (m := _DMS.match(written)):
        value, letter, sign = _sum(m.group(3), m.group(4), m.group(5)), m.group(1) or m.group(6), m.group(2) or ""
    else:
        return float("nan")
    return -abs(value) if sign == "-" or (letter and letter.upper() in "SW") else value


def _float(text: str | None) -> float:
    return float((text or "0").replace(",", "."))


def _sum(degree: str, minute: str | None, second: str | None) -> float:
    m, s = _float(minute), _float(second)
    return _float(degree) + m / 60 + s / 3600 if m < 60 and s < 60 else float("nan")


def coordinates(frame: pd.DataFrame, column: str, ledger: Ledger, decimal: Mark | None = None) -> np.ndarray:
    """One coordinate column; degrees, minutes and seconds, letters and decimal commas are read and said."""
    numbers = parse_numbers(frame[column], unit="degrees", decimal=decimal)
    none = np.array([], dtype=int)
    at = np.union1d(numbers.notes.get(UNREADABLE, none), numbers.notes.get(OTHER_UNIT, none)).astype(int)
    read = np.array([degrees_of(t) for t in frame[column].iloc[at]], dtype="float64")
    numbers.values[at] = read
    ledger.mark(at[np.isfinite(read)], column, frame[column], DMS)
    ledger.mark(at[np.isnan(read)], column, frame[column], UNREADABLE)
    for reason in (SENTINEL, COMMA, CONVERTED):
        ledger.mark(numbers.notes.get(reason, none), column, frame[column], reason)
    for reason in (OPEN, FORMULA):
        ledger.hold(numbers.notes.get(reason, none), column, frame[column], reason)
    return numbers.values
