"""Whose lease a polygon is, from the words of a lease layer: lessee and status -> the contract's ``lease_status``.

=================================  ===============  ====================================================
the layer says                     lease_status     what the ranking does
=================================  ===============  ====================================================
in force, and a lessee or none     ``third_party``  the block is LEASED
in force, the user's own lessee    ``operator``     no bar; marked
ended (lapsed, surrendered ...)    ``none``         no bar
a lessee, and no status            ``third_party``  LEASED, marked: a lease is not free until it is said to be
words of no known kind             ``unknown``      LEASED as one that may be in force, and marked with the words
nothing at all                     ``unknown``      a block of ``mining_leases``: no bar, marked; a gate: as one that may be
=================================  ===============  ====================================================

The layer ``mining_leases`` and the gate ``leases`` read one word in one way. Who connects leases as a gate says by it that they
bar; so a gate bars by all of them but those that ended or are with the State.

Belongs here: words. Does not belong here: what a lease bars (``scoring.rank.gates``). No date is compared with a clock: a
lease ends when the layer says so. The day until which it runs is told beside it (``lease_until:2030-03-31``), for whoever reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from data_sources.contracts.contract import plain_name
from data_sources.contracts.parties import LESSEES, OPERATORS, OWNERS
from data_sources.contracts.waste import LEASE_STATUS
from khanij.foundation.cells import flag_of, flag_parts

STATUS_COLUMNS = (
    "lease_status", "lease_stat", "lease_state", "status_of_lease", "leasestatus", "mine_status", "working_status", "status",
    "stat", "present_status", "current_status",
)  # fmt: skip
LESSEE_COLUMNS = (*LESSEES, *OWNERS, *OPERATORS)
UNTIL_COLUMNS = (
    "lease_until", "lease_upto", "lease_to", "lease_end", "lease_end_date", "lease_expiry", "lease_expiry_date", "lease_exp",
    "expiry_date", "expiry_dt", "expirydate", "expiry_dat", "expiry", "expires", "expires_on", "date_of_expiry", "dt_expiry",
    "valid_upto", "valid_up_to", "valid_till", "valid_to", "valid_until", "validity", "validity_upto", "lease_validity",
    "lease_valid_upto", "lease_period_to", "period_to", "to_date", "end_date",
)  # fmt: skip
# Ended is looked for first: "non-working" and "not operating" hold the words of the other list.
_ENDED = re.compile(
    r"laps|expir|surrender|terminat|cancel|determin|revok|relinquish|abandon|closed|withdrawn|\bended|annul|not granted|reject"
)
_FORCE = re.compile(
    r"work|operat|active|execut|grant|in force|valid|live|subsist|running|exist|regist|renew|extend|deemed|current|auctioned|allot|opened"
)
_SAME_COMPANY = re.compile(
    r"\b(limited|ltd|pvt|private|company|co|corporation|corpn|corp|india|m/s|messrs|the|and)\b|[^a-z0-9]+"
)

_WITH_WORDS = frozenset({"lease_ended", "lease_in_force", "lease_status_not_understood"})
"""Remarks behind which the layer's own words stand."""


def lease_statuses(
    frame: pd.DataFrame, field_map: Mapping[str, str] | None = None, own_lessees: Iterable[str] = ()
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """(lease_status, holder, remark) of each row of a raw lease layer.

    Parameters
    ----------
    frame : n rows with the publisher's columns. field_map : raw column -> canonical column, from the card.
    own_lessees : names of the user's own company: its leases are ``operator``.
    """
    status, holder, until = (words_of(frame, c) for c in _columns(frame, field_map))
    own = {_company(n) for n in own_lessees} - {""}
    out, remarks = [], []
    for word, lessee, day in zip(status, holder, until):
        told, code = _one(word.lower(), lessee, own)
        out.append(told)
        remark = flag_of(code, word) if code in _WITH_WORDS else code
        ends = flag_of("lease_until", _day(day)) if day else ""
        remarks.append("; ".join(filter(None, (remark, ends))))
    return (
        pd.Series(out, index=frame.index, dtype="str"),
        holder.where(holder != "", None).astype("str"),
        pd.Series(remarks, index=frame.index, dtype="str"),
    )


def columns_read(frame: pd.DataFrame, field_map: Mapping[str, str] | None = None) -> list[str]:
    """The columns from which ``lease_statuses`` reads status, lessee and day; what stands in any other is not seen."""
    return [str(c) for c in _columns(frame, field_map) if c is not None]


def _columns(frame: pd.DataFrame, field_map: Mapping[str, str] | None) -> tuple[object, object, object]:
    return (
        column_read(frame, field_map, "lease_status", STATUS_COLUMNS),
        column_read(frame, field_map, "lease_holder", LESSEE_COLUMNS),
        column_read(frame, field_map, "", UNTIL_COLUMNS),
    )


def column_read(
    frame: pd.DataFrame, field_map: Mapping[str, str] | None, target: str, candidates: Iterable[str]
) -> object | None:
    """The column that a card maps to ``target``, else the first that is called like one of ``candidates``; None for none."""
    mapped = {to: raw for raw, to in (field_map or {}).items() if raw in frame.columns}
    if target in mapped:
        return mapped[target]
    by_plain = {plain_name(c): c for c in reversed(list(frame.columns))}
    return next((by_plain[c] for c in candidates if c in by_plain), None)


def words_not_understood(report: Mapping[str, Any]) -> list[str]:
    """``'Temp. discontinued' (3 rows)`` of each status whose words mean nothing here, from a layer's or a gate's report."""
    told = {**report.get("lease_remarks", {}), **report.get("auction_remarks", {})}
    split = [(flag_parts(remark), n) for remark, n in told.items()]
    return [
        f"'{words}' ({n} {'row' if n == 1 else 'rows'})"
        for (code, words), n in split
        if code.endswith("_not_understood")
    ]


def unused_columns(report: Mapping[str, Any]) -> list[str]:
    """Columns that nothing was read from, neither by the contract nor by the words of a lease or an auction."""
    read = report.get("columns_read", ())
    return [str(c) for c in report.get("columns_unmapped", ()) if str(c) not in read]


def _one(word: str, lessee: str, own: set[str]) -> tuple[str, str]:
    if word in LEASE_STATUS and word != "unknown":
        return word, ""
    if word and _ENDED.search(word):
        return "none", "lease_ended"
    is_own = bool(lessee) and _company(lessee) in own
    # A mine that does not work is still leased: only the lease's own end frees the ground.
    if word and _FORCE.search(word):
        return ("operator" if is_own else "third_party"), "lease_in_force"
    if lessee and word in ("", "unknown"):
        return ("operator" if is_own else "third_party"), "lease_status_not_stated_lessee_named"
    return "unknown", "lease_status_not_understood" if word and word != "unknown" else "lease_status_not_stated"


def words_of(frame: pd.DataFrame, column: object | None) -> pd.Series:
    """The text of a column, "" where it says nothing or there is no column."""
    if column is None:
        return pd.Series("", index=frame.index, dtype="str")
    text = frame[column].astype("str").fillna("").str.strip()
    return text.where(
        ~text.str.lower().isin(["nan", "none", "null", "na", "n/a", "blank", "-", "nil"]) | (text == "none"), ""
    )


def _day(text: str) -> str:
    """A day without its midnight."""
    return re.sub(r"[T ]00:00(:00(\.0+)?)?(\+00:00|Z)?$", "", text)


def _company(name: str) -> str:
    return _SAME_COMPANY.sub(" ", name.lower()).replace(" ", "")
