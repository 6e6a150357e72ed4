"""Sources that can be followed: each source string of each fact table names its texts, and each text is named."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from data_sources.contracts.published.cited import BIBLIOGRAPHY, SEEN
from data_sources.reference import load_table
from data_sources.reference.bibliography import (
    MARKS,
    bibliography_of,
    cited_ids,
    is_expert_default,
    is_own_knowledge,
)
from data_sources.reference.describe import described_table, described_tables

ROOT = Path(__file__).parents[3]
OTHER_COLUMNS = ("source_title", "source_30", "source_part_d")
"""Columns that cite and are called neither ``source`` nor ``something_source``."""
TABLES = [name for name in described_tables() if name != "bibliography"]


@pytest.fixture(scope="module")
def entries() -> pd.DataFrame:
    return load_table("bibliography").set_index("source_id")


def citing(name: str) -> pd.Series:
    """Every source string of a table."""
    table = described_table(name)
    columns = [c for c in table.columns if c == "source" or c.endswith("_source") or c in OTHER_COLUMNS]
    return pd.concat([pd.Series(dtype=object), *(table[c].dropna() for c in columns)])


@pytest.mark.parametrize("name", TABLES)
def test_every_source_string_ends_with_its_entries(name: str, entries: pd.DataFrame) -> None:
    for text in citing(name):
        ids = cited_ids(text)
        assert ids and text.endswith(f"[{', '.join(ids)}]"), f"{name}: {text}"
        assert set(ids) <= set(entries.index), f"{name}: {text}"


def test_every_entry_is_cited(entries: pd.DataFrame) -> None:
    used = {i for name in TABLES for text in citing(name) for i in cited_ids(text)}
    assert set(entries.index) == used
    assert len(used) > 400


def test_what_the_words_say_the_identifiers_say(entries: pd.DataFrame) -> None:
    for name in TABLES:
        for text in citing(name):
            words = text.partition(" [B")[0].partition(" [OWN")[0]
            if "own knowledge" in words:
                assert is_own_knowledge(text), text
            if "expert default" in words:
                assert is_expert_default(text), text


def test_an_entry_has_the_shape_of_its_contract(entries: pd.DataFrame) -> None:
    table = entries.reset_index()
    assert list(table.columns) == BIBLIOGRAPHY.names() and table["title"].notna().all()
    assert set(table["seen"]) <= set(SEEN)
    texts = table[~table["source_id"].isin(MARKS)]
    assert texts["source_id"].str.fullmatch(r"B\d{3}").all() and set(texts["seen"]) <= {"seen", "partly", "recalled"}
    assert table.loc[table["source_id"].isin(MARKS), ["publisher", "date", "link", "licence"]].isna().all().all()
    dates = table["date"].dropna().astype(str)
    assert dates.str.fullmatch(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?)?").all(), dates.tolist()
    links = table["link"].dropna()
    assert links.str.fullmatch(r"https?://[A-Za-z0-9.-]+(/\S*)?").all() and links.is_unique
    assert (
        not texts.duplicated(["title", "publisher"]).any()
        or texts[texts.duplicated(["title", "publisher"], keep=False)]["title"]
        .str.startswith("Text without a title")
        .all()
    )


def test_a_link_is_written_for_what_has_an_exact_address(entries: pd.DataFrame) -> None:
    """A DOI and the number of a press release are addresses; a newspaper's number alone is none."""
    said = entries["title"].astype(str)
    assert entries.loc[said.str.contains("press release PRID", case=False), "link"].notna().all()
    assert entries.loc[said.str.match(r"Article \d+"), "link"].isna().all()
    assert entries.loc[entries["seen"] == "recalled", "link"].isna().all()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("thehindu 1 [B002, OWN]", ("B002", "OWN")),
        ("tonnage: a [B002] | Au: b [B010, B002]", ("B002", "B010")),
        ("recalled [R], assumed [A], a range [1, 2]", ()),
        ("[B12] is too short, [B1234] is not", ("B1234",)),
        (None, ()),
    ],
)
def test_the_identifiers_of_a_text(text: object, ids: tuple[str, ...]) -> None:
    assert cited_ids(text) == ids


@pytest.mark.parametrize(
    ("text", "own", "expert"),
    [
        ("own knowledge, not seen in a stored page [OWN]", True, False),
        ("lignite 1.05 kg/kWh [R] [RECALLED]", True, False),
        ("default of the project [EXPERT]", False, True),
        ("a user's own knowledge of the dump", True, False),
        ("expert_default", False, True),
        ("table 3 of the operator's report", False, False),
        ("", False, False),
    ],
)
def test_what_stands_on_no_text(text: str, own: bool, expert: bool) -> None:
    assert (is_own_knowledge(text), is_expert_default(text)) == (own, expert)


def test_a_figure_whose_only_text_is_recalled_is_own_knowledge(entries: pd.DataFrame) -> None:
    recalled = entries.index[(entries["seen"] == "recalled") & entries.index.str.startswith("B")]
    seen = entries.index[entries["seen"] == "seen"]
    assert is_own_knowledge(f"a text [{recalled[0]}]")
    assert not is_own_knowledge(f"two texts [{recalled[0]}, {seen[0]}]")


def test_the_bibliography_of_some_texts_is_what_they_cite() -> None:
    found = bibliography_of(["tonnage [B009]", "grade [B009, OWN]", "no text at all", None])
    assert found["source_id"].tolist() == ["OWN", "B009"]
    assert re.search("Hutti", found["title"].iloc[1])


def test_the_documents_name_the_law_by_entries_and_their_addresses(entries: pd.DataFrame) -> None:
    """The tailings policy, Part D's date and the auction's rules."""
    text = " ".join((ROOT / "docs" / "register.md").read_text(encoding="utf-8").split())
    law = text.partition("## The law and the auctions")[2].partition("## ")[0]
    named = re.findall(r"\]\((https?://[^)]+)\) \[(B\d{3})\]", law)
    assert {entry: link for link, entry in named} == entries.loc[[e for _, e in named], "link"].to_dict()
    said = entries.loc[[e for _, e in named], "title"]
    for words in (
        "policy to extract critical minerals from tailings",
        "section 11C",
        "seventh tranche",
        "less than three",
    ):
        assert said.str.contains(words).any(), words
