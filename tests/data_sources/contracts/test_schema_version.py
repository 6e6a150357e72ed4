"""Whoever reads our files by column names is told when one goes: the version of the schema is raised, and CHANGELOG says how.

A column that is added needs no new version: write the list anew (``KHANIJ_WRITE_COLUMNS=1``) and mention it in CHANGELOG.
"""

import os
from pathlib import Path

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, SCHEMA_VERSION
from khanij.foundation.closure import ROOT

KNOWN = Path(__file__).with_name("published_columns.txt")


def columns_now() -> list[str]:
    return sorted(
        f"{c.name}.{f.name} {f.dtype}{f' {f.unit}' if f.unit else ''}"
        for c in OUTPUT_CONTRACTS.values()
        for f in c.fields
    )


def test_a_column_that_goes_or_changes_raises_the_version():
    now = columns_now()
    if os.environ.get("KHANIJ_WRITE_COLUMNS"):
        KNOWN.write_text("\n".join([f"schema {SCHEMA_VERSION}", *now, ""]), encoding="utf-8")
    first, *known = KNOWN.read_text(encoding="utf-8").splitlines()
    gone = sorted(set(known) - set(now))
    assert first == f"schema {SCHEMA_VERSION}", "the list is of another version: write it anew"
    assert not gone, f"raise SCHEMA_VERSION, say in CHANGELOG.md what became of these, and write the list anew: {gone}"
    assert now == known, "columns were added: write the list anew and mention them in CHANGELOG.md"


def test_the_change_log_knows_the_version():
    assert f"schema {SCHEMA_VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").lower()
