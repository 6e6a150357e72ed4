"""The ground's kernels compiled without being called, for a second process beside the first run of an installation.

Belongs here: which kernels, and for which types a run calls them; a test holds the list against what a survey compiles. Does
not belong here: starting a process (``khanij.foundation.kernels``). Numba has no cache that could be shipped: what it
compiles is for one processor.

    python -m scoring.ground.ahead
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba import types

from khanij.foundation.kernels import end_with_starter
from scoring.ground.maps import coverage, distance, interpolation, kriging, neighbours
from scoring.ground.models import weights_of_evidence

_F, _I = types.float64, types.int64


def kernels() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """(kernel, types of its arguments), those first that take longest to compile."""
    f, i, i32 = _F[::1], _I[::1], types.int32[::1]
    of_cell = (i, types.int32[:, ::1], i)
    band = types.Array(types.float32, 2, "C", readonly=True)
    yield coverage._find_shares, (_F[:, ::1], i, i, _I, _I, i, i, i32, i32, i32, f)
    yield kriging._krige, (f, f, types.int32[:, ::1], i, f, f, f, _I, _F, _F, _F)
    yield neighbours._of_cells, (f, f, _I, f, _I, _I, f, f, _F, _F, _F, _I, *of_cell)
    yield neighbours._of_points, (f, f, f, _I, _F, _F, f, f, _F, _F, _F, _I, *of_cell)
    yield coverage._statistics, (band, i, i, i32, i32, i32, f, f, f, f)
    yield distance._along_columns, (types.uint8[:, ::1], types.int32[:, ::1])
    yield distance._along_rows, (types.int32[:, ::1], _F, _F, types.float32[:, ::1])
    yield interpolation._idw, (_F[:, ::1], _I[:, ::1], _F[:, ::1], _F, _F)
    yield weights_of_evidence._count, (types.int16[::1], types.int8[::1], types.boolean[::1], _I, _I)


if __name__ == "__main__":
    end_with_starter()
    for kernel, arguments in kernels():
        kernel.compile(arguments)
