"""How alike the names of two facilities are: the words that tell them apart, and their numbers.

Belongs here: names. Does not belong here: distance, and what follows from both (``data_sources.register.matching``,
``scoring.waste.projects.complexes``).
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from functools import lru_cache

SAME_NAME = 0.6
_NUMBERED = re.compile(r"\b\w*\d\w*\b")
# Words that every facility carries: they say what it is, not which one.
_COMMON = frozenset(
    "tailings tailing pond ponds dam tsf facility storage dump dumps mine mines mining ash dyke dykes stack red mud gypsum waste "
    "site plant power station thermal stps tps tpp tpss utpp umpp ltd limited pvt company co the of and at near area unit project "
    "works no refinery heap overburden mill complex india group".split()
)
_WORDS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "one": "1", "two": "2", "three": "3", "north": "n", "south": "s"}


@lru_cache(maxsize=65_536)
def name_words(name: object) -> tuple[frozenset[str], frozenset[str]]:
    """(distinguishing words, numbers) of a facility's name: ``Zawar TSF No. II (HZL)`` -> {zawar, hzl}, {2}."""
    if not isinstance(name, str):
        return frozenset(), frozenset()
    text = re.sub(r"[^a-z0-9]+", " ", name.lower().replace("-", " "))
    words = [_WORDS.get(w, w) for w in text.split()]
    words = [str(int(w)) if w.isdigit() else w for w in words]
    # One letter tells nothing apart (initials), except a compass direction.
    telling = frozenset(w for w in words if w not in _COMMON and not w.isdigit() and (len(w) > 1 or w in "ns"))
    return telling, frozenset(w for w in words if w.isdigit())


def name_similarity(a: object, b: object) -> float:
    """Share of the shorter name's distinguishing words that the other has, near spellings (ratio 0.8) counted.

    NaN without words; 0 where both carry numbers and none is common (pond 1 is not pond 2).
    """
    (wa, na), (wb, nb) = name_words(a), name_words(b)
    if na and nb and not na & nb:
        return 0.0
    if not wa or not wb:
        return float("nan")
    few, many = sorted((sorted(wa), sorted(wb)), key=len)
    hits = sum(max(_alike(w, v) for v in many) for w in few)
    # A single common word in long names says less than two of two.
    return hits / len(few) * (1.0 if len(few) > 1 or len(many) <= 2 else 0.8)


def _alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    ratio = difflib.SequenceMatcher(None, a, b).ratio()
    return ratio if ratio >= 0.8 and min(len(a), len(b)) >= 4 else 0.0


def names_alike(first: str, second: str) -> bool:
    """Whether two names are of one place but for numbers (also A1, S-2): by ``name_similarity``, as records are matched.

    Names of which nothing else is left ("Dump 1", "Dump 2"), or in another script, are alike where the rest is the same.
    """
    a, b = (" ".join(_NUMBERED.sub(" ", unicodedata.normalize("NFKC", n).casefold()).split()) for n in (first, second))
    similarity = name_similarity(a, b)
    return a == b != "" if math.isnan(similarity) else similarity >= SAME_NAME
