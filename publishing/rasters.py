"""Evidence rasters as Cloud-Optimised GeoTIFFs: tiled, with overviews, every band with its name, unit and meaning.

Belongs here: writing and reading such a file. Does not belong here: what is in a band (``scoring.ground``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster

from khanij.foundation.files import PublishedFile, remove_stale, replace_file, sha256_of, temporary_beside

_BLOCK = 512
TIFF_TAG = "KHANIJ_GENERATION"  # the generation of the set that the raster belongs to


class GridLike(Protocol):
    """Where the cells are: CRS text, affine transform (north up), shape (rows, columns)."""

    @property
    def crs(self) -> str: ...
    @property
    def transform(self) -> Any: ...
    @property
    def shape(self) -> tuple[int, int]: ...


class BandLike(Protocol):
    """One band: name, values of shape (rows, columns) with NaN as nodata, unit, meaning."""

    @property
    def name(self) -> str: ...
    @property
    def values(self) -> np.ndarray: ...
    @property
    def unit(self) -> str: ...
    @property
    def description(self) -> str: ...


class StackLike(Protocol):
    """Bands on one grid."""

    @property
    def grid(self) -> GridLike: ...
    @property
    def bands(self) -> Sequence[BandLike]: ...


def write_cog(stack: StackLike, path: Path | str, generation: str = "") -> PublishedFile:
    """Write a raster stack as one Cloud-Optimised GeoTIFF: float32, NaN is the only nodata, overviews by average.

    The file is replaced whole or not at all, and not touched if its bytes are the same.

    Parameters
    ----------
    stack : ``grid`` with crs, transform and shape; ``bands`` with name, values (rows, columns), unit, description.
    path : where to write, such as ``output/sample_district/evidence/evidence.tif``.
    generation : of the set that the file belongs to; it becomes the tag ``KHANIJ_GENERATION``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale(path)
    rows, columns = stack.grid.shape
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(stack.bands),
        "height": rows,
        "width": columns,
        "crs": rasterio.crs.CRS.from_wkt(CRS.from_user_input(stack.grid.crs).to_wkt("WKT2_2019")),
        "transform": stack.grid.transform,
        "nodata": float("nan"),
    }
    with temporary_beside(path) as temporary:
        with MemoryFile() as memory:
            with memory.open(**profile) as target:
                if generation:
                    target.update_tags(**{TIFF_TAG: generation})
                for number, band in enumerate(stack.bands, start=1):
                    target.write(np.asarray(band.values, dtype=np.float32), number)
                    target.set_band_description(number, band.name)
                    target.set_band_unit(number, band.unit)
                    target.update_tags(number, DESCRIPTION_LONG=band.description)
            with memory.open() as source:
                copy_raster(
                    source,
                    temporary,
                    driver="COG",
                    COMPRESS="DEFLATE",
                    PREDICTOR="3",
                    LEVEL="6",
                    BLOCKSIZE=str(_BLOCK),
                    OVERVIEW_RESAMPLING="AVERAGE",
                    NUM_THREADS="1",
                    STATISTICS="NO",
                )
        digest, size = sha256_of(temporary), temporary.stat().st_size
        if path.is_file() and path.stat().st_size == size and sha256_of(path) == digest:
            return PublishedFile(path, digest, size, False)
        replace_file(temporary, path)
    return PublishedFile(path, digest, size, True)
