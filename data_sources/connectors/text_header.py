"""Header rows of tables of text: names, titles above them, headers of two rows.

Belongs here: which row names the columns. Does not belong here: what a name means (``contracts``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from data_sources.contracts.admitting.cells.mass_fractions import unit_of
from data_sources.contracts.admitting.cells.quantities import base_and_unit
from data_sources.contracts.admitting.cells.units import is_unit
from data_sources.contracts.shapes.remarks import remark
from khanij.foundation.errors import SourceError

MISSING = ["", "NULL", "null", "NaN", "nan", "#N/A", "N/A", "n/a"]
TWO_ROWS = "the header has two rows: each column is called by both, or by the lower one where that is enough"
# An element or oxide; a T behind it in brackets is the total, and no tonne. Which symbols there are is not asked here.
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+\s*(?:\((?:[tT]|tot|total)\.?\))?")
_RESULT = re.compile(r"[<>].*|n\.?d\.?|b\.?d\.?l\.?|nil|n\.?a\.?|traces?", re.IGNORECASE)
"""What stands in a row of results and in no header."""
NUMBER = re.compile(r"[<>]?\s*[-+]?\d[\d.,]*\s*%?")


def unique_names(names: Iterable[object]) -> list[str]:
    """Column names, each once: a second ``Cu_ppm`` becomes ``Cu_ppm.1``, a blank one ``Unnamed: 3``."""
    out: list[str] = []
    seen: set[str] = set()
    for i, raw in enumerate(names):
        name = "" if raw is None else str(raw).strip()
        name = name or f"Unnamed: {i}"
        again, n = name, 0
        while again in seen:
            n += 1
            again = f"{name}.{n}"
        seen.add(again)
        out.append(again)
    return out


def is_unnamed(name: object) -> bool:
    """Whether a column has no name of its own."""
    return str(name).startswith("Unnamed: ") or str(name).strip() == ""


def looks_like_header(cells: list[str]) -> bool:
    """Whether most cells of a row are words and none is a number: names of columns."""
    filled = [c.strip() for c in cells if c.strip()]
    return len(filled) * 2 > len(cells) and not any(NUMBER.fullmatch(c) for c in filled)


def refuse_title(frame: pd.DataFrame, where: object, first_line: int, option: str, before: int) -> None:
    """A row above the header (a title, in a cell merged over the table) gives columns without names.

    Raises
    ------
    SourceError : more than half of the columns have no name, and one of the next rows names more of them.
    """
    named = sum(not is_unnamed(c) for c in frame.columns)
    if named * 2 > len(frame.columns):
        return
    texts = frame.head(10).map(lambda v: isinstance(v, str) and v.strip() != "" and not NUMBER.fullmatch(v.strip()))
    filled = texts.sum(axis=1).tolist()
    at = next((i for i, count in enumerate(filled) if count > max(named, len(frame.columns) // 2)), None)
    if at is not None:
        row = first_line + at + 1
        raise SourceError(
            f"the first row names {named} of {len(frame.columns)} columns: a title; row {row} looks like the header",
            file=where,
            row=first_line,
            do=f"set `{option.format(row - before)}` in the card's options (validate: --header-row {row})",
        )


def joined_header(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """A header of two rows (the upper one over several columns) as one; returns the frame and the rows taken from it.

    It is one where some column has no name, or that of the column before, and the first row below holds a text that is no number
    in each of those and a number in none; or where most of the row below repeats the names, as cells merged over both rows do.
    """
    columns = [str(c) for c in frame.columns]
    blank = [c for c in columns if is_unnamed(c)]
    again = [] if blank else [c for i, c in enumerate(columns) if i and _continues(c, columns[i - 1])]
    if not len(frame):
        return frame, 0
    texts = [v.strip() if isinstance(v, str) else "" for v in frame.iloc[0]]
    repeats = sum(t == c for t, c in zip(texts, columns, strict=True)) * 2 > sum(map(bool, texts))
    if not (blank or again or repeats):
        return frame, 0
    below = dict(zip(columns, texts, strict=True))
    if any(NUMBER.fullmatch(t) or _RESULT.fullmatch(t) for t in texts if t) or not all(
        below[c] for c in (*blank, *again)
    ):
        return frame, 0
    if again and not repeats and (all(texts) or not any(_names_figure(t) for t in texts)):
        return frame, 0  # a row of words, as any row may be
    lower = [t for t in texts if t]
    names, group = [], ""
    for i, (name, text) in enumerate(zip(columns, texts, strict=True)):
        carried = is_unnamed(name) or name in again
        group = group if carried else name
        spans = carried or (i + 1 < len(columns) and columns[i + 1] in (*blank, *again))
        names.append(_both(group, text, spans=spans, once=lower.count(text) == 1))
    out = frame.iloc[1:].reset_index(drop=True).set_axis(unique_names(names), axis=1)
    remark(out, "", "", TWO_ROWS)
    return out, 1


def _both(upper: str, lower: str, *, spans: bool, once: bool) -> str:
    """The name of a column below a group (``spans``) or of its own: a unit goes to what it measures, ``Grade (%)`` over ``Cu``."""
    if lower == upper:  # one cell merged over both rows
        return upper
    if not lower or _is_unit(lower) or not spans:
        return f"{upper} {lower}".strip()
    unit = base_and_unit(upper)[1]
    own = lower if once else f"{upper} {lower}".strip()
    has_own = not _FORMULA.fullmatch(lower) and _is_unit(base_and_unit(lower)[1])
    return f"{own} {unit}" if once and _is_unit(unit) and not has_own else own


def _is_unit(text: str) -> bool:
    bare = text.strip(" ()[]")
    return bool(bare) and (is_unit(bare) or unit_of(bare) is not None)


def _continues(name: str, before: str) -> bool:
    """Whether a column has the name of the one before it, which a reader numbers (``Grade (%)``, ``Grade (%).1``)."""
    return re.sub(r"\.\d+$", "", name) == re.sub(r"\.\d+$", "", before) and re.search(r"\.\d+$", name) is not None


def _names_figure(text: str) -> bool:
    """Whether a cell is a unit or names an analysis, as the lower row of a header does."""
    return bool(text) and (_is_unit(text) or _FORMULA.fullmatch(text) is not None)
