"""Baskets: named sets of elements that a ranking counts as its own.

Belongs here: which elements a name stands for. Does not belong here: what a basket is worth.
"""

from __future__ import annotations

from data_sources.contracts import RegionError
from data_sources.reference import ReferenceTables
from data_sources.reference.element_lists import of_basket
from scoring.rank.settings import RankingSettings

MAGNET_REE = of_basket("magnet_ree")
CHINA_SEVEN = of_basket("china_seven")
"""Under Chinese export licence since 2025-04-04; not among what was suspended from 2025-11-07 to 2026-11-10 (table policy)."""

TITLES = {
    "critical_30": "the 30 critical minerals of 2023",
    "all_recoverable": "all recoverable metals",
    "magnet_ree": "the magnet rare earths",
    "china_seven": "the seven elements under Chinese export licence since 4 April 2025 (not suspended in November 2025)",
}


def basket_elements(name: str, settings: RankingSettings, reference: ReferenceTables) -> frozenset[str]:
    """Element symbols of a basket; ``all_recoverable`` is every element of the reference table (a route must sell it).

    Raises
    ------
    RegionError : a user's basket names something that is not an element.
    """
    table = reference.elements
    if name == "critical_30":
        return frozenset(table.loc[table["in_india_30"].astype(bool), "element"].astype(str))
    if name == "all_recoverable":
        return frozenset(table["element"].astype(str))
    fixed = {"magnet_ree": MAGNET_REE, "china_seven": CHINA_SEVEN}
    if name in fixed:
        return fixed[name]
    unknown = sorted(set(settings.user_baskets[name]) - set(table["element"].astype(str)))
    if unknown:
        raise RegionError(
            f"the basket {name} names {unknown[0]!r}, which is no element of the reference table",
            field=f"ranking.user_baskets.{name}",
            do="list element symbols such as Nd, never oxides or groups",
        )
    return frozenset(settings.user_baskets[name])


def basket_title(name: str) -> str:
    """What a basket is called in a sentence."""
    return TITLES.get(name, f"the user's basket {name}")
