"""Damaged files of the formats that other programs write: one of thirty of what ``make faults`` runs, in every round of tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "faults"))
from fuzz_inputs import door_formats, fuzz

INPUTS = int(os.environ.get("KHANIJ_FUZZ_DOORS", "300"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each batch is a forked process, so that a crash is seen")
def test_no_damaged_file_of_another_program_ends_in_a_raw_error_or_a_dead_process():
    table, faults, _ = fuzz(INPUTS, seed=20261101, kinds=door_formats())
    assert faults == []
    assert len(table) >= 20 and all(sum(counts.values()) for counts in table.values()), "every format had its share"
