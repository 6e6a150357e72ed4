"""What the libraries that read files raise, so that none of it reaches a user raw.

Belongs here: the classes. Does not belong here: what is said instead (the readers know file, layer and remedy).
"""

from __future__ import annotations

import struct
import zlib

import pyarrow as pa
import pyogrio.errors
import pyproj.exceptions
import rasterio.errors
import shapely.errors
from pyogrio._err import CPLE_BaseError as _VectorError
from rasterio._err import CPLE_BaseError as _RasterError

LIBRARY_ERRORS: tuple[type[Exception], ...] = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    _VectorError,
    rasterio.errors.RasterioError,
    _RasterError,
    rasterio.errors.FileError,
    pyproj.exceptions.ProjError,
    shapely.errors.ShapelyError,
    pa.ArrowException,
    # What they let through from below: damaged bytes end in any of these.
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    UnboundLocalError,  # pyogrio 0.13 on a .prj that is no CRS
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
"""Not ``Exception``: an interrupt that the orchestrator raises must go through."""
