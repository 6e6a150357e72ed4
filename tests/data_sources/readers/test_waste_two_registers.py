"""Registers of two offices in one region: each keeps its marks, its card and its outlines, and rows name the sites of either."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from data_sources.readers.references import ORPHAN
from data_sources.readers.waste import WasteInventory, read_inventory
from data_sources.readers.waste_merge import merged_inventory
from data_sources.reference import load_reference
from data_sources.regions import Waste
from pipelines.cli.own.whole_region import lines_of
from scoring.waste.inventory import site_records
from scoring.waste.routes import RouteBook

EXTENT = (73.0, 23.5, 75.0, 25.5)
PONDS = pd.DataFrame(
    {
        "site_id": ["P1", "P2"],
        "name": ["Amba pond", "Bela pond"],
        "lat": [24.35, 24.40],
        "lon": [73.73, 73.80],
        "waste_type_code": ["zn_pb_flotation_tailings"] * 2,
    }
)
POND_TONNAGES = pd.DataFrame({"tonnage_id": ["1", "2"], "site_id": ["P1", "P2"], "tonnage_mode_mt": [6.0, 7.0]})
DUMPS = pd.DataFrame(
    {
        "site_id": ["D1", "D2"],
        "name": ["Chandra dump", "Dhara dump"],
        "lat": [24.60, 24.70],
        "lon": [74.10, 74.20],
        "waste_type_code": ["zn_pb_flotation_tailings"] * 2,
    }
)
DUMP_TONNAGES = pd.DataFrame({"tonnage_id": ["1", "2"], "site_id": ["D1", "D2"], "tonnage_mode_mt": [1.5, 2.5]})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cards").mkdir()
    monkeypatch.setenv("KHANIJ_CARDS", str(tmp_path / "cards"))
    PONDS.to_csv(tmp_path / "ponds.csv", index=False)
    POND_TONNAGES.to_csv(tmp_path / "pond_tonnages.csv", index=False)
    DUMPS.to_csv(tmp_path / "dumps.csv", index=False)
    DUMP_TONNAGES.to_csv(tmp_path / "dump_tonnages.csv", index=False)
    return tmp_path


def card(folder: Path, **more: object) -> str:
    said = {
        "name": "office_dumps", "title": "Dumps of an office", "publisher": "the office", "licence": "its own",
        "redistribute": "no", "citation": "the office", "protocol": "file", "contract": "waste_sites",
    }  # fmt: skip
    (folder / "cards" / "office_dumps.yaml").write_text(yaml.safe_dump(said | more))
    return "office_dumps"


def merged(folder: Path, source: dict[str, str], **main: str) -> WasteInventory:
    """The register of ponds (with the tables of ``main``) and one further source."""
    files = {"waste_sites": "ponds.csv", "tonnages": "pond_tonnages.csv", **main}
    paths = {layer: folder / file for layer, file in files.items()}
    base = read_inventory(paths, card_name="own_waste_table", extent_deg=EXTENT)
    waste = Waste.model_validate({"card": "own_waste_table", "sources": [{"name": "office", "kind": "table"} | source]})
    given = {"sites": folder / source["path"]}
    given |= {k: folder / source[k] for k in ("tonnages", "grades", "constraints") if k in source}
    got = merged_inventory(base, waste, {"office": given}, extent_deg=EXTENT)
    for name, layer in got.report["layers"].items():
        if "absent" not in layer:
            assert layer["rows_in"] == layer["rows_kept"] + layer["rows_quarantined"], name
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"]
    return got


def counted(got: WasteInventory) -> dict[str, float]:
    """Site -> the tonnage that counts for it [million t]."""
    records = site_records(got.sites, got.tonnages, got.grades, RouteBook(load_reference()), 0.0)
    return {s: r.tonnage.tonnage_mode_mt for s, r in records.items() if r.tonnage is not None}


def test_tonnages_that_no_table_marks_all_count(folder):
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert counted(got) == {"P1": 6.0, "P2": 7.0, "office-D1": 1.5, "office-D2": 2.5}
    assert got.tonnages["is_preferred"].isna().all(), "nobody marked one"


def test_what_one_table_marks_stays_and_of_two_tables_the_register_goes_first(folder):
    DUMP_TONNAGES.assign(site_id=["D1", "P1"], is_preferred=[True, None]).to_csv(
        folder / "dump_tonnages.csv", index=False
    )
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert counted(got) == {"P1": 6.0, "P2": 7.0, "office-D1": 1.5}
    marks = got.tonnages.set_index("tonnage_id")["is_preferred"]
    assert marks["1"] and not marks["office:2"] and marks["office:1"] and pd.isna(marks["2"])


@pytest.mark.parametrize("mode", [1.0, 9.0])
def test_of_two_figures_of_one_table_none_is_chosen_by_its_number(folder, mode):
    both = pd.DataFrame({"tonnage_id": ["1", "2"], "site_id": ["P1"] * 2, "tonnage_mode_mt": [mode, 10.0 - mode]})
    both.to_csv(folder / "pond_tonnages.csv", index=False)
    DUMP_TONNAGES.head(1).assign(site_id="P1").to_csv(folder / "dump_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert not got.tonnages.loc[got.tonnages["site_id"] == "P1", "is_preferred"].fillna(False).any()
    assert "P1" not in counted(got)


def test_a_figure_that_its_table_refuses_is_not_chosen_for_another_tables_sake(folder):
    POND_TONNAGES.assign(is_preferred=[False, None]).to_csv(folder / "pond_tonnages.csv", index=False)
    DUMP_TONNAGES.head(1).assign(site_id="P1").to_csv(folder / "dump_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert counted(got)["P1"] == 1.5


WORKBOOK = pd.DataFrame(
    {
        "Dump No": ["D1", "D2"],
        "Called": ["Chandra dump", "Dhara dump"],
        "N": [24.60, 24.70],
        "E": [74.10, 74.20],
        "What": ["old fines", "old fines"],
        "Qty": ["15,0", "25,0"],
        "Zn (%)": ["0,9", "1,1"],
    }
)
CARD_OF_ONE_FILE = {
    "field_map": {
        "Dump No": "site_id", "Called": "name", "N": "latitude", "E": "longitude", "What": "waste_type_code", "Qty": "tonnage_mode_mt",
    },
    "units": {"Qty": {"unit": "lakh t", "basis": "stated"}},
    "values": {"What": {"old fines": "zn_pb_flotation_tailings"}},
    "options": {"sheet": "Dumps", "header_row": 3, "decimal": ","},
}  # fmt: skip


def workbook(folder: Path) -> None:
    with pd.ExcelWriter(folder / "reg.xlsx", engine="openpyxl") as book:
        pd.DataFrame({"note": ["see the other sheet"]}).to_excel(book, sheet_name="Notes", index=False)
        WORKBOOK.to_excel(book, sheet_name="Dumps", index=False, startrow=2)
        book.sheets["Dumps"]["A1"] = "Dumps of the office"


def test_a_register_in_one_file_is_read_by_its_card_for_every_table(folder):
    workbook(folder)
    name = card(folder, **CARD_OF_ONE_FILE)
    got = merged(folder, {"card": name, "path": "reg.xlsx", "tonnages": "reg.xlsx", "grades": "reg.xlsx"})
    assert counted(got) == {"P1": 6.0, "P2": 7.0, "office-D1": 1.5, "office-D2": 2.5}
    grades = got.grades.set_index("site_id")
    assert grades.loc["office-D1", ["element", "ppm_mode"]].tolist() == ["Zn", 9000.0] and len(got.grades) == 2
    assert not len(got.quarantine)


def test_a_card_names_the_columns_of_the_files_beside_its_table(folder):
    DUMPS.rename(columns={"site_id": "ID"}).to_csv(folder / "dumps.csv", index=False)
    stock = {"ID": ["t1", "t2"], "site_id": ["D1", "D2"], "Qty": [15.0, 25.0]}
    pd.DataFrame(stock).to_csv(folder / "dump_tonnages.csv", index=False)
    maps = {"ID": "site_id", "Qty": "tonnage_mode_mt"}
    name = card(folder, field_map=maps, units={"Qty": {"unit": "lakh t", "basis": "stated"}})
    got = merged(folder, {"card": name, "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert counted(got) == {"P1": 6.0, "P2": 7.0, "office-D1": 1.5, "office-D2": 2.5}


def test_the_remedy_of_a_table_that_cannot_be_read_is_its_own(folder):
    pd.DataFrame({"pond": ["D1"], "tonnage_mode_mt": [1.0]}).to_csv(folder / "dump_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    (line,) = lines_of("waste_sites of office", "dumps.csv", got.report["layers"]["waste_sites of office"])
    assert "site_id" in line.says and "check the path" not in line.do and "field_map" in line.do


def squares(first: float = 74.10) -> gpd.GeoDataFrame:
    shapes = [
        shapely.box(first + 0.1 * i, 24.60 + 0.1 * i, first + 0.004 + 0.1 * i, 24.604 + 0.1 * i) for i in range(2)
    ]
    return gpd.GeoDataFrame(DUMPS.drop(columns=["lat", "lon"]), geometry=shapes, crs=4326)


def test_a_source_of_polygons_keeps_them_as_footprints(folder):
    drawn = squares()
    drawn.to_file(folder / "dumps.gpkg")
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.gpkg", "tonnages": "dump_tonnages.csv"})
    found = got.footprints.set_index("site_id").geometry
    assert sorted(found.index) == ["office-D1", "office-D2"]
    for site, shape in zip(("office-D1", "office-D2"), drawn.geometry, strict=True):
        assert found[site].symmetric_difference(shape).area < 1e-12
    assert got.report["layers"]["waste_footprints of office"]["rows_kept"] == 2


def test_a_site_that_has_an_outline_keeps_it(folder):
    own = shapely.box(73.72, 24.34, 73.74, 24.36)
    outline = gpd.GeoDataFrame({"site_id": ["P1"]}, geometry=[own], crs=4326)
    outline.to_file(folder / "footprints.gpkg")
    drawn = squares().assign(site_id=["P1", "D2"])
    drawn.to_file(folder / "dumps.gpkg")
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.gpkg"}, waste_footprints="footprints.gpkg")
    found = got.footprints.set_index("site_id").geometry
    assert sorted(found.index) == ["P1", "office-D2"] and found["P1"].equals(shapely.MultiPolygon([own]))
    assert got.report["layers"]["waste_footprints of office"]["outlines_of_sites_that_have_one"] == 1


def test_rows_of_the_register_join_the_site_of_a_source_by_its_own_id(folder):
    every = {
        "site_id": ["P1", "d1", "D2", "office-D2", "gone"],
        "sample_id": list("abcde"),
        "Zn (%)": [1.0, 2.0, 3.0, 3.5, 9.0],
    }
    pd.DataFrame(every).to_csv(folder / "assays.csv", index=False)
    both = {"tonnage_id": ["1", "2"], "site_id": ["P1", "D2"], "tonnage_mode_mt": [6.0, 2.5]}
    pd.DataFrame(both).to_csv(folder / "pond_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv"}, grades="assays.csv")
    assert got.grades["site_id"].tolist() == ["P1", "office-D1", "office-D2", "office-D2"]
    assert counted(got) == {"P1": 6.0, "office-D2": 2.5}
    told = got.report["layers"]["grades"]
    assert (told["rows_in"], told["rows_kept"], told["rows_quarantined"]) == (5, 4, 1)
    held = got.quarantine[got.quarantine["row"].notna()]
    assert held[["layer", "row", "value", "reason"]].to_numpy().tolist() == [["grades", 5, "gone", ORPHAN]]
    assert got.report["layers"]["tonnages"]["by_reason"]["quarantined"].get(ORPHAN, 0) == 0


def test_an_id_of_the_register_goes_before_the_one_of_a_source(folder):
    DUMPS.assign(site_id=["D1", "P9"]).to_csv(folder / "dumps.csv", index=False)
    PONDS.assign(site_id=["P1", "P9"], lat=[24.35, 64.4]).to_csv(folder / "ponds.csv", index=False)
    POND_TONNAGES.assign(site_id=["P1", "P9"]).to_csv(folder / "pond_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv"})
    assert counted(got) == {"P1": 6.0}, "P9 of the register is held, and its tonnage is not that of another P9"
