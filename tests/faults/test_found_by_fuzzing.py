"""Files that once ended in an unclear error: each is told now, with the file and the field."""

from pathlib import Path

import geopandas as gpd
import pytest

from data_sources.connectors import read_file
from data_sources.contracts import SourceError


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
