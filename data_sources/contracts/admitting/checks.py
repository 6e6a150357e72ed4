"""Row checks that the fields of a contract ask for: what is impossible holds a row, what is unusual marks it.

Belongs here: turning ``Field`` values into checks and failures into findings. Does not belong here: a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.identity import difference, is_plain, key_forms, looks_like_another, unseen_in
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.contract import Bounds, Contract, Field

MISSING = "missing, and the field must be filled"
KEPT_OF_TWINS = "duplicate key: a later row with it is held"
TAKEN = "duplicate key: an earlier row has it"
UNSEEN_IN_KEY = "key with characters that cannot be seen: kept as it stands, compared without them"
LOOKS_ALIKE = "key looks like another row's, but has letters of another script: both are kept, see whether they are one"
TOTAL = "a row of totals or averages under the table, no row of its own"
_TOTAL = r"(?:(?:grand|sub)?[ -]?total|sum|average|avg\.?|mean|median|std\.? ?dev\.?|minimum|maximum|कुल|योग|कुल योग|औसत|மொத்தம்)\s*:?"
_NAMES_A_ROW = ("name", "site_id")  # beside the key: the sum under a table of figures stands where their site does


def check_rows(frame: pd.DataFrame, contract: Contract, ledger: Ledger) -> None:
    """Hold the frame (RangeIndex, canonical columns) against the contract's fields."""
    fields = sorted((f for f in contract.fields if f.name in frame.columns), key=lambda f: f.name)
    for f in fields:
        if f.dtype == "string" and (f.name in contract.key or f.name in _NAMES_A_ROW):
            words = frame[f.name].str.strip().str.fullmatch(_TOTAL, case=False)
            _note(ledger.hold, frame[f.name], _rows(words.fillna(False).to_numpy(dtype=bool)), TOTAL)
    for f in fields:
        for reason, failed in sorted(_impossible(f, frame[f.name])):
            _note(ledger.hold, frame[f.name], failed, reason)
    for f in fields:
        if f.flag is not None and f.dtype in ("float", "integer"):
            failed = _outside(frame[f.name], f.flag)
            _note(ledger.mark, frame[f.name], failed, _range_reason("outside what is usual", f.flag))


def _impossible(f: Field, values: pd.Series) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(reason, rows that fail it) of each test that holds a row."""
    if f.reject is not None and f.dtype in ("float", "integer"):
        yield _range_reason("outside what is possible", f.reject), _outside(values, f.reject)
    if f.vocabulary and f.dtype == "string":
        reason = f"not in the vocabulary of the field ({', '.join(f.vocabulary[:12])})"
        yield reason, _rows(values.notna() & ~values.isin(f.vocabulary))
    if not f.nullable:
        yield MISSING, _rows(values.isna())


def _outside(values: pd.Series, bounds: Bounds) -> tuple[int, ...]:
    x = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
    low = -np.inf if bounds.low is None else bounds.low
    high = np.inf if bounds.high is None else bounds.high
    return _rows((x < low) | (x > high))


def _rows(failed: pd.Series | np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.asarray(failed, dtype=bool)).tolist())


def _note(note: Callable[..., None], values: pd.Series, failed: tuple[int, ...], reason: str) -> None:
    if failed:
        at = np.array(failed, dtype=np.int64)
        note(at, str(values.name), "" if reason == MISSING else values.iloc[at].astype("str"), reason)


def _range_reason(word: str, bounds: Bounds) -> str:
    return f"{word}, {_show(bounds.low)} to {_show(bounds.high)}: {bounds.reason}"


def _show(value: float | None) -> str:
    return "open" if value is None else f"{value:g}"


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
