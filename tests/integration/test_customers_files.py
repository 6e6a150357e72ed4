"""A made-up customer's own files as they are, from workbook and Shapefile to ranked blocks; the figures checked by hand."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
import yaml

pytestmark = pytest.mark.integration

SITES = [
    ["site_id", "name", "lat", "lon", "waste_type_code", "state"], ["CM-1", "मलाजखंड टेलिंग", 22.02, 80.72, "cu_flotation_tailings", "मध्य प्रदेश"],
    ["CM-2", "Copper pond 2", 22.12, 80.82, "cu_flotation_tailings", "M.P."], ["CM-3", "Red mud pond", 22.22, 80.92, "red_mud", "Madhya Pradesh"],
]  # fmt: skip
GRADES = [
    ["grade_id", "site_id", "element", "value_min", "value_mode", "value_max", "unit", "basis_code", "knowledge_class", "use"],
    ["G1", "CM-1", "copper", 0.0010, 0.0012, 0.0014, "%", "assay", "G2", "1"], ["G2", "CM-2", "Cu", 0.4, 0.5, 0.6, "%", "assay", "G3", "1"],
    ["G3", "CM-3", "Sc", 50, 60, 70, "ppm", "assay", "G3", "1"],
]  # fmt: skip
TONNAGES = (
    "tonnage_id;site_id;tonnage_min_mt;tonnage_mode_mt;tonnage_max_mt;as_of_year;basis_code;knowledge_class;is_preferred\n"
    "T1;CM-1;8;10;13;2020;published;G2;yes\nT2;CM-2;4,0;5,0;6,0;2020;published;G3;yes\nT3;CM-3;1,5;2,0;3,0;2020;published;G3;yes\n"
)
CARD = {
    "name": "my_blocks", "title": "Blocks of the office", "publisher": "the office", "licence": "own", "redistribute": "no", "citation": "the office",
    "protocol": "file", "path": "blocks.shp", "crs": "EPSG:32644", "contract": "auction_blocks", "field_map": {"BLK_NO": "block_id"},
}  # fmt: skip
REGION = {
    "name": "cust", "title": "Customer", "description": "A mine's own files", "extent_deg": [80.5, 21.8, 81.1, 22.4],
    "crs": "+proj=aea +lat_1=21.9 +lat_2=22.3 +lat_0=22.1 +lon_0=80.8 +datum=WGS84 +units=m +no_defs", "grid": {"cell_m": 4000, "pad_m": 8000},
    "units": ["waste_block", "auction_block"],
    "layers": {"auction_blocks": {"card": "my_blocks", "path": "blocks.shp"}, "faults": {"card": "own_waste_table", "path": "faults.zip"}},
    "waste": {"sources": [{"card": "own_waste_table", "name": "mine", "path": "sites.xlsx", "tonnages": "tonnages.csv", "grades": "grades.xlsx"}]},
    "ranking": {"basket": "all_recoverable", "price_deck": "2025e", "draws": 400}, "seed": 20260101,
}  # fmt: skip


def lay_down(root: Path) -> None:
    """The customer's folder: two workbooks, a text table, a Shapefile in UTM and one in a zip."""
    data = root / "data"
    for folder in (data, root / "regions", root / "cards"):
        folder.mkdir()
    for name, rows in (("sites", SITES), ("grades", GRADES)):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cell in ("D2", "E2", "F2") if name == "grades" else ():
            book.active[cell].number_format = "0.00%"
        book.save(data / f"{name}.xlsx")
    (data / "tonnages.csv").write_text(TONNAGES, encoding="utf-8")
    boxes = [shapely.box(80.70, 22.00, 80.74, 22.04), shapely.box(80.80, 22.10, 80.84, 22.14)]
    blocks = {"BLK_NO": ["1", "2"], "नाम": ["पहला खंड", "दूसरा"], "RAJYA": ["मध्य प्रदेश", "Madhya Pradesh"]}
    gpd.GeoDataFrame(blocks, geometry=boxes, crs=4326).to_crs(32644).to_file(data / "blocks.shp", encoding="utf-8")
    gpd.GeoDataFrame(
        {"fault_name": ["F1"]}, geometry=[shapely.LineString([(80.6, 22.0), (80.9, 22.2)])], crs=4326
    ).to_file(root / "faults.shp")
    with zipfile.ZipFile(data / "faults.zip", "w") as out:
        for part in sorted(root.glob("faults.*")):
            out.write(part, part.name)
    (root / "regions" / "cust.yaml").write_text(yaml.safe_dump(REGION), encoding="utf-8")
    (root / "cards" / "my_blocks.yaml").write_text(yaml.safe_dump(CARD), encoding="utf-8")


def test_a_customers_files_become_ranked_blocks(tmp_path: Path) -> None:
    lay_down(tmp_path)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))} | {
        "KHANIJ_HOME": str(tmp_path), "KHANIJ_REGIONS": str(tmp_path / "regions"), "KHANIJ_DATA": str(tmp_path / "data"),
        "KHANIJ_CARDS": str(tmp_path / "cards"),
    }  # fmt: skip
    command = [sys.executable, "-m", "pipelines.cli"]
    done = subprocess.run([*command, "run", "--region", "cust"], env=env, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]
    with sqlite3.connect(f"file:{tmp_path / 'output' / 'cust' / 'ranked_blocks.gpkg'}?mode=ro", uri=True) as base:
        columns = "block_id, status, state, flags, tonnage_t_p50, contained_critical_t_p50, area_ha, name"
        rows = {r[0]: r[1:] for r in base.execute(f"select {columns} from ranked_blocks")}
    assert {b: r[0] for b, r in rows.items()} == dict.fromkeys(
        ["1", "2", "WB-mine-CM-1", "WB-mine-CM-2", "WB-mine-CM-3"], "RANKED"
    )
    assert {r[1] for r in rows.values()} == {"Madhya Pradesh"}
    assert rows["WB-mine-CM-1"][6] == "मलाजखंड टेलिंग" and rows["1"][6] == "पहला खंड"
    assert (
        "route_from_waste_type:flotation_cu" in rows["WB-mine-CM-1"][2]
        and "route_from_waste_type:acid_leach_sx" in rows["WB-mine-CM-3"][2]
    )
    # Copper of the first: 0.12 % shown as a per cent in its cell; of the second: a plain 0.5 under %.
    for block, grade in (("WB-mine-CM-1", 0.0012), ("WB-mine-CM-2", 0.005)):
        assert rows[block][4] / rows[block][3] == pytest.approx(grade, rel=0.1)
    assert rows["WB-mine-CM-1"][3] == pytest.approx(10.0e6, rel=0.1) and rows["WB-mine-CM-2"][3] == pytest.approx(
        5.0e6, rel=0.1
    )
    by_equal_area = gpd.read_file(tmp_path / "data" / "blocks.shp").to_crs(6933).area / 1e4
    assert [rows["1"][5], rows["2"][5]] == pytest.approx(by_equal_area.tolist(), rel=1e-3)
    listed = subprocess.run(
        [*command, "shortlist", "--region", "cust", "--state", "Madhya Pradesh"], env=env | {"COLUMNS": "160"}, capture_output=True, text=True, timeout=300
    )  # fmt: skip
    assert listed.returncode == 0 and "5 blocks" in listed.stdout
