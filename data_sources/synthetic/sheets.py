"""Sheet labels for whole arrays of points, as the generator needs them (``data_sources.sheets`` is the real thing).

A 1:50,000 sheet is a 4-degree number, a letter A-P and 1-16, both column-major from the north-west.
"""

from __future__ import annotations

import numpy as np

from data_sources.synthetic.fields import Floats

# 4-degree sheets: first number of each column of longitude and the latitude of that sheet's southern edge.
_COLUMNS = {
    68: (40, 24),
    72: (43, 32),
    76: (52, 32),
    80: (62, 28),
    84: (71, 28),
    88: (77, 28),
    92: (82, 28),
    96: (91, 28),
}


def quarter_sheet(lon: Floats, lat: Floats) -> np.ndarray:
    """Labels such as ``56G02`` of the 15-minute sheets that hold the points; ``00A01`` outside the numbered area."""
    lon, lat = np.asarray(lon), np.asarray(lat)
    column, row = np.floor(lon / 4.0).astype(int) * 4, np.floor(lat / 4.0).astype(int) * 4
    number = np.zeros(lon.shape, int)
    for west, (first, south) in _COLUMNS.items():
        here = (column == west) & (row <= south)
        number[here] = first + (south - row[here]) // 4
    letter = np.floor(lon - column).astype(int) * 4 + (3 - np.floor(lat - row).astype(int))
    part_lon, part_lat = lon - np.floor(lon), lat - np.floor(lat)
    small = np.floor(part_lon * 4).astype(int) * 4 + (3 - np.floor(part_lat * 4).astype(int)) + 1
    letters = np.array(list("ABCDEFGHIJKLMNOP"))[np.clip(letter, 0, 15)]
    return np.array([f"{n:02d}{a}{s:02d}" for n, a, s in zip(number, letters, small, strict=True)], dtype=object)
