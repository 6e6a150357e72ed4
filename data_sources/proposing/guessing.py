"""A column for a field that no usual name gives: by words of its name, by what stands in it, by the ids of the sites.

Belongs here: guesses, each with its reason. Does not belong here: taking a guess for a fact; whoever asks says it to the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from data_sources.contracts.admitting.cells.units import factor_to
from data_sources.contracts.contract import Contract, plain_name
from data_sources.proposing.layer_words import FIELD_WORDS, KEY_WORDS

_SHARE = 0.6
_TONNES = (
    (r"lakh|lac\b|लाख", "lakh t"),
    (r"million|\bmt\b|mil\b|मिलियन", "million t"),
    (r"\bkt\b|thousand|'?000|हजार", "kt"),
    (r"\btonnes?\b|\btons?\b|\bt\b|टन", "t"),
)
_AMOUNT = re.compile(r"tonn|\bton|qty|quantit|stock|reserve|resource|मात्रा|टन|lakh t|\bmt\b", re.IGNORECASE)


def guess(
    frame: pd.DataFrame,
    contract: Contract,
    field: str,
    free: Iterable[str],
    site_ids: frozenset[str],
    codes: frozenset[str],
) -> tuple[str, str] | None:
    """(column, why) for a field, or None.

    Parameters
    ----------
    free : columns that nothing is read from yet. site_ids : ids of the sites of another file. codes : of wastes.
    """
    columns = list(free)
    if field == "site_id" and site_ids and contract.name != "waste_sites":
        return _by_values(frame, columns, site_ids, "its values are ids of the waste sites")
    if field == "waste_type_code" and (hit := _by_values(frame, columns, codes, "its values are codes of wastes")):
        return hit
    if field in contract.key:
        return _key(frame, columns, FIELD_WORDS.get(field, ()))
    for words in FIELD_WORDS.get(field, ()):
        for column in columns:
            said = plain_name(column).split("_")
            if all(any(part.startswith(w) for part in said) for w in words):
                return column, f"its name holds {' and '.join(words)}"
    return None


def amount_column(columns: Iterable[str]) -> tuple[str, str, str] | None:
    """(column, unit, why) of a tonnage whose header names the quantity and the unit in words of its own."""
    for column in columns:
        text = re.sub(r"[_\W]+", " ", column.lower())
        if not _AMOUNT.search(text):
            continue
        for form, unit in _TONNES:
            if re.search(form, text) and factor_to(unit, "million t, dry") is not None:
                return column, unit, f"its header says {unit}"
    return None


def _by_values(frame: pd.DataFrame, columns: list[str], known: frozenset[str], why: str) -> tuple[str, str] | None:
    for column in columns:
        values = frame[column].dropna().astype("str").str.strip()
        if len(values) and values.isin(known).mean() >= _SHARE:
            return column, why
    return None


def _key(frame: pd.DataFrame, columns: list[str], words: tuple[tuple[str, ...], ...]) -> tuple[str, str] | None:
    """A column of which each value stands once, called a number or code; one whose name holds the thing's own word first.

    A row without one, such as that of the totals, is no objection; a column of names is taken where there is no other.
    """
    found = []
    for column in columns:
        values = frame[column].dropna().astype("str").str.strip()
        parts = plain_name(column).split("_")
        called = any(p in KEY_WORDS or p.endswith(("id", "no", "code")) for p in parts)
        own = any(any(p.startswith(w) for p in parts) for group in words for w in group)
        is_whole = len(values) >= len(frame) - max(1, len(frame) // 20) and len(values) > 0
        if is_whole and values.is_unique and (called or own) and not _is_measure(values):
            named = any(p.startswith(("name", "naam")) for p in parts)
            found.append((not (called and own), named, not own, columns.index(column), column))
    if not found:
        return None
    return min(found)[-1], "each value stands once, and its name is that of a number or code"


def _is_measure(values: pd.Series) -> bool:
    """Numbers with decimals are measured, they name nothing."""
    return bool(values.str.fullmatch(r"-?\d+[.,]\d+").mean() > 0.5)
