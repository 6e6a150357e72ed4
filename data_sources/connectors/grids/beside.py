"""Files beside a grid that say what the grid itself does not: mask, world file, coordinate system, GDAL's ``.aux.xml``.

Belongs here: finding and reading them, none by the driver, which would follow them elsewhere. Does not belong here: the grid (``grid_opening``).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import rasterio
import rasterio.errors
from affine import Affine

from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.connectors.safety import refuse_entities
from khanij.foundation.errors import SourceError

_MOST_BYTES = 10_000_000
_NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORLD = {".tif": (".tfw", ".tifw", ".wld"), ".tiff": (".tfw", ".tiffw", ".wld")}
_INSIDE = "put the mask inside (GDAL_TIFF_INTERNAL_MASK=YES)"


@dataclass
class Told:
    """What ``name.tif.aux.xml`` says: of each band by its number from 1, and of the whole; blank and None for nothing."""

    name: str
    crs: str = ""
    transform: Affine | None = None
    no_data: dict[int, float] = field(default_factory=dict)
    scale: dict[int, float] = field(default_factory=dict)
    offset: dict[int, float] = field(default_factory=dict)
    unit: dict[int, str] = field(default_factory=dict)
    described: dict[int, str] = field(default_factory=dict)


def told_beside(file: Path) -> Told | None:
    """What GDAL or ArcGIS wrote beside the grid (``.aux.xml``), None where nothing is.

    Raises
    ------
    SourceError : it is there and cannot be read.
    """
    beside = _found(file, f"{file.name}.aux.xml")
    if beside is None:
        return None
    content = beside.read_bytes()[:_MOST_BYTES]
    refuse_entities(content, str(beside))
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  what could call elsewhere is refused above
        out = Told(beside.name, (root.findtext("SRS") or "").strip())
        corner = _numbers(root.findtext("GeoTransform"))
        if len(corner) == 6:
            out.transform = Affine.from_gdal(*corner)
        for band in root.iter("PAMRasterBand"):
            _of_band(out, int(band.get("band") or 0), band)
    except (ElementTree.ParseError, ValueError, TypeError) as error:
        told = f"the file beside it ({beside.name}) cannot be read: {error}"
        raise SourceError(told, file=file, do="take it away, or write it anew") from error
    return out


def _of_band(out: Told, number: int, band: ElementTree.Element) -> None:
    for tag, into in (("NoDataValue", out.no_data), ("Scale", out.scale), ("Offset", out.offset)):
        text = (band.findtext(tag) or "").strip()
        if text:
            into[number] = float(text)
    for tag, words in (("UnitType", out.unit), ("Description", out.described)):
        text = (band.findtext(tag) or "").strip()
        if text:
            words[number] = text


def place_beside(file: Path, told: Told | None) -> Affine | None:
    """Where a grid without a position lies: by ``.aux.xml`` or by its world file (``.tfw``), which names the first cell's middle."""
    if told is not None and told.transform is not None:
        return told.transform
    for suffix in _WORLD.get(file.suffix.lower(), ()):
        beside = _found(file, f"{file.stem}{suffix}")
        numbers = [] if beside is None else _numbers(beside.read_text(encoding="latin-1")[:1000].replace(",", "."))
        if len(numbers) == 6:
            a, d, b, e, c, f = numbers
            return Affine(a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)
    return None


def system_beside(file: Path, told: Told | None) -> tuple[str, str]:
    """Coordinate system of a grid that names none, and the file that says it: ``.aux.xml``, else ``.prj``; blank for none."""
    if told is not None and told.crs:
        return told.crs, told.name
    beside = _found(file, f"{file.stem}.prj")
    text = "" if beside is None else beside.read_text(encoding="latin-1")[:20_000].strip()
    return (text, beside.name) if beside is not None and "CS[" in text.upper() else ("", "")


def mask_beside(file: Path, shape: tuple[int, ...]) -> tuple[str, np.ndarray] | None:
    """Name of ``name.tif.msk`` and the cells that it hides, of shape (bands, rows, columns); None where there is none.

    In it 0 means no data: one mask for all bands, or one a band.

    Raises
    ------
    SourceError : it cannot be read, or is of another size.
    """
    beside = file.with_name(f"{file.name}.msk")
    if not beside.is_file():
        return None
    try:
        with (
            warnings.catch_warnings(action="ignore", category=rasterio.errors.NotGeoreferencedWarning),
            rasterio.open(beside, driver="GTiff") as source,
        ):
            fits = (source.height, source.width) == shape[1:] and source.count in (1, shape[0])
            mask = source.read() if fits else None
    except LIBRARY_ERRORS as error:
        raise SourceError(
            f"the mask beside it ({beside.name}) cannot be read: {error}", file=file, do=_INSIDE
        ) from error
    if mask is None:
        told = f"the mask beside it ({beside.name}) is of another size"
        raise SourceError(told, file=file, do=f"{_INSIDE}, or take it away")
    return beside.name, np.broadcast_to(mask == 0, shape)


def _found(file: Path, name: str) -> Path | None:
    """The file of this name beside another, in small or capital letters."""
    tried = (file.with_name(name), file.with_name(name.upper()), file.with_suffix(Path(name).suffix.upper()))
    return next((p for p in tried if p.name.lower() == name.lower() and p.is_file()), None)


def _numbers(text: str | None) -> list[float]:
    return [float(t) for t in _NUMBERS.findall(text or "")]
