"""Header rows of tables of text: names, titles above them, headers of two rows.

Belongs here: which row names the columns. Does not belong here: what a name means (``contracts``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from data_sources.contracts.shapes.remarks import remark
from khanij.foundation.errors import SourceError

MISSING = ["", "NULL", "null", "NaN", "nan", "#N/A", "N/A", "n/a"]
TWO_ROWS = "the header has two rows: each column is called by both, or by the lower one where that is enough"
_NUMBER = re.compile(r"[<>]?\s*[-+]?\d[\d.,]*\s*%?")


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
    return len(filled) * 2 > len(cells) and not any(_NUMBER.fullmatch(c) for c in filled)


def refuse_title(frame: pd.DataFrame, where: object, first_line: int, option: str, before: int) -> None:
    """A row above the header (a title, in a cell merged over the table) gives columns without names.

    Raises
    ------
    SourceError : more than half of the columns have no name, and one of the next rows names more of them.
    """
    named = sum(not is_unnamed(c) for c in frame.columns)
    if named * 2 > len(frame.columns):
        return
    texts = frame.head(10).map(lambda v: isinstance(v, str) and v.strip() != "" and not _NUMBER.fullmatch(v.strip()))
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
    """A header of two rows (the upper one merged over several columns) as one; returns the frame and the rows taken from it.

    It is one where some column has no name, and the first row below holds a text that is no number in each of those and a
    number in none.
    """
    blank = [c for c in frame.columns if is_unnamed(c)]
    if not blank or not len(frame):
        return frame, 0
    below = frame.iloc[0]
    texts = [v.strip() if isinstance(v, str) else "" for v in below]
    if any(_NUMBER.fullmatch(t) for t in texts if t):
        return frame, 0
    if not all(isinstance(below[c], str) and below[c].strip() for c in blank):
        return frame, 0
    lower = [t for t in texts if t]
    names, group = [], ""
    for name, text in zip(frame.columns, texts, strict=True):
        group = group if is_unnamed(name) else str(name)
        names.append(text if text and lower.count(text) == 1 else f"{group} {text}".strip())
    out = frame.iloc[1:].reset_index(drop=True).set_axis(unique_names(names), axis=1)
    remark(out, "", "", TWO_ROWS)
    return out, 1
