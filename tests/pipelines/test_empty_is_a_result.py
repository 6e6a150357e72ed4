"""A region without a waste site, and a source without a row, are results: published, said, and nothing else stops."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from small_regions import SITES, SmallRegion, block, khanij, site, tonnage, with_figures, write_table

from data_sources.contracts.outputs import OUTPUT_CONTRACTS
from pipelines.cli import main
from publishing.reading import read_layer, read_table, run_info

FAR = dict(lon=70.0, lat=30.0)
KINDS = {
    "table": ("own_waste_table", "none.csv", ",".join(SITES) + "\n"),
    "portal": ("global_tailings_portal", "none.csv", "id,tsf,latitude,longitude,country\n"),
    "osm": ("osm_tailings_ponds", "none.json", '{"elements": []}'),
    "stations": ("power_stations_india", "none.csv", "gppd_id,name,capacity_mw,latitude,longitude,state,fuel\n"),
}


def source_region(name: str, card: str, file: str, kind: str = "") -> SmallRegion:
    """A region whose only waste is one source, without a register."""
    own = {"card": card, "path": f"{name}/{file}", **({"kind": kind} if kind else {})}
    return SmallRegion(name=name, sites=None, settings={"waste": {"sources": [own]}})


REGIONS = {
    "header_only": SmallRegion(name="header_only", sites=[]),
    "no_waste": SmallRegion(name="no_waste", sites=None, units=("auction_block",)),
    "no_waste_but_asked": SmallRegion(name="no_waste_but_asked", sites=None),
    "all_outside": with_figures([site(0, **FAR), site(1, **FAR)], name="all_outside"),
    **{kind: source_region(kind, card, file) for kind, (card, file, _) in KINDS.items()},
    "clipped": source_region("clipped", "own_waste_table", "far.csv", "table"),
    "unreadable": source_region("unreadable", "own_waste_table", "broken.xlsx", "table"),
    "missing": source_region("missing", "own_waste_table", "nothere.csv", "table"),
    "no_blocks": with_figures([site(i) for i in range(3)], name="no_blocks", blocks=[]),
    "other_names": with_figures([site(i) for i in range(3)], name="other_names"),
}
WITHOUT_SITES = sorted(set(REGIONS) - {"no_blocks", "other_names"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All regions, each with its own data folder, run by one command."""
    home = tmp_path_factory.mktemp("empty")
    for name, region in REGIONS.items():
        data = region.write(home / "made")
        shutil.move(data, home / "data" / name) if (home / "data").mkdir(exist_ok=True) is None else None
    shutil.move(home / "made" / "regions", home / "regions")
    for path in (home / "regions").glob("*.yaml"):  # one data folder, a folder of it for each region
        text = path.read_text()
        for file in ("blocks.geojson", "sites.csv", "tonnages.csv", "grades.csv"):
            text = text.replace(f"path: {file}", f"path: {path.stem}/{file}")
        path.write_text(text)
    for kind, (_, file, text) in KINDS.items():
        (home / "data" / kind / file).write_text(text)
    write_table(home / "data" / "clipped" / "far.csv", SITES, [site(0, lon=80.0, lat=15.0)])
    (home / "data" / "unreadable" / "broken.xlsx").write_bytes(b"no workbook")
    named = home / "data" / "other_names" / "sites.csv"
    named.write_text(named.read_text().replace(",lat,lon,", ",Latitude,Longitude,", 1))
    done = khanij(home, "run", *(a for name in REGIONS for a in ("--region", name)), "--top", "1")
    assert done.returncode == 0, done.stderr[-3000:]
    return home


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
    ("name", "finding", "word"),
    [
        ("header_only", "empty", "no waste sites: there are no rows"),
        ("all_outside", "empty", "no waste sites: all 2 rows are held"),
        ("table", "empty", "there are no rows"),
        ("portal", "empty", "there are no rows"),
        ("osm", "empty", "there are no rows"),
        ("stations", "empty", "there are no rows"),
        ("clipped", "empty", "all 1 rows lie outside the region's extent"),
        ("unreadable", "absent", "broken.xlsx"),
        ("missing", "absent", "nothere.csv"),
        ("no_blocks", "empty", "no auction blocks: there are no rows"),
    ],
)
def test_what_is_empty_or_absent_says_so_and_why(home: Path, name: str, finding: str, word: str) -> None:
    told = read_table(package(home, name), "data_quality")
    assert told.loc[told["finding"] == finding, "detail"].str.contains(word, regex=False).any()


def test_an_empty_layer_of_blocks_stops_no_waste_block(home: Path) -> None:
    blocks = read_layer(package(home, "no_blocks"), "ranked_blocks")
    assert blocks["status"].tolist() == ["RANKED"] * 3


def test_coordinate_columns_of_another_usual_name_are_found(home: Path) -> None:
    blocks = read_layer(package(home, "other_names"), "ranked_blocks")
    assert blocks.loc[blocks["kind"] == "waste_block", "status"].eq("RANKED").all()


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
    kept = str(home / "kept")
    formats = [a for f in ("xlsx", "csv", "gpkg", "geojson", "kml", "pdf") for a in ("--format", f)]
    assert main(["shortlist", "--region", "header_only", "--status", "UNQUANTIFIED", *formats, "--to", kept]) == 0
    assert main(["dossier", "B-1", "--region", "header_only"]) == 0
    assert main(["release", "--region", "header_only", "--calver", "2026.12.01"]) == 0
    assert len(list((home / "releases" / "header_only").iterdir())) == 1


def test_a_region_without_any_block_says_that_it_has_none(tmp_path: Path) -> None:
    SmallRegion(name="bare", sites=[], blocks=[]).write(tmp_path)
    done = khanij(tmp_path, "run", "--region", "bare")
    assert done.returncode == 1 and "the region has no blocks: no auction blocks: there are no rows" in done.stderr
    assert "column" not in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "output" / "bare" / "ranked_blocks.gpkg").exists()


def test_keys_are_one_whatever_their_case_in_every_table(tmp_path: Path) -> None:
    """Sites, their figures, and the blocks of two layers."""
    rows = [site(0, "End-01"), site(1, "S-01"), site(2, "END\u201301"), site(3, "S-03")]
    region = with_figures(rows, name="keys", blocks=[block("B-0"), block("b-0", 86.1)])
    region.tonnages = [tonnage(0, "END-01"), tonnage(1, "s-01", 10), tonnage(2, "S-01", 100), tonnage(3, "S-03"), tonnage(4, "S-99")]
    region.write(tmp_path)
    done = khanij(tmp_path, "run", "--region", "keys")
    assert done.returncode == 0, done.stderr[-2000:]
    path = package(tmp_path, "keys")
    blocks = read_layer(path, "ranked_blocks").set_index("block_id")
    assert sorted(blocks.index) == ["B-0", "WB-End-01", "WB-S-01", "WB-S-03"]
    assert blocks.loc["WB-End-01", "status"] == "RANKED" and blocks.loc["WB-End-01", "tonnage_t_p50"] > 9e6
    held = read_table(path, "quarantine")
    why = dict(zip(held["layer"] + " " + held["value"], held["reason"]))
    assert "row 1 only by" in why["waste_sites END\u201301"] and "row 1 only by case" in why["auction_blocks b-0"]
    assert why["tonnages S-99"] == "names a site that is not in the register"
    flags = blocks["flags"].fillna("")
    assert "several_preferred_tonnages:T1 used" in flags["WB-S-01"], "the first by tonnage_id"
    assert not flags.drop("WB-S-01").str.contains("WB-S-03.*several").any()
    assert blocks.loc["WB-S-01", "tonnage_t_p50"] == pytest.approx(10.5e6, rel=0.1)
    sites = read_layer(path, "waste_sites").set_index("site_id")
    assert "several_preferred_tonnages:T1 used" in sites.loc["S-01", "flags"]
    assert isinstance(blocks, pd.DataFrame)
