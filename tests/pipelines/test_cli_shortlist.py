"""The command prints blocks that have no rank as well as those that have one."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from pipelines.cli import main
from publishing.geopackage.geopackage import publish_geopackage


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
    assert re.match(r"\d+ blocks?: ", said) and "nan" not in said.lower().replace("financ", "") and "<NA>" not in said
    assert (tmp_path / "shortlist.csv").is_file()


def refused(capsys, *arguments: str) -> str:
    """What a command that fails says, in one line on standard error and nothing on standard output."""
    assert main(list(arguments)) in (2, 3)
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "What to do" in said.err
    return said.err


def test_nothing_found_says_how_to_list_by_fertility(output, capsys, tmp_path):
    told = refused(capsys, "shortlist", "--region", output, "--min-tonnage-t", "1e15", "--out", str(tmp_path))
    assert "--status UNQUANTIFIED" in told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--state", "Odsha"), "Odisha"),
        (("--state", "Atlantis"), "Odisha"),
        (("--district", "Nowhere"), "no block lies in district Nowhere"),
        (("--status", "RANKD"), "not one of RANKED"),
        (("--format", "docx"), "choose of xlsx"),
        (("--max-rank", "0"), "greater than or equal to 1, not 0"),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(output, capsys, wrong, told):
    said = refused(capsys, "shortlist", "--region", output, *wrong)
    assert told in said and "Value error" not in said


def test_a_region_that_does_not_exist_is_not_asked_to_be_run(output, capsys):
    for verb in (("shortlist",), ("explain", "EX-WB-001")):
        assert "no region 'nowhere'" in refused(capsys, *verb, "--region", "nowhere")


def test_an_identifier_is_found_whatever_its_case_and_a_wrong_one_is_met_with_near_ones(output, capsys):
    assert main(["explain", "ex-wb-002", "--region", output]) == 0
    assert capsys.readouterr().out.count("\nEX-WB-002 ") == 1
    assert "did you mean EX-WB-0" in refused(capsys, "explain", "EX-WB-0O2", "--region", output)
    for nothing in ("", "  "):
        assert "no block matches" in refused(capsys, "explain", nothing, "--region", output)


def test_dossiers_of_wrong_blocks_name_near_ones_and_case_does_not_matter(output, capsys, tmp_path):
    said = refused(capsys, "dossier", "EX-WB-002", "EX-WB-0O2", "--region", output, "--out", str(tmp_path / "d"))
    assert "no block EX-WB-0O2" in said and "such as EX-WB-0" in said
    assert main(["dossier", "ex-wb-002", "--region", output, "--out", str(tmp_path / "d")]) == 0
    assert (tmp_path / "d" / "EX-WB-002.pdf").is_file()


def test_a_folder_that_cannot_be_written_is_told_without_a_traceback(output, capsys, tmp_path, monkeypatch):
    file = tmp_path / "a file"
    file.write_text("no folder")
    assert main(["shortlist", "--region", output, "--format", "csv", "--out", str(file)]) == 1
    assert str(file) in capsys.readouterr().err
    for variable in ("KHANIJ_OUTPUT", "KHANIJ_CACHE"):
        with monkeypatch.context() as m:
            m.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
            m.setenv("KHANIJ_HOME", str(tmp_path))
            m.setenv(variable, str(file / "below"))
            assert main(["run", "--region", "india"]) == 1
        said = capsys.readouterr().err
        assert str(file) in said and variable in said and "What to do" in said


def test_each_filter_has_a_folder_of_its_own(output, capsys, tmp_path):
    def folders() -> set[str]:
        return {p.name for p in (tmp_path / "shortlists").iterdir()}

    base = ("shortlist", "--region", output, "--format", "csv")
    assert main([*base]) == 0
    assert main([*base, "--state", "Odisha"]) == 0
    assert main([*base, "--state", "Goa"]) == 0
    unnamed = folders()
    assert len(unnamed) == 3
    assert all(
        sorted(p.name for p in f.iterdir()) == ["filter.yaml", "shortlist.csv"]
        for f in (tmp_path / "shortlists").iterdir()
    )
    assert main([*base, "--state", "Goa"]) == 0
    assert folders() == unnamed
    assert main([*base, "--state", "Goa", "--name", "mine"]) == 0
    assert main([*base, "--state", "Odisha", "--name", "mine"]) == 0
    named = folders() - unnamed
    assert "mine" in named
    assert len(named) == 2
    capsys.readouterr()
    again = next(f for f in (tmp_path / "shortlists").iterdir() if "Goa" in f.name) / "filter.yaml"
    assert main(["shortlist", "--region", output, "--filter", str(again)]) == 0
    assert "blocks: state Goa" in capsys.readouterr().out


def test_a_made_up_region_is_listed_only_where_it_is_named(output, capsys, tmp_path):
    told = refused(capsys, "shortlist")
    assert f"--region {output}" in told
    assert "made-up" in told
    real = make_publication(12, seed=3, is_sample=False)
    (tmp_path / "real").mkdir()
    publish_geopackage(real, tmp_path / "real" / "ranked_blocks.gpkg")
    assert main(["shortlist", "--status", "all"]) == 0
    assert capsys.readouterr().out.startswith("12 blocks")


def test_dossiers_are_chosen_by_the_filters_of_a_shortlist(output, capsys, tmp_path):
    assert main(["dossier", "--region", output, "--top", "2", "--kind", "auction_block", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.count(".pdf") == 3
    assert "which is no ranking" in said
    told = refused(capsys, "dossier", "--region", output, "--open", "yes", "--out", str(tmp_path))
    assert "no source says of any block that open_to_bid is yes" in told


def test_a_wrong_option_says_what_to_type(output, capsys):
    said = {
        ("--kind", "red_mud"): "--waste-type red_mud",
        ("--open", "maybe"): "not one of yes, operator, third_party, unknown",
        ("--within", "5"): "--within KM --of PLACE",
        ("--element", "nikel"): "nickel",
    }
    for wrong, told in said.items():
        assert told in refused(capsys, "shortlist", "--region", output, *wrong)
