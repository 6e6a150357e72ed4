"""Which mark is decimal is judged for the file: from all its columns and its delimiter; what is open is held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from strangers import read, reasons, written

from data_sources.contracts.admitting.cells.decimals import OPEN, decimal_marks
from data_sources.contracts.admitting.values import COMMA


def tonnages(folder: Path, cells: list[str], delimiter: str, **options: object):
    head = delimiter.join(("tonnage_id", "site_id", "tonnage_mode_mt", "as_of_year"))
    quote = '"' if delimiter == "," else ""
    lines = [delimiter.join((f"T{i}", "S1", f"{quote}{c}{quote}", "2020")) for i, c in enumerate(cells)]
    return read(written(folder, "\n".join([head, *lines]) + "\n"), "tonnages", **options)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(("cell", "value"), [("1,5", 1.5), ("1,25", 1.25), ("1,2505", 1.2505), ("0,125", 0.125), ("1.250,5", 1250.5), ("1250,375", 1250.375)])  # fmt: skip
def test_a_comma_that_can_only_be_decimal(tmp_path: Path, delimiter: str, cell: str, value: float) -> None:
    got = tonnages(tmp_path, [cell, "2,5"], delimiter)
    assert got.kept["tonnage_mode_mt"].tolist() == [value, 2.5] and COMMA in reasons(got, 1)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("cell", "value"), [("1,250.5", 1250.5), ("1,234,000", None), ("1.25", 1.25), ("1,23,456.0", None)]
)
def test_a_comma_that_can_only_part_thousands(tmp_path: Path, delimiter: str, cell: str, value: float | None) -> None:
    got = tonnages(tmp_path, [cell, "1,250"], delimiter)
    if value is None:  # beyond any heap, and held for that
        assert "outside what is possible" in reasons(got, 1, "quarantine")
    assert got.kept["tonnage_mode_mt"].tolist()[-1] == 1250.0 and COMMA not in reasons(got, 2)


@pytest.mark.parametrize(
    ("delimiter", "value"),
    [(";", 1.25), (",", 1250.0), ("\t", None), ("|", None)],
    ids=["semicolon", "comma", "tab", "bar"],
)
def test_three_digits_behind_one_comma_are_read_by_the_delimiter_or_held(
    tmp_path: Path, delimiter: str, value: float | None
) -> None:
    got = tonnages(tmp_path, ["1,250", "1,125"], delimiter)
    if value is None:
        assert (
            got.report["rows_quarantined"] == 2
            and OPEN in reasons(got, 1, "quarantine")
            and "1,250" in reasons(got, 1, "quarantine")
        )
    else:
        assert got.kept["tonnage_mode_mt"].tolist()[0] == value and (COMMA in reasons(got, 1)) is (delimiter == ";")


@pytest.mark.parametrize(("said", "values"), [(",", [1.25, 1.125]), (".", [1250.0, 1125.0])])
def test_the_card_says_which(tmp_path: Path, said: str, values: list[float]) -> None:
    got = tonnages(tmp_path, ["1,250", "1,125"], "\t", decimal=said)
    assert got.kept["tonnage_mode_mt"].tolist() == values and not got.report["rows_quarantined"]


@pytest.mark.parametrize(("other", "value"), [("0,5", 1.25), ("14,5", 1.25), ("2.5", 1250.0), ("1,234.5", 1250.0)])
def test_the_other_columns_decide(tmp_path: Path, other: str, value: float) -> None:
    """The maximum shows which mark is decimal; the most likely figure could be either."""
    text = f"tonnage_id\tsite_id\ttonnage_mode_mt\ttonnage_max_mt\nT1\tS1\t1,250\t\nT2\tS1\t\t{other}\n"
    kept = read(written(tmp_path, text, "t.tsv"), "tonnages").kept
    assert kept["tonnage_mode_mt"].iloc[0] == value


def test_columns_that_contradict_each_other_leave_it_open(tmp_path: Path) -> None:
    text = "tonnage_id\tsite_id\ttonnage_min_mt\ttonnage_mode_mt\ttonnage_max_mt\nT1\tS1\t0,5\t1,250\t2.5\n"
    got = read(written(tmp_path, text, "t.tsv"), "tonnages")
    assert OPEN in reasons(got, 1, "quarantine")


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6])
def test_coordinates_and_analyses_with_decimal_commas(tmp_path: Path, delimiter: str, digits: int) -> None:
    lon, lat = (
        [f"{76 + i / 10:.{digits}f}".replace(".", ",") for i in range(3)],
        [f"{14 + i / 10:.{digits}f}".replace(".", ",") for i in range(3)],
    )
    rows = [delimiter.join((f"S{i}", lon[i], lat[i], f"{30 + i},250", f"{i + 1},5")) for i in range(3)]
    text = "\n".join([delimiter.join(("sample_id", "longitude", "latitude", "Cu_ppm", "Zn_ppm")), *rows]) + "\n"
    got = read(written(tmp_path, text, "t.txt"))
    np.testing.assert_allclose(got.kept.geometry.x, [76.0, 76.1, 76.2])
    np.testing.assert_allclose(got.kept.geometry.y, [14.0, 14.1, 14.2])
    assert got.kept["Cu_ppm"].tolist() == [30.25, 31.25, 32.25] and got.kept["Zn_ppm"].tolist() == [1.5, 2.5, 3.5]


def test_an_analysis_that_could_be_either_is_held_whole_and_says_why(tmp_path: Path) -> None:
    rows = [f"S{i}\t{x}\t{y}\t1,{i}50\t30" for i, (x, y) in enumerate([(76, 14), (77, 15), (78, 16)])]
    text = "\n".join(["sample_id\tlongitude\tlatitude\tCu_ppm\tZn_ppm", *rows]) + "\n"
    got = read(written(tmp_path, text, "t.tsv"))
    assert "Cu_ppm" not in got.kept.columns and got.kept["Zn_ppm"].tolist() == [30.0] * 3
    assert "Cu_ppm: 1,050: " + OPEN in reasons(got, None, "quarantine")


def test_points_of_three_digits_in_a_file_of_decimal_commas_are_open() -> None:
    frame = pd.DataFrame({"a": ["0,5", "1,5"], "b": ["1.250", "2.375"], "c": ["1.25", "2.375"]})
    assert decimal_marks(frame[["a", "b"]], ["a", "b"], ()) == {"a": ",", "b": "?"}
    assert decimal_marks(frame[["a", "c"]], ["a", "c"], ()) == {"a": ","}


def test_commas_of_names_say_nothing_of_numbers() -> None:
    frame = pd.DataFrame({"name": ["57,58", "0,5"], "n": ["1,250", "7"]})
    frame.attrs["delimiter"] = ","
    assert decimal_marks(frame, ["n"], ()) == {"n": "."}
