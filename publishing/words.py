"""The words that every publication uses for a status and a kind of block.

Belongs here: a word that page, spreadsheet, dossier, map and command line share. Does not belong here: a column's title
(the contracts), a number in words (``khanij.foundation.wording``), a colour (``colours``).
"""

from __future__ import annotations

from data_sources.contracts import Field
from khanij.foundation.cells import is_known
from khanij.foundation.wording import number, one_line, share

NUMBERS = ("float", "integer")
STATUS_WORDS = {
    "RANKED": "Ranked",
    "OUT_OF_BASKET": "Other metals than the basket's",
    "UNQUANTIFIED": "Not quantified yet",
    "GATED": "Barred by law or court",
    "LEASED": "Leased to a third party",
}
# The same words inside a QGIS expression, where an apostrophe would end the text.
STATUS_SAID = {k: v.replace("'", "’") for k, v in STATUS_WORDS.items()}
KIND_WORDS = {
    "waste_block": "Waste block",
    "auction_block": "Auction block",
    "mining_lease": "Mining lease",
    "survey_sheet": "Survey sheet",
    "grid_cell": "Grid cell",
}


def unit_said(field: Field) -> str:
    """How a column's value is said: ``share`` for one between 0 and 1, ``text``, ``yes or no``, else its unit."""
    if field.dtype == "boolean":
        return "yes or no"
    if field.dtype not in NUMBERS:
        return "text"
    bounds = field.reject
    return "share" if bounds is not None and (bounds.low, bounds.high) == (0.0, 1.0) else field.unit


def said(field: Field, value: object) -> str:
    """A published value in words, by its column; empty where it is not known."""
    if not is_known(value):
        return ""
    how = unit_said(field)
    if how == "text":
        return one_line(value)
    if how == "yes or no":
        return "yes" if value else "no"
    return share(value) if how == "share" else f"{number(value)} {how}".rstrip()
