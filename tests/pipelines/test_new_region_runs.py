"""What ``khanij new region`` writes runs as it is: five foreign files, three commands, ranked sites, and no YAML touched between."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from foreign_district import BLOCKS, COPPER_PCT, LEASES, NAMES, REGISTER_FILE, SAMPLES, STOCK_LAKH_T, TOTALS, district
from foreign_files import PONDS, make_files
from offices import home

from data_sources.contracts.admitting.checks import TOTAL
from pipelines.cli import main
from publishing.geopackage.reading import read_layer, read_table

__all__ = ["home"]
REGION = "kadur"


def khanij(home: Path, *words: str, status: int = 0) -> dict[str, Any]:
    """The command as a user types it, in a process of its own; returns what it answers."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *words, "--json"],
        cwd=home, env=env | {"KHANIJ_HOME": str(home)}, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == status, (words, done.stdout[-3000:], done.stderr[-3000:])
    return json.loads(done.stdout)


def written(home: Path) -> dict[str, str]:
    """The hash of each YAML of the home's regions and cards."""
    return {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in home.glob("*/*.yaml")}


def rows_of(package: Path) -> dict[str, dict[str, Any]]:
    """What became of the rows of each layer that was read."""
    told = read_table(package, "run_info").set_index("key")["value"]["rows"]
    return {name: report for name, report in json.loads(told).items() if report.get("rows_in")}


@pytest.mark.integration
def test_a_region_made_of_five_foreign_files_runs_unedited(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    told = khanij(
        home, "new", "region", REGION, "--extent", "76.1,14.8,76.5,15.1", "--from", str(district(tmp_path / "office"))
    )
    assert told["unplaced"] == [] and len({row["file"] for row in told["placed"]}) == 5
    made = written(home)
    assert f"regions/{REGION}.yaml" in made and len(made) == 7
    looked = khanij(home, "validate", "--region", REGION)["looked_at"]
    assert {line["verdict"] for line in looked} <= {"ok", "note"}
    run = khanij(home, "run", "--region", REGION)
    assert run["error"] is None
    package = home / "output" / REGION / "ranked_blocks.gpkg"
    blocks = read_layer(package, "ranked_blocks")
    ranked = blocks[blocks["status"] == "RANKED"]
    assert sorted(ranked["name"]) == sorted(NAMES) and sorted(ranked["rank"]) == [1, 2, 3, 4]
    # By hand: 312.5 lakh tonnes are 31.25 million; the middle of the draws lies near, below it where the figure is of class G4.
    stock = ranked.set_index("name")["tonnage_t_p50"]
    assert stock.to_dict() == pytest.approx(
        {n: lakh * 1e5 for n, lakh in zip(NAMES, STOCK_LAKH_T, strict=True)}, rel=0.15
    )
    assert set(blocks.loc[blocks["status"] != "RANKED", "block_id"]) == {*BLOCKS, *LEASES}
    copper = ranked.set_index("name")["contained_critical_t_p50"]
    rich = {n: lakh * 1e5 * pct / 100 for n, lakh, pct in zip(NAMES, STOCK_LAKH_T, COPPER_PCT, strict=True)}
    assert copper.sort_values().index.tolist() == sorted(rich, key=rich.__getitem__)
    assert {n: (r["rows_in"], r["rows_kept"], r["rows_quarantined"]) for n, r in rows_of(package).items()} == {
        "stream_sediments": (SAMPLES, SAMPLES, 0), "waste_inventory": (20, 20, 0),
    }  # fmt: skip
    assert len(read_table(package, "quarantine")) == 0
    # The next delivery of the same office: one dam more, one of which nobody knows where it is, and the sum under all.
    landed = home / "data" / REGION / REGISTER_FILE
    text = landed.read_text(encoding="utf-8-sig")
    landed.write_text(f"{text}5,Far heap,95.91,76.21,Copper tailings,10,\n{TOTALS}\n", encoding="utf-8-sig")
    khanij(home, "run", "--region", REGION)
    held = read_table(package, "quarantine")
    assert set(held["layer"]) == {"waste_sites", "tonnages"} and TOTAL in set(held["reason"])
    rows = rows_of(package)["waste_inventory"]
    assert (rows["rows_in"], rows["rows_kept"], rows["rows_quarantined"]) == (24, 20, 4)
    assert written(home) == made, "no YAML was edited"


@pytest.mark.integration
@pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="the same of other files: make test-all")
def test_the_files_of_the_page_become_ranked_ponds(tmp_path):
    """The example of ``docs/own_region.md`` by its own commands; what they write is held in ``test_new_region``."""
    home = tmp_path / "home"
    home.mkdir()
    assert (
        khanij(home, "new", "region", "office", "--from", str(make_files(tmp_path / "office_files")))["unplaced"] == []
    )
    made = written(home)
    khanij(home, "validate", "--region", "office")
    khanij(home, "run", "--region", "office")
    blocks = read_layer(home / "output" / "office" / "ranked_blocks.gpkg", "ranked_blocks")
    ponds = blocks[blocks["kind"] == "waste_block"]
    assert len(ponds) == PONDS and set(ponds["status"]) == {"RANKED"} and sorted(ponds["rank"]) == [1, 2, 3, 4]
    assert written(home) == made


def test_the_sum_under_a_register_is_no_site_and_no_tonnage(home, tmp_path, capsys):
    files = district(tmp_path / "office", totals=True)
    assert main(["new", "region", REGION, "--from", str(files), "--json"]) == 0
    placed = json.loads(capsys.readouterr().out)["placed"]
    counts = {row["layer"]: (row["rows_in"], row["rows_kept"]) for row in placed if row["file"] == REGISTER_FILE}
    assert counts == {"waste_sites": (5, 4), "tonnages": (5, 4)}, "told before anything is written or run"
    assert main(["validate", "--region", REGION, "--json"]) == 1
    looked = json.loads(capsys.readouterr().out)["looked_at"]
    found = {line["what"]: line["says"] for line in looked if line["verdict"] == "finding"}
    assert found == dict.fromkeys(("waste_sites", "tonnages"), f"1 row held: {TOTAL}")
