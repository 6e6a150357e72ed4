"""Lists of elements that stand as columns of ``elements.csv``: ceilings, baskets, companions, associations.

Belongs here: reading such a column. Does not belong here: what a list is used for (``scoring``).
"""

from __future__ import annotations

import pandas as pd

from data_sources.reference.tables import load_table
from khanij.foundation.errors import ContractError


def pure_mineral_ppm() -> dict[str, float]:
    """Element -> grade of its pure mineral [ppm], the ceiling of any assay; elements without one are left out."""
    table = load_table("elements").dropna(subset=["pure_mineral_ppm"])
    return {str(e): float(v) for e, v in zip(table["element"], table["pure_mineral_ppm"])}


def of_basket(name: str) -> frozenset[str]:
    """Elements whose column ``baskets`` has the basket ``name``."""
    return frozenset(e for e, _ in _members("baskets").get(name, ()))


def companions_by_host() -> dict[str, tuple[tuple[int, str], ...]]:
    """Host commodity -> (place, companion element), strongest association first (column ``companion_of``)."""
    return {host: tuple((place, e) for e, place in found) for host, found in _members("companion_of").items()}


def of_association(name: str) -> tuple[str, ...]:
    """Members of an element association in their order (column ``associations``, of ``survey_elements.csv`` too)."""
    return tuple(
        e for e, _ in _members("associations", ("survey_elements", load_table("survey_elements"))).get(name, ())
    )


def _members(column: str, *more: tuple[str, pd.DataFrame]) -> dict[str, list[tuple[str, int]]]:
    """List name -> (element, place) by place, from cells such as ``Cu:1;Zn:3``; without a place the row decides."""
    found: dict[str, list[tuple[str, int]]] = {}
    for file, table in (("elements", load_table("elements")), *more):
        for row, (element, cell) in enumerate(zip(table["element"], table[column], strict=True), start=2):
            for part in cell.split(";") if isinstance(cell, str) else ():
                name, _, place = part.strip().partition(":")
                if not name or (place and not place.isdigit()):
                    raise ContractError(
                        f"{part!r} is not the name of a list and a place in it",
                        file=f"data_sources/reference/{file}.csv", row=row, field=column,
                        do="write names with semicolons between them, each with a place if its order counts: Cu:1;Zn:3",
                    )  # fmt: skip
                found.setdefault(name, []).append((str(element), int(place) if place else 10_000))
    return {name: sorted(members, key=lambda m: m[1]) for name, members in found.items()}
