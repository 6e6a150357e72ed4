"""``khanij new region`` where two offices keep a register each: one is the layer of the sites, the other a source of it."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import yaml
from foreign_belts import belt_of_two_offices
from offices import home, inventory, proposed

from data_sources.reference import load_reference
from data_sources.regions import load_region
from pipelines.cli import main
from scoring.waste.inventory import site_records
from scoring.waste.routes import RouteBook

__all__ = ["home"]
DUMPS = {"Dhara dump": 1.5, "Eklav dump": 2.5, "Falsa dump": 3.5, "Gauri dump": 4.5}
PONDS = {"Amba TSF": 6.0, "Bela TSF": 7.0, "Chandra TSF": 8.0}


@pytest.mark.parametrize("second", ["gpkg", "csv"])
def test_two_registers_and_assays_of_both_are_one_inventory(home, tmp_path, capsys, second):
    told = proposed(belt_of_two_offices(tmp_path / "files", second), capsys)
    assert not told["unplaced"]
    region = load_region("belt")
    (source,) = (s for s in region.waste.sources if s.tonnages)
    assert source.kind == "table" and source.card == f"belt_{source.name}" and source.tonnages == source.path
    assert {"waste_sites", "tonnages", "grades"} <= set(region.layers)
    got = inventory()
    names = dict(zip(got.sites["site_id"], got.sites["name"]))
    assert sorted(names.values()) == sorted({**PONDS, **DUMPS})
    records = site_records(got.sites, got.tonnages, got.grades, RouteBook(load_reference()), 0.0)
    assert {names[s]: r.tonnage.tonnage_mode_mt for s, r in records.items()} == {**PONDS, **DUMPS}
    assert all({a.label for a in r.assays} >= {"Zn", "Pb"} for r in records.values())
    assert not len(got.quarantine)
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"]


def test_outlines_of_a_further_register_draw_its_sites(home, tmp_path, capsys):
    files = belt_of_two_offices(tmp_path / "files")
    proposed(files, capsys)
    got = inventory()
    names = got.sites.set_index("site_id")["name"]
    found = got.footprints.assign(name=got.footprints["site_id"].map(names)).set_index("name").geometry
    drawn = gpd.read_file(files / "mine_dumps.gpkg").to_crs(4326).set_index("Dump_name").geometry
    assert sorted(found.index) == sorted(DUMPS)
    for name in DUMPS:
        assert found[name].symmetric_difference(drawn[name]).area < 1e-9


@pytest.mark.parametrize("second", ["gpkg", "csv"])
def test_validate_shows_every_table_of_both_registers(home, tmp_path, capsys, second):
    proposed(belt_of_two_offices(tmp_path / "files", second), capsys)
    assert main(["validate", "--region", "belt", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {line["what"]: (line["rows_in"], line["rows_kept"]) for line in told["looked_at"] if line["verdict"] == "ok"}
    (source,) = (s for s in load_region("belt").waste.sources if s.tonnages)
    sites = {rows["waste_sites"], rows[f"waste_sites of {source.name}"]}
    stock = {rows["tonnages"], rows[f"tonnages of {source.name}"]}
    assert sites == stock == {(3, 3), (4, 4)} and rows["grades"][0] == rows["grades"][1] == 14


def test_the_yaml_says_why_a_file_is_a_further_register(home, tmp_path, capsys):
    told = proposed(belt_of_two_offices(tmp_path / "files"), capsys)
    text = (home / "regions" / "belt.yaml").read_text()
    (source,) = yaml.safe_load(text)["waste"]["sources"]
    row = next(row for row in told["placed"] if row["layer"] == f"waste.{source['name']}")
    assert row["card"] == source["card"] and "a further register, merged into the first" in row["why"]
    reasons, _, _ = text.partition(f"\n  - name: {source['name']}")
    assert "a further register, merged into the first\n  # look at this" in reasons.partition("  sources:")[2]
    assert (home / "cards" / f"{source['card']}.yaml").is_file() and Path(source["path"]).name == row["file"]
