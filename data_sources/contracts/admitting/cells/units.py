"""Units that stand in a cell (``0.35 %``, ``12 lakh t``, ``>1%``) -> a factor to the unit of the column.

Belongs here: spellings of units and what they are worth in one another. Does not belong here: mass fractions, whose spellings
are those of the survey's headers (``chemistry``), or parsing a cell (``values``).
"""

from __future__ import annotations

import re
from functools import cache

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of

_ONE_TONNE = (
    "t",
    "tonne",
    "tonnes",
    "ton",
    "tons",
    "metrictonne",
    "metrictonnes",
    "metricton",
    "metrictons",
    "metrict",
    "mt",
)
_TIMES = {
    **dict.fromkeys(("thousand", "thousands", "'000", "000", "1000", "10^3", "x1000"), 1e3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 1e5),
    **dict.fromkeys(("million", "millions", "mill", "mio", "mln", "mn", "10^6"), 1e6),
    **dict.fromkeys(("crore", "crores", "cr"), 1e7), **dict.fromkeys(("billion", "billions", "bn"), 1e9),
}  # fmt: skip
_TONNES = {
    **{f"{times}{one}": factor for times, factor in _TIMES.items() for one in _ONE_TONNE},
    **dict.fromkeys(_ONE_TONNE[:-1], 1.0), "dmt": 1.0,  # mt alone is ambiguous
    **dict.fromkeys(("kt", "ktonne", "ktonnes", "tmt", "000s", "'000", "'000s"), 1e3), "lmt": 1e5, "mmt": 1e6,
    **dict.fromkeys(("shortton", "shorttons", "st"), 0.90718474), **dict.fromkeys(("longton", "longtons"), 1.0160469088),
    "kg": 1e-3,
}  # fmt: skip
_HECTARES = {
    **dict.fromkeys(("ha", "hectare", "hectares", "hect"), 1.0), **dict.fromkeys(("acre", "acres", "ac"), 0.40468564224),
    **dict.fromkeys(("km2", "sqkm", "sqkms", "kmsq", "squarekm", "squarekilometre", "squarekilometres"), 100.0),
    **dict.fromkeys(("m2", "sqm", "sqmt", "sqmetre", "sqmetres", "squaremetres"), 1e-4),
}  # fmt: skip
_METRES = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters", "mtr", "mtrs"), 1.0), **dict.fromkeys(("ft", "feet"), 0.3048),
    **dict.fromkeys(("km", "kms", "kilometre", "kilometres"), 1e3), "cm": 0.01,
}  # fmt: skip
_DEGREES = dict.fromkeys(("°", "º", "deg", "degs", "degree", "degrees", "decimaldegrees", "dd"), 1.0)
_KINDS = (_TONNES, _HECTARES, _METRES, _DEGREES, {"mw": 1.0, "kw": 1e-3, "gw": 1e3})
_LONGEST = 24


def _plain(unit: str) -> str:
    return re.sub(r"[\s.()\[\]]", "", unit.split(",")[0]).lower()


def _of_kind(unit: str) -> tuple[int, float] | None:
    """(kind, factor to the kind's first unit); MT and mt are tonnes to some and millions of them to others: neither."""
    bare = unit.split(",")[0].strip()
    if bare == "Mt":
        return 0, 1e6
    plain = _plain(unit)
    return next(((i, kind[plain]) for i, kind in enumerate(_KINDS) if plain in kind), None)


@cache
def is_unit(text: str) -> bool:
    """Whether a text is a unit of some kind."""
    return (
        bool(text)
        and len(text) <= _LONGEST
        and (unit_of(text) is not None or _of_kind(text) is not None or is_ambiguous(text))
    )


def is_ambiguous(text: str) -> bool:
    """``MT`` and ``mt``: metric tonnes or millions of tonnes."""
    return _plain(text) == "mt" and text.strip() != "Mt"


@cache
def factor_to(cell: str, column: str) -> float | None:
    """Multiplier from a number in the cell's unit to the column's; None where one cannot be turned into the other.

    Parameters
    ----------
    cell, column : units as written; a column without a unit ('') holds shares and counts, in which a per cent is 0.01.
    """
    a, b = unit_of(cell), unit_of(column)
    if a is not None and b is not None:
        return PPM_PER_UNIT[a] / PPM_PER_UNIT[b]
    if column == "":
        return 0.01 if a == "pct" else None
    here, there = _of_kind(cell), _of_kind(column)
    if here is None or there is None or here[0] != there[0]:
        return None
    return here[1] / there[1]
