"""Files that once ended in an unclear error, or lost rows without a word: each is told now, with file, row and field."""

from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
import shapely
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation

from data_sources.connectors.files import read_file
from data_sources.contracts import CrsError, SourceError
from data_sources.contracts.shapes.datums import in_degrees


@pytest.fixture
def lines() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"first": ["granite", "schist"], "other": ["a", "b"]},
        geometry=gpd.points_from_xy([77, 78], [17, 18]).buffer(0.1),
        crs=4326,
    )


def test_a_table_with_two_columns_of_one_name(tmp_path: Path, lines: gpd.GeoDataFrame) -> None:
    lines.to_file(tmp_path / "x.shp")
    table = tmp_path / "x.dbf"
    table.write_bytes(table.read_bytes().replace(b"other\0\0\0\0\0\0", b"first\0\0\0\0\0\0"))
    with pytest.raises(SourceError, match=r"same name.*x\.shp.*first"):
        read_file(tmp_path / "x.shp")


def test_geoparquet_whose_text_is_not_utf_8(tmp_path: Path, lines: gpd.GeoDataFrame) -> None:
    lines.to_parquet(tmp_path / "x.parquet", compression=None)
    data = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(data.replace(b"granite", b"gran\xe9te"))
    with pytest.raises(SourceError, match=r"no text in the file's encoding.*x\.parquet.*first"):
        read_file(tmp_path / "x.parquet")


def test_geoparquet_with_an_open_ring(tmp_path: Path, lines: gpd.GeoDataFrame) -> None:
    lines.to_parquet(tmp_path / "x.parquet", compression=None)
    data, shape = (tmp_path / "x.parquet").read_bytes(), lines.geometry.iloc[0].wkb
    assert shape in data
    (tmp_path / "x.parquet").write_bytes(data.replace(shape, shape[:-8] + b"\0" * 8))
    with pytest.raises(SourceError, match=r"geometry cannot be read.*x\.parquet"):
        read_file(tmp_path / "x.parquet")


FEATURE = '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[77,17]}}'


@pytest.mark.parametrize(
    "wrong", [FEATURE[:-3], "@@", '{"a":1}', FEATURE + FEATURE, FEATURE.replace("Feature", "Fxature")]
)
def test_a_line_of_geojson_that_is_no_feature_is_not_passed_over(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "x.geojsonl"
    file.write_text("\n".join([FEATURE, FEATURE, wrong, FEATURE, ""]))
    with pytest.raises(SourceError, match=r"x\.geojsonl, row 3"):
        read_file(file)
    file.write_text("".join(f"\x1e{FEATURE}\n" for _ in range(3)))
    assert len(read_file(file)) == 3


def test_a_member_of_a_geojson_collection_that_is_no_feature_is_not_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "x.geojson"
    other = FEATURE.replace("Feature", "Fxature")
    file.write_text(f'{{"type":"FeatureCollection","features":[{FEATURE},{other}]}}')
    with pytest.raises(SourceError, match=r"not a GeoJSON feature.*x\.geojson, row 2"):
        read_file(file)


def test_a_shapefile_whose_index_is_shorter_than_its_table(tmp_path: Path, lines: gpd.GeoDataFrame) -> None:
    lines.to_file(tmp_path / "x.shp")
    index = bytearray((tmp_path / "x.shx").read_bytes()[:-8])
    index[24:28] = (len(index) // 2).to_bytes(4, "big")
    (tmp_path / "x.shx").write_bytes(index)
    with pytest.raises(SourceError, match=r"1 records and the \.dbf 2.*x\.shp"):
        read_file(tmp_path / "x.shp")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b,c\n1,2,3\n4,\0,6\n7,8,9\n", "NUL character.*row 3"),
        ('a,b,c\n1,2,3\n4,"5,6\n7,8,9\n1,2",3\n7,8,9\n', "a quote opens here.*row 3"),
    ],
)
def test_rows_that_a_text_table_would_swallow(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(SourceError, match=told):
        read_file(tmp_path / "x.csv")


def test_a_text_of_several_lines_is_kept(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('a,b,c\n1,"two\nlines, and one comma",3\n4,5,6\n')
    assert len(read_file(tmp_path / "x.csv")) == 2


def test_a_projection_that_nobody_knows_is_refused_in_words() -> None:
    """MapInfo numbers projections; of a bound system on one that PROJ does not know pyproj's list of ways is no list."""
    axes = 'CS[Cartesian,2],AXIS["easting",east],AXIS["northing",north],LENGTHUNIT["metre",1]'
    base = 'BASEGEOGCRS["unnamed",DATUM["of a number",ELLIPSOID["unknown",6378137,298.257223563]]]'
    plain = f'PROJCRS["unnamed",{base},CONVERSION["unnamed",METHOD["Unhandled_MapInfo_projection_method_255"]],{axes}]'
    shift = ToWGS84Transformation(pyproj.CRS.from_wkt(plain).geodetic_crs, 0, 0, 0)
    bound = BoundCRS(pyproj.CRS.from_wkt(plain), pyproj.CRS("EPSG:4326"), shift)
    with pytest.raises(CrsError, match=r"the coordinate system cannot be used.*name a known CRS in the card"):
        in_degrees(gpd.GeoSeries([shapely.Point(1e5, 2e6)], crs=bound), file="leases.tab")
