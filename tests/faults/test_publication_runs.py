"""Seeded faults of whole runs, each in a real region: the old set with exit 1 and a message, or a set that checks out.

A few stand for all in the ordinary tests; ``KHANIJ_LONG=1`` (``make test-all``, ``make faults``) runs every one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from publication_runs import SCENARIOS, SHORT

HERE = Path(__file__).resolve().parent
EVERY = bool(os.environ.get("KHANIJ_LONG"))
NAMES = tuple(SCENARIOS) if EVERY else SHORT

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """What every scenario came to, by its name."""
    home = tmp_path_factory.mktemp("runs")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, str(HERE / "publication_runs.py"), str(home), *NAMES],
        env=clean, capture_output=True, text=True, timeout=7200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_there_are_thirty_faults_and_each_is_one_of_the_two_ends():
    assert len(SCENARIOS) >= 30 and set(SHORT) <= set(SCENARIOS)


@pytest.mark.parametrize("name", NAMES)
def test_the_old_set_stays_with_a_message_or_a_whole_set_is_published(told, name):
    came, scenario = told[name], SCENARIOS[name]
    assert came["own_files_kept"]
    if scenario.refused:
        assert came["error"] and re.search(scenario.refused, came["error"]), came["error"]
        assert "What to do" in came["error"]
        assert came["old"] or scenario.changes_old_files
        return
    assert came["error"] is None and came["faults"] == [], came
    assert came["again"]["error"] is None and came["again"]["faults"] == []
    if scenario.killed:
        assert came["killed"] and any("was finished" in note for note in came["notes"])
        return
    assert not came["old"]
    if not scenario.around:
        assert came["again"]["made"] == 0, "the next run finds everything current"
    said = "\n".join(came["remarks"])
    assert re.search(scenario.told, said), said
    if scenario.accept:
        assert came["remarks"][0].startswith("PUBLISHED ALTHOUGH"), "the first line says it"
        assert scenario.accept in came["remarks"][1]
        assert came["again"]["remarks"][:2] == came["remarks"][:2], "as long as it is published it is said"
        later = came["later"]
        assert later["error"] is None and "accepted" not in str(later["remarks"]), "a real change drops the reason"
