"""What a reader has to say of a file: carried with the frame to the admission, which writes it into its ledger.

Belongs here: the form of a remark. Does not belong here: the words. A remark is a plain list, since a frame's ``attrs`` are
written to Parquet as JSON: [row numbers from 1, or none for the whole layer; field; value; reason; whether the rows are held].
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

_KEY = "remarks"
Remark = tuple[list[int], str, str, str, bool]


def remark(
    frame: pd.DataFrame, field: str, value: str, reason: str, *, rows: Iterable[int] = (), held: bool = False
) -> None:
    """Say something of a layer, or of some of its rows (numbers from 1)."""
    said = list(frame.attrs.get(_KEY, ()))
    frame.attrs[_KEY] = [*said, [[int(r) for r in rows], field, value, reason, held]]


def remarks_of(frame: pd.DataFrame) -> list[Remark]:
    """All that was said of a frame, in order."""
    return [(list(rows), field, value, reason, held) for rows, field, value, reason, held in frame.attrs.get(_KEY, ())]
