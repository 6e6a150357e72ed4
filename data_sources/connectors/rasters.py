"""GeoTIFF -> a ``Raster``: float bands with NaN as the only nodata, names and units beside them.

Belongs here: opening a raster safely. Does not belong here: resampling to a region's grid (``khanij.foundation.grid``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
import rasterio.errors
from affine import Affine
from numpy.typing import NDArray

from data_sources.cards import RasterBand
from data_sources.connectors.safety import MAX_FILE_BYTES, local_file
from khanij.foundation.errors import ContractError, CrsError, SourceError

_SENTINELS = (-3.4e38, -1e30)
_UNDECLARED = (-9999.0, -99999.0, -999999.0, -32768.0)


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
    """Open one GeoTIFF, and only a GeoTIFF.

    Parameters
    ----------
    path : a local .tif.
    bands : names and units in file order (a card's ``bands``); else the file's own descriptions, then band_1 ...
    options : ``max_bytes`` of the file and ``max_cells`` of all bands together (default 500 million).

    Raises
    ------
    SourceError : refused or unreadable, or larger inside than promised. CrsError : no CRS.
    ContractError : the card names another number of bands than the file has.
    """
    settings = dict(options or {})
    file = local_file(path, max_bytes=int(settings.get("max_bytes", MAX_FILE_BYTES)), suffixes=(".tif", ".tiff"))
    limit = int(settings.get("max_cells", 500_000_000))
    try:
        with (
            rasterio.Env(
                GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO", CPL_VSIL_CURL_ALLOWED_EXTENSIONS="none"
            ),
            rasterio.open(file, driver="GTiff") as source,
        ):
            cells = source.count * source.width * source.height
            if cells > limit:
                raise SourceError(
                    f"{cells:,} cells where at most {limit:,} are allowed", file=file, do="cut it to the region"
                )
            if source.crs is None:
                raise CrsError("the raster does not say its coordinate system", file=file, do="georeference it first")
            if source.transform.is_identity:
                raise CrsError("the raster has a CRS but no position", file=file, do="georeference it first")
            if source.transform.b or source.transform.d:
                raise SourceError("a rotated raster", file=file, do="warp it north up first (gdalwarp)")
            named = _bands(source, bands, file)
            masked = source.read(masked=True)
            crs, transform = source.crs.to_string(), source.transform
            scales, offsets = np.array(source.scales), np.array(source.offsets)
    except rasterio.errors.RasterioError as error:
        raise SourceError(f"not a readable GeoTIFF: {error}", file=file, do="download or export it again") from error
    values = np.where(np.ma.getmaskarray(masked), np.nan, masked.data).astype("float32")
    notes = []
    sentinel = np.isinf(values) | (values <= _SENTINELS[1])
    if sentinel.any():
        values[sentinel] = np.nan
        notes.append(f"{int(sentinel.sum())} cells held a sentinel (-3.4e38 or infinite) and are no data")
    undeclared = np.isin(values, np.array(_UNDECLARED, dtype="float32"))
    if undeclared.any():
        found = ", ".join(f"{v:g}" for v in np.unique(values[undeclared]))
        values[undeclared] = np.nan
        notes.append(
            f"{int(undeclared.sum())} cells held {found}, which the file does not call no data, and are no data"
        )
    if (scales != 1).any() or (offsets != 0).any():
        values = (values.astype("float64") * scales[:, None, None] + offsets[:, None, None]).astype("float32")
        told = ", ".join(f"{b.name} x {s:g} + {o:g}" for b, s, o in zip(named, scales, offsets) if s != 1 or o != 0)
        notes.append(f"stored values were turned to values by the file's own scale and offset: {told}")
    if transform.e > 0:
        values = values[:, ::-1, :]
        transform = Affine(
            transform.a, 0.0, transform.c, 0.0, -transform.e, transform.f + transform.e * values.shape[1]
        )
        notes.append("rows ran from south to north and were turned")
    return Raster(file.name, crs, transform, named, np.ascontiguousarray(values), tuple(notes))


def _bands(source: Any, bands: Sequence[RasterBand] | None, file: object) -> tuple[RasterBand, ...]:
    if bands:
        if len(bands) != source.count:
            raise ContractError(
                f"the card names {len(bands)} bands, the file has {source.count}", file=file, do="correct the card"
            )
        return tuple(bands)
    out = []
    for i in range(source.count):
        text = source.descriptions[i] or f"band_{i + 1}"
        out.append(RasterBand(name=text, unit=source.units[i] or ""))
    return tuple(out)
