"""The file of one value of a bundle: GeoParquet, Parquet, GeoTIFF or JSON.

Belongs here: which kind of value becomes which kind of file, and back. Does not belong here: where it is kept (``io_managers``).
Nothing is pickled, so any tool can read an intermediate.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import rasterio
from geopandas.array import from_wkb
from pyproj import CRS

from khanij.foundation.grid import Band, Grid, RasterStack
from publishing.rasters import write_cog


def write_entry(folder: Path, name: str, value: Any) -> dict[str, Any]:
    """Write one value below ``folder``; what the manifest says of it: kind, file, SHA-256, bytes.

    Raises
    ------
    TypeError : the value is neither frame nor raster, and JSON has no word for it.
    """
    stem = name.replace("/", "_").replace(":", "_")
    if isinstance(value, RasterStack):
        path = folder / f"{stem}.tif"
        write_cog(value, path)
        kind = "raster"
        extra = {
            "crs": str(value.grid.crs),
            "bands": [{"name": b.name, "unit": b.unit, "description": b.description} for b in value.bands],
        }
    elif isinstance(value, gpd.GeoDataFrame):
        path = folder / f"{stem}.parquet"
        value.to_parquet(path, index=False, compression="zstd")
        kind, extra = "geoframe", {}
    elif isinstance(value, pd.DataFrame):
        path = folder / f"{stem}.parquet"
        value.to_parquet(path, index=False, compression="zstd")
        kind, extra = "frame", {}
    else:
        path = folder / f"{stem}.json"
        path.write_text(json.dumps(value, sort_keys=True, default=_plain), encoding="utf-8")
        kind, extra = "json", {}
    data = path.read_bytes()
    return {"kind": kind, "file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **extra}


def read_entry(data: bytes, entry: dict[str, Any]) -> Any:
    """The value of which a file holds these bytes and the manifest says ``entry``."""
    if entry["kind"] == "json":
        return json.loads(data)
    if entry["kind"] == "geoframe":
        return _geoframe(data)
    if entry["kind"] == "frame":
        return pd.read_parquet(io.BytesIO(data))
    with rasterio.MemoryFile(data) as memory, memory.open() as raster:
        grid = Grid(crs=entry["crs"], transform=raster.transform, shape=raster.shape)
        values = raster.read(out_dtype="float32")
    return RasterStack(
        grid, tuple(Band(b["name"], values[i], b["unit"], b["description"]) for i, b in enumerate(entry["bands"]))
    )


def _geoframe(data: bytes) -> gpd.GeoDataFrame:
    """What ``geopandas.read_parquet`` reads, but a coordinate system that was met before is not made anew.

    PROJ takes 40 ms to make one of the PROJJSON of a GeoParquet file and none to make it of its code; a run of a small
    region reads a hundred frames in one or two systems.

    Parameters
    ----------
    data : the bytes of a GeoParquet file with every geometry in well-known binary, as ``write_entry`` makes it.

    Returns
    -------
    The frame with its columns in the file's order, the primary one as its geometry, and the ``attrs`` it was written with.
    Each geometry has the coordinate system that the file names for it, longitude and latitude (``OGC:CRS84``) where the file
    names none, and no system where it says null.

    Raises
    ------
    KeyError : a Parquet file without the key ``geo``, which is no GeoParquet.
    ArrowInvalid : no Parquet file, or a damaged one.
    CRSError : a coordinate system that PROJ does not know.

    Source: GeoParquet 1.0, file metadata and ``crs``.
    """
    table = pq.read_table(io.BytesIO(data))
    told = json.loads(table.schema.metadata[b"geo"])
    frame = table.drop(list(told["columns"])).to_pandas()
    for name in sorted(told["columns"], key=table.column_names.index):
        crs = told["columns"][name].get("crs", "OGC:CRS84")
        shapes = from_wkb(np.array(table[name]), crs=None if crs is None else _crs(json.dumps(crs)))
        frame.insert(table.column_names.index(name), name, shapes)
    frame.attrs = json.loads(table.schema.metadata.get(b"PANDAS_ATTRS", b"{}"))
    return gpd.GeoDataFrame(frame, geometry=told["primary_column"])


@lru_cache(maxsize=64)
def _crs(text: str) -> CRS:
    return CRS.from_user_input(json.loads(text, object_hook=_without_codes_of_members))


def _without_codes_of_members(told: dict[str, Any]) -> dict[str, Any]:
    # As geopandas does: some versions of PROJ do not know the codes of an ensemble's newer members.
    for member in told.get("members", []):
        member.pop("id", None)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, set, frozenset)):
        return sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
