"""Which records are one facility: by distance AND by name; what is not clear goes to a review table, never to a guess.

Belongs here: pairs and verdicts. Does not belong here: which figure of a facility is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_sources.reference.site_names import SAME_NAME, name_similarity, name_words
from data_sources.reference.waste_families import family_of

LIKE_NAME = 0.3
FAR_KM = 25.0
BASE_KM = 1.0
REVIEW_COLUMNS = (
    "record_a", "record_b", "name_a", "name_b", "source_a", "source_b", "distance_km", "name_similarity", "verdict", "why",
)  # fmt: skip
_EARTH_KM = 6371.0088


def match_records(facilities: pd.DataFrame) -> pd.DataFrame:
    """Compare all records that lie within 25 km (plus their accuracies) of one another or carry nearly the same name.

    Verdicts: ``same`` (near and alike), ``doubtful`` (near but unlike or nameless; alike but far; two records of one
    source at one place), nothing for the rest. Near is within 1 km plus both accuracies.

    Returns
    -------
    REVIEW_COLUMNS, ordered by the ids; the order of the rows that came in changes nothing.
    """
    table = facilities.sort_values("record_id", kind="stable").reset_index(drop=True)
    pairs = _near_pairs(table) | _like_named_pairs(table)
    records = table.to_dict("records")
    rows = [r for i, j in sorted(pairs) if (r := _judge(records[i], records[j])) is not None]
    return pd.DataFrame(rows, columns=list(REVIEW_COLUMNS))


def _near_pairs(table: pd.DataFrame) -> set[tuple[int, int]]:
    from scipy.spatial import cKDTree

    placed = np.flatnonzero(table["lat"].notna() & table["lon"].notna())
    if len(placed) < 2:
        return set()
    reach = float(FAR_KM + 2 * table["position_accuracy_m"].fillna(0).max() / 1000)
    tree = cKDTree(_unit_vectors(table.iloc[placed]))
    chord = 2 * np.sin(min(reach / _EARTH_KM, np.pi) / 2)
    return {(int(placed[min(i, j)]), int(placed[max(i, j)])) for i, j in tree.query_pairs(chord)}


def _like_named_pairs(table: pd.DataFrame) -> set[tuple[int, int]]:
    """Pairs of which one has no position: only the name can say."""
    lost = np.flatnonzero(table["lat"].isna() | table["lon"].isna())
    return {(min(i, j), max(i, j)) for i in map(int, lost) for j in range(len(table)) if i != j}


def _unit_vectors(table: pd.DataFrame) -> np.ndarray:
    lat, lon = np.radians(table["lat"].to_numpy(dtype="float64")), np.radians(table["lon"].to_numpy(dtype="float64"))
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance [km] on the mean sphere; NaN without a position."""
    if any(np.isnan(v) for v in (lat_a, lon_a, lat_b, lon_b)):
        return float("nan")
    a, b = np.radians(lat_a), np.radians(lat_b)
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(min(1.0, h))))


def _process(code: object) -> str:
    """Wastes of different processes are different facilities, however near and alike in name; a dump may lie on tailings."""
    if not isinstance(code, str):
        return ""
    family = family_of(code)
    return "tailings and dumps" if family in ("", "tailings", "dumps") else family


def _judge(a: dict[Any, Any], b: dict[Any, Any]) -> dict[str, object] | None:
    processes = _process(a["waste_type_code"]), _process(b["waste_type_code"])
    if all(processes) and processes[0] != processes[1]:
        return None
    d = distance_km(a["lat"], a["lon"], b["lat"], b["lon"])
    s = name_similarity(a["name"], b["name"])
    slack = sum(0.0 if np.isnan(v) else v / 1000 for v in (a["position_accuracy_m"], b["position_accuracy_m"]))
    near, one_source = d <= BASE_KM + slack, a["source"] == b["source"]
    if one_source:
        if not (d <= 0.1 or np.isnan(d)) or not s >= SAME_NAME:
            return None
        verdict, why = "doubtful", "two records of one source at one place and with one name: is one a repetition?"
    elif np.isnan(d):
        same_state = (
            isinstance(a["state"], str) and isinstance(b["state"], str) and a["state"].lower() == b["state"].lower()
        )
        if not (s >= SAME_NAME and (same_state or s >= 0.95)):
            return None
        verdict, why = "doubtful", "alike in name, but one has no position"
    elif near and s >= SAME_NAME:
        verdict, why = "same", "near and alike in name"
    elif near and s == 0.0:
        numbers = [name_words(r["name"])[1] for r in (a, b)]
        if all(numbers):
            return None  # pond 1 and pond 2 of one mine: neighbours, not doubles
        if d > BASE_KM:
            return None
        verdict, why = "doubtful", "within a kilometre, but the names differ"
    elif near and np.isnan(s) and d <= BASE_KM + min(slack, 2.0):
        verdict, why = "doubtful", "near, but one has no name that tells it apart"
    elif near and LIKE_NAME <= s < SAME_NAME:
        verdict, why = "doubtful", "near, but the names agree only in part"
    elif not near and d <= FAR_KM + slack and s >= 0.8:
        verdict, why = "doubtful", "alike in name, but further apart than their positions are uncertain"
    else:
        return None
    values = (
        a["record_id"], b["record_id"], a["name"], b["name"], a["source"], b["source"], round(d, 3) if d == d else d,
        round(s, 3) if s == s else s, verdict, why,
    )  # fmt: skip
    return dict(zip(REVIEW_COLUMNS, values))
