"""ASEG-GDF2 (airborne surveys): a definition file (.dfn) beside a file of fixed-width records (.dat) -> a frame of text.

Format: Australian Society of Exploration Geophysicists, "ASEG-GDF2: a standard for point located data exchange" (2003): Fortran
formats (``I10``, ``F12.3``, ``3F8.2``, ``A16``), NULL per field, comment records that begin with COMM.

Belongs here: columns by their widths. Does not belong here: what a column means, or its CRS (the card's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from data_sources.connectors.safety import local_file
from data_sources.connectors.text_header import unique_names
from khanij.foundation.cells import number_or_missing
from khanij.foundation.errors import MissingSourceError, SourceError

SUFFIXES = (".dfn", ".dat")
_DEFN = re.compile(r"^\s*DEFN\s*\d*\s*(?:ST\s*=\s*(\w*))?\s*,?\s*(?:RT\s*=\s*(\w*))?\s*;?(.*)$", re.IGNORECASE)
_FORMAT = re.compile(r"^(\d*)([AIFEDG])(\d+)(?:\.\d+)?$", re.IGNORECASE)
_FIELD = re.compile(r"^\s*([^:]+?)\s*:\s*([^:]+?)\s*(?::(.*))?$", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """One fixed-width column: its name, width in characters, and the text or number that means nothing."""

    name: str
    width: int
    null: str = ""


def read_fixed_width(path: Path) -> pd.DataFrame:
    """The records of a pair of files as text, columns as the definition names them; NULL is missing.

    Raises
    ------
    MissingSourceError : the other file of the pair is not there. SourceError : a definition or a record that cannot be read.
    """
    definition, data = (_beside(path, suffix) for suffix in SUFFIXES)
    columns = _columns(definition)
    edges = [0]
    for column in columns:
        edges.append(edges[-1] + column.width)
    rows = []
    for number, line in enumerate(_lines(data), start=1):
        if not line.strip() or line[:4].upper() == "COMM":
            continue
        if len(line.rstrip()) > edges[-1] or len(line.rstrip()) <= edges[-2]:
            raise SourceError(
                f"a record of {len(line.rstrip())} characters where the definition has {edges[-1]}",
                file=data, row=number, do="take the .dfn and the .dat of one delivery",
            )  # fmt: skip
        rows.append([line[a:b].strip() for a, b in pairwise(edges)])
    names = unique_names([c.name for c in columns])
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    for name, column in zip(names, columns):
        frame[name] = frame[name].mask(_is_null(frame[name], column.null))
    return frame


def _is_null(values: pd.Series, null: str) -> pd.Series:
    nothing = (values == "") | (values == null)
    if not null or number_or_missing(null) != number_or_missing(null):
        return nothing
    return nothing | (pd.to_numeric(values, errors="coerce") == float(null))


def _beside(path: Path, suffix: str) -> Path:
    """The file of the pair that has this suffix, in any case."""
    found = [
        p for p in sorted(path.parent.glob("*")) if p.stem.lower() == path.stem.lower() and p.suffix.lower() == suffix
    ]
    if path.suffix.lower() == suffix:
        found = [path]
    if not found:
        raise MissingSourceError(
            f"the {suffix} beside an ASEG-GDF2 file is missing", file=path, do=f"lay {path.stem}{suffix} beside it"
        )
    return local_file(found[0], suffixes=SUFFIXES)


def _lines(path: Path) -> Iterator[str]:
    text = path.read_bytes()
    if b"\0" in text[:65_536]:
        raise SourceError("a NUL character in a text file", file=path, do="export it as ASEG-GDF2 again")
    return iter(text.decode("utf-8", "replace").splitlines())


def _columns(path: Path) -> list[Column]:
    """The columns of the data records, in order; other record types (comments, projections) are left aside."""
    out: list[Column] = []
    for number, line in enumerate(_lines(path), start=1):
        found = _DEFN.match(line)
        if found is None or (found.group(2) or "").strip():
            continue
        for part in found.group(3).split(";"):
            if part.strip() and not re.match(r"^\s*END\s+DEFN", part, re.IGNORECASE):
                out += _column(part, path, number)
    if not out:
        raise SourceError("the definition names no column", file=path, do="take the .dfn of an ASEG-GDF2 delivery")
    return out


def _column(text: str, path: Path, number: int) -> list[Column]:
    field = _FIELD.match(text)
    form = _FORMAT.match(field.group(2)) if field else None
    if field is None or form is None or not 0 < int(form.group(3)) <= 2_000 or int(form.group(1) or 1) > 5_000:
        raise SourceError(f"no column definition: {text.strip()[:60]}", file=path, row=number, do="correct the .dfn")
    about = field.group(3) or ""
    null = re.search(r"NULL\s*=\s*([^,;]+)", about, re.IGNORECASE)
    unit = re.search(r"UNITS?\s*=\s*([^,;:]+)", about, re.IGNORECASE)
    name = field.group(1).strip()
    if unit and unit.group(1).strip().lower() in ("ppm", "ppb", "%", "pct"):
        name = f"{name} ({unit.group(1).strip()})"
    times = int(form.group(1) or 1)
    names = [name] if times == 1 else [f"{name}_{i + 1}" for i in range(times)]
    return [Column(n, int(form.group(3)), null.group(1).strip() if null else "") for n in names]
