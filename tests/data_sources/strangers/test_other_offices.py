"""Tables of other offices and laboratories: what is written arrives as it was meant, or is held and said; never quietly else."""

from __future__ import annotations

import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from strangers import read, reasons, samples, workbook, written

from data_sources.connectors.files import read_file
from data_sources.connectors.vectors.overflow import STARS
from data_sources.contracts.admitting.chemistry import parse_column


def tonnages(folder: Path, header: str, *cells: str):
    lines = [f"tonnage_id,site_id,{header},basis_code"] + [f'T{i},S{i},"{c}",published' for i, c in enumerate(cells)]
    return read(written(folder, "\n".join(lines) + "\n", "tonnages.csv"), "tonnages")


# laboratories


@pytest.mark.parametrize(
    ("header", "element", "unit"),
    [
        ("Cu GE_ICP40B ppm", "Cu", "ppm"), ("GE_ICP40B Zn ppm", "Zn", "ppm"), ("Ge GE_ICP40B ppm", "Ge", "ppm"),
        ("Ga_GE_IMS40B_ppm", "Ga", "ppm"), ("Au GE_FAA515 ppb", "Au", "ppb"), ("MA200|Cu|PPM", "Cu", "ppm"),
        ("Ag Au-GRA21 g/t", "Ag", "g/t"), ("Au-AA25_Au_ppm", "Au", "ppm"), ("Ge_ICP61_ppm", "Ge", "ppm"),
        ("Zn GO_ICP90Q %", "Zn", "pct"), ("Au (ppb)**", "Au", "ppb"), ("Cu (ppm) †", "Cu", "ppm"), ("S_IR08_pct", "S", "pct"),
        ("Cu in ppm", "Cu", "ppm"), ("In_ME-MS61_ppm", "In", "ppm"),
    ],
)  # fmt: skip
def test_the_element_is_not_that_of_the_methods_code(header: str, element: str, unit: str) -> None:
    found = parse_column(header)
    assert found is not None and found.species.element == element
    assert found.stated_unit == unit or (unit == "g/t" and found.stated_unit)


def test_a_delivery_of_one_laboratory_is_read_element_by_element(tmp_path: Path) -> None:
    file = samples(tmp_path, "Cu GE_ICP40B ppm,Zn GE_ICP40B ppm,Ge GE_ICP40B ppm,Au GE_FAA515 ppb", "30,70,1.4,2", "35,75,1.5,3", "33,80,1.2,2")  # fmt: skip
    kept = read(file).kept
    assert kept["Cu_ppm"].tolist() == [30, 35, 33] and kept["Zn_ppm"].tolist() == [70, 75, 80]
    assert kept["Ge_ppm"].tolist() == [1.4, 1.5, 1.2] and kept["Au_ppm"].tolist() == [0.002, 0.003, 0.002]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_bars_in_headers_do_not_part_the_columns(tmp_path: Path, delimiter: str) -> None:
    head = delimiter.join(["MA200|Cu|PPM", "MA200|Zn|PPM", "FA430|Au|PPM"])
    rows = [delimiter.join(cells) for cells in (["30", "70", "0.002"], ["35", "75", "0.003"], ["33", "80", "0.002"])]
    kept = read(samples(tmp_path, head, *rows, delimiter=delimiter)).kept
    assert kept["Cu_ppm"].tolist() == [30, 35, 33] and kept["Au_ppm"].tolist() == [0.002, 0.003, 0.002]


def test_a_comma_inside_headers_does_not_part_a_file_of_semicolons(tmp_path: Path) -> None:
    text = "sample_id;longitude;latitude;Cu, ppm;Zn, ppm;Pb, ppm;Ni, ppm;Co, ppm;Cr, ppm\n" + "".join(
        f"S{i};76.{i};14.5;30;70;20;40;15;60\n" for i in range(1, 4)
    )
    assert read(written(tmp_path, text)).kept["Cr_ppm"].tolist() == [60, 60, 60]


def test_rows_of_methods_units_and_limits_are_no_samples(tmp_path: Path) -> None:
    text = (
        "SAMPLE,Longitude,Latitude,Cu,Zn\nMETHOD,,,ME-ICP61,ME-ICP61\nUNITS,,,ppm,ppm\nLDL,,,1,2\n"
        "S1,76.5,14.5,30,70\nS2,76.6,14.6,35,75\nS3,76.7,14.7,33,80\nS4,76.8,14.8,31,78\n"
    )
    admission = read(written(tmp_path, text))
    assert admission.kept["sample_id"].tolist() == ["S1", "S2", "S3", "S4"]
    assert set(admission.quarantine["row"].dropna()) == {1, 2, 3}


def test_a_table_of_analyses_without_a_number_of_its_samples_gets_one(tmp_path: Path) -> None:
    text = "BH No.,longitude,latitude,Th_ppm\nBH1,76.5,14.5,12\nBH1,76.6,14.6,13\n"
    admission = read(written(tmp_path, text))
    assert admission.kept["sample_id"].tolist() == ["stream_sediments-1", "stream_sediments-2"]
    assert admission.report["key_made"] == "sample_id made from the row number"
    assert "the row number stands for it" in reasons(admission)


# quantities


@pytest.mark.parametrize(
    ("header", "cell", "mt"),
    [
        ("Tonnage (t)", "12,34,567", 1.234567), ("Tonnage (t)", "1,00,00,000", 10.0), ("Quantity (lakh tonnes)", "12.5", 1.25),
        ("Ash stock (LMT)", "12.5", 1.25), ("Quantity (million tonnes)", "12.5", 12.5), ("Tonnage in Mt", "12.5", 12.5),
        ("tonnage ('000 t)", "1250", 1.25), ("Stock [crore tonnes]", "0.5", 5.0), ("Tonnage, kt", "1250", 1.25),
        ("tonnage_mode_mt", "12.5", 12.5),
    ],
)  # fmt: skip
def test_a_quantity_is_read_in_the_unit_of_its_header(tmp_path: Path, header: str, cell: str, mt: float) -> None:
    quoted = f'"{header}"' if "," in header else header
    assert tonnages(tmp_path, quoted, cell).kept["tonnage_mode_mt"].tolist() == pytest.approx([mt])


@pytest.mark.parametrize("header", ["Tonnage", "Quantity", "Tonnage (MT)", "Stock (bags)"])
def test_a_quantity_whose_unit_is_not_certain_is_not_used_and_said(tmp_path: Path, header: str) -> None:
    admission = tonnages(tmp_path, header, "1250")
    assert admission.kept["tonnage_mode_mt"].isna().all()
    told = admission.quarantine[admission.quarantine["row"].isna()]
    assert (header in told["field"].tolist()) is (header != "Stock (bags)"), (
        "an unknown word in brackets is another column"
    )


def test_an_area_is_read_in_the_unit_of_its_header(tmp_path: Path) -> None:
    square = shapely.box(76.5, 14.5, 76.6, 14.6)
    file = tmp_path / "leases.geojson"
    gpd.GeoDataFrame({"lease_no": ["L1"], "Lease area (sq km)": [119.24]}, geometry=[square], crs=4326).to_file(file)
    assert read(file, "mining_leases").kept["area_ha"].tolist() == pytest.approx([11924])


def test_a_grade_with_its_unit_beside_it(tmp_path: Path) -> None:
    text = "grade_id,site_id,Element,Grade,Unit\nG1,S1,Copper,0.45,%\nG2,S1,Silver,12,g/t\nG3,S1,Zn,0.4-0.6,%\n"
    admission = read(written(tmp_path, text), "grades")
    assert admission.kept["ppm_mode"].tolist()[:2] == pytest.approx([4500, 12]) and np.isnan(
        admission.kept["ppm_mode"][2]
    )
    assert "0.4-0.6" in reasons(admission, 3)


# rows that are none


@pytest.mark.parametrize("word", ["Total", "Grand Total", "Sub-total", "Average", "mean", "कुल", "योग :", "SUM"])
def test_a_row_of_totals_is_held(tmp_path: Path, word: str) -> None:
    text = f"tonnage_id,site_id,tonnage_mode_mt\nT1,S1,10\nT2,S2,5\nT3,S3,4\n{word},all,19\n"
    admission = read(written(tmp_path, text), "tonnages")
    assert admission.kept["tonnage_mode_mt"].tolist() == [10, 5, 4]
    assert "row of totals" in reasons(admission, 4, "quarantine")


def test_a_site_that_is_called_total_and_something_is_a_site(tmp_path: Path) -> None:
    text = "site_id,name,lat,lon,waste_type_code\nA,Total Colliery dump,23.7,86.4,coal_overburden\nB,Total,23.8,86.5,coal_overburden\n"
    admission = read(written(tmp_path, text), "waste_sites")
    assert admission.kept["site_id"].tolist() == ["A"] and "row of totals" in reasons(admission, 2, "quarantine")


def test_a_header_that_comes_again_and_notes_below_are_held(tmp_path: Path) -> None:
    head = ["sample_id", "longitude", "latitude", "Cu_ppm"]
    rows = [head, ["S1", 76.5, 14.5, 30], ["S2", 76.6, 14.6, 35], head, ["S3", 76.7, 14.7, 31], [], ["Note: assayed at the regional laboratory"]]  # fmt: skip
    admission = read(workbook(tmp_path / "s.xlsx", rows))
    assert admission.kept["Cu_ppm"].tolist() == [30, 35, 31] and sorted(set(admission.quarantine["row"])) == [3, 5]


# positions


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("Lat-Long", '"14.5, 76.5"'), ("Easting,Northing,Zone", "661600,1605000,43N"), ("UTM X,UTM Y", "661600,1605000"),
        ("Latitude (DDMMSS),Longitude (DDMMSS)", "143515,763015"), ("GPS reading", "14.5N 76.5E"),
    ],
)  # fmt: skip
def test_columns_that_look_like_coordinates_are_a_finding(tmp_path: Path, columns: str, cells: str) -> None:
    admission = read(written(tmp_path, f"site_id,name,{columns},waste_type_code\nA,a,{cells},red_mud\n"), "waste_sites")
    assert admission.kept["lat"].isna().all()
    told = admission.quarantine[admission.quarantine["row"].isna()]
    assert told["reason"].str.contains("looks like a coordinate").any(), told


# workbooks


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    file = workbook(tmp_path / "s.xlsx", [["sample_id", "longitude", "latitude", "Cu_ppm"], ["S1", 76.5, 14.5, 30], ["S2", 76.6, 14.6, 35]])  # fmt: skip
    assert "hidden" not in reasons(read(file))
    book = openpyxl.load_workbook(file)
    book.active.row_dimensions[3].hidden = True
    book.save(file)
    admission = read(file)
    assert admission.kept["Cu_ppm"].tolist() == [30, 35] and "hidden rows or columns" in reasons(admission)


def test_a_number_merged_over_rows_counts_for_the_first_and_is_told(tmp_path: Path) -> None:
    file = workbook(tmp_path / "s.xlsx", [["sample_id", "longitude", "latitude", "Cu_ppm"], ["S1", 76.5, 14.5, 30], ["S2", 76.6, 14.6, None], ["S3", 76.7, 14.7, 31]])  # fmt: skip
    assert "merged" not in reasons(read(file), 2)
    book = openpyxl.load_workbook(file)
    book.active.merge_cells("D2:D3")
    book.save(file)
    admission = read(file)
    assert admission.kept["Cu_ppm"].isna().tolist() == [False, True, False] and "merged with the cell above" in reasons(admission, 2)  # fmt: skip


# Shapefiles


def dbf(file: Path, fields: list[tuple[str, str, int, int]], rows: list[list[str]], deleted: int | None = None) -> None:
    """A table of dBASE III, cell by cell as another program would write it."""
    length = 1 + sum(size for _, _, size, _ in fields)
    out = struct.pack("<B3BIHH20x", 3, 124, 1, 1, len(rows), 33 + 32 * len(fields), length)
    for name, kind, size, places in fields:
        out += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, places)
    out += b"\r"
    for i, row in enumerate(rows):
        out += b"*" if i == deleted else b" "
        out += b"".join(
            (c.rjust(size) if kind in "NF" else c.ljust(size)).encode() for c, (_, kind, size, _) in zip(row, fields)
        )
    file.write_bytes(out + b"\x1a")


@pytest.mark.parametrize("deleted", [None, 1])
def test_stars_of_a_number_that_did_not_fit_are_told(tmp_path: Path, deleted: int | None) -> None:
    points = [shapely.Point(76.5 + i / 10, 14.5) for i in range(3)]
    gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=points, crs=4326).to_file(tmp_path / "s.shp")
    fields = [("SAMPLE_ID", "C", 8, 0), ("CU_PPM", "N", 10, 3), ("ZN_PPM", "N", 6, 2), ("NOTE", "C", 3, 0)]
    rows = [["S1", "*" * 10, "70.00", "***"], ["S2", "35.000", "75.00", ""], ["S3", "31.000", "*" * 6, ""]]
    dbf(tmp_path / "s.dbf", fields, rows, deleted)
    admission = read(tmp_path / "s.shp")
    last = 3 if deleted is None else 2
    assert admission.kept["Cu_ppm"].isna().tolist()[0] and admission.kept["Zn_ppm"].isna().tolist()[-1]
    assert f"CU_PPM: {'*' * 10}: {STARS}" in reasons(admission, 1) and f"ZN_PPM: {'*' * 6}: {STARS}" in reasons(admission, last)  # fmt: skip
    assert "NOTE" not in reasons(admission, 1), "stars of a text are a text"


def test_a_table_without_stars_says_nothing(tmp_path: Path) -> None:
    points = [shapely.Point(76.5, 14.5)]
    gpd.GeoDataFrame({"sample_id": ["*"], "Cu_ppm": [30.0]}, geometry=points, crs=4326).to_file(tmp_path / "s.shp")
    assert not read_file(tmp_path / "s.shp").attrs.get("remarks")
