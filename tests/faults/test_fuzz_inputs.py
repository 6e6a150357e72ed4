"""Damaged files of every format, a short round; ``make faults`` runs ten thousand."""

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "faults"))
import fuzz_inputs
from fuzz_inputs import HOSTILE, Format, damage, formats, fuzz, judge

from data_sources.contracts import SourceError

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


def _swallows(path: Path) -> None:
    try:
        time.sleep(0.5)
    except OSError as error:  # what a TimeoutError is
        raise SourceError("cannot be read", file=path) from error


def _does_not_listen(path: Path) -> None:
    end = time.monotonic() + 0.5
    while time.monotonic() < end:  # as a library in C, to which no signal comes through
        try:
            time.sleep(0.5)
        except BaseException:
            continue
    raise SourceError("cannot be read", file=path)


@pytest.mark.parametrize(("read", "verdict"), [(_swallows, "no end"), (_does_not_listen, "clear error")])
def test_a_reading_that_takes_too_long_is_a_fault_however_it_ends(tmp_path, monkeypatch, read, verdict):
    monkeypatch.setattr(fuzz_inputs, "LIMIT_S", 0.2)
    assert judge(Format("slow", "a", b"", read), b"", tmp_path).startswith(f"FAULT: hang: {verdict} after")
    monkeypatch.setattr(fuzz_inputs, "LIMIT_S", 20.0)
    assert judge(Format("slow", "a", b"", read), b"", tmp_path) == ("clear error" if verdict != "no end" else "read")
