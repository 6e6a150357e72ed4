"""A row is told by the number at which a person finds it: the line of a text table or a sheet, the place of a feature."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from data_sources.contracts.shapes.row_numbers import numbers_of, places_of, with_lines
from data_sources.readers.survey import read_layer
from data_sources.readers.waste import read_inventory
from khanij.foundation.errors import SourceError

HEADER = ["site_id", "name", "lat", "lon", "waste_type_code"]
GOOD = [["A", "a", 22.0, 80.0, "red_mud"], ["B", "b", 22.1, 80.1, "red_mud"]]
WRONG = ["C", "c", 95.0, 80.2, "red_mud"]  # no latitude


def lines(*rows: list) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def sheet(file: Path, rows: list[list]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file


def texts(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def features(file: Path) -> Path:
    rows = [*GOOD, WRONG]
    shapes = [shapely.Point(r[3], 22) for r in rows]
    shapes[2] = shapely.Point(80.2, 60)  # not in India
    frame = pd.DataFrame(rows, columns=HEADER)[["site_id", "name", "waste_type_code"]]
    gpd.GeoDataFrame(frame, geometry=shapes, crs=4326).to_file(file)
    return file


KINDS = {
    "csv": (lambda d: texts(d / "t.csv", lines(HEADER, *GOOD, WRONG)), {}, 4),
    "csv with blank lines": (lambda d: texts(d / "t.csv", "\n" + lines(HEADER, GOOD[0]) + "\n\n" + lines(GOOD[1]) + "\n" + lines(WRONG)), {}, 8),
    "csv below a title": (lambda d: texts(d / "t.csv", "Ponds of the office\n\n" + lines(HEADER, *GOOD, WRONG)), {"header_row": 3}, 6),
    "csv with a cell of two lines": (lambda d: texts(d / "t.csv", lines(HEADER, ["A", '"a\nof two, lines"', *GOOD[0][2:]], GOOD[1]) + "\n" + lines(WRONG)), {}, 6),
    "csv with a header of two rows": (lambda d: texts(d / "t.csv", lines([*HEADER, "Grade (%)", ""], [*[""] * 5, "Cu", "Pb"], *([*r, 1, 2] for r in [*GOOD, WRONG]))), {}, 5),
    "tsv of Windows": (lambda d: texts(d / "t.tsv", lines(HEADER, *GOOD, WRONG).replace(",", "\t").replace("\n", "\r\n")), {}, 4),
    "xlsx": (lambda d: sheet(d / "t.xlsx", [HEADER, *GOOD, WRONG]), {}, 4),
    "xlsx below a title": (lambda d: sheet(d / "t.xlsx", [["Ponds"], [], HEADER, GOOD[0], [], GOOD[1], [], WRONG]), {"header_row": 3}, 8),
    "gpkg": (lambda d: features(d / "t.gpkg"), {}, 3),
    "geojson": (lambda d: features(d / "t.geojson"), {}, 3),
    "shp": (lambda d: features(d / "t.shp"), {"field_map": {"waste_type": "waste_type_code"}}, 3),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_row_is_told_by_its_line_or_by_the_place_of_its_feature(tmp_path: Path, kind: str) -> None:
    made, options, row = KINDS[kind]
    got = read_layer(made(tmp_path), "waste_sites", options={**options, "keep_rest": True})
    assert set(got.quarantine["row"]) == {row} and got.kept["site_id"].tolist() == ["A", "B"]
    assert got.report["held_names"] == [(row, "C, c")]


@pytest.mark.parametrize("kind", [k for k in KINDS if k[:3] in ("csv", "xls")])
def test_rows_of_the_register_are_told_alike(tmp_path: Path, kind: str) -> None:
    made, options, row = KINDS[kind]
    file = made(tmp_path)
    told = read_inventory({"waste_sites": file}, card_name="own_waste_table", options=options)
    assert set(told.quarantine["row"].dropna()) == {row}


def test_a_reason_that_names_another_row_names_its_line(tmp_path: Path) -> None:
    file = texts(tmp_path / "t.csv", lines(HEADER, GOOD[0], ["a", *GOOD[1][1:]]))
    (reason,) = read_layer(file, "waste_sites").quarantine["reason"]
    assert "it differs from row 2 only by case" in reason


def test_a_key_made_from_the_row_number_does_not_hang_on_where_the_header_stands(tmp_path: Path) -> None:
    text = "site_id,tonnage_mode_mt\nA,1\nB,2\n"
    plain, below = texts(tmp_path / "a.csv", text), texts(tmp_path / "b.csv", f"Stock\n\n{text}")
    made = [
        read_layer(f, "tonnages", options=o).kept["tonnage_id"].tolist()
        for f, o in ((plain, {}), (below, {"header_row": 3}))
    ]
    assert made[0] == made[1] == ["tonnages-1", "tonnages-2"]


def test_an_error_and_a_held_row_count_alike(tmp_path: Path) -> None:
    file = texts(tmp_path / "t.csv", lines(HEADER, *GOOD) + "C,c,95.0\n")
    with pytest.raises(SourceError) as refused:
        read_layer(file, "waste_sites")
    assert refused.value.row == 4


@given(st.sets(st.integers(1, 60)))
def test_numbers_and_places_are_each_others_inverse(lines: set[int]) -> None:
    frame = pd.DataFrame({"a": range(len(lines))})
    with_lines(frame, sorted(lines))
    assert numbers_of(frame).tolist() == sorted(lines)
    assert places_of(frame, numbers_of(frame)).tolist() == list(range(len(lines)))
    cut = frame[frame["a"] % 2 == 1]
    assert places_of(cut, np.array(sorted(lines), dtype=int)[1::2]).tolist() == cut["a"].tolist()
