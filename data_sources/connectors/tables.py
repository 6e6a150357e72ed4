"""Delimited text -> frames of text with raw columns, and coordinate columns -> points.

Belongs here: delimiters, encodings, quoting, ragged rows, coordinate columns. Does not belong here: units, sentinels
and bounds (``contracts``); values stay as they were written.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyproj
import pyproj.exceptions
import shapely

from data_sources.connectors.degree_columns import joined_degrees
from data_sources.connectors.text_header import (
    MISSING,
    NUMBER,
    joined_header,
    looks_like_header,
    refuse_title,
    unique_names,
)
from data_sources.contracts.admitting.places import coordinate_pair, plain_metres
from data_sources.contracts.contract import plain_name
from data_sources.contracts.shapes.remarks import remark, used
from khanij.foundation.errors import ContractError, CrsError, SourceError

_WKT_COLUMNS = frozenset(
    {"wkt", "geometry", "geom", "the_geom", "shape", "wkt_geom", "wkt_geometry", "geometry_wkt", "geom_wkt", "geo", "ewkt", "wkb", "wkb_geometry"}
)  # fmt: skip
_HEAD, _LINES = 200_000, 22
_WKT_START = re.compile(
    r"^\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE|GEOMETRYCOLLECTION)\s*(?:ZM?|M)?\s*(?:\(|EMPTY)",
    re.IGNORECASE,
)


def read_text_table(path: Path, options: Mapping[str, Any]) -> pd.DataFrame:
    """One delimited text file; every value as text, as it was written: which column holds numbers is for the contract to say.

    ``options``: ``delimiter`` (else found from the header), ``encoding`` (else UTF-8 with or without BOM, then
    Windows-1252), ``quoting: none`` for files that do not escape quotes, ``skip_rows`` or ``header_row`` (from 1).

    Raises
    ------
    SourceError : rows with more or fewer fields than the header, or an encoding that cannot be read.
    """
    text, encoding = _decode(path, options.get("encoding"))
    lines = text.split("\n", 50)
    skipped = int(options.get("skip_rows", int(options.get("header_row", 1)) - 1))
    while skipped < min(len(lines) - 1, 50) and not lines[skipped].strip():
        skipped += 1
    told = (
        re.fullmatch(r"\ufeff?sep=(.)\s*", lines[skipped]) if skipped < len(lines) else None
    )  # a spreadsheet's own hint
    if told:
        skipped += 1
        options = {"delimiter": told.group(1), **options}
    if skipped:
        text = text.split("\n", skipped)[-1]
    return parse_text_table(text, options, where=path, first_line=skipped + 1, encoding=encoding)


def parse_text_table(
    text: str, options: Mapping[str, Any], *, where: object, first_line: int = 1, encoding: str = "utf-8"
) -> pd.DataFrame:
    """Delimited text -> frame; see ``read_text_table``."""
    delimiter = options.get("delimiter") or _delimiter(text[:_HEAD])
    plain = options.get("quoting") == "none"
    text, foot = _without_foot(text, delimiter)
    # Without a quote a line is a row, and Arrow refuses one of another length; with one, Python's reader looks at each first.
    frame = None if "\0" in text or (not plain and '"' in text) else _by_arrow(text, delimiter, plain)
    if frame is None:
        quoting: Any = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
        rows = _refuse_ragged(text, delimiter, quoting, where, first_line)
        frame = _by_pandas(text, delimiter, plain, where)
        if len(frame) < rows:
            raise SourceError(
                f"{len(frame)} of {rows} rows could be read", file=where, do="save the file as UTF-8 text again"
            )
    frame.columns = [str(c).strip().strip('"') for c in frame.columns]
    refuse_title(frame, where, first_line, "skip_rows: {0}", 1)
    frame, _ = joined_header(frame)
    if foot:
        remark(frame, "", foot[0][:200], FOOT.format(lines=len(foot)))
    if plain:
        for column in frame.columns:
            frame[column] = _unquoted(frame[column])
    frame.attrs["delimiter"] = delimiter
    frame.attrs["encoding"] = encoding
    return frame


def _by_arrow(text: str, delimiter: str, plain: bool) -> pd.DataFrame | None:
    """A table without quotes by Arrow, which reads text three times as fast; None where it cannot, or finds another header."""
    header = next((line for line in io.StringIO(text) if line.strip("\n")), "").rstrip("\n").split(delimiter)
    numbered = {f"f{i}": pa.string() for i in range(len(header))}
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text.encode("utf-8")),
            read_options=pa_csv.ReadOptions(autogenerate_column_names=True, block_size=1 << 24),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=numbered,
                null_values=[*MISSING, '""'] if plain else MISSING,
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError, TypeError, ValueError):
        return None
    first = [c[0].as_py() for c in table.columns] if table.num_rows else []
    if [f or "" for f in first] != ["" if h in MISSING else h for h in header]:
        return None
    frame: pd.DataFrame = table.slice(1).to_pandas(types_mapper={pa.string(): pd.StringDtype(na_value=np.nan)}.get)
    return frame.set_axis(unique_names(header), axis=1)


def _by_pandas(text: str, delimiter: str, plain: bool, where: object) -> pd.DataFrame:
    quoting: Any = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    try:
        frame: pd.DataFrame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            quoting=quoting,
            keep_default_na=False,
            na_values=[*MISSING, '""'] if plain else MISSING,
            dtype="str",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise SourceError(
            f"not a readable table: {error}", file=where, do="open it in a spreadsheet and check"
        ) from error
    return frame


def _decode(path: Path, encoding: str | None) -> tuple[str, str]:
    raw = path.read_bytes()
    wide = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ()  # what a spreadsheet calls Unicode text
    for candidate in (encoding,) if encoding else (*wide, "utf-8-sig", "cp1252"):
        try:
            return raw.decode(candidate).replace("\r\n", "\n").replace("\r", "\n"), candidate
        except (UnicodeDecodeError, LookupError):
            continue
    raise SourceError("the text encoding cannot be read", file=path, do="save the file as UTF-8, or name its encoding")


def _delimiter(head: str) -> str:
    """The mark that the header has as often as the rows below it; of several the most frequent of the header.

    ``MA200|Cu|PPM`` in a file of commas has more bars than commas, and no row has any.
    """
    lines = [re.sub(r'"[^"]*"', "", line) for line in head.split("\n")[:_LINES] if line.strip()]
    header, *below = lines or [""]
    counts = {d: header.count(d) for d in (",", "\t", ";", "|")}
    below = below[:-1] or below  # the last may be cut short
    agree = {d: sum(line.count(d) == n for line in below) if n else -1 for d, n in counts.items()}
    best = max(counts, key=lambda d: (agree[d] * 2 > len(below), counts[d]) if counts[d] else (False, 0))
    return best if counts[best] else ","


_MOST_TITLES = 20
_NOTE = re.compile(
    r"\W*(?:notes?|remarks?|methods?|analy[sz]ed|analysis|checked|verified|prepared|signed|signature|approved|certified|source|date|"
    r"place|legend|abbreviations?|bdl|nd|n\.?d\.?|disclaimer|end of)\b|[^,;|\t]{0,40}:\s",
    re.IGNORECASE,
)
FOOT = "{lines} lines of text under the table are no rows of it, and are left out"


def _without_foot(text: str, delimiter: str) -> tuple[str, list[str]]:
    """The text without what stands under its table (how the laboratory worked, who signed), and these lines.

    They are the last lines, of another number of fields than the header and without a number in any of their cells; they stand
    below a blank line, or each begins as a note does. A row that was cut, or lost a field, is none of them.
    """
    lines = text.rstrip("\n").split("\n")
    if len(lines) < 3 or text.count('"') % 2:
        return text, []
    fields = len(next(csv.reader([lines[0]], delimiter=delimiter), []))
    last = len(lines)
    while fields > 1 and last > 2 and len(lines) - last < _MOST_TITLES and _is_foot(lines[last - 1], delimiter, fields):
        last -= 1
    foot = [line for line in lines[last:] if line.strip()]
    if not foot or (lines[last].strip() and not all(map(_NOTE.match, foot))):
        return text, []
    return "\n".join(lines[:last]) + "\n", foot


def _is_foot(line: str, delimiter: str, fields: int) -> bool:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), []) if line.strip() else []
    except csv.Error:  # the reader of the table says what is wrong
        return False
    return len(cells) != fields and not any(NUMBER.fullmatch(c.strip()) for c in cells)


def _refuse_ragged(text: str, delimiter: str, quoting: Any, where: object, first_line: int) -> int:
    """The number of rows below the header, each of which has as many fields as the header."""
    csv.field_size_limit(10_000_000)
    if "\0" in text:  # the reader stops there and drops what follows
        raise SourceError(
            "a NUL character in a text table", file=where, row=text[: text.index("\0")].count("\n") + first_line,
            do="save the file as UTF-8 text again",
        )  # fmt: skip
    rows, before, bad = 0, 1, []
    lengths: Counter[int] = Counter()
    first_of: dict[int, tuple[int, list[str]]] = {}
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting)
        header = next(reader, None)
        if not header:
            raise SourceError("the table has no header row", file=where, do="check the file")
        before = reader.line_num
        for row in reader:
            if row:
                lengths[len(row)] += 1
                first_of.setdefault(len(row), (reader.line_num + first_line - 1, row))
            if row and len(row) != len(header):
                bad.append((reader.line_num + first_line - 1, len(row)))
            if reader.line_num > before + 1 and len(header) > 2:
                _refuse_swallowed(row, delimiter, len(header), where, before + first_line)
            before = reader.line_num
            rows += any(row)
    except csv.Error as error:
        raise SourceError(f"not a readable table: {error}", file=where, do="check the file") from error
    if bad:
        line, count = bad[0]
        usual = lengths.most_common(1)[0][0]
        at, names = first_of[usual]
        if usual > len(header) and at - first_line < _MOST_TITLES and looks_like_header(names):
            raise SourceError(
                f"row {first_line} has {len(header)} fields and most rows have {usual}: a title; row {at} looks like the header",
                file=where,
                row=first_line,
                do=f"set `header_row: {at}` in the card's options (validate: --header-row {at})",
            )
        raise SourceError(
            f"{len(bad)} rows have another number of fields than the header ({count}, the header has {len(header)})",
            file=where,
            row=line,
            do=f"set `skip_rows` to the number of lines above the header (this begins at line {first_line})"
            if len(bad) == rows and len(header) < count
            else "correct these rows, or set `quoting: none` where a quote inside a text is not escaped",
        )
    return rows


def _refuse_swallowed(row: list[str], delimiter: str, fields: int, where: object, line: int) -> None:
    """A quote that is closed rows later makes one text of them: no text of several lines has that many delimiters."""
    if any("\n" in cell and cell.count(delimiter) >= fields - 1 for cell in row):
        raise SourceError(
            "a quote opens here and closes rows later, so that whole rows become one text",
            file=where,
            row=line,
            do="close or escape the quote, or set `quoting: none`",
        )


def _unquoted(values: pd.Series) -> pd.Series:
    inner = values.str.replace(r'^"(.*)"$', r"\1", regex=True)
    return inner.mask(inner == "")


def coordinate_columns(columns: list[str], options: Mapping[str, Any], where: object) -> tuple[str, str] | None:
    """The (x, y) columns: as the options name them, else by their usual names in any case; None where there are none.

    Where a card names ``lon`` and ``lat`` and the file says ``Longitude`` and ``Latitude``, the usual names are taken; not
    so in a CRS of metres, where degrees of the same file would be read as metres.

    Raises
    ------
    ContractError : the options name columns that are not there, and there are none of a usual name.
    """
    x, y = options.get("x"), options.get("y")
    usual = coordinate_pair(columns)
    lacking = [str(name) for name in (x, y) if name not in columns] if x or y else []
    if (not x and not y) or (lacking and usual is not None and _is_degrees(options.get("crs"))):
        return usual
    if lacking and columns:
        raise ContractError(
            f"no coordinate column {lacking[0]!r}",
            file=where,
            field=lacking[0],
            do=f"name two of {', '.join(columns)}",
        )
    return None if lacking else (str(x), str(y))


def _is_degrees(crs: object) -> bool:
    """Whether a CRS that the options name has degrees; none named means degrees."""
    if not crs:
        return True
    try:
        return bool(pyproj.CRS.from_user_input(crs).is_geographic)
    except pyproj.exceptions.CRSError:
        return False


def with_points(frame: pd.DataFrame, options: Mapping[str, Any], where: object) -> pd.DataFrame:
    """Points from the coordinate columns, which stay; a row without two numbers has no geometry and is kept.

    A column of WKT (or of the hexadecimal WKB of a database) gives the geometry where there is one. A table without either is
    returned as it is.
    """
    drawn: pd.DataFrame | None = None if options.get("geometry") == "none" else _drawn(frame, options, where)
    if drawn is not None:
        return drawn
    if not options.get("x") and not options.get("y"):
        frame = joined_degrees(frame)
    names = None if options.get("geometry") == "none" else coordinate_columns(list(frame.columns), options, where)
    if names is None:
        return frame
    east, north = (plain_metres(frame[n]).to_numpy(dtype="float64", na_value=np.nan) for n in names)
    known = np.isfinite(east) & np.isfinite(north)
    points = np.full(len(frame), None, dtype=object)
    points[known] = gpd.points_from_xy(east[known], north[known])
    out: pd.DataFrame = gpd.GeoDataFrame(
        frame, geometry=gpd.GeoSeries(points, index=frame.index, crs=options.get("crs") or "EPSG:4326")
    )
    out.attrs = dict(frame.attrs)
    if options.get("x") or options.get("y"):
        used(out, *names)
    return out


def _drawn(frame: pd.DataFrame, options: Mapping[str, Any], where: object) -> gpd.GeoDataFrame | None:
    """The frame with the geometry of its column of WKT or WKB, where it has one; what cannot be read has none."""
    for name in (c for c in frame.columns if plain_name(c) in _WKT_COLUMNS and frame[c].notna().any()):
        texts = frame[name].astype("str").str.strip()
        srid = texts.str.extract(r"^SRID\s*=\s*(\d+)\s*;", flags=re.IGNORECASE, expand=False)
        bare = texts.str.replace(r"^SRID\s*=\s*\d+\s*;\s*", "", regex=True, flags=re.IGNORECASE)
        shown = bare.dropna()
        if shown.str.match(_WKT_START).sum() * 2 > len(shown):
            shapes = shapely.from_wkt(bare.where(bare.notna(), None).to_numpy(dtype=object), on_invalid="ignore")
        elif shown.str.match(r"^(?:00|01)[0-9A-Fa-f]{16,}$").sum() * 2 > len(shown):
            raw = [
                bytes.fromhex(t) if isinstance(t, str) and re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", t) else None
                for t in bare
            ]
            shapes = shapely.from_wkb(np.array(raw, dtype=object), on_invalid="ignore")
            found = shapely.get_srid(shapes[~shapely.is_missing(shapes)])
            srid = pd.Series([str(i) for i in found if i > 0], dtype="str")
        else:
            continue
        codes = sorted(set(srid.dropna()))
        if len(codes) > 1:
            raise CrsError(
                f"geometries of several CRS ({', '.join(codes)})",
                file=where,
                field=str(name),
                do="export them in one CRS",
            )
        crs = options.get("crs") or (f"EPSG:{codes[0]}" if codes else "EPSG:4326")
        shapes = shapely.set_srid(shapes, 0)
        rest = frame.drop(columns=[name])
        try:
            out = gpd.GeoDataFrame(rest, geometry=gpd.GeoSeries(shapes, index=frame.index, crs=crs))
        except pyproj.exceptions.CRSError as error:
            raise CrsError(
                f"no such CRS: {crs}", file=where, field=str(name), do="name the right one as crs"
            ) from error
        out.attrs = dict(frame.attrs)
        return out
    return None


def looks_like_html(text: str) -> bool:
    """True for a web page where data was asked for."""
    return bool(re.match(r"\s*(<!doctype\s+html|<html|<head|<body|<script)", text[:2000].lstrip("\ufeff"), re.I))
