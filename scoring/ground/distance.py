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
def _along_columns(features, rows_to):  # type: ignore[no-untyped-def]
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
def _along_rows(rows_to, cell_y_m, cell_x_m, out):  # type: ignore[no-untyped-def]
    rows, cols = rows_to.shape
    squash = (cell_y_m / cell_x_m) ** 2
    for r in prange(rows):
        height = np.empty(cols)  # f of each parabola on the envelope, in cells of the row squared
        place = np.empty(cols, dtype=np.int64)  # and its column
        begins = np.empty(cols + 1)  # where it becomes the lowest
        last = -1
        for c in range(cols):
            if rows_to[r, c] >= _NEVER:
                continue
            f = squash * rows_to[r, c] * np.float64(rows_to[r, c])
            x = -np.inf
            while last >= 0:
                p = place[last]
                x = 0.5 * ((f - height[last]) / (c - p) + (c + p))
                if x > begins[last]:
                    break
                last -= 1
                x = -np.inf
            last += 1
            place[last], height[last], begins[last] = c, f, x
        begins[last + 1] = np.inf
        for i in range(last + 1):
            first = 0 if i == 0 else max(int(np.ceil(begins[i])), 0)
            stop = cols if i == last else min(max(int(np.ceil(begins[i + 1])), 0), cols)
            for c in range(first, stop):
                away = np.float64(c - place[i])
                out[r, c] = cell_x_m * np.sqrt(away * away + height[i])


def nearest_feature_m(features: NDArray[Any], cell_y_m: float, cell_x_m: float) -> NDArray[np.float32]:
    """Distance [m] of every cell's centre to the nearest cell that is not zero, (rows, cols); 0 on a feature.

    Without any feature the answer is meaningless: the caller refuses that.
    """
    rows_to = np.empty(features.shape, dtype=np.int32)
    out = np.empty(features.shape, dtype=np.float32)
    _along_columns(features, rows_to)
    _along_rows(rows_to, float(cell_y_m), float(cell_x_m), out)
    return out
