"""Local files -> frames with raw columns: vector files of any usual kind, zipped or not, Parquet, tables of any door.

Belongs here: which reader opens which file, and under which limits. Does not belong here: renaming, units, checks. A file
can never pretend to be a virtual dataset: ``safety`` refuses those by content, and each reader holds its driver against
the file's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from data_sources.connectors import fixed_width
from data_sources.connectors.exact import whole_numbers
from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.connectors.rasters import Raster, read_raster
from data_sources.connectors.safety import MAX_FILE_BYTES, local_file
from data_sources.connectors.spreadsheets.books import WORKBOOKS, read_spreadsheet
from data_sources.connectors.tables import read_text_table, with_points
from data_sources.connectors.vectors import containers
from data_sources.connectors.vectors.parquet import read_parquet
from data_sources.connectors.vectors.systems import with_system
from data_sources.connectors.vectors.vector_opening import AGAIN, DRIVERS, read_vector
from khanij.foundation.errors import KhanijError, SourceError

__all__ = ["SUFFIXES", "Raster", "read_file", "read_raster"]

_TEXTS = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".geoparquet")
SUFFIXES = (*(s for s in DRIVERS if s != ".gdb"), ".zip", ".kmz", *_PARQUET, *_TEXTS, *WORKBOOKS, *fixed_width.SUFFIXES)


def read_file(
    path: object, *, layer: str | None = None, options: Mapping[str, Any] | None = None
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read one vector or table file with its raw column names.

    Parameters
    ----------
    path : a local file, a file geodatabase, or a folder that holds exactly one Shapefile.
    layer : layer, sheet, or file inside a zip, where there are several.
    options : ``x``, ``y``, ``crs``, ``delimiter``, ``encoding``, ``quoting``, ``sheet``, ``header_row``, ``max_bytes``.

    Returns
    -------
    GeoDataFrame (in the CRS that the options name, else in the file's own), or DataFrame for a table without coordinate
    columns. A row whose coordinates are not numbers is kept, without geometry. ``attrs['file']`` is the file's name, and
    what is to be said of the reading is in ``remarks.remarks_of``.

    Raises
    ------
    MissingSourceError : no file or layer. SourceError : a file that is refused or cannot be read.
    CrsError : geometry without a CRS, where the options name none.
    """
    settings = dict(options or {})
    try:
        frame = _read(path, layer, settings)
        if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
            frame = with_system(frame, settings, file=path, layer=layer)
    except KhanijError:
        raise
    except LIBRARY_ERRORS as error:  # whatever a library could not foresee: the layer is absent, with its reason
        told = f"the file cannot be read: {type(error).__name__}: {error}"
        raise SourceError(told, file=path, layer=layer, do=AGAIN) from error
    frame.attrs["file"] = Path(str(path)).name
    return frame


def _read(path: object, layer: str | None, settings: Mapping[str, Any]) -> pd.DataFrame:
    folder = Path(str(path))
    if not str(path).startswith("/vsi") and folder.is_dir():
        if containers.is_geodatabase(folder):
            return _whole(read_vector(folder, layer, settings, shown=str(path)), str(path), layer)
        path = containers.only_shapefile(folder, layer)
        layer = None
    file = local_file(path, max_bytes=int(settings.get("max_bytes", MAX_FILE_BYTES)), suffixes=SUFFIXES)
    suffix = file.suffix.lower()
    if suffix in _TEXTS:
        return with_points(read_text_table(file, settings), settings, file)
    if suffix in fixed_width.SUFFIXES:
        return with_points(fixed_width.read_fixed_width(file), settings, file)
    if suffix in WORKBOOKS:
        return with_points(read_spreadsheet(file, settings, layer), settings, file)
    if suffix in _PARQUET:
        frame = _whole(read_parquet(file), str(file), None)
        return frame if isinstance(frame, gpd.GeoDataFrame) else with_points(frame, settings, file)
    if suffix == ".zip":
        with containers.inside_zip(file, layer) as (inner, left):
            inner = inner if inner.is_dir() else local_file(inner, suffixes=SUFFIXES)
            if inner.suffix.lower() in containers.TABLES:
                return _read(inner, left, settings)
            return _whole(read_vector(inner, left, settings, shown=f"{file}!{inner.name}"), str(file), layer)
    if suffix == ".kmz":
        with containers.inside_kmz(file) as inner:
            inner = local_file(inner, suffixes=(".kml",))
            return _whole(read_vector(inner, layer, settings, shown=f"{file}!{inner.name}"), str(file), layer)
    return _whole(read_vector(file, layer, settings, shown=str(file)), str(file), layer)


def _whole(frame: pd.DataFrame, shown: str, layer: str | None) -> pd.DataFrame:
    """The frame, if each of its columns can be told from the others and holds text where it says so.

    Bytes that are no text in the file's encoding come through the reader unseen and break whatever touches them; so do two
    columns of one name.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise SourceError("two columns have the same name", file=shown, layer=layer, field=str(twice[0]), do=AGAIN)
    for name, dtype in frame.dtypes.items():
        if not isinstance(dtype, pd.StringDtype):
            continue
        try:
            pa.chunked_array(pa.array(frame[name])).validate(full=True)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise SourceError(
                "a column holds bytes that are no text in the file's encoding",
                file=shown,
                layer=layer,
                field=str(name),
                do="name the encoding in the card's options (latin-1, cp1252), or export it again as UTF-8",
            ) from error
    return whole_numbers(frame)
