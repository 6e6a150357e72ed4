"""The page of questions: each command is run on a made-up result, each what-if is one that a region takes."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from data_sources.regions import load_region
from pipelines.cli import main
from pipelines.overrides import checked_region, parse_settings
from publishing.geopackage.geopackage import publish_geopackage

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
COMMANDS = list(dict.fromkeys(re.findall(r"`(khanij [^`]+)`", PAGE)))
ASKED = [c for c in COMMANDS if c.split()[1] in ("shortlist", "explain", "sample", "brief") and "FILE" not in c]
WHAT_IFS = [c for c in COMMANDS if "--set" in c]
HERE = {
    "india": "example",
    "IN-RM-001": "EX-WB-002",
    "86.67,20.26": "85.0,20.0",
    "Paradip port": "85.0,20.0",
    "xlsx,pdf": "xlsx",
}
"""In the made-up result; PDFs have tests of their own."""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result in which each question has an answer."""
    root = tmp_path_factory.mktemp("questions")
    made = make_publication(30, seed=5, is_sample=False)
    blocks = made.layers["ranked_blocks"]
    ids = blocks["block_id"]
    told = {
        "EX-AB-005": {"open_to_bid": "yes", "auction_outcome": "no_bid", "concession": "CL", "state": "Odisha", "minerals": "Nickel"},
        "EX-WB-002": {"operator": "NALCO", "lease_holder": "NALCO", "district": "Jajpur", "knowledge_class": "G2"},
    }  # fmt: skip
    for block_id, values in told.items():
        for column, value in values.items():
            blocks.loc[ids == block_id, column] = value
    made.run_info["inr_per_usd"] = "87.7"
    (root / "example").mkdir()
    publish_geopackage(made, root / "example" / "ranked_blocks.gpkg")
    return root


def here(command: str) -> list[str]:
    return [HERE.get(word, word) for word in shlex.split(command)[1:]]


@pytest.mark.parametrize("command", ASKED)
def test_each_question_is_answered_by_its_command(
    command: str, output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KHANIJ_OUTPUT", str(output))
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    words = here(command)
    words += ["--out", str(tmp_path)] if words[0] == "shortlist" else []
    status = main(words)
    said = capsys.readouterr()
    # Nothing pays, and nothing is near, in a made-up district: then the answer says so and what is nearest to it.
    assert status == 0 or (status == 3 and "What to do" in said.err), said.err
    assert status == 3 or ("Example district" if words[0] == "brief" else "EX-") in said.out, said.out


@pytest.mark.parametrize("command", WHAT_IFS)
def test_each_what_if_is_a_setting_that_a_region_takes(command: str) -> None:
    words = shlex.split(command)
    given = [words[i + 1] for i, w in enumerate(words) if w == "--set"]
    after = checked_region("india", parse_settings(given))
    assert after.ranking != load_region("india").ranking and words[words.index("--scenario") + 1].isidentifier()


def test_the_page_names_every_question_and_what_it_cannot_answer() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| question")]
    assert len(rows) >= 35 and len(ASKED) >= 20 and len(WHAT_IFS) == 5
    unanswered = PAGE[PAGE.index("## Not answered") :]
    for word in ("railway", "reserve price", "State earn", "exploration licences", "Hindi", "A3"):
        assert word in unanswered
    assert pd.Series(rows).is_unique
