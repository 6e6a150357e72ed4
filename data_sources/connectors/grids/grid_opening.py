"""One grid file -> its bands as the file has them, with the driver that its first bytes promise.

Belongs here: formats (GeoTIFF, Surfer 6, 7 and text, netCDF, ASCII and ENVI grids, Geosoft), the names of
bands. Does not belong here: files beside the grid (``beside``), no data that nobody declared (``no_data``), or the card (``rasters``).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
import rasterio.errors
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

from data_sources.connectors.grids.beside import Told, mask_beside, place_beside, system_beside, told_beside
from data_sources.connectors.grids.geosoft import looks_like_geosoft, read_geosoft
from data_sources.connectors.grids.netcdf import require_sound
from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.contracts.shapes.datums import crs_named, is_nameless
from khanij.foundation.errors import CrsError, SourceError

AGAIN = "download or export it again"
SUFFIXES = (".tif", ".tiff", ".grd", ".nc", ".asc", ".img", ".dat", ".bsq", ".bil", ".bip")
GRIDS_ONLY = tuple(suffix for suffix in SUFFIXES if suffix != ".dat")
"""Suffixes that mean a grid whatever stands in the file; a ``.dat`` may be a table."""
_ENVI = (".img", ".dat", ".bsq", ".bil", ".bip")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"DSBB", "GSBG"),
    (b"DSRB", "GS7BG"),
    (b"DSAA", "GSAG"),
    (b"CDF", "netCDF"),
    (b"\x89HDF\r\n\x1a\n", "netCDF"),
    (b"HGPC1", "NWT_GRD"),
)
_ENVIRONMENT = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none",
}


@dataclass
class Opened:
    """A grid as its file has it: bands of shape (band, row, column) with NaN where the file declares no data.

    ``crs`` is blank where the file names none; ``transform`` is the affine of the upper left corner of the first row.
    """

    values: NDArray[np.float32]
    transform: Affine
    crs: str
    names: list[str]
    units: list[str]
    scales: NDArray[np.float64]
    offsets: NDArray[np.float64]
    notes: list[str] = field(default_factory=list)


def open_grid(file: Path, *, max_cells: int) -> Opened:
    """Open one checked local grid file.

    Raises
    ------
    SourceError : not readable, larger inside than allowed, rotated, or a mask beside it that does not fit.
    CrsError : a position that is missing.
    """
    driver = _driver(file)
    if driver == "Geosoft":
        made = read_geosoft(file, max_cells=max_cells)
        one, none = np.ones(1), np.zeros(1)
        return Opened(made.values, made.transform, "", [file.stem], [""], one, none, made.notes)
    try:
        # The header of an ENVI grid is a file of its own, which the driver looks for by name.
        looks = {"GDAL_DISABLE_READDIR_ON_OPEN": "TRUE"} if driver == "ENVI" else {}
        with rasterio.Env(**(_ENVIRONMENT | looks)), warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            aside = told_beside(file)
            opened = _with_what_lies_beside(_read(file, driver, max_cells, aside), file, aside)
    except (SourceError, CrsError):
        raise
    except LIBRARY_ERRORS as error:
        told = "GeoTIFF" if driver == "GTiff" else f"{driver} grid"
        raise SourceError(f"not a readable {told}: {error}", file=file, do=AGAIN) from error
    return opened


def _driver(file: Path) -> str:
    suffix = file.suffix.lower()
    if suffix in (".tif", ".tiff"):
        return "GTiff"
    if suffix == ".asc":
        return "AAIGrid"
    with file.open("rb") as stream:
        head = stream.read(512)
    if suffix in _ENVI:
        if _header_of(file) is None:
            raise SourceError("no ENVI header (.hdr) beside the grid", file=file, do="download all its parts")
        return "ENVI"
    found = next((driver for magic, driver in _MAGIC if head.startswith(magic)), None)
    if found is None and suffix == ".grd" and looks_like_geosoft(head):
        return "Geosoft"
    if found is None or (suffix == ".nc" and found != "netCDF"):
        raise SourceError(
            f"the content is no {suffix} grid that is known (Surfer 6, 7 or text, netCDF, Geosoft)", file=file, do=AGAIN
        )
    return found


def _read(file: Path, driver: str, max_cells: int, aside: Told | None) -> Opened:
    parts: list[str] = []
    if driver == "netCDF":
        require_sound(file, max_cells=max_cells)
        with rasterio.open(file, driver=driver) as whole:
            parts = list(whole.subdatasets)
    found = [_read_one(part, driver, file, max_cells, aside) for part in (parts or [str(file)])]
    wide = [one for one in found if one is not None]
    if not wide:
        raise SourceError("no grid inside", file=file, do="name a file with a grid of two dimensions")
    first = wide[0]
    same = [one for one in wide if one.values.shape[1:] == first.values.shape[1:] and one.transform == first.transform]
    left = [n for one in wide if not any(one is kept for kept in same) for n in one.names]
    if len(same) > 1 or left:
        first = Opened(
            np.concatenate([one.values for one in same]),
            first.transform,
            first.crs,
            [n for one in same for n in one.names],
            [u for one in same for u in one.units],
            np.concatenate([one.scales for one in same]),
            np.concatenate([one.offsets for one in same]),
            list(dict.fromkeys(n for one in same for n in one.notes)),
        )
    if left:
        first.notes.append(f"variables on another grid are left out: {', '.join(left)}")
    return first


def _read_one(name: str, driver: str, file: Path, max_cells: int, aside: Told | None) -> Opened | None:
    with rasterio.open(name, driver=driver) as source:
        cells = source.count * source.width * source.height
        if cells > max_cells:
            told = f"{cells:,} cells where at most {max_cells:,} are allowed"
            raise SourceError(told, file=file, do="cut it to the region")
        if driver == "netCDF" and (not source.count or min(source.width, source.height) < 2):
            return None  # an axis, not a grid
        transform = place_beside(file, aside) if source.transform.is_identity else source.transform
        if transform is None:
            about = "has a CRS but no position" if source.crs is not None else "does not say its coordinate system"
            raise CrsError(f"the raster {about}", file=file, do="georeference it first")
        if transform.b or transform.d:
            raise SourceError("a rotated raster", file=file, do="warp it north up first (gdalwarp)")
        masked = source.read(masked=True)
        bands = [i for i, meant in enumerate(source.colorinterp) if meant != ColorInterp.alpha] or [0]
        if len(bands) < source.count:
            masked = masked[bands]
        data = np.where(np.ma.getmaskarray(masked), np.nan, masked.data)
        if driver == "netCDF":
            data = _further_fills(source, data)
        crs, notes = _system(source, driver, file)
        if len(bands) < source.count:
            notes.append("the band of transparency masks the others and is none itself")
        with np.errstate(over="ignore"):
            return Opened(
                data.astype("float32"), transform, crs, _of(bands, _names(source, driver)), _of(bands, [u or "" for u in source.units]),
                np.array(source.scales)[bands], np.array(source.offsets)[bands], notes,
            )  # fmt: skip


def _of(bands: list[int], texts: list[str]) -> list[str]:
    return [texts[i] for i in bands]


def _names(source: Any, driver: str) -> list[str]:
    if driver != "netCDF":
        return [source.descriptions[i] or f"band_{i + 1}" for i in range(source.count)]
    variable = str(source.tags(1).get("NETCDF_VARNAME") or "band")
    return [variable] if source.count == 1 else [f"{variable}_{i + 1}" for i in range(source.count)]


def _further_fills(source: Any, data: NDArray[Any]) -> NDArray[Any]:
    """A variable may declare two numbers for no data, of which the driver takes one."""
    for i in range(source.count):
        tags = source.tags(i + 1)
        for key in ("missing_value", "_FillValue"):
            for text in re.findall(r"-?\d[\d.eE+-]*", str(tags.get(key) or "")):
                data[i][data[i] == np.array(float(text), dtype=source.dtypes[i])] = np.nan
    return data


def _system(source: Any, driver: str, file: Path) -> tuple[str, list[str]]:
    if driver == "ENVI" and (named := _envi_system(file)):
        return named, [f"the header's datum is read as {named}"]
    if source.crs is not None:
        written = source.crs.to_wkt()
        # The library looks for a code as PROJ does, and as long where there can be none.
        return (written if is_nameless(pyproj.CRS.from_wkt(written)) else str(source.crs.to_string())), []
    tags = " ".join(str(v).lower() for k, v in source.tags().items() if k.endswith("#units"))
    if driver == "netCDF" and "degrees_north" in tags and "degrees_east" in tags:
        return "EPSG:4326", ["degrees without a datum are read as WGS 84"]
    return "", []


def _header_of(file: Path) -> Path | None:
    beside = (file.with_suffix(".hdr"), file.with_suffix(".HDR"), file.with_name(f"{file.name}.hdr"))
    return next((p for p in beside if p.is_file() and p.read_bytes()[:4] == b"ENVI"), None)


def _envi_system(file: Path) -> str:
    """The system that an ENVI header means where it names its datum in words that GDAL does not know."""
    header = _header_of(file)
    text = "" if header is None else header.read_text(encoding="latin-1")
    found = re.search(r"map info\s*=\s*\{([^}]*)\}", text, re.IGNORECASE)
    if found is None or re.search(r"coordinate system string\s*=\s*\{\s*\w", text, re.IGNORECASE):
        return ""
    parts = [p.strip() for p in found.group(1).split(",")]
    named = next((code for p in parts if (code := crs_named(p))), "") or crs_named(", ".join(parts[-3:-1]))
    if not named or parts[0].lower() == "geographic lat/lon":
        return named
    if parts[0].upper() == "UTM" and len(parts) > 8 and parts[7].isdigit():
        base = rasterio.crs.CRS.from_user_input(named).to_dict()
        axes = f"+a={base['a']} +b={base['b']}" if "a" in base else f"+ellps={base.get('ellps', 'evrst30')}"
        return f"+proj=utm +zone={parts[7]} {axes} +towgs84=295,736,257 +units=m"
    return ""


def _with_what_lies_beside(opened: Opened, file: Path, told: Told | None) -> Opened:
    """Masks, no data, scales, units and the coordinate system that stand in files beside the grid, where it has none of its own."""
    if not opened.crs:
        opened.crs, name = system_beside(file, told)
        if opened.crs:
            opened.notes.append(f"the coordinate system is that of {name}")
    if told is not None:
        _as_told(opened, told)
    hidden = mask_beside(file, opened.values.shape)
    if hidden is not None:
        opened.values[hidden[1]] = np.nan
        opened.notes.append(f"{int(hidden[1].sum()):,} cells are masked by {hidden[0]}")
    return opened


def _as_told(opened: Opened, told: Told) -> None:
    for number, value in told.no_data.items():
        if not 1 <= number <= len(opened.values):
            continue
        at = opened.values[number - 1] == np.float32(value)
        opened.values[number - 1][at] = np.nan
        if at.any():
            opened.notes.append(f"{int(at.sum()):,} cells of {value:g} are no data by {told.name}")
    for i in range(len(opened.values)):
        if (
            opened.scales[i] == 1 and opened.offsets[i] == 0
        ):  # stored values are turned, and that is told, by who reads them
            opened.scales[i], opened.offsets[i] = told.scale.get(i + 1, 1.0), told.offset.get(i + 1, 0.0)
        opened.units[i] = opened.units[i] or told.unit.get(i + 1, "")
        if opened.names[i] == f"band_{i + 1}":
            opened.names[i] = told.described.get(i + 1, opened.names[i])
