"""Cells -> numbers: sentinels to missing, ``<0.5`` and its cousins to a limit and a mark, unreadable text named.

Belongs here: how one cell is read. Does not belong here: what the number may be (``checks``) or its unit (``evidence``).
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data_sources.contracts.admitting.cells.decimals import DECIMAL_COMMA, EITHER, GROUP_COMMA, OPEN, Mark
from data_sources.contracts.admitting.cells.sentinels import HUGE, NUMBER_SENTINELS
from data_sources.contracts.admitting.cells.units import factor_to, is_unit
from khanij.foundation.cells import plain_digits

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

TEXT_SENTINELS = frozenset({"", "blank", "n/a", "#n/a", "null", "nan", "-", "--", "<null>"})
"""Texts that mean "missing" in any column; ``none`` and ``NA`` may be a word or sodium, so only numbers take them so."""
_NUMBER_TEXT_SENTINELS = TEXT_SENTINELS | {
    "na", "n.a.", "n.a", "none", "nil", "nr", "not available", "not analysed", "not analyzed", "\u2014", "\u2013",
}  # fmt: skip
_LIMIT_TIMES = 10.0  # a detection limit this many times above all that was reported is none
_DL = (
    r"(?:m?d\.?l\.?|l\.?o\.?[dq]\.?|lld|ld|b\.?d\.?l\.?|b\.?l\.?d\.?|b\.?q\.?l\.?|b\.?l\.?q\.?|n\.?d\.?"
    r"|det(?:ection|\.)? ?limit|limit of detection)"
)
_N = r"([\d.]+(?:[eE][+-]?\d+)?)"
_UNIT = r"\s*\(?((?:[a-zA-Zµμ%°/][\wµμ%°/ .\-]*)?)"
_BELOW = re.compile(
    rf"^\(?(?:<+|≤|less than|below)\s*=?\s*{_N}(?:\s*\(?{_DL}\)?|{_UNIT})\)?$|^{_N}\s*\(?\s*<?\s*{_DL}\s*\)?$"
    rf"|^{_DL}\s*[:=(]?\s*<?\s*{_N}\s*\)?$",
    re.IGNORECASE,
)
_ABOVE = re.compile(rf"^\(?(?:>+|≥|more than|above|over)\s*=?\s*{_N}{_UNIT}\)?$", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"^([+-]?)\s*{_N}{_UNIT}\)?$", re.IGNORECASE)
_PLAIN = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
_NO_LIMIT = re.compile(
    rf"^(<+\s*(?:{_DL}|det.*)?|{_DL}|below.*|not? ?-?det\b.*|not? ?-?detect.*|non ?-?detect.*|tr\.?|traces?)$",
    re.IGNORECASE,
)
_GROUPED = re.compile(
    r"(?<![\d.])\d{1,3}(?:[, '\u2019]\d{2,3})*[, '\u2019]\d{3}(?!\d)"
)  # 1,234; the Indian 1,23,456; 1 234
_DOTTED = re.compile(r"(?<![\d,.])\d{1,3}(?:\.\d{3})+(?=,\d)")
_SPACED = re.compile(r"(?<![\d,.])\d{1,3}(?:[ '\u2019]\d{3})+(?!\d)")
_SAME = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-"})

SENTINEL = "sentinel value read as missing"
UNREADABLE = "text where a number belongs: read as missing"
ABOVE = "above the method's upper limit: the limit is kept as the value"
NEGATIVE_LIMIT = (
    "negative value read as a detection limit (laboratory convention): kept as a censored value at its size"
)
COMMA = "decimal comma read as a decimal point"
CELL_UNIT = "a unit stands in the cell: read as a number in the column's unit, check that it is the same"
CONVERTED = "a unit stands in the cell: the number is converted to the column's unit"
OTHER_UNIT = "a unit stands in the cell that cannot be turned into the column's: read as missing"
FORMULA = "a formula that was never calculated: read as missing; open the file in a spreadsheet program, save it, and give it again"
ZERO_LIMIT = (
    "0 read as below detection (may also be 'not analysed'): censored at the smallest positive value of the column"
)
NO_LIMIT = "below detection without a limit: censored at the smallest positive value of the column"


@dataclass
class Numbers:
    """One parsed column: ``values`` float64 with NaN as missing, ``censored`` True where the value is a limit.

    ``notes`` maps a reason to the positions (0-based) that it concerns.
    """

    values: Floats
    censored: Bools
    notes: dict[str, np.ndarray] = field(default_factory=dict)
    smallest_positive: float = float("nan")


def parse_numbers(
    column: pd.Series,
    *,
    censorable: bool = False,
    sentinels: tuple[object, ...] = (),
    unit: str | pd.Series | None = None,
    decimal: Mark | None = None,
    limits: bool = False,
) -> Numbers:
    """Numbers of a raw column of shape (n,), in the column's unit.

    Parameters
    ----------
    unit : of the column, or of each row; a cell that states another is converted. None: not known, a cell's own is only told.
    decimal : the decimal mark as judged for the file; None judges by this column alone.
    limits : a column that is no analysis, of which the caller keeps limits apart (``NO_LIMIT`` notes those that are not stated).

    A censorable column (an analysis) reads ``<0.5`` as the limit 0.5; ``<DL``, ``BDL``, ``0`` as below a limit that is not
    given, set to the smallest positive value reported in the column; and a negative number as minus the limit (one that is
    ten times above all reported values is no limit but a sentinel). A comma is decimal where a cell of the column says so
    (``0,5``) and none says otherwise (``1,23,456``). A limit above (``>1%``) stays a value and is marked.
    """
    n = len(column)
    censored = np.zeros(n, dtype=bool)
    notes: dict[str, np.ndarray] = {}
    no_limit = np.zeros(n, dtype=bool)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype="float64", na_value=np.nan, copy=True)
    elif (plain := _all_plain(column)) is not None and decimal != "?":
        values = plain
    else:
        values, below, no_limit, marks = _from_text(column, sentinels, unit, decimal)
        notes |= marks
        censored |= below
        if limits:
            _note(notes, NO_LIMIT, np.flatnonzero(no_limit))
        elif not censorable and (below | no_limit).any():  # no column for the mark: a limit would pass for a value
            values[below] = np.nan
            _note(notes, UNREADABLE, np.flatnonzero(below | no_limit))
            censored[:] = False
    known = tuple(float(s) for s in sentinels if isinstance(s, int | float)) + NUMBER_SENTINELS
    with np.errstate(invalid="ignore"):
        # isin is costly on half a million rows; the candidates are few: not positive, or beyond any measurement.
        suspect = np.flatnonzero((values < 0) | (np.abs(values) >= 1e19) | np.isinf(values))
        if any(k >= 0 for k in known[: -len(NUMBER_SENTINELS)]):
            suspect = np.flatnonzero(np.isfinite(values) | np.isinf(values))
        hit = suspect[np.isin(values[suspect], known) | (np.abs(values[suspect]) >= HUGE) | np.isinf(values[suspect])]
    if len(hit):
        values[hit] = np.nan
        _note(notes, SENTINEL, hit)
    if not censorable:
        return Numbers(values, censored, notes)
    negative = np.flatnonzero(values < 0)
    if len(negative):
        most = values.max(initial=0.0, where=values > 0)
        absurd = negative[-values[negative] > _LIMIT_TIMES * most] if most > 0 else negative[:0]
        values[absurd] = np.nan
        _note(notes, SENTINEL, absurd)
        negative = np.flatnonzero(values < 0)
    if len(negative):
        values[negative] = -values[negative]
        censored[negative] = True
        _note(notes, NEGATIVE_LIMIT, negative)
    zero = (values == 0) & ~censored
    unset = zero | no_limit
    positive = values[(values > 0)]
    smallest = float(positive.min()) if len(positive) else float("nan")
    if unset.any():
        values[unset] = smallest
        censored[unset] = np.isfinite(smallest)
        _note(notes, ZERO_LIMIT, np.flatnonzero(zero))
        _note(notes, NO_LIMIT, np.flatnonzero(no_limit))
    return Numbers(values, censored, notes, smallest)


def _note(notes: dict[str, np.ndarray], reason: str, where: np.ndarray) -> None:
    if len(where):
        notes[reason] = np.union1d(notes[reason], where) if reason in notes else where


def _all_plain(column: pd.Series) -> Floats | None:
    """The numbers of a column of text in which each cell is a plain number or missing; None where one is not."""
    if not isinstance(column.dtype, pd.StringDtype):
        return None
    cells = pa.array(column)
    try:
        numbers = pc.cast(cells, pa.float64())
    except pa.ArrowInvalid:
        return None
    values = numbers.to_numpy(zero_copy_only=False)
    if not np.isfinite(values[~np.asarray(column.isna())]).all():  # the words inf and nan are numbers to it
        return None
    return np.array(values, dtype="float64")


def _from_text(
    column: pd.Series, sentinels: tuple[object, ...], unit: str | pd.Series | None, decimal: Mark | None
) -> tuple[Floats, Bools, Bools, dict[str, np.ndarray]]:
    """Parse each distinct text once; a column of half a million cells has few of them that are not plain numbers."""
    codes, uniques = pd.factorize(column)
    texts = pd.Series(uniques).astype("str").str.strip()
    blank = {str(s).strip().lower() for s in sentinels if isinstance(s, str)} | _NUMBER_TEXT_SENTINELS
    numbers, plain = _plain_numbers(texts)
    odd = np.flatnonzero(~plain)
    with_comma = [t for t in texts.iloc[odd] if isinstance(t, str) and "," in t]
    is_decimal = decimal == "," if decimal else _says_decimal(with_comma)
    found = [_cell(texts.iloc[i], blank, is_decimal, decimal) for i in odd]
    kind = np.zeros(len(texts) + 1, dtype=np.int8)
    units, comma = np.full(len(texts) + 1, "", dtype=object), np.zeros(len(texts) + 1, dtype=bool)
    for i, cell in zip(odd, found, strict=True):
        numbers[i], kind[i], units[i] = cell.number, cell.kind, cell.unit
        comma[i] = is_decimal and "," in str(texts.iloc[i])
    if is_decimal and any(
        _DOTTED.search(t) for t in with_comma
    ):  # 1.234,5 in the column: what 1.234 means is not known
        kind[np.flatnonzero(texts.str.fullmatch(r"-?\d{1,3}\.\d{3}").fillna(False))] = _OPEN
    numbers[np.isin(kind[:-1], (_UNREAD, _OPEN, _FORMULA))] = np.nan
    per_row = np.append(numbers, np.nan)[codes]
    kinds = kind[codes]
    notes: dict[str, np.ndarray] = {}
    _convert(per_row, kinds, units[codes], unit, notes)
    for code, reason in _REASONS.items():
        _note(notes, reason, np.flatnonzero(kinds == code))
    _note(notes, COMMA, np.flatnonzero((comma & ~np.isin(kind, (_UNREAD, _OPEN)))[codes]))
    return per_row, kinds == _BELOW_LIMIT, kinds == _UNSTATED, notes


_BELOW_LIMIT, _UNSTATED, _ABOVE_LIMIT, _SENTINEL, _UNREAD, _OPEN, _FORMULA, _FOREIGN = range(1, 9)
_REASONS = {
    _ABOVE_LIMIT: ABOVE, _SENTINEL: SENTINEL, _UNREAD: UNREADABLE, _OPEN: OPEN, _FORMULA: FORMULA, _FOREIGN: OTHER_UNIT,
}  # fmt: skip


class _Cell(NamedTuple):
    """One distinct text as read: its number, of which kind it is, and the unit that stands in it."""

    number: float = float("nan")
    kind: int = 0
    unit: str = ""


def _plain_numbers(texts: pd.Series) -> tuple[Floats, Bools]:
    """Numbers of distinct texts, and which of them are plain ones (``1_000`` is none, nor is ``inf``)."""
    if not len(texts):
        return np.zeros(0), np.zeros(0, dtype=bool)
    plain = texts.str.match(_PLAIN).fillna(False).to_numpy(dtype=bool)
    numbers = np.full(len(texts), np.nan)
    numbers[plain] = texts[plain].astype("float64").to_numpy()
    return numbers, plain


def _says_decimal(with_comma: list[str]) -> bool:
    return any(map(DECIMAL_COMMA.search, with_comma)) and not any(map(GROUP_COMMA.search, with_comma))


def _cell(raw: Any, blank: set[str], is_decimal: bool, decimal: Mark | None) -> _Cell:
    """One text that is no plain number."""
    if pd.isna(raw) or raw.lower() in blank:
        return _Cell(kind=0 if pd.isna(raw) or raw == "" else _SENTINEL)
    if raw.startswith("=") and not raw.startswith('="'):
        return _Cell(kind=_FORMULA)
    if decimal == "?" and EITHER.search(raw):
        return _Cell(kind=_OPEN)
    if re.fullmatch(r"[+-]?inf(inity)?", raw, re.IGNORECASE):
        return _Cell(kind=_SENTINEL)
    text = _tidy(raw, is_decimal)
    if "_" in text:
        return _Cell(kind=_UNREAD)
    if np.isfinite(number := _float(text)):
        return _Cell(number)
    if m := _BELOW.match(text):
        limit = _float(next(g for g in (m.group(1), m.group(3), m.group(4)) if g is not None))
        unit = (m.group(2) or "").strip(" )")
        if unit and not is_unit(unit):
            return _Cell(kind=_UNREAD)
        return _Cell(limit, _BELOW_LIMIT, unit) if limit > 0 else _Cell(kind=_UNSTATED)
    if (m := _ABOVE.match(text)) and (not m.group(2) or is_unit(m.group(2).strip(" )"))):
        return _Cell(_float(m.group(1)), _ABOVE_LIMIT, m.group(2).strip(" )"))
    if _NO_LIMIT.match(text):
        return _Cell(kind=_UNSTATED)
    if (m := _WITH_UNIT.match(text)) and is_unit(m.group(3).strip(" )")):
        return _Cell(_float(f"{m.group(1)}{m.group(2)}"), 0, m.group(3).strip(" )"))
    return _Cell(kind=_UNREAD)


def _convert(
    values: Floats, kinds: np.ndarray, cells: np.ndarray, unit: str | pd.Series | None, notes: dict[str, np.ndarray]
) -> None:
    """Numbers whose cell states a unit, in the column's; changed in place, and told."""
    at = np.flatnonzero(cells != "")
    if not len(at):
        return
    if unit is None:
        _note(notes, CELL_UNIT, at)
        return
    of_row = [unit] * len(at) if isinstance(unit, str) else ["" if pd.isna(u) else str(u) for u in unit.iloc[at]]
    factors = [1.0 if isinstance(unit, pd.Series) and not u else factor_to(c, u) for c, u in zip(cells[at], of_row)]
    known = np.array([f is not None for f in factors], dtype=bool)
    scale = np.array([np.nan if f is None else f for f in factors])
    values[at] *= scale
    kinds[at[~known]] = _FOREIGN
    _note(notes, CONVERTED, at[known & (scale != 1.0)])


def _tidy(text: str, decimal_comma: bool) -> str:
    """A cell in plain characters, with a decimal point and without separators of thousands."""
    plain = html.unescape(unicodedata.normalize("NFKC", text)).strip().lstrip("'").translate(_SAME)
    if decimal_comma:
        plain = _SPACED.sub(lambda m: re.sub(r"\D", "", m.group()), plain)  # 1 250 000,5
        return _DOTTED.sub(lambda m: m.group().replace(".", ""), plain).replace(",", ".")
    return _GROUPED.sub(lambda m: re.sub(r"\D", "", m.group()), plain)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def clean_text(column: pd.Series, sentinels: tuple[object, ...] = ()) -> tuple[pd.Series, np.ndarray]:
    """Stripped texts with sentinels ('BLANK', 'NULL', '-') as missing, and the positions of those sentinels."""
    codes, uniques = pd.factorize(column)
    if pd.api.types.is_float_dtype(column) and len(uniques):  # a whole number that a reader could only give as a float
        texts = pd.Series([plain_digits(float(v)) for v in uniques], dtype="str")
    else:
        texts = pd.Series(uniques).astype("str").str.strip().str.replace(r"^=?\"(.*)\"$", r"\1", regex=True)
    blank = {str(s).strip().lower() for s in sentinels} | TEXT_SENTINELS
    lower = texts.str.lower()
    missing = lower.isin(blank).to_numpy(dtype=bool, na_value=True)
    sentinel = np.append(missing & (lower != "").to_numpy(dtype=bool, na_value=False), False)
    texts = texts.where(~missing, None)
    if not len(texts):
        return pd.Series([None] * len(column), index=column.index, dtype="str"), np.array([], dtype=int)
    out = pd.Series(texts.array.take(codes, allow_fill=True), index=column.index).astype("str")
    return out, np.flatnonzero(sentinel[codes])
