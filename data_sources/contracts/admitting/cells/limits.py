"""Grades below detection: a figure that is only known to be less than something is an upper limit, no value and no gap.

Belongs here: turning what a cell says into the fields of an upper limit. Does not belong here: reading a cell (``values``), or how
a limit counts in a mean (``scoring.waste.sample_means``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of

UPPER_LIMIT = "upper_limit"
WITH_LIMIT = "below detection: an upper limit, the limit itself; no value"
WITHOUT_LIMIT = (
    "below detection without a limit: an upper limit at the smallest limit that the table states for the element"
)
NOTHING_KNOWN = (
    "below detection without a limit, and the table states none for the element: no value; kept as an upper limit "
    "that is not stated"
)
LIMITED = {"value_mode": "value_max", "ppm_mode": "ppm_max"}
"""Field of a value -> field of its upper limit."""
_FIGURES = ("value_min", "value_mode", "value_max", "ppm_min", "ppm_mode", "ppm_max")


def limits_apart(
    data: dict[str, Any], below: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> list[tuple[str, np.ndarray, str]]:
    """Move limits from values to upper limits, in place; (field, rows, what is said) of each kind.

    A cell that states no limit takes the smallest limit that the table states for its element, in ppm. A measured figure is no
    limit: among rich samples half of one would be metal that nobody found. Where the table states none, the row stays known as
    below detection: an upper limit without a figure, so that a mean can say what it leaves out.

    Parameters
    ----------
    data : fields of n rows. below : field of a value -> (rows with a limit as their value, rows below one that is not stated).
    """
    told: list[tuple[str, np.ndarray, str]] = []
    for name, (stated, unstated) in below.items():
        values, n = data[name], len(data[name])
        factor = _ppm_of(data, n) if name == "value_mode" else np.ones(n)
        with np.errstate(invalid="ignore"):
            known = pd.Series(np.where(stated & (values > 0), values * factor, np.nan))
        named = data.get("element")
        of = pd.Series(np.zeros(n) if named is None else pd.factorize(pd.Series(named).str.strip().str.lower())[0])
        limit = np.where(stated, values, (known.groupby(of).transform("min") / factor).to_numpy())
        found = (stated | unstated) & np.isfinite(limit)
        values[stated | unstated] = np.nan
        most = data.get(LIMITED[name])
        most = np.full(n, np.nan) if most is None else np.asarray(most, dtype="float64")
        data[LIMITED[name]] = np.where(found & np.isnan(most), limit, most)
        basis = data.get("basis_code")
        basis = pd.Series([None] * n, dtype="str") if basis is None else pd.Series(basis).reset_index(drop=True)
        bare = unstated & ~_has_figure(data, n)
        data["basis_code"] = basis.mask(pd.Series(found | bare), UPPER_LIMIT).astype("str")
        told += [(name, stated, WITH_LIMIT), (name, unstated & found, WITHOUT_LIMIT), (name, unstated & ~found, NOTHING_KNOWN)]  # fmt: skip
    return told


def _has_figure(data: Mapping[str, Any], n: int) -> np.ndarray:
    """Rows with any figure of a grade."""
    columns = [np.asarray(data[f], dtype="float64") for f in _FIGURES if f in data]
    return np.logical_or.reduce([np.isfinite(c) for c in columns]) if columns else np.zeros(n, dtype=bool)


def _ppm_of(data: Mapping[str, Any], n: int) -> np.ndarray:
    """Parts per million in the unit of each row; 1 where it is not known, for the row is held for that."""
    if "unit" not in data:
        return np.ones(n)
    units = pd.Series(data["unit"]).map(lambda unit: PPM_PER_UNIT.get(unit_of(unit) or "", 1.0), na_action="ignore")
    return units.astype("float64").fillna(1.0).to_numpy()
