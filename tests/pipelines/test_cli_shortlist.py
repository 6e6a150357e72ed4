"""The command prints blocks that have no rank as well as those that have one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from pipelines.cli import main
from publishing.geopackage import publish_geopackage


@pytest.fixture
def output(tmp_path, monkeypatch):
    publication = make_publication(30, seed=4)
    file = tmp_path / publication.region.name / "ranked_blocks.gpkg"
    file.parent.mkdir()
    publish_geopackage(publication, file)
    monkeypatch.setenv("KHANIJ_OUTPUT", str(tmp_path))
    return publication.region.name


@pytest.mark.parametrize("status", ["RANKED", "UNQUANTIFIED", "GATED", "RANKED,UNQUANTIFIED"])
def test_blocks_of_every_status_are_printed(output, capsys, status, tmp_path):
    assert (
        main(["shortlist", "--region", output, "--status", status, "--format", "csv,xlsx", "--out", str(tmp_path)]) == 0
    )
    said = capsys.readouterr().out
    assert "blocks: " in said and "nan" not in said.lower().replace("financ", "") and "<NA>" not in said
    assert (tmp_path / "shortlist.csv").is_file()


def test_nothing_found_says_how_to_list_by_fertility(output, capsys, tmp_path):
    assert main(["shortlist", "--region", output, "--state", "Nowhere", "--format", "csv", "--out", str(tmp_path)]) != 0
    assert "--status UNQUANTIFIED" in capsys.readouterr().err
