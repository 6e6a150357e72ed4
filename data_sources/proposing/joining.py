"""Which column of the sites the other tables speak of: a file may name ponds by their number, another by their name.

Belongs here: comparing the values of columns. Does not belong here: what a file is (``judging``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd

from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.keys import is_nearly_unique
from data_sources.proposing.guessing import SITE_WORDS, names_a_thing

LEAST_NAMED = 0.6
"""Share of a table's own names that must be sites, for its column to speak of them."""
_FEWEST = 2


def named_column(
    sites: pd.DataFrame,
    current: str | None,
    tables: Mapping[str, pd.DataFrame],
    elsewhere: frozenset[str] = frozenset(),
) -> tuple[str, str] | None:
    """(column of the sites, why) by which tables name them, where the column taken so far is named by none; else None.

    Parameters
    ----------
    sites : one row a site. current : the column that was taken for their identifier. tables : file -> its rows.
    elsewhere : what stands in the columns of other registers, in the form in which keys are compared: a table may name the
    sites of all.
    """
    able = {c: forms for c, forms in texts_of(sites).items() if is_nearly_unique(forms, len(sites))}
    best: tuple[float, int, str, str] | None = None
    for file, table in tables.items():
        for column, forms in texts_of(table).items():
            said = set(forms) - elsewhere
            if not said:
                continue
            for place, (own, known) in enumerate(able.items()):
                both = len(said & set(known))
                share = (
                    both / len(said) if both < len(known) * LEAST_NAMED else 1.0
                )  # one table may speak of two registers
                if len(said) < min(_FEWEST, len(sites)) or share < LEAST_NAMED:
                    continue
                if own == current:
                    return None
                found = (share, -place, own, f"its values are named in {file}, column {column}")
                best = max(best, found, key=lambda f: f[:2]) if best else found
    return None if best is None else best[2:]


def shares_names(column: Iterable[object], known: Iterable[object]) -> bool:
    """Whether most of a column's values are among the known ones, spelled in any usual way."""
    forms, others = key_forms(column).dropna(), set(key_forms(known).dropna())
    return bool(len(forms)) and bool(forms.isin(others).mean() >= LEAST_NAMED)


def texts_of(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Column -> its values in the form in which keys are compared; columns of numbers that nobody calls an identifier name nothing."""
    shape = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    out = {}
    for column in frame.columns:
        values = frame[column].dropna()
        if column != shape and len(values) and names_a_thing(str(column), values, SITE_WORDS):
            out[str(column)] = key_forms(values.astype("str").str.strip())
    return out
