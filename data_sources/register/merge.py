"""Records that are one facility -> one row of the register, with every source's figure kept beside its source.

Belongs here: joining what ``matching`` is sure of. Does not belong here: averaging figures; conflicting ones stay apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_sources.register.matching import REVIEW_COLUMNS, match_records
from data_sources.register.records import Records

FACILITY_COLUMNS = (
    "site_id", "name", "operator", "state", "waste_type_code", "lat", "lon", "position_accuracy_m", "position_from",
    "sources", "n_records",
)  # fmt: skip
MEMBER_COLUMNS = ("record_id", "site_id", "source")


@dataclass(frozen=True)
class Register:
    """What many records of the same sites came to.

    ``facilities`` (one row a facility), ``figures`` (all of them, with ``site_id`` and source), ``members`` (record ->
    facility) and ``review`` (pairs that a person must decide, with the reason).
    """

    facilities: pd.DataFrame
    figures: pd.DataFrame
    members: pd.DataFrame
    review: pd.DataFrame


def merge_records(
    parts: Sequence[Records],
    *,
    precedence: Sequence[str] = (),
    decided_same: Sequence[tuple[str, str]] = (),
    decided_different: Sequence[tuple[str, str]] = (),
) -> Register:
    """Join the records of several sources.

    Parameters
    ----------
    parts : one ``Records`` a source. precedence : sources in the order in which name and position are taken; sources that
    are not named follow in alphabetical order. decided_same, decided_different : pairs of record ids from the reviewed table.

    Returns
    -------
    Register ; a facility's id is the ``site_id`` of its own table where it has one, else its first record's id. Two records
    of one source are never joined on their own: a group that would hold both is left apart and reviewed.
    """
    records = Records.join(list(parts))
    table = records.facilities.sort_values("record_id", kind="stable").reset_index(drop=True)
    pairs = match_records(table)
    settled = {frozenset(p) for p in (*decided_same, *decided_different)}
    known = [frozenset(p) in settled for p in zip(pairs["record_a"], pairs["record_b"])]
    open_pairs = pairs[~np.array(known, dtype=bool)]
    sure = open_pairs[open_pairs["verdict"] == "same"].sort_values(
        ["name_similarity", "distance_km", "record_a", "record_b"], ascending=[False, True, True, True], kind="stable"
    )

    parent = {r: r for r in table["record_id"]}
    source = dict(zip(table["record_id"], table["source"]))
    groups = {r: {r} for r in parent}

    def root(r: str) -> str:
        while parent[r] != r:
            r = parent[r]
        return r

    def join(a: str, b: str) -> None:
        a, b = sorted((root(a), root(b)))
        if a != b:
            parent[b] = a
            groups[a] |= groups.pop(b)

    for a, b in decided_same:
        join(a, b)
    apart = {frozenset(p) for p in decided_different}
    conflicts = []
    for row in sure.to_dict("records"):
        a, b = root(row["record_a"]), root(row["record_b"])
        if a == b:
            continue
        both = groups[a] | groups[b]
        clash = len({source[r] for r in both}) < len(both)
        clash |= any(frozenset((x, y)) in apart for x in groups[a] for y in groups[b])
        if clash:
            why = "near and alike, but another record of the same source already matches better"
            conflicts.append(row | {"verdict": "doubtful", "why": why})
        else:
            join(a, b)

    rank = {s: i for i, s in enumerate([*precedence, *sorted(set(source.values()) - set(precedence))])}
    rows, members = [], []
    for head in sorted(groups):
        own = table[table["record_id"].isin(groups[head])]
        own = own.assign(rank=own["source"].map(rank)).sort_values(["rank", "record_id"], kind="stable")
        site = next((s for s in own["site_id"] if isinstance(s, str)), str(own["record_id"].iloc[0]))
        rows.append(_facility(site, own))
        members += [{"record_id": r, "site_id": site, "source": source[r]} for r in own["record_id"]]
    facilities = pd.DataFrame(rows, columns=list(FACILITY_COLUMNS))
    facilities = facilities.sort_values("site_id", kind="stable").reset_index(drop=True)
    joined = pd.DataFrame(members, columns=list(MEMBER_COLUMNS), dtype=None if members else "str")
    joined = joined.sort_values("record_id", kind="stable").reset_index(drop=True)
    figures = records.figures.merge(joined[["record_id", "site_id"]], on="record_id", how="left")
    figures = figures.sort_values(["site_id", "quantity", "record_id"], kind="stable").reset_index(drop=True)
    doubtful = open_pairs[open_pairs["verdict"] == "doubtful"]
    review = (
        pd.concat([doubtful, pd.DataFrame(conflicts, columns=list(REVIEW_COLUMNS))], ignore_index=True)
        if conflicts
        else doubtful
    )
    same_site = dict(zip(joined["record_id"], joined["site_id"]))
    left = [same_site[a] != same_site[b] for a, b in zip(review["record_a"], review["record_b"])]
    review = (
        review[np.array(left, dtype=bool)].sort_values(["record_a", "record_b"], kind="stable").reset_index(drop=True)
    )
    return Register(facilities, figures, joined, review)


def _facility(site: str, own: pd.DataFrame) -> dict[str, object]:
    """Each value from the first source that has it; the position and its accuracy come together."""
    placed = own[own["lat"].notna() & own["lon"].notna()]
    out: dict[str, object] = {"site_id": site}
    for column in ("name", "operator", "state", "waste_type_code"):
        filled = own.loc[own[column].notna(), column]
        out[column] = filled.iloc[0] if len(filled) else None
    best = placed.iloc[0] if len(placed) else None
    for column in ("lat", "lon", "position_accuracy_m"):
        out[column] = float("nan") if best is None else best[column]
    out["position_from"] = None if best is None else best["source"]
    out["sources"] = ";".join(dict.fromkeys(own["source"]))
    out["n_records"] = len(own)
    return out
