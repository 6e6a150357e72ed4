"""Columns as laboratories name them: methods, second methods, over-range values, the same header twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from strangers import read, reasons, samples, workbook

from data_sources.contracts.admitting import analyses
from data_sources.contracts.admitting.chemistry import element_named, names_analysis, parse_column
from data_sources.contracts.admitting.values import ABOVE
from pipelines.cli import main


@pytest.mark.parametrize(
    ("name", "target", "unit"),
    [
        ("ME-ICP61_Cu_ppm", "Cu_ppm", "ppm"), ("Zn_ME-ICP61_ppm", "Zn_ppm", "ppm"), ("Au-AA25_Au_ppm", "Au_ppm", "ppm"),
        ("Cu_ppm_ICP", "Cu_ppm", "ppm"), ("Cu_pct_OG46", "Cu_ppm", "pct"), ("IC587_Ag", "Ag_ppm", ""), ("FA50_Au", "Au_ppm", ""),
        ("S-IR08_S_pct", "S_ppm", "pct"), ("Cu-OG62 (%)", "Cu_ppm", "pct"), ("GE_ICP40Q12_Cu", "Cu_ppm", ""),
        ("GO_FAG37V_Au_ppb", "Au_ppm", "ppb"), ("AQ200_Cu", "Cu_ppm", ""), ("4AB_OM20_La_ppm", "La_ppm", "ppm"),
        ("FA50/OE04 Au ppm", "Au_ppm", "ppm"), ("me_icp61_cu_ppm", "Cu_ppm", "ppm"), ("Au-GRA21_Ag_ppm", "Ag_ppm", "ppm"),
        ("OA-GRA05_LOI", "LOI_pct", ""), ("W_ppm_ME-XRF10", "W_ppm", "ppm"), ("XRF_SiO2_pct", "SiO2_pct", "pct"), ("Cu_ppm.1", "Cu_ppm", "ppm"),
        ("Ag g/t MA270", "Ag_ppm", "ppm"), ("U_ppm_ME-MS81d", "U_ppm", "ppm"), ("Fe2O3_XRF_%", "Fe2O3_pct", "pct"),
    ],
)  # fmt: skip
def test_a_method_before_or_behind_the_element_is_left_aside(name: str, target: str, unit: str) -> None:
    column = parse_column(name)
    assert column is not None and (column.species.target, column.stated_unit, column.unknown_unit) == (target, unit, "")


@pytest.mark.parametrize(
    "name", ["toposheet", "Pb206_Pb204", "Ba_Sr_ratio", "gid", "in_situ", "S No", "ICP61", "OG46_note", "sample_no"]
)
def test_what_is_no_analysis_stays_none(name: str) -> None:
    assert parse_column(name) is None


def test_values_of_columns_with_methods(tmp_path: Path) -> None:
    got = read(
        samples(
            tmp_path,
            "ME-ICP61_Cu_ppm,Zn_ME-ICP61_ppm,Au-AA25_Au_ppm,Ni_ppm",
            "30,70,0.01,12",
            "35,75,0.02,13",
            "33,80,0.01,14",
        )
    )
    assert got.kept["Cu_ppm"].tolist() == [30, 35, 33] and got.kept["Zn_ppm"].tolist() == [70, 75, 80]
    assert got.kept["Au_ppm"].tolist() == [0.01, 0.02, 0.01] and not len(got.quarantine)


@pytest.mark.parametrize(
    ("columns", "row", "ppm"),
    [
        ("Cu_ppm_ICP,Cu_pct_OG46", ">10000,1.45", 14_500.0), ("Cu_ppm,Cu_AAS_pct", "> 10000 ppm,1.45", 14_500.0),
        ("ME-ICP61_Cu_ppm,Cu-OG62_Cu_%", ">1%,1.45%", 14_500.0), ("Cu_ppm,Cu_g/t_FA50", ">100,14500 ppm", 14_500.0),
    ],
)  # fmt: skip
def test_a_second_method_stands_where_the_first_is_over_its_range(
    tmp_path: Path, columns: str, row: str, ppm: float
) -> None:
    got = read(samples(tmp_path, columns, row, "35,", "33,", "31,"))
    assert got.kept["Cu_ppm"].tolist() == [ppm, 35.0, 33.0, 31.0] and not got.kept["Cu_ppm_censored"].any()
    assert (
        analyses.OVER_RANGE in reasons(got, 1) and ABOVE not in reasons(got, 1) and row.split(",")[1] in reasons(got, 1)
    )


def test_without_a_second_method_the_limit_stays_and_is_marked(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_ppm_ICP,Cu_pct_OG46", ">10000,", "35,", "33,"))
    assert got.kept["Cu_ppm"].tolist() == [10_000.0, 35.0, 33.0] and ABOVE in reasons(got, 1)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_same_header_twice_with_the_first_empty(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        file = samples(tmp_path, "Cu_ppm,Cu_ppm", ",30", ",35", ",33")
    else:
        rows = [["sample_id", "longitude", "latitude", "Cu_ppm", "Cu_ppm"]]
        rows += [[f"S{i}", 76.5 + i / 10, 14.5, None, v] for i, v in enumerate((30, 35, 33))]
        file = workbook(tmp_path / "t.xlsx", rows)
    got = read(file)
    assert got.kept["Cu_ppm"].tolist() == [30.0, 35.0, 33.0] and analyses.SECOND_FILLS in reasons(got, 1)


def test_two_columns_that_differ_are_marked_and_the_first_is_used(tmp_path: Path) -> None:
    got = read(samples(tmp_path, "Cu_ppm,Cu_ppm", "30,31", "35,90", "33,33"))
    assert got.kept["Cu_ppm"].tolist() == [30.0, 35.0, 33.0]
    assert got.flags.loc[got.flags["reason"] == analyses.DIFFER, "value"].tolist() == ["35 (Cu_ppm.1: 90)"]


@pytest.mark.parametrize(
    "name", ["Copper", "Copper by assay", "Assay of Cu in ppm of dry mass", "Nickel content", "V2O5 in the fine part"]
)
def test_an_analysis_that_is_passed_over_is_a_finding(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = samples(tmp_path, f"Zn_ppm,{name}", "70,30", "75,35", "80,33")
    assert analyses.PASSED_OVER in reasons(read(file), None, "quarantine") and names_analysis(name)
    assert main(["validate", str(file), "--as", "stream_sediments"]) == 1
    assert "names an element" in " ".join(capsys.readouterr().out.split())
    assert main(["validate", str(file), "--as", "stream_sediments", "--map", f"{name}=Cu_ppm"]) == 0


@pytest.mark.parametrize("name", ["Cu_flag", "S No", "remarks", "Cu_DL", "colour"])
def test_what_names_no_analysis_is_no_finding(tmp_path: Path, name: str) -> None:
    got = read(samples(tmp_path, f"Zn_ppm,{name}", "70,1", "75,2", "80,3"))
    assert not len(got.quarantine) and name in got.report["columns_unmapped"]


@pytest.mark.parametrize(
    ("text", "symbol", "share"),
    [("copper", "Cu", 1.0), ("CU", "Cu", 1.0), ("cu", "Cu", 1.0), ("V2O5", "V", 0.56017), ("Nd2O3", "Nd", 0.85736), ("eU3O8", "U", 0.848), ("Total REE", "TREE", 1.0)],
)  # fmt: skip
def test_elements_by_their_names(text: str, symbol: str, share: float) -> None:
    found = element_named(text)
    assert found is not None and (found.element, found.element_per_oxide) == (symbol, pytest.approx(share, abs=1e-4))


@pytest.mark.parametrize("name", ["copper", "Cu", "V2O5", "La2O3", "nickel"])
def test_grades_and_headers_read_a_name_alike(tmp_path: Path, name: str) -> None:
    """The same name gives the same element and factor as a survey's column and as a grade's element."""
    column = parse_column(f"{name} (ppm)")
    assert column is not None
    file = tmp_path / "g.csv"
    file.write_text(f"grade_id,site_id,element,value_mode,unit\nG1,S1,{name},1000,ppm\n")
    kept = read(file, "grades").kept
    assert kept["element"].tolist() == [column.species.element]
    assert kept["ppm_mode"].iloc[0] == pytest.approx(1000 * column.species.factor("ppm"))


def test_an_oxide_whose_ppm_stands_beside_it_is_turned_once(tmp_path: Path) -> None:
    file = tmp_path / "g.csv"
    file.write_text(
        "grade_id,site_id,element,value_mode,unit,ppm_mode\nG1,S1,V2O5,0.10,%,1000\nG2,S2,V2O5,0.10,%,560.17\nG3,S3,Xx,5,ppm,5\nG4,S4,Zn+Pb,5,ppm,5\n"
    )
    got = read(file, "grades")
    assert got.kept["ppm_mode"].tolist() == pytest.approx([560.17, 560.17, 5, 5]) and got.kept["element"].tolist() == [
        "V",
        "V",
        "Xx",
        "Zn+Pb",
    ]
    assert "no element, oxide or total" in reasons(got, 3) and "no element" not in reasons(got, 4)
