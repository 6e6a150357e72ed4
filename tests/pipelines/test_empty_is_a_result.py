"""A region without a waste site, and a source without a row, are results: published, said, and nothing else stops."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest
from small_regions import SITES, SmallRegion, block, khanij, site, tonnage, with_figures

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from pipelines.cli import main
from publishing.geopackage.reading import read_layer, read_table, run_info

FAR = {"lon": 70.0, "lat": 30.0}
NOTHING = {
    "table": ("own_waste_table", "none.csv", ",".join(SITES) + "\n"),
    "portal": ("global_tailings_portal", "portal.csv", "id,tsf,latitude,longitude,country\n"),
    "osm": ("osm_tailings_ponds", "osm.json", '{"elements": []}'),
    "stations": ("power_stations_india", "stations.csv", "gppd_id,name,capacity_mw,latitude,longitude,state,fuel\n"),
    "clipped": (
        "own_waste_table",
        "far.csv",
        ",".join(SITES) + "\n" + ",".join(map(str, site(0, lon=80.0, lat=15.0))) + "\n",
    ),
    "unreadable": ("own_waste_table", "broken.xlsx", "no workbook"),
    "missing": ("own_waste_table", "nothere.csv", None),
}
"""Sources that bring no site: name -> card, file, its text; None is a file that is not there."""
KEYS = with_figures(
    [site(0, "End-01"), site(1, "S-01"), site(2, "END\u201301"), site(3, "S-03")],
    name="keys",
    blocks=[block("B-0"), block("b-0", 86.1)],
)
KEYS.tonnages = [
    tonnage(0, "END-01"), tonnage(1, "s-01", 10), tonnage(2, "S-01", 100), tonnage(3, "S-03"), tonnage(4, "S-99"),
]  # fmt: skip
REGIONS = [
    SmallRegion(name="no_waste", sites=None, units=("auction_block",)),
    with_figures([site(0, **FAR), site(1, **FAR)], name="all_outside"),
    SmallRegion(
        name="sources",
        sites=None,
        settings={
            "waste": {"sources": [{"name": n, "card": c, "path": f"sources/{f}"} for n, (c, f, _) in NOTHING.items()]}
        },
    ),
    KEYS,
    SmallRegion(name="bare", sites=[], blocks=[]),
]
WITHOUT_SITES = ("no_waste", "all_outside", "sources")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """All regions below one home, made by one command."""
    home = tmp_path_factory.mktemp("empty")
    for region in REGIONS:
        region.write(home, region.name)
    for _, file, text in NOTHING.values():
        if text is not None:
            (home / "data" / "sources" / file).write_text(text)
    named = home / "data" / "keys" / "sites.csv"  # the card names the columns lat and lon
    named.write_text(named.read_text().replace(",lat,lon,", ",Latitude,Longitude,", 1))
    return home, khanij(home, "run", *(a for r in REGIONS for a in ("--region", r.name)), "--top", "1")


@pytest.fixture(scope="module")
def home(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    failed = [line for line in ran[1].stderr.splitlines() if line.startswith("khanij run:")]
    assert len(failed) == 1 and failed[0].startswith("khanij run: region bare"), ran[1].stderr[-3000:]
    return ran[0]


def package(home: Path, name: str) -> Path:
    return home / "output" / name / "ranked_blocks.gpkg"


@pytest.mark.parametrize("name", WITHOUT_SITES)
def test_blocks_without_any_waste_site_are_published_unquantified(home: Path, name: str) -> None:
    blocks = read_layer(package(home, name), "ranked_blocks")
    assert blocks["block_id"].tolist() == ["B-0", "B-1", "B-2"]
    assert blocks["status"].eq("UNQUANTIFIED").all() and blocks["rank"].isna().all()
    assert blocks["tonnage_t_p50"].isna().all(), "no data means no number"
    assert blocks["status_reason"].str.contains("no known waste site").all()
    assert (home / "output" / name / "index.html").stat().st_size > 10_000
    with sqlite3.connect(package(home, name)) as file:
        there = {row[0] for row in file.execute("SELECT table_name FROM gpkg_contents")}
        for table in sorted(there & set(OUTPUT_CONTRACTS)):
            columns = {row[1] for row in file.execute(f"PRAGMA table_info('{table}')")}
            assert set(OUTPUT_CONTRACTS[table].names()) <= columns, table
    assert len(read_layer(package(home, name), "waste_sites")) == 0


@pytest.mark.parametrize(
    ("name", "source", "finding", "word"),
    [
        ("all_outside", "own_waste_table", "empty", "2 of 2 rows are held for one reason"),
        ("sources", "table", "empty", "no waste sites: there are no rows"),
        ("sources", "portal", "empty", "no waste sites: there are no rows"),
        ("sources", "osm", "empty", "no waste sites: there are no rows"),
        ("sources", "stations", "empty", "no waste sites: there are no rows"),
        ("sources", "clipped", "empty", "all 1 rows lie outside the region's extent"),
        ("sources", "unreadable", "absent", "broken.xlsx"),
        ("sources", "missing", "absent", "nothere.csv"),
    ],
)
def test_what_is_empty_or_absent_says_so_and_why(home: Path, name: str, source: str, finding: str, word: str) -> None:
    told = read_table(package(home, name), "data_quality")
    mine = told[(told["finding"] == finding) & (told["source"] == source)]
    assert mine["detail"].str.contains(word, regex=False).any(), told.to_string()


def test_nothing_vanishes_where_all_is_outside(home: Path) -> None:
    info = run_info(package(home, "all_outside"))
    rows = json.loads(info["rows"])["waste_inventory"]
    assert rows["rows_in"] == rows["rows_kept"] + rows["rows_quarantined"] > 0


def test_every_verb_stands_a_region_without_sites(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    for name, folder in (("KHANIJ_REGIONS", "regions"), ("KHANIJ_DATA", "data"), ("KHANIJ_OUTPUT", "output"), ("KHANIJ_RELEASES", "releases")):  # fmt: skip
        monkeypatch.setenv(name, str(home / folder))
    assert main(["explain", "B-1"]) == 0
    assert "UNQUANTIFIED" in capsys.readouterr().out
    chosen = ["shortlist", "--region", "sources", "--status", "UNQUANTIFIED", "--out", str(home / "kept")]
    assert main([*chosen, "--format", "xlsx,csv,gpkg,geojson,kml,pdf"]) == 0
    made = {p.suffix for p in (home / "kept").iterdir()}
    assert {".xlsx", ".csv", ".gpkg", ".geojson", ".kml", ".pdf"} <= made
    assert main(["dossier", "B-1", "--region", "sources"]) == 0
    assert main(["release", "--region", "sources", "--calver", "2026.12.01"]) == 0
    assert len(list((home / "releases" / "sources").glob("[0-9]*"))) == 1


def test_a_region_without_any_block_says_that_it_has_none(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    place, done = ran
    assert done.returncode == 1 and "the region has no blocks: no auction blocks: there are no rows" in done.stderr
    assert "column" not in done.stderr and "Traceback" not in done.stderr
    assert not package(place, "bare").exists()


def test_keys_are_one_whatever_their_case_in_every_table(home: Path) -> None:
    """Sites, their figures, and the blocks of two layers."""
    path = package(home, "keys")
    blocks = read_layer(path, "ranked_blocks").set_index("block_id")
    assert sorted(blocks.index) == ["B-0", "WB-End-01", "WB-S-01", "WB-S-03"]
    assert blocks.loc["WB-End-01", "status"] == "RANKED" and blocks.loc["WB-End-01", "tonnage_t_p50"] > 9e6
    held = read_table(path, "quarantine")
    why = dict(zip(held["layer"] + " " + held["value"], held["reason"]))
    assert "row 1 only by" in why["waste_sites END\u201301"] and "row 1 only by case" in why["auction_blocks b-0"]
    assert why["tonnages S-99"] == "names a site that is not in the register"
    flags = blocks["flags"].fillna("")
    assert "several_preferred_tonnages:T1 used" in flags["WB-S-01"], "the first by tonnage_id"
    assert "several_preferred" not in flags["WB-S-03"]
    assert blocks.loc["WB-S-01", "tonnage_t_p50"] == pytest.approx(10.5e6, rel=0.1)
    sites = read_layer(path, "waste_sites").set_index("site_id")
    assert "several_preferred_tonnages:T1 used" in sites.loc["S-01", "flags"]
