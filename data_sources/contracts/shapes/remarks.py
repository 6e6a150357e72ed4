"""What a reader has to say of a file: carried with the frame to the admission, which writes it into its ledger.

Belongs here: the form of a remark, and what else of a reading must stay beside its rows. Does not belong here: the words. A remark is a plain list, since a frame's ``attrs`` are
written to Parquet as JSON: [row numbers from 1, or none for the whole layer; field; value; reason; whether the rows are held].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

_KEY = "remarks"
_OF_A_READING = (_KEY, "cell_marks", "held_columns", "number_formats", "delimiter")
USED = "used_columns"
"""Key of the columns of which a reader made another: a volume and its density, eastings and northings."""
TRANSLATED = "translated_columns"
"""Key of the columns whose words were translated and read already, and in whose place stands what they mean."""
_MOST_NOTES = 20
Remark = tuple[list[int], str, str, str, bool]


def remark(
    frame: pd.DataFrame, field: str, value: str, reason: str, *, rows: Iterable[int] = (), held: bool = False
) -> None:
    """Say something of a layer, or of some of its rows (numbers from 1)."""
    said = list(frame.attrs.get(_KEY, ()))
    frame.attrs[_KEY] = [*said, [[int(r) for r in rows], field, value, reason, held]]


def used(frame: pd.DataFrame, *columns: str) -> None:
    """Say that columns were read into others, and are not left aside."""
    frame.attrs[USED] = [*frame.attrs.get(USED, ()), *columns]


def remarks_of(frame: pd.DataFrame) -> list[Remark]:
    """All that was said of a frame, in order."""
    return [(list(rows), field, value, reason, held) for rows, field, value, reason, held in frame.attrs.get(_KEY, ())]


def reading_of(frame: pd.DataFrame) -> dict[str, Any]:
    """What a reader saw of the file and its rows do not show: remarks, marks on cells, whether formats were read, the delimiter."""
    return {name: frame.attrs[name] for name in _OF_A_READING if frame.attrs.get(name) not in (None, [], {}, True)}


def notes_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """The remarks of a frame and the marks on its cells in a line each, with the number of rows."""
    told = [(field, len(rows), reason) for rows, field, _, reason, _ in remarks_of(frame)]
    told += [
        (c, len(rows), why) for c, all_of in frame.attrs.get("cell_marks", {}).items() for why, rows in all_of.items()
    ]
    lines = (": ".join(filter(None, (field, f"{n} rows" if n else "", why))) for field, n, why in told)
    return tuple(dict.fromkeys(lines))[:_MOST_NOTES]
