"""A what-if has a name and a folder of its own, says on every product what differs, and never touches the default result."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from assets.fingerprints import planned_fingerprints
from assets.published.generation import generation, publication_assets
from assets.settled import differences, published_as, scenario_info, settled
from assets.workspace import Workspace
from data_sources.contracts import PublishingError, RegionError
from data_sources.regions import load_region
from khanij.foundation.environment import is_scenario_name
from pipelines.incremental import stale_assets
from pipelines.scenarios import chosen, keep, remove, scenarios
from pipelines.stores.io_managers import BundleStore
from pipelines.stores.layered import LayeredStore
from publishing.dossiers.dossier import write_dossiers
from publishing.explain import explain_block
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import run_info
from publishing.page import page_html
from publishing.releasing.diff import diff_releases
from publishing.releasing.releases import make_release
from publishing.scenario_words import differing, scenario_said, settings_between, titled
from publishing.shortlists.filters import make_filter
from publishing.shortlists.shortlist import build_shortlist
from publishing.shortlists.shortlist_files import FORMATS, write_shortlist
from tests.pipelines.current_region import make_current

REGION = "karnataka_andhra"
SAYS = "ranking.ground_weight = 0.5 instead of 0.2"
FULL = f"Scenario heavy_ground, not the default result: {SAYS}"
INFO = {"scenario": "heavy_ground", "scenario_differs": SAYS}
VERDICT = "ranking not robust: grid of 10 km: Kendall tau 0.51"


def files_of(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_a_what_if_takes_what_is_the_same_from_the_default_and_writes_nothing_there(tmp_path):
    data = tmp_path / "landing" / "ngdr_karnataka_andhra"
    data.mkdir(parents=True)
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    roots = {"cache_root": str(tmp_path / "cache"), "data_root": str(tmp_path / "landing")}
    default = Workspace(output_root=str(tmp_path / "out"), **roots)
    base = BundleStore(str(tmp_path / "store"))
    make_current(REGION, default, base)
    before = files_of(tmp_path / "store") | files_of(tmp_path / "out")

    what_if = Workspace(
        output_root=str(tmp_path / "out" / "scenarios" / "x"), scenario="x", overrides={"ranking.ground_weight": "0.5"}, **roots
    )  # fmt: skip
    store = LayeredStore(str(tmp_path / "store" / ".scenarios" / "x"), str(tmp_path / "store"))
    planned = planned_fingerprints(REGION, what_if)
    makes = {"assessment", "robustness_report", *publication_assets()}
    assert set(stale_assets(REGION, what_if, store)) == makes, "the ground and the sources are not read again"
    assert store.load("blocks", REGION).fingerprint == planned["blocks"] and "assessment" in makes
    assert generation(REGION, what_if) != generation(REGION, default)

    store.save("blocks", REGION, {"value": 1}, "of former settings")
    assert store.load("blocks", REGION) == {"value": 1} and "blocks" in stale_assets(REGION, what_if, store)
    store.leave_to_default(REGION, planned)
    assert store.load("blocks", REGION).fingerprint == planned["blocks"] and "blocks" not in stale_assets(
        REGION, what_if, store
    )
    store.save("assessment", REGION, {"value": 2}, planned["assessment"])
    store.leave_to_default(REGION, planned)
    assert store.load("assessment", REGION) == {"value": 2}, "what differs stays its own"

    own = {name for name in files_of(tmp_path / "store") if name.startswith(".scenarios")}
    now = files_of(tmp_path / "store") | files_of(tmp_path / "out")
    assert own and {n: b for n, b in now.items() if n not in own} == before
    assert stale_assets(REGION, default, base) == []
    same = what_if.model_copy(update={"overrides": {"ranking.ground_weight": "0.2"}})
    assert differences(same, REGION) == () and generation(REGION, same) != generation(REGION, default), (
        "its files say what they are"
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The made-up example published as the default result and as a scenario of it."""
    found = {}
    for name, info in (("default", {}), ("heavy_ground", INFO)):
        plain = make_publication(12, seed=4, is_sample=False)
        region = SimpleNamespace(name=plain.region.name, title=titled(plain.region.title, info), is_sample=False)
        settings = {"settings": json.dumps({"ranking.ground_weight": "0.5" if info else "0.2", "seed": "1"})}
        robustness = plain.tables["robustness"].assign(note=None)
        verdict = robustness.head(1).assign(test="verdict", note=VERDICT, is_robust=False)
        tables = plain.tables | {"robustness": pd.concat([robustness, verdict], ignore_index=True)}
        made = replace(plain, region=region, tables=tables, run_info=plain.run_info | info | settings)
        file = tmp_path_factory.mktemp(name) / "ranked_blocks.gpkg"
        publish_geopackage(made, file)
        found[name] = file
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


def test_every_product_names_what_differs_and_the_default_says_nothing(published, tmp_path):
    file = published["heavy_ground"]
    info = run_info(file)
    assert info["title"] == f"SCENARIO heavy_ground ({SAYS}): Example district"
    page = page_html(file)
    assert page.count(f'<p class="mark scenario">{FULL}.</p>') == 1 and f"<footer><p>{FULL}</p>" in page
    block = "EX-WB-002"
    assert FULL in flat(explain_block(file, block))
    made = {
        kind: write_shortlist(build_shortlist(path, make_filter(name="s")), FORMATS, tmp_path / kind)
        for kind, path in published.items()
    }
    of = {suffix: one.path for suffix, one in made["heavy_ground"].items()}
    for suffix in ("csv", "geojson", "kml"):
        assert FULL in of[suffix].read_text(encoding="utf-8"), suffix
        assert "cenario" not in made["default"][suffix].path.read_text(encoding="utf-8")
    assert run_info(of["gpkg"])["title"].startswith(f"SCENARIO heavy_ground ({SAYS})")
    book = openpyxl.load_workbook(of["xlsx"])
    cover = [cell.value for row in book["Cover"].rows for cell in row]
    assert FULL in cover and VERDICT.capitalize()[:30] in " ".join(map(str, cover))
    assert all(FULL in (sheet.oddFooter.left.text or "") for sheet in book)
    dossier = write_dossiers(file, [block], tmp_path / "d", combined=False)[0].path
    for path in (of["pdf"], dossier):
        pages = [flat(p.extract_text()) for p in PdfReader(path).pages]
        assert pages and all(SAYS in text for text in pages), path
    assert "cenario" not in page_html(published["default"]).split("<script")[0] + explain_block(
        published["default"], block
    )


def test_the_verdict_stands_beside_the_rank(published, tmp_path):
    file, said = published["default"], "Ranking not robust: grid of 10 km: Kendall tau 0.51"
    assert run_info(file)["verdict_waste_block"] == VERDICT
    assert f'<p class="verdict">Order of the waste blocks: {said}.</p>' in page_html(file)
    assert f"How firm: {said}" in flat(explain_block(file, "EX-WB-002"))
    dossier = write_dossiers(file, ["EX-WB-002"], tmp_path / "d", combined=False)[0].path
    assert said in flat(PdfReader(dossier).pages[0].extract_text())
    listed = write_shortlist(build_shortlist(file, make_filter()), ("pdf",), tmp_path)["pdf"].path
    assert said in flat(PdfReader(listed).pages[0].extract_text())


def test_a_difference_names_settings_and_no_hash(published):
    lines = diff_releases(published["default"], published["heavy_ground"]).text().splitlines()
    assert lines[0].endswith("(scenario heavy_ground)") and "(default) -> " in lines[0]
    assert lines[1] == f"  {SAYS}" and not any("configuration" in line for line in lines)


def test_a_scenario_is_no_release_unless_it_is_named(published, tmp_path):
    folder = published["heavy_ground"].parent
    with pytest.raises(PublishingError, match="is scenario heavy_ground, and a release of default was asked for"):
        make_release(folder, tmp_path, "2026.01.02")
    assert not list(tmp_path.glob("*/2026*"))
    with pytest.raises(PublishingError, match="is default, and a release of scenario x was asked for"):
        make_release(published["default"].parent, tmp_path, "2026.01.02", scenario="x")


def test_scenarios_are_kept_listed_and_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    (tmp_path / "output" / "india").mkdir(parents=True)
    (tmp_path / ".khanij" / "store" / ".scenarios" / "x" / "india").mkdir(parents=True)
    keep("x", "india", {"ranking.ground_weight": "0.5"})
    assert [(s.name, s.settings, s.published) for s in scenarios()] == [
        ("x", {"india": {"ranking.ground_weight": "0.5"}}, ())
    ]
    assert chosen("x", "india", {}) == ("x", {"ranking.ground_weight": "0.5"}), "run again by its name"
    assert remove("x") == tmp_path / "output" / "scenarios" / "x" and scenarios() == []
    assert (
        not (tmp_path / ".khanij" / "store" / ".scenarios" / "x").exists() and (tmp_path / "output" / "india").is_dir()
    )
    for name in ("../india", "india/../.."):
        with pytest.raises(RegionError, match="no scenario can be called"):
            remove(name)


@pytest.mark.parametrize(
    "name",
    ["", "../india", "a/b", "a\\b", ".hidden", "-x", "Upper", "a b", "a" * 41, "nul", "com1", "default", "ü", "x\n"],
)
def test_a_name_that_is_no_plain_folder_is_refused(name):
    assert not is_scenario_name(name)
    if name:
        with pytest.raises(RegionError, match="no scenario can be called"):
            chosen(name, "india", {"seed": "1"})


def test_what_a_run_belongs_to(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_OUTPUT", str(tmp_path))
    assert chosen("", "india", {}) == ("", {})
    assert chosen("", "india", {"seed": "1"}) == ("unnamed", {"seed": "1"})
    assert chosen("x", "india", {"seed": "1"}) == ("x", {"seed": "1"})
    with pytest.raises(RegionError, match="scenario x of region india is new, and no setting was given"):
        chosen("x", "india", {})


def test_settings_are_compared_settled_and_told_in_words():
    plain, other = (
        settled(load_region("india", given)) for given in ({}, {"ranking.ground_weight": "0.5", "seed": "7"})
    )
    assert plain["ranking.ground_weight"] == "0.2", "a default that the YAML leaves open"
    assert differing(plain, other) == (SAYS, f"seed = 7 instead of {plain['seed']}")
    assert differing(plain, settled(load_region("india", {"ranking.ground_weight": "0.2"}))) == ()
    assert settings_between({"settings": json.dumps(plain)}, {}) == ()
    many = {
        "scenario": "x",
        "scenario_differs": "a = 1 instead of 2; b = 1 instead of 2; c = 1 instead of 2; d = 1 instead of 2",
    }
    assert titled("T", many) == "SCENARIO x (a = 1 instead of 2; b = 1 instead of 2; c = 1 instead of 2; and 1 more): T"
    assert scenario_said(many).endswith("c = 1 instead of 2; d = 1 instead of 2") and scenario_said({}) == ""


def test_what_runs_by_itself_knows_the_default_alone(monkeypatch, tmp_path):
    from assets.published.published_set import require_named
    from pipelines.resources import resources

    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    given = resources()
    assert (given["workspace"].scenario, given["workspace"].overrides, given["io_manager"].base) == ("", {}, "")
    assert given["workspace"].output_root == str(tmp_path / "output")
    require_named(Workspace())
    require_named(Workspace(overrides={"seed": "7"}, scenario="x"))
    with pytest.raises(PublishingError, match="no scenario was named"):
        require_named(Workspace(overrides={"seed": "7"}))


def test_the_title_of_what_is_published_is_the_scenarios():
    place = Workspace(scenario="heavy_ground", overrides={"ranking.ground_weight": "0.5"})
    assert scenario_info(place, "india") == INFO and scenario_info(Workspace(), "india") == {}
    plain = load_region("india")
    assert published_as(place, place.region("india")).title == f"SCENARIO heavy_ground ({SAYS}): {plain.title}"
    assert published_as(Workspace(), plain) is plain
