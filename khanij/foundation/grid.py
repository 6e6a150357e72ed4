"""One immutable ``Grid`` (CRS, north-up transform, shape), and the bands that lie on it.

Every raster function of the project takes or returns these values, so that upside-down rasters, half-cell shifts and
areas in degrees cannot be written. Belongs here: where a cell is. Does not belong here: what is in it, or a file.

Conventions: rows run north to south, columns west to east; a cell owns its west and its north edge; NaN is the only
nodata, whatever the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as PyprojCrsError

from khanij.foundation.errors import CrsError, ScoringError

Bounds = tuple[float, float, float, float]

# Names of projection methods (EPSG and PROJ wording) whose areal scale is 1 everywhere.
_EQUAL_AREA_WORDS = (
    "equal area",
    "equal earth",
    "mollweide",
    "sinusoidal",
    "goode homolosine",
    "hammer",
    "eckert iv",
    "eckert vi",
    "bonne",
    "collignon",
    "wagner iv",
)
_EQUAL_AREA_WORDS_PROJ = ("proj=aea", "proj=laea", "proj=cea", "proj=eqearth", "proj=moll", "proj=sinu", "proj=leac")


@cache
def _crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except PyprojCrsError as error:
        raise CrsError(
            f"unknown coordinate reference system {text!r}", do="give an EPSG code or a PROJ string"
        ) from error


def crs_text(crs: object) -> str:
    """A CRS as the text by which grids compare: the user's own text, ``EPSG:n`` where there is one, else WKT."""
    if crs is None or (isinstance(crs, str) and not crs.strip()):
        raise CrsError("coordinate reference system missing", do="state it: an EPSG code or a PROJ string")
    if isinstance(crs, str):
        _crs(crs)
        return crs
    try:
        return str(CRS.from_user_input(crs).to_string())
    except PyprojCrsError as error:
        raise CrsError(
            f"unknown coordinate reference system {crs!r}", do="give an EPSG code or a PROJ string"
        ) from error


def is_equal_area(crs: object) -> bool:
    """Whether the CRS is projected, in metres, by a method that keeps areas."""
    value = _crs(crs_text(crs))
    if not value.is_projected or any(abs(axis.unit_conversion_factor - 1.0) > 1e-12 for axis in value.axis_info[:2]):
        return False
    operation = value.coordinate_operation
    name = (operation.method_name if operation is not None else "").lower()
    return any(word in name for word in _EQUAL_AREA_WORDS + _EQUAL_AREA_WORDS_PROJ)


def check_equal_area(crs: object) -> None:
    """Refuse a CRS in which a cell's area is not its true area.

    Raises
    ------
    CrsError : geographic, not in metres, or conformal (EPSG:7755 and every UTM zone are: their scale varies from place
        to place, so a percentage of cells is not a percentage of area).
    """
    if not is_equal_area(crs):
        text = crs_text(crs)
        raise CrsError(
            f"{text} is not an equal-area CRS in metres, so shares of cells would not be shares of area",
            field="crs",
            do="use khanij.foundation.grid.albers_for(extent_deg), or another Albers / Lambert equal-area CRS",
        )


def albers_for(extent_deg: Bounds) -> str:
    """The Albers equal-area CRS of an extent: standard parallels one sixth inside its south and north edges.

    Parameters
    ----------
    extent_deg : (west, south, east, north) in degrees, EPSG:4326, longitude first.

    Returns
    -------
    str : PROJ string on the WGS84 datum, in metres, centred on the extent.

    Raises
    ------
    CrsError : an extent that is empty or not in degrees (axis order, metres).

    Source: Snyder 1987, *Map projections: a working manual*, p. 99 (the one-sixth rule).
    """
    west, south, east, north = map(float, extent_deg)
    if not (-180 <= west < east <= 180 and -90 < south < north < 90):
        raise CrsError(
            f"extent {extent_deg} is not (west, south, east, north) in degrees",
            field="extent_deg",
            do="give longitude first",
        )
    sixth = (north - south) / 6
    lat_1, lat_2 = south + sixth, north - sixth
    if abs(lat_1 + lat_2) < 1e-6:  # parallels that mirror each other across the equator leave the cone undefined
        lat_1, lat_2 = 0.0, abs(lat_2)
    return (
        f"+proj=aea +lat_1={lat_1:.4f} +lat_2={lat_2:.4f} +lat_0={(south + north) / 2:.4f} "
        f"+lon_0={(west + east) / 2:.4f} +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )


@dataclass(frozen=True)
class Window:
    """A block of a grid: half-open row and column ranges."""

    row_start: int
    row_stop: int
    col_start: int
    col_stop: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index an array of the grid's shape with this."""
        return slice(self.row_start, self.row_stop), slice(self.col_start, self.col_stop)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.row_stop - self.row_start, self.col_stop - self.col_start


@dataclass(frozen=True)
class Grid:
    """Where the cells are: a projected CRS in metres, a north-up transform, and (rows, cols).

    Raises
    ------
    CrsError : a missing, unknown or geographic CRS, or one not in metres.
    ScoringError : a rotated, mirrored or south-up transform, or an empty shape.
    """

    crs: str
    transform: Affine
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "crs", crs_text(self.crs))
        object.__setattr__(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        object.__setattr__(self, "transform", Affine(*tuple(self.transform)[:6]))
        value = _crs(self.crs)
        if value.is_geographic or not value.is_projected:
            raise CrsError(
                f"{self.crs} is in degrees: a grid needs metres",
                field="crs",
                do="use an equal-area CRS, see albers_for",
            )
        if any(abs(axis.unit_conversion_factor - 1.0) > 1e-12 for axis in value.axis_info[:2]):
            raise CrsError(f"{self.crs} is not in metres", field="crs", do="use a CRS whose unit is the metre")
        t = self.transform
        if not all(np.isfinite(tuple(t))) or t.b != 0 or t.d != 0 or t.a <= 0 or t.e >= 0:
            raise ScoringError(
                f"the transform {tuple(t)[:6]} is not north-up",
                field="transform",
                do="rows must run north to south and columns west to east, unrotated",
            )
        if min(self.shape) < 1:
            raise ScoringError(
                f"a grid of shape {self.shape} has no cells", field="shape", do="give at least one row and one column"
            )

    @classmethod
    def from_bounds(cls, bounds: Bounds, crs: object, cell_m: float) -> Grid:
        """The grid of square cells that covers ``bounds`` [m, in ``crs``], its edges on multiples of ``cell_m``.

        Edges on multiples make grids of one cell size nest wherever they were made from.
        """
        if not cell_m > 0:
            raise ScoringError(f"a cell of {cell_m} m", field="cell_m", do="give a positive cell size in metres")
        x0, y0, x1, y1 = map(float, bounds)
        if not (x0 < x1 and y0 < y1):
            raise ScoringError(
                f"bounds {bounds} are empty", field="bounds", do="give (west, south, east, north) in metres"
            )
        # 1e-9 of a cell: bounds that already lie on a multiple must not gain a row through rounding
        west, north = np.floor(x0 / cell_m + 1e-9) * cell_m, np.ceil(y1 / cell_m - 1e-9) * cell_m
        cols = int(np.ceil((x1 - west) / cell_m - 1e-9))
        rows = int(np.ceil((north - y0) / cell_m - 1e-9))
        return cls(
            crs_text(crs), Affine(float(cell_m), 0.0, float(west), 0.0, -float(cell_m), float(north)), (rows, cols)
        )

    @classmethod
    def from_extent_deg(
        cls, extent_deg: Bounds, crs: object | None = None, cell_m: float = 1000.0, pad_m: float = 0.0
    ) -> Grid:
        """The grid over (west, south, east, north) in degrees, padded by ``pad_m``; ``crs`` None is ``albers_for``."""
        text = albers_for(extent_deg) if crs is None else crs_text(crs)
        x0, y0, x1, y1 = Transformer.from_crs("EPSG:4326", text, always_xy=True).transform_bounds(
            *extent_deg, densify_pts=51
        )
        if not np.all(np.isfinite([x0, y0, x1, y1])):
            raise CrsError(
                f"extent {extent_deg} cannot be expressed in {text}",
                field="extent_deg",
                do="check the extent and the CRS",
            )
        return cls.from_bounds((x0 - pad_m, y0 - pad_m, x1 + pad_m, y1 + pad_m), text, cell_m)

    @property
    def pyproj_crs(self) -> CRS:
        """The CRS as pyproj's value."""
        return _crs(self.crs)

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) of the outer edges [m]."""
        t = self.transform
        return t.c, t.f + t.e * self.shape[0], t.c + t.a * self.shape[1], t.f

    @property
    def cell_x_m(self) -> float:
        """Cell width [m]."""
        return self.transform.a

    @property
    def cell_y_m(self) -> float:
        """Cell height [m], positive."""
        return -self.transform.e

    @property
    def cell_area_m2(self) -> float:
        """Area of one cell [m2] in the grid's plane; the true area where the CRS is equal-area."""
        return self.cell_x_m * self.cell_y_m

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    def centres(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Cell centres: x of each column (cols,) west to east, y of each row (rows,) north to south [m]."""
        t = self.transform
        return t.c + t.a * (np.arange(self.shape[1]) + 0.5), t.f + t.e * (np.arange(self.shape[0]) + 0.5)

    def index(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the cell that holds each point [m]; (-1, -1) outside and for NaN."""
        t = self.transform
        col = np.floor((np.asarray(x, dtype=np.float64) - t.c) / t.a)
        row = np.floor((np.asarray(y, dtype=np.float64) - t.f) / t.e)
        inside = (col >= 0) & (col < self.shape[1]) & (row >= 0) & (row < self.shape[0])
        return np.where(inside, row, -1).astype(np.int64), np.where(inside, col, -1).astype(np.int64)

    def pad(self, n: int) -> Grid:
        """The grid with ``n`` more cells on every side."""
        t = self.transform
        return replace(
            self,
            transform=Affine(t.a, 0.0, t.c - n * t.a, 0.0, t.e, t.f - n * t.e),
            shape=(self.shape[0] + 2 * n, self.shape[1] + 2 * n),
        )

    def crop(self, window: Window) -> Grid:
        """The grid of one window's cells."""
        t = self.transform
        return replace(
            self,
            transform=Affine(t.a, 0.0, t.c + window.col_start * t.a, 0.0, t.e, t.f + window.row_start * t.e),
            shape=window.shape,
        )

    def windows(self, cells: int = 1024) -> Iterator[Window]:
        """The grid cut into blocks of at most ``cells`` x ``cells``, row by row from the north-west."""
        for row in range(0, self.shape[0], cells):
            for col in range(0, self.shape[1], cells):
                yield Window(row, min(row + cells, self.shape[0]), col, min(col + cells, self.shape[1]))

    def empty(self) -> NDArray[np.float32]:
        """An array of the grid's shape that holds nothing but nodata."""
        return np.full(self.shape, np.nan, dtype=np.float32)


@dataclass(frozen=True)
class Band:
    """One layer of numbers on a grid: float32 with NaN as the only nodata, its unit and what it means."""

    name: str
    values: NDArray[np.float32] = field(repr=False)
    unit: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.dtype != np.float32 or values.flags.writeable:
            # an array that its maker has already frozen is shared, not copied: a national band is 150 MB
            values = np.array(values, dtype=np.float32, copy=True)
        if np.isinf(values).any():
            values = np.where(np.isinf(values), np.float32(np.nan), values)
        values.setflags(write=False)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class RasterStack:
    """Bands that share one grid; a band is taken by its name.

    Raises
    ------
    ScoringError : a band of another shape, or two bands of one name.
    """

    grid: Grid
    bands: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", tuple(self.bands))
        for band in self.bands:
            if band.values.shape != self.grid.shape:
                raise ScoringError(
                    f"band {band.name} has shape {band.values.shape}, the grid {self.grid.shape}",
                    do="resample the band to the grid first",
                )
        if len(set(self.names)) != len(self.names):
            raise ScoringError(f"two bands share a name in {', '.join(self.names)}", do="name each band once")

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in order."""
        return tuple(band.name for band in self.bands)

    def __getitem__(self, name: str) -> Band:
        for band in self.bands:
            if band.name == name:
                return band
        raise KeyError(f"no band {name!r}; there are {', '.join(self.names)}")

    def __contains__(self, name: object) -> bool:
        return name in self.names
