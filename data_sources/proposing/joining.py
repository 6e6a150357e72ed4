"""Which column of the sites the other tables speak of: a file may name ponds by their number, another by their name.

Belongs here: comparing the values of columns. Does not belong here: what a file is (``judging``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd

from data_sources.contracts.admitting.identity import key_forms

LEAST_NAMED = 0.6
"""Share of a table's own names that must be sites, for its column to speak of them."""
_FEWEST = 2


def named_column(
    sites: pd.DataFrame, current: str | None, tables: Mapping[str, pd.DataFrame]
) -> tuple[str, str] | None:
    """(column of the sites, why) by which tables name them, where the column taken so far is named by none; else None.

    Parameters
    ----------
    sites : one row a site. current : the column that was taken for their identifier. tables : file -> its rows.
    """
    able = {c: forms for c, forms in _texts(sites).items() if forms.is_unique and len(forms) >= len(sites) - 1}
    best: tuple[float, int, str, str] | None = None
    for file, table in tables.items():
        for column, forms in _texts(table).items():
            said = set(forms)
            for place, (own, known) in enumerate(able.items()):
                share = len(said & set(known)) / len(said)
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


def _texts(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Column -> its values in the form in which keys are compared; columns of measured numbers name nothing."""
    shape = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    out = {}
    for column in frame.columns:
        values = frame[column].dropna()
        if column == shape or not len(values) or (pd.api.types.is_float_dtype(values) and (values % 1 != 0).any()):
            continue
        texts = values.astype("str").str.strip()
        if not texts.str.fullmatch(r"-?\d+[.,]\d+").all():
            out[str(column)] = key_forms(texts)
    return out
