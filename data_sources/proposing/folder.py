"""What a folder holds: each data set once, the parts of a Shapefile as one, each layer, sheet or file inside by its own name.

Belongs here: listing. Does not belong here: what a data set is (``judging``).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from data_sources.connectors.files import SUFFIXES
from data_sources.connectors.grids.grid_opening import SUFFIXES as GRID_SUFFIXES
from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.connectors.spreadsheets.books import WORKBOOKS, table_sheets
from data_sources.connectors.vectors.containers import is_geodatabase, names_inside
from data_sources.connectors.vectors.vector_opening import layers_of
from khanij.foundation.errors import KhanijError

# Parts of another file, or a program's own notes.
_PARTS = frozenset(
    ".shx .dbf .prj .cpg .sbn .sbx .qix .qpj .qmd .qml .sld .lyr .lyrx .shp.xml .aux.xml .xml .tfw .wld .ovr .msk .hdr .ind .id .map "
    ".dat .mid .gfs .xsd .csvt .gpkg-wal .gpkg-shm .lock .ini .db".split()
)  # fmt: skip
_GRIDS = frozenset(GRID_SUFFIXES)
MOST_FILES = 2000
UNREADABLE: tuple[type[Exception], ...] = (KhanijError, *LIBRARY_ERRORS)
"""Whatever may come of opening a foreign file."""


@dataclass(frozen=True)
class Found:
    """One data set: its file, its name for a reader (below the folder), and the layer, sheet or file inside where there are several."""

    path: Path
    shown: str
    part: str = ""
    is_grid: bool = False

    @property
    def said(self) -> str:
        """The file, and what of it."""
        return f"{self.shown}, {self.part}" if self.part else self.shown


@dataclass(frozen=True)
class Unread:
    """A file that is no data set that can be read, or, with ``has_rows``, one that is read and is no layer: why, and what would be needed."""

    shown: str
    why: str
    needs: str
    has_rows: bool = False


def data_sets(folder: Path) -> tuple[list[Found], list[Unread]]:
    """Every data set of a folder and its subfolders in the order of their names, and what is none."""
    found: list[Found] = []
    unread: list[Unread] = []
    for path in _files(folder):
        shown = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        if suffix in _GRIDS and suffix not in SUFFIXES:
            found.append(Found(path, shown, is_grid=True))
            continue
        if suffix not in SUFFIXES and suffix != ".gdb":
            unread.append(
                Unread(shown, f"no reader for {suffix or 'a file without a suffix'}", _NEEDS.get(suffix, _ANY))
            )
            continue
        try:
            parts = _parts(path)
        except UNREADABLE as error:
            do = getattr(error, "do", None) or "open it in the program that wrote it and export it again"
            unread.append(Unread(shown, getattr(error, "message", str(error)), do))
            continue
        if suffix == ".zip" and not parts and _grids_inside(path):
            names = ", ".join(_grids_inside(path))
            unread.append(Unread(shown, f"a grid inside a zip ({names}) is not read", "unpack it into the folder"))
            continue
        found += [Found(path, shown, part) for part in (parts if len(parts) > 1 else [""])]
    return found, unread


_ANY = "export it as GeoPackage, Shapefile, CSV or XLSX"
_NEEDS = {
    ".pdf": "type its table into a sheet, or digitise its map in QGIS",
    ".docx": "copy its table into a sheet",
    ".doc": "copy its table into a sheet",
    ".rar": "unpack it into the folder",
    ".7z": "unpack it into the folder",
    ".dwg": "open it in QGIS and export a GeoPackage",
    ".dxf": "open it in QGIS and export a GeoPackage",
    ".jpg": "georeference and digitise it in QGIS",
    ".png": "georeference and digitise it in QGIS",
}


def _files(folder: Path) -> list[Path]:
    out: list[Path] = []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "~$", "._")) or path.name == "__MACOSX":
            continue
        if path.is_dir():
            out += [path] if is_geodatabase(path) else _files(path)
        elif not _is_part(path):
            out.append(path)
    return out[:MOST_FILES]


def _is_part(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix == ".dbf":
        return path.with_suffix(".shp").is_file() or path.with_suffix(".SHP").is_file()
    return suffix in _PARTS


def _parts(path: Path) -> list[str]:
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return table_sheets(path)
    if suffix == ".zip":
        return names_inside(path)
    return layers_of(path)


def _grids_inside(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as held:
        return [n for n in held.namelist() if Path(n).suffix.lower() in _GRIDS]
