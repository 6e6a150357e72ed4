"""Cells of one sheet as read by one of the libraries: texts, and what must be said of some of them.

No library reads all: openpyxl gives formats and formulas of .xlsx and sees no sheet in a strict one, xlrd gives the formats of
.xls, python-calamine opens both and .xlsb and .ods, without formats or formulas. A strict .xlsx is the same file in other
namespaces: it is read by openpyxl from a copy in the usual ones.

Belongs here: opening a workbook. Does not belong here: which row is the header (``books``).
"""

from __future__ import annotations

import io
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlrd

from data_sources.connectors.spreadsheets.apart import read_apart
from data_sources.connectors.spreadsheets.cell_text import (
    DATE,
    SCALED,
    cell_text,
    is_date,
    scaled_by_thousands,
)

MERGED = (
    "merged with the cell above, which holds a number: whether it counts for this row is not certain, read as missing"
)
HIDDEN = "hidden rows or columns of the sheet are read like the others"
NO_VALUE = "a formula that was never calculated"
Cells = list[list[str | None]]
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_TO_USUAL = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships/metadata/core-properties",
        b"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
)
_HAS_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_IS_HIDDEN = re.compile(rb"<(?:\w+:)?(?:row|col)\s[^>]*\bhidden=\"(?:1|true)\"")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*ref=\"([A-Z]+\d+:[A-Z]+\d+)\"")


@dataclass
class Grid:
    """One sheet: ``cells`` row by row as shown, ``marks`` reason -> (row, column) from 0, whether formats were read, some is hidden."""

    cells: Cells
    marks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    formats: bool = True
    hidden: bool = False

    def mark(self, reason: str, row: int, column: int) -> None:
        """Something must be said of this cell."""
        self.marks.setdefault(reason, []).append((row, column))


class Workbook(ABC):
    """One open workbook: ``sheets`` in order, and ``grid`` of one of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    @abstractmethod
    def sheets(self) -> list[str]:
        """Names of the sheets that hold cells."""

    @abstractmethod
    def grid(self, sheet: str, rows: int | None = None) -> Grid:
        """The cells of a sheet; only the first ``rows`` where that is given."""


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """The workbook, by the library that gives most of it."""
    suffix = path.suffix.lower()
    if suffix == ".xls":
        try:
            yield _Xls(path)
        except (xlrd.XLRDError, xlrd.compdoc.CompDocError):
            yield _Calamine(path)
        return
    if suffix not in (".xlsx", ".xlsm"):
        yield _Calamine(path)
        return
    with TemporaryDirectory(prefix="khanij-book-") as folder:
        usual = _in_usual_namespaces(path, Path(folder)) if _is_strict(path) else path
        book = _Xlsx(usual)
        try:
            yield book if book.sheets else _Calamine(path)
        finally:
            book.close()


def _is_strict(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if re.fullmatch(r"(_rels/\.rels|xl/workbook\.xml)", n)]
        return any(_STRICT in archive.read(n)[:20_000] for n in names)


def _in_usual_namespaces(path: Path, folder: Path) -> Path:
    """A copy of a strict workbook in the namespaces that every reader knows."""
    out = folder / "usual.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            body = source.read(member)
            if member.filename.endswith((".xml", ".rels")):
                for strict, usual in _STRICT_TO_USUAL:
                    body = body.replace(strict, usual)
                body = body.replace(b' conformance="strict"', b"")
            target.writestr(member.filename, body)
    return out


class _Xlsx(Workbook):
    """Transitional Open XML: values, number formats, formulas without a value, cells merged downwards."""

    def __init__(self, path: Path) -> None:
        import openpyxl

        super().__init__(path)
        self._book = openpyxl.load_workbook(path, read_only=True, data_only=True)

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    @property
    def sheets(self) -> list[str]:
        return [s.title for s in self._book.worksheets]

    def grid(self, sheet: str, rows: int | None = None) -> Grid:
        page = self._book[sheet]
        page.reset_dimensions()  # what the file says of its size is not to be believed
        grid = Grid([])
        for i, row in enumerate(page.iter_rows(max_row=rows)):
            texts: list[str | None] = []
            for j, cell in enumerate(row):
                value = cell.value
                if value is None or isinstance(value, str):
                    texts.append(value)
                    continue
                code = cell.number_format
                texts.append(cell_text(value, code))
                if is_date(value):
                    grid.mark(DATE, i, j)
                elif scaled_by_thousands(code):
                    grid.mark(SCALED, i, j)
            grid.cells.append(texts)
        if rows is None:
            body = self._xml(page)
            if _HAS_FORMULA.search(body):
                self._formulas(sheet, grid)
            grid.hidden = _IS_HIDDEN.search(body) is not None
            _fill_down(grid, [m.decode() for m in _MERGED.findall(body)])
        return grid

    def _xml(self, page: Any) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(str(page._worksheet_path).lstrip("/"))

    def _formulas(self, sheet: str, grid: Grid) -> None:
        """A formula without a value stands as its own text; so does each 0, where no formula of the sheet has another value.

        A program that writes a workbook calculates nothing: it leaves the value out, or writes 0.
        """
        import openpyxl

        found: list[tuple[int, int, str]] = []
        book = openpyxl.load_workbook(self.path, read_only=True, data_only=False)
        try:
            page = book[sheet]
            page.reset_dimensions()
            for i, row in enumerate(page.iter_rows()):
                for j, cell in enumerate(row):
                    if cell.data_type == "f":
                        text = cell.value if isinstance(cell.value, str) else getattr(cell.value, "text", "") or "="
                        found.append((i, j, text))
        finally:
            book.close()
        values = [grid.cells[i][j] for i, j, _ in found]
        never = all(v in (None, "", "0") for v in values)
        for (i, j, text), value in zip(found, values, strict=True):
            if value in (None, "") or (value == "0" and never):
                grid.cells[i][j] = f"={text.lstrip('=')}"
                grid.mark(NO_VALUE, i, j)


def _fill_down(grid: Grid, merged: list[str]) -> None:
    """A text in cells that are merged downwards stands for each of their rows; a number does not."""
    for area in merged:
        (left, top), (right, bottom) = (_place(corner) for corner in area.split(":"))
        if left != right or bottom == top or bottom >= len(grid.cells):
            continue
        cell = grid.cells[top][left] if left < len(grid.cells[top]) else None
        if cell is None:
            continue
        if re.fullmatch(r"[<>]?\s*[-+]?[\d.,]+\s*%?", cell):
            for row in range(top + 1, bottom + 1):
                grid.mark(MERGED, row, left)
            continue
        for row in range(top + 1, bottom + 1):
            while len(grid.cells[row]) <= left:
                grid.cells[row].append(None)
            grid.cells[row][left] = cell


def _place(corner: str) -> tuple[int, int]:
    letters, number = re.fullmatch(r"([A-Z]+)(\d+)", corner).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(number) - 1


class _Xls(Workbook):
    """Excel 97 to 2003, with its number formats."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._book = xlrd.open_workbook(
                path, formatting_info=True, logfile=io.StringIO()
            )  # it talks to stdout else
        except xlrd.XLRDError:
            raise
        except Exception as error:  # xlrd meets damaged bytes with whatever Python raises
            raise xlrd.XLRDError(str(error)) from error

    @property
    def sheets(self) -> list[str]:
        return [s.name for s in self._book.sheets() if s.visibility == 0 or s.nrows]

    def grid(self, sheet: str, rows: int | None = None) -> Grid:
        page = self._book.sheet_by_name(sheet)
        grid = Grid([])
        for i in range(page.nrows if rows is None else min(rows, page.nrows)):
            texts: list[str | None] = []
            for j in range(page.row_len(i)):
                cell = page.cell(i, j)
                texts.append(self._text(cell, self._format(cell), grid, i, j))
            grid.cells.append(texts)
        merged = [m for m in page.merged_cells if m[3] - m[2] == 1 and m[1] - m[0] > 1]
        if rows is None:
            for top, bottom, left, _ in merged:
                for row in range(top + 1, min(bottom, len(grid.cells))):
                    if left < len(grid.cells[row]) and page.cell(top, left).ctype == xlrd.XL_CELL_TEXT:
                        grid.cells[row][left] = grid.cells[top][left]
        return grid

    def _format(self, cell: Any) -> str:
        if cell.ctype != xlrd.XL_CELL_NUMBER:
            return "General"
        return str(self._book.format_map[self._book.xf_list[cell.xf_index].format_key].format_str)

    def _text(self, cell: Any, code: str, grid: Grid, row: int, column: int) -> str | None:
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return cell_text(bool(cell.value))
        if cell.ctype == xlrd.XL_CELL_DATE:
            grid.mark(DATE, row, column)
            try:
                return cell_text(xlrd.xldate_as_datetime(cell.value, self._book.datemode))
            except (xlrd.xldate.XLDateError, OverflowError, ValueError):
                return cell_text(cell.value)
        if cell.ctype == xlrd.XL_CELL_NUMBER:
            if scaled_by_thousands(code):
                grid.mark(SCALED, row, column)
            return cell_text(cell.value, code)
        return str(cell.value)


class _Calamine(Workbook):
    """What python-calamine opens: values alone, so that a per-cent cell cannot be told from a fraction."""

    @cached_property
    def _found(self) -> dict[str, Any]:
        return read_apart(self.path)

    @property
    def sheets(self) -> list[str]:
        return [str(name) for name in self._found["sheets"]]

    def grid(self, sheet: str, rows: int | None = None) -> Grid:
        grid = Grid([], formats=False)
        cells = self._found.get("cells") or read_apart(self.path, sheet, rows)["cells"]
        for i, row in enumerate(cells):
            grid.cells.append([None if v == "" else v[0] if isinstance(v, list) else cell_text(v) for v in row])
            for j in (j for j, v in enumerate(row) if isinstance(v, list)):
                grid.mark(DATE, i, j)
        return grid
