"""Medians of every element of a survey layer, and the warning that one moved as a whole since the last delivery.

Belongs here: which samples are remembered from one night to the next, and the words. Does not belong here: the statistics
(``scoring.ground.geochemistry.shift``) or where it is stored (``pipelines.judges``).

Remembered are the samples whose names have the smallest hashes: two deliveries that share most of their samples remember
the same ones, whatever was added or dropped, so that a thousand stand for a layer of any size (bottom-k sampling: Cohen
and Kaplan 2007, *Summarizing data using bottom-k sketches*, PODC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from assets.quality import Finding, finding_of
from data_sources.contracts import Contract
from scoring.ground.geochemistry.shift import MIN_PAIRS, PairedShift, log_median_error, medians_differ, paired_shift

NAME = "element_shift"
REMEMBERED = ".remembered"
REMEMBERED_ROWS = 1000
UNITS = ("ppm", "pct")
_MOVED = ["element", "unit", "median_before", "median_now", "change_pct", "samples", "changed"]


def remembered_as(layer: str) -> str:
    """The name under which a layer's memory is stored beside the layer."""
    return f"{layer}{REMEMBERED}"


def measured(frame: pd.DataFrame) -> list[str]:
    """Columns of contents: ``Ni_ppm``, ``SiO2_pct``."""
    return [
        c for c in map(str, frame.columns) if c.endswith(tuple(f"_{u}" for u in UNITS)) and f"{c}_censored" in frame
    ]


def medians(kept: pd.DataFrame) -> dict[str, float]:
    """The median of every content of a layer, by its column.

    A value below detection counts at its limit, which leaves the median as it is while every limit lies below it; where one
    does not, or nothing was measured, there is none.
    """
    found = {}
    for column in measured(kept):
        values, is_limit = _values(kept, column)
        if len(values) and (values[is_limit] < (median := float(np.median(values)))).all():
            found[column] = median
    return found


def levels(kept: pd.DataFrame) -> pd.DataFrame:
    """Median and the error of its logarithm of every content of a layer: column, n, median, log_error."""
    rows = []
    for column, median in medians(kept).items():
        values, _ = _values(kept, column)
        rows.append((column, len(values), median, log_median_error(values)))
    return pd.DataFrame(rows, columns=["column", "n", "median", "log_error"])


def _values(kept: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The contents above 0 of a column, and which of them are limits."""
    values = kept[column].to_numpy(dtype=np.float64, na_value=np.nan)
    is_limit = kept[f"{column}_censored"].fillna(False).to_numpy(dtype=bool)
    known = values > 0
    return values[known], is_limit[known]


def remembered(kept: pd.DataFrame, key: str) -> pd.DataFrame:
    """At most a thousand rows of a layer by the hashes of their names: key and contents, NaN below detection."""
    rows = kept.drop_duplicates(key, keep=False)  # two rows of one name are no pair
    names = rows[key].astype("str").to_numpy(dtype=object)
    rows = rows.iloc[np.argsort(pd.util.hash_array(names), kind="stable")[:REMEMBERED_ROWS]]
    columns = {c: rows[c].where(~rows[f"{c}_censored"].fillna(False).astype(bool)) for c in measured(kept)}
    return pd.DataFrame({key: rows[key]} | columns).reset_index(drop=True)


def remember(
    kept: pd.DataFrame, contract: Contract, fingerprint: str, seen: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What is to be remembered of a layer after tonight: last night's rows and medians, and tonight's.

    Parameters
    ----------
    kept : tonight's rows. fingerprint : of tonight's layer. seen : what was remembered last.

    Returns
    -------
    ``seen`` where it is of this very layer: a step that is tried again compares with the same night. None where tonight
    has no row: the last night that had any stays remembered, so that a source that fails for a night hides nothing.
    """
    if not len(kept) or not measured(kept):
        return None
    if seen is not None and seen["of"] == fingerprint:
        return dict(seen)
    now = {"of": fingerprint, "rows_now": remembered(kept, contract.key[0]), "levels_now": levels(kept)}
    return now | ({"rows_before": seen["rows_now"], "levels_before": seen["levels_now"]} if seen else {})


def shift_finding(layer: str, contract: Contract, memory: Mapping[str, Any] | None) -> Finding:
    """No element of the layer moved as a whole by 1 % or more since the last delivery.

    Parameters
    ----------
    memory : what ``remember`` gave for tonight.
    """
    if memory is None:
        return Finding(NAME, True, "no row with a content")
    now = _by_column(memory["levels_now"])
    numbers = {f"median_{column.lower()}": level.median for column, level in now.items()}
    if "rows_before" not in memory:
        return Finding(NAME, True, "the first delivery that is remembered", numbers=numbers)
    moved, pairs, largest = _moved(contract.key[0], memory, now)
    faults = [
        f"{layer}: {element} {old:.4g} -> {new:.4g} {unit} ({change:+.1f} % in "
        + (f"{changed} of {samples} samples that both deliveries have)" if changed else "other samples)")
        for element, unit, old, new, change, samples, changed in moved.itertuples(index=False, name=None)
    ]
    numbers |= {"samples_in_both": float(pairs), "elements_shifted": float(len(moved)), "largest_shift_pct": largest}
    fine = f"no element moved as a whole; {pairs} samples of both deliveries were compared"
    return finding_of(NAME, faults, moved, fine, numbers)


@dataclass(frozen=True)
class Level:
    """One content of a whole layer: how many values, their median, the standard error of its logarithm."""

    n: int
    median: float
    log_error: float


def _by_column(table: pd.DataFrame) -> dict[str, Level]:
    rows = zip(table["column"], table["n"], table["median"], table["log_error"], strict=True)
    return {str(column): Level(int(n), float(median), float(error)) for column, n, median, error in rows}


def _moved(key: str, memory: Mapping[str, Any], now: Mapping[str, Level]) -> tuple[pd.DataFrame, int, float]:
    """The elements that moved, the largest change first; the samples compared; the largest change of a whole layer in %."""
    before = _by_column(memory["levels_before"])
    paired = memory["rows_before"].merge(memory["rows_now"], on=key, suffixes=("|before", "|now"))
    rows, largest = [], 0.0
    for column in sorted(now.keys() & before.keys()):
        old, new = before[column], now[column]
        element, _, unit = column.rpartition("_")
        said = (element, "%" if unit == "pct" else unit, old.median, new.median)
        shift = _paired(paired, column)
        if shift.pairs >= MIN_PAIRS:
            largest = max(largest, 100 * (shift.layer_factor - 1), key=abs)
            if shift.is_shift:
                rows.append((*said, 100 * (shift.factor - 1), shift.pairs, shift.changed))
        elif medians_differ((old.median, old.log_error), (new.median, new.log_error)):
            change = 100 * (new.median / old.median - 1)
            largest = max(largest, change, key=abs)
            rows.append((*said, change, new.n, 0))
    rows.sort(key=lambda row: -abs(row[4]))
    return pd.DataFrame(rows, columns=_MOVED), len(paired), largest


def _paired(rows: pd.DataFrame, column: str) -> PairedShift:
    pair = (f"{column}|before", f"{column}|now")
    if not set(pair) <= set(rows.columns):
        return PairedShift(0, 0, 1.0, 1.0, 1.0)
    before, now = (rows[c].to_numpy(dtype=np.float64, na_value=np.nan) for c in pair)
    return paired_shift(before, now)
