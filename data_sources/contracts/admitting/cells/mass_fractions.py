"""Units of a mass fraction, in any spelling.

Belongs here: the spellings and what each is in ppm. Does not belong here: which column is of which element (``chemistry``).
"""

from __future__ import annotations

import re

PPM_PER_UNIT: dict[str, float] = {"ppm": 1.0, "ppb": 1e-3, "ppt": 1e-6, "pct": 1e4}
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
            "ug/g",
            "µg/g",
            "μg/g",
            "ugg",
            "µgg1",
            "μgg1",
            "gmt",
            "gm/t",
        ),
        "ppm",
    ),
    **dict.fromkeys(("ppb", "ng/g", "ngg", "ug/kg", "µg/kg", "μg/kg", "ugkg", "mg/t", "mgt"), "ppb"),
    **dict.fromkeys(("ppt", "pg/g", "ng/kg"), "ppt"),
    **dict.fromkeys(("pct", "%", "percent", "per", "perc", "wt%", "wtpct", "wtpercent", "weight%", "wt"), "pct"),
}


def unit_of(text: object) -> str | None:
    """'ppm', 'ppb', 'ppt' or 'pct' from any spelling of a mass fraction; None where it is none of them."""
    key = re.sub(r"[\s_.()\[\]]", "", str(text)).lower()
    return _UNIT_NAMES.get(key) or _UNIT_NAMES.get(key.replace("-1", ""))
