"""The words that every publication uses for a status and a kind of block.

Belongs here: a word that page, spreadsheet, dossier, map and command line share. Does not belong here: a column's title
(the contracts), a number in words (``khanij.foundation.wording``), a colour (``colours``).
"""

from __future__ import annotations

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
