"""What lies beside a grid counts like what stands inside: masks, no data, scales, world files, coordinate systems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin
from test_grids import NX, NY, Z, ascii_grid, tif

from data_sources.connectors.rasters import read_raster
from data_sources.contracts import CrsError, SourceError

ESRI_WGS = pyproj.CRS(4326).to_wkt("WKT1_ESRI")


def pam(file: Path, inside: str, head: str = "") -> Path:
    band = f'<PAMRasterBand band="1">{inside}</PAMRasterBand>' if inside else ""
    file.with_name(f"{file.name}.aux.xml").write_text(f"<PAMDataset>{head}{band}</PAMDataset>")
    return file


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint8"])
@pytest.mark.parametrize("bands", [1, 2])
def test_one_mask_beside_hides_cells_of_every_band_and_type(tmp_path: Path, dtype: str, bands: int) -> None:
    file = tif(tmp_path / "m.tif", np.stack([Z.astype(dtype)] * bands))
    mask = np.full((NY, NX), 255, dtype="uint8")
    mask[1, 1] = mask[2, 3] = 0
    tif(tmp_path / "m.tif.msk", mask)
    got = read_raster(file)
    assert np.isnan(got.values[:, [1, 2], [1, 3]]).all() and np.isfinite(got.values).sum() == bands * 18
    assert f"{2 * bands} cells are masked by m.tif.msk" in got.notes


def test_a_mask_of_its_own_for_each_band(tmp_path: Path) -> None:
    file = tif(tmp_path / "m.tif", np.stack([Z, Z]))
    mask = np.full((2, NY, NX), 255, dtype="uint8")
    mask[0, 0, 0] = mask[1, 3, 4] = 0
    tif(tmp_path / "m.tif.msk", mask)
    got = read_raster(file)
    assert np.isnan(got.values[0, 0, 0]) and np.isnan(got.values[1, 3, 4]) and np.isfinite(got.values).sum() == 38


def test_a_band_of_transparency_is_a_mask_and_no_band(tmp_path: Path) -> None:
    shown = np.full((NY, NX), 255, dtype="uint8")
    shown[1, 1] = 0
    profile = {"driver": "GTiff", "count": 2, "height": NY, "width": NX, "dtype": "uint8", "crs": 4326, "alpha": "YES"}
    with rasterio.open(tmp_path / "a.tif", "w", transform=from_origin(76, 15, 0.1, 0.1), **profile) as out:
        out.write(np.stack([Z.astype("uint8") + 20, shown]))
    got = read_raster(tmp_path / "a.tif")
    assert got.names == ("band_1",) and np.isnan(got.values[0, 1, 1]) and np.nanmax(got.values) == 39
    assert any("transparency" in n for n in got.notes)


@pytest.mark.parametrize(
    ("written", "dtype", "number"),
    [("0.00000000000000E+00", "float32", 0.0), ("0", "int16", 0), ("-3.40282346638528860e+38", "float32", -3.4028235e38), ("255", "uint8", 255)],
)  # fmt: skip
def test_no_data_that_a_program_wrote_beside(tmp_path: Path, written: str, dtype: str, number: float) -> None:
    values = (Z + 1).astype(dtype)
    values[2, 3] = number
    got = read_raster(pam(tif(tmp_path / "a.tif", values), f"<NoDataValue>{written}</NoDataValue>"))
    assert np.isnan(got.values[0, 2, 3]) and np.isfinite(got.values).sum() == NX * NY - 1
    assert any("a.tif.aux.xml" in n and n.startswith("1 cells") for n in got.notes)


def test_scale_unit_and_name_that_stand_beside(tmp_path: Path) -> None:
    inside = "<Description>Cu</Description><Scale>0.1</Scale><Offset>5</Offset><UnitType>ppm</UnitType>"
    got = read_raster(pam(tif(tmp_path / "a.tif", Z.astype("int16")), inside))
    np.testing.assert_allclose(got["Cu"], Z.astype("int16") * 0.1 + 5, rtol=1e-6)
    assert [b.unit for b in got.bands] == ["ppm"] and any("Cu x 0.1 + 5" in n for n in got.notes)


@pytest.mark.parametrize(
    ("srs", "code"), [("EPSG:32643", 32643), (pyproj.CRS(32643).to_wkt("WKT1_GDAL"), 32643), (ESRI_WGS, 4326)]
)
def test_the_system_that_stands_beside(tmp_path: Path, srs: str, code: int) -> None:
    got = read_raster(pam(tif(tmp_path / "a.tif", Z, crs=None), "", f"<SRS>{srs.replace('&', '&amp;')}</SRS>"))
    assert pyproj.CRS(got.crs).equals(pyproj.CRS(code), ignore_axis_order=True)
    assert "the coordinate system is that of a.tif.aux.xml" in got.notes


@pytest.mark.parametrize("name", ["a.tfw", "a.TFW", "a.wld", "a.tifw"])
@pytest.mark.parametrize("comma", [False, True])
def test_a_world_file_places_a_picture(tmp_path: Path, name: str, comma: bool) -> None:
    file = tif(tmp_path / "a.tif", Z, crs=None, transform=rasterio.Affine.identity())
    with pytest.raises(CrsError):
        read_raster(file, options={"crs": "EPSG:4326"})
    text = "0.1\n0.0\n0.0\n-0.1\n76.05\n14.95\n"
    (tmp_path / name).write_text(text.replace(".", ",") if comma else text)
    got = read_raster(file, options={"crs": "EPSG:4326"})
    assert (got.transform.c, got.transform.f, got.transform.a) == pytest.approx((76.0, 15.0, 0.1))
    (tmp_path / "a.prj").write_text(ESRI_WGS)
    assert "the coordinate system is that of a.prj" in read_raster(file).notes


def test_what_the_file_says_itself_goes_over_what_lies_beside(tmp_path: Path) -> None:
    file = pam(tif(tmp_path / "a.tif", Z), "", "<SRS>EPSG:32643</SRS><GeoTransform>1,2,0,3,0,-2</GeoTransform>")
    got = read_raster(file)
    assert got.crs == "EPSG:4326" and got.transform.c == 76 and got.notes == ()


@pytest.mark.parametrize("text", ["<PAMDataset>", "<PAMDataset><PAMRasterBand band='x'/></PAMDataset>", "<!DOCTYPE a [<!ENTITY b 'c'>]><PAMDataset/>"])  # fmt: skip
def test_a_file_beside_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    file = tif(tmp_path / "a.tif", Z)
    file.with_name("a.tif.aux.xml").write_text(text)
    with pytest.raises(SourceError, match=r"a\.tif\.aux\.xml|entities"):
        read_raster(file)


def test_a_grid_of_decimal_commas_by_the_middles_of_its_cells(tmp_path: Path) -> None:
    text = ascii_grid(tmp_path / "a.asc").read_text()
    text = text.replace("xllcorner 75.95", "xllcenter 76,0").replace("yllcorner 13.95", "yllcenter 14,0")
    (tmp_path / "a.asc").write_text(text.replace(".", ","))
    (tmp_path / "a.prj").write_text(ESRI_WGS)
    got = read_raster(tmp_path / "a.asc")
    assert (got.transform.c, got.transform.f) == pytest.approx((75.95, 14.35))
    assert np.nanmax(got.values) == 19.25 and np.isnan(got.values).sum() == 1
