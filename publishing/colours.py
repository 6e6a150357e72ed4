"""The colours, classes and shapes that map, page, dossier and Google Earth file share.

Belongs here: what a class of ranks, a status, a family of wastes or an axis looks like. Does not belong here: how a format
writes it (``qgis``, ``page``).

Colours: the rank ramp falls in lightness from best (dark) to last (pale) and holds for all common kinds of colour
blindness; a status is told by shape first, by colour second.
"""

from __future__ import annotations

from data_sources.reference.waste_families import WORDS

RANK_CLASSES = (
    (1, 5, "#5b1a18"),
    (6, 10, "#a63d1e"),
    (11, 20, "#e0762a"),
    (21, 50, "#f5b35c"),
    (51, None, "#fbe3b3"),
)
KIND_SHAPES = {"waste_block": "circle", "auction_block": "square", "mining_lease": "pentagon"}
STATUS_SYMBOLS = (
    ("OUT_OF_BASKET", "Holds other metals than the basket's", "diamond", "#4a90c2"),
    ("GATED", "Barred by law or court", "cross2", "#606060"),
    ("LEASED", "Leased to a third party", "triangle", "#8c8c8c"),
    ("UNQUANTIFIED", "Not quantified yet", "circle", "#ffffff"),
)
_WASTES_SHOWN = (
    ("Tailings and slimes", "triangle", "#8c510a", ("tailings",)),
    ("Red mud", "circle", "#b2182b", ("red mud",)),
    ("Ash", "hexagon", "#7f7f7f", ("ash",)),
    ("Gypsum, jarosite", "diamond", "#4393c3", ("gypsum", "jarosite")),
    ("Dumps, overburden, slag", "square", "#35978f", ("dumps", "slag")),
)
WASTE_FAMILIES = tuple(
    (label, shape, colour, tuple(word for family in families for word in WORDS[family]))
    for label, shape, colour, families in _WASTES_SHOWN
)
FERTILITY_CLASSES = (
    (0, 0.5, "#fde725"), (0.5, 0.75, "#5ec962"), (0.75, 0.9, "#21918c"), (0.9, 0.95, "#3b528b"), (0.95, 1, "#440154"),
)  # fmt: skip
BASE_SYMBOLS = {"Town": ("circle", "#8a867c"), "Port": ("semi_circle", "#3f6f8f")}
"""Of the base map; no block and no site has one of these shapes in its colour."""
CONTRIBUTIONS = (
    ("contribution_value", "value", "#0072b2"),
    ("contribution_strategic", "strategic need", "#e69f00"),
    ("contribution_fertility", "fertility", "#009e73"),
)
