"""The exact Euclidean distance transform.

Belongs here: cells to the nearest feature cell. Does not belong here: burning features, or padding against edges.

Two passes: down and up every column for the distance along it, then along every row the lower envelope of the parabolas
that those distances are. Rows and bands of columns are independent, so that threads change nothing.

Source: Felzenszwalb & Huttenlocher 2012, *Theory of Computing* 8, 415-428; Meijster, Roerdink & Hesselink 2000.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

_BAND = 64  # columns a thread takes down the grid together
_NEVER = 1 << 30


@njit(parallel=True, cache=True, error_model="numpy")
def _along_columns(features, rows_to):
    """Cells to the nearest feature in the same column; ``_NEVER`` in a column without."""
    rows, cols = features.shape
    for band in prange((cols + _BAND - 1) // _BAND):
        start = band * _BAND
        stop = min(cols, start + _BAND)
        for c in range(start, stop):
            rows_to[0, c] = 0 if features[0, c] != 0 else _NEVER
        for r in range(1, rows):
            for c in range(start, stop):
                further = min(rows_to[r - 1, c] + np.int32(1), np.int32(_NEVER))
                rows_to[r, c] = 0 if features[r, c] != 0 else further
        for r in range(rows - 2, -1, -1):
            for c in range(start, stop):
                rows_to[r, c] = min(rows_to[r, c], rows_to[r + 1, c] + np.int32(1))


@njit(parallel=True, cache=True, error_model="numpy")
def _along_rows(rows_to, cell_y_m, cell_x_m, out):
    """Distances from ``rows_to``; a row of ``out`` is written when its row has been read: they may share memory.

    Where a parabola becomes the lowest is kept as a fraction, over / under: comparing two needs no division.
    """
    rows, cols = rows_to.shape
    squash = (cell_y_m / cell_x_m) ** 2
    for r in prange(rows):
        height = np.empty(cols)  # f of each parabola on the envelope, in cells of the row squared
        place = np.empty(cols, dtype=np.int64)  # and its column
        over, under = np.empty(cols + 1), np.empty(cols + 1)
        last = -1
        for c in range(cols):
            if rows_to[r, c] >= _NEVER:
                continue
            f = squash * rows_to[r, c] * np.float64(rows_to[r, c])
            x, y = -1.0, 0.0  # the first is the lowest from minus infinity on, and is never given up
            while last >= 0:
                p = place[last]
                x = (f - height[last]) + np.float64(c - p) * np.float64(c + p)
                y = 2.0 * np.float64(c - p)
                if x * under[last] > over[last] * y:
                    break
                last -= 1
            last += 1
            place[last], height[last], over[last], under[last] = c, f, x, y
        squared = np.empty(cols)
        first = 0
        for i in range(last + 1):
            stop = cols if i == last else min(max(int(np.ceil(over[i + 1] / under[i + 1])), 0), cols)
            for c in range(first, stop):
                away = np.float64(c - place[i])
                squared[c] = away * away + height[i]
            first = max(first, stop)
        for c in range(cols):
            out[r, c] = cell_x_m * np.sqrt(squared[c])


def nearest_feature_m(features: NDArray[Any], cell_y_m: float, cell_x_m: float) -> NDArray[np.float32]:
    """Distance [m] of every cell's centre to the nearest cell that is not zero, (rows, cols); 0 on a feature.

    Without any feature the answer is meaningless: the caller refuses that.
    """
    out = np.empty(features.shape, dtype=np.float32)
    rows_to = out.view(np.int32)  # no second grid in memory
    _along_columns(features, rows_to)
    _along_rows(rows_to, float(cell_y_m), float(cell_x_m), out)
    return out
