"""One sheet of a workbook -> a frame of text: which sheet, which header row, rows below it.

Belongs here: names of sheets and columns. Does not belong here: the libraries (``grids``) or number formats (``cell_text``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from data_sources.connectors.safety import check_office_zip
from data_sources.connectors.spreadsheets.grids import HIDDEN, Cells, Grid, Workbook, opened
from data_sources.connectors.text_header import MISSING, joined_header, refuse_title, unique_names
from data_sources.contracts.shapes.remarks import remark
from khanij.foundation.errors import KhanijError, MissingSourceError, SourceError

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_ZIPPED = (".xlsx", ".xlsm", ".xlsb", ".ods")


def read_spreadsheet(path: Path, options: Mapping[str, Any], layer: str | None) -> pd.DataFrame:
    """One sheet as text, each cell as it is shown; named by ``layer`` or ``options['sheet']``, also where that is a number.

    ``options['header_row']`` counts from 1. ``attrs['cell_marks']`` is column -> reason -> numbers of its rows, from 1;
    ``attrs['number_formats']`` is False where no library gives them.

    Raises
    ------
    MissingSourceError : several sheets hold tables and none is named, or none of that name. SourceError : unreadable.
    """
    if path.suffix.lower() in _ZIPPED:
        check_office_zip(path)
    named = options.get("sheet") or layer
    sheet = None if named is None or named == "" else str(named)
    header = int(options.get("header_row", 1))
    try:
        with opened(path) as book:
            sheet = _one_sheet(book, path) if sheet is None else _named_sheet(book, sheet, path)
            grid = book.grid(sheet)
    except KhanijError:
        raise
    except Exception as error:  # four libraries, each with errors of its own
        raise SourceError(
            f"the spreadsheet cannot be read: {error or type(error).__name__}",
            file=path,
            layer=sheet or "",
            do="open it in a spreadsheet program and save it as .xlsx",
        ) from error
    return _frame(grid, header, path, sheet)


def table_sheets(path: Path) -> list[str]:
    """Names of the sheets that hold a table, or of all where none does.

    Raises
    ------
    SourceError : the workbook cannot be opened.
    """
    try:
        with opened(path) as book:
            names = book.sheets
            return [s for s in names if _is_table(book.grid(s, 50).cells)] or names
    except KhanijError:
        raise
    except Exception as error:
        raise SourceError(f"the spreadsheet cannot be read: {error}", file=path, do="save it again as .xlsx") from error


def _frame(grid: Grid, header: int, path: Path, sheet: str) -> pd.DataFrame:
    if header < 1 or len(grid.cells) < header:
        raise SourceError(
            f"the sheet has {len(grid.cells)} rows", file=path, layer=sheet, row=header, do="correct header_row"
        )
    width = max((len(row) for row in grid.cells[header - 1 :]), default=0)
    rows = [row + [None] * (width - len(row)) for row in grid.cells[header - 1 :]]
    filled = [any(cell not in (None, "") for cell in row) for row in rows]
    used = [j for j in range(width) if any(row[j] not in (None, "") for row in rows)]
    body = [[row[j] for j in used] for row, full in zip(rows[1:], filled[1:], strict=True) if full]
    frame = pd.DataFrame(body, columns=unique_names([rows[0][j] for j in used]), dtype="str")
    frame = frame.mask(frame.isin(MISSING))
    below = [[row[j] for j in used] for row in rows[1:11]]  # blank rows too: the row that is named is the sheet's
    refuse_title(pd.DataFrame(below, columns=frame.columns, dtype="str"), path, header, "header_row: {0}", 0)
    frame, joined = joined_header(frame)
    number: dict[int, int] = {}
    for i, full in enumerate(filled[1:]):
        if full:
            number[header + i] = len(number) + 1 - joined
    marks: dict[str, dict[str, list[int]]] = {}
    for reason, places in grid.marks.items():
        for i, j in places:
            if number.get(i, 0) > 0 and j in used:
                name = str(frame.columns[used.index(j)])
                marks.setdefault(name, {}).setdefault(reason, []).append(number[i])
    frame.attrs |= {"cell_marks": marks, "number_formats": grid.formats}
    if grid.hidden:
        remark(frame, "", "", HIDDEN)
    return frame


def _named_sheet(book: Workbook, sheet: str, path: Path) -> str:
    """The sheet of this name, in any case; a number is a name, never a place."""
    found = [s for s in book.sheets if s.strip().lower() == sheet.strip().lower()]
    if not found:
        raise MissingSourceError(
            "no such sheet",
            file=path,
            layer=sheet,
            do=f"name one of {', '.join(book.sheets)} as sheet (validate: --sheet NAME)",
        )
    return found[0]


def _one_sheet(book: Workbook, path: Path) -> str:
    """The only sheet with a table (two columns and two rows at least), or the only sheet.

    Raises
    ------
    MissingSourceError : several sheets hold tables and none is named, or there is no sheet at all.
    """
    names = book.sheets
    if not names:
        raise MissingSourceError("the workbook has no sheet with cells", file=path, do="save it again as .xlsx")
    tables = [s for s in names if _is_table(book.grid(s, 50).cells)] if len(names) > 1 else names
    if len(tables) > 1:
        raise MissingSourceError(
            f"{len(tables)} sheets hold tables, none is named",
            file=path,
            do=f"name one of {', '.join(tables)} as sheet (validate: --sheet NAME)",
        )
    return (tables or names)[0]


def _is_table(cells: Cells) -> bool:
    return sum(sum(cell is not None for cell in row) > 1 for row in cells) > 1
