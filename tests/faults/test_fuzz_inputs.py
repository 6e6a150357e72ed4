"""Damaged files of every format, a short round; ``make faults`` runs ten thousand."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "faults"))
from fuzz_inputs import HOSTILE, damage, formats, fuzz

INPUTS = int(os.environ.get("KHANIJ_FUZZ", "370"))


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="each batch is a forked process, so that a crash of a library is seen"
)
def test_every_damaged_input_ends_in_a_clear_error_or_in_rows_that_add_up():
    table, faults, _ = fuzz(INPUTS, seed=20260101)
    assert faults == []
    assert sum(sum(counts.values()) for counts in table.values()) == INPUTS
    assert all(counts for counts in table.values()), "every format had its share"


def test_the_damage_is_seeded_and_damages():
    import random

    data = bytes(range(256)) * 8
    assert damage(data, random.Random("1/7")) == damage(data, random.Random("1/7")) != data
    assert any("<script>" in text for text in HOSTILE) and len(formats()) >= 15
