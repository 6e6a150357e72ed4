"""What a treatment route sells of a waste: the products with a recovery, a payable share and a price.

Belongs here: which rows of ``route_products`` earn anything. Does not belong here: how much (``scoring.waste``).
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from data_sources.reference.economics import economic_tables
from data_sources.reference.tables import load_table


@cache
def sold_products() -> pd.DataFrame:
    """The rows of ``route_products`` that are sold: others are listed there and earn nothing.

    Recovery and payable share are those of the route's family of plants, else of the row; the price is of any deck.
    """
    table, facts = load_table("route_products"), economic_tables()
    sold = []
    for row in table.to_dict("records"):
        element = str(row["element"])
        plant = facts.family_of(str(row["route_code"]), str(row["waste_type_code"]))
        of_family = plant is not None and (plant.family, element) in facts.recoveries
        of_row = pd.notna(row["recovery_mode"]) and pd.notna(row["payability_mode"])
        priced = any(prices.get(element, 0.0) > 0.0 for prices in facts.price_usd_per_kg.values())
        sold.append(bool(priced and (of_family or of_row)))
    return table[sold].reset_index(drop=True)
