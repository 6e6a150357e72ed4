"""Units of a mass fraction, in any spelling.

Belongs here: the spellings and what each is in ppm. Does not belong here: which column is of which element (``chemistry``).
"""

from __future__ import annotations

import re
import unicodedata

PPM_PER_UNIT: dict[str, float] = {"ppm": 1.0, "ppb": 1e-3, "ng/kg": 1e-6, "pct": 1e4}
"""Parts per million in one unit of mass fraction."""
_UNIT_NAMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "ppm",
            "gt",
            "gpt",
            "g/t",
            "mg/kg",
            "mgkg",
            "mgkg1",
            "mgperkg",
            "ugperg",
            "ug/g",
            "µg/g",
            "μg/g",
            "ugg",
            "µgg1",
            "μgg1",
            "gmt",
            "gm/t",
            "g/tonne",
            "gm/tonne",
            "gms/tonne",
            "gms/t",
            "g/mt",
            "gms/mt",
            "gpert",
            "gpertonne",
            "grampertonne",
            "gramspertonne",
            "grams/tonne",
            "gram/tonne",
        ),
        "ppm",
    ),
    **dict.fromkeys(
        (
            "ppb",
            "ngperg",
            "ugperkg",
            "mgpert",
            "mgpertonne",
            "ng/g",
            "ngg",
            "ug/kg",
            "µg/kg",
            "μg/kg",
            "ugkg",
            "mg/t",
            "mgt",
        ),
        "ppb",
    ),
    # "ppt" itself is none: parts in a thousand to some, in 10^12 to others.
    **dict.fromkeys(("pg/g", "ng/kg"), "ng/kg"),
    **dict.fromkeys(("pct", "%", "percent", "per", "perc", "wt%", "wtpct", "wtpercent", "weight%", "wt"), "pct"),
    **dict.fromkeys(("%w/w", "%bywt", "%byweight", "%bymass", "mass%", "m%", "percentbyweight"), "pct"),
}


def unit_of(text: object) -> str | None:
    """'ppm', 'ppb', 'ng/kg' or 'pct' from any spelling of a mass fraction; None where it is none of them."""
    plain = unicodedata.normalize("NFKC", str(text)).replace("\u2212", "-")
    key = re.sub(r"[\s_.()\[\]\u00b7\u22c5]", "", plain).lower()
    return _UNIT_NAMES.get(key) or _UNIT_NAMES.get(key.replace("-1", ""))
