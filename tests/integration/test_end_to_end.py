"""From source files to the GeoPackage, as a user runs it, and what its invariants are."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data_sources.regions import data_folder
from publishing.headline import region_said, with_said

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
RANKED = "rank rank_p05 rank_p50 rank_p95 p_top10 p_top20 score_mean score_p10 score_p50 score_p90".split()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of its own; what ``make run`` stored and published here is taken along, and is made again if it is not current."""
    made = tmp_path_factory.mktemp("khanij")
    for part in (".khanij", "output"):
        if all((ROOT / p).is_dir() for p in (".khanij", "output")):
            shutil.copytree(ROOT / part, made / part, ignore=shutil.ignore_patterns("dagster"))
    return made


def khanij(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {"KHANIJ_HOME": str(home), "COLUMNS": "160"} | environment
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments], env=env, capture_output=True, text=True, timeout=900
    )


def read(home: Path, region: str, sql: str) -> list[dict]:
    connection = sqlite3.connect(f"file:{home}/output/{region}/ranked_blocks.gpkg?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql)]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def ran(home):
    outcome = khanij(home, "run")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return outcome


def test_the_command_prints_both_rankings_and_the_paths(ran, home):
    for region in ("india", "sample_district"):
        assert f"{home}/output/{region}/ranked_blocks.gpkg" in ran.stdout
    assert ran.stdout.count("waste_block: top 10") == 2
    current = ran.stdout.count("nothing had changed") == 2
    assert current or "assessment" in ran.stderr  # progress while it works


def test_the_readme_says_what_the_result_says(ran, home):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    said = region_said(home / "output" / "india" / "ranked_blocks.gpkg")
    assert text == with_said(text, "india", said), "run: python -m publishing.headline README.md"


@pytest.mark.parametrize("region", ["india", "sample_district"])
def test_ranks_and_scores_hold_together(ran, home, region):
    rows = read(home, region, "select * from ranked_blocks")
    assert len({r["block_id"] for r in rows}) == len(rows)
    kinds = {}
    for row in rows:
        assert row["explanation"] and row["sources"]
        if row["status"] != "RANKED":
            assert row["status_reason"] and row["rank"] is None and row["p_top10"] is None
            continue
        assert all(row[name] is not None for name in RANKED)
        assert 1 <= row["rank_p05"] <= row["rank_p50"] <= row["rank_p95"]
        assert 0 <= row["score_p10"] <= row["score_p50"] <= row["score_p90"] <= 100
        parts = [row[f"contribution_{axis}"] or 0 for axis in ("value", "strategic", "fertility")]
        assert sum(parts) == pytest.approx(row["score_mean"], abs=1e-6 * max(1, row["score_mean"]))
        kinds.setdefault(row["kind"], []).append(row)
    assert "waste_block" in kinds
    for members in kinds.values():
        assert sorted(r["rank"] for r in members) == list(range(1, len(members) + 1))
        for k in (10, 20):
            assert sum(r[f"p_top{k}"] for r in members) == pytest.approx(min(k, len(members)), abs=1e-3 * k)


@pytest.mark.parametrize("region", ["india", "sample_district"])
def test_no_site_is_given_away_twice_within_a_kind(ran, home, region):
    over = read(
        home,
        region,
        """select s.site_id, b.kind, sum(coalesce(inside, 0) + coalesce(near, 0)) as given
           from site_shares s join ranked_blocks b using (block_id) group by 1, 2 having given > 1 + 1e-9""",
    )
    assert over == []


def test_india_says_that_fertility_is_missing_and_never_zero(ran, home):
    rows = read(
        home,
        "india",
        "select status, fertility_axis, contribution_fertility, missing, flags, explanation from ranked_blocks",
    )
    assert all(r["fertility_axis"] is None for r in rows)
    assert all(not r["contribution_fertility"] for r in rows)


def test_the_sample_says_that_it_is_not_real(ran, home):
    info = {r["key"]: r["value"] for r in read(home, "sample_district", "select key, value from run_info")}
    assert "NOT REAL" in " ".join(info.values())


def test_planted_defects_are_counted(ran, home):
    held = read(home, "sample_district", "select source, layer, row, field, value, reason from quarantine")
    assert len(held) >= 5
    assert all(r["reason"] for r in held)


def test_the_second_run_makes_nothing(ran, home):
    before = (home / "output/india/ranked_blocks.gpkg").stat().st_mtime_ns
    again = khanij(home, "run", "--region", "india")
    assert again.returncode == 0 and "nothing was made" in again.stdout
    assert (home / "output/india/ranked_blocks.gpkg").stat().st_mtime_ns == before


def test_a_deleted_result_is_published_again_with_the_same_bytes(ran, home):
    file = home / "output/india/ranked_blocks.gpkg"
    before = file.read_bytes()
    file.unlink()
    again = khanij(home, "run", "--region", "india")
    assert again.returncode == 0, again.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("block", ["WB-IN-TSF-001", "WB-IN-TSF-011", "WB-IN-OB-001"])
def test_explain_answers_for_a_block(ran, home, block):
    told = khanij(home, "explain", block)
    assert told.returncode == 0, told.stderr
    assert block in told.stdout and "ource" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--region", "atlantis"), "sample_district"),
        (("run", "--region", "india", "--set", "ranking.draws"), "KEY=VALUE"),
        (("run", "--region", "india", "--set", "ranking.drawz=5"), "drawz"),
        (("explain", "no-such-block"), "block_id"),
        (("run", "--region", "karnataka_andhra"), "KHANIJ_DATA"),
        (("validate", "missing.csv", "--as", "stream_sediments"), "missing.csv"),
    ],
)
def test_wrong_input_is_answered_in_one_line(ran, home, arguments, says):
    outcome = khanij(
        home, *arguments, **({"KHANIJ_DATA": str(home / "nowhere")} if "karnataka_andhra" in arguments else {})
    )
    assert outcome.returncode != 0
    assert says in outcome.stderr + outcome.stdout
    assert "Traceback" not in outcome.stderr


@pytest.mark.real_data
def test_the_real_sheets_are_listed_by_fertility(home):
    folder = data_folder()
    if folder is None:
        pytest.skip("the survey's files are not here: set KHANIJ_DATA (see data_sources/regions/karnataka_andhra.yaml)")
    outcome = khanij(home, "run", "--region", "karnataka_andhra", KHANIJ_DATA=str(folder))
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    rows = read(
        home, "karnataka_andhra", "select * from ranked_blocks where kind = 'survey_sheet' order by rank_fertility"
    )
    ranks = [r["rank_fertility"] for r in rows if r["rank_fertility"] is not None]
    assert len(ranks) >= 40 and ranks == list(range(1, len(ranks) + 1))
    reasons = " ".join(r["reason"] for r in read(home, "karnataka_andhra", "select reason from quarantine"))
    info = {r["key"]: r["value"] for r in read(home, "karnataka_andhra", "select key, value from run_info")}
    assert '"rows_in": 10004' in info["rows"]
    assert reasons
