"""What plants of the world cost, and the prices of their years: the tables that the fit of the cost laws reads.

Belongs here: ``plant_costs`` and ``us_cpi`` of ``data_sources/reference/evidence``, held to what such figures can be. Does not
belong here: the fit (``cost_laws``), nor anything that a run of the product reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from data_sources.reference.economic_facts import checked_number, refuse
from data_sources.reference.tables import load_evidence
from khanij.foundation.errors import ContractError

BASE_YEAR = 2024


@dataclass(frozen=True)
class PublishedCosts:
    """Published plants as in ``plant_costs``, and US consumer prices (1982-84 = 100) by year."""

    plants: pd.DataFrame = field(repr=False)
    cpi: Mapping[int, float]

    def cpi_factor(self, year: int) -> float:
        """US consumer prices of ``year`` over those of 2024: what a cost of 2024 was in dollars of that year.

        Raises
        ------
        ContractError : a year that the table does not hold.
        """
        if year not in self.cpi:
            raise ContractError(
                f"no consumer price index for {year}", file="us_cpi.csv", field="cpi_year",
                do=f"add the year to us_cpi.csv, which has {min(self.cpi)} to {max(self.cpi)}",
            )  # fmt: skip
        return self.cpi[year] / self.cpi[BASE_YEAR]


@cache
def published_costs() -> PublishedCosts:
    """The tables as they stand in ``evidence/``, checked."""
    return checked_costs(load_evidence("plant_costs"), load_evidence("us_cpi"))


def checked_costs(plants: pd.DataFrame, cpi: pd.DataFrame) -> PublishedCosts:
    """The two tables held to what their figures can be; a blank cost is not known, and not fitted.

    Raises
    ------
    ContractError : a size, cost, year or index that cannot be, a year twice, or no 2024. Names table, row and field.
    """
    for i, r in enumerate(plants.to_dict("records"), 2):
        checked_number(r["rate_mtpa"], "plant_costs", i, "rate_mtpa", low=1e-6)
        for column, year in (("opex_usd_per_t", "opex_year"), ("capex_musd", "capex_year")):
            if pd.notna(r[column]):
                checked_number(r[column], "plant_costs", i, column, low=1e-9)
                checked_number(r[year], "plant_costs", i, year, low=1900, high=2100)
    index: dict[int, float] = {}
    for i, r in enumerate(cpi.to_dict("records"), 2):
        year = int(checked_number(r["cpi_year"], "us_cpi", i, "cpi_year", low=1900, high=2100))
        if year in index:
            raise refuse(f"{year} stands twice", "us_cpi", i, "cpi_year", "keep one of the two rows")
        index[year] = checked_number(r["index"], "us_cpi", i, "index", low=1e-6)
    if BASE_YEAR not in index:
        raise refuse(f"no row for {BASE_YEAR}", "us_cpi", None, "cpi_year", f"add the year {BASE_YEAR}")
    return PublishedCosts(plants.copy(), index)
