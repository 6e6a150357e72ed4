"""Files that are not what they say: refused by name and content before any reader follows them."""

from __future__ import annotations

import json
import os
import stat
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from data_sources.connectors.safety import unzipped
from data_sources.contracts import CrsError, KhanijError, MissingSourceError, SourceError

SECRET = "sampleno,x,y\nsecret,77,15\n"


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    folder = tmp_path / "shape"
    folder.mkdir()
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=gpd.points_from_xy([77.0, 77.1], [15.0, 15.1]), crs=4326)
    frame.to_file(folder / "faults.shp")
    return folder / "faults.shp"


def zipped(target: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def parts(shapefile: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in shapefile.parent.iterdir()}


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://127.0.0.1:1/x.gpkg",
        "/vsizip//etc/x.zip/a.shp",
        "/vsimem/x.geojson",
        "http://127.0.0.1:1/x.geojson",
        "WFS:http://127.0.0.1:1/wfs",
        "GeoJSON:{}",
        "PG:host=127.0.0.1",
        "x\x00.csv",
    ],
)
def test_a_path_that_is_no_file_is_refused(path: str) -> None:
    for reader in (read_file, read_raster):
        with pytest.raises(SourceError):
            reader(path)


@pytest.mark.parametrize("name", ["layer.vrt", "layer.geojson", "layer.gpkg", "layer.csv", "layer.shp", "layer.json"])
def test_a_virtual_dataset_under_any_name_is_refused(tmp_path: Path, name: str) -> None:
    target = tmp_path / "secret.csv"
    target.write_text(SECRET)
    file = tmp_path / name
    file.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{target}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    with pytest.raises(SourceError, match="virtual dataset"):
        read_file(file)


@pytest.mark.parametrize("name", ["layer.geojson", "layer.json", "layer.gdalg.json", "layer.geojsonl"])
def test_a_pipeline_in_json_is_refused(tmp_path: Path, shapefile: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(
        json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {shapefile}"})
    )
    with pytest.raises(SourceError):
        read_file(file)


def test_a_virtual_raster_is_refused_under_its_own_and_another_name(tmp_path: Path) -> None:
    inner = tmp_path / "inner.tif"
    with rasterio.open(
        inner,
        "w",
        driver="GTiff",
        width=2,
        height=2,
        count=1,
        dtype="float32",
        crs=32643,
        transform=from_origin(0, 2, 1, 1),
    ) as out:
        out.write(np.ones((1, 2, 2), "float32"))
    text = (
        f'<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename>{inner}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    for name in ("r.vrt", "r.tif"):
        (tmp_path / name).write_text(text)
        with pytest.raises(SourceError):
            read_raster(tmp_path / name)


@pytest.mark.parametrize("name", ["../../evil.shp", "/evil.shp", "a/../../evil.shp", "..\\evil.shp", "C:\\evil.shp"])
def test_a_zip_member_that_climbs_out_is_refused(tmp_path: Path, shapefile: Path, name: str) -> None:
    file = zipped(tmp_path / "down.zip", {**parts(shapefile), name: b"x"})
    with pytest.raises(SourceError, match="climbs out"):
        read_file(file)
    assert not (tmp_path.parent / "evil.shp").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path, shapefile: Path) -> None:
    file = zipped(tmp_path / "down.zip", parts(shapefile))
    link = zipfile.ZipInfo("other.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SourceError, match="link"):
        read_file(file)


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path, shapefile: Path) -> None:
    file = zipped(tmp_path / "bomb.zip", {**parts(shapefile), "bomb.dbf": b"\x00" * 60_000_000})
    assert file.stat().st_size < 100_000
    with pytest.raises(SourceError, match="zip bomb"):
        read_file(file)


def test_a_zip_that_lies_about_its_sizes_is_counted_all_the_same(tmp_path: Path) -> None:
    file = zipped(tmp_path / "liar.zip", {"bomb.shp": b"\x00" * 60_000_000})
    content = bytearray(file.read_bytes())
    central = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 100)
    file.write_bytes(bytes(content))
    with pytest.raises(SourceError), unzipped(file, wanted=(".shp",)):
        pass


def test_a_zip_with_thousands_of_members_is_refused(tmp_path: Path) -> None:
    file = zipped(tmp_path / "many.zip", {f"{i}.shp": b"" for i in range(3000)})
    with pytest.raises(SourceError, match="members"):
        read_file(file)


def test_a_torn_zip_is_refused(tmp_path: Path, shapefile: Path) -> None:
    file = zipped(tmp_path / "torn.zip", parts(shapefile))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SourceError, match="damaged"):
        read_file(file)


def test_bhukosh_gives_a_zipped_shapefile_and_it_is_read(tmp_path: Path, shapefile: Path) -> None:
    inside = {f"faults_2026/{name}": content for name, content in parts(shapefile).items()}
    frame = read_file(zipped(tmp_path / "faults.zip", {**inside, "readme.txt": b"terms"}))
    assert list(frame.a) == [1, 2] and frame.crs.to_epsg() == 4326
    assert frame.attrs["file"] == "faults.zip"


def workbook(target: Path, extra: dict[str, bytes]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["site", "lon", "lat"], ["A", 77.0, 15.0]):
        book.active.append(row)
    book.save(target)
    with zipfile.ZipFile(target) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    return zipped(target, {**members, **extra})


def test_a_spreadsheet_with_external_entities_is_refused(tmp_path: Path) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst>&e;</sst>'
    with pytest.raises(SourceError, match="entities"):
        read_file(workbook(tmp_path / "mine.xlsx", {"xl/sharedStrings.xml": evil}))


def test_a_spreadsheet_bomb_is_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "mine.xlsx", {"xl/media/pad.bin": b"\x00" * 60_000_000})
    with pytest.raises(SourceError, match="unpacks to over"):
        read_file(file)


@pytest.mark.parametrize("name", ["x.geojson", "x.csv", "x.gpkg", "x.zip"])
def test_a_log_in_page_saved_as_data_says_so(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    with pytest.raises(SourceError, match="log-in page"):
        read_file(file)


def test_more_bytes_than_allowed_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.csv"
    with file.open("wb") as stream:
        stream.truncate(5_000_000_000)  # sparse: five gigabytes that take no room
    with pytest.raises(SourceError, match="5,000,000,000 bytes"):
        read_file(file)
    file.write_text(SECRET)
    with pytest.raises(SourceError, match="allowed"):
        read_file(file, options={"max_bytes": 5})


def test_a_raster_larger_inside_than_its_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.tif"
    profile = {"driver": "GTiff", "width": 60_000, "height": 60_000, "count": 1, "dtype": "float32", "crs": 32643}
    with rasterio.open(
        file, "w", **profile, transform=from_origin(0, 6e4, 1, 1), tiled=True, compress="deflate", SPARSE_OK=True
    ):
        pass
    assert file.stat().st_size < 10_000_000
    with pytest.raises(SourceError, match="cells"):
        read_raster(file)


def test_what_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingSourceError):
        read_file(tmp_path / "nothing.csv")
    with pytest.raises(KhanijError):
        read_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="regular"):
        read_file(tmp_path / "pipe.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(SourceError, match="empty"):
        read_file(tmp_path / "empty.csv")
    (tmp_path / "x.exe").write_text("MZ")
    with pytest.raises(SourceError, match="no reader"):
        read_file(tmp_path / "x.exe")


@pytest.mark.parametrize("name", ["cut.geojson", "cut.gpkg", "cut.shp", "cut.parquet", "cut.tif", "cut.xlsx"])
def test_a_file_cut_in_half_is_refused(tmp_path: Path, name: str) -> None:
    frame = gpd.GeoDataFrame(
        {"a": range(2000), "t": ["text"] * 2000},
        geometry=gpd.points_from_xy(np.full(2000, 77.0), np.full(2000, 15.0)),
        crs=4326,
    )
    file = tmp_path / name
    if name.endswith("parquet"):
        frame.to_parquet(file)
    elif name.endswith("xlsx"):
        pd.DataFrame({"a": range(100)}).to_excel(file)
    elif name.endswith("tif"):
        profile = {"driver": "GTiff", "width": 300, "height": 300, "count": 1, "dtype": "float32", "crs": 32643}
        with rasterio.open(file, "w", **profile, transform=from_origin(0, 300, 1, 1)) as out:
            out.write(np.random.default_rng(1).random((1, 300, 300)).astype("float32"))
    else:
        frame.to_file(file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError):
        read_raster(file) if name.endswith("tif") else read_file(file)


def test_a_layer_without_a_crs_is_refused_until_it_is_named(tmp_path: Path, shapefile: Path) -> None:
    shapefile.with_suffix(".prj").unlink()
    with pytest.raises(CrsError, match="coordinate system"):
        read_file(shapefile)
    assert read_file(shapefile, options={"crs": "EPSG:4326"}).crs.to_epsg() == 4326


def test_rows_with_another_number_of_fields_are_never_shifted(tmp_path: Path) -> None:
    file = tmp_path / "deposits.csv"
    file.write_text('id\tlatlong\tsymbol\tlatitude\n1\t"15^13\' : 76^24\'30""\t"Fe"\t15.2\n2\t"x"\t"Cu"\t14.0\n')
    with pytest.raises(SourceError, match="another number of fields") as caught:
        read_file(file)
    assert caught.value.row == 2
    frame = read_file(file, options={"quoting": "none", "geometry": "none"})
    assert list(frame.symbol) == ["Fe", "Cu"] and list(frame.latitude) == ["15.2", "14.0"]
    assert frame.latlong[0] == "15^13' : 76^24'30\""
