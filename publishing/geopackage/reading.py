"""Reading a published GeoPackage back: rows as plain values, tables as frames, layers as GeoDataFrames.

Belongs here: read-only access by the published names. Does not belong here: how a reading is laid out, nor pandas at the
top: whoever asks for rows (``read_rows``) does not wait for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from data_sources.contracts import Contract, Field, MissingSourceError
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SAMPLE_MARK = "SAMPLE - NOT REAL"
_ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of a GeoPackage geometry's envelope, by the kind that its flags name."""
_PLAIN = {"string": str, "float": float, "integer": int, "boolean": bool}
_COPIES: ContextVar[Mapping[Path, Path]] = ContextVar("copies", default={})  # noqa: B039 - never changed in place

_KEPT_TABLES, _KEPT_ROWS = 32, 5000
_TABLES: dict[tuple[str, str, tuple[int, ...]], pd.DataFrame] = {}
"""Tables that were read, while their files stay as they are: a page and its briefs ask for the same ones again and again."""


@contextmanager
def reading_copies(copies: Mapping[Path, Path]) -> Iterator[None]:
    """Read these files (published path -> copy) from their copies until the end of the ``with``; errors name the path."""
    token = _COPIES.set({**_COPIES.get(), **{path.absolute(): copy for path, copy in copies.items()}})
    try:
        yield
    finally:
        _COPIES.reset(token)


def where_read(path: Path | str) -> Path:
    """Where a published file is read: its copy inside ``reading_copies``, else itself."""
    return _COPIES.get().get(Path(path).absolute(), Path(path))


@contextmanager
def opened(path: Path | str) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a published GeoPackage, its file untouched."""
    path, read = Path(path), where_read(path)
    if not read.is_file():
        raise MissingSourceError("no GeoPackage here", file=path, do="run `khanij run` first, or name another folder")
    connection = sqlite3.connect(f"{read.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        raise MissingSourceError(f"not a readable GeoPackage: {error}", file=path) from error
    finally:
        connection.close()


def table_names(path: Path | str) -> list[str]:
    """Names of the published layers and tables that the file holds, in the contracts' order."""
    with opened(path) as connection:
        present = {r[0] for r in connection.execute("SELECT table_name FROM gpkg_contents")}
    return [name for name in OUTPUT_CONTRACTS if name in present]


def read_table(path: Path | str, name: str) -> pd.DataFrame:
    """One layer's or table's columns without geometry, typed as its contract says; empty if the file lacks it."""
    read = where_read(path)
    key = (name, str(read), _state(read))
    table = _TABLES.get(key)
    if table is None:
        contract = OUTPUT_CONTRACTS[name]
        wanted, rows = _selected(path, contract)
        table = _typed([tuple(r) for r in rows], wanted, contract.fields)
        if len(_TABLES) >= _KEPT_TABLES:
            _TABLES.clear()
        if len(table) <= _KEPT_ROWS:
            _TABLES[key] = table
    return table.copy(deep=False)  # what a reader writes to, pandas copies first


def _state(path: Path) -> tuple[int, ...]:
    """What changes with every writing to a file; nothing of one that is not there."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def frame_of(rows: Iterable[SimpleNamespace], fields: Sequence[Field]) -> pd.DataFrame:
    """Rows as a table with a column a field, typed as ``read_table`` types it."""
    names = [f.name for f in fields]
    return _typed([tuple(getattr(row, name) for name in names) for row in rows], names, fields)


def _typed(rows: list[tuple[Any, ...]], columns: list[str], fields: Sequence[Field]) -> pd.DataFrame:
    import pandas as pd

    # Column by column, then one table of them: a wide table to which columns are assigned is copied with each.
    found = dict(zip(columns, zip(*rows)))
    kinds = {"string": "str", "float": "float64", "integer": "Int64", "boolean": "boolean"}
    typed: dict[str, pd.Series] = {}
    for f in fields:
        values = pd.Series(found.get(f.name, (None,) * len(rows)))
        if f.dtype == "string" and values.dtype != "str":
            values = values.astype("object").where(values.notna(), None)
        typed[f.name] = values.astype(kinds[f.dtype])  # type: ignore[call-overload]
    return pd.DataFrame(typed, columns=[f.name for f in fields])


def read_shapes(path: Path | str, name: str) -> list[bytes | None]:
    """The geometries of a layer as the file has them (``shapes_of`` reads them), in the order of ``read_rows``."""
    with opened(path) as connection:
        found = connection.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (name,))
        column = next((row[0] for row in found), None)
        if column is None:
            return []
        return [row[0] for row in connection.execute(f'SELECT "{column}" FROM "{name}" ORDER BY fid')]


def shapes_of(blobs: Iterable[bytes | None]) -> list[Any]:
    """Geometries from a GeoPackage's own binary: a header whose flags tell its length, then WKB; None where there is none."""
    import shapely

    return [None if blob is None else shapely.from_wkb(blob[8 + _ENVELOPES[blob[3] >> 1 & 7] :]) for blob in blobs]


def read_rows(path: Path | str, name: str, **where: str) -> list[SimpleNamespace]:
    """The rows of ``read_table`` as plain values by attribute, what is not known None; in the order of the file.

    Parameters
    ----------
    name : of a layer or table. where : column = value, of which every row must have all.
    """
    contract = OUTPUT_CONTRACTS[name]
    wanted, rows = _selected(path, contract, where)
    kinds = {f.name: _PLAIN[f.dtype] for f in contract.fields}
    empty = dict.fromkeys(contract.names())
    return [
        SimpleNamespace(**{**empty, **{c: None if v is None else kinds[c](v) for c, v in zip(wanted, row)}})
        for row in rows
    ]


def _selected(
    path: Path | str, contract: Contract, where: Mapping[str, str] | None = None
) -> tuple[list[str], list[Any]]:
    """The columns of a contract that the file has, and their rows; none where the file lacks the table."""
    with opened(path) as connection:
        present = {r[1] for r in connection.execute(f'PRAGMA table_info("{contract.name}")')}
        wanted = [c for c in contract.names() if c in present]
        if not wanted or not set(where or {}) <= present:
            return wanted, []
        listed = ", ".join(f'"{c}"' for c in wanted)
        meant = " AND ".join(f'"{c}" = ?' for c in where or {}) or "1"
        query = f'SELECT {listed} FROM "{contract.name}" WHERE {meant} ORDER BY fid'
        return wanted, connection.execute(query, tuple((where or {}).values())).fetchall()


def read_layer(path: Path | str, name: str) -> gpd.GeoDataFrame:
    """One layer with its geometry, in EPSG:4326; empty if the file lacks it."""
    import geopandas as gpd
    import pyogrio

    contract = OUTPUT_CONTRACTS[name]
    if name not in table_names(path):
        return gpd.GeoDataFrame({c: [] for c in contract.names()}, geometry=[], crs="EPSG:4326")
    frame = read_table(path, name)
    shapes = pyogrio.read_dataframe(where_read(path), layer=name, columns=[])
    return gpd.GeoDataFrame(frame, geometry=shapes.geometry.to_numpy(), crs="EPSG:4326")


def run_info(path: Path | str) -> dict[str, str]:
    """What the file says of the run that made it."""
    return {row.key: row.value or "" for row in read_rows(path, "run_info")}


def is_sample(path: Path | str) -> bool:
    """True if the file says that it is made up."""
    return run_info(path).get("warning", "").startswith("SAMPLE")


def records(frame: pd.DataFrame) -> list[SimpleNamespace]:
    """The rows as plain values by attribute; a pandas row would hide columns called name, rank or flags."""
    return [SimpleNamespace(**{str(k): v for k, v in row.items()}) for row in frame.to_dict("records")]


def no_such_block(gpkg: Path | str, missing: Sequence[str], known: Iterable[str]) -> MissingSourceError:
    """The error for identifiers that the file does not hold; it names those that are nearest to the first."""
    ids = sorted(known)
    near = get_close_matches(str(missing[0]), ids, n=3) or ids[:3]
    return MissingSourceError(
        f"no block {', '.join(missing[:5])}", file=gpkg, layer="ranked_blocks", field="block_id",
        do=f"name blocks of this region, such as {', '.join(near)}",
    )  # fmt: skip
