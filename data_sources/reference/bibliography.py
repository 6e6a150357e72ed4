"""The texts that the fact tables cite: which entries of ``bibliography`` a source string names, and what stands on no text.

Belongs here: the form of an identifier in a source string. Does not belong here: how an entry is shown (``publishing``).

A source string ends with its identifiers in brackets: ``cnbctv18 2023-05-29; own knowledge [B094, OWN]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from data_sources.reference.tables import load_table

if TYPE_CHECKING:
    import pandas as pd

OWN_KNOWLEDGE, EXPERT_DEFAULT, RECALLED = "OWN", "EXPERT", "RECALLED"
MARKS = (OWN_KNOWLEDGE, EXPERT_DEFAULT, "CALC", "NONE", RECALLED)
"""Entries that are no text of others: own knowledge, expert default, computed here, no source, recalled."""
_ID = rf"(?:B\d{{3,}}|{'|'.join(MARKS)})"
_CITED = re.compile(rf"\[({_ID}(?:, {_ID})*)\]")
_OWN_WORDS = re.compile(r"\bown knowledge\b|\brecalled\b|\[R\]", re.IGNORECASE)
_EXPERT_WORDS = re.compile(r"\bexpert[ _]default\b", re.IGNORECASE)


def cited_ids(text: object) -> tuple[str, ...]:
    """Identifiers that a source string, or several of them joined, names; each once, in the order of the text."""
    return tuple(dict.fromkeys(i for found in _CITED.findall(str(text)) for i in found.split(", ")))


def bibliography_of(texts: Iterable[object]) -> pd.DataFrame:
    """The entries that any of the texts cites, by identifier: the columns of the table ``bibliography``."""
    named = {i for text in texts for i in cited_ids(text)}
    table = load_table("bibliography")
    return table[table["source_id"].isin(named)].reset_index(drop=True)


def is_own_knowledge(source: str) -> bool:
    """Whether a figure's source is somebody's knowledge or memory: by identifier, or by these words in a user's table."""
    ids = cited_ids(source)
    if ids:
        return OWN_KNOWLEDGE in ids or RECALLED in ids or set(ids) <= _recalled()
    return bool(_OWN_WORDS.search(source))


def is_expert_default(source: str) -> bool:
    """Whether a figure's source is an expert default: by identifier, or by these words in a user's table."""
    ids = cited_ids(source)
    return EXPERT_DEFAULT in ids if ids else bool(_EXPERT_WORDS.search(source))


def _recalled() -> set[str]:
    table = load_table("bibliography")
    return set(table.loc[table["seen"] == "recalled", "source_id"])
