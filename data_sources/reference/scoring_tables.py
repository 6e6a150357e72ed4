"""The fact tables that scoring needs, as one value.

Belongs here: which tables those are. Each is opened by its name, so that a result hangs on these tables and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_sources.reference.tables import load_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ReferenceTables:
    """The tables that turn a waste into money and metal; one row's meaning is in ``docs/reference_tables.md``."""

    elements: pd.DataFrame
    routes: pd.DataFrame
    route_products: pd.DataFrame
    route_costs: pd.DataFrame
    ree_profiles: pd.DataFrame


def load_reference() -> ReferenceTables:
    """All reference tables that scoring needs, as copies: a caller's change reaches nobody else."""
    return ReferenceTables(
        elements=load_table("elements"),
        routes=load_table("routes"),
        route_products=load_table("route_products"),
        route_costs=load_table("route_costs"),
        ree_profiles=load_table("ree_profiles"),
    )
