"""Words in the names of files and columns, English and Hindi, that speak for a layer or a gate.

Belongs here: words. Does not belong here: how much a word counts (``judging``).
"""

from __future__ import annotations

import re
import unicodedata

LAYER_WORDS: dict[str, tuple[str, ...]] = {
    "stream_sediments": ("stream", "sediment", "ngcm", "geochem", "अवसाद", "नाला"),
    "soil_samples": ("soil", "regolith", "मृदा", "मिट्टी"),
    "catchments": ("catchment", "watershed", "basin", "जलग्रहण"),
    "lithology": ("litho", "geolog", "rock", "शैल", "चट्टान", "भूविज्ञान", "भूवैज्ञानिक"),
    "faults": ("fault", "shear", "lineament", "thrust", "भ्रंश"),
    "folds": ("folds", "fold_", "fold ", "anticline", "syncline", "वलन"),
    "occurrences": ("occurrence", "occ ", "occs", "deposit", "mineralis", "mineraliz", "prospect", "खनिज"),
    "magnetic_stations": ("magnet", "चुंबकीय"),
    "gravity_stations": ("gravity", "bouguer", "गुरुत्व"),
    "auction_blocks": ("block", "auction", "tranche", "ब्लॉक", "खंड", "नीलामी"),
    "mining_leases": ("lease", "patta", "lessee", "पट्टा", "पट्टे"),
    "waste_sites": (
        "waste",
        "tailing",
        "dump",
        "pond",
        "site",
        "dyke",
        "overburden",
        "tsf",
        "slime",
        "stack",
        "heap",
        "अपशिष्ट",
        "स्थल",
        "टेलिंग",
    ),
    "waste_footprints": ("footprint", "outline", "polygon"),
    "tonnages": ("tonnage", "tonnes", "stock", "quantit", "टन", "मात्रा"),
    "grades": ("grade", "assay", "analys", "chemistry", "ग्रेड", "विश्लेषण"),
    "constraints": ("constraint", "clearance"),
    "block_facts": ("fact",),
}
"""Layer -> beginnings of words in the name of a file, sheet or layer."""
GATE_WORDS: dict[str, tuple[str, ...]] = {
    "forest": ("forest", "vanya", "वन"),
    "protected_areas": ("protected", "sanctuary", "wildlife", "national_park", "national park", "tiger", "अभयारण्य"),
    "eco_sensitive": ("eco_sens", "eco sens", "ecosens", "esz"),
    "crz": ("crz", "coastal"),
    "settlements": ("settlement", "village", "habitation", "builtup", "built_up", "abadi", "गाँव", "गांव", "ग्राम"),
    "court_bars": ("court", "stay_order"),
    "atomic_minerals": ("atomic",),
}
"""Gate -> beginnings of words in the name of a file of polygons."""
COLUMN_WORDS: dict[str, tuple[str, ...]] = {
    "mining_leases": ("lease", "lessee", "patta", "ml_no"),
    "auction_blocks": ("block", "blk", "auction", "tranche", "bidder"),
    "lithology": ("litho", "stratig", "formation", "rock"),
    "faults": ("fault", "shear", "thrust"),
    "folds": ("fold", "anticline", "syncline"),
    "soil_samples": ("ssample", "soil", "horizon"),
    "catchments": ("catchment",),
}
"""Layer -> beginnings of words in the names of columns, for layers that share their other columns."""
FIELD_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "name": (("name",), ("naam",)),
    "waste_type_code": (("waste", "type"), ("waste", "code"), ("type", "of", "waste"), ("waste",), ("material",)),
    "commodity": (("commodit",), ("mineral",), ("metal",), ("ore",)),
    "element": (("element",), ("analyte",), ("parameter",)),
    "site_id": (
        ("site",),
        ("dump",),
        ("pond",),
        ("dam",),
        ("tsf",),
        ("heap",),
        ("dyke",),
        ("stack",),
        ("facility",),
        ("plant",),
    ),
    "block_id": (("block",), ("blk",), ("lease",), ("ml",), ("tranche",)),
    "magnetic_anomaly_nt": (("anomal",), ("magnetic",)),
    "bouguer_mgal": (("bouguer",), ("anomal",)),
    "constraint_id": (("constraint",),),
    "field": (("field",), ("fact",)),
    "value": (("value",),),
    "said_by": (("source",), ("said",)),
}
"""Field -> groups of beginnings of words, all of which a column's name must have."""


def plain(text: str) -> str:
    """A name in small letters, in one composition, with one blank for what is no letter or digit."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join(re.sub(r"[^\w\u0900-\u097f]|_", " ", folded).split())


def called(stem: str, part: str) -> str:
    """By which words a data set is known: those of its layer or sheet, where they name a layer, else those of its file too.

    A file of forests may hold the geology as well, and says which in the names of its layers.
    """
    every = (*LAYER_WORDS.values(), *GATE_WORDS.values())
    return part if part and any(word_in(part, words) for words in every) else f"{stem} {part}"


def word_in(text: str, words: tuple[str, ...]) -> str:
    """The first of ``words`` that a word of the text begins with, or ''."""
    said = f" {plain(text)} "
    return next((w.strip(" _") for w in words if f" {plain(w)}" in said), "")
