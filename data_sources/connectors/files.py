"""Local files -> frames with raw columns: (zipped) Shapefile, GeoPackage, GeoJSON(L), GeoParquet, CSV, XLSX, GeoTIFF.

Belongs here: which reader opens which file, and under which limits. Does not belong here: renaming, units, checks. Each
reader is told its driver, so a file can never pretend to be a virtual dataset (``safety`` refuses those by content).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import pyproj.exceptions
import shapely.errors

from data_sources.connectors import fixed_width
from data_sources.connectors.exact import WHOLE_NUMBERS, whole_numbers
from data_sources.connectors.rasters import Raster, read_raster
from data_sources.connectors.safety import MAX_FILE_BYTES, check_shapefile, local_file, unzipped
from data_sources.connectors.spreadsheets.books import WORKBOOKS, read_spreadsheet
from data_sources.connectors.tables import read_text_table, with_points
from khanij.foundation.errors import CrsError, MissingSourceError, SourceError

__all__ = ["SUFFIXES", "Raster", "read_file", "read_raster"]

SUFFIXES = (
    ".shp", ".zip", ".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".parquet", ".geoparquet",
    ".csv", ".tsv", ".txt", *WORKBOOKS, *fixed_width.SUFFIXES,
)  # fmt: skip
_AGAIN = "download or export it again"
_UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyproj.exceptions.CRSError,
    shapely.errors.ShapelyError,
    ValueError,
    UnboundLocalError,  # pyogrio 0.13 on a .prj that is no CRS
)
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read_file(
    path: object, *, layer: str | None = None, options: Mapping[str, Any] | None = None
) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read one vector or table file with its raw column names.

    Parameters
    ----------
    path : a local file, or a folder that holds exactly one Shapefile.
    layer : layer, sheet, or Shapefile inside a zip, where there are several.
    options : ``x``, ``y``, ``crs``, ``delimiter``, ``encoding``, ``quoting``, ``sheet``, ``header_row``, ``max_bytes``.

    Returns
    -------
    GeoDataFrame (in the file's own CRS), or DataFrame for a table without coordinate columns. A row whose coordinates
    are not numbers is kept, without geometry. ``attrs['file']`` is the file's name.

    Raises
    ------
    MissingSourceError : no file or layer. SourceError : a file that is refused or cannot be read.
    CrsError : geometry without a CRS, where the options name none.
    """
    settings = dict(options or {})
    folder = Path(str(path))
    if not str(path).startswith("/vsi") and folder.is_dir():
        path = _only_shapefile(folder, layer)
        layer = None
    file = local_file(path, max_bytes=int(settings.get("max_bytes", MAX_FILE_BYTES)), suffixes=SUFFIXES)
    suffix = file.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        frame = with_points(read_text_table(file, settings), settings, file)
    elif suffix in fixed_width.SUFFIXES:
        frame = with_points(fixed_width.read_fixed_width(file), settings, file)
    elif suffix in WORKBOOKS:
        frame = with_points(read_spreadsheet(file, settings, layer), settings, file)
    elif suffix in (".parquet", ".geoparquet"):
        frame = _read_parquet(file, settings)
    elif suffix == ".zip":
        with unzipped(file, wanted=_SHAPEFILE_PARTS) as unpacked:
            inner = _only_shapefile(unpacked, layer, shown=str(file))
            frame = _read_vector(local_file(inner, suffixes=(".shp",)), None, settings, shown=f"{file}!{inner.name}")
    else:
        frame = _read_vector(file, layer, settings, shown=str(file))
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs.to_authority() is not None:
        frame = frame.set_crs(":".join(frame.crs.to_authority()), allow_override=True)  # one spelling of one CRS
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is None:
        if not settings.get("crs"):
            raise CrsError("the file does not say its coordinate system", file=path, layer=layer, do="name it as crs")
        frame = frame.set_crs(settings["crs"])
    frame.attrs["file"] = Path(str(path)).name
    return frame


def _only_shapefile(folder: Path, layer: str | None, shown: str = "") -> Path:
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".shp" and p.is_file())
    found = [p for p in found if not p.name.startswith("._")]  # what a Mac puts beside each file of a zip
    where = shown or folder.name
    if layer:
        found = [p for p in found if p.stem.lower() == layer.lower()]
    if not found:
        raise MissingSourceError("no Shapefile inside", file=where, layer=layer, do="name the file with the data")
    if len(found) > 1:
        names = ", ".join(p.stem for p in found)
        raise SourceError("several Shapefiles inside", file=where, do=f"name one as layer: {names}")
    return found[0]


def _read_parquet(file: Path, settings: Mapping[str, Any]) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = whole_numbers(gpd.read_parquet(file, to_pandas_kwargs=WHOLE_NUMBERS))
        _refuse_broken_columns(frame, str(file), None)
        return frame
    except shapely.errors.ShapelyError as error:
        raise SourceError(f"a geometry cannot be read: {error}", file=file, do=_AGAIN) from error
    except (ValueError, TypeError) as error:
        if "geo metadata" not in str(error).lower() and "geoparquet" not in str(error).lower():
            raise SourceError(f"not a readable Parquet file: {error}", file=file, do=_AGAIN) from error
    except pyproj.exceptions.CRSError as error:
        raise CrsError("the file's CRS is no CRS", file=file, do=_AGAIN) from error
    except OSError as error:
        raise SourceError(f"not a readable Parquet file: {error}", file=file, do=_AGAIN) from error
    table = whole_numbers(pq.read_table(file).to_pandas(**WHOLE_NUMBERS))
    _refuse_broken_columns(table, str(file), None)
    return with_points(table, settings, file)


def _read_vector(file: Path, layer: str | None, settings: Mapping[str, Any], *, shown: str) -> pd.DataFrame:
    suffix = file.suffix.lower()
    dataset = str(file)
    if suffix in (".geojson", ".json"):
        _refuse_non_features(file)
        dataset = f"GeoJSON:{file.resolve()}"
    elif suffix in (".geojsonl", ".geojsons", ".ndjson"):
        _refuse_broken_lines(file)
        dataset = f"GeoJSONSeq:{file.resolve()}"
    elif suffix == ".shp":
        check_shapefile(file, shown)
    try:
        if suffix == ".gpkg":
            layer = _one_layer(dataset, layer, shown)
        frame: pd.DataFrame = pyogrio.read_dataframe(
            dataset, layer=layer, encoding=settings.get("encoding"), use_arrow=True, on_invalid="warn",
            arrow_to_pandas_kwargs=WHOLE_NUMBERS,
        )  # fmt: skip
    except MissingSourceError:
        raise
    except _UNREADABLE as error:
        raise SourceError(f"the file cannot be read: {error}", file=shown, layer=layer, do=_AGAIN) from error
    _refuse_broken_columns(frame, shown, layer)
    return whole_numbers(frame)


def _refuse_broken_columns(frame: pd.DataFrame, shown: str, layer: str | None) -> None:
    """Bytes that are no text in the file's encoding come through the reader unseen and break whatever touches them.

    So do two columns of one name.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise SourceError("two columns have the same name", file=shown, layer=layer, field=str(twice[0]), do=_AGAIN)
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


def _one_layer(dataset: str, layer: str | None, shown: str) -> str:
    names = [str(row[0]) for row in pyogrio.list_layers(dataset) if str(row[0]) != "layer_styles"]
    if layer is None:
        if len(names) == 1:
            return names[0]
        raise MissingSourceError(f"{len(names)} layers, none named", file=shown, do=f"name one of {', '.join(names)}")
    if layer not in names:
        raise MissingSourceError("no such layer", file=shown, layer=layer, do=f"name one of {', '.join(names)}")
    return layer


def _refuse_non_features(file: Path) -> None:
    """GeoJSON is one object of type Feature or FeatureCollection; other JSON GDAL might follow elsewhere."""
    if file.stat().st_size > 200_000_000:  # the prefix forces the driver; the type is only for a clear message
        return
    try:
        whole = json.loads(file.read_bytes())
        kind, members = whole.get("type"), whole.get("features", [])
    except (ValueError, AttributeError) as error:
        raise SourceError(f"not GeoJSON, or cut short: {error}", file=file, do="download it again") from error
    if kind not in ("FeatureCollection", "Feature"):
        raise SourceError(f"JSON of type {kind!r} is not a layer", file=file, do="name a GeoJSON file with features")
    if kind == "FeatureCollection" and not isinstance(members, list):
        raise SourceError("the features are no list", file=file, field="features", do=_AGAIN)
    for number, member in enumerate(members if kind == "FeatureCollection" else (), start=1):
        _refuse_non_feature(member, file, number)


def _refuse_broken_lines(file: Path) -> None:
    """Of newline-delimited GeoJSON GDAL drops each record that it cannot parse, without a word."""
    with file.open("rb") as stream:
        records: Iterable[bytes] = stream
        if stream.peek(1)[:1] == b"\x1e":  # RFC 8142: a record may span lines
            records = stream.read().split(b"\x1e")
        for number, record in enumerate(records, start=1):
            if not record.strip():
                continue
            try:
                member = json.loads(record)
            except ValueError as error:
                raise SourceError(f"a line is not GeoJSON: {error}", file=file, row=number, do=_AGAIN) from error
            _refuse_non_feature(member, file, number)


def _refuse_non_feature(member: object, file: Path, number: int) -> None:
    # GDAL passes over anything else, so that a row would be missing that nobody held.
    if not isinstance(member, dict) or member.get("type") != "Feature":
        raise SourceError("a record is not a GeoJSON feature", file=file, row=number, field="type", do=_AGAIN)
