"""Deterministic files: GeoPackage, CSV and GeoTIFF with the same bytes from the same values.

Belongs here: drivers, options and stamps. Does not belong here: what a layer holds.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyogrio
import rasterio

SAMPLE_MARK = "SAMPLE - NOT REAL"
_STAMP = "2026-01-01T00:00:00.000Z"


@contextmanager
def fixed_date() -> Iterator[None]:
    """Stamp every GeoPackage with one date, so that two runs write the same bytes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_layer(path: Path, layer: str, chunks: gpd.GeoDataFrame | Iterable[gpd.GeoDataFrame], geometry: str) -> int:
    """One GeoPackage layer, whole or in chunks; returns the number of rows."""
    rows = 0
    if isinstance(chunks, gpd.GeoDataFrame):
        chunks = [chunks]
    with fixed_date(), warnings.catch_warnings():
        # One layer is written without a CRS on purpose.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        for chunk in chunks:
            options = {} if rows else {"VERSION": "1.3"}
            layer_options = {} if rows else {"DESCRIPTION": SAMPLE_MARK, "IDENTIFIER": f"{layer} ({SAMPLE_MARK})"}
            pyogrio.write_dataframe(
                chunk,
                path,
                layer=layer,
                driver="GPKG",
                append=rows > 0,
                geometry_type=geometry,
                use_arrow=True,
                dataset_options=options,
                layer_options=layer_options,
            )
            rows += len(chunk)
    return rows


def write_csv(path: Path, chunks: pd.DataFrame | Iterable[pd.DataFrame]) -> int:
    """A UTF-8 CSV with one header row and Unix line ends, whole or in chunks; returns the number of rows."""
    rows = 0
    if isinstance(chunks, pd.DataFrame):
        chunks = [chunks]
    with path.open("wb") as out:
        for chunk in chunks:
            table = pa.Table.from_pandas(chunk, preserve_index=False)
            options = pyarrow.csv.WriteOptions(include_header=rows == 0, quoting_style="needed")
            pyarrow.csv.write_csv(table, out, options)
            rows += len(chunk)
    return rows


def write_raster(
    path: Path, bands: np.ndarray, transform: tuple[float, ...], crs: str, names: dict[str, tuple[str, str]]
) -> int:
    """A tiled, deflated float32 GeoTIFF with NaN as nodata and a name, unit and description per band."""
    count, height, width = bands.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype="float32",
        crs=crs,
        nodata=np.nan,
        transform=rasterio.Affine(*transform),
        compress="deflate",
        predictor=3,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        num_threads=1,
    ) as out:
        out.write(bands)
        out.update_tags(NOTE=SAMPLE_MARK)
        for i, (name, (unit, text)) in enumerate(names.items(), start=1):
            out.set_band_description(i, name)
            out.set_band_unit(i, unit)
            out.update_tags(i, NAME=name, UNIT=unit, DESCRIPTION=f"{text} ({SAMPLE_MARK})")
    return int(height * width)


def write_json(path: Path, value: object) -> None:
    """Sorted keys, two spaces, a final line end."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
