"""More kinds of tables: each of another program than the reader's, one damaged and one empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
import xlsxwriter
from strangers import old_workbook, read, reasons, strict, workbook, written

from data_sources.connectors.files import read_file
from data_sources.contracts import CrsError, KhanijError, MissingSourceError, SourceError
from data_sources.contracts.admitting.values import FORMULA

SITES = [
    ["site_id", "name", "lat", "lon", "waste_type_code"],
    ["A1", "Mine A", 14.5, 76.5, "red_mud"],
    ["A2", "Mine B", 14.6, 76.6, "red_mud"],
]
DFN = (
    "DEFN   ST=RECD,RT=COMM;RT:A4;COMMENTS:A76\nDEFN 1 ST=RECD,RT=;sample_id:A8:NAME=Sample\n"
    "DEFN 2 ST=RECD,RT=;LONGITUDE:F12.6:UNIT=degrees;LATITUDE:F12.6\nDEFN 3 ST=RECD,RT=;Cu:F10.2:NULL=-999.99,UNIT=ppm\n"
    "DEFN 4 ST=RECD,RT=;CH:2I6\nDEFN 5 ST=RECD,RT=;END DEFN\n"
)
DAT = "COMM made by hand\n" + "".join(
    f"{i:<8}{x:12.6f}{y:12.6f}{v:10.2f}{7:6d}{8:6d}\n"
    for i, x, y, v in [("58E10", 76.5, 14.5, 30), ("007", 76.6, 14.6, -999.99), ("S3", 76.7, 14.7, 31)]
)


def ods(file: Path, rows: list[list[object]]) -> Path:
    """An OpenDocument spreadsheet of one sheet, as LibreOffice lays it out."""
    import zipfile
    from xml.sax.saxutils import escape

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{p}:1.0"' for p in ("office", "table", "text"))
    xml = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Data">{body}</table:table></office:spreadsheet></office:body></office:document-content>'  # fmt: skip
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("content.xml", xml)
        out.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return file


@pytest.mark.parametrize("kind", ["xlsx", "xlsm", "strict", "xls", "ods", "xlsxwriter"])
def test_a_workbook_of_each_kind(tmp_path: Path, kind: str) -> None:
    if kind == "xls":
        file = old_workbook(tmp_path / "s.xls", SITES)
    elif kind == "ods":
        file = ods(tmp_path / "s.ods", SITES)
    elif kind == "xlsxwriter":
        file = tmp_path / "s.xlsx"
        book = xlsxwriter.Workbook(str(file))
        page = book.add_worksheet("Data")
        for i, row in enumerate(SITES):
            page.write_row(i, 0, row)
        book.close()
    else:
        file = workbook(tmp_path / f"s.{kind.replace('strict', 'xlsx')}", SITES)
        file = strict(file) if kind == "strict" else file
    got = read(file, "waste_sites")
    assert got.kept["site_id"].tolist() == ["A1", "A2"]
    np.testing.assert_allclose(got.kept.geometry.x, [76.5, 76.6])


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "xlsb", "xlsm"])
@pytest.mark.parametrize("damage", ["cut", "zeros", "text", "empty"])
def test_a_damaged_workbook_is_refused_in_our_words(tmp_path: Path, suffix: str, damage: str) -> None:
    good = old_workbook(tmp_path / "g.xls", SITES) if suffix == "xls" else workbook(tmp_path / "g.xlsx", SITES)
    body = good.read_bytes()
    file = tmp_path / f"bad.{suffix}"
    file.write_bytes(
        {
            "cut": body[: len(body) * 2 // 3],
            "zeros": body[:200] + bytes(400) + body[600:],
            "text": b"site_id,name\nA,B\n",
            "empty": b"",
        }[damage]
    )
    with pytest.raises(KhanijError):
        read(file, "waste_sites")


def test_a_workbook_without_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read(workbook(tmp_path / "e.xlsx", []), "waste_sites")
    with pytest.raises(SourceError, match="no rows"):
        read(workbook(tmp_path / "h.xlsx", SITES[:1]), "waste_sites")


@pytest.mark.parametrize("sheet", [2, "2", " 2 "])
def test_a_sheet_called_by_a_number_is_found_by_its_name(tmp_path: Path, sheet: object) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("1", "2", "3"):
        page = book.create_sheet(name)
        page.append(["occurrence_id", "commodity", "longitude", "latitude"])
        for i in range(2):
            page.append([f"sheet{name}-{i}", "gold", 76.5 + i, 14.5])
    book.save(tmp_path / "b.xlsx")
    assert read(tmp_path / "b.xlsx", "occurrences", sheet=sheet).kept["occurrence_id"].tolist() == [
        "sheet2-0",
        "sheet2-1",
    ]
    with pytest.raises(MissingSourceError, match="1, 2, 3"):
        read(tmp_path / "b.xlsx", "occurrences", sheet=4)


@pytest.mark.parametrize("program", ["openpyxl", "xlsxwriter"])
@pytest.mark.parametrize("layer", ["tonnages", "grades", "stream_sediments"])
def test_a_formula_that_was_never_calculated_is_told_and_never_nought(tmp_path: Path, program: str, layer: str) -> None:
    rows = {
        "tonnages": [["tonnage_id", "site_id", "tonnage_mode_mt"], ["T1", "S1", "=2+2.5"], ["T2", "S1", "=5*1.25"]],
        "grades": [["grade_id", "site_id", "element", "value_mode", "unit"], ["G1", "S1", "Cu", "=0.5*2", "%"], ["G2", "S1", "Zn", "=1", "%"]],
        "stream_sediments": [["sample_id", "longitude", "latitude", "Cu_ppm"], ["S1", 76.5, 14.5, "=30+1"], ["S2", 76.6, 14.6, "=31"]],
    }[layer]  # fmt: skip
    file = tmp_path / "f.xlsx"
    if program == "openpyxl":
        workbook(file, rows)
    else:
        book = xlsxwriter.Workbook(str(file))
        page = book.add_worksheet()
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                page.write_formula(i, j, value) if str(value).startswith("=") else page.write(i, j, value)
        book.close()
    got = read(file, layer)
    column = {"tonnages": "tonnage_mode_mt", "grades": "ppm_mode", "stream_sediments": "Cu_ppm"}[layer]
    assert got.kept[column].isna().all() and all(FORMULA in reasons(got, row) for row in (1, 2))


def test_a_formula_with_a_value_is_that_value(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "f.xlsx"))
    page = book.add_worksheet()
    page.write_row(0, 0, ["tonnage_id", "site_id", "tonnage_mode_mt"])
    for i, value in enumerate((4.5, 0.0), start=1):
        page.write_row(i, 0, [f"T{i}", "S1"])
        page.write_formula(i, 2, "=1+1", value=value)
    book.close()
    assert read(tmp_path / "f.xlsx", "tonnages").kept["tonnage_mode_mt"].tolist() == [4.5, 0.0]


def test_an_id_that_is_a_formula_without_a_value_holds_its_row(tmp_path: Path) -> None:
    rows = [["tonnage_id", "site_id", "tonnage_mode_mt"], ["=A9", "S1", 1.5], ["T2", "S1", 2.5], ["T3", "S1", 2.5]]
    got = read(workbook(tmp_path / "f.xlsx", rows), "tonnages")
    assert got.kept["tonnage_id"].tolist() == ["T2", "T3"] and FORMULA in reasons(got, 1, "quarantine")


RING = "76 14, 76.1 14, 76.1 14.1, 76 14.1, 76 14"


@pytest.mark.parametrize("column", ["WKT", "geometry", "the_geom", "geom", "wkt_geom"])
@pytest.mark.parametrize("prefix", ["", "SRID=4326;"])
def test_a_table_with_its_geometry_as_wkt(tmp_path: Path, column: str, prefix: str) -> None:
    text = f'lease_id,{column}\nL1,"{prefix}POLYGON (({RING}))"\nL2,"{prefix}MULTIPOLYGON Z (((77 14 5, 77.1 14 5, 77.1 14.1 5, 77 14 5)))"\nL3,none\n'
    got = read(written(tmp_path, text), "mining_leases")
    assert got.kept["block_id"].tolist() == ["L1", "L2"] and got.quarantine["row"].tolist() == [3]
    assert got.kept["area_ha"].iloc[0] == pytest.approx(11950.27, abs=0.1) and not got.kept.geometry.has_z.any()


def test_wkt_in_another_crs_and_wkb_of_a_database(tmp_path: Path) -> None:
    utm = "POLYGON ((600000 1600000, 601000 1600000, 601000 1601000, 600000 1601000, 600000 1600000))"
    got = read(written(tmp_path, f'lease_id,geom\nL1,"SRID=32643;{utm}"\n'), "mining_leases")
    assert got.kept["area_ha"].iloc[0] == pytest.approx(100.0, rel=2e-3)
    assert read(written(tmp_path, f'lease_id,geom\nL1,"{utm}"\n'), "mining_leases", crs="EPSG:32643").kept[
        "area_ha"
    ].iloc[0] == pytest.approx(100.0, rel=2e-3)
    wkb = shapely.to_wkb(shapely.set_srid(shapely.box(76, 14, 76.1, 14.1), 4326), hex=True, include_srid=True)
    assert read(written(tmp_path, f"lease_id,geom\nL1,{wkb}\n"), "mining_leases").kept["area_ha"].iloc[
        0
    ] == pytest.approx(11950.27, abs=0.1)
    with pytest.raises(CrsError, match="several CRS"):
        read(written(tmp_path, f'lease_id,geom\nL1,"SRID=32643;{utm}"\nL2,"SRID=32644;{utm}"\n'), "mining_leases")


@pytest.mark.parametrize("which", [".dfn", ".dat"])
def test_aseg_gdf2(tmp_path: Path, which: str) -> None:
    (tmp_path / "s.dfn").write_text(DFN)
    (tmp_path / "s.DAT").write_text(DAT)
    file = tmp_path / ("s.dfn" if which == ".dfn" else "s.DAT")
    frame = read_file(file)
    assert frame["sample_id"].tolist() == ["58E10", "007", "S3"] and frame["CH_2"].tolist() == ["8", "8", "8"]
    got = read(file)
    np.testing.assert_allclose(got.kept["Cu_ppm"], [30.0, np.nan, 31.0])
    np.testing.assert_allclose(got.kept.geometry.y, [14.5, 14.6, 14.7])


@pytest.mark.parametrize(
    ("dfn", "dat", "message"),
    [
        (DFN, DAT[:-30], "a record of"), ("nothing\n", DAT, "names no column"), (DFN.replace("F10.2", "Q10"), DAT, "no column definition"),
        (DFN, "", "empty"), (DFN, None, "missing"), (DFN, "x" * 400 + "\n", "a record of 400"),
    ],
    ids=["cut", "no definition", "a format of its own", "empty", "alone", "too long"],
)  # fmt: skip
def test_damaged_aseg_gdf2_is_refused(tmp_path: Path, dfn: str, dat: str | None, message: str) -> None:
    (tmp_path / "s.dfn").write_text(dfn)
    if dat is not None:
        (tmp_path / "s.dat").write_text(dat)
    with pytest.raises(KhanijError, match=message):
        read(tmp_path / "s.dfn")


def test_a_library_that_never_comes_back_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python-calamine does not end on some damaged .ods; here its program is one that sleeps."""
    from data_sources.connectors.spreadsheets import apart

    sleeper = written(tmp_path, "import time\ntime.sleep(60)\n", "sleeper.py")
    monkeypatch.setattr(apart, "__file__", str(sleeper))
    monkeypatch.setattr(apart, "SECONDS", 0.5)
    with pytest.raises(SourceError, match="not read within"):
        read(ods(tmp_path / "s.ods", SITES), "waste_sites")
    written(tmp_path, "raise SystemExit('a fault of the library')\n", "sleeper.py")
    with pytest.raises(SourceError, match="a fault of the library"):
        read(ods(tmp_path / "s.ods", SITES), "waste_sites")
