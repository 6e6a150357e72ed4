"""``khanij check`` and ``khanij run --accept``: exit statuses and words."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))

from example_publication import make_publication

from data_sources.connectors.archive import Archive, Manifest
from data_sources.regions import load_region
from pipelines.cli import main
from publishing.geopackage.geopackage import publish_geopackage
from publishing.releasing.releases import list_releases, make_release
from publishing.sets.listing import SetList, listed
from publishing.sets.swap import begin, publish

GENERATION = "0" * 63 + "1"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A home with a published set, a release of it, and an archive with one object."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "output" / "example"
    publication = make_publication(8)
    publication = replace(publication, run_info=publication.run_info | {"generation": GENERATION})
    staging = begin(folder)
    publish_geopackage(publication, staging / "ranked_blocks.gpkg")
    files = listed(staging, ["ranked_blocks.gpkg"])
    publish(folder, SetList(region="example", generation=GENERATION, inputs=GENERATION, files=files))
    make_release(folder, home / "releases", "2026.11.27")
    archive = Archive(home / ".khanij" / "archive")
    source = archive.root / "source"
    source.parent.mkdir(parents=True)
    source.write_bytes(b"rows of a survey")
    sha256, size = archive.add_file(source, ".arrow")
    manifest = Manifest(
        card="c", card_sha256="0", protocol="wfs", url="http://127.0.0.1", layer="l", extent_deg=None, crs=None,
        licence="", redistribute="yes", citation="", attribution="", sha256=sha256, bytes=size, suffix=".arrow",
        rows=1, pages=(), columns=("a",), announced_rows=None, validators={}, notes=(),
    )  # fmt: skip
    archive.commit("request", manifest)
    return home


@pytest.fixture
def home(made, tmp_path, monkeypatch) -> Path:
    target = tmp_path / "home"
    shutil.copytree(made, target)
    for name in ("KHANIJ_OUTPUT", "KHANIJ_CACHE", "KHANIJ_RELEASES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KHANIJ_HOME", str(target))
    return target


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))


def test_what_is_whole_is_whole(home, capsys):
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert said.count(": whole\n") == 3 and "FAULTY" not in said
    assert main(["check", str(home / "output" / "example" / "ranked_blocks.gpkg")]) == 0
    assert main(["check", str(home / "releases")]) == 0


def test_an_archive_whose_first_fetch_was_killed_stops_no_check(home, capsys):
    shutil.rmtree(home / ".khanij" / "archive" / "manifests")
    assert main(["check"]) == 0
    assert capsys.readouterr().out.count(": whole\n") == 2


@pytest.mark.parametrize(
    "name",
    [
        "output/example/ranked_blocks.gpkg",
        "output/example/set.json",
        "releases/example/2026.11.27/ranked_blocks.gpkg",
        "releases/example/2026.11.27/index.html",
        "releases/example/2026.11.27/manifest.json",
        ".khanij/archive/manifests/c/request.json",
        "the object",
    ],
)
def test_one_flipped_byte_and_one_missing_file_are_exit_1_with_the_name(home, capsys, name):
    path = next((home / ".khanij/archive/objects").glob("*/*")) if name == "the object" else home / name
    (path.parent).chmod(0o755)
    flip(path)
    assert main(["check"]) == 1
    assert path.name in capsys.readouterr().out
    assert main(["check", str(path)]) == 1
    capsys.readouterr()
    if name != ".khanij/archive/manifests/c/request.json":  # without a manifest an object is merely not asked for
        path.unlink()
        found = main(["check"])
        told = capsys.readouterr().out
        gone = name == "releases/example/2026.11.27/manifest.json"  # a folder without a manifest is no release
        assert found == (0 if gone else 1), told
        assert gone or path.name in told or "request.json" in told


def test_a_place_without_anything_to_vouch_for_it_is_told(home, tmp_path, capsys):
    assert main(["check", str(tmp_path / "nothing")]) == 3
    (tmp_path / "empty").mkdir()
    assert main(["check", str(tmp_path / "empty")]) == 3
    assert "no list vouches" in capsys.readouterr().err


def test_a_damaged_manifest_is_passed_over_with_a_warning_that_names_it(home, caplog):
    path = home / "releases" / "example" / "2026.11.27" / "manifest.json"
    path.parent.chmod(0o755)
    path.chmod(0o644)
    for text in (path.read_text()[:40], "[]", "{}", json.dumps({"files": [1]}), ""):
        path.write_text(text)
        caplog.clear()
        assert list_releases(home / "releases", "example") == []
        assert str(path) in caplog.text
    made = make_release(home / "output" / "example", home / "releases", "2026.11.28")
    assert [r.calver for r in list_releases(home / "releases", "example")] == ["2026.11.28"]
    assert made.manifest["generation"] == GENERATION


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--accept", "because"], "one region"),
        (["--accept", "because", "--region", "india", "--region", "sample_district"], "one region"),
        (["--accept", "  ", "--region", "india"], "wants a reason"),
        (["--accept", "x" * 501, "--region", "india"], "500"),
    ],
)
def test_a_reason_is_one_line_for_one_region(arguments, says, capsys):
    assert main(["run", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_the_limits_are_settings_of_the_region(capsys):
    assert load_region("india").publication.max_row_loss_pct == 20
    assert main(["run", "--region", "india", "--set", 'publication={"min_kendall_tau": 3}']) == 2
    assert "min_kendall_tau" in capsys.readouterr().err
