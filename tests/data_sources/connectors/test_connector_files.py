"""Every format gives the same rows back, with raw column names; rasters keep NaN as their only nodata."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from data_sources.cards import RasterBand, card_names, load_card
from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from data_sources.connectors.tables import parse_text_table
from data_sources.contracts import ContractError, CrsError, MissingSourceError, SourceError
from data_sources.regions import data_folder


@pytest.fixture
def samples() -> gpd.GeoDataFrame:
    columns = {"sampleno": ["57E02/1", "57E02/2", "né"], "La_ppb": [28.7, np.nan, 31.0], "as_": ["<0.5", "2", None]}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([77.0, 77.1, 77.2], [15.0, 15.1, 15.2]), crs=4326)


@pytest.mark.parametrize(
    "name", ["s.gpkg", "s.geojson", "s.geojsonl", "s.shp", "s.parquet", "s.csv", "s.tsv", "s.xlsx", "plain.parquet"]
)
def test_every_format_gives_the_rows_back(tmp_path: Path, samples: gpd.GeoDataFrame, name: str) -> None:
    file = tmp_path / name
    flat = pd.DataFrame(samples.drop(columns="geometry")).assign(
        longitude=samples.geometry.x, latitude=samples.geometry.y
    )
    if name == "plain.parquet":
        flat.to_parquet(file)
    elif name.endswith("parquet"):
        samples.to_parquet(file)
    elif name.endswith("csv"):
        flat.to_csv(file, index=False, encoding="utf-8-sig")
    elif name.endswith("tsv"):
        flat.to_csv(file, index=False, sep="\t")
    elif name.endswith("xlsx"):
        flat.to_excel(file, index=False)
    elif name.endswith("geojsonl"):
        samples.to_file(file, driver="GeoJSONSeq")
    else:
        samples.to_file(file)
    got = read_file(file)
    assert isinstance(got, gpd.GeoDataFrame) and got.crs == "EPSG:4326"
    assert list(got.sampleno) == list(samples.sampleno)
    np.testing.assert_array_equal(got.La_ppb.to_numpy(dtype=float), samples.La_ppb.to_numpy())
    assert list(got["as_"][:2]) == ["<0.5", "2"] and pd.isna(got["as_"][2])
    assert got.geometry.geom_equals_exact(samples.geometry, 1e-9).all()
    assert got.attrs["file"] == name


def test_a_layer_must_be_named_where_there_are_several(tmp_path: Path, samples: gpd.GeoDataFrame) -> None:
    file = tmp_path / "two.gpkg"
    samples.to_file(file, layer="a")
    samples.iloc[:1].to_file(file, layer="b")
    with pytest.raises(MissingSourceError, match="a, b"):
        read_file(file)
    with pytest.raises(MissingSourceError, match="a, b"):
        read_file(file, layer="c")
    assert len(read_file(file, layer="b")) == 1


def test_a_row_without_coordinates_is_kept_without_geometry(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("site,Longitude,Latitude\nA,77,15\nB,,\nC,seventy-seven,15\n")
    got = read_file(file)
    assert list(got.site) == ["A", "B", "C"]
    assert list(got.geometry.isna()) == [False, True, True]
    assert got.Longitude[2] == "seventy-seven", "the value stays as it was written, for the quarantine to show"


def test_coordinate_columns_that_are_named_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("site,e,n\nA,300000,1700000\n")
    with pytest.raises(ContractError, match="easting"):
        read_file(file, options={"x": "easting", "y": "n"})
    got = read_file(file, options={"x": "e", "y": "n", "crs": "EPSG:32643"})
    assert got.crs == "EPSG:32643"
    assert not isinstance(read_file(file), gpd.GeoDataFrame), "no coordinates are guessed from e and n"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a;b\n1;2\n", ["1"]),
        ("a|b\n1|2\n", ["1"]),
        ("a,b\nNA,2\n3,4\n", ["NA", "3"]),
        ("a,b\nNULL,2\n3,4\n", [None, "3"]),
        ("a,b\nNA,2\nMN,4\n", ["NA", "MN"]),
        ("a,b\nBLANK,2\n3,4\n", ["BLANK", "3"]),
        ("a,b\n<0.5,2\n3,4\n", ["<0.5", "3"]),
        ("a,b\n007,2\n008,4\n", ["007", "008"]),
        ("a,b\n58E10,2\n1E3,4\n", ["58E10", "1E3"]),
        ("a,b\n9007199254740993,2\n,4\n", ["9007199254740993", None]),
        ("a,b\n1_000,2\n+7,4\n", ["1_000", "+7"]),
    ],
)
def test_values_of_text_tables_stay_what_they_were(text: str, values: list[object]) -> None:
    got = list(parse_text_table(text, {}, where="x")["a"])
    assert [None if pd.isna(v) else v for v in got] == values


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8), st.integers()),
        min_size=1,
    )
)
def test_no_row_is_lost_or_shifted_in_a_well_formed_table(rows: list[tuple[str, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["t", "n"])
    text = frame.to_csv(index=False, quoting=2)
    got = parse_text_table(text, {}, where="x")
    assert [int(v) for v in got.n] == [n for _, n in rows]


def test_an_old_encoding_is_read_and_named(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes("site,x\nCuddapah – Nellore,1\n".encode("cp1252"))
    got = read_file(file)
    assert got.site[0] == "Cuddapah – Nellore" and got.attrs["encoding"] == "cp1252"


def test_a_folder_with_one_shapefile_is_that_shapefile(tmp_path: Path, samples: gpd.GeoDataFrame) -> None:
    samples.to_file(tmp_path / "only.shp")
    assert len(read_file(tmp_path)) == 3
    samples.to_file(tmp_path / "second.shp")
    with pytest.raises(SourceError, match="only, second"):
        read_file(tmp_path)
    assert len(read_file(tmp_path, layer="second")) == 3


def tif(file: Path, values: np.ndarray, **more: object) -> Path:
    profile = {
        "driver": "GTiff",
        "width": values.shape[2],
        "height": values.shape[1],
        "count": values.shape[0],
        "dtype": values.dtype,
        "crs": 32643,
        "transform": from_origin(600000, 1700000, 2000, 2000),
        **more,
    }
    with rasterio.open(file, "w", **profile) as out:
        out.write(values)
    return file


def test_nodata_and_sentinels_of_a_raster_are_nan(tmp_path: Path) -> None:
    values = np.array([[[1, -9999], [-3.4e38, np.inf]]], dtype="float32")
    got = read_raster(tif(tmp_path / "r.tif", values, nodata=-9999))
    np.testing.assert_array_equal(np.isnan(got["band_1"]), [[False, True], [True, True]])
    assert got["band_1"][0, 0] == 1 and got.notes


def test_a_raster_that_runs_north_is_turned_not_mirrored(tmp_path: Path) -> None:
    values = np.arange(6, dtype="float32").reshape(1, 3, 2)
    up = read_raster(tif(tmp_path / "u.tif", values))
    down = read_raster(
        tif(tmp_path / "d.tif", values[:, ::-1], transform=rasterio.Affine(2000, 0, 600000, 0, 2000, 1700000 - 6000))
    )
    np.testing.assert_array_equal(up.values, down.values)
    assert tuple(up.transform) == tuple(down.transform)


def test_bands_take_their_names_from_the_card_and_must_be_as_many(tmp_path: Path) -> None:
    file = tif(tmp_path / "r.tif", np.ones((2, 2, 2), "float32"))
    got = read_raster(file, bands=[RasterBand(name="eK", unit="pct"), RasterBand(name="eTh", unit="ppm")])
    assert got.names == ("eK", "eTh")
    assert [b.unit for b in got.bands] == ["%", "ppm"], "one spelling of a unit in every region"
    with pytest.raises(ContractError, match="names 1 bands, the file has 2"):
        read_raster(file, bands=[RasterBand(name="eK")])
    with pytest.raises(ContractError, match="eU"):
        got.read("eU")


def test_a_raster_without_position_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrsError):
        read_raster(tif(tmp_path / "r.tif", np.ones((1, 2, 2), "float32"), crs=None))


REAL = [n for n in card_names() if load_card(n).protocol == "file" and load_card(n).path]


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_the_real_files_are_as_their_cards_say(name: str) -> None:
    folder = data_folder()
    if folder is None:
        pytest.skip("the survey's files are not here: see docs/sources.md")
    card = load_card(name)
    file = folder / card.path
    if file.suffix == ".tif":
        raster = read_raster(file, bands=card.bands)
        assert len(raster.bands) == len(card.bands) == 21 and raster.crs == card.crs
        assert 20 < np.nanmedian(raster["TREE"]) < 500, "ppm, by what the values say"
        return
    frame = read_file(file, options={"crs": card.crs, **card.options})
    assert len(frame) == card.expected_rows
    assert set(card.field_map) <= set(frame.columns)
    assert frame.crs == card.crs
    if card.key:
        assert frame[card.key].duplicated().sum() == (1 if name == "ngcm_karnataka_andhra" else 0)


@pytest.mark.real_data
def test_the_real_deposits_lose_no_row_to_their_quotes() -> None:
    """Read with quotes, 69 of 1,447 rows lose a column; read without, all latitudes and longitudes are numbers."""
    folder = data_folder()
    if folder is None:
        pytest.skip("the survey's files are not here: see docs/sources.md")
    card = load_card("gsi_mineral_deposits")
    with pytest.raises(SourceError, match="69 rows have another number of fields"):
        read_file(folder / card.path, options={**card.options, "quoting": "minimal"})
    frame = read_file(folder / card.path, options=card.options)
    assert pd.to_numeric(frame.latitude).between(6, 38).mean() > 0.99 and not frame.geometry.isna().any()
    assert frame.mineral.value_counts()["limestone"] == 360
