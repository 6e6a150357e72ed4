"""Headers of two rows whose upper one carries units, and lines under a table that are no rows of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from data_sources.connectors.files import read_file
from data_sources.connectors.tables import FOOT
from data_sources.contracts.shapes.remarks import remarks_of
from khanij.foundation.errors import SourceError

UPPER = ["Sl", "Pond", "Location", "", "Qty", "Area", "Avg. grade (%)", "", "Owner"]
LOWER = ["No", "", "Latitude", "Longitude", "(lakh t)", "(Ha)", "Fe(T)", "Cr2O3", ""]
ROWS = [[1, "Rakha", 22.6, 86.3, 45.5, 12, 50.1, 0.12, "HCL"], [2, "Surda", 22.5, 86.4, 120, 33, 49.0, 0.09, "HCL"]]
NAMES = ["Sl No", "Pond", "Latitude", "Longitude", "Qty (lakh t)", "Area (Ha)", "Fe(T) %", "Cr2O3 %", "Owner"]


@pytest.mark.parametrize("form", ["merged", "said again", "csv"])
def test_a_unit_above_is_that_of_each_column_below(tmp_path: Path, form: str) -> None:
    upper = [u or UPPER[i - 1] for i, u in enumerate(UPPER)] if form == "said again" else UPPER
    if form == "csv":
        lines = [",".join(map(str, row)) for row in (upper, LOWER, *ROWS)]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        got = read_file(tmp_path / "t.csv")
    else:
        book = Workbook()
        for row in (upper, LOWER, *ROWS):
            book.active.append([None if c == "" else c for c in row])
        if form == "merged":
            book.active.merge_cells("C1:D1")
            book.active.merge_cells("G1:H1")
        book.save(tmp_path / "t.xlsx")
        got = read_file(tmp_path / "t.xlsx")
    assert [c for c in got.columns if c != "geometry"] == NAMES and len(got) == 2


def test_a_row_of_words_is_no_second_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Name,Remark,Remark\nRakha,old,dry\nSurda,new,wet\n")
    assert len(read_file(tmp_path / "t.csv")) == 2


TABLE = "Dump,Fe %,Ni %\nA,50.1,0.2\nB,49.0,0.3\n"


@pytest.mark.parametrize(
    ("foot", "lines"),
    [
        ("\nMethod: XRF / ICP-OES. BDL = below detection limit (Co 20 ppm)\n", 1),
        ("Analysed by: S. Rao\nChecked by: M. Das, Chief Chemist\n", 2),
        ("\n\nNote: results on dry basis, as received, in duplicate, for the client\n\n", 1),
    ],
)
def test_lines_under_a_table_are_left_out_and_said(tmp_path: Path, foot: str, lines: int) -> None:
    (tmp_path / "lab.csv").write_text(TABLE + foot)
    got = read_file(tmp_path / "lab.csv")
    assert got["Dump"].tolist() == ["A", "B"]
    assert [r for *_, r, _ in remarks_of(got)] == [FOOT.format(lines=lines)]


@pytest.mark.parametrize("last", ["C,48.2\n", "C,48.2,0.1,0.4\n", "48.2\n", "Rakha mine du", "Rakha mine dump,po"])
def test_a_row_that_lost_a_field_is_no_foot(tmp_path: Path, last: str) -> None:
    (tmp_path / "lab.csv").write_text(TABLE + last)
    with pytest.raises(SourceError, match="another number of fields"):
        read_file(tmp_path / "lab.csv")


def test_a_table_of_one_column_keeps_its_rows(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("name\nRakha\nSurda\n")
    assert pd.DataFrame(read_file(tmp_path / "one.csv"))["name"].tolist() == ["Rakha", "Surda"]
