"""Several sources of waste sites, from files, become one inventory: balanced, every figure kept, doubtful pairs listed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from pydantic import ValidationError

from data_sources.readers.quality import quality_table
from data_sources.readers.references import ORPHAN
from data_sources.readers.waste import WasteInventory, embedded_inventory
from data_sources.readers.waste_merge import OTHER_USED, empty_inventory, merged_inventory
from data_sources.readers.waste_sources import NOT_READ
from data_sources.regions import Waste

EXTENT = (72.0, 23.0, 77.0, 27.0)
ZAWAR = "IN-TSF-009"
PORTAL = [
    {"id": 1, "tsf": "Zawar TSF", "mine": "Zawar", "owner_company": "HZL", "country": "India", "latitude": 24.352,
     "longitude": 73.731, "current_tailings_storage": 30e6, "hazard_categorization": "High", "classification_system": "CDA",
     "current_maximum_height": 52},
    {"id": 2, "tsf": "Tailings pond A", "mine": "Kayad", "country": "India", "latitude": 26.53, "longitude": 74.69,
     "current_tailings_storage": 2e6},
    {"id": 3, "tsf": "Far pond", "mine": "Elsewhere", "country": "India", "latitude": 12.9, "longitude": 78.2,
     "current_tailings_storage": 2e6},
    {"id": 4, "tsf": "Escondida", "mine": "Escondida", "country": "Chile", "latitude": -24.3, "longitude": -69.1,
     "current_tailings_storage": 1e9},
    {"id": 5, "tsf": "Swapped", "mine": "Swapped", "country": "India", "latitude": 74.2, "longitude": 24.9,
     "current_tailings_storage": 1e6},
    {"id": 6, "tsf": "Worded", "mine": "Worded", "country": "India", "latitude": 25.5, "longitude": 75.5,
     "current_tailings_storage": "about 3 million"},
]  # fmt: skip
OSM = {
    "elements": [
        {"type": "way", "id": 11, "center": {"lat": 24.351, "lon": 73.7305}, "tags": {"name": "Zawar tailings", "operator": "Hindustan Zinc"}},
        {"type": "way", "id": 12, "center": {"lat": 25.0, "lon": 75.0}, "tags": {"man_made": "tailings_pond"}},
        {"type": "way", "id": 13, "center": {"lat": 25.8331, "lon": 74.7351}, "tags": {"name": "Quite another name"}},
        {"type": "way", "id": 12, "center": {"lat": 25.0, "lon": 75.0}, "tags": {"man_made": "tailings_pond"}},
    ]
}  # fmt: skip
STATIONS = pd.DataFrame(
    {
        "gppd_id": ["P1", "P2"],
        "cea_name": ["KOTA TPS", "SOLAPUR STPS"],
        "state": ["Rajasthan", "Maharashtra"],
        "fuel": ["COAL", "COAL"],
        "capacity_mw": [1240.0, 1320.0],
        "commissioning_year": [1990, 2017],
        "latitude": [25.17, 24.5],
        "longitude": [75.82, 74.5],
    }
)
MINE = pd.DataFrame(
    {
        "site_id": [ZAWAR, "HZ-NEW"],
        "name": ["our Zawar pond", "Balaria fines yard"],
        "lat": [24.36, 24.40],
        "lon": [73.74, 73.95],
        "state": ["Rajasthan"] * 2,
        "waste_type_code": ["zn_pb_flotation_tailings"] * 2,
        "lease_status": ["operator"] * 2,
    }
)
MINE_TONNAGES = pd.DataFrame(
    {
        "tonnage_id": ["1", "2", "3"],
        "site_id": [ZAWAR, "HZ-NEW", "HZ-GONE"],
        "tonnage_mode_mt": [60.0, 1.5, 9.0],
        "basis_code": ["published"] * 3,
        "is_preferred": [True, True, True],
    }
)
MINE_GRADES = pd.DataFrame(
    {
        "grade_id": ["1", "2"],
        "site_id": [ZAWAR, "HZ-NEW"],
        "element": ["Zn", "Zn"],
        "element_kind": ["element"] * 2,
        "value_mode": [0.4, 0.6],
        "unit": ["%"] * 2,
        "basis_code": ["assay"] * 2,
        "use": ["1", "1"],
    }
)


def write(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "portal.json").write_text(json.dumps(PORTAL))
    (folder / "osm.json").write_text(json.dumps(OSM))
    STATIONS.to_csv(folder / "stations.csv", index=False)
    MINE.to_excel(folder / "mine.xlsx", index=False)
    MINE_TONNAGES.to_csv(folder / "mine_tonnages.csv", index=False)
    MINE_GRADES.to_csv(folder / "mine_grades.csv", index=False)
    return folder


SETTINGS = {
    "card": "embedded_register",
    "sources": [
        {"card": "own_waste_table", "name": "mine_hz", "path": "mine.xlsx", "tonnages": "mine_tonnages.csv", "grades": "mine_grades.csv"},
        {"card": "global_tailings_portal", "path": "portal.json"},
        {"card": "osm_tailings_ponds", "path": "osm.json"},
        {"card": "power_stations_india", "path": "stations.csv"},
    ],
}  # fmt: skip


def merge(folder: Path, settings: dict = SETTINGS, base: WasteInventory | None = None) -> WasteInventory:
    waste = Waste.model_validate(settings)
    paths = {
        s.called: {"sites": folder / str(s.path)}
        | {k: folder / v for k in ("tonnages", "grades", "constraints") if (v := getattr(s, k))}
        for s in waste.sources
    }
    return merged_inventory(base or embedded_inventory(EXTENT), waste, paths, extent_deg=EXTENT)


@pytest.fixture(scope="module")
def merged(tmp_path_factory) -> WasteInventory:
    return merge(write(tmp_path_factory.mktemp("waste")))


def test_one_facility_of_four_sources_is_one_site_with_every_figure(merged):
    site_of = dict(zip(merged.members["record_id"], merged.members["site_id"]))
    for record in (f"own:{ZAWAR}", f"mine_hz:{ZAWAR}", "global_tailings_portal:1", "osm_tailings_ponds:way/11"):
        assert site_of[record] == ZAWAR
    assert (merged.sites["site_id"] == ZAWAR).sum() == 1
    own = merged.tonnages[merged.tonnages["site_id"] == ZAWAR]
    assert set(own["source"]) >= {"mine_hz", "global_tailings_portal"} and len(own) == 3
    assert own.loc[own["is_preferred"].astype(bool), "tonnage_id"].tolist() == ["T-TSF-009-1"]
    portal = own[own["source"] == "global_tailings_portal"].iloc[0]
    assert portal["basis_code"] == "derived" and "dry density" in portal["formula"]
    kept = merged.figures.set_index("quantity")["text"]
    assert kept["hazard_rating"] == "High", "a rating stays a text beside the system that gave it"


def test_rows_in_are_kept_or_held_in_every_source_and_over_the_merge(merged):
    report = merged.report
    for name, layer in report["layers"].items():
        assert layer["rows_in"] == layer["rows_kept"] + layer["rows_quarantined"], name
    assert report["rows_in"] == report["rows_kept"] + report["rows_quarantined"]
    layers = report["layers"]
    assert layers["waste_sites of global_tailings_portal"]["rows_in"] == 4, "Chile and the south are not this region's"
    assert layers["waste_sites of global_tailings_portal"]["rows_of_other_countries"] == 1
    assert layers["waste_sites of global_tailings_portal"]["rows_outside_region"] == 1
    kept = {
        k.removeprefix("waste_sites of "): v["rows_kept"] for k, v in layers.items() if k.startswith("waste_sites of")
    }
    assert kept == merged.members[merged.members["source"] != "own"]["source"].value_counts().to_dict()
    tables = {"tonnages": merged.tonnages, "grades": merged.grades, "constraints": merged.constraints}
    for layer, frame in tables.items():
        assert len(frame) == sum(
            v["rows_kept"] for k, v in layers.items() if k == layer or k.startswith(f"{layer} of ")
        )


def test_wrong_rows_are_held_under_their_own_source_and_row(merged):
    lines = merged.quarantine.astype("str")
    found = {(r.source, r.layer, r.row): r.reason for r in lines.itertuples()}
    assert "axis order" in found[("global_tailings_portal", "waste_sites", "5")]
    assert "outside the state" in found[("power_stations_india", "waste_sites", "2")], "Solapur lies in Maharashtra"
    assert "duplicate key" in found[("osm_tailings_ponds", "waste_sites", "4")]
    assert found[("mine_hz", "tonnages", "3")] == ORPHAN
    flags = merged.flags.astype("str")
    worded = flags[(flags["source"] == "global_tailings_portal") & (flags["row"] == "6")]
    assert worded["reason"].tolist() == [NOT_READ] and worded["value"].tolist() == ["about 3 million"]


def test_a_doubtful_match_is_listed_and_a_decision_is_obeyed(merged, tmp_path):
    pair = merged.review[merged.review["record_b"] == "own:IN-TSF-006"]
    doubtful = merged.review.loc[(merged.review == "osm_tailings_ponds:way/13").any(axis=1)]
    assert len(doubtful) == 1 and "names differ" in doubtful["why"].iloc[0], pair
    table = quality_table({"waste_inventory": merged.report})
    told = table[table["finding"] == "doubtful match"]
    assert len(told) == len(merged.review) and told["detail"].str.contains("way/13").any()
    folder = write(tmp_path)
    ids = ["own:IN-TSF-006", "osm_tailings_ponds:way/13"]
    same = merge(folder, SETTINGS | {"same": [ids]})
    assert dict(zip(same.members["record_id"], same.members["site_id"]))[ids[1]] == "IN-TSF-006"
    assert len(same.sites) == len(merged.sites) - 1 and not (same.review == ids[1]).any(axis=None)
    apart = merge(folder, SETTINGS | {"different": [ids, ["own:IN-GONE", ids[1]]]})
    assert not (apart.review == ids[1]).any(axis=None) and len(apart.sites) == len(merged.sites)
    told = quality_table({"waste_inventory": apart.report})
    assert told.loc[told["finding"] == "decided pair not found", "detail"].str.contains("IN-GONE").all()


def test_the_registers_own_rows_do_not_change(merged):
    plain = embedded_inventory(EXTENT)
    after = merged.sites.set_index("site_id").loc[plain.sites["site_id"]]
    for column in plain.sites.columns.drop(["site_id", "geometry"]):
        before = plain.sites[column].astype("str").fillna("").tolist()
        assert after[column].astype("str").fillna("").tolist() == before, column
    assert merged.grades.loc[merged.grades["source"] != "mine_hz", "use"].tolist() == plain.grades["use"].tolist()


def test_a_mines_grade_and_tonnage_count_where_the_register_has_none(merged):
    new = merged.tonnages[merged.tonnages["site_id"] == "mine_hz-HZ-NEW"]
    assert new["is_preferred"].astype(bool).tolist() == [True] and new["tonnage_mode_mt"].tolist() == [1.5]
    grade = merged.grades[merged.grades["site_id"] == "mine_hz-HZ-NEW"].iloc[0]
    assert grade["use"] == "1" and grade["ppm_mode"] == 6000
    own = merged.tonnages[(merged.tonnages["source"] == "mine_hz") & (merged.tonnages["site_id"] == ZAWAR)].iloc[0]
    assert not own["is_preferred"] and own["preference_reason"] == OTHER_USED


def test_the_strictest_licence_travels_with_a_row(merged):
    flag = merged.sites.set_index("site_id")["redistribute"]
    assert (
        flag["mine_hz-HZ-NEW"] == "no" and flag["osm_tailings_ponds-way-12"] == "share-alike" and flag[ZAWAR] == "yes"
    )
    assert set(merged.tonnages.loc[merged.tonnages["source"] == "global_tailings_portal", "redistribute"]) == {"no"}


def test_ash_is_derived_where_the_year_is_known(merged):
    ash = merged.tonnages[merged.tonnages["source"] == "power_stations_india"]
    assert len(ash) == 1 and ash["basis_code"].iloc[0] == "derived" and ash["is_preferred"].astype(bool).all()
    assert ash["formula"].str.contains("1240 MW").all()


def test_the_order_of_rows_changes_nothing(tmp_path):
    folder = write(tmp_path)
    found = []
    for order in list(permutations(range(3)))[:4]:
        (folder / "osm.json").write_text(json.dumps({"elements": [OSM["elements"][i] for i in order]}))
        inventory = merge(folder)
        found.append(pd.DataFrame(inventory.sites.drop(columns="geometry")).to_csv() + inventory.review.to_csv())
    assert len(set(found)) == 1


def test_a_source_that_is_not_there_is_absent_and_the_others_are_merged(merged, tmp_path):
    folder = write(tmp_path)
    (folder / "portal.json").write_text("[{")
    (folder / "stations.csv").unlink()
    inventory = merge(folder)
    absent = {k: v["absent"] for k, v in inventory.report["layers"].items() if "absent" in v}
    assert set(absent) == {"waste_sites of global_tailings_portal", "waste_sites of power_stations_india"}
    assert "cut short" in absent["waste_sites of global_tailings_portal"]
    assert "mine_hz-HZ-NEW" in set(inventory.sites["site_id"])
    assert inventory.quarantine["reason"].str.contains("missing").any()
    assert inventory.report["rows_in"] == inventory.report["rows_kept"] + inventory.report["rows_quarantined"]


def test_the_sources_alone_make_an_inventory(tmp_path):
    inventory = merge(write(tmp_path), SETTINGS | {"card": ""}, empty_inventory())
    assert len(inventory.sites) and not inventory.sites["site_id"].duplicated().any()
    assert inventory.sites.crs.to_epsg() == 4326 and inventory.sites["is_transported"].dtype == "boolean"
    zawar = inventory.members.set_index("record_id")["site_id"]
    assert zawar["global_tailings_portal:1"] == zawar["osm_tailings_ponds:way/11"]


def test_a_new_site_of_a_further_source_carries_the_marks_of_its_admission(tmp_path):
    folder = write(tmp_path)
    told = MINE.assign(waste_type_code=["an unheard of waste", "mine fines of no code"])
    told.to_excel(folder / "mine.xlsx", index=False)
    inventory = merge(folder)
    site = inventory.members.set_index("record_id")["site_id"]["mine_hz:HZ-NEW"]
    assert inventory.marks[site] == "waste_type_not_in_reference"
    # The register has the other one and keeps its own word for the waste: what the source says is in the flags alone.
    assert ZAWAR not in inventory.marks
    assert (inventory.flags["value"].astype("str").str.contains("unheard of")).any()


def test_a_source_needs_a_name_of_its_own():
    twice = [{"card": "osm_tailings_ponds", "path": "a.json"}] * 2
    with pytest.raises(ValidationError, match="two sources are called"):
        Waste.model_validate({"sources": twice})
    with pytest.raises(ValidationError, match="register itself"):
        Waste.model_validate({"sources": [{"card": "osm_tailings_ponds", "name": "own"}]})


@pytest.mark.integration
def test_khanij_run_merges_what_a_users_region_names(tmp_path):
    """The command itself, on a region of the user's with four further sources in files."""
    write(tmp_path / "data")
    box = [shapely.box(73.7, 24.3, 73.8, 24.4), shapely.box(74.7, 25.8, 74.8, 25.9)]
    leases = {"lease_id": ["L1", "L2"], "lessee": ["A Ltd", "B Ltd"], "status": ["Working", "Lapsed"]}
    gpd.GeoDataFrame(leases, geometry=box, crs=4326).to_file(tmp_path / "data" / "leases.gpkg")
    region = {
        "name": "my_zinc_belt",
        "title": "My zinc belt",
        "description": "The register and four further sources.",
        "extent_deg": list(EXTENT),
        "crs": "+proj=aea +lat_1=23.7 +lat_2=26.3 +lat_0=25 +lon_0=74.5 +datum=WGS84 +units=m +no_defs",
        "units": ["waste_block", "mining_lease"],
        "layers": {"mining_leases": {"card": "own_waste_table", "path": "leases.gpkg"}},
        "waste": SETTINGS,
        "ranking": {"basket": "critical_30", "price_deck": "2025e", "draws": 200},
    }
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "my_zinc_belt.yaml").write_text(yaml.safe_dump(region))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {
        "KHANIJ_HOME": str(tmp_path),
        "KHANIJ_REGIONS": str(tmp_path / "regions"),
        "KHANIJ_DATA": str(tmp_path / "data"),
    }

    def run() -> str:
        command = [sys.executable, "-m", "pipelines.cli", "run", "--region", "my_zinc_belt"]
        outcome = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
        assert outcome.returncode == 0, outcome.stderr[-3000:]
        return outcome.stdout

    def read(sql: str) -> list[tuple]:
        file = tmp_path / "output" / "my_zinc_belt" / "ranked_blocks.gpkg"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()

    run()
    sites = dict(read("select site_id, sources from waste_sites"))
    assert ZAWAR in sites and sites["osm_tailings_ponds-way-12"] == "osm_tailings_ponds"
    (rows,) = read("select value from run_info where key = 'rows'")
    counts = json.loads(rows[0])["waste_inventory"]
    assert counts["rows_in"] == counts["rows_kept"] + counts["rows_quarantined"]
    assert read("select count(*) from quarantine where source = 'power_stations_india' and row = '2'") == [(1,)]
    doubtful = read("select detail from data_quality where finding = 'doubtful match'")
    assert any("way/13" in row[0] for row in doubtful)
    assert ("merged",) in read("select distinct finding from data_quality")
    status = dict(read("select site_id, status from ranked_blocks"))
    assert status["osm_tailings_ponds-way-12"] == "UNQUANTIFIED", "a pond of unknown waste is listed, not valued"
    lease = {b: (s, why) for b, s, why in read("select block_id, status, status_reason from ranked_blocks")}
    assert (
        lease["L1"][0] == "LEASED"
        and "it lies in a third party's lease (A Ltd)" in lease["L1"][1]
        and lease["L2"][0] != "LEASED"
    )
    # A changed source makes the inventory again; an unchanged one nothing.
    assert "my_zinc_belt" in run()
    mended = [dict(r, latitude=r["longitude"], longitude=r["latitude"]) if r["id"] == 5 else r for r in PORTAL]
    (tmp_path / "data" / "portal.json").write_text(json.dumps(mended))
    run()
    assert "global_tailings_portal-5" in dict(read("select site_id, sources from waste_sites"))


@pytest.mark.real_data
def test_the_real_list_of_stations_is_merged_with_the_register():
    """201 stations: the register's ash dykes are found again, three stations lie outside the state that they name."""
    from data_sources.cards import load_card
    from data_sources.regions import data_folder

    folder = data_folder()
    if folder is None or not (folder / load_card("power_stations_india").path).exists():
        pytest.skip("the list of power stations is not here")
    path = load_card("power_stations_india").path
    india = (68.0, 6.5, 97.6, 37.5)
    waste = Waste.model_validate(
        {"card": "embedded_register", "sources": [{"card": "power_stations_india", "path": path}]}
    )
    paths = {"power_stations_india": {"sites": folder / path}}
    merged = merged_inventory(embedded_inventory(india), waste, paths, extent_deg=india)
    held = merged.quarantine[merged.quarantine["source"] == "power_stations_india"]
    assert len(held) == 3 and held["value"].str.contains("77.2460 E, 31.7537 N").sum() == 1, "Solapur in Himachal"
    (told,) = merged.report["merge"]["sources"]
    assert told["records"] == 198 and told["joined_register"] >= 15
    assert told["joined_register"] + told["new_sites"] == 198
    assert len(merged.review) < 40 and not merged.sites["site_id"].duplicated().any()
