"""Frames of a contract: with its columns and types also where there is no row.

Belongs here: making a frame from rows, or from none. Does not belong here: judging one (``admission``, publishing's gate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from data_sources.contracts.contract import Contract, Dtype

DTYPES: dict[Dtype, str] = {
    "float": "float64",
    "integer": "Int64",
    "boolean": "boolean",
    "string": "str",
    "datetime": "datetime64[us]",
}
"""Type of a contract's field -> type of its column."""


def empty_column(dtype: Dtype, n: int = 0) -> pd.Series:
    """A column of n missing values in the type of a field."""
    return pd.Series([None] * n, dtype=DTYPES[dtype])


def empty_table(contract: Contract) -> pd.DataFrame:
    """No row in the contract's columns and types, geometry left out."""
    return pd.DataFrame({f.name: empty_column(f.dtype) for f in contract.fields})


def empty_layer(contract: Contract) -> gpd.GeoDataFrame:
    """No row in the contract's columns and types, with an empty geometry in EPSG:4326."""
    return gpd.GeoDataFrame(empty_table(contract), geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def table_of(rows: Sequence[Mapping[str, Any]], contract: Contract) -> pd.DataFrame:
    """The rows as a frame, in the columns that they have; without a row, the contract's columns and types."""
    return pd.DataFrame(list(rows)) if len(rows) else empty_table(contract)
