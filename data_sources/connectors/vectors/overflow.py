"""Numbers that did not fit into their field of a .dbf: the program that wrote it put stars, which the reader takes for nothing.

Belongs here: finding them in the bytes. Does not belong here: reading the table (``vector_opening``).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pandas as pd

from data_sources.contracts.shapes.remarks import remark

STARS = "a number too long for its field of the .dbf, which holds stars in its place: read as missing; export it with a wider field"
_DELETED = ord("*")
_MOST_BYTES = 1_000_000_000


def tell_overflow(frame: pd.DataFrame, shapefile: Path) -> None:
    """A remark for each column of numbers of a Shapefile in which some cell is full of stars."""
    file = next((f for s in (".dbf", ".DBF") if (f := shapefile.with_suffix(s)).is_file()), None)
    if file is None or file.stat().st_size > _MOST_BYTES:
        return
    raw = np.fromfile(file, dtype=np.uint8)
    if len(raw) < 33:
        return
    rows, start, width = struct.unpack("<IHH", raw[4:12].tobytes())
    rows = min(rows, (len(raw) - start) // width) if width else 0
    if rows < 1:
        return
    table = raw[start : start + rows * width].reshape(rows, width)
    table = table[table[:, 0] != _DELETED]
    if len(table) != len(frame):
        return
    at, number = 1, -1
    for offset in range(32, start - 1, 32):
        kind, size = chr(raw[offset + 11]), int(raw[offset + 16])
        if raw[offset] == 0x0D or not size:
            break
        number += 1
        full = (table[:, at : at + size] == ord("*")).all(axis=1) if kind in "NF" else np.zeros(0, dtype=bool)
        at += size
        if full.any() and number < len(frame.columns):
            name = str(frame.columns[number])
            remark(frame, name, "*" * size, STARS, rows=np.flatnonzero(full) + 1)
