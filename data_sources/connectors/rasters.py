"""A grid file -> a ``Raster``: float bands with NaN as the only nodata, names and units beside them.

Belongs here: what the card says over the file, north up, scale and offset. Does not belong here: formats (``grids``), or
resampling to a region's grid (``khanij.foundation.grid``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import pyproj.exceptions
import shapely
from affine import Affine
from numpy.typing import NDArray

from data_sources.cards import RasterBand
from data_sources.connectors.grids.grid_opening import SUFFIXES, Opened, open_grid
from data_sources.connectors.grids.no_data import without_no_data
from data_sources.connectors.safety import MAX_FILE_BYTES, local_file
from data_sources.connectors.vectors.systems import CARD_WINS
from data_sources.contracts.shapes import datums
from khanij.foundation.errors import ContractError, CrsError


@dataclass(frozen=True)
class Raster:
    """One opened raster.

    ``values`` is float32 (band, row, column), north up, NaN where there is no data; ``transform`` is the affine of the
    upper left corner in ``crs``; ``notes`` says what was done on the way (sentinels turned to NaN, rows flipped).
    """

    file: str
    crs: str
    transform: Affine
    bands: tuple[RasterBand, ...]
    values: NDArray[np.float32]
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return int(self.values.shape[1]), int(self.values.shape[2])

    @property
    def band_names(self) -> tuple[str, ...]:
        """Band names in file order."""
        return self.names

    def read(self, name: str) -> NDArray[np.float32]:
        """One band, (row, column), NaN where there is no data."""
        return self[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in file order."""
        return tuple(band.name for band in self.bands)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self.names:
            raise ContractError("no such band", file=self.file, field=name, do=f"name one of {', '.join(self.names)}")
        return np.asarray(self.values[self.names.index(name)])


def read_raster(
    path: object, *, bands: Sequence[RasterBand] | None = None, options: Mapping[str, Any] | None = None
) -> Raster:
    """Open one grid: GeoTIFF, Surfer (6, 7, text), netCDF, ASCII, ENVI or Geosoft, told by its first bytes.

    Parameters
    ----------
    path : a local file. bands : names and units in file order (a card's ``bands``); else the file's own descriptions, then
    band_1 ...
    options : ``crs`` (goes over the file's own), ``max_bytes`` of the file and ``max_cells`` of all bands together
    (default 500 million).

    Raises
    ------
    SourceError : refused or unreadable, or larger inside than promised. CrsError : no CRS.
    ContractError : the card names another number of bands than the file has.
    """
    settings = dict(options or {})
    file = local_file(path, max_bytes=int(settings.get("max_bytes", MAX_FILE_BYTES)), suffixes=SUFFIXES)
    opened = open_grid(file, max_cells=int(settings.get("max_cells", 500_000_000)))
    named = _bands(opened, bands, file)
    crs, told = _system(opened, settings.get("crs"), file)
    values, found = without_no_data(opened.values, tuple(band.name for band in named))
    notes = [*opened.notes, *told, *found]
    scales, offsets, transform = opened.scales, opened.offsets, opened.transform
    if (scales != 1).any() or (offsets != 0).any():
        values = (values.astype("float64") * scales[:, None, None] + offsets[:, None, None]).astype("float32")
        parts = ", ".join(f"{b.name} x {s:g} + {o:g}" for b, s, o in zip(named, scales, offsets) if s != 1 or o != 0)
        notes.append(f"stored values were turned to values by the file's own scale and offset: {parts}")
    if transform.e > 0:
        values = values[:, ::-1, :]
        transform = Affine(
            transform.a, 0.0, transform.c, 0.0, -transform.e, transform.f + transform.e * values.shape[1]
        )
        notes.append("rows ran from south to north and were turned")
    return Raster(file.name, crs, transform, named, np.ascontiguousarray(values), tuple(notes))


def _system(opened: Opened, said: object, file: object) -> tuple[str, list[str]]:
    """The coordinate system that holds and what has to be said of it.

    Raises
    ------
    CrsError : none that can be used.
    """
    do = "name it as crs in the card (crs: EPSG:32643)"
    try:
        stated = None if not said else pyproj.CRS.from_user_input(said)
        own = None if not opened.crs else pyproj.CRS.from_user_input(opened.crs)
    except pyproj.exceptions.ProjError as error:
        raise CrsError(f"the coordinate system cannot be used: {error}", file=file, do=do) from error
    told: list[str] = []
    if own is not None and not datums.datum_of(own):
        told.append(f"the file's system names no datum ({own.name})")
        own = None
    used = stated or own
    if used is None:
        about = f"; {told[0]}" if told else ""
        raise CrsError(f"the raster does not say its coordinate system{about}", file=file, do=do)
    if stated is not None and own is not None and not datums.same_system(own, stated):
        told.append(f"{CARD_WINS}: {opened.crs[:60]} -> {said}")
    way = _way(used, opened)
    if way is not None and way.reason:
        told.append(f"{way.told}: {way.reason} (up to {way.off_m:g} m)")
    return (str(said) if stated is not None else opened.crs), told


def _way(crs: pyproj.CRS, opened: Opened) -> datums.Way | None:
    rows, columns = opened.values.shape[1:]
    west, north = opened.transform.c, opened.transform.f
    box = shapely.box(west, north + opened.transform.e * rows, west + opened.transform.a * columns, north)
    try:
        return datums.way_to_wgs84(crs, np.array([box], dtype=object))
    except pyproj.exceptions.ProjError:
        return None


def _bands(opened: Opened, bands: Sequence[RasterBand] | None, file: object) -> tuple[RasterBand, ...]:
    if bands:
        if len(bands) != len(opened.names):
            raise ContractError(
                f"the card names {len(bands)} bands, the file has {len(opened.names)}", file=file, do="correct the card"
            )
        return tuple(band.model_copy(update={"unit": _one_unit(band.unit)}) for band in bands)
    return tuple(RasterBand(name=text, unit=_one_unit(unit)) for text, unit in zip(opened.names, opened.units))


def _one_unit(unit: str) -> str:
    """One spelling of a unit, so that a band reads alike in every region."""
    return "%" if unit.strip().lower() in ("pct", "percent", "per cent", "wt%", "wt %") else unit
