"""Tables laid out otherwise: a row of units, long tables, headers of two rows, merged cells, degrees and datums in headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from strangers import read, reasons, workbook, written

from data_sources.contracts.admitting.cells.degrees import degrees_of
from data_sources.contracts.admitting.places import coordinate_pair
from data_sources.readers import layouts

UNITS = "sample_id,longitude,latitude,Cu,Au,SiO2\n,deg,deg,ppm,ppb,%\n"


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_a_row_of_units_below_the_header(tmp_path: Path, rows: int) -> None:
    body = "".join(f"S{i},76.{i + 1},14.5,{30 + i},{2 + i},60\n" for i in range(rows))
    got = read(written(tmp_path, UNITS + body))
    assert got.report["rows_in"] == rows and got.kept["Cu_ppm"].tolist() == [30.0 + i for i in range(rows)]
    assert got.kept["Au_ppm"].tolist() == pytest.approx([(2 + i) / 1000 for i in range(rows)])
    assert layouts.UNITS_ROW in reasons(got) and got.report["rows_quarantined"] == 0


@pytest.mark.parametrize(
    "row", ["-,dd,dd,ppm,ppb,wt%", "id,degrees,degrees,mg/kg,ng/g,pct", "text,(deg),(deg),(ppm),(ppb),(%)"]
)
def test_a_row_of_units_in_other_spellings(tmp_path: Path, row: str) -> None:
    text = f"sample_id,longitude,latitude,Cu,Au,SiO2\n{row}\nS1,76.1,14.5,30,2,60\nS2,76.2,14.5,31,3,61\n"
    kept = read(written(tmp_path, text)).kept
    assert kept["Cu_ppm"].tolist() == [30.0, 31.0] and kept["Au_ppm"].tolist() == pytest.approx([0.002, 0.003])


def test_a_row_of_units_in_a_workbook_and_of_tonnages(tmp_path: Path) -> None:
    rows = [
        ["tonnage_id", "site_id", "tonnage_mode_mt"],
        [None, None, "t"],
        ["T1", "S1", 1_250_000],
        ["T2", "S1", 2_500_000],
    ]
    got = read(workbook(tmp_path / "t.xlsx", rows), "tonnages")
    assert got.kept["tonnage_mode_mt"].tolist() == [1.25, 2.5]


def test_a_header_and_a_row_that_name_two_units_are_not_believed(tmp_path: Path) -> None:
    got = read(
        written(
            tmp_path, "sample_id,longitude,latitude,Cu_ppm,Zn\n,,,ppb,ppm\nS1,76.1,14.5,30,70\nS2,76.2,14.5,31,71\n"
        )
    )
    assert "Cu_ppm" not in got.kept.columns and "ppm in the header and ppb in the row of units" in reasons(
        got, None, "quarantine"
    )


LONG = """sample_no,longitude,latitude,element,value,unit
S1,76.5,14.5,Cu,35,ppm
S1,76.5,14.5,SiO2,62.1,%
S2,76.6,14.6,Copper,>1,%
S2,76.6,14.6,Au,<5,ppb
S3,76.7,14.7,Cu,0.0040,%
S3,76.7,14.7,Au,7,ppb
S3,76.7,14.7,Xx,5,ppm
"""


@pytest.mark.parametrize(
    "header",
    [
        "sample_no,longitude,latitude,element,value,unit",
        "Sample No.,Long,Lat,Analyte,Result,UOM",
        "sampleno,lon,lat,parameter,concentration,units",
    ],
)
def test_a_long_table_is_made_wide(tmp_path: Path, header: str) -> None:
    got = read(written(tmp_path, LONG.replace(LONG.splitlines()[0], header)))
    assert got.kept["sample_id"].tolist() == ["S1", "S2", "S3"] and got.rows.tolist() == [1, 3, 5]
    np.testing.assert_allclose(got.kept["Cu_ppm"], [35.0, 10_000.0, 40.0])
    np.testing.assert_allclose(got.kept["Au_ppm"], [np.nan, 0.005, 0.007])
    assert got.kept["Au_ppm_censored"].tolist() == [False, True, False] and got.kept["SiO2_pct"].iloc[0] == 62.1
    assert "7 rows of element and value are read as 3 samples" in reasons(got)
    assert "Xx: " + layouts.NOT_AN_ELEMENT in reasons(got, None, "quarantine")


def test_an_element_twice_of_one_sample_is_told(tmp_path: Path) -> None:
    got = read(written(tmp_path, LONG + "S1,76.5,14.5,Cu,90,ppm\n"))
    assert got.kept["Cu_ppm"].iloc[0] == 35.0 and "differ by more than half" in reasons(got, 1)


def test_a_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    for row in (["Sample no", "Position", None, "Analyses (ppm)", None], [None, "Longitude", "Latitude", "Cu", "Zn"], ["S1", 76.5, 14.5, 30, 70], ["S2", 76.6, 14.6, 31, 71]):  # fmt: skip
        page.append(row)
    page.merge_cells("B1:C1")
    page.merge_cells("D1:E1")
    book.save(file)
    got = read(file)
    assert got.kept["Cu_ppm"].tolist() == [30.0, 31.0] and got.kept["Zn_ppm"].tolist() == [70.0, 71.0]
    assert got.rows.tolist() == [1, 2] and "the header has two rows" in reasons(got)


@pytest.mark.parametrize(
    ("upper", "lower", "over"),
    [
        (["Location", None, "Owner"], ["Lat (N)", "Long (E)", None], "D1:E1"),
        (["Lat", "Long", "Owner"], [None, None, None], None),
    ],
)
def test_a_name_merged_over_both_rows_of_a_header_stands_once(
    tmp_path: Path, upper: list[str | None], lower: list[str | None], over: str | None
) -> None:
    book = openpyxl.Workbook()
    page = book.active
    for row in (
        ["site_id", "Name", "State", *upper, "waste_type_code", "Height"],
        [None, None, None, *lower, None, "(m)"],
        ["A1", "Pond A", "Karnataka", 14.5, 76.5, "Mine", "red_mud", 9],
        ["A2", "Pond B", "Odisha", 14.6, 76.6, "Mill", "red_mud", 8],
    ):
        page.append(row)
    for column in "ABCFG" if over else "ABCDEFG":
        page.merge_cells(f"{column}1:{column}2")
    if over:
        page.merge_cells(over)
    book.save(tmp_path / "t.xlsx")
    got = read(tmp_path / "t.xlsx", "waste_sites")
    assert got.kept["site_id"].tolist() == ["A1"] and got.rows.tolist() == [1], "Odisha is elsewhere, and so held"
    assert got.kept["state"].tolist() == ["Karnataka"] and got.kept["operator"].tolist() == ["Mine"]
    assert set(got.quarantine["row"]) == {2}


def test_names_merged_downwards_stand_in_each_row(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    for row in (
        ["site_id", "name", "lat", "lon", "waste_type_code"],
        ["A1", "Mine A", 14.5, 76.5, "red_mud"],
        ["A2", None, 14.6, 76.6, "red_mud"],
    ):
        page.append(row)
    page.merge_cells("B2:B3")
    book.save(file)
    assert read(file, "waste_sites").kept["name"].tolist() == ["Mine A", "Mine A"]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("14°35´15.2\"N", 14.587556), ("14°35`15.2``N", 14.587556), ("14°35'15,2\"N", 14.587556), ("14 35 15.2 North", 14.587556),
        ("+14 35 15.2", 14.587556), ("14Â°35'15.2\"N", 14.587556), ("143515.2N", 14.587556), ("N143515.2", 14.587556),
        ("14°35’15.2”N", 14.587556), ("76\ufffd30'15.5\"E", 76.504306), ("0763015.5 E", 76.504306), ("-14 35 15.2", -14.587556),
        ("14°35'15.2\" South", -14.587556), ("14 deg 35 min 15.2 sec N", 14.587556), ("14°75'N", np.nan), ("near 14", np.nan),
    ],
)  # fmt: skip
def test_degrees_as_people_write_them(text: str, degrees: float) -> None:
    np.testing.assert_allclose(degrees_of(text), degrees, atol=1e-6)


@pytest.mark.parametrize(
    "columns",
    [
        ["LONGITUDE_GDA94", "LATITUDE_GDA94"],
        ["Long (X) 4326", "Lat (Y) 4326"],
        ["lon_epsg_4326", "lat_epsg_4326"],
        ["अक्षांश", "देशांतर"],
    ],
)
def test_coordinate_columns_with_a_datum_or_in_hindi(columns: list[str]) -> None:
    pair = coordinate_pair(["id", *columns])
    assert (
        pair is not None
        and set(pair) == set(columns)
        and pair[0] == (columns[1] if columns[0] == "अक्षांश" else columns[0])
    )


def test_headers_and_states_in_hindi(tmp_path: Path) -> None:
    text = (
        "स्थल आईडी,स्थल का नाम,राज्य,ज़िला,अक्षांश,देशांतर,अपशिष्ट प्रकार\n"
        "A1,अगुचा टेलिंग बाँध,राजस्थान,भीलवाड़ा,25.8,74.7,zn_pb_flotation_tailings\n"
        "A2,Malanjkhand,मध्यप्रदेश,,22.0,80.7,cu_flotation_tailings\nA3,Sukinda,Orissa,,21.0,85.7,cr_dumps_tailings\nA4,B,MP,,22.1,80.7,red_mud\n"
    )
    got = read(written(tmp_path, text), "waste_sites")
    assert got.kept["state"].tolist() == ["Rajasthan", "Madhya Pradesh", "Odisha", "Madhya Pradesh"]
    assert got.kept["name"].tolist()[0] == "अगुचा टेलिंग बाँध" and got.kept["district"].tolist()[0] == "भीलवाड़ा"
    assert "मध्यप्रदेश = Madhya Pradesh" in reasons(got, 2)


def test_every_state_is_known_in_devanagari() -> None:
    from data_sources.contracts.admitting.states import _others, _rows

    lacking = [r["state"] for r in _rows() if not any("\u0900" <= c <= "\u097f" for n in _others(r) for c in n)]
    assert lacking == [] and len(_rows()) == 36


def test_a_first_row_of_words_that_are_no_units_stays(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["m", "x"], "b": ["12", "13"]})
    assert (
        layouts._units_row(frame) == {} and layouts._units_row(pd.DataFrame({"a": ["m", "x"], "b": [1.0, 2.0]})) == {}
    )
