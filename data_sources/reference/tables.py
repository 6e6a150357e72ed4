"""One fact table of the project by its name.

Belongs here: reading a table that travels with the project. Does not belong here: which tables a score needs
(``scoring_tables``), or correcting a figure on the way; a figure is corrected in the table, with its reason.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from khanij.foundation.errors import MissingSourceError

if TYPE_CHECKING:
    import pandas as pd

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
def _read(name: str, folder: str = "") -> pd.DataFrame:
    import pandas as pd

    where = f"data_sources/reference{folder and '/'}{folder}"
    path = files("data_sources.reference") / folder / f"{name}.csv"
    if not path.is_file():
        raise MissingSourceError(
            f"no reference table {name!r}", file=f"{where}/{name}.csv", do=f"name one of the tables in {where}"
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


def load_evidence(name: str) -> pd.DataFrame:
    """One table of ``evidence/``, read as ``load_table`` reads: no result hangs on it, the documents and tests quote it."""
    return _read(name, "evidence").copy()
