"""What stands on a terminal is whole at any width; a pipe gets plain text, a program one document, a script its status."""

import io
import json
import re
import sys
import time
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from khanij.foundation.closure import ROOT
from pipelines.cli import VERBS, main
from pipelines.cli.shown import progress
from pipelines.cli.shown.columns import LEFT_OUT, fitting, plain_table, print_table
from pipelines.cli.shown.tables import print_result
from publishing.explain import top_rows
from publishing.geopackage import reading
from publishing.geopackage.geopackage import publish_geopackage

REGION = "example"
WIDTHS = (60, 80, 100, 120)
BOXES = re.compile("[\u2500-\u257f]")
DOCUMENT = ROOT / "docs" / "command_line.md"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of outputs with one region in it."""
    root = tmp_path_factory.mktemp("output")
    (root / REGION).mkdir()
    publish_geopackage(make_publication(30, seed=4), root / REGION / "ranked_blocks.gpkg")
    return root


@pytest.fixture
def home(published, monkeypatch, tmp_path):
    monkeypatch.setenv("KHANIJ_OUTPUT", str(published))
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    return tmp_path


def shown(width: int, print_it, terminal: bool = True) -> str:
    """What a terminal of a width shows, or a pipe."""
    out = io.StringIO()
    print_it(Console(file=out, width=width, force_terminal=terminal, highlight=False, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_rank_identifier_and_number_of_the_ranking_is_whole(published, width):
    file = published / REGION / "ranked_blocks.gpkg"
    said = shown(width, lambda console: print_result(console, file, 10))
    table = [line.split() for line in said.splitlines()]
    assert max(map(cell_len, said.splitlines())) <= width
    header, rows = top_rows(file, "waste_block", 10)
    kept = [header[i] for i in fitting(header, rows, width)]
    assert {"Rank", "P05-P95", "Block", "P(pays)"} <= set(kept)
    for row in rows:
        (line,) = [words for words in table if row[header.index("Block")] in words]
        assert line[0] == row[0] and row[header.index("P(pays)")].split()[0] in line
        for name in set(kept) & {"P05-P95", "Score", "P10-P90", "P(top 10)", "Needs prices x"}:
            assert all(word in line for word in row[header.index(name)].split()), (name, row)


def test_columns_go_in_the_stated_order_and_are_named():
    header, rows = (
        ("Rank", "Block", "Name", "State", "Score", "Class"),
        [("1", "WB-IN-TSF-001", "A" * 30, "Odisha", "41.5", "G3")],
    )
    gone = [
        {header[i] for i in set(range(6)) - set(fitting(header, rows, width))} for width in (80, 54, 46, 38, 30, 20)
    ]
    assert gone == [
        set(),
        {"Class"},
        {"Class", "State"},
        {"Class", "State", "Score"},
        {"Class", "State", "Score", "Name"},
        {"Class", "State", "Score", "Name"},
    ]
    assert "No room in 46 columns for: State, Class" in shown(46, lambda c: print_table(c, "T", header, rows))
    assert "No room" not in shown(80, lambda c: print_table(c, "T", header, rows))
    assert "WB-IN-TSF-001" in shown(20, lambda c: print_table(c, "T", header, rows))
    assert ", ".join(LEFT_OUT) in " ".join(DOCUMENT.read_text(encoding="utf-8").split())


def test_a_pipe_gets_a_row_a_line_and_no_boxes(home, capsys):
    assert main(["shortlist", "--region", REGION]) == 0
    said = capsys.readouterr().out
    assert not BOXES.search(said)
    rows = [line.split() for line in said.splitlines() if re.search(r"EX-WB-\d{3}", line)]
    assert len(rows) > 10 and all(row[0].isdigit() or row[1].isdigit() or row[2].isdigit() for row in rows)
    assert plain_table("T", ("a", "b"), [("1", "x\ny"), ("22", "")]) == "T\na   b\n1   x y\n22\n"
    assert BOXES.search(shown(80, lambda c: print_table(c, "T", ("a",), [("1",)])))


def document(capsys, *arguments: str, status: int = 0) -> dict:
    """The document that a verb answers with, which its schema knows."""
    assert main([*arguments, "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / "docs" / "schemas" / f"{arguments[0]}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    assert (found["verb"], found["exit"], found["error"] is None) == (
        arguments[0],
        status,
        status == 0 or found["error"] is None,
    )
    return found


def test_each_verb_has_a_schema():
    assert set(VERBS) <= {path.stem for path in (ROOT / "docs" / "schemas").glob("*.json")}


def test_what_is_published_is_answered_as_json(home, capsys):
    found = document(capsys, "shortlist", "--region", REGION, "--format", "csv", "--out", str(home))
    assert (
        found["blocks"][0]["rank"] == 1
        and "status" not in found["filter"]
        and found["files"] == [str(home / "shortlist.csv")]
    )
    assert None in {row["capital_usd_p50"] for row in found["blocks"]} | {None}
    told = document(capsys, "explain", "EX-WB-002", "--region", REGION)
    assert told["blocks"][0]["block_id"] == "EX-WB-002" and told["text"][0].count("EX-WB-002")
    assert len(document(capsys, "dossier", "EX-WB-002", "--region", REGION, "--out", str(home))["files"]) == 2
    brief = document(capsys, "brief", "--region", REGION, "--out", str(home / "briefs"))
    assert brief["files"] == [str(home / "briefs" / f"brief{s}") for s in (".docx", ".pdf", "_hi.docx", "_hi.pdf")]
    assert any(line.startswith("Of ") and " pay at today's prices " in line for line in brief["text"])
    hindi = document(capsys, "brief", "--region", REGION, "--language", "hi")
    assert "करोड़" in "".join(hindi["text"]) and hindi["files"] == [], "a set of an older version has none"
    assert isinstance(document(capsys, "sample", "--region", REGION)["campaigns"], list)
    file = str(home / "x.gpkg")
    publish_geopackage(make_publication(29, seed=4), Path(file))
    assert document(capsys, "diff", str(Path(found["files"][0])), str(Path(found["files"][0])))["same"] == len(
        found["blocks"]
    )
    assert document(capsys, "scenario")["scenarios"] == []


def test_a_budget_where_no_campaign_is_worth_its_cost_buys_nothing(home, capsys, monkeypatch):
    none = pd.DataFrame({"effect": ["covered by none"], "priority": [1]})
    read = reading.read_table
    monkeypatch.setattr(reading, "read_table", lambda file, name: none if name == "sample_next" else read(file, name))
    assert document(capsys, "sample", "--region", REGION, "--budget-inr-crore", "5")["campaigns"] == []
    assert main(["sample", "--region", REGION, "--budget-inr-crore", "5"]) == 0
    assert f"{REGION}: no campaign is worth its cost" in capsys.readouterr().out


def test_the_other_verbs_answer_as_json(home, capsys, monkeypatch):
    assert {row["card"] for row in document(capsys, "sources", "--card", "own_blocks")["sources"]} == {"own_blocks"}
    assert document(capsys, "fetch", "--card", "own_blocks")["fetched"][0]["card"] == "own_blocks"
    file = home / "sites.csv"
    file.write_text(
        "site_id,name,lat,lon,waste_type_code\nA1,a,14.5,76.5,cu_flotation_tailings\nA2,b,99,76.6,u_overburden\n"
    )
    told = document(capsys, "validate", str(file), "--as", "waste_sites", status=1)
    assert told["rows"]["in"] == 2 == told["rows"]["kept"] + told["rows"]["quarantined"] and told["held"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("pipelines.cli.ui.served", lambda command: 0)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    assert document(capsys, "ui", "--port", "3001")["url"] == "http://127.0.0.1:3001"
    assert document(capsys, "check", str(home / "nothing"), status=3)["error"]["message"]


def test_a_run_answers_as_json_and_ends_with_its_status(home, published, capsys, monkeypatch):
    from pipelines.runs import Outcome

    outcomes = [
        Outcome("india", published / REGION / "ranked_blocks.gpkg", 0),
        Outcome("india", published, 3, "asset blocks failed"),
    ]
    monkeypatch.setattr("pipelines.runs.run_region", lambda *given, **more: outcomes.pop(0))
    found = document(capsys, "run", "--region", "india", "--top", "2")["regions"][0]
    assert found["made"] == 0 and [row["rank"] for row in found["kinds"]["waste_block"]["top"]] == [1, 2]
    assert document(capsys, "run", "--region", "india", status=1)["regions"][0]["error"] == "asset blocks failed"


def test_what_takes_long_is_named_while_it_is_under_way(capsys, monkeypatch):
    monkeypatch.setattr(progress, "QUIET_S", 0.2)
    with progress.Bar("A region") as bar:
        bar.update(0.0, "assessment", 0.0, "")
        time.sleep(0.6)
        bar.update(1.0, "assessment", 1.0, "")
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    waiting = [n for n, line in enumerate(lines) if "assessment is under way" in line]
    assert waiting and "compiles its kernels" in lines[waiting[0]] and lines[-1].endswith("100%  assessment")
    assert sum("compiles" in line for line in lines) == 1


def test_quiet_prints_the_files_alone(home, capsys):
    assert main(["shortlist", "--region", REGION, "--format", "csv,kml", "--out", str(home), "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(home / "shortlist.csv"), str(home / "shortlist.kml")]
    assert main(["shortlist", "--region", REGION, "--quiet"]) == 0 and capsys.readouterr().out == ""
    assert (
        main(["explain", "nobody", "--region", REGION, "--quiet"]) == 3
        and "no block matches" in capsys.readouterr().err
    )


STATUSES = [
    (0, ["shortlist", "--region", REGION]),
    (1, ["shortlist", "--region", REGION, "--format", "csv", "--out", "{file}/below"]),
    (2, ["shortlist", "--region", REGION, "--status", "RANKD"]),
    (2, ["shortlist", "--region", REGION, "--format", "docx"]),
    (2, ["shortlist", "--region", "nowhere"]),
    (2, ["run", "--region", "india", "--set", "ranking.drawz=5"]),
    (2, ["run", "--region", "india", "--scenario", "../india", "--set", "seed=1"]),
    (2, ["release", "--region", REGION, "--calver", "tomorrow"]),
    (3, ["shortlist", "--region", REGION, "--min-tonnage-t", "1e15"]),
    (3, ["shortlist", "--region", REGION, "--state", "Atlantis"]),
    (3, ["explain", "nobody", "--region", REGION]),
    (3, ["dossier", "nobody", "--region", REGION]),
    (3, ["diff", "nowhere", "{file}"]),
    (3, ["shortlist", "--region", "india", "--scenario", "none_such"]),
    (3, ["scenario", "remove", "none_such"]),
]


@pytest.mark.parametrize(("status", "arguments"), STATUSES)
def test_each_status_means_one_thing(home, capsys, status, arguments):
    (home / "file").write_text("a file")
    given = [text.replace("{file}", str(home / "file")) for text in arguments]
    assert main(given) == status
    assert bool(capsys.readouterr().err) == bool(status)


def test_what_argparse_refuses_is_usage(capsys):
    with pytest.raises(SystemExit) as end:
        main(["shortlist", "--no-such-option"])
    assert end.value.code == 2
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out.startswith("khanij 0.")


def test_the_document_names_each_status():
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.M))
    assert list(rows) == ["0", "1", "2", "3", "130"] and all(rows.values())


def test_a_file_that_validate_refuses_ends_with_two_and_one_that_is_not_there_with_three(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("Id,Lease_Name\n0,a\n0,b\n")
    assert main(["validate", str(tmp_path / "t.csv"), "--as", "mining_leases"]) == 2
    assert main(["validate", str(tmp_path / "none.csv"), "--as", "mining_leases"]) == 3
    assert "What to do" in capsys.readouterr().err
