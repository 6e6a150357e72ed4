"""More tables as mines, survey offices, laboratories and consultants send them: each is read as meant, or held and said."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from strangers import old_workbook, read, reasons, samples, strict, workbook, written

from data_sources.connectors.degree_columns import JOINED
from data_sources.connectors.files import read_file
from data_sources.contracts import MissingSourceError, SourceError
from data_sources.contracts.admitting import analyses
from data_sources.contracts.admitting.cells.units import factor_to
from data_sources.contracts.admitting.chemistry import element_named, parse_column
from data_sources.contracts.admitting.raw_columns import NOT_A_PAIR, OTHER_QUANTITY
from data_sources.contracts.admitting.states import UNKNOWN_STATE
from data_sources.contracts.admitting.values import UNREADABLE
from data_sources.readers.blocks import read_blocks
from data_sources.readers.layouts import CHECK_MATERIAL, DUPLICATE
from data_sources.readers.waste import read_inventory

HEAD = ["sample_id", "longitude", "latitude", "Cu_ppm"]


# positions


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("Lat_Deg,Lat_Min,Lat_Sec,Long_Deg,Long_Min,Long_Sec", "14,35,15.2,76,30,15.5"),
        ("Latitude (D),Latitude (M),Latitude (S),Longitude (D),Longitude (M),Longitude (S)", "14,35,15.2,76,30,15.5"),
        ("LATD,LATM,LATS,LOND,LONM,LONS", "14.0,35.0,15.2,76.0,30.0,15.5"), ("lat_dd,lat_mm,lat_ss,lon_dd,lon_mm,lon_ss", "14,35,15.2,76,30,15.5"),
        ("Lat Degrees,Lat Minutes,Long Degrees,Long Minutes", "14,35.253333,76,30.258333"), ("N deg,N min,N sec,E deg,E min,E sec", "14,35,15.2,76,30,15.5"),
    ],
)  # fmt: skip
def test_degrees_minutes_and_seconds_in_columns_of_their_own(tmp_path: Path, head: str, cells: str) -> None:
    rows = [["site_id", "name", *head.split(","), "waste_type_code"], ["A", "a", *cells.split(","), "red_mud"]]
    got = read(written(tmp_path, "\n".join(",".join(r) for r in rows) + "\n"), "waste_sites")
    assert got.kept.geometry.x.tolist() == pytest.approx([76.504306], abs=1e-6)
    assert got.kept.geometry.y.tolist() == pytest.approx([14.587556], abs=1e-6)
    assert JOINED in reasons(got)


def test_they_are_joined_in_a_workbook_under_a_header_of_two_rows_too(tmp_path: Path) -> None:
    rows = [["site_id", "name", "Latitude", None, None, "Longitude", None, None, "waste_type_code"], [None, None, "Deg", "Min", "Sec", "Deg", "Min", "Sec", None], ["A", "a", 14, 35, 15.2, 76, 30, 15.5, "red_mud"], ["B", "b", 14, 35, 15.2, 76, 30, 15.5, "red_mud"]]  # fmt: skip
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.active.merge_cells("C1:E1")
    book.active.merge_cells("F1:H1")
    book.save(tmp_path / "s.xlsx")
    assert read(tmp_path / "s.xlsx", "waste_sites").kept["lat"].tolist() == pytest.approx([14.587556] * 2, abs=1e-6)


def test_minutes_that_are_none_give_no_position(tmp_path: Path) -> None:
    text = "site_id,name,lat_deg,lat_min,lon_deg,lon_min,waste_type_code\nA,a,14,75,76,30,red_mud\nB,b,14.5,30,76,30,red_mud\nC,c,14,30,76,30,red_mud\n"
    got = read(written(tmp_path, text), "waste_sites")
    assert (
        got.kept["lat"].isna().tolist() == [True, True, False]
        and UNREADABLE in reasons(got, 1)
        and UNREADABLE in reasons(got, 2)
    )


@pytest.mark.parametrize(
    "columns", ["East_UTM43,North_UTM43", "EASTING43N,NORTHING43N", "utm_e,utm_n", "East (m),North (m)"]
)
def test_metres_of_a_grid_without_a_system_are_a_finding(tmp_path: Path, columns: str) -> None:
    got = read(
        written(tmp_path, f"site_id,name,{columns},waste_type_code\nA,a,661600,1605000,red_mud\n"), "waste_sites"
    )
    assert got.kept["lat"].isna().all() and NOT_A_PAIR in reasons(got, None, "quarantine")
    x, y = columns.split(",")
    assert read(tmp_path / "table.csv", "waste_sites", x=x, y=y, crs="EPSG:32643").kept["lat"].tolist() == pytest.approx([14.51306], abs=1e-4)  # fmt: skip


@pytest.mark.parametrize("name", ["Karnatka", "KAR", "29"])
def test_a_state_that_is_none_is_marked(tmp_path: Path, name: str) -> None:
    text = f"site_id,name,lat,lon,waste_type_code,state\nA,a,14.5,76.5,red_mud,{name}\nB,b,14.6,76.6,red_mud,Mysore State\nC,c,14.7,76.7,red_mud,Karnataka\n"
    got = read(written(tmp_path, text), "waste_sites")
    assert UNKNOWN_STATE in reasons(got, 1) and UNKNOWN_STATE not in reasons(got, 3) and len(got.kept) == 3


# quantities


@pytest.mark.parametrize(
    ("header", "cell", "mt"),
    [
        ("Tonnage (TMT)", "1250", 1.25), ("Qty. in Lakh Tonnes", "12.5", 1.25), ("Tonnes (000s)", "1250", 1.25), ("Tonnage, Mt (dry)", "1.25", 1.25),
        ("Tonnage_Mt", "1.25", 1.25), ("tonnage_mode_t", "1250000", 1.25), ("Qty (Ton)", "1250000", 1.25), ("Quantity (short tons)", "1377888.6", 1.25),
        ("Tonnage (long tons)", "1230258.2", 1.25), ("Tonnage (dry basis) kt", "1250", 1.25), ("Quantity (dmt)", "1250000", 1.25),
    ],
)  # fmt: skip
def test_tonnes_of_other_countries_and_offices(tmp_path: Path, header: str, cell: str, mt: float) -> None:
    text = f'tonnage_id,site_id,"{header}",basis_code\nT1,S1,{cell},published\n'
    assert read(written(tmp_path, text), "tonnages").kept["tonnage_mode_mt"].tolist() == pytest.approx([mt])


@pytest.mark.parametrize(
    "header",
    ["Quantity (LT)", "Volume (lakh cum)", "Quantity (MTPA)", "Tonnage (Mm3)", "Stock in lbs"],
)  # fmt: skip
def test_a_quantity_in_a_unit_that_is_not_understood_is_a_finding(tmp_path: Path, header: str) -> None:
    text = f'tonnage_id,site_id,"{header}",basis_code\nT1,S1,12.5,published\n'
    got = read(written(tmp_path, text), "tonnages")
    assert got.kept["tonnage_mode_mt"].isna().all() and f"{header}: : {OTHER_QUANTITY.format(raw=header)}" in reasons(
        got, None, "quarantine"
    )
    both = text.replace("basis_code", "tonnage_mode_mt,basis_code").replace("published", "1.25,published")
    assert OTHER_QUANTITY[:40] not in reasons(read(written(tmp_path, both), "tonnages"), None, "quarantine")


@pytest.mark.parametrize(
    ("header", "cell", "ppm"),
    [
        ("Average grade (%)", "0.45", 4500), ("Grade, %", "0.45", 4500), ("grade_ppm", "4500", 4500), ("Assay value (g/t)", "4500", 4500),
        ("Content in %", "0.45", 4500), ("Avg. grade (gms/tonne)", "4500", 4500),
    ],
)  # fmt: skip
def test_a_grade_takes_the_unit_of_its_header(tmp_path: Path, header: str, cell: str, ppm: float) -> None:
    got = read(written(tmp_path, f'grade_id,site_id,element,"{header}"\nG1,S1,Cu,{cell}\n'), "grades")
    assert got.kept["ppm_mode"].tolist() == pytest.approx([ppm])


def test_the_unit_of_the_row_goes_over_that_of_the_header(tmp_path: Path) -> None:
    got = read(
        written(tmp_path, "grade_id,site_id,element,Grade (%),unit\nG1,S1,Cu,4500,ppm\nG2,S1,Zn,1.2,\n"), "grades"
    )
    assert got.kept["ppm_mode"].tolist() == pytest.approx([4500, 12000])


@pytest.mark.parametrize(
    ("cell", "tonnes"),
    [("1 250 000,5", 1250000.5), ("1\u00a0250\u00a0000,5", 1250000.5), ("1\u202f250\u202f000", 1250000), ("1'250'000,5", 1250000.5), ("1 250 000", 1250000)],
)  # fmt: skip
def test_thousands_parted_by_blanks_in_a_file_of_decimal_commas(tmp_path: Path, cell: str, tonnes: float) -> None:
    text = f"tonnage_id;site_id;Tonnage (t);moisture_pct\nT1;S1;{cell};2,5\n"
    assert read(written(tmp_path, text), "tonnages").kept["tonnage_mode_mt"].tolist() == pytest.approx([tonnes / 1e6])


# laboratories


@pytest.mark.parametrize(
    ("unit", "ppm"),
    [("gms/tonne", 2.5), ("g per t", 2.5), ("gram per tonne", 2.5), ("mg·kg⁻¹", 2.5), ("mg kg⁻¹", 2.5), ("% by wt", 25_000), ("% w/w", 25_000), ("ng/kg", 2.5e-6)],
)  # fmt: skip
def test_more_spellings_of_units(unit: str, ppm: float) -> None:
    found = parse_column(f"Te ({unit})")
    assert found is not None and 2.5 * found.species.factor(found.stated_unit) == pytest.approx(ppm) and factor_to(unit, "ppm") == pytest.approx(ppm / 2.5)  # fmt: skip


@pytest.mark.parametrize("where", ["header", "cell", "grade"])
def test_ppt_is_a_thousandth_to_some_and_is_not_read(tmp_path: Path, where: str) -> None:
    if where == "grade":
        got = read(written(tmp_path, "grade_id,site_id,element,value_mode,unit\nG1,S1,Cu,2.5,ppt\n"), "grades")
        assert not len(got.kept) and "unknown unit" in reasons(got, 1, "quarantine")
    elif where == "cell":
        got = read(samples(tmp_path, "Te_ppm", "2.5 ppt", "3", "1"))
        assert np.isnan(got.kept["Te_ppm"].iloc[0]) and UNREADABLE in reasons(got, 1)
    else:
        got = read(samples(tmp_path, "Zn_ppm,Te (ppt)", "70,2.5", "75,3", "80,1"))
        assert "Te_ppm" not in got.kept.columns and "the unit is not known" in reasons(got, None, "quarantine")


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("eU ppm", "U_ppm"), ("eTh_ppm", "Th_ppm"), ("eU3O8 (ppm)", "U_ppm"), ("Eu ppm", "Eu_ppm"), ("EU_PPM", "Eu_ppm"), ("T.Fe %", "Fe_ppm"),
        ("Total Fe (%)", "Fe_ppm"), ("TFe %", "Fe_ppm"), ("FeT_pct", "Fe_ppm"), ("CuT %", "Cu_ppm"), ("Total S %", "S_ppm"), ("T-SiO2 %", "SiO2_pct"),
    ],
)  # fmt: skip
def test_totals_and_equivalents_are_of_their_element(name: str, target: str) -> None:
    found = parse_column(name)
    assert found is not None and found.species.target == target and found.stated_unit


@pytest.mark.parametrize(
    "name", ["Cu_2SE_ppm", "Cu ppm 2s", "Cu_1SD_ppm", "Cu ppm sigma", "Cu_CV_%", "Cu unc ppm", "Alt (m)", "CUT", "R.SiO2 %", "Cu rec %"]
)  # fmt: skip
def test_what_stands_beside_an_analysis_is_not_its_value(name: str) -> None:
    found = parse_column(name)
    assert found is None or found.unknown_unit


@pytest.mark.parametrize(
    ("name", "target", "share"),
    [
        ("P₂O₅ (%)", "P2O5_pct", 1.0), ("SiO₂ %", "SiO2_pct", 1.0), ("Fe₂O₃ (wt.%)", "Fe2O3_pct", 1.0), ("Ce2O3 ppm", "Ce_ppm", 0.85377),
        ("Pr2O3_ppm", "Pr_ppm", 0.85447), ("MnO2 %", "Mn_ppm", 0.63193), ("V2O3 (%)", "V_ppm", 0.67982), ("UO2 ppm", "U_ppm", 0.88149),
        ("Co304 (%)", "Co_ppm", 0.73421), ("Tb2O3 ppm", "Tb_ppm", 0.86881),
    ],
)  # fmt: skip
def test_oxides_as_word_processors_and_other_tables_write_them(name: str, target: str, share: float) -> None:
    """Shares by the atomic masses of handbooks: cerium 140.116, praseodymium 140.908, manganese 54.938, vanadium 50.942, ..."""
    found = parse_column(name)
    assert found is not None and found.species.target == target and found.stated_unit
    if target.endswith("_ppm"):
        assert found.species.element_per_oxide == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("name", ["S No", "SNo", "Geo", "geo1", "Alto", "no2", "co_2", "ho", "POI2"])
def test_words_that_look_like_oxides_are_none(name: str) -> None:
    found = parse_column(name)
    assert found is None or found.species.kind == "element"


@pytest.mark.parametrize("name", ["63Cu ppm", "Cu63 (ppm)", "Cu/ppm", "Zn/%"])
def test_an_isotope_or_a_quotient_with_its_unit_is_a_finding(tmp_path: Path, name: str) -> None:
    got = read(samples(tmp_path, f"Pb_ppm,{name}", "20,2.5", "21,3", "22,1"))
    assert analyses.PASSED_OVER in reasons(got, None, "quarantine")


@pytest.mark.parametrize(
    ("text", "element", "share"),
    [("P₂O₅", "P", 0.43643), ("Copper (Cu)", "Cu", 1.0), ("Iron (total)", "Fe", 1.0), ("V₂O₅", "V", 0.56017), ("Cu (Zn)", None, 0), ("Al2O3 (av)", None, 0)],
)  # fmt: skip
def test_elements_of_grades_with_small_digits_or_said_twice(text: str, element: str | None, share: float) -> None:
    found = element_named(text)
    assert (None if found is None else found.element) == element
    assert found is None or found.element_per_oxide == pytest.approx(share, abs=1e-4)


def test_an_error_column_never_stands_for_the_value(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_2SE_ppm,Cu_ppm", "2,30", "3,35", "2,33"))
    assert got.kept["Cu_ppm"].tolist() == [30, 35, 33] and analyses.DIFFER not in reasons(got, 1)


@pytest.mark.parametrize(
    ("column", "standard", "blank", "again"),
    [("Sample Type", "Standard", "Blank", "Duplicate"), ("QAQC", "CRM", "BLK", "DUP"), ("qc_type", "STD", "Field Blank", "Lab duplicate"), ("Type", "Reference material", "blank", "Replicate")],
)  # fmt: skip
def test_standards_and_blanks_are_no_samples(
    tmp_path: Path, column: str, standard: str, blank: str, again: str
) -> None:
    got = read(
        samples(tmp_path, f"Cu_ppm,{column}", "30,Original", f"4500,{standard}", f"0.2,{blank}", f"31,{again}", "33,")
    )
    assert got.kept["sample_id"].tolist() == ["S1", "S4", "S5"] and got.kept["Cu_ppm"].tolist() == [30, 31, 33]
    assert CHECK_MATERIAL in reasons(got, 2, "quarantine") and CHECK_MATERIAL in reasons(got, 3, "quarantine")
    assert DUPLICATE in reasons(got, 4)


@pytest.mark.parametrize("name", ["OREAS 24b", "STD-2", "Blank"])
def test_a_standard_by_its_name(tmp_path: Path, name: str) -> None:
    file = samples(tmp_path, "Cu_ppm", "30", "4500", "31")
    file.write_text(file.read_text().replace("S2,", f"{name},"))
    assert read(file).kept["sample_id"].tolist() == ["S1", "S3"]


def test_a_table_of_standards_alone_and_other_types_stay(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_ppm,Type", "30,standard", "31,standard", "33,standard"))
    assert len(got.kept) == 3, "no column of checks says the same of all rows"
    assert len(read(samples(tmp_path, "Cu_ppm,Type", "30,regular", "31,stream", "33,Blankenberg")).kept) == 3


# workbooks and archives


@pytest.mark.parametrize(
    ("kind", "folder"), [("csv", ""), ("tsv", "Annexure II/"), ("xlsx", ""), ("xls", "Annexure II/")]
)
def test_a_table_in_a_zip(tmp_path: Path, kind: str, folder: str) -> None:
    rows = [HEAD, ["S1", 76.5, 14.5, 30], ["S2", 76.6, 14.6, 31]]
    file = tmp_path / f"t.{kind}"
    if kind in ("csv", "tsv"):
        file.write_text("\n".join((("," if kind == "csv" else "\t").join(map(str, r))) for r in rows) + "\n")
    else:
        workbook(file, rows) if kind == "xlsx" else old_workbook(file, rows)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as out:
        out.write(file, f"{folder}t.{kind}")
        out.writestr("__MACOSX/._t.csv", b"\0")
        out.writestr("readme.txt", "for your kind perusal")
    got = read(tmp_path / "t.zip")
    assert got.kept["sample_id"].tolist() == ["S1", "S2"] and got.kept["Cu_ppm"].tolist() == [30, 31]


def test_a_zip_of_several_tables_asks_for_one(tmp_path: Path) -> None:
    text = "sample_id,longitude,latitude,Cu_ppm\n{0},76.5,14.5,30\n"
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as out:
        for name in ("a", "b"):
            out.writestr(f"{name}.csv", text.format(name))
        with zipfile.ZipFile(tmp_path / "in.zip", "w") as inner:
            inner.writestr("c.csv", text)
    with pytest.raises(SourceError, match=r"a\.csv, b\.csv.*name one as layer"):
        read_file(tmp_path / "t.zip")
    assert read_file(tmp_path / "t.zip", layer="b")["sample_id"].tolist() == ["b"]
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as out:
        out.write(tmp_path / "in.zip", "in.zip")
    with pytest.raises(MissingSourceError):
        read_file(tmp_path / "z.zip")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[{"sample_id": "S1", "lat": 14.5}]', "list of records.*http_json"), ('{"type": "Topology", "objects": {}}', "Topology"),
        ('{"features": [{"attributes": {"a": 1}, "geometry": {"rings": []}}]}', "Esri JSON.*f=geojson"),
    ],
)  # fmt: skip
def test_json_of_another_form_says_which(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read_file(written(tmp_path, text, "x.json"))


@pytest.mark.parametrize(
    ("kind", "sheets"),
    [("csv", ("58E/10", "58E/14")), ("csv", ("58 E/10", "58 E/14")), ("tsv", ("58E10", "58E14")), ("xlsx", ("58E10", "58E14")), ("strict", ("58E/10", "58E/14")), ("xls", ("58E10", "58E14"))],
)  # fmt: skip
def test_sheets_lettered_e_in_every_kind_of_table(tmp_path: Path, kind: str, sheets: tuple[str, str]) -> None:
    rows = [["sample_id", "toposheet", "longitude", "latitude", "Cu_ppm"], ["58E100123", sheets[0], 78.6, 14.6, 30], ["58E140125", sheets[1], 78.9, 14.6, 31]]  # fmt: skip
    file = tmp_path / ("t.xlsx" if kind == "strict" else f"t.{kind}")
    if kind in ("csv", "tsv"):
        file.write_text("\n".join((("," if kind == "csv" else "\t").join(map(str, r))) for r in rows) + "\n")
    else:
        old_workbook(file, rows) if kind == "xls" else workbook(file, rows)
    kept = read(strict(file) if kind == "strict" else file).kept
    assert kept["sample_id"].tolist() == ["58E100123", "58E140125"] and kept["sheet"].tolist() == ["58E/10", "58E/14"]


@pytest.mark.parametrize(
    ("kind", "heads"),
    [("tsv", ("Cu_ppm", "CU_PPM")), ("tsv", ("Cu ppm", "Cu_ppm")), ("xls", ("Cu (ppm)", "Cu_ppm")), ("strict", ("Cu_ppm", "ME-ICP61_Cu_ppm"))],
)  # fmt: skip
def test_one_element_under_two_headers_of_which_the_first_is_empty(
    tmp_path: Path, heads: tuple[str, str], kind: str
) -> None:
    rows = [[*HEAD[:3], *heads], *([f"S{i}", 76.5 + i / 10, 14.5, None, v] for i, v in enumerate((30, 35, 33)))]
    file = tmp_path / ("t.xlsx" if kind == "strict" else f"t.{kind}")
    if kind == "tsv":
        file.write_text("\n".join("\t".join("" if c is None else str(c) for c in r) for r in rows) + "\n")
    else:
        old_workbook(file, rows) if kind == "xls" else workbook(file, rows)
    got = read(strict(file) if kind == "strict" else file)
    assert got.kept["Cu_ppm"].tolist() == [30, 35, 33] and analyses.SECOND_FILLS in reasons(got, 1)


@pytest.mark.parametrize("sheet", ["2024", "1.0"])
def test_sheets_named_by_numbers_in_a_strict_workbook(tmp_path: Path, sheet: str) -> None:
    book = openpyxl.Workbook()
    for name in ("1", sheet, "3"):
        page = book.create_sheet(name)
        for row in (HEAD, [f"sheet{name}", 76.5, 14.5, 30]):
            page.append(row)
    book.remove(book.active)
    book.save(tmp_path / "b.xlsx")
    for file in (tmp_path / "b.xlsx", strict(tmp_path / "b.xlsx")):
        assert read(file, sheet=sheet).kept["sample_id"].tolist() == [f"sheet{sheet}"]


@pytest.mark.parametrize("layer", ["tonnages", "waste_sites"])
def test_a_strict_workbook_of_each_table(tmp_path: Path, layer: str) -> None:
    rows = {
        "tonnages": [["tonnage_id", "site_id", "tonnage_mode_mt"], ["007", "A", 1.25], ["1E3", "A", "=1+1"]],
        "waste_sites": [["site_id", "name", "lat", "lon", "waste_type_code"], ["007", "अगुचा", 14.61, 76.61, "red_mud"], ["1E3", "b", 14.72, 76.72, "red_mud"]],
    }[layer]  # fmt: skip
    got = read(strict(workbook(tmp_path / "t.xlsx", rows)), layer)
    assert got.kept.iloc[:, 0].astype(str).tolist() == ["007", "1E3"]
    if layer == "tonnages":
        assert got.kept["tonnage_mode_mt"].tolist()[0] == 1.25 and "formula" in reasons(got, 2)
    else:
        assert got.kept["lon"].tolist() == [76.61, 76.72] and got.kept["name"].iloc[0] == "अगुचा"


@pytest.mark.parametrize(
    ("kind", "value", "code", "unit"),
    [("xlsx", 0.0044, "0.00%", "%"), ("xlsx", 0.0044, "0.00%", "ppm"), ("strict", 0.0044, "0.00%", "%"), ("xls", 0.44, '0.00"%"', "%"), ("xlsx", 4400, "General", "g/t")],
)  # fmt: skip
def test_a_grade_as_its_cell_shows_it_reaches_the_inventory(
    tmp_path: Path, kind: str, value: float, code: str, unit: str
) -> None:
    """8.7 Mt of 0.44 % hold 38,280 t of copper, whichever way the sheet shows the grade."""
    (tmp_path / "sites.csv").write_text(
        "site_id,name,lat,lon,waste_type_code\nD-1,Delta,14.61,76.62,cu_flotation_tailings\n"
    )
    (tmp_path / "t.csv").write_text("tonnage_id,site_id,Tonnage (lakh t),basis_code\nt1,D-1,87,published\n")
    rows = [
        ["grade_id", "site_id", "element", "value_mode", "unit", "basis_code"],
        ["g1", "D-1", "Cu", value, unit, "assay"],
    ]
    file = tmp_path / ("g.xls" if kind == "xls" else "g.xlsx")
    file = old_workbook(file, rows, {(1, 3): code}) if kind == "xls" else workbook(file, rows, {"D2": code})
    file = strict(file) if kind == "strict" else file
    got = read_inventory(
        {"waste_sites": tmp_path / "sites.csv", "tonnages": tmp_path / "t.csv", "grades": file},
        card_name="own_waste_table",
    )
    tonnes = got.tonnages["tonnage_mode_mt"].iloc[0] * 1e6 * got.grades["ppm_mode"].iloc[0] / 1e6
    assert tonnes == pytest.approx(38_280)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("concession", ["CL", "ML", "EL"]), ("Licence type", ["Composite Licence", "Mining Lease", "Exploration Licence"]),
        ("LICENSE_TYPE", ["composite license (CL)", "M.L.", "Exploration License"]), ("Type of concession", ["PL-cum-ML", "mining lease", "e.l."]),
    ],
)  # fmt: skip
def test_blocks_are_called_what_is_offered(tmp_path: Path, column: str, words: list[str]) -> None:
    shapes = [shapely.box(76 + i / 10, 14, 76.05 + i / 10, 14.05) for i in range(4)]
    frame = gpd.GeoDataFrame(
        {"block_no": list("abcd"), column: [*words, "reconnaissance permit"]}, geometry=shapes, crs=4326
    )
    frame.to_file(tmp_path / "b.geojson")
    got = read_blocks(tmp_path / "b.geojson", "auction_blocks")
    assert got.kept["concession"].tolist() == ["CL", "ML", "EL", "reconnaissance permit"]
    assert "it stays as written" in reasons(got, 4) and "it stays as written" not in reasons(got, 3)
