"""Geosoft grids (Oasis montaj .grd, version 2), read by harmonica, which comes with an extra of its own.

Belongs here: what must hold before the library opens the file. Does not belong here: reading its blocks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from data_sources.connectors.library_errors import LIBRARY_ERRORS
from khanij.foundation.errors import CrsError, SourceError

_ELEMENTS = (1, 2, 4, 8, 1025, 1026, 1028, 1032)
_HEADER_BYTES = 512
_MOST_PER_BYTE = 1100  # what zlib can make of a byte
_AGAIN = "export it again from Oasis montaj, or as a Surfer or GeoTIFF grid"


@dataclass
class GeosoftGrid:
    """One band of shape (1, row, column), north up, NaN where there is no data, and the affine of its upper left corner."""

    values: NDArray[np.float32]
    transform: Affine
    notes: list[str] = field(default_factory=list)


def looks_like_geosoft(head: bytes) -> bool:
    """Whether these first bytes can be the header of a Geosoft grid, which has no signature."""
    if len(head) < _HEADER_BYTES:
        return False
    size, sign, _, _, order = struct.unpack("<5i", head[:20])
    return size in _ELEMENTS and sign in (0, 1, 2, 3) and order in (-1, 1)


def read_geosoft(file: Path, *, max_cells: int) -> GeosoftGrid:
    """Read one Geosoft grid; its coordinate system stands in another file and has to come from the card.

    Raises
    ------
    SourceError : harmonica is not installed, or the grid is damaged, too large, rotated or of colours.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEADER_BYTES)
    size, _, elements, vectors, _ = struct.unpack("<5i", head[:20])
    turned = struct.unpack("<d", head[52:60])[0]
    spacing = struct.unpack("<2d", head[20:36])
    if elements < 1 or vectors < 1 or not all(np.isfinite(spacing)) or min(spacing) <= 0:
        raise SourceError("a Geosoft grid with an impossible header", file=file, do=_AGAIN)
    if elements * vectors > max_cells:
        told = f"{elements * vectors:,} cells where at most {max_cells:,} are allowed"
        raise SourceError(told, file=file, do="cut it to the region")
    data = file.stat().st_size - _HEADER_BYTES
    wanted = elements * vectors * (size % 1024)
    if (size < 1024 and data < wanted) or (size > 1024 and data * _MOST_PER_BYTE < wanted):
        raise SourceError("the Geosoft grid is cut short", file=file, do=_AGAIN)
    if turned:
        raise SourceError("a rotated grid", file=file, do="resample it north up in Oasis montaj")
    try:
        from harmonica import load_oasis_montaj_grid
    except ImportError as error:
        raise SourceError(
            "a Geosoft grid needs the library harmonica", file=file, do='install it: pip install "khanij[geosoft]"'
        ) from error
    try:
        grid = load_oasis_montaj_grid(str(file))
        values = np.asarray(grid.to_numpy(), dtype="float32")
        east, north = np.asarray(grid.easting, dtype="float64"), np.asarray(grid.northing, dtype="float64")
    except LIBRARY_ERRORS as error:
        raise SourceError(f"not a readable Geosoft grid: {error}", file=file, do=_AGAIN) from error
    if len(east) < 2 or len(north) < 2:
        raise CrsError("a grid of one row or column has no position", file=file, do=_AGAIN)
    dx, dy = float(east[1] - east[0]), float(north[1] - north[0])
    corner = Affine(dx, 0.0, float(east[0]) - dx / 2, 0.0, -dy, float(north[-1]) + dy / 2)
    return GeosoftGrid(np.ascontiguousarray(values[None, ::-1, :]), corner)
