"""Tables, zips and rasters as others save them: encodings, titles above the header, several sheets, scale and offset."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import rasterio
from rasterio.transform import from_origin

from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from khanij.foundation.errors import MissingSourceError, SourceError

TABLE = "sampleno,longitude,latitude,Cu_ppm\n57B/08/1,76.1,15.2,20\n57B/08/2,76.2,15.3,30\n"
ROWS = [line.split(",") for line in TABLE.splitlines()]


def book(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], merged: str = "") -> Path:
    out = openpyxl.Workbook()
    out.remove(out.active)
    for name, rows in sheets.items():
        sheet = out.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if merged:
            sheet.merge_cells(merged)
    out.save(path)
    return path


@pytest.mark.parametrize(
    "content",
    [TABLE.encode("utf-16"), b"\n\n" + TABLE.encode(), b"sep=;\n" + TABLE.replace(",", ";").encode()],
    ids=["utf-16", "blank lines first", "sep= line"],
)
def test_a_table_as_a_spreadsheet_saves_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    frame = read_file(file)
    assert frame["sampleno"].tolist() == ["57B/08/1", "57B/08/2"] and frame.geometry.x.tolist() == [76.1, 76.2]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("Samples of block 5,,,\n" + TABLE, "skip_rows: 1"), ("Samples of block 5\n" + TABLE, "header_row: 2")],
)
def test_a_title_above_the_header_is_named(tmp_path: Path, text: str, remedy: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text)
    with pytest.raises(SourceError, match=remedy):
        read_file(file)
    assert len(read_file(file, options={"skip_rows": 1})) == 2


def test_a_merged_title_in_a_spreadsheet_is_named(tmp_path: Path) -> None:
    file = book(tmp_path / "t.xlsx", {"S": [["Geochemistry", None, None, None], [], *ROWS]}, "A1:D1")
    with pytest.raises(SourceError, match="header_row: 3"):
        read_file(file)
    assert len(read_file(file, options={"header_row": 3})) == 2


def test_of_several_sheets_none_is_left_out_without_a_word(tmp_path: Path) -> None:
    with pytest.raises(MissingSourceError, match="A, B"):
        read_file(book(tmp_path / "two.xlsx", {"A": ROWS, "B": ROWS}))
    assert len(read_file(book(tmp_path / "note.xlsx", {"Read me": [["text"]], "Data": ROWS}))) == 2


def test_a_zip_from_a_mac_holds_one_shapefile(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([76], [15]), crs=4326).to_file(tmp_path / "one.shp")
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as out:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            out.write(tmp_path / f"one{suffix}", f"one{suffix}")
            out.writestr(f"__MACOSX/._one{suffix}", b"junk")
    assert len(read_file(tmp_path / "one.zip")) == 1


def test_a_raster_is_read_with_its_scale_and_offset_and_without_an_undeclared_sentinel(tmp_path: Path) -> None:
    stored = np.array([[[0, 10], [-9999, 30]]], dtype="int16")
    with rasterio.open(
        tmp_path / "t.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="int16", nodata=0, crs="EPSG:32643",
        transform=from_origin(500_000, 1_700_000, 1000, 1000),
    ) as out:  # fmt: skip
        out.write(stored)
        out.scales, out.offsets = (0.1,), (5.0,)
    raster = read_raster(tmp_path / "t.tif")
    np.testing.assert_allclose(raster.values[0], [[np.nan, 6.0], [np.nan, 8.0]])
    assert len(raster.notes) == 2
