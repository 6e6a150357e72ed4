"""Whole numbers beside missing ones stay whole: a reader that turns them into floats loses identifiers beyond 2^53.

Belongs here: how Arrow's columns become pandas'. Does not belong here: text (``tables``), or what a column means.
"""

from __future__ import annotations

from typing import Any, TypeVar

import pandas as pd

WHOLE_NUMBERS: dict[str, Any] = {"integer_object_nulls": True}
"""Arrow's option for ``to_pandas``: a column of whole numbers with a gap keeps them; ``whole_numbers`` gives it its type."""

Frame = TypeVar("Frame", bound=pd.DataFrame)


def whole_numbers(frame: Frame) -> Frame:
    """The frame with every column of whole numbers and gaps as ``Int64``, whatever a reader made of it."""
    for name in [c for c, dtype in frame.dtypes.items() if pd.api.types.is_object_dtype(dtype)]:
        column = frame[name]
        known = column.dropna()
        if len(known) and all(type(v) is int and abs(v) < 2**63 for v in known):
            frame[name] = column.astype("Int64")
    return frame
