"""The number by which a person finds a row in its file: the line of a text table or sheet, else its place among the features.

Belongs here: row numbers between reading and telling. Does not belong here: what is told of a row.

A text table or a sheet has titles, a header and blank rows, so that its third row may stand in line 7; a file of shapes, an
answer of a service or a Parquet has rows alone, which count from 1. The first kind carries its lines in the frame's ``attrs``, as runs
``[row, line]`` (both from 1; a run goes on by ones), for half a million lines would be copied with every cut of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

LINES = "lines"


def with_lines(frame: pd.DataFrame, lines: Sequence[int] | np.ndarray) -> None:
    """Say of a frame of n rows in which line of its file each begins: ``lines`` of shape (n,), rising, from 1."""
    at = np.asarray(lines, dtype=np.int64)
    starts = np.flatnonzero(np.diff(at, prepend=at[0] - 2 if len(at) else 0) != 1)
    frame.attrs[LINES] = [[int(i) + 1, int(at[i])] for i in starts]


def numbers_of(frame: pd.DataFrame) -> np.ndarray:
    """The numbers of the rows of a frame as it was read, of shape (n,): lines of its file, or 1, 2, 3 ..."""
    rows, runs = np.arange(1, len(frame) + 1), frame.attrs.get(LINES)
    if not runs or not len(frame):
        return rows
    first, line = np.array(runs).T
    run = np.searchsorted(first, rows, side="right") - 1
    return np.asarray(line[run] + rows - first[run])


def places_of(frame: pd.DataFrame, numbers: np.ndarray) -> np.ndarray:
    """The places from 0 that rows of these numbers, of shape (m,), had in the frame as it was read."""
    runs = frame.attrs.get(LINES)
    if not runs:
        return np.asarray(numbers) - 1
    first, line = np.array(runs).T
    run = np.searchsorted(line, numbers, side="right") - 1
    return np.asarray(first[run] + np.asarray(numbers) - line[run] - 1)
