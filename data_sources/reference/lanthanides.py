"""Which elements are rare earths, and which of them are light or heavy, as ``elements.csv`` has it in ``ree_class``.

Belongs here: the one list of lanthanides. Does not belong here: which rare earths a column or a sum stands for.
"""

from __future__ import annotations

from functools import cache

from data_sources.reference.tables import load_table


@cache
def ree_of_class(first: str) -> tuple[str, ...]:
    """Symbols whose class begins with ``LREE`` or ``HREE`` (EU grouping, yttrium among the heavy), by atomic number."""
    table = load_table("elements")
    return tuple(table.loc[table["ree_class"].fillna("").str.startswith(first), "element"].astype(str))


@cache
def lanthanides() -> tuple[str, ...]:
    """The fourteen lanthanides that occur in nature, La to Lu, without yttrium and scandium."""
    return tuple(e for e in (*ree_of_class("LREE"), *ree_of_class("HREE")) if e != "Y")
