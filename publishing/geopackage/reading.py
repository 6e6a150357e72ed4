"""Reading a published GeoPackage back: tables without geometry by SQL, layers as GeoDataFrames.

Belongs here: read-only access by the published names. Does not belong here: how a reading is laid out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pyogrio

from data_sources.contracts import MissingSourceError
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS

_COPIES: ContextVar[Mapping[Path, Path]] = ContextVar("copies", default={})  # noqa: B039 - never changed in place


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
    contract = OUTPUT_CONTRACTS[name]
    columns = contract.names()
    with opened(path) as connection:
        present = {r[1] for r in connection.execute(f'PRAGMA table_info("{name}")')}
        wanted = [c for c in columns if c in present]
        listed = ", ".join(f'"{c}"' for c in wanted)
        rows = connection.execute(f'SELECT {listed} FROM "{name}" ORDER BY fid').fetchall() if wanted else []
    frame = pd.DataFrame([tuple(r) for r in rows], columns=wanted).reindex(columns=columns)
    kinds = {"string": "str", "float": "float64", "integer": "Int64", "boolean": "boolean"}
    for f in contract.fields:
        values = frame[f.name]
        if f.dtype == "string":
            values = values.astype("object").where(values.notna(), None)
        frame[f.name] = values.astype(kinds[f.dtype])  # type: ignore[call-overload]
    return frame


def read_layer(path: Path | str, name: str) -> gpd.GeoDataFrame:
    """One layer with its geometry, in EPSG:4326; empty if the file lacks it."""
    contract = OUTPUT_CONTRACTS[name]
    if name not in table_names(path):
        return gpd.GeoDataFrame({c: [] for c in contract.names()}, geometry=[], crs="EPSG:4326")
    frame = read_table(path, name)
    shapes = pyogrio.read_dataframe(where_read(path), layer=name, columns=[])
    return gpd.GeoDataFrame(frame, geometry=shapes.geometry.to_numpy(), crs="EPSG:4326")


def run_info(path: Path | str) -> dict[str, str]:
    """What the file says of the run that made it."""
    info = read_table(path, "run_info")
    return dict(zip(info["key"], info["value"].fillna("")))


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
