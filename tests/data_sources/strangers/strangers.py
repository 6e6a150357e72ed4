"""Files as other programs write them, made here, and what is read of them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
import yaml

from data_sources.cards.card import Card, parse_card
from data_sources.contracts.admitting.admission import Admission
from data_sources.readers.survey import read_layer

PLACES = [(76.5, 14.5), (76.6, 14.6), (76.7, 14.7), (76.8, 14.8), (76.9, 14.9), (77.1, 15.1)]


def own_card(contract: str, **says: Any) -> Card:
    """A user's card of a file, with what it says beside what every card must."""
    said = {
        "title": "t",
        "publisher": "p",
        "licence": "l",
        "redistribute": "no",
        "citation": "c",
        "protocol": "file",
        "path": "x.csv",
    }
    return parse_card(yaml.safe_dump({"name": "own", "contract": contract, **said, **says}), file="own.yaml")


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def samples(folder: Path, columns: str, *rows: str, name: str = "samples.csv", delimiter: str = ",") -> Path:
    """A table of stream sediments: the columns behind number and place, one text a row."""
    head = delimiter.join(("sample_id", "longitude", "latitude", columns))
    lines = [delimiter.join((f"S{i + 1}", f"{x}", f"{y}", row)) for i, (row, (x, y)) in enumerate(zip(rows, PLACES))]
    return written(folder, "\n".join([head, *lines]) + "\n", name)


def read(file: Path, layer: str = "stream_sediments", **options: Any) -> Admission:
    return read_layer(file, layer, options=options)


def reasons(admission: Admission, row: int | None = None, where: str = "flags") -> str:
    """All that is said of a row (or of the whole) in one text."""
    lines = getattr(admission, where)
    chosen = lines[lines["row"].isna()] if row is None else lines[lines["row"] == row]
    return " | ".join(f"{f}: {v}: {r}" for f, v, r in zip(chosen["field"], chosen["value"], chosen["reason"]))


def workbook(
    file: Path, rows: Sequence[Sequence[Any]], formats: dict[str, str] | None = None, sheet: str = "Sheet"
) -> Path:
    """A workbook of one sheet; ``formats`` is cell -> number format."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for cell, code in (formats or {}).items():
        page[cell].number_format = code
    book.save(file)
    return file


def strict(file: Path) -> Path:
    """The same workbook as "Strict Open XML Spreadsheet" has it: other namespaces, nothing else."""
    out = file.with_name(f"strict_{file.name}")
    pairs = (
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            for usual, other in pairs:
                body = body.replace(usual, other)
            target.writestr(name, body)
    return out


def old_workbook(file: Path, rows: Sequence[Sequence[Any]], formats: dict[tuple[int, int], str] | None = None) -> Path:
    """An .xls of Excel 5 (BIFF5, one sheet ``Data``) with number formats by (row, column), written record by record."""
    formats = formats or {}
    codes = ["General", *dict.fromkeys(formats.values())]

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str, width: str = "<B") -> bytes:
        raw = value.encode("cp1252")
        return struct.pack(width, len(raw)) + raw

    bof = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 0x0DBB, 0x07CC))
    fonts = b"".join(
        record(0x0031, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + text("Arial")) for _ in range(5)
    )
    told = b"".join(record(0x041E, struct.pack("<H", 164 + i) + text(code)) for i, code in enumerate(codes))
    xf = b"".join(
        record(0x00E0, struct.pack("<HHHBBHHHH", 0, 164 + i, 1, 0x20, 0, 0, 0, 0, 0)) for i in range(len(codes))
    )
    head = bof + record(0x0042, struct.pack("<H", 1252)) + fonts + told + xf
    name = text("Data")
    sheet_at = len(head) + 4 + 6 + len(name) + 4
    head += record(0x0085, struct.pack("<IBB", sheet_at, 0, 0) + name) + record(0x000A, b"")
    body = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 0x0DBB, 0x07CC))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            place = struct.pack("<HHH", i, j, codes.index(formats.get((i, j), "General")))
            if isinstance(value, str):
                body += record(0x0204, place + text(value, "<H"))
            elif value is not None:
                body += record(0x0203, place + struct.pack("<d", value))
    file.write_bytes(head + body + record(0x000A, b""))
    return file


def leases(file: Path, ids: Sequence[Any], column: str = "Id", **more: Sequence[Any]) -> Path:
    """Square leases beside one another with a column of ids."""
    shapes = [shapely.box(76 + i / 10, 14, 76.05 + i / 10, 14.05) for i in range(len(ids))]
    frame = gpd.GeoDataFrame(pd.DataFrame({column: ids, **more}), geometry=shapes, crs=4326)
    frame.to_file(file)
    return file
