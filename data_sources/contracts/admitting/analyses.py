"""Analysis columns -> canonical columns with units judged, censored values marked, derived totals recognised.

Canonical: ``<Element>_ppm`` and ``<Oxide>_pct``, each with ``<column>_censored``. A trace oxide becomes its element.

Belongs here: what happens to a table's chemistry at the door. Does not belong here: transforms (``scoring.ground``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.chemistry import SUMMED_OXIDES, AnalysisColumn, parse_column
from data_sources.contracts.admitting.evidence import DOUBTFUL, MARK_RATIO, MIXED, UnitFinding, apart, judge
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.values import NO_LIMIT, ZERO_LIMIT, Numbers, parse_numbers
from data_sources.reference.lanthanides import lanthanides

NOT_ANALYSED = "every {0} of the row is 0: read as not analysed (missing), not as below detection"
OVER_MILLION = "more than 1,000,000 ppm: impossible"
OVER_HUNDRED = "more than 100 %: impossible"
OXIDE_SUM = "oxides and ignition loss add up to more than 102 %"
REE_SHARE = "rare earths above 5 %: outside what sediments and wastes hold; check the unit"
OXIDE_SUM_LIMIT_PCT = 102.0
REE_LIMIT_PPM = 50_000.0
_WHOLE_GROUP = 5  # so many analytes of one method must be there before their all being 0 says "not analysed"


class Analyses:
    """The chemistry of one frame of n rows: ``columns`` canonical, ``report`` what was found."""

    def __init__(self) -> None:
        self.columns: dict[str, np.ndarray] = {}
        self.findings: list[UnitFinding] = []
        self.censoring: dict[str, dict[str, Any]] = {}
        self.derived: list[dict[str, Any]] = []
        self.unused: list[dict[str, str]] = []


def read_analyses(
    frame: pd.DataFrame, names: Mapping[str, AnalysisColumn], units: Mapping[str, object], ledger: Ledger
) -> Analyses:
    """Read every analysis column of a raw frame.

    Parameters
    ----------
    frame : raw columns, n rows. names : raw column -> parsed name. units : raw or canonical column -> what the card says.
    """
    out = Analyses()
    parsed: dict[str, Numbers] = {}
    totals: list[AnalysisColumn] = []
    raw_of: dict[str, str] = {}
    for raw, column in names.items():
        if column.species.kind == "total_ree":
            totals.append(column)
            continue
        target = column.species.target
        if target in raw_of:
            first = names[raw_of[target]]
            better = column.species.kind == "element" and first.species.kind == "oxide"
            better |= bool(first.unknown_unit) and not column.unknown_unit
            loser = raw_of[target] if better else raw
            out.unused.append({"column": loser, "why": f"another column gives {target}"})
            if not better:
                continue
        raw_of[target] = raw
    for target, raw in raw_of.items():
        column = names[raw]
        numbers = parse_numbers(frame[raw], censorable=True)
        card = next((units[k] for k in (raw, target, raw.replace("\ufeff", "").strip()) if k in units), None)
        finding = judge(column, numbers.values, card)
        out.findings.append(finding)
        if not finding.used:
            ledger.hold_column(raw, finding.evidence, finding.reason)
            continue
        if finding.ratio is not None and not 1 / MARK_RATIO < finding.ratio < MARK_RATIO:
            ledger.mark_column(raw, finding.evidence, DOUBTFUL)
        ledger.mark(apart(numbers.values, numbers.censored), raw, frame[raw], MIXED)
        parsed[target] = numbers
        factor = column.species.factor(finding.stated_unit)
        with np.errstate(invalid="ignore"):
            out.columns[target] = numbers.values * factor if factor != 1.0 else numbers.values
        out.columns[f"{target}_censored"] = numbers.censored
    _not_analysed(frame, out, parsed, raw_of, ledger)
    for target, numbers in parsed.items():
        raw = raw_of[target]
        for reason, at in numbers.notes.items():
            ledger.mark(at, raw, frame[raw], reason)
        _limits(out, target, raw, numbers)
    _impossible(frame, out, raw_of, ledger)
    for total in totals:
        out.derived.append(_recompute_total(frame, total, out))
    return out


def _not_analysed(
    frame: pd.DataFrame, out: Analyses, parsed: dict[str, Numbers], raw_of: dict[str, str], ledger: Ledger
) -> None:
    """A row whose every oxide (or rare earth, or other trace) is 0 was not analysed: silica is never below detection."""
    groups = {
        "major oxide": [t for t in parsed if t.endswith("_pct") and t != "LOI_pct"],
        "rare earth": [t for t in parsed if t.removesuffix("_ppm") in lanthanides()],
        "other trace element": [
            t for t in parsed if t.endswith("_ppm") and t.removesuffix("_ppm") not in lanthanides()
        ],
    }
    for word, targets in groups.items():
        if len(targets) < _WHOLE_GROUP:
            continue
        blank = np.ones(len(frame), dtype=bool)
        any_zero = np.zeros(len(frame), dtype=bool)
        for t in targets:
            zero = np.zeros(len(frame), dtype=bool)
            zero[parsed[t].notes.get(ZERO_LIMIT, np.array([], dtype=int))] = True
            blank &= zero | np.isnan(parsed[t].values)
            any_zero |= zero
        blank &= any_zero
        if not blank.any():
            continue
        for t in targets:
            out.columns[t] = np.where(blank, np.nan, out.columns[t])
            out.columns[f"{t}_censored"] = out.columns[f"{t}_censored"] & ~blank
            notes = parsed[t].notes
            if ZERO_LIMIT in notes:
                notes[ZERO_LIMIT] = notes[ZERO_LIMIT][~blank[notes[ZERO_LIMIT]]]
        ledger.mark(
            blank,
            f"{len(targets)} columns, {raw_of[targets[0]]} to {raw_of[targets[-1]]}",
            "0",
            NOT_ANALYSED.format(word),
        )


def _limits(out: Analyses, target: str, raw: str, numbers: Numbers) -> None:
    censored = out.columns[f"{target}_censored"]
    count = int(censored.sum())
    if not count:
        return
    zeros = len(numbers.notes.get(ZERO_LIMIT, ())) + len(numbers.notes.get(NO_LIMIT, ()))
    limits = np.unique(out.columns[target][censored])
    out.censoring[target] = {
        "column": raw,
        "censored": count,
        "of_them_without_a_limit": zeros,
        "limits": [float(f"{v:.6g}") for v in limits[:8]],
        "distinct_limits": len(limits),
        "rule": "0 and '<DL' take the smallest positive value of the column; a 0 may also mean 'not analysed'",
    }


def _impossible(frame: pd.DataFrame, out: Analyses, raw_of: dict[str, str], ledger: Ledger) -> None:
    for target, raw in raw_of.items():
        values = out.columns.get(target)
        if values is None:
            continue
        with np.errstate(invalid="ignore"):
            over = values > (1e6 if target.endswith("_ppm") else 100.0)
        if over.any():
            ledger.hold(over, raw, frame[raw], OVER_MILLION if target.endswith("_ppm") else OVER_HUNDRED)
    total = np.zeros(len(frame))
    for oxide in SUMMED_OXIDES:
        values = out.columns.get(f"{oxide}_pct")
        if values is not None and not (oxide == "FeO" and _total_iron(out)):
            total += np.nan_to_num(values)
    over = total > OXIDE_SUM_LIMIT_PCT
    if over.any():
        ledger.hold(over, "sum of oxides", pd.Series([f"{v:.2f} %" for v in total[over]], dtype="str"), OXIDE_SUM)
    ree = np.zeros(len(frame))
    for element in lanthanides():
        values = out.columns.get(f"{element}_ppm")
        if values is not None:
            ree += np.nan_to_num(values)
    over = ree > REE_LIMIT_PPM
    if over.any():
        ledger.hold(over, "sum of rare earths", pd.Series([f"{v:.0f} ppm" for v in ree[over]], dtype="str"), REE_SHARE)


def _total_iron(out: Analyses) -> bool:
    """Where both are given, Fe2O3 of these tables is total iron: FeO beside it would count iron twice."""
    return "Fe2O3_pct" in out.columns


def _recompute_total(frame: pd.DataFrame, column: AnalysisColumn, out: Analyses) -> dict[str, Any]:
    """A total of rare earths is derived: compare it with the usual sums of its own row; it is never used."""
    total = parse_numbers(frame[column.raw]).values
    printed = {e: _raw_scale(frame, out, e) for e in (*lanthanides(), "Y", "Sc")}
    have = {e: np.nan_to_num(v) for e, v in printed.items() if v is not None}
    rows = int(np.isfinite(total).sum())
    rule: dict[str, Any] = {"column": column.raw, "used": False, "rows": rows}
    missing = [e for e in lanthanides() if e not in have]
    if missing:
        return rule | {"formula": "cannot be recomputed", "missing": missing}
    fourteen = sum(have[e] for e in lanthanides())
    sums = {
        "sum of 14 (La to Lu), without Y": fourteen,
        "sum of 14 + La again - Lu, without Y": fourteen + have["La"] - have["Lu"],
    }
    if "Y" in have:
        sums["sum of 14 + Y"] = fourteen + have["Y"]
        if "Sc" in have:
            sums["sum of 14 + Y + Sc"] = fourteen + have["Y"] + have["Sc"]
    agreed = {}
    for name, value in sums.items():
        with np.errstate(invalid="ignore"):
            near = np.abs(total - value) <= np.maximum(0.005 * np.abs(value), 0.02)
        agreed[name] = int((near & np.isfinite(total)).sum())
    best = max(agreed, key=lambda k: agreed[k])
    found = agreed[best] >= 0.5 * max(1, rows)
    return rule | {
        "formula": best if found else "none of the usual sums",
        "rows_that_agree": agreed,
        "wrong": best != "sum of 14 + Y" or not found,
    }


def _raw_scale(frame: pd.DataFrame, out: Analyses, element: str) -> np.ndarray | None:
    """Values as printed, so that a total in the same printed unit can be compared whatever that unit is."""
    finding = next((f for f in out.findings if f.target == f"{element}_ppm"), None)
    return None if finding is None else parse_numbers(frame[finding.column]).values


def analysis_columns(columns: list[str], taken: set[str], field_map: Mapping[str, str]) -> dict[str, AnalysisColumn]:
    """Raw columns that read as analyses, ``taken`` ones left out; a ``field_map`` target names the species, the raw name the unit."""
    out: dict[str, AnalysisColumn] = {}
    for raw in columns:
        if raw in taken:
            continue
        own, mapped = parse_column(raw), parse_column(field_map[raw]) if raw in field_map else None
        if mapped is not None and (own is None or own.species.symbol != mapped.species.symbol):
            unit = own.stated_unit if own is not None else ""
            out[raw] = AnalysisColumn(raw, mapped.species, unit)
        elif own is not None:
            out[raw] = own
    return out
