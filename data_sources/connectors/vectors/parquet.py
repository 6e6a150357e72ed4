"""GeoParquet, Parquet with its own geometry type, and plain Parquet -> frames.

Belongs here: where the shapes and their coordinate system stand in a Parquet file. Does not belong here: coordinate columns
(``tables``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyproj
import pyproj.exceptions
import shapely

from data_sources.connectors.exact import WHOLE_NUMBERS
from khanij.foundation.errors import CrsError, SourceError

_AGAIN = "download or export it again"
_KINDS = ("Geometry", "Geography")
_ARROW_NAME = b"ARROW:extension:name"
_ARROW_MORE = b"ARROW:extension:metadata"
_LONGITUDE_LATITUDE = "OGC:CRS84"


def read_parquet(file: Path) -> pd.DataFrame:
    """One Parquet file; a GeoDataFrame where it holds shapes in any of the known ways.

    Raises
    ------
    SourceError : not readable. CrsError : a coordinate system that is none.
    """
    try:
        known: pd.DataFrame = gpd.read_parquet(file, to_pandas_kwargs=WHOLE_NUMBERS)
        return known
    except shapely.errors.ShapelyError as error:
        raise SourceError(f"a geometry cannot be read: {error}", file=file, do=_AGAIN) from error
    except (ValueError, TypeError) as error:
        if "geo metadata" not in str(error).lower() and "geoparquet" not in str(error).lower():
            raise SourceError(f"not a readable Parquet file: {error}", file=file, do=_AGAIN) from error
    except pyproj.exceptions.CRSError as error:
        raise CrsError("the file's CRS is no CRS", file=file, do=_AGAIN) from error
    except OSError as error:
        raise SourceError(f"not a readable Parquet file: {error}", file=file, do=_AGAIN) from error
    with pa.parquet.ParquetFile(file) as source:
        native = _native_columns(source)
        table = source.read() if native else None
        told = source.schema_arrow.metadata or {}
    if table is None:
        plain: pd.DataFrame = pa.parquet.read_table(file).to_pandas(**WHOLE_NUMBERS)
        return plain
    name, system = next(iter(native.items()))
    shaped: pd.DataFrame = _with_shapes(table, name, _system(system, told, file), file)
    return shaped


def _native_columns(source: Any) -> dict[str, str]:
    """Columns of the Parquet type GEOMETRY or GEOGRAPHY, or of GeoArrow's well-known binary -> what they say of the CRS."""
    found: dict[str, str] = {}
    for index in range(len(source.schema)):
        column = source.schema.column(index)
        kind = json.loads(column.logical_type.to_json()) if column.logical_type is not None else {}
        if kind.get("Type") in _KINDS and "." not in column.path:
            found[str(column.name)] = str(kind.get("crs") or "")
    for field in source.schema_arrow:
        more = field.metadata or {}
        if field.name not in found and more.get(_ARROW_NAME) == b"geoarrow.wkb":
            found[field.name] = _arrow_system(more.get(_ARROW_MORE, b""))
    return found


def _arrow_system(text: bytes) -> str:
    try:
        said = json.loads(text or b"{}").get("crs")
    except (ValueError, AttributeError):
        return ""
    return json.dumps(said) if isinstance(said, dict) else str(said or "")


def _system(said: str, told: dict[bytes, bytes], file: Path) -> pyproj.CRS:
    """The coordinate system of a column; blank means longitude and latitude (Parquet's own rule)."""
    text = said.strip()
    if text.startswith("projjson:"):  # the name of a key of the file's metadata
        text = told.get(text.removeprefix("projjson:").encode(), b"").decode("utf-8", "replace")
    elif text.startswith("srid:"):
        text = f"EPSG:{text.removeprefix('srid:')}"
    try:
        return pyproj.CRS.from_user_input(text or _LONGITUDE_LATITUDE)
    except pyproj.exceptions.CRSError as error:
        raise CrsError(f"the column's CRS {said[:60]!r} is no CRS", file=file, do=_AGAIN) from error


def _with_shapes(table: pa.Table, name: str, system: pyproj.CRS, file: Path) -> gpd.GeoDataFrame:
    column = table[name]
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    try:
        shapes = shapely.from_wkb(np.array(column.to_pylist(), dtype=object))
    except (shapely.errors.ShapelyError, NotImplementedError, TypeError) as error:
        raise SourceError(f"a geometry cannot be read: {error}", file=file, field=name, do=_AGAIN) from error
    plain = table.drop_columns([name]).to_pandas(**WHOLE_NUMBERS)
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, index=plain.index, crs=system))
