"""Columns called Id that are no key, and layers that lose most of their rows for one reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from strangers import leases, read, reasons, samples, written

from data_sources.contracts import ContractError
from data_sources.contracts.admitting.raw_columns import NO_KEY
from data_sources.contracts.registry import ALL
from data_sources.readers.common import FAILS, REST
from pipelines.cli import main

SHAPES = {
    "POINT": lambda x: shapely.Point(x, 14.5), "LINE": lambda x: shapely.LineString([(x, 14), (x + 0.02, 14.02)]),
    "POLYGON": lambda x: shapely.box(x, 14, x + 0.05, 14.05),
}  # fmt: skip
MADE = [
    "catchments",
    "lithology",
    "faults",
    "folds",
    "dykes",
    "lineaments",
    "drainage",
    "shear_zones",
    "mineralized_zones",
]


def layer_of(name: str, folder: Path, column: str, ids: list[int]) -> Path:
    wanted = str(ALL[name].geometry)
    shape = SHAPES["POINT" if "POINT" in wanted else "LINE" if "LINE" in wanted else "POLYGON"]
    frame = gpd.GeoDataFrame({column: ids}, geometry=[shape(76 + i / 10) for i in range(len(ids))], crs=4326)
    frame.to_file(folder / "layer.gpkg")
    return folder / "layer.gpkg"


@pytest.mark.parametrize("name", [n for n in MADE if n in ALL and not ALL[n][ALL[n].key[0]].required])
@pytest.mark.parametrize(("column", "ids"), [("Id", [0, 0, 0, 0]), ("OBJECTID", [1, 1, 2, 2]), ("FID", [5, 5, 5, 6])])
def test_a_repeating_id_of_a_layer_whose_key_may_be_made(
    tmp_path: Path, name: str, column: str, ids: list[int]
) -> None:
    file = layer_of(name, tmp_path, column.replace("FID", "gid"), ids)
    got = read(file, name)
    assert len(got.kept) == 4 and got.kept[ALL[name].key[0]].tolist() == [f"{name}-{i}" for i in range(1, 5)]
    assert NO_KEY in reasons(got) and "made from the row number" in got.report["key_made"]


@pytest.mark.parametrize("ids", [[1, 2, 3, 4], [10, 20, 30, 40]])
def test_an_id_that_does_not_repeat_is_the_key(tmp_path: Path, ids: list[int]) -> None:
    got = read(layer_of("catchments", tmp_path, "Id", ids), "catchments")
    assert got.kept["catchment_id"].tolist() == [str(i) for i in ids] and NO_KEY not in reasons(got)


def test_leases_whose_id_is_zero_in_all_rows_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"Id is 0 in all rows.*field_map"):
        read(leases(tmp_path / "l.shp", [0, 0, 0]), "mining_leases")


def test_another_column_takes_the_place_of_an_id_that_repeats(tmp_path: Path) -> None:
    got = read(leases(tmp_path / "l.gpkg", [0, 0, 0], lease_no=["ML1", "ML2", "ML3"]), "mining_leases")
    assert got.kept["block_id"].tolist() == ["ML1", "ML2", "ML3"]
    more = read(
        leases(tmp_path / "m.gpkg", [0, 0, 0], number=["ML1", "ML2", "ML3"]),
        "mining_leases",
        field_map={"number": "block_id"},
    )
    assert more.kept["block_id"].tolist() == ["ML1", "ML2", "ML3"]


def test_a_layer_that_loses_most_of_its_rows_to_one_reason_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = samples(tmp_path, "Cu_ppm", *["30"] * 6)
    file.write_text(file.read_text().replace(",14.", ",54."))  # four of six lie abroad
    file.write_text(file.read_text().replace("S6,77.1,15.1", "S6,77.1,15.1"))
    got = read(file)
    assert not len(got.kept) and got.report["rows_in"] == 6 == got.report["rows_quarantined"]
    assert got.quarantine["row"].dropna().nunique() == 6 and got.quarantine["reason"].eq(REST).sum() == 1
    assert (
        "5 of 6 rows are held for one reason (position outside India)" in reasons(got, None, "quarantine")
        and FAILS in got.report["fails"]
    )
    assert main(["validate", str(file), "--as", "stream_sediments"]) == 1
    assert "The layer fails: 5 of 6 rows" in " ".join(capsys.readouterr().out.split())


def test_the_rest_can_be_kept_where_it_is_right(tmp_path: Path) -> None:
    file = samples(tmp_path, "Cu_ppm", *["30"] * 6)
    file.write_text(file.read_text().replace(",14.", ",54."))
    assert read(file, keep_rest=True).kept["sample_id"].tolist() == ["S6"]


@pytest.mark.parametrize(("bad", "kept"), [(3, 3), (2, 4), (4, 0)])
def test_half_of_the_rows_may_be_lost_and_no_more(tmp_path: Path, bad: int, kept: int) -> None:
    text = "site_id,name,lat,lon,waste_type_code\n" + "".join(
        f"A{i},n,{54 if i < bad else 14}.5,76.{i + 1},red_mud\n" for i in range(6)
    )
    assert len(read(written(tmp_path, text), "waste_sites").kept) == kept
