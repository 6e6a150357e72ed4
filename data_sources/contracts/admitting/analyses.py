"""Analysis columns -> canonical columns with units judged, censored values marked, derived totals recognised.

Canonical: ``<Element>_ppm`` and ``<Oxide>_pct``, each with ``<column>_censored``. A trace oxide becomes its element.

Belongs here: what happens to a table's chemistry at the door. Does not belong here: transforms (``scoring.ground``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.cells.decimals import OPEN, Mark
from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT
from data_sources.contracts.admitting.chemistry import (
    SUMMED_OXIDES,
    AnalysisColumn,
    names_analysis,
    parse_column,
)
from data_sources.contracts.admitting.evidence import (
    DOUBTFUL,
    MARK_RATIO,
    MIXED,
    UnitFinding,
    apart,
    judge,
    stated_unit,
)
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.admitting.values import ABOVE, NO_LIMIT, ZERO_LIMIT, Numbers, parse_numbers
from data_sources.reference.lanthanides import lanthanides

NOT_ANALYSED = "every {0} of the row is 0: read as not analysed (missing), not as below detection"
OVER_MILLION = "more than 1,000,000 ppm: impossible"
OVER_HUNDRED = "more than 100 %: impossible"
OXIDE_SUM = "oxides and ignition loss add up to more than 102 %"
REE_SHARE = "rare earths above 5 %: outside what sediments and wastes hold; check the unit"
SECOND = "taken where the first is above its range or empty"
OVER_RANGE = "above the first method's range: the second analysis of the element stands instead"
SECOND_FILLS = "two columns give the element and the first is empty here: the value of the second stands"
DIFFER = "two columns give the element and differ by more than half: the first is used"
PASSED_OVER = "names an element or oxide and is not understood: not used; name it in the card's field_map (validate: --map COLUMN=Cu_ppm), such as Cu_ppm"
DIFFER_TIMES = 1.5
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
    frame: pd.DataFrame,
    names: Mapping[str, AnalysisColumn],
    units: Mapping[str, object],
    ledger: Ledger,
    marks: Mapping[str, Mark],
) -> Analyses:
    """Read every analysis column of a raw frame.

    Parameters
    ----------
    frame : raw columns, n rows. names : raw column -> parsed name. units : raw or canonical column -> what the card says.
    marks : raw column -> its decimal mark, as judged for the file.
    """
    out = Analyses()
    parsed: dict[str, Numbers] = {}
    raw_of: dict[str, str] = {}
    for target, raws in _by_target(names).items():
        found = [read for raw in raws if (read := _read_column(frame, names[raw], units, marks.get(raw), out, ledger))]
        if not found:
            continue
        first = found[0]
        parsed[target], raw_of[target] = first.numbers, first.raw
        values, censored = first.values, first.numbers.censored
        for other in found[1:]:
            out.unused.append({"column": other.raw, "why": f"another column gives {target}: {SECOND}"})
            values, censored = _with_second(frame, values, censored, first, other, ledger)
        out.columns[target], out.columns[f"{target}_censored"] = values, censored
    _not_analysed(frame, out, parsed, raw_of, ledger)
    for target, numbers in parsed.items():
        raw = raw_of[target]
        for reason, at in numbers.notes.items():
            ledger.mark(at, raw, frame[raw], reason)
        _limits(out, target, raw, numbers)
    _impossible(frame, out, raw_of, ledger)
    for column in names.values():
        if column.species.kind == "total_ree":
            out.derived.append(_recompute_total(frame, column, out))
    return out


def _by_target(names: Mapping[str, AnalysisColumn]) -> dict[str, list[str]]:
    """Canonical column -> raw columns that give it: the element before its oxide, a known unit before an unknown one."""
    out: dict[str, list[str]] = {}
    for raw, column in names.items():
        if column.species.kind != "total_ree":
            out.setdefault(column.species.target, []).append(raw)
    for raws in out.values():
        raws.sort(key=lambda r: (bool(names[r].unknown_unit), names[r].species.kind == "oxide"))
    return out


class _Column(NamedTuple):
    """One analysis column that is used: its numbers as stated, and ``values`` in the canonical unit."""

    raw: str
    numbers: Numbers
    values: np.ndarray


def _read_column(
    frame: pd.DataFrame,
    column: AnalysisColumn,
    units: Mapping[str, object],
    mark: Mark | None,
    out: Analyses,
    ledger: Ledger,
) -> _Column | None:
    """Read and judge one column; None where it is held."""
    raw, target = column.raw, column.species.target
    card = next((units[k] for k in (raw, target, raw.replace("\ufeff", "").strip()) if k in units), None)
    unit, _ = stated_unit(column, card)
    numbers = parse_numbers(frame[raw], censorable=True, unit=unit if unit in PPM_PER_UNIT else None, decimal=mark)
    finding = judge(column, numbers.values, card)
    if OPEN in numbers.notes:  # one column of two readings: not half of it
        finding = replace(finding, used=False, note=OPEN)
        out.findings.append(finding)
        ledger.hold_column(raw, str(frame[raw].iloc[numbers.notes[OPEN][0]]), OPEN)
        return None
    out.findings.append(finding)
    if not finding.used:
        ledger.hold_column(raw, finding.evidence, finding.reason)
        return None
    if finding.ratio is not None and not 1 / MARK_RATIO < finding.ratio < MARK_RATIO:
        ledger.mark_column(raw, finding.evidence, DOUBTFUL)
    ledger.mark(apart(numbers.values, numbers.censored), raw, frame[raw], MIXED)
    factor = column.species.factor(finding.stated_unit)
    with np.errstate(invalid="ignore"):
        values = numbers.values * factor if factor != 1.0 else numbers.values
    return _Column(raw, numbers, values)


def _with_second(
    frame: pd.DataFrame, values: np.ndarray, censored: np.ndarray, first: _Column, other: _Column, ledger: Ledger
) -> tuple[np.ndarray, np.ndarray]:
    """Values of a second analysis where the first is above its range or missing; where both stand and differ, a mark."""
    over = np.zeros(len(values), dtype=bool)
    over[first.numbers.notes.get(ABOVE, np.array([], dtype=int))] = True
    known = np.isfinite(other.values) & ~other.numbers.censored
    instead = over & known
    filled = np.isnan(values) & np.isfinite(other.values)
    for where, reason in ((instead, OVER_RANGE), (filled, SECOND_FILLS)):
        text = [
            f"{_cell_text(frame, first.raw, i)} ({other.raw}: {_cell_text(frame, other.raw, i)})"
            for i in np.flatnonzero(where)
        ]
        ledger.mark(where, first.raw, pd.Series(text, dtype="str"), reason)
    both = np.isfinite(values) & known & ~censored & ~over
    with np.errstate(invalid="ignore", divide="ignore"):
        apart_by = np.abs(np.log(values / other.values))
    differ = both & (apart_by > np.log(DIFFER_TIMES))
    text = [
        f"{_cell_text(frame, first.raw, i)} ({other.raw}: {_cell_text(frame, other.raw, i)})"
        for i in np.flatnonzero(differ)
    ]
    ledger.mark(differ, first.raw, pd.Series(text, dtype="str"), DIFFER)
    if instead.any():  # the value is measured now: it is above no limit
        first.numbers.notes[ABOVE] = first.numbers.notes[ABOVE][~instead[first.numbers.notes[ABOVE]]]
    take = instead | filled
    return np.where(take, other.values, values), np.where(take, other.numbers.censored, censored)


def _cell_text(frame: pd.DataFrame, column: str, row: int | np.integer[Any]) -> str:
    value = frame[column].iloc[int(row)]
    return "" if pd.isna(value) else str(value)


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


def hold_passed_over(frame: pd.DataFrame, columns: list[str], ledger: Ledger) -> None:
    """A column of numbers that names an element and was not read is no remark but a finding."""
    for raw in columns:
        if names_analysis(raw) and np.isfinite(parse_numbers(frame[raw]).values).any():
            ledger.hold_column(raw, "", PASSED_OVER)
