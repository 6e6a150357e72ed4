"""Row checks generated from the fields of a contract with pandera: reject bounds hold a row, flag bounds mark it.

Belongs here: turning ``Field`` values into checks and failures into findings. Does not belong here: a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.identity import difference, is_plain, key_forms, looks_like_another, unseen_in
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.contract import Bounds, Contract, Field

if TYPE_CHECKING:
    import pandera.pandas as pa


KEPT_OF_TWINS = "duplicate key: a later row with it is held"
TAKEN = "duplicate key: an earlier row has it"
UNSEEN_IN_KEY = "key with characters that cannot be seen: kept as it stands, compared without them"
LOOKS_ALIKE = "key looks like another row's, but has letters of another script: both are kept, see whether they are one"


def schema_of(contract: Contract, columns: list[str], level: str) -> pa.DataFrameSchema:
    """The pandera schema of one contract for the columns at hand; ``level`` is 'reject' or 'flag'."""
    import pandera.pandas as pa  # a second to import: only where rows are checked

    out: dict[str, pa.Column] = {}
    for f in contract.fields:
        if f.name not in columns:
            continue
        checks: list[Any] = []
        bounds = f.reject if level == "reject" else f.flag
        if bounds is not None and f.dtype in ("float", "integer"):
            checks.append(_in_range(pa, bounds, level))
        if f.vocabulary and level == "reject" and f.dtype == "string":
            reason = f"not in the vocabulary of the field ({', '.join(f.vocabulary[:12])})"
            checks.append(pa.Check.isin(f.vocabulary, ignore_na=True, error=reason))
        nullable = f.nullable or level == "flag"
        if checks or not nullable:
            out[f.name] = pa.Column(None, checks=checks, nullable=nullable, required=False)
    return pa.DataFrameSchema(out, strict=False)


def _in_range(pa: Any, bounds: Bounds, level: str) -> Any:
    low = -np.inf if bounds.low is None else bounds.low
    high = np.inf if bounds.high is None else bounds.high
    word = "outside what is possible" if level == "reject" else "outside what is usual"
    reason = f"{word}, {_show(bounds.low)} to {_show(bounds.high)}: {bounds.reason}"
    return pa.Check(lambda s: (s >= low) & (s <= high), ignore_na=True, error=reason)


def _show(value: float | None) -> str:
    return "open" if value is None else f"{value:g}"


def check_rows(frame: pd.DataFrame, contract: Contract, ledger: Ledger) -> None:
    """Hold the frame (RangeIndex, canonical columns) against the contract's fields."""
    import pandera.errors

    for level, note in (("reject", ledger.hold), ("flag", ledger.mark)):
        schema = schema_of(contract, list(frame.columns), level)
        if not schema.columns:
            continue
        try:
            schema.validate(frame[list(schema.columns)], lazy=True)
            continue
        except pandera.errors.SchemaErrors as error:
            failures = error.failure_cases
        failures = failures[failures["index"].notna()]
        for (column, reason), group in failures.groupby(["column", "check"], sort=True):
            at = group["index"].to_numpy(dtype="int64")
            empty = reason == "not_nullable"
            text = "missing, and the field must be filled" if empty else str(reason)
            values = "" if empty else frame[column].iloc[at].astype("str")
            note(at, str(column), values, text)


def check_key(frame: pd.DataFrame, contract: Contract, ledger: Ledger) -> None:
    """Hold every later row whose key is already taken, so that one key stays one row; the first stays and is marked.

    Keys are compared as ``identity.key_form`` has it: upper and lower case, dashes, and what cannot be seen make no
    other key. The reason names the row that has the key and by what the two differ.
    """
    keys = [k for k in contract.key if k in frame.columns]
    if not keys:
        return
    free = ~ledger.held & frame[keys].notna().all(axis=1).to_numpy()
    at = np.flatnonzero(free)
    rows = frame[keys].iloc[at]
    forms = pd.DataFrame({k: _compared(rows[k]) for k in keys})
    later = forms.duplicated(keys, keep="first").to_numpy()
    if later.any():
        text = rows[keys[0]].astype("str")
        for k in keys[1:]:
            text = text + " / " + rows[k].astype("str")
        twin = forms.duplicated(keys, keep=False).to_numpy() & ~later
        group = forms.groupby(keys, sort=False).ngroup().to_numpy()
        first_of = dict(zip(group[~later].tolist(), np.flatnonzero(~later).tolist()))
        firsts = np.array([first_of[g] for g in group[later].tolist()])
        reasons = [
            _taken(a, b, ledger.rows[at[i]]) for a, b, i in zip(text[later], text.iloc[firsts], firsts, strict=True)
        ]
        ledger.hold(at[later], " + ".join(keys), text[later], np.array(reasons, dtype=object))
        ledger.mark(at[twin], " + ".join(keys), text[twin], KEPT_OF_TWINS)
    for k in keys:
        if pd.api.types.is_string_dtype(rows[k]) and not is_plain(rows[k]):
            _mark_odd(rows[k], at, ledger)
    for f in contract.fields:
        if f.unique and (f.name,) != contract.key and f.name in frame.columns:
            _mark_repeats(frame, f, ledger)


def _compared(column: pd.Series) -> pd.Series:
    return key_forms(column) if pd.api.types.is_string_dtype(column) else column


def _taken(key: str, first: str, row: object) -> str:
    by = difference(key, first)
    return f"{TAKEN}; it differs from row {row} only by {by}" if by else TAKEN


def _mark_odd(keys: pd.Series, at: np.ndarray, ledger: Ledger) -> None:
    """Mark keys that hold what cannot be seen, and keys that only look like another one."""
    unseen = [unseen_in(k) for k in keys]
    odd = np.array([bool(u) for u in unseen], dtype=bool)
    if odd.any():
        told = [f"{k} ({', '.join(u)})" for k, u in zip(keys, unseen) if u]
        ledger.mark(at[odd], str(keys.name), pd.Series(told, dtype="str"), UNSEEN_IN_KEY)
    twin = looks_like_another(keys)
    alike = np.flatnonzero(twin >= 0)
    if len(alike):
        told = [f"{keys.iloc[i]} (row {ledger.rows[at[twin[i]]]})" for i in alike]
        ledger.mark(at[alike], str(keys.name), pd.Series(told, dtype="str"), LOOKS_ALIKE)


def _mark_repeats(frame: pd.DataFrame, f: Field, ledger: Ledger) -> None:
    again = _compared(frame[f.name]).duplicated(keep=False).to_numpy() & frame[f.name].notna().to_numpy()
    ledger.mark(again, f.name, frame[f.name], "value stands in several rows where each should have its own")
