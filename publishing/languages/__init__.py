"""The words of the products in English and Hindi: one table, ``words.csv``, that says of each row whether a native reader saw it.

Belongs here: looking a word up, and numbers in a language's words. Does not belong here: a sentence about a result
(``publishing.headline``), a code's word that is in English alone (``publishing.words``).
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from khanij.foundation.cells import is_known
from khanij.foundation.wording import chance, number

ENGLISH, HINDI = "en", "hi"
LANGUAGES = (ENGLISH, HINDI)


class Words(NamedTuple):
    """One row of the table: the text in each language, and whether a native reader of Hindi has seen it."""

    en: str
    hi: str
    seen: bool


@cache
def table() -> dict[str, Words]:
    """Key -> its words."""
    text = files("publishing.languages").joinpath("words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {r["key"]: Words(r["en"], r["hi"], r["seen_by_native_reader"] == "yes") for r in rows}


def say(key: str, language: str = ENGLISH, **values: object) -> str:
    """The words of a key, with values in their places.

    Raises
    ------
    KeyError : the table has no such key, or a place in it has no value.
    """
    words = table()[key]
    template = words.hi if language == HINDI else words.en
    return template.format(**values) if values else template


def in_hindi(*stems: str) -> dict[str, str]:
    """English -> Hindi of the rows whose keys begin so; where two rows have one English, the first stem's."""
    rows = [(k, w) for stem in stems for k, w in table().items() if k.startswith(stem)]
    return {w.en: w.hi for _, w in reversed(rows)}


def unread(language: str) -> str:
    """That no native speaker has read the language's words yet; "" where all were read."""
    all_seen = language == ENGLISH or all(w.seen for w in table().values())
    return "" if all_seen else say("unread", language)


def chance_said(value: object, language: str = ENGLISH) -> str:
    """A share of draws as a percentage, as ``chance`` words it."""
    if not is_known(value):
        return say("not_known", language)
    p = float(value)  # type: ignore[arg-type]
    return say("chance.most", language) if p > 0.99 else say("chance.least", language) if p < 0.01 else chance(p)


def number_said(value: object, language: str = ENGLISH) -> str:
    """A number of three digits, or that it is not known."""
    return number(value) if is_known(value) else say("not_known", language)
