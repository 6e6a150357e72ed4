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
        assert layer["rows_in"] == layer["rows_kept"] + layer["rows_quarantined"], name
    held = got.quarantine["row"].notna().sum()
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"] and held >= 0
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
    DUMP_TONNAGES.assign(site_id=["D1", "P1"], is_preferred=[True, None]).to_csv(folder / "dump_tonnages.csv", index=False)
    got = merged(folder, {"card": "own_waste_table", "path": "dumps.csv", "tonnages": "dump_tonnages.csv"})
    assert counted(got) == {"P1": 6.0, "P2": 7.0, "office-D1": 1.5}
    marks = got.tonnages.set_index("tonnage_id")["is_preferred"]
    assert marks["1"] and not marks["office:2"] and marks["office:1"] and pd.isna(marks["2"])
