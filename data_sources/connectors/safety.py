"""What a file must pass before any reader opens it: a real local file, of the kind its name says, of a decent size.

Belongs here: refusals. Does not belong here: reading. GDAL picks a driver by content, so a VRT or a GDALG pipeline
under another name would be followed to any file or host; the first bytes are therefore checked here, and every reader
names its driver.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from khanij.foundation.errors import MissingSourceError, SourceError
from khanij.foundation.redaction import redact

MAX_FILE_BYTES = 4_000_000_000
MAX_UNZIPPED_BYTES = 4_000_000_000
MAX_ZIP_ENTRIES = 2_000
MAX_ZIP_RATIO = 200
_RATIO_FREE_BYTES = 20_000_000
_CHUNK = 1 << 20
# What Python's reader raises on a zip whose bytes were changed: a bad offset seeks before the file, a bad block is zlib's.
_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_DO_NOT = "do not use this file; ask the publisher for another"

_MAGIC: dict[str, tuple[bytes, ...]] = {
    ".shp": (b"\x00\x00\x27\x0a",),
    ".gpkg": (b"SQLite format 3\x00",),
    ".parquet": (b"PAR1",),
    ".geoparquet": (b"PAR1",),
    ".zip": (b"PK\x03\x04",),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".ods"), (b"PK\x03\x04",)),
    ".xls": (b"\xd0\xcf\x11\xe0", b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    ".tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}
_JSON = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")
_POINTERS = re.compile(rb"<\s*(OGRVRTDataSource|VRTDataset|OGRVRTLayer|GDALTileIndexDataset)|gdal_streamed_alg", re.I)
_HTML = re.compile(rb"^\s*(<!doctype\s+html|<html|<head|<body|<script)", re.I)


def local_file(path: object, *, max_bytes: int = MAX_FILE_BYTES, suffixes: tuple[str, ...] | None = None) -> Path:
    """The path as a checked local file.

    Raises
    ------
    MissingSourceError : nothing there.
    SourceError : a virtual path, an address, a pointer to other files, a wrong kind, or more than ``max_bytes``.
    """
    text = str(path)
    if "\x00" in text or re.search(r"(^|[^\w./-])[/\\]+vsi", text, re.I):
        raise SourceError(
            "a virtual path is not a file", file=redact(text), do="copy the data to a local file and name that"
        )
    if "://" in text or re.match(r"^[A-Za-z]{2,}:", text):
        raise SourceError(
            "an address or connection string is not a file", file=redact(text), do="write a source card for it"
        )
    file = Path(text)
    if not file.exists():
        raise MissingSourceError("no such file", file=text, do="check the path, or fetch the source first")
    if not stat.S_ISREG(file.stat().st_mode):
        raise SourceError("not a regular file", file=text, do="name one file, not a folder or a device")
    suffix = file.suffix.lower()
    if suffix == ".vrt" or text.lower().endswith(".gdalg.json"):
        raise SourceError("a virtual dataset points to other files", file=text, do="name the file with the data itself")
    if suffixes is not None and suffix not in suffixes:
        raise SourceError(
            f"no reader for {suffix or 'a file without a suffix'}", file=text, do=f"use one of {', '.join(suffixes)}"
        )
    size = file.stat().st_size
    if size == 0:
        raise SourceError("the file is empty", file=text, do="fetch or export it again")
    if size > max_bytes:
        raise SourceError(
            f"{size:,} bytes where at most {max_bytes:,} are allowed",
            file=text,
            do="cut it to the region, or raise max_bytes",
        )
    with file.open("rb") as stream:
        head = stream.read(65_536)
    _check_head(head, suffix, text)
    return file


def _check_head(head: bytes, suffix: str, where: str) -> None:
    if _POINTERS.search(head):
        raise SourceError("a virtual dataset under another name", file=where, do="name the file with the data itself")
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise SourceError("a web page, not data (often a log-in page)", file=where, do="log in and download it again")
    magic = _MAGIC.get(suffix)
    if magic and not head.startswith(magic):
        raise SourceError(f"the content is not what {suffix} says", file=where, do="download or export it again")
    if suffix in _JSON and not head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e").startswith((b"{", b"[")):
        raise SourceError("the content is not JSON", file=where, do="download or export it again")
    if suffix in (".gml", ".xml"):
        refuse_entities(head, where)


def refuse_entities(content: bytes, where: str) -> None:
    """Refuse XML that declares a document type: entities can read local files, call hosts, or grow without end."""
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", content, re.I) or b"<\x00!\x00" in content or b"\x00<\x00!" in content:
        raise SourceError(
            "XML with a document type or entities is refused", file=where, do="ask the publisher for plain XML"
        )


def check_shapefile(path: Path, shown: str) -> None:
    """Hold the sizes in the headers of .shp and .dbf against the files: GDAL reads a cut one without a word.

    Raises
    ------
    MissingSourceError : no .dbf or .shx beside it. SourceError : a part that is shorter than its header says.
    """
    for suffix in (".shx", ".dbf"):
        if not any(p.is_file() for p in (path.with_suffix(suffix), path.with_suffix(suffix.upper()))):
            raise MissingSourceError(
                f"the {suffix} beside the Shapefile is missing", file=shown, do="download all its parts"
            )
    with path.open("rb") as stream:
        promised = 2 * int.from_bytes(stream.read(28)[24:28], "big")
    if path.stat().st_size < promised:
        raise SourceError("the Shapefile is cut short", file=shown, do="download it again")
    table = path.with_suffix(".dbf") if path.with_suffix(".dbf").is_file() else path.with_suffix(".DBF")
    with table.open("rb") as stream:
        head = stream.read(12)
    rows, start, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if table.stat().st_size < start + rows * width:
        raise SourceError("the .dbf of the Shapefile is cut short", file=shown, do="download it again")
    index = path.with_suffix(".shx") if path.with_suffix(".shx").is_file() else path.with_suffix(".SHX")
    with index.open("rb") as stream:
        indexed = (2 * int.from_bytes(stream.read(28)[24:28], "big") - 100) // 8
    if index.stat().st_size < 100 + 8 * indexed:
        raise SourceError("the .shx of the Shapefile is cut short", file=shown, do="download it again")
    if indexed != rows:
        raise SourceError(
            f"the .shx of the Shapefile has {indexed} records and the .dbf {rows}", file=shown, do="download it again"
        )


@contextmanager
def unzipped(path: Path, *, wanted: tuple[str, ...], max_bytes: int = MAX_UNZIPPED_BYTES) -> Iterator[Path]:
    """A temporary folder with the wanted members of a zip; sizes are counted while writing, never believed.

    Raises
    ------
    SourceError : a member that climbs out, a link, encryption, a bomb (size, ratio or number of members), a torn zip.
    """
    with TemporaryDirectory(prefix="khanij-zip-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, Path(folder), path, wanted, max_bytes)
        except _DAMAGED_ZIP as error:
            raise SourceError(f"the zip is damaged: {error}", file=path, do="download it again") from error
        yield Path(folder)


def _extract(archive: zipfile.ZipFile, folder: Path, path: Path, wanted: tuple[str, ...], max_bytes: int) -> None:
    members = archive.infolist()
    if len(members) > MAX_ZIP_ENTRIES:
        raise SourceError(f"{len(members):,} members in a zip", file=path, do="unpack it by hand and name the file")
    check_zip_names(members, path)
    budget = min(max_bytes, max(_RATIO_FREE_BYTES, MAX_ZIP_RATIO * path.stat().st_size))
    written = 0
    for member in members:
        if member.is_dir() or not member.filename.lower().endswith(wanted):
            continue
        target = folder / PurePosixPath(member.filename.replace("\\", "/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("wb") as out:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > budget:
                    raise SourceError(
                        f"a zip that unpacks to more than {budget:,} bytes (a zip bomb)",
                        file=path,
                        layer=member.filename,
                        do=_DO_NOT,
                    )
                out.write(chunk)


def check_zip_names(members: list[zipfile.ZipInfo], path: Path) -> None:
    """Refuse members that climb out of the folder, that are links, or that are encrypted."""
    for member in members:
        name = member.filename.replace("\\", "/")
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or re.match(r"^[A-Za-z]:", name) or "\x00" in name:
            raise SourceError("a zip member climbs out of its folder", file=path, layer=member.filename, do=_DO_NOT)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SourceError("a zip member is a link", file=path, layer=member.filename, do=_DO_NOT)
        if member.flag_bits & 0x1:
            raise SourceError(
                "the zip is encrypted", file=path, layer=member.filename, do="unpack it by hand with its password"
            )


def check_office_zip(path: Path, *, max_bytes: int = 500_000_000) -> None:
    """Count what a spreadsheet unpacks to before a reader does; refuse a bomb or a document type in its XML."""
    budget = min(max_bytes, max(_RATIO_FREE_BYTES, MAX_ZIP_RATIO * path.stat().st_size))
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            check_zip_names(archive.infolist(), path)
            for member in archive.infolist():
                with archive.open(member) as source:
                    head = source.read(_CHUNK)
                    if member.filename.endswith((".xml", ".rels")):
                        refuse_entities(head[:4096], f"{path}!{member.filename}")
                    total += len(head)
                    while total <= budget and (chunk := source.read(_CHUNK)):
                        total += len(chunk)
                if total > budget:
                    raise SourceError(f"a spreadsheet that unpacks to over {budget:,} bytes", file=path, do=_DO_NOT)
    except _DAMAGED_ZIP as error:
        raise SourceError(f"the spreadsheet is damaged: {error}", file=path, do="save it again as .xlsx") from error
