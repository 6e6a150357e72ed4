"""Families of wastes: what a waste's code says of the process that left it.

Belongs here: which family a code belongs to. Does not belong here: colours (``publishing.colours``), routes and densities
(the tables).

A code is read by the words in it, so that a waste that a table is given anew has its family without being listed here.
"""

from __future__ import annotations

WORDS = {
    "tailings": ("tailings", "slimes", "rejects"),
    "red mud": ("red_mud",),
    "ash": ("ash",),
    "gypsum": ("gypsum",),
    "jarosite": ("jarosi",),
    "dumps": ("dump", "overburden", "rock"),
    "slag": ("slag",),
}
"""Family -> words of its codes. The first that fits counts: washery rejects are no ash."""


def family_of(waste_type_code: object) -> str:
    """The family of a waste; empty without a code or where no word of it is known."""
    code = waste_type_code.lower() if isinstance(waste_type_code, str) else ""
    return next((family for family, words in WORDS.items() if any(w in code for w in words)), "")
