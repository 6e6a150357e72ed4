"""Identifiers, sheets and codes come out as they went in, whatever file carries them, and through the archive."""

from __future__ import annotations

import json
import string
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strangers import leases, old_workbook, read, samples, workbook, written

from data_sources.cards import parse_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.files import read_file
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.plain import parse_json_records, table_of
from data_sources.contracts.admitting.values import UNREADABLE
from data_sources.readers.survey import admit_frame


def occurrences(ids: list[str]) -> str:
    rows = "".join(f'"{i}",gold,76.{n % 90 + 10},14.5\n' for n, i in enumerate(ids))
    return f"occurrence_id,commodity,longitude,latitude\n{rows}"


@pytest.mark.parametrize(
    "ids",
    [
        ["007", "7", "1E3", "1000"],
        ["58E100123", "58E100124", "57E10"],
        ["+5", "-5", "5.0", "5.00", "5"],
        ["0x1F", "1_000", "inf", "nan0", "1e400"],
        ["9007199254740993", "9007199254740992", "123456789012345678901"],
    ],
    ids=["zeros", "the letter E", "signs and decimals", "words of languages", "long"],
)
def test_ids_of_a_text_table_stay_texts(tmp_path: Path, ids: list[str]) -> None:
    got = read(written(tmp_path, occurrences(ids)), "occurrences")
    assert got.kept["occurrence_id"].tolist() == ids and not got.report["rows_quarantined"]


def test_sheets_lettered_e_are_no_powers_of_ten(tmp_path: Path) -> None:
    rows = [("58E100123", "58E10", 78.6), ("58E100124", "58E10", 78.7), ("58E140125", "58E14", 78.9)]
    text = "sample_id,toposheet,longitude,latitude,Cu_ppm\n" + "".join(f"{a},{b},{x},14.6,30\n" for a, b, x in rows)
    got = read(written(tmp_path, text))
    assert got.kept["sample_id"].tolist() == [r[0] for r in rows]
    assert got.kept["sheet"].tolist() == ["58E/10", "58E/10", "58E/14"]


def test_whole_numbers_beside_a_gap_keep_their_last_digit(tmp_path: Path) -> None:
    ids = [9007199254740993, 9007199254740992, None]
    features = [
        {"type": "Feature", "properties": {"block_id": i}, "geometry": shapely.geometry.mapping(shapely.box(76 + n / 10, 14, 76.05 + n / 10, 14.05))}
        for n, i in enumerate(ids)
    ]  # fmt: skip
    file = written(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "leases.geojson")
    got = read(file, "mining_leases")
    assert got.kept["block_id"].tolist() == ["9007199254740993", "9007199254740992"]
    assert got.quarantine["row"].tolist() == [3]


@pytest.mark.parametrize("name", ["l.gpkg", "l.geojson", "l.parquet", "l.shp"])
def test_ids_of_typed_files_with_gaps(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    shapes = [shapely.box(76 + i / 10, 14, 76.05 + i / 10, 14.05) for i in range(3)]
    ids = [10**16, 10**16 + 1, None] if name != "l.shp" else [10**15, 10**15 + 1, None]
    frame = gpd.GeoDataFrame({"lease_id": pd.array(ids, dtype="Int64")}, geometry=shapes, crs=4326)
    frame.to_parquet(file) if name.endswith("parquet") else frame.to_file(file)
    assert read(file, "mining_leases").kept["block_id"].tolist() == [str(ids[0]), str(ids[1])]


def test_numbers_of_a_json_answer_are_text_until_a_field_asks(tmp_path: Path) -> None:
    body = b'[{"id": 9007199254740993, "lat": 14.50, "tags": {"name": "a"}}, {"id": 1E3, "lat": null}, {"id": 12345678901234567890}]'
    frame, _ = parse_json_records(body, "f", "l")
    assert frame["id"].tolist() == ["9007199254740993", "1E3", "12345678901234567890"]
    assert frame["lat"].tolist()[0] == "14.50" and frame["tags.name"].tolist()[0] == "a"


@pytest.mark.parametrize("name", ["codes.xlsx", "codes.xls"])
def test_ids_of_a_workbook_are_as_the_cells_show_them(tmp_path: Path, name: str) -> None:
    rows = [["occurrence_id", "commodity", "longitude", "latitude"], ["58E10", "gold", 76.5, 14.5], [7, "gold", 76.6, 14.5], [7.5, "gold", 76.7, 14.5], [1234567890123, "gold", 76.8, 14.5]]  # fmt: skip
    file = tmp_path / name
    workbook(file, rows, {"A3": "000"}) if name.endswith("x") else old_workbook(file, rows, {(2, 0): "000"})
    assert read(file, "occurrences").kept["occurrence_id"].tolist() == ["58E10", "007", "7.5", "1234567890123"]


ID = st.one_of(
    st.text(string.ascii_uppercase[:6] + string.digits + "/-_", min_size=1, max_size=9),
    st.integers(0, 10**19).map(str),
    st.integers(0, 999).map(lambda n: f"{n:05d}"),
    st.tuples(st.integers(1, 99), st.integers(0, 400)).map(lambda p: f"{p[0]}E{p[1]}"),
)


def is_word(text: str) -> bool:
    return text.strip("-_/") != "" and text != "-"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ID.filter(is_word), min_size=2, max_size=12, unique_by=lambda t: t.lower()))
def test_any_id_comes_back_from_every_kind_of_table(tmp_path: Path, ids: list[str]) -> None:
    text = occurrences(ids)
    rows = [line.replace('"', "").split(",") for line in text.splitlines()]
    places = [(float(r[2]), 14.5) for r in rows[1:]]
    frame = gpd.GeoDataFrame(
        {"occurrence_id": ids, "commodity": "gold"}, geometry=gpd.points_from_xy(*zip(*places)), crs=4326
    )
    files = [
        written(tmp_path, text), written(tmp_path, text.replace(",", "\t"), "t.tsv"), workbook(tmp_path / "w.xlsx", rows),
        old_workbook(tmp_path / "w.xls", rows),
    ]  # fmt: skip
    for name in ("g.gpkg", "g.geojson", "g.parquet", "g.shp"):
        file = tmp_path / name
        file.unlink(missing_ok=True)
        (
            frame.to_parquet(file)
            if name.endswith("parquet")
            else frame.rename(columns={"occurrence_id": "id"}).to_file(file)
        )
        files.append(file)
    for file in files:
        got = read(file, "occurrences")
        assert got.kept["occurrence_id"].tolist() == ids, file.name


@pytest.mark.parametrize(("name", "layer"), [("stream_sediments", "sample_id"), ("waste_sites", "site_id"), ("tonnages", "tonnage_id"), ("grades", "grade_id")])  # fmt: skip
def test_ids_of_every_layer_stay_texts(tmp_path: Path, name: str, layer: str) -> None:
    more = {
        "stream_sediments": "Cu_ppm", "waste_sites": "name,waste_type_code", "tonnages": "site_id,tonnage_mode_mt",
        "grades": "site_id,element,value_mode,unit",
    }[name]  # fmt: skip
    cells = {"stream_sediments": "30", "waste_sites": "A,red_mud", "tonnages": "007,1.5", "grades": "1E3,Cu,5,ppm"}[
        name
    ]
    ids = ["007", "7", "1E3", "1000", "0001"]
    text = f"{layer},longitude,latitude,{more}\n" + "".join(f"{i},76.{n + 1},14.5,{cells}\n" for n, i in enumerate(ids))
    kept = read(written(tmp_path, text), name).kept
    assert kept[layer].tolist() == ids
    if name in ("tonnages", "grades"):
        assert set(kept["site_id"]) == {"007" if name == "tonnages" else "1E3"}


def test_ids_go_through_the_archive_as_they_are(tmp_path: Path) -> None:
    file = written(tmp_path, occurrences(["007", "1E3", "9007199254740993"]))
    card = parse_card(
        "name: mine\ntitle: t\npublisher: p\nlicence: l\nredistribute: 'no'\ncitation: c\nprotocol: file\n"
        f"path: {file.name}\ncontract: occurrences\n",
        file="mine.yaml",
    )
    got = fetch(card, Archive(tmp_path / "archive"), folder=tmp_path)
    assert got.frame()["occurrence_id"].tolist() == ["007", "1E3", "9007199254740993"]
    assert admit_frame(got.frame(), "occurrences").kept["occurrence_id"].tolist() == ["007", "1E3", "9007199254740993"]


def test_whole_numbers_with_gaps_go_through_the_archive_exactly(tmp_path: Path) -> None:
    file = leases(tmp_path / "l.gpkg", pd.array([9007199254740993, None], dtype="Int64"), column="lease_id")
    table, _ = table_of(read_file(file))
    assert table["lease_id"].to_pylist() == [9007199254740993, None]


def test_a_number_with_underscores_is_none(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_ppm", "1_000", "30", "31"))
    assert got.kept["Cu_ppm"].isna().tolist() == [True, False, False]
    assert got.flags.loc[got.flags["reason"] == UNREADABLE, "value"].tolist() == ["1_000"]


def test_a_spreadsheets_quoted_formula_is_its_text(tmp_path: Path) -> None:
    text = 'occurrence_id,commodity,longitude,latitude\n"=""007""",gold,76.5,14.5\n'
    assert read(written(tmp_path, text), "occurrences").kept["occurrence_id"].tolist() == ["007"]


def test_a_date_in_an_id_is_told(tmp_path: Path) -> None:
    import datetime as dt

    rows = [
        ["sample_id", "longitude", "latitude", "Cu_ppm"],
        [dt.datetime(2024, 3, 12), 76.5, 14.5, 30],
        ["S2", 76.6, 14.6, 31],
    ]
    got = read(workbook(tmp_path / "w.xlsx", rows))
    assert got.kept["sample_id"].tolist() == ["2024-03-12", "S2"]
    assert got.flags.loc[got.flags["reason"].str.contains("a date in the cell"), "row"].tolist() == [1]
