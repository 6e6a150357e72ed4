"""Folders and archives that stand for one layer: geodatabases, zipped files of any kind, KMZ.

Belongs here: which file inside is meant. Does not belong here: refusing a hostile archive (``safety``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_sources.connectors.safety import unzipped
from khanij.foundation.errors import MissingSourceError, SourceError

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MAPINFO = (".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid")
_GEODATABASE = (
    ".gdbtable", ".gdbtablx", ".gdbindexes", ".freelist", ".atx", ".spx", ".horizon", "/gdb", "/timestamps",
)  # fmt: skip
_SINGLE = (".gpkg", ".fgb", ".geojson", ".json", ".geojsonl", ".gml", ".kml")
_HEADS = (".shp", ".tab", ".mif", *_SINGLE)
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_NOTE = re.compile(r"read[ _-]?me|licen[cs]e|metadata|disclaimer|copyright|notice", re.IGNORECASE)
WANTED = (*TABLES, *_SHAPEFILE, *_MAPINFO, *_GEODATABASE, *_SINGLE)
_KML = (".kml",)


def is_geodatabase(folder: Path) -> bool:
    """Whether a folder is an Esri file geodatabase."""
    return folder.is_dir() and any(folder.glob("a0*.gdbtable"))


def only_shapefile(folder: Path, layer: str | None, shown: str = "") -> Path:
    """The one Shapefile of a folder, or the one that is named as the layer.

    Raises
    ------
    MissingSourceError : none. SourceError : several, and none named.
    """
    found = _named([p for p in _files(folder) if p.suffix.lower() == ".shp"], layer)
    where = shown or folder.name
    if not found:
        raise MissingSourceError("no Shapefile inside", file=where, layer=layer, do="name the file with the data")
    if len(found) > 1:
        names = ", ".join(p.stem for p in found)
        raise SourceError("several Shapefiles inside", file=where, do=f"name one as layer: {names}")
    return found[0]


def names_inside(file: Path) -> list[str]:
    """What a zip holds that may be a layer of its own: vector files, else tables; nothing for a geodatabase, which is one."""
    with unzipped(file, wanted=WANTED) as unpacked:
        files = _files(unpacked)
        if any(p.suffix.lower() == ".gdbtable" for p in files):
            return []
        return [p.name for p in files if p.suffix.lower() in _HEADS] or [p.name for p in _tables(unpacked)]


@contextmanager
def inside_zip(file: Path, layer: str | None) -> Iterator[tuple[Path, str | None]]:
    """The one data set in a zip, unpacked, and the layer that is still to be chosen in it.

    Raises
    ------
    MissingSourceError : none that is known. SourceError : several, and none named; a hostile archive.
    """
    with unzipped(file, wanted=WANTED) as unpacked:
        bases = sorted({p.parent for p in _files(unpacked) if p.suffix.lower() == ".gdbtable"})
        if bases:
            if len(bases) > 1:
                raise SourceError("several geodatabases inside", file=file, do="unpack it and name one folder")
            yield _called_gdb(bases[0], unpacked, file), layer
            return
        heads = [p for p in _files(unpacked) if p.suffix.lower() in _HEADS] or _tables(unpacked)
        if all(p.suffix.lower() == ".shp" for p in heads):  # or none at all
            yield only_shapefile(unpacked, layer, shown=str(file)), None
            return
        found = _named(heads, layer) if len(heads) > 1 else heads
        if len(found) != 1:
            names = ", ".join(p.name for p in heads)
            raise SourceError(
                f"several files inside: {names}", file=file, layer=layer, do="name one as layer, or unpack it"
            )
        yield found[0], None if len(heads) > 1 else layer


@contextmanager
def inside_kmz(file: Path) -> Iterator[Path]:
    """The KML of a KMZ: ``doc.kml``, or the only one.

    Raises
    ------
    MissingSourceError : none. SourceError : several, none of them ``doc.kml``; a hostile archive.
    """
    with unzipped(file, wanted=_KML) as unpacked:
        found = _files(unpacked)
        main = [p for p in found if p.name.lower() == "doc.kml" and p.parent == unpacked] or found
        if not main:
            raise MissingSourceError("no KML inside", file=file, do="export it again from Google Earth")
        if len(main) > 1:
            raise SourceError("several KML files inside", file=file, do="unpack it and name one")
        yield main[0]


def _tables(folder: Path) -> list[Path]:
    """Tables of an archive without layers; a text is one only where nothing else is and it is no note to the reader."""
    found = [p for p in _files(folder) if p.suffix.lower() in TABLES]
    texts = [p for p in found if p.suffix.lower() == ".txt" and not _NOTE.search(p.stem)]
    return [p for p in found if p.suffix.lower() != ".txt"] or texts


def _files(folder: Path) -> list[Path]:
    # What a Mac puts beside each file of a zip begins with "._".
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("._"))


def _named(found: list[Path], layer: str | None) -> list[Path]:
    return [p for p in found if layer.lower() in (p.stem.lower(), p.name.lower())] if layer else found


def _called_gdb(base: Path, unpacked: Path, file: Path) -> Path:
    """The library knows a geodatabase by its folder's name, which a zip of the folder's content alone has not."""
    if base.suffix.lower() == ".gdb":
        return base
    named = unpacked.parent / f"{unpacked.name}.gdb" if base == unpacked else base.with_suffix(".gdb")
    if base == unpacked:
        named = unpacked / f"{file.stem.removesuffix('.gdb') or 'data'}.gdb"
        named.mkdir()
        for part in [p for p in base.iterdir() if p.is_file()]:
            part.rename(named / part.name)
        return named
    return base.rename(named)
