"""Whole runs of a made-up region and two what-ifs of it: every byte of the default stays, every product names what differs."""

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from data_sources.contracts import PublishingError
from khanij.foundation.closure import ROOT
from publishing.geopackage.reading import run_info
from publishing.releasing.releases import make_release
from publishing.scenario_words import titled
from tests.regions_made import NAME, make_region

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not os.environ.get("KHANIJ_LONG"), reason="whole runs: KHANIJ_LONG=1"),
]
SAYS = "ranking.ground_weight = 0.5 instead of 0.2"
FULL = f"Scenario heavy_ground, not the default result: {SAYS}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("scenarios") / "home"


@pytest.fixture(scope="module")
def steps(home):
    """What each command of ``scenario_steps`` did, in a process whose environment names the made-up region."""
    region = make_region(home)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.pipelines.scenario_steps"],
        cwd=ROOT, env=clean | region.environment() | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(steps, home):
    return home / "output" / "scenarios" / "heavy_ground" / NAME


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_default_keeps_every_byte_and_is_current_after_each_what_if(steps):
    first = steps["default"]
    assert first["status"] == 0 and "set.json" in first["default"] and first["store"]
    for name, step in steps.items():
        assert step["default"] == first["default"] and step["store"] == first["store"], name
    assert "nothing had changed, nothing was made" in steps["default_again"]["out"]
    assert "nothing had changed, nothing was made" in steps["what_if_again"]["out"], "by its name, with its settings"


def test_a_what_if_makes_only_what_its_settings_change(steps, home):
    assert steps["what_if"]["status"] == 0, steps["what_if"]["err"]
    own = {p.parent.name for p in (home / ".khanij/store/.scenarios/heavy_ground" / NAME).glob("*/manifest.json")}
    assert own == {"assessment", "robustness_report", "evidence_files", "ranked_blocks", "web_page", "published_set"}
    assert "6 assets made" in steps["what_if"]["out"]


def test_settings_without_a_name_are_the_scenario_unnamed_and_it_is_said(steps):
    out = steps["unnamed"]["out"]
    assert "--set without --scenario: this is the scenario unnamed" in out and "scenarios/unnamed" in out
    assert "Scenario unnamed, not the default result: ranking.strategic_premium = 0.4 instead of 0.3." in out


def test_every_product_names_what_differs(steps, folder):
    for name in ("what_if", "explain", "sample", "shortlist"):
        assert steps[name]["status"] == 0, steps[name]["err"]
        assert FULL in flat(steps[name]["out"]), name
    gpkg = folder / "ranked_blocks.gpkg"
    info = run_info(gpkg)
    assert (info["scenario"], info["scenario_differs"]) == ("heavy_ground", SAYS)
    assert info["title"] == f"SCENARIO heavy_ground ({SAYS}): My region" == titled("My region", info)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count(f'<p class="mark scenario">{FULL}.</p>') == 1 and f"<footer><p>{FULL}</p>" in page
    assert f"<title>SCENARIO heavy_ground ({SAYS})" in page
    assert f"SCENARIO heavy_ground ({SAYS}): My region: " in layouts(gpkg)
    made = steps["shortlist"]["out"]
    files = {
        suffix: next(p for p in made.split() if p.endswith(f".{suffix}"))
        for suffix in "xlsx csv gpkg geojson kml pdf".split()
    }
    assert all("/scenarios/heavy_ground/shortlists/" in path for path in files.values())
    for suffix in ("csv", "geojson", "kml"):
        assert FULL in Path(files[suffix]).read_text(encoding="utf-8"), suffix
    assert run_info(files["gpkg"])["title"].startswith(f"SCENARIO heavy_ground ({SAYS})")
    book = openpyxl.load_workbook(files["xlsx"])
    assert FULL in [cell.value for row in book["Cover"].rows for cell in row]
    assert all(FULL in (sheet.oddFooter.left.text or "") for sheet in book)
    for path in (files["pdf"], folder / "dossiers" / "dossiers.pdf"):
        pages = [flat(page.extract_text()) for page in PdfReader(path).pages]
        assert pages and all(SAYS in page for page in pages), path


def layouts(gpkg) -> str:
    """The project inside a GeoPackage, as text."""
    with sqlite3.connect(gpkg) as connection:
        ((content,),) = connection.execute("SELECT content FROM qgis_projects").fetchall()
    archive = zipfile.ZipFile(io.BytesIO(bytes.fromhex(content) if isinstance(content, str) else content))
    return "".join(archive.read(n).decode() for n in archive.namelist() if n.endswith(".qgs"))


def test_the_verdict_stands_beside_the_rank(steps, folder):
    info = run_info(folder / "ranked_blocks.gpkg")
    verdict = info["verdict_waste_block"]
    said = verdict[:1].upper() + verdict[1:]
    assert re.match(r"Ranking (not )?robust: .*[0-9]", said)
    assert f"{said}." in flat(steps["what_if"]["out"]) and f"How firm: {said}" in flat(steps["explain"]["out"])
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert f'<p class="verdict">Order of the waste blocks: {said}.</p>' in page
    path = next(p for p in steps["shortlist"]["out"].split() if p.endswith(".xlsx"))
    assert said in [cell.value for row in openpyxl.load_workbook(path)["Cover"].rows for cell in row]
    first = flat(PdfReader(folder / "dossiers" / "dossiers.pdf").pages[0].extract_text())
    assert said[:60] in first


def test_a_difference_names_settings_and_no_hash(steps):
    one, two = steps["diff"], steps["diff_of_two"]
    lines = one["out"].splitlines()
    assert one["status"] == 1 and lines[0].endswith("(scenario heavy_ground)") and "(default) -> " in lines[0]
    assert lines[1] == f"  {SAYS}" and "configuration" not in one["out"]
    assert two["out"].splitlines()[1:3] == [
        "  ranking.ground_weight = 0.2 instead of 0.5", "  ranking.strategic_premium = 0.4 instead of 0.3",
    ]  # fmt: skip


def test_a_scenario_is_no_release_unless_it_is_named(steps, home):
    assert steps["release_of_the_default"]["status"] == steps["release_of_the_scenario"]["status"] == 0
    assert steps["release_of_the_default"]["out"].strip().endswith(f"releases/{NAME}/2026.01.01")
    released = home / "releases" / "scenarios" / "heavy_ground" / NAME / "2026.01.01"
    assert steps["release_of_the_scenario"]["out"].strip() == str(released)
    assert run_info(released / "ranked_blocks.gpkg")["scenario_differs"] == SAYS
    assert "scenario" not in run_info(home / "releases" / NAME / "2026.01.01" / "ranked_blocks.gpkg")
    with pytest.raises(PublishingError, match="is scenario heavy_ground, and a release of default was asked for"):
        make_release(home / "output" / "scenarios" / "heavy_ground" / NAME, home / "other", "2026.01.02")


def test_scenarios_are_listed_verified_and_removed(steps, home):
    assert "heavy_ground\n" in steps["list"]["out"] and "mine: ranking.ground_weight=0.5" in steps["list"]["out"]
    told = steps["check"]["out"]
    assert (
        steps["check"]["status"] == 0
        and f"scenarios/heavy_ground/{NAME}: set" in told
        and f"output/{NAME}: set" in told
    )
    assert f"scenarios/heavy_ground/{NAME}/2026.01.01: release" in told
    assert steps["removed"]["status"] == 0 and steps["removed_again"]["status"] == 3 and steps["outside"]["status"] == 2
    assert not (home / "output/scenarios/unnamed").exists() and not (home / ".khanij/store/.scenarios/unnamed").exists()
