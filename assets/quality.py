"""Findings on a frame or a result: does it hold what its contract promises, and what are the rows that do not.

Belongs here: judging a finished frame, as data that Dagster's checks show and that publication refuses on. Does not
belong here: admitting a source's rows (``data_sources/contracts/admitting/admission.py``) or repairing anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts import Contract, PublishingError
from data_sources.contracts.published.outputs import ELEMENT_POTENTIAL, RANKED_BLOCKS, SITE_POTENTIAL, SITE_SHARES

SHOWN_ROWS = 20
MASS_TOLERANCE = 1e-9
SCORE_TOLERANCE = 1e-6  # contributions and score are means over the same draws; what is left is summation order
PLACE_POINTS = 0.1  # mean scores that differ by less are ordered by the price multiple that they need
QUARANTINE_WARNS_ABOVE = 0.05
ROW_DRIFT_WARNS_ABOVE = 0.10
MEDIAN_DRIFT_WARNS_ABOVE = 0.25
_TYPES = {
    "POINT": {"Point"},
    "MULTIPOLYGON": {"Polygon", "MultiPolygon"},
    "POLYGON": {"Polygon", "MultiPolygon"},
    "LINESTRING": {"LineString", "MultiLineString"},
    "MULTILINESTRING": {"LineString", "MultiLineString"},
}


@dataclass(frozen=True)
class Finding:
    """One property that holds or does not, with the reason in words and the first rows that break it."""

    name: str
    passed: bool
    reason: str
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    count: int = 0


def _finding(name: str, faults: list[str], rows: pd.DataFrame | None = None, fine: str = "holds") -> Finding:
    if not faults:
        return Finding(name, True, fine)
    rows = pd.DataFrame() if rows is None else rows
    return Finding(
        name,
        False,
        "; ".join(faults[:8]) + (f"; and {len(faults) - 8} more" if len(faults) > 8 else ""),
        rows.head(SHOWN_ROWS),
        len(rows),
    )


def schema_finding(frame: pd.DataFrame, contract: Contract, *, partial: bool = False) -> Finding:
    """Required columns, types, keys and vocabularies. ``partial`` lets nullable columns be absent."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    for f in contract.fields:
        if f.name not in frame.columns:
            if not f.nullable or (f.required and not partial):
                faults.append(f"column {f.name} is missing in {contract.name}")
            continue
        values = frame[f.name]
        if not f.nullable and values.isna().any():
            faults.append(f"{f.name} is empty in {int(values.isna().sum())} rows")
            bad.append(frame[values.isna()])
        if f.dtype in ("float", "integer") and not _is_number(values):
            faults.append(f"{f.name} is not a number column but {values.dtype}")
        if f.vocabulary:
            wrong = values.notna() & ~values.isin(f.vocabulary)
            if wrong.any():
                faults.append(f"{f.name} holds {sorted(set(values[wrong].astype(str)))[:3]}, not one of its vocabulary")
                bad.append(frame[wrong])
    keys = [k for k in contract.key if k in frame.columns]
    if keys and len(keys) == len(contract.key) and contract.name != "quarantine":
        twice = frame.duplicated(keys, keep=False)
        if twice.any():
            faults.append(f"the key {', '.join(keys)} repeats in {int(twice.sum())} rows")
            bad.append(frame[twice])
    return _finding("schema", faults, _rows(bad, contract), f"{len(frame)} rows fit the contract {contract.name}")


def units_finding(frame: pd.DataFrame, contract: Contract) -> Finding:
    """No value outside its physical bounds, no infinity, and low <= median <= high where a quantity has all three."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    for f in contract.fields:
        if f.name not in frame.columns or f.dtype not in ("float", "integer") or not _is_number(frame[f.name]):
            continue
        values = _numbers(frame[f.name])
        wrong = np.isinf(values)
        if f.reject is not None:
            slack = 1e-9
            lowest = -np.inf if f.reject.low is None else f.reject.low - slack
            highest = np.inf if f.reject.high is None else f.reject.high + slack
            wrong |= (values < lowest) | (values > highest)
        if wrong.any():
            faults.append(
                f"{f.name}{f' [{f.unit}]' if f.unit else ''} leaves its bounds in {int(wrong.sum())} rows"
                + (f" ({f.reject.reason})" if f.reject else "")
            )
            bad.append(frame[wrong])
    for stem in sorted({f.name[:-4] for f in contract.fields if f.name.endswith("_p50")}):
        names = (
            [f"{stem}_p10", f"{stem}_p50", f"{stem}_p90"] if stem != "rank" else ["rank_p05", "rank_p50", "rank_p95"]
        )
        if not all(name in frame.columns for name in names):
            continue
        low, mid, high = (_numbers(frame[name]) for name in names)
        wrong = (low > mid) | (mid > high)
        if wrong.any():
            faults.append(f"{stem}: the order {' <= '.join(names)} is broken in {int(wrong.sum())} rows")
            bad.append(frame[wrong])
    return _finding("units", faults, _rows(bad, contract), "every value lies within its physical bounds")


def crs_finding(frame: pd.DataFrame, contract: Contract) -> Finding:
    """EPSG:4326, longitudes and latitudes in range, and one geometry type a layer."""
    if contract.geometry is None:
        return Finding("crs", True, "a table without geometry")
    if not isinstance(frame, gpd.GeoDataFrame):
        return _finding("crs", ["a layer without a geometry column"])
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        faults.append(f"the coordinates are in {frame.crs}, not in EPSG:4326")
    shapes = frame.geometry
    present = ~(shapely.is_missing(shapes.values) | shapely.is_empty(shapes.values))
    asked = (contract.geometry,) if isinstance(contract.geometry, str) else contract.geometry
    allowed: set[str] = set().union(*(_TYPES[kind] for kind in asked))
    wrong = present & ~shapes.geom_type.isin(sorted(allowed))
    if wrong.any():
        faults.append(f"{int(wrong.sum())} geometries are not {' or '.join(asked)}")
        bad.append(frame[wrong])
    if present.any():
        bounds = shapes[present].bounds
        outside = ~(
            (bounds["minx"] >= -180) & (bounds["maxx"] <= 180) & (bounds["miny"] >= -90) & (bounds["maxy"] <= 90)
        )
        if outside.any():
            faults.append(f"{int(outside.sum())} geometries lie outside the range of longitude and latitude")
            bad.append(frame.loc[bounds.index[outside]])
    return _finding("crs", faults, _rows(bad, contract), "EPSG:4326, one geometry type")


def rows_finding(report: dict[str, Any]) -> Finding:
    """Nothing vanishes: rows in = rows kept + rows quarantined."""
    if report.get("absent"):
        return Finding("rows_balance", True, f"absent: {report['absent']}")
    counts = {k: report.get(k) for k in ("rows_in", "rows_kept", "rows_quarantined")}
    if any(v is None for v in counts.values()):
        return Finding("rows_balance", True, "this result counts no source rows")
    if counts["rows_in"] == counts["rows_kept"] + counts["rows_quarantined"]:  # type: ignore[operator]
        return Finding(
            "rows_balance",
            True,
            "{rows_in} rows in = {rows_kept} kept + {rows_quarantined} quarantined".format(**counts),
        )
    return _finding(
        "rows_balance", ["{rows_in} rows in, but {rows_kept} kept + {rows_quarantined} quarantined".format(**counts)]
    )


def quarantine_finding(report: dict[str, Any], held: pd.DataFrame) -> Finding:
    """At most 5 % of a source's rows are held back."""
    rows_in = report.get("rows_in") or 0
    share = (report.get("rows_quarantined") or 0) / rows_in if rows_in else 0.0
    if share <= QUARANTINE_WARNS_ABOVE:
        return Finding("quarantine_share", True, f"{share:.1%} of {rows_in} rows are held")
    reasons = held["reason"].value_counts().head(3).to_dict() if "reason" in held.columns else {}
    return _finding(
        "quarantine_share",
        [f"{share:.1%} of {rows_in} rows are held, mostly: " + "; ".join(f"{k} ({v})" for k, v in reasons.items())],
        held,
    )


def mass_finding(shares: pd.DataFrame, balance: pd.DataFrame | None) -> Finding:
    """Within a kind no site is given away more than once: inside + near <= 1, and the balance table closes to 1e-9."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    by = [c for c in ("kind", "site_id") if c in shares.columns]
    if len(shares) and "site_id" in by:
        given = (
            shares.assign(given=_numbers(shares["inside"].fillna(0)) + _numbers(shares["near"].fillna(0)))
            .groupby(by, dropna=False)["given"]
            .sum()
        )
        over = given[given > 1 + MASS_TOLERANCE]
        if len(over):
            faults.append(
                f"{len(over)} sites are given away more than once within a kind, the most {over.max():.9g} times"
            )
            bad.append(over.reset_index())
        negative = (_numbers(shares["inside"]) < 0) | (_numbers(shares["near"]) < 0)
        if negative.any():
            faults.append(f"{int(negative.sum())} negative shares")
            bad.append(shares[negative])
    if balance is not None and len(balance):
        gap = _balance_gap(balance)
        wrong = gap > MASS_TOLERANCE
        if wrong.any():
            faults.append(
                f"inside + near + unallocated misses the sites by up to {gap.max():.3g} in {int(wrong.sum())} rows"
            )
            bad.append(balance[wrong])
    return _finding(
        "mass_balance",
        faults,
        pd.concat(bad) if bad else None,
        "inside + near + unallocated = the sites, within every kind",
    )


def _balance_gap(balance: pd.DataFrame) -> np.ndarray:
    total_name = next((c for c in ("total", "sites", "site_total") if c in balance.columns), None)
    if total_name is None or not {"inside", "near", "unallocated"} <= set(balance.columns):
        return np.zeros(len(balance))
    total = _numbers(balance[total_name])
    parts = sum(_numbers(balance[c]) for c in ("inside", "near", "unallocated"))
    return np.nan_to_num(np.abs(parts - total) / np.maximum(np.abs(total), 1e-300) * (total != 0))


def ranks_finding(blocks: pd.DataFrame) -> Finding:
    """Ranks are 1..N within a kind for RANKED blocks, by mean score to 0.1 point, and nobody else carries one."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    is_ranked = blocks["status"] == "RANKED"
    stray = ~is_ranked & blocks["rank"].notna()
    if stray.any():
        faults.append(f"{int(stray.sum())} blocks that are not RANKED carry a rank")
        bad.append(blocks[stray])
    for kind, group in blocks[is_ranked].groupby("kind"):
        places = np.sort(_numbers(group["rank"]))
        if len(group) > 1 and not np.array_equal(places, np.arange(1, len(group) + 1)):
            faults.append(f"the ranks of {kind} are not 1..{len(group)}")
            bad.append(group)
        elif len(group) > 1 and np.any(
            np.diff(_numbers(group.sort_values("rank")["score_mean"])) > PLACE_POINTS + SCORE_TOLERANCE
        ):
            faults.append(f"the ranks of {kind} do not follow the mean score")
            bad.append(group)
    return _finding("ranks_complete", faults, _rows(bad, RANKED_BLOCKS), "ranks are 1..N within every kind")


def explanation_finding(blocks: pd.DataFrame) -> Finding:
    """The three contributions add up to the mean score of every scored block."""
    names = ["contribution_value", "contribution_strategic", "contribution_fertility"]
    scored = blocks[blocks["score_mean"].notna()]
    parts = sum(_numbers(scored[name].fillna(0)) for name in names)
    wrong = np.abs(parts - _numbers(scored["score_mean"])) > SCORE_TOLERANCE
    faults = [f"the contributions of {int(wrong.sum())} blocks do not add up to their score"] if wrong.any() else []
    return _finding(
        "explanation_adds_up",
        faults,
        scored[wrong][["block_id", "score_mean", *names]],
        f"{len(scored)} scores are the sum of their contributions",
    )


def drift_finding(now: pd.DataFrame, before: pd.DataFrame | None, contract: Contract, release: str = "") -> Finding:
    """Row counts within 10 % and medians within 25 % of the last release; a jump has a cause worth knowing."""
    if before is None:
        return Finding("drift", True, "there is no earlier release to compare with")
    lines: list[dict[str, Any]] = [
        {"what": "rows", "before": float(len(before)), "now": float(len(now)), "limit": ROW_DRIFT_WARNS_ABOVE}
    ]
    for f in contract.fields:
        if f.dtype == "float" and f.name in now.columns and f.name in before.columns:
            lines.append(
                {
                    "what": f"median of {f.name}",
                    "before": _median(before[f.name]),
                    "now": _median(now[f.name]),
                    "limit": MEDIAN_DRIFT_WARNS_ABOVE,
                }
            )
    table = pd.DataFrame(lines)
    scale = np.maximum(np.abs(table["before"]), 1e-12)
    table["change"] = np.where(
        table["before"].isna() & table["now"].isna(), 0.0, np.abs(table["now"] - table["before"]) / scale
    )
    moved = table[(table["change"] > table["limit"]) | table["change"].isna()]
    faults = [f"{row.what}: {row.before:.4g} -> {row.now:.4g}" for row in moved.itertuples()]
    return _finding("drift", faults, moved, f"rows and medians are near those of release {release}")


def robustness_finding(robustness: pd.DataFrame | None) -> Finding:
    """The ranking survives other prices, weights and distances (Kendall tau and top-k Jaccard at least 0.6)."""
    if robustness is None or not len(robustness):
        return Finding("robustness", True, "no robustness table was made")
    broken = robustness[robustness["is_robust"].fillna(True).astype(bool) == False]  # noqa: E712 - a nullable column
    told = [c for c in ("kind", "test", "setting", "kendall_tau", "jaccard", "note") if c in broken.columns]
    faults = [
        ", ".join(f"{c} {row[c]:.2f}" if isinstance(row[c], float) else str(row[c]) for c in told)
        for _, row in broken.iterrows()
    ]
    return _finding("robustness", faults, broken, f"robust in {len(robustness)} comparisons")


def assessment_findings(assessment: dict[str, Any]) -> list[Finding]:
    """Everything that must hold before a ranking may be published."""
    blocks = assessment["ranked_blocks"]
    tables = [(blocks, RANKED_BLOCKS)] + [
        (assessment[c.name], c) for c in (SITE_SHARES, ELEMENT_POTENTIAL, SITE_POTENTIAL) if c.name in assessment
    ]
    return [
        _all("schema", [schema_finding(frame, contract, partial=True) for frame, contract in tables]),
        _all("units", [units_finding(frame, contract) for frame, contract in tables]),
        crs_finding(blocks, RANKED_BLOCKS),
        mass_finding(assessment["site_shares"], assessment.get("mass_balance")),
        ranks_finding(blocks),
        explanation_finding(blocks),
    ]


def require(findings: Iterable[Finding], layer: str) -> None:
    """Refuse to go on when a finding failed.

    Raises
    ------
    PublishingError : what failed, and the first row of it; nothing published has changed.
    """
    for finding in findings:
        if not finding.passed:
            first = finding.rows.iloc[0].to_dict() if len(finding.rows) else {}
            row = dict(list(first.items())[:4]) or None
            raise PublishingError(
                f"check {finding.name} failed: {finding.reason}",
                layer=layer,
                row=row,
                do="see the check's rows in the UI; nothing published has changed",
            )


def _all(name: str, findings: list[Finding]) -> Finding:
    failed = [f for f in findings if not f.passed]
    if not failed:
        return Finding(name, True, "; ".join(f.reason for f in findings[:1]))
    return Finding(name, False, "; ".join(f.reason for f in failed), failed[0].rows, sum(f.count for f in failed))


def _rows(bad: list[pd.DataFrame], contract: Contract) -> pd.DataFrame | None:
    if not bad:
        return None
    found = pd.concat([pd.DataFrame(b) for b in bad])
    found = found[~found.index.duplicated()]
    return found[[c for c in contract.names() if c in found.columns]]


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values.dtype) or (
        values.dtype == object and pd.to_numeric(values, errors="coerce").notna().sum() == values.notna().sum()
    )


def _numbers(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)


def _median(values: pd.Series) -> float:
    numbers = _numbers(values)
    return float(np.nanmedian(numbers)) if np.isfinite(numbers).any() else float("nan")
