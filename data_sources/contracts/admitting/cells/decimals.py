"""Which mark is decimal: judged for the file, from its delimiter and all its columns of numbers.

``1,250`` is 1.25 in one file and 1250 in the next. A column that shows it (``0,5``; ``1,23,456``; ``1,234.5``) is read by its
own cells; one that could be either takes what the other columns show, then what the delimiter says: a semicolon parts the
cells where the comma is decimal, a comma where it is not. What is left open is held.

Belongs here: the judgement. Does not belong here: reading a number (``values``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import pandas as pd

Mark = Literal[",", ".", "?"]

OPEN = (
    "a comma that may be decimal or part thousands: neither the file's other columns nor its delimiter say which; say it in the "
    "card's options (decimal: ',' or decimal: '.'; validate: --decimal)"
)
DECIMAL_COMMA = re.compile(
    r"(?<![\d,.])(?:0+,\d+|\d+,(?:\d{1,2}|\d{4,})|\d{4,},\d{3}|\d{1,3}(?:\.\d{3})+,\d+)(?![\d,.])"
)
GROUP_COMMA = re.compile(r"\d,\d{2,3},\d{3}|\d,\d{3}\.\d")
EITHER = re.compile(r"(?<![\d,.])[1-9]\d{0,2},\d{3}(?![\d,.])")
_POINT = re.compile(r"(?<![\d,.])(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+)(?![\d,.])")
_DOTTED = re.compile(r"[-+<>]?\s*\d{1,3}(?:\.\d{3})+")
_ENOUGH = 5_000  # distinct cells of a column that are looked at


def decimal_marks(
    frame: pd.DataFrame, numbers: Iterable[str], coordinates: Iterable[str], said: object = None
) -> dict[str, Mark]:
    """Column -> its decimal mark, for the columns in whose cells a comma stands; '?' where both readings are left.

    Parameters
    ----------
    frame : raw columns; ``attrs['delimiter']`` is that of a text table. numbers : columns of numbers. coordinates : those of
    them that are degrees, in which a comma parts no thousands. said : the mark that a card names, or None.
    """
    places = set(coordinates)
    columns = list(dict.fromkeys([*numbers, *places]))
    if not any(_has_comma(frame[c]) for c in columns):
        return {}
    cells = {c: _texts(frame[c]) for c in columns}
    if said in (",", "."):
        mark: Mark = "," if said == "," else "."
        return dict.fromkeys((c for c, texts in cells.items() if texts), mark)
    commas = {c: [t for t in texts if "," in t] for c, texts in cells.items()}
    own = {c: _own(found, c in places) for c, found in commas.items() if found}
    whole = _whole({m for m in own.values() if m in (",", ".")}, cells, frame.attrs.get("delimiter"))
    out: dict[str, Mark] = {c: (whole if mark == "" else mark) for c, mark in own.items()}
    if whole == "," and "," in own.values():  # then 1.250 is twelve hundred and fifty, or is it
        for c, texts in cells.items():
            if (
                c not in out
                and c not in places
                and any(map(_DOTTED.fullmatch, texts))
                and not any(map(_POINT.search, texts))
            ):
                out[c] = "?"
    return out


def _has_comma(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    return bool(column.astype("str").str.contains(",", regex=False).any())


def _texts(column: pd.Series) -> list[str]:
    """Distinct cells that hold a digit and a mark; none of a column of numbers."""
    if pd.api.types.is_numeric_dtype(column):
        return []
    if isinstance(column.dtype, pd.StringDtype):
        column = column[column.str.contains("[.,]", regex=True).fillna(False).astype(bool)]
    texts = column.dropna().drop_duplicates().iloc[:_ENOUGH]
    return [t for t in map(str, texts) if re.search(r"\d[.,]\d", t)]


def _own(commas: list[str], is_coordinate: bool) -> Literal[",", ".", "?", ""]:
    """What the commas of one column say by themselves; '' for nothing, '?' where they contradict one another."""
    decimal = any(map(DECIMAL_COMMA.search, commas)) or (is_coordinate and any(map(EITHER.search, commas)))
    group = any(map(GROUP_COMMA.search, commas))
    if decimal and group:
        return "?"
    return "," if decimal else "." if group or not any(map(EITHER.search, commas)) else ""


def _whole(shown: set[str], cells: dict[str, list[str]], delimiter: object) -> Mark:
    """The file's mark: what its columns show, else what its delimiter says."""
    points = any(_POINT.search(t) for texts in cells.values() for t in texts if "," not in t)
    if shown == {","} and not points:
        return ","
    if shown == {"."} or (points and not shown):
        return "."
    if shown:
        return "?"
    return "," if delimiter == ";" else "." if delimiter == "," else "?"
