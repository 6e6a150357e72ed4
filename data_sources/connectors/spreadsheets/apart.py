"""A workbook read by python-calamine in a process of its own, which ends when it takes too long.

Of a damaged .ods python-calamine 0.9 never comes back, and holds the interpreter meanwhile: no signal reaches it there. Run as a
program (path, sheet, rows) this module prints the names of the sheets and the cells as JSON.

Belongs here: the library's call and its time limit. Does not belong here: what a cell shows (``cell_text``).
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS, SECONDS_PER_MB = 12.0, 3.0


class UnreadableError(Exception):
    """What the library said of a workbook, or that it took too long."""


def read_apart(path: Path, sheet: str = "", rows: int | None = None) -> dict[str, Any]:
    """``sheets`` (names) and, of the one that is named or the only one, ``cells``: texts, numbers, truths, and [ISO date] for a date.

    Raises
    ------
    UnreadableError : the library refuses the workbook, dies over it, or does not end.
    """
    limit_s = SECONDS + SECONDS_PER_MB * path.stat().st_size / 1e6
    command = [sys.executable, str(Path(__file__)), str(path.resolve()), sheet, "" if rows is None else str(rows)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(f"not read within {limit_s:.0f} s: damaged") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UnreadableError(last[-1][:300] if last else f"the reader ended with status {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return [value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")]
    if isinstance(value, dt.date | dt.time):
        return [value.isoformat()]
    return value if isinstance(value, str | int | float | bool) else str(value)


def _main(path: str, sheet: str, rows: str) -> None:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(path)
    kind = python_calamine.SheetTypeEnum.WorkSheet
    out: dict[str, Any] = {"sheets": [s.name for s in book.sheets_metadata if s.typ == kind]}
    if sheet or len(out["sheets"]) == 1:
        page = book.get_sheet_by_name(sheet or out["sheets"][0])
        cells = page.to_python(skip_empty_area=False, nrows=int(rows) if rows else None)
        out["cells"] = [[_plain(value) for value in row] for row in cells]
    sys.stdout.write(json.dumps(out))


if __name__ == "__main__":
    _main(*sys.argv[1:4])
