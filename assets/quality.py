"""Findings on a frame or a result: does it hold what its contract promises, and what are the rows that do not.

Belongs here: judging a finished frame, as data that Dagster's checks show and that publication refuses on. Does not
belong here: admitting a source's rows (``data_sources/contracts/admitting/admission.py``) or repairing anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
_TYPES = {
    "POINT": {"Point"},
    "MULTIPOLYGON": {"Polygon", "MultiPolygon"},
    "POLYGON": {"Polygon", "MultiPolygon"},
    "LINESTRING": {"LineString", "MultiLineString"},
    "MULTILINESTRING": {"LineString", "MultiLineString"},
}


@dataclass(frozen=True)
class Finding:
    """One property that holds or does not, with the reason in words and the first rows that break it.

    ``numbers`` is what is worth following from night to night, by names that hold their units.
    """

    name: str
    passed: bool
    reason: str
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    count: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)


def finding_of(
    name: str,
    faults: list[str],
    rows: pd.DataFrame | None = None,
    fine: str = "holds",
    numbers: Mapping[str, float] | None = None,
) -> Finding:
    """A finding that holds where there is no fault, else told by its first eight faults and first rows."""
    if not faults:
        return Finding(name, True, fine, numbers=numbers or {})
    rows = pd.DataFrame() if rows is None else rows
    return Finding(
        name,
        False,
        "; ".join(faults[:8]) + (f"; and {len(faults) - 8} more" if len(faults) > 8 else ""),
        rows.head(SHOWN_ROWS),
        len(rows),
        numbers or {},
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
    fine = f"{len(frame)} rows fit the contract {contract.name}"
    return finding_of("schema", faults, _rows(bad, contract), fine, {"rows": len(frame), "broken_rules": len(faults)})


def units_finding(frame: pd.DataFrame, contract: Contract) -> Finding:
    """No value outside its physical bounds, no infinity, and low <= median <= high where a quantity has all three."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    out_of_bounds = 0
    for f in contract.fields:
        if f.name not in frame.columns or f.dtype not in ("float", "integer") or not _is_number(frame[f.name]):
            continue
        values = as_floats(frame[f.name])
        wrong = np.isinf(values)
        if f.reject is not None:
            slack = 1e-9
            lowest = -np.inf if f.reject.low is None else f.reject.low - slack
            highest = np.inf if f.reject.high is None else f.reject.high + slack
            wrong |= (values < lowest) | (values > highest)
        out_of_bounds += int(wrong.sum())
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
        low, mid, high = (as_floats(frame[name]) for name in names)
        wrong = (low > mid) | (mid > high)
        if wrong.any():
            faults.append(f"{stem}: the order {' <= '.join(names)} is broken in {int(wrong.sum())} rows")
            bad.append(frame[wrong])
    fine = "every value lies within its physical bounds"
    numbers = {"rows": len(frame), "values_out_of_bounds": out_of_bounds}
    return finding_of("units", faults, _rows(bad, contract), fine, numbers)


def crs_finding(frame: pd.DataFrame, contract: Contract) -> Finding:
    """EPSG:4326, longitudes and latitudes in range, and one geometry type a layer."""
    if contract.geometry is None:
        return Finding("crs", True, "a table without geometry")
    if not isinstance(frame, gpd.GeoDataFrame):
        return finding_of("crs", ["a layer without a geometry column"])
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
    numbers = {"rows": len(frame), "rows_with_a_place": int(present.sum())}
    return finding_of("crs", faults, _rows(bad, contract), "EPSG:4326, one geometry type", numbers)


def rows_finding(report: dict[str, Any]) -> Finding:
    """Nothing vanishes: rows in = rows kept + rows quarantined."""
    numbers = row_numbers(report)
    if report.get("absent"):
        return Finding("rows_balance", True, f"absent: {report['absent']}", numbers=numbers)
    counts = {k: report.get(k) for k in ("rows_in", "rows_kept", "rows_quarantined")}
    if any(v is None for v in counts.values()):
        return Finding("rows_balance", True, "this result counts no source rows")
    if counts["rows_in"] == counts["rows_kept"] + counts["rows_quarantined"]:  # type: ignore[operator]
        return Finding(
            "rows_balance",
            True,
            "{rows_in} rows in = {rows_kept} kept + {rows_quarantined} quarantined".format(**counts),
            numbers=numbers,
        )
    told = "{rows_in} rows in, but {rows_kept} kept + {rows_quarantined} quarantined".format(**counts)
    return finding_of("rows_balance", [told], numbers=numbers)


def row_numbers(report: Mapping[str, Any]) -> dict[str, float]:
    """Rows read, kept and held of one or more sources, and the share that is held in percent (0 where none was read)."""
    read, kept, held = (float(report.get(k) or 0) for k in ("rows_in", "rows_kept", "rows_quarantined"))
    counts = {"rows_read": read, "rows_held": held, "held_pct": 100 * held / read if read else 0.0}
    return counts | ({"rows_kept": kept} if "rows_kept" in report else {})


def quarantine_finding(report: dict[str, Any], held: pd.DataFrame) -> Finding:
    """At most 5 % of a source's rows are held back."""
    rows_in = report.get("rows_in") or 0
    share = (report.get("rows_quarantined") or 0) / rows_in if rows_in else 0.0
    numbers = row_numbers(report)
    if share <= QUARANTINE_WARNS_ABOVE:
        return Finding("quarantine_share", True, f"{share:.1%} of {rows_in} rows are held", numbers=numbers)
    reasons = held["reason"].value_counts().head(3).to_dict() if "reason" in held.columns else {}
    return finding_of(
        "quarantine_share",
        [f"{share:.1%} of {rows_in} rows are held, mostly: " + "; ".join(f"{k} ({v})" for k, v in reasons.items())],
        held,
        numbers=numbers,
    )


def mass_finding(shares: pd.DataFrame, balance: pd.DataFrame | None) -> Finding:
    """Within a kind no site is given away more than once: inside + near <= 1, and the balance table closes to 1e-9."""
    faults: list[str] = []
    bad: list[pd.DataFrame] = []
    by = [c for c in ("kind", "site_id") if c in shares.columns]
    if len(shares) and "site_id" in by:
        given = (
            shares.assign(given=as_floats(shares["inside"].fillna(0)) + as_floats(shares["near"].fillna(0)))
            .groupby(by, dropna=False)["given"]
            .sum()
        )
        over = given[given > 1 + MASS_TOLERANCE]
        if len(over):
            faults.append(
                f"{len(over)} sites are given away more than once within a kind, the most {over.max():.9g} times"
            )
            bad.append(over.reset_index())
        negative = (as_floats(shares["inside"]) < 0) | (as_floats(shares["near"]) < 0)
        if negative.any():
            faults.append(f"{int(negative.sum())} negative shares")
            bad.append(shares[negative])
    numbers = {"site_shares": float(len(shares)), "largest_gap": 0.0}
    if balance is not None and len(balance):
        gap = _balance_gap(balance)
        numbers["largest_gap"] = float(gap.max())
        wrong = gap > MASS_TOLERANCE
        if wrong.any():
            faults.append(
                f"inside + near + unallocated misses the sites by up to {gap.max():.3g} in {int(wrong.sum())} rows"
            )
            bad.append(balance[wrong])
    return finding_of(
        "mass_balance",
        faults,
        pd.concat(bad) if bad else None,
        "inside + near + unallocated = the sites, within every kind",
        numbers,
    )


def _balance_gap(balance: pd.DataFrame) -> np.ndarray:
    total_name = next((c for c in ("total", "sites", "site_total") if c in balance.columns), None)
    if total_name is None or not {"inside", "near", "unallocated"} <= set(balance.columns):
        return np.zeros(len(balance))
    total = as_floats(balance[total_name])
    parts = sum(as_floats(balance[c]) for c in ("inside", "near", "unallocated"))
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
        places = np.sort(as_floats(group["rank"]))
        if len(group) > 1 and not np.array_equal(places, np.arange(1, len(group) + 1)):
            faults.append(f"the ranks of {kind} are not 1..{len(group)}")
            bad.append(group)
        elif len(group) > 1 and np.any(
            np.diff(as_floats(group.sort_values("rank")["score_mean"])) > PLACE_POINTS + SCORE_TOLERANCE
        ):
            faults.append(f"the ranks of {kind} do not follow the mean score")
            bad.append(group)
    numbers = {"blocks": len(blocks), "blocks_ranked": int(is_ranked.sum())}
    return finding_of("ranks_complete", faults, _rows(bad, RANKED_BLOCKS), "ranks are 1..N within every kind", numbers)


def explanation_finding(blocks: pd.DataFrame) -> Finding:
    """The three contributions add up to the mean score of every scored block."""
    names = ["contribution_value", "contribution_strategic", "contribution_fertility"]
    scored = blocks[blocks["score_mean"].notna()]
    parts = sum(as_floats(scored[name].fillna(0)) for name in names)
    gap = np.abs(parts - as_floats(scored["score_mean"]))
    wrong = gap > SCORE_TOLERANCE
    faults = [f"the contributions of {int(wrong.sum())} blocks do not add up to their score"] if wrong.any() else []
    return finding_of(
        "explanation_adds_up",
        faults,
        scored[wrong][["block_id", "score_mean", *names]],
        f"{len(scored)} scores are the sum of their contributions",
        {"blocks_scored": len(scored), "largest_gap_points": float(gap.max(initial=0.0))},
    )


def robustness_finding(robustness: pd.DataFrame | None) -> Finding:
    """The ranking survives other prices, weights and distances (Kendall tau and top-k Jaccard at least 0.6)."""
    if robustness is None or not len(robustness):
        return Finding("robustness", True, "no robustness table was made", numbers={"comparisons": 0})
    broken = robustness[robustness["is_robust"].fillna(True).astype(bool) == False]  # noqa: E712 - a nullable column
    told = [c for c in ("kind", "test", "setting", "kendall_tau", "jaccard", "note") if c in broken.columns]
    faults = [
        ", ".join(f"{c} {row[c]:.2f}" if isinstance(row[c], float) else str(row[c]) for c in told if pd.notna(row[c]))
        for _, row in broken.iterrows()
    ]
    numbers = {"comparisons": float(len(robustness)), "comparisons_not_robust": float(len(broken))}
    for column in ("kendall_tau", "jaccard"):
        if column in robustness.columns:
            numbers[f"least_{column}"] = float(np.nanmin(as_floats(robustness[column]), initial=1.0))
    return finding_of("robustness", faults, broken, f"robust in {len(robustness)} comparisons", numbers)


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
    names = dict.fromkeys(name for f in findings for name in f.numbers)
    numbers = {n: sum(f.numbers.get(n, 0.0) for f in findings) for n in names}  # counts, which add up
    if not failed:
        return Finding(name, True, "; ".join(f.reason for f in findings[:1]), numbers=numbers)
    told = "; ".join(f.reason for f in failed)
    return Finding(name, False, told, failed[0].rows, sum(f.count for f in failed), numbers)


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


def as_floats(values: pd.Series) -> np.ndarray:
    """The numbers of a column, NaN where there is none."""
    return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
