"""Which treatment routes the tables have for a waste, and how a site says that its route was taken from its waste.

Belongs here: the look-up and its words. Does not belong here: a site's only route (``data_sources.register.routes``), the
choice among several (``scoring.rank.route_choice``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

FROM_TYPE = "route_from_waste_type"
"""Flag of a site, and of the blocks that hold it, that names its waste and no route."""


def routes_of_wastes(routes: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Waste type code -> the routes that the table has for it, in its order.

    Parameters
    ----------
    routes : ``route_code``, ``waste_type_codes`` (semicolons between them).
    """
    out: dict[str, list[str]] = {}
    for route, codes in zip(routes["route_code"], routes["waste_type_codes"]):
        for code in codes.split(";") if isinstance(codes, str) else ():
            out.setdefault(code.strip(), []).append(str(route))
    return {code: tuple(found) for code, found in out.items()}


def from_type(route: str, others: Iterable[str] = ()) -> str:
    """For ``flags``: the route that was taken, and those that were there to take."""
    rest = ", ".join(others)
    return f"{FROM_TYPE}:{route}" + (f" (others: {rest})" if rest else "")


_WORDS = {
    "copper": "cu", "gold": "au", "zinc": "zn", "lead": "pb", "silver": "ag", "iron": "fe", "manganese": "mn", "tungsten": "w",
    "tin": "sn", "nickel": "ni", "chrome": "cr", "chromium": "cr", "chromite": "cr", "uranium": "u", "lithium": "li", "tailing": "tailings",
    "slime": "slimes", "dump": "dumps", "ash": "ash", "flyash": "ash", "muds": "mud", "slags": "slag", "reject": "rejects",
    "residues": "residue", "burden": "overburden", "ob": "overburden", "tails": "tailings",
    "cob": "cr",
}  # fmt: skip
"""Words of a waste's description -> the word of the codes that means the same."""
_HINDI = {
    "राख": "ash", "राखड़": "ash", "ऐश": "ash", "उड़न": "fly", "फ्लाई": "fly", "कोयला": "coal", "लाल": "red", "मिट्टी": "mud", "पंक": "mud",
    "रेड": "red", "मड": "mud", "तांबा": "copper", "ताम्र": "copper", "ताँबा": "copper", "जस्ता": "zinc", "सीसा": "lead", "सोना": "gold",
    "स्वर्ण": "gold", "लौह": "iron", "लोहा": "iron", "मैंगनीज": "manganese", "टंगस्टन": "tungsten", "क्रोमाइट": "chromite",
    "टेलिंग": "tailings", "टेलिंग्स": "tailings", "स्लाइम": "slimes", "स्लाइम्स": "slimes", "फॉस्फोजिप्सम": "phosphogypsum",
    "फास्फोजिप्सम": "phosphogypsum", "अयस्क": "ore",
}  # fmt: skip
"""Words of a waste in Hindi -> in English."""
_IN_ENGLISH = {unicodedata.normalize("NFC", word): english for word, english in _HINDI.items()}
_PLAIN = frozenset(
    "tailings dumps slimes waste rock old pond dam mine mill sand stack flotation and of the slag rejects overburden mud laterite "
    "residue washery smelter".split()
)
_PLAIN_ASH = _PLAIN | frozenset(
    "ash bottom dyke lagoon mound wet dry ponded slurry disposal area site power thermal station plant".split()
)
"""Words beside which ash is that of a power station; rice husk or zinc is not among them."""
_KINDS = {
    **dict.fromkeys(("tailings", "slimes"), "tailings"), "slag": "slag", "ash": "ash", "overburden": "overburden", "rejects": "rejects",
    "dumps": "dumps", "residue": "residue", "mud": "residue", "cinder": "cinder", "rock": "rock", "dust": "dust", "sludge": "sludge",
}  # fmt: skip
"""Words of a kind of waste -> the kind: slag of one furnace is no tailings of another mill."""


def plain_code(words: str) -> str:
    """A waste's words as a code is written: ``Red mud`` is ``red_mud``."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def nearest_code(words: str, codes: Iterable[str]) -> str:
    """The code that somebody may have meant by some words; '' unless one shares more of its words than any other.

    A word that names only a kind of waste (tailings, dump, slag) is not enough: copper tailings are no phosphate tailings, steel
    slag is none of copper. Nor is a commodity whose waste is of another kind: zinc residue is no zinc tailings.
    """
    composed = unicodedata.normalize("NFC", words)
    english = " ".join(_IN_ENGLISH.get(w, w) for w in re.split(r"[\s,;/()-]+", composed))
    said = {_WORDS.get(w, w) for w in plain_code(english).split("_")}
    if "bauxite" in said and said & {"residue", "mud"}:  # the ore itself, or its overburden, is another thing
        said |= {"red", "mud"}
    if "overburden" in said:  # a dump of it is one of it
        said -= {"dumps"}
    if "ash" in said and (
        said & {"fly", "coal", "lignite", "imported"} or said <= _PLAIN_ASH
    ):  # else coal is what burns in India
        said |= {"coal", "fly"} if not said & {"lignite", "imported"} else {"fly"}
    scored = sorted(((_shared(said, code), code) for code in codes), reverse=True)
    if not scored or scored[0][0] == (0, 0.0) or scored[0][0] == scored[1 % len(scored)][0]:
        return ""
    return scored[0][1]


def _shared(said: set[str], code: str) -> tuple[int, float]:
    parts = set(code.split("_"))
    common = said & parts
    kinds, theirs = ({_KINDS[w] for w in words & set(_KINDS)} for words in (said, parts))
    if not common - _PLAIN or (common == {"red"}) or (kinds and theirs and not kinds & theirs):
        return (0, 0.0)
    return (len(common - _PLAIN), len(common) / len(parts))
