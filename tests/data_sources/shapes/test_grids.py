"""Grids of other programs: each door with a good, a damaged and an empty file; no data by evidence, said in one line."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from scipy.io import netcdf_file

from data_sources.connectors.grids.no_data import without_no_data
from data_sources.connectors.rasters import read_raster
from data_sources.contracts import CrsError, SourceError
from data_sources.contracts.admitting.values import NUMBER_SENTINELS

NY, NX = 4, 5
Z = np.arange(NY * NX, dtype="float32").reshape(NY, NX) + 0.25  # row 0 is the southern one
BLANK = 1.70141e38
WGS = {"crs": "EPSG:4326"}


def tif(file: Path, values: np.ndarray, **more: object) -> Path:
    values = np.atleast_3d(values) if values.ndim == 3 else values[None]
    profile = {"driver": "GTiff", "count": len(values), "height": values.shape[1], "width": values.shape[2]}
    profile |= {"dtype": values.dtype.name, "crs": "EPSG:4326", "transform": from_origin(76, 15, 0.1, 0.1)} | more
    with rasterio.open(file, "w", **profile) as out:
        out.write(values)
    return file


def holed() -> np.ndarray:
    values = Z.copy()
    values[1, 1] = BLANK
    return values


def surfer6(file: Path) -> Path:
    head = b"DSBB" + struct.pack("<hhdddddd", NX, NY, 76.0, 76.4, 14.0, 14.3, 0, 20)
    file.write_bytes(head + holed().astype("<f4").tobytes())
    return file


def surfer7(file: Path) -> Path:
    grid = struct.pack("<ii", NY, NX) + struct.pack("<8d", 76.0, 14.0, 0.1, 0.1, 0, 20, 0, BLANK)
    head = b"DSRB" + struct.pack("<ii", 4, 2) + b"GRID" + struct.pack("<i", 72) + grid
    file.write_bytes(head + b"DATA" + struct.pack("<i", NY * NX * 8) + holed().astype("<f8").tobytes())
    return file


def surfer_text(file: Path) -> Path:
    rows = "\n".join(" ".join(f"{v:.6g}" for v in row) for row in holed())
    file.write_text(f"DSAA\n{NX} {NY}\n76.0 76.4\n14.0 14.3\n0 20\n{rows}\n")
    return file


def netcdf(file: Path) -> Path:
    with netcdf_file(file, "w") as out:
        out.createDimension("lat", NY)
        out.createDimension("lon", NX)
        for name, start, unit in (("lat", 14.0, "degrees_north"), ("lon", 76.0, "degrees_east")):
            axis = out.createVariable(name, "d", (name,))
            axis[:] = start + 0.1 * np.arange(NY if name == "lat" else NX)
            axis.units = unit
        first = out.createVariable("gravity", "f", ("lat", "lon"))
        first[:] = np.where(holed() == np.float32(BLANK), np.float32(-999.25), Z)
        first.units, first._FillValue = "mGal", np.float32(-999.25)
        second = out.createVariable("magnetic", "f", ("lat", "lon"))
        second[:] = np.where(holed() == np.float32(BLANK), np.float32(9.969209968386869e36), Z)
        second.units = "nT"
    return file


def netcdf4(file: Path) -> Path:
    values = np.where(holed()[::-1] == np.float32(BLANK), np.float32(-999.25), Z[::-1])
    made = tif(file.with_suffix(".tif"), values, transform=from_origin(75.95, 14.35, 0.1, 0.1), nodata=-999.25)
    rasterio.shutil.copy(made, file, driver="netCDF", format="NC4")
    assert file.read_bytes()[:4] == b"\x89HDF"
    return file


def geosoft(file: Path, *, compressed: bool = False, order: int = 1) -> Path:
    values = np.where(holed() == np.float32(BLANK), np.float32(-1e32), Z).astype("<f4")
    elements, vectors = (NX, NY) if order == 1 else (NY, NX)
    raw = values.tobytes() if order == 1 else values.T.copy().tobytes()
    head = bytearray(512)
    struct.pack_into(
        "<5i5d2d", head, 0, 1028 if compressed else 4, 2, elements, vectors, order, 0.1, 0.1, 76.0, 14.0, 0, 0, 1
    )
    if compressed:
        block = b"\0" * 16 + zlib.compress(raw)
        raw = struct.pack("<4iqi", 0, 0, 1, vectors, 512 + 16 + 12, len(block)) + block
    file.write_bytes(bytes(head) + raw)
    return file


def ascii_grid(file: Path) -> Path:
    rows = "\n".join(" ".join("-9999" if v > 1e30 else f"{v:.6g}" for v in row) for row in holed()[::-1])
    file.write_text(
        f"ncols {NX}\nnrows {NY}\nxllcorner 75.95\nyllcorner 13.95\ncellsize 0.1\nNODATA_value -9999\n{rows}\n"
    )
    return file


def envi(file: Path, where: str = "Geographic Lat/Lon, 1, 1, 75.95, 14.35, 0.1, 0.1, WGS-84") -> Path:
    file.write_bytes(holed()[::-1].astype("<f4").tobytes())
    file.with_suffix(".hdr").write_text(
        f"ENVI\nsamples = {NX}\nlines = {NY}\nbands = 1\nheader offset = 0\ndata type = 4\ninterleave = bsq\n"
        f"byte order = 0\nmap info = {{{where}}}\n"
    )
    return file


DOORS = {
    "Surfer 6": (surfer6, "a.grd", 0),
    "Surfer 7": (surfer7, "a.grd", 0),
    "Surfer text": (surfer_text, "a.grd", 0),
    "netCDF": (netcdf, "a.nc", 0),
    "netCDF called .grd, as GMT does": (netcdf, "a.grd", 0),
    "netCDF-4": (netcdf4, "a.nc", 0),
    "Geosoft": (geosoft, "a.grd", 0),
    "Geosoft, compressed": (lambda f: geosoft(f, compressed=True), "a.grd", 0),
    "Geosoft, by columns": (lambda f: geosoft(f, order=-1), "a.grd", 0),
    "ASCII": (ascii_grid, "a.asc", 0),
    "ENVI": (envi, "a.img", 0),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_grid_of_another_program_is_read_north_up_at_its_place(tmp_path: Path, door: str) -> None:
    write, name, _ = DOORS[door]
    if door.startswith("Geosoft"):
        pytest.importorskip("harmonica")
    got = read_raster(write(tmp_path / name), options=WGS)
    assert got.shape == (NY, NX) and got.transform.e < 0
    assert (got.transform.c, got.transform.f) == pytest.approx((75.95, 14.35)), "nodes are the middles of cells"
    expected = Z[::-1].copy()
    expected[2, 1] = np.nan
    for band in got.names:
        np.testing.assert_allclose(got[band], expected, rtol=1e-6)


@pytest.mark.parametrize("door", DOORS)
def test_a_damaged_grid_is_told(tmp_path: Path, door: str) -> None:
    write, name, _ = DOORS[door]
    file = write(tmp_path / name)
    whole = file.read_bytes()
    for keep in (0, 3, 20, len(whole) // 2):
        file.write_bytes(whole[:keep])
        try:
            got = read_raster(file, options=WGS)
        except (SourceError, CrsError) as error:
            assert "What to do" in str(error)
        else:
            assert got.shape == (NY, NX) and not np.array_equal(got.values[0], Z[::-1])


@pytest.mark.parametrize("door", [d for d in DOORS if "netCDF" not in d and d != "ENVI"])
def test_a_grid_without_a_system_asks_for_the_cards(tmp_path: Path, door: str) -> None:
    write, name, _ = DOORS[door]
    if door.startswith("Geosoft"):
        pytest.importorskip("harmonica")
    with pytest.raises(CrsError, match="name it as crs in the card"):
        read_raster(write(tmp_path / name))


def test_a_geosoft_grid_names_the_extra_that_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "harmonica", None)
    with pytest.raises(SourceError, match=r"khanij\[geosoft\]"):
        read_raster(geosoft(tmp_path / "g.grd"), options=WGS)


def test_variables_of_a_netcdf_are_bands_by_name_with_their_units(tmp_path: Path) -> None:
    got = read_raster(netcdf(tmp_path / "n.nc"))
    assert got.names == ("gravity", "magnetic") and [b.unit for b in got.bands] == ["mGal", "nT"]
    assert got.crs == "EPSG:4326" and "degrees without a datum are read as WGS 84" in got.notes


@pytest.mark.parametrize("said", ["EPSG:32643", "ESRI:37203"])
def test_the_cards_system_goes_over_the_files(tmp_path: Path, said: str) -> None:
    got = read_raster(tif(tmp_path / "t.tif", Z), options={"crs": said})
    assert got.crs == said and any("the card's CRS is taken" in n for n in got.notes)
    assert (said == "ESRI:37203") == any("published parameters" in n for n in got.notes)


def test_an_envi_header_names_its_datum_in_words(tmp_path: Path) -> None:
    where = "Geographic Lat/Lon, 1, 1, 75.95, 14.35, 0.1, 0.1, Everest - India and Nepal, units=Degrees"
    got = read_raster(envi(tmp_path / "e.img", where))
    assert got.crs == "ESRI:37203" and any("NIMA TR8350.2" in n for n in got.notes)


# --- no data
@pytest.mark.parametrize(
    "number", [BLANK, 1e30, -1e30, 3.4028235e38, -3.4028235e38, 9.969209968386869e36, 1e31, -np.inf]
)
@pytest.mark.parametrize("bands", [1, 2])
def test_numbers_beyond_any_measurement_are_no_data_and_said(tmp_path: Path, number: float, bands: int) -> None:
    values = np.stack([Z] * bands)
    values[0, 0, 1] = number
    got = read_raster(tif(tmp_path / "h.tif", values))
    assert np.isnan(got.values[0, 0, 1]) and np.isfinite(got.values).sum() == values.size - 1
    (note,) = got.notes
    assert "1 cells (5 %)" in note and "no data" in note and f"{np.float32(number):.7g}" in note


@pytest.mark.parametrize("number", NUMBER_SENTINELS)
def test_every_sentinel_of_the_tables_is_one_in_a_grid_too(tmp_path: Path, number: float) -> None:
    values = Z.copy()
    values[2, 3] = number
    got = read_raster(tif(tmp_path / "s.tif", values))
    assert np.isnan(got.values[0, 2, 3]) and np.isfinite(got.values).sum() == values.size - 1
    assert len(got.notes) == 1 and "no data" in got.notes[0]
    assert ("beyond any measurement" if number > 1e30 else "0.25 to 19.25") in got.notes[0]


@pytest.mark.parametrize(
    ("dtype", "number"),
    [("int16", -32768), ("int16", -32767), ("uint16", 65535), ("int32", -2147483648), ("float64", 1e20)],
)
def test_whole_number_types_have_their_own_ends(tmp_path: Path, dtype: str, number: float) -> None:
    values = np.arange(20).reshape(NY, NX).astype(dtype)
    values[0, 0] = number
    got = read_raster(tif(tmp_path / "i.tif", values))
    assert np.isnan(got.values[0, 0, 0]) and "no data" in got.notes[0]


def test_a_sentinel_that_the_values_reach_stays_and_is_said(tmp_path: Path) -> None:
    values = np.linspace(-150, -20, 20, dtype="float32").reshape(NY, NX)
    values[1, 1] = -99
    got = read_raster(tif(tmp_path / "g.tif", values))
    assert got.values[0, 1, 1] == -99 and "kept" in got.notes[0]


def test_a_sentinel_inside_the_range_that_repeats_among_fractions_is_no_data(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(-90, 30, (20, 20)).astype("float32")
    values[:4, :5] = -99
    got = read_raster(tif(tmp_path / "g.tif", values))
    assert np.isnan(got.values[0, :4, :5]).all() and np.isfinite(got.values).sum() == 380
    assert "20 cells (5 %) hold -99" in got.notes[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-50, 5000, width=32), min_size=4, max_size=40), st.sampled_from(NUMBER_SENTINELS))
def test_plain_values_are_never_taken_for_no_data(numbers: list[float], sentinel: float) -> None:
    plain = [v for v in numbers if v not in NUMBER_SENTINELS]
    values = np.array([[[*plain, sentinel]]], dtype="float32")
    got, notes = without_no_data(values.copy(), ("a",))
    assert np.array_equal(got[0, 0, :-1], values[0, 0, :-1]) and len(notes) == 1


@pytest.mark.parametrize("inside", [True, False])
def test_a_mask_beside_the_file_counts_like_one_inside(tmp_path: Path, inside: bool) -> None:
    file = tif(tmp_path / "m.tif", Z)
    mask = np.full((NY, NX), 255, dtype="uint8")
    mask[1, 1] = mask[2, 3] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=inside), rasterio.open(file, "r+") as out:
        out.write_mask(mask)
    assert file.with_name("m.tif.msk").exists() != inside
    got = read_raster(file)
    assert np.isnan(got.values[0, 1, 1]) and np.isnan(got.values[0, 2, 3]) and np.isfinite(got.values).sum() == 18


@pytest.mark.parametrize("content", [b"", b"II*\0 not a picture", None])
def test_a_mask_that_does_not_fit_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    file = tif(tmp_path / "m.tif", Z)
    if content is None:
        tif(tmp_path / "m.tif.msk", np.ones((2, 2), dtype="uint8"))
    else:
        file.with_name("m.tif.msk").write_bytes(content)
    with pytest.raises(SourceError, match=r"m\.tif\.msk.*GDAL_TIFF_INTERNAL_MASK"):
        read_raster(file)


def test_a_library_that_would_end_the_process_ends_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from data_sources.connectors.grids import netcdf as module

    monkeypatch.setattr(module, "_LOOK", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(SourceError, match="ended the process"):
        read_raster(netcdf4(tmp_path / "a.nc"))


def test_a_damaged_classic_netcdf_never_reaches_the_driver(tmp_path: Path) -> None:
    file = netcdf(tmp_path / "a.nc")
    whole = file.read_bytes()
    for at in (8, 11, 15, 19, 40):
        file.write_bytes(whole[:at] + b"\xff" * 4 + whole[at + 4 :])
        with pytest.raises((SourceError, CrsError), match="What to do"):
            read_raster(file)
    file.write_bytes(b"CDF\x05" + whole[4:])
    with pytest.raises(SourceError, match="nccopy"):
        read_raster(file)
