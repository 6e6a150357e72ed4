"""A user's facts on blocks reach the units of a run, what cannot be used is held, and a held row keeps its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from assets.blocks import _with_facts
from assets.published.publication import quarantine
from assets.workspace import Workspace
from data_sources.readers.blocks import embedded_auction_blocks
from data_sources.regions import load_region

LAYER = "{card: own_block_facts, path: facts.csv}"


def given(folder: Path) -> tuple[Any, Any, list[pd.DataFrame], dict[str, Any]]:
    region = load_region("india", {"layers.block_facts": LAYER})
    place = Workspace(data_root=str(folder), output_root=str(folder), cache_root=str(folder))
    quarantine: list[pd.DataFrame] = []
    report: dict[str, Any] = {}
    units = _with_facts(place, region, embedded_auction_blocks().kept, quarantine, report)
    return units.set_index("block_id"), region, quarantine, report


def test_facts_go_over_the_sources_and_wrong_ones_are_held(tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text(
        "block_id,field,value,source\nIN-AB-056,auction_outcome,sold,gazette\nIN-AB-999,auction_outcome,sold,gazette\n"
    )
    units, _, held, report = given(tmp_path)
    assert units.loc["IN-AB-056", "auction_outcome"] == "sold"
    assert units.loc["IN-AB-057", "auction_outcome"] == "unknown"
    assert units.loc["IN-AB-056", "flags"].endswith("own_fact:auction_outcome")
    assert held[0]["value"].tolist() == ["IN-AB-999"]
    assert report["block_facts"]["rows_kept"] == report["block_facts"]["rows_quarantined"] == 1


def test_a_table_that_is_not_there_is_told_and_changes_nothing(tmp_path: Path) -> None:
    units, _, held, report = given(tmp_path)
    assert (units["auction_outcome"] == "sold").sum() == 32
    assert "missing" in report["block_facts"]["absent"]
    assert "facts.csv" in held[0]["reason"].iloc[0]
    assert str(tmp_path) not in held[0]["reason"].iloc[0]


def test_a_held_row_keeps_the_name_that_it_has_in_its_source() -> None:
    admitted = embedded_auction_blocks()
    told = quarantine({"blocks": {"quarantine": admitted.quarantine, "report": {"auction_blocks": admitted.report}}})
    assert told["row_name"].tolist() == ["IN-AB-003, Biarpalli Graphite and Manganese Block"]
