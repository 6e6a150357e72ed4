"""Headers of quantities: what is measured, and in which unit (``Qty. in lakh tonnes``, ``Tonnage_kt``, ``Average grade (%)``).

Belongs here: taking a header apart. Does not belong here: which field it gives (``raw_columns``), or what a unit is worth (``units``).
"""

from __future__ import annotations

import re

from data_sources.contracts.admitting.cells.units import is_unit
from data_sources.contracts.contract import plain_name

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(.+?)\s*[(\[{]\s*(?:in\s+)?([^()\[\]{}]+?)\s*[)\]}]\s*\*?",
        r"(.+?)\s*,\s*([^,]+)",
        r"(.+?)[\s_.]+in[\s_]+(.+)",
        r"(.+?)[\s_]+([^\s_]+)",
    )
)
_DRY = re.compile(r"[\s,]*\(?\bdry(?: basis)?\b\)?", re.IGNORECASE)
_QUANTITY = frozenset(
    "tonnage tonnes tonne tons quantity quantities qty stock stocks reserve reserves resource resources volume vol".split()
)
_MASS_OR_VOLUME = re.compile(
    r"[km]?t|mt|lt|tmt|dmt|wmt|k?tonnes?|k?tons?|t?mtpa|tpa|lbs?|kgs?|kt|[km]?m3|m?cum|bcm|lcm|mcm|cu|cubic|'?0{3}s?|lakhs?|crores?|cr|million|mn",
    re.IGNORECASE,
)


def base_and_unit(column: str) -> tuple[str, str]:
    """The plain name of a column and the unit behind it, in brackets, after a comma, after *in* or bare; '' for none."""
    text = _DRY.sub("", " ".join(column.split()))
    for form in _FORMS:
        found = form.fullmatch(text)
        if found and is_unit(found.group(2).strip()):
            return plain_name(found.group(1)), found.group(2).strip()
    return plain_name(column), ""


def names_quantity(column: str) -> bool:
    """Whether a header names a mass or a volume in some unit: ``Tonnage (short tons)``, ``Volume, lakh cum``; not ``Stock (bags)``."""
    words = [w for w in re.split(r"[\s_.,;()\[\]{}/-]+", column) if w]
    return any(w.lower() in _QUANTITY for w in words) and any(_MASS_OR_VOLUME.fullmatch(w) for w in words)
