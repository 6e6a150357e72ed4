"""Every example runs as it is written, and says something that it could only say if it worked."""

import importlib.util
import re
from pathlib import Path

import pytest

from khanij.foundation.closure import ROOT
from publishing.geopackage.geopackage import publish_geopackage
from tests.publishing.example_publication import make_publication

EXAMPLES = {p.stem: p for p in sorted((ROOT / "examples").glob("*.py"))}


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """An installation in which one region was published, and another result of it beside."""
    home = tmp_path_factory.mktemp("home")
    publish_geopackage(make_publication(), home / "output" / "india" / "ranked_blocks.gpkg")
    publish_geopackage(make_publication(seed=8), home / "other.gpkg")
    return home


@pytest.fixture
def example(published, monkeypatch, capsys):
    """Run one example with arguments; what it printed."""
    monkeypatch.setenv("KHANIJ_HOME", str(published))
    monkeypatch.setenv("KHANIJ_REGIONS", str(published))
    monkeypatch.delenv("KHANIJ_OUTPUT", raising=False)

    def run(name: str, *arguments: object) -> str:
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES[name])
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.main(*map(str, arguments))
        return capsys.readouterr().out

    return run


def test_a_result_is_read(example):
    told = example("read_a_result", "india")
    assert re.search(r"^ +1 +\d", told, re.MULTILINE) and "khanij_version:" in told


def test_a_block_is_explained(example):
    told = example("explain_a_block", "india")
    assert "Rank" in told and "Value" in told and "element" in told


def test_a_shortlist_is_written(example, published, tmp_path):
    told = example("make_a_shortlist", published / "output" / "india" / "ranked_blocks.gpkg", tmp_path)
    assert {Path(line).suffix for line in told.splitlines()[1:]} == {".xlsx", ".geojson", ".yaml"}
    assert all(Path(line).is_file() for line in told.splitlines()[1:])


def test_a_map_is_drawn(example, tmp_path):
    example("draw_a_map", tmp_path / "map.png", "india")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG") and (tmp_path / "map.png").stat().st_size > 20_000


def test_two_results_are_compared(example, published):
    one, other = published / "output" / "india" / "ranked_blocks.gpkg", published / "other.gpkg"
    assert example("compare_two_releases", one, one) == "nothing moved\n"
    assert len(example("compare_two_releases", one, other).splitlines()) > 3


def test_an_own_region_is_known(example, tmp_path):
    told = example("own_region", tmp_path)
    assert "'value': 0.6" in told and "khanij run --region odisha_north" in told


def test_a_file_is_validated(example, tmp_path):
    told = example("validate_a_file", tmp_path)
    assert "3 rows in, 1 kept, 2 held" in told and "G1" in told


def test_facts_are_read(example):
    told = example("read_a_fact_table")
    assert "Mt  " in told and "La" in told.splitlines()[-1]


def test_a_grid_is_kriged(example):
    told = example("krige_a_grid")
    low, high = map(int, re.search(r"(\d+) to (\d+) ppm", told).groups())
    assert 30 < low < 50 and 85 < high < 110


def test_weights_are_computed(example):
    within_m = int(re.search(r"within (\d+) m", example("weights_of_evidence")).group(1))
    assert 500 < within_m < 6_000


def test_there_are_ten_and_each_is_short_and_listed():
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert len(EXAMPLES) == 10
    for path in EXAMPLES.values():
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert 15 <= len(lines) <= 34, path.name
        assert f"({path.name})" in listed
