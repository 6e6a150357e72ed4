"""netCDF files before the driver opens them: on damaged ones its library has ended the whole process.

Belongs here: finding out without being ended. Does not belong here: reading values (``grid_opening``). The classic form is parsed
by scipy first; the form on HDF5 is opened in a process of its own, whose end costs a message.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

from data_sources.connectors.library_errors import LIBRARY_ERRORS
from khanij.foundation.errors import SourceError

_AGAIN = "download or export it again, or as a GeoTIFF"
_CLASSIC = (b"CDF\x01", b"CDF\x02")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LIMIT_S = 120
_LOOK = """
import sys, rasterio
with rasterio.open(sys.argv[1], driver="netCDF") as whole:
    parts = whole.subdatasets or [sys.argv[1]]
for part in parts:
    with rasterio.open(part, driver="netCDF") as source:
        source.tags()
        if source.count and source.count * source.width * source.height <= int(sys.argv[2]):
            source.read(1)
"""


def require_sound(file: Path, *, max_cells: int) -> None:
    """Refuse a netCDF file that the driver could not survive.

    Raises
    ------
    SourceError : damaged, or of a form that cannot be looked at first.
    """
    with file.open("rb") as stream:
        head = stream.read(8)
    if head == _HDF5:
        _look_in_a_process(file, max_cells)
    elif head[:4] in _CLASSIC:
        _look_by_scipy(file)
    else:
        told = "a netCDF file of the 64-bit data form (CDF-5)"
        raise SourceError(told, file=file, do="convert it to netCDF-4 (nccopy -k nc4 IN OUT)")


def _look_by_scipy(file: Path) -> None:
    from scipy.io import netcdf_file

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with netcdf_file(str(file), "r", mmap=False) as found:
                shapes = [variable.shape for variable in found.variables.values()]
    except LIBRARY_ERRORS as error:
        raise SourceError(f"not a readable netCDF grid: {error}", file=file, do=_AGAIN) from error
    if not shapes:
        raise SourceError("a netCDF file without variables", file=file, do=_AGAIN)


def _look_in_a_process(file: Path, max_cells: int) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _LOOK, str(file.resolve()), str(max_cells)],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError("the netCDF library does not come back from this file", file=file, do=_AGAIN) from error
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it ended the process"])[-1]
        raise SourceError(f"not a readable netCDF grid: {why[:200]}", file=file, do=_AGAIN)
