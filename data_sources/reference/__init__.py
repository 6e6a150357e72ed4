"""The project's own fact tables: a source in every row, blank where nothing is known, units in the column names.

Belongs here: reading the tables that travel with the project. Does not belong here: correcting a figure on the way;
a figure is corrected in the table, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from data_sources.contracts.errors import MissingSourceError

_BOOLEAN_PREFIXES = ("is_", "in_india_30", "includes_sc")
_TEXT_EVEN_IF_NUMERIC = {
    "use",
    "n_samples_text",
    "tranche",
    "financial_year",
    "is_transported_basis",
    "year",
    "production_year",
}


@cache
def _read(name: str) -> pd.DataFrame:
    path = files("data_sources.reference") / f"{name}.csv"
    if not path.is_file():
        raise MissingSourceError(
            f"no reference table {name!r}",
            file=f"data_sources/reference/{name}.csv",
            do="name one of the tables in data_sources/reference",
        )
    with path.open("rb") as stream:
        raw = pd.read_csv(stream, dtype=str, keep_default_na=False)
    out: dict[str, pd.Series] = {}
    for column in raw.columns:
        values = raw[column]
        if column.startswith(_BOOLEAN_PREFIXES) and set(values) <= {"true", "false"}:
            out[column] = values == "true"
            continue
        filled = values[values != ""]
        if column not in _TEXT_EVEN_IF_NUMERIC and len(filled):
            numbers = pd.to_numeric(filled, errors="coerce")
            if numbers.notna().all():
                out[column] = numbers.reindex(values.index).astype("float64")
                continue
        out[column] = values.where(values != "", None).astype("str")
    return pd.DataFrame(out)


def load_table(name: str) -> pd.DataFrame:
    """One fact table by its file name without ``.csv``: numbers as float64, blanks as missing, true/false as bool."""
    return _read(name).copy()


@dataclass(frozen=True)
class ReferenceTables:
    """The tables that turn a waste into money and metal; one row's meaning is in ``docs/reference_tables.md``."""

    elements: pd.DataFrame
    routes: pd.DataFrame
    route_products: pd.DataFrame
    route_costs: pd.DataFrame
    ree_profiles: pd.DataFrame
    critical_minerals: pd.DataFrame
    recoveries: pd.DataFrame


def load_reference() -> ReferenceTables:
    """All reference tables that scoring needs, as copies: a caller's change reaches nobody else."""
    return ReferenceTables(**{name: load_table(name) for name in ReferenceTables.__dataclass_fields__})
