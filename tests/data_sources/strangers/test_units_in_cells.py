"""The unit that stands in a cell, or in its number format, wins: plain, below and above alike."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from strangers import old_workbook, read, reasons, samples, strict, workbook, written

from data_sources.connectors.spreadsheets.cell_text import cell_text, scaled_by_thousands
from data_sources.contracts.admitting import values
from data_sources.contracts.admitting.cells.units import factor_to, is_unit

PPM = {"ppm": 1.0, "ppb": 1e-3, "%": 1e4, "g/t": 1.0}
SIGNS = {"": "plain", "<": "below", ">": "above"}


def expected(sign: str, number: float, cell: str, column: str) -> float:
    return number * PPM[cell or column]


@pytest.mark.parametrize("column", sorted(PPM))
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_sign_and_unit_under_every_unit_of_the_column(tmp_path: Path, kind: str, column: str) -> None:
    """All of {plain, <, >} x {ppm, ppb, %, g/t, none}, one file a unit of the column."""
    # Gold has no expectation that holds a column of so few values; the numbers differ, so that none stands for another.
    cases = list(product(SIGNS, ["", *PPM]))
    numbers = [round(0.5 + 0.01 * i, 2) for i in range(len(cases))]
    cells = [f"{sign}{n}{' ' if i % 2 else ''}{unit}" for i, ((sign, unit), n) in enumerate(zip(cases, numbers))]
    for i, ((sign, unit), n) in enumerate(zip(cases, numbers)):
        want = expected(sign, n, unit, column)
        head = f"sample_id,longitude,latitude,Te ({column})"
        if kind == "csv":
            file = written(tmp_path, f"{head}\nS1,76.5,14.5,{cells[i]}\n")
        else:
            file = workbook(tmp_path / "t.xlsx", [head.split(","), ["S1", 76.5, 14.5, cells[i]]])
        got = read(file)
        assert got.kept["Te_ppm"].iloc[0] == pytest.approx(want, rel=1e-9), cells[i]
        assert bool(got.kept["Te_ppm_censored"].iloc[0]) is (sign == "<"), cells[i]
        assert (values.ABOVE in reasons(got, 1)) is (sign == ">"), cells[i]
        assert (values.CONVERTED in reasons(got, 1)) is (bool(unit) and PPM[unit] != PPM[column]), cells[i]


@pytest.mark.parametrize(("sign", "unit"), list(product(SIGNS, ["", *PPM])))
@pytest.mark.parametrize("column", sorted(PPM))
def test_grades_take_the_unit_of_the_cell(tmp_path: Path, sign: str, unit: str, column: str) -> None:
    text = f"grade_id,site_id,element,value_mode,unit\nG1,S1,Cu,{sign}0.35{unit},{column}\n"
    row = read(written(tmp_path, text), "grades")
    if sign == "<":  # a limit is no value: the figure is at most that
        assert np.isnan(row.kept["ppm_mode"].iloc[0]) and row.kept["basis_code"].iloc[0] == "upper_limit"
        assert row.kept["ppm_max"].iloc[0] == pytest.approx(0.35 * PPM[unit or column])
    else:
        assert row.kept["ppm_mode"].iloc[0] == pytest.approx(0.35 * PPM[unit or column])


def test_a_percent_under_ppm_is_above_the_limit_and_not_below_detection(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_ppm", ">1%", "35", "33", "31"))
    assert got.kept["Cu_ppm"].tolist() == [10_000.0, 35.0, 33.0, 31.0]
    assert not got.kept["Cu_ppm_censored"].any() and values.ABOVE in reasons(got, 1)


@pytest.mark.parametrize(
    ("cell", "ppm"),
    [("0.35 pct", 3500.0), ("0.35 per cent", 3500.0), ("3,500 ppm", 3500.0), ("3500 mg/kg", 3500.0), ("3500 µg/g", 3500.0),
     ("3.5e3 g/t", 3500.0), ("3500000 ppb", 3500.0), ("(0.35%)", np.nan), ("3500 ng/g", 3.5)],
)  # fmt: skip
def test_units_in_other_spellings(tmp_path: Path, cell: str, ppm: float) -> None:
    got = read(samples(tmp_path, "Cu_ppm", f'"{cell}"', "35", "33"))
    np.testing.assert_allclose(got.kept["Cu_ppm"].iloc[0], ppm)


@pytest.mark.parametrize(("cell", "mt"), [("1250000 t", 1.25), ("12.5 lakh t", 1.25), ("1.25 Mt", 1.25), ("1250 kt", 1.25), ("0.125 crore t", 1.25), ("1.25 million tonnes", 1.25)])  # fmt: skip
def test_tonnes_in_the_cell(tmp_path: Path, cell: str, mt: float) -> None:
    got = read(written(tmp_path, f"tonnage_id,site_id,tonnage_mode_mt\nT1,S1,{cell}\n"), "tonnages")
    assert got.kept["tonnage_mode_mt"].iloc[0] == pytest.approx(mt)


@pytest.mark.parametrize("cell", ["1.25 MT", "12 ppm", "5 ha"])
def test_a_unit_that_is_ambiguous_or_of_another_kind_is_missing_and_told(tmp_path: Path, cell: str) -> None:
    got = read(written(tmp_path, f"tonnage_id,site_id,tonnage_mode_mt\nT1,S1,{cell}\n"), "tonnages")
    assert np.isnan(got.kept["tonnage_mode_mt"].iloc[0]) and values.OTHER_UNIT in reasons(got, 1)


def test_factors_between_units() -> None:
    assert factor_to("%", "ppm") == 1e4 and factor_to("ppm", "%") == 1e-4 and factor_to("km2", "ha") == 100.0
    assert factor_to("%", "") == 0.01 and factor_to("acres", "ha") == pytest.approx(0.40468564224)
    assert factor_to("ppm", "ha") is None and factor_to("Mt", "million t, dry") == 1.0 and is_unit("MT")


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.0035, "0.00%", "0.35%"), (0.35, "0%", "35%"), (1.0, "0.0%", "100%"), (5, '"<"0', "<5"), (0.5, r"\>0.0", ">0.5"),
        (0.35, '0.00" ppm"', "0.35 ppm"), (0.4, '0.0"%"', "0.4 %"), (7, "0000", "0007"), (12345, "#,##0", "12345"),
        (1234.5, '_(* #,##0.00_);_(* \\(#,##0.00\\)', "1234.5"), (-2.5, "0.0;[Red]-0.0", "-2.5"), (1e16, "General", "10000000000000000"),
        (5.5, "[$₹-4009] #,##0", "5.5"), (1e-7, "General", "0.0000001"), (True, "General", "true"), (None, "0%", None), ("0.35%", "@", "0.35%"),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_that_it_shows(value: object, code: str, text: str | None) -> None:
    assert cell_text(value, code) == text


def test_a_format_that_scales_is_remarked() -> None:
    assert scaled_by_thousands("0.0,") and scaled_by_thousands('#,##0.0,,"M"') and not scaled_by_thousands("#,##0.00")


GRADES = [["grade_id", "site_id", "element", "value_mode", "unit"], ["G1", "S1", "Cu", 0.0035, "%"], ["G2", "S1", "Zn", 1.2, "%"], ["G3", "S1", "Pb", 0.0035, "ppm"]]  # fmt: skip


@pytest.mark.parametrize("kind", ["xlsx", "strict", "xls"])
def test_per_cent_cells_of_grades(tmp_path: Path, kind: str) -> None:
    """The cell that shows 0.35 % is 3,500 ppm under any unit; the plain 1.2 under % stays 12,000."""
    if kind == "xls":
        file = old_workbook(tmp_path / "g.xls", GRADES, {(1, 3): "0.00%", (3, 3): "0.00%"})
    else:
        file = workbook(tmp_path / "g.xlsx", GRADES, {"D2": "0.00%", "D4": "0.00%"})
        file = strict(file) if kind == "strict" else file
    assert read(file, "grades").kept["ppm_mode"].tolist() == pytest.approx([3500.0, 12000.0, 3500.0])


def test_formats_of_limits_and_of_thousands(tmp_path: Path) -> None:
    rows = [
        ["sample_id", "longitude", "latitude", "Cu_ppm"],
        ["S1", 76.5, 14.5, 5],
        ["S2", 76.6, 14.6, 12345],
        ["S3", 76.7, 14.7, 30],
    ]
    got = read(workbook(tmp_path / "s.xlsx", rows, {"D2": '"<"0', "D3": "0.0,"}))
    assert got.kept["Cu_ppm"].tolist() == [5.0, 12345.0, 30.0] and got.kept["Cu_ppm_censored"].tolist() == [
        True,
        False,
        False,
    ]
    assert "scales what is shown by thousands" in reasons(got, 2)


def test_where_no_format_can_be_read_a_per_cent_column_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from data_sources.connectors.spreadsheets import grids

    file = workbook(
        tmp_path / "s.xlsx",
        [["sample_id", "longitude", "latitude", "Cu_pct"], ["S1", 76.5, 14.5, 0.0035]],
        {"D2": "0.00%"},
    )
    monkeypatch.setattr(grids._Xlsx, "sheets", property(lambda self: []))  # what openpyxl sees of some files
    got = read(file)
    assert got.kept["Cu_ppm"].tolist() == [35.0] and "number formats could not be read" in reasons(got)


def test_a_blank_unit_is_taken_from_the_cell(tmp_path: Path) -> None:
    got = read(written(tmp_path, "grade_id,site_id,element,value_mode,unit\nG1,S1,Cu,0.35%,\nG2,S1,Zn,7,\n"), "grades")
    assert got.kept["ppm_mode"].tolist() == [3500.0] and got.kept["unit"].tolist() == ["%"]
    assert got.quarantine["row"].tolist() == [2]


def test_parsing_without_a_unit_of_the_column_only_tells() -> None:
    out = values.parse_numbers(pd.Series(["5 ppm", "7"]))
    assert out.values.tolist() == [5.0, 7.0] and out.notes[values.CELL_UNIT].tolist() == [0]
