"""Units judged by evidence: a column whose median is far off the crust in its stated unit is held until a card says why.

Rule: with m the median of the reported values in the stated unit and c the upper-crust abundance, a column is held where
m / c >= 100 or <= 1/100, and marked (kept) where it is beyond 20. Survey media differ from the crust by a factor of a few;
a wrong unit label moves a column by 1,000 (ppb against ppm) or 10,000 (percent against ppm). Nothing is ever rescaled here.

Belongs here: which unit a column has, and whether to believe it. Does not belong here: single values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.contracts.admitting.chemistry import AnalysisColumn

HOLD_RATIO = 100.0
MARK_RATIO = 20.0
LEAST_VALUES = 3

DOUBTFUL = "UNIT: the values are 20 to 100 times off the crust in the stated unit; used, but check the unit"
MIXED = "UNIT: the value stands 100 times or more apart from the rest of the column, with nothing between: mixed units?"
_LEAST_SHARE = 0.01

_DO = "say the unit in the card (units: {column: unit}) with a reason"
HELD_EVIDENCE = f"UNIT: the values contradict the stated unit; the column is held and not used until you {_DO}"
HELD_UNKNOWN = f"UNIT: the unit is not known; the column is held and not used until you {_DO}"


@dataclass(frozen=True)
class UnitFinding:
    """What was found out about one analysis column; ``used`` False means held."""

    column: str
    target: str
    label_unit: str
    stated_unit: str
    stated_by: str
    median: float | None
    expected: float | None
    ratio: float | None
    fits_unit: str
    used: bool
    note: str

    @property
    def reason(self) -> str:
        """Why the column is held, the same words for every column."""
        return HELD_UNKNOWN if self.expected is None and self.ratio is None else HELD_EVIDENCE

    @property
    def evidence(self) -> str:
        """Stated unit, median, expectation and ratio in one line."""
        unit = self.stated_unit or "no unit"
        if self.ratio is None:
            return f"stated {unit} ({self.stated_by}), median {self.median}"
        fits = f"; the values would fit {self.fits_unit}" if self.fits_unit else ""
        return f"stated {unit} ({self.stated_by}): median {self.median}, expected {self.expected}, ratio {self.ratio}{fits}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a report."""
        return asdict(self)


def card_unit(entry: object) -> tuple[str | None, str, bool]:
    """(unit, reason, insists) from what a card says: a text, a mapping, or an object with ``unit`` and ``reason``."""
    if entry is None:
        return None, "", False
    if isinstance(entry, str):
        unit, reason, insists = entry, "", False
    elif isinstance(entry, Mapping):
        unit, reason = str(entry.get("unit", "")), str(entry.get("reason", ""))
        insists = bool(entry.get("despite_evidence", False))
    else:
        unit, reason = str(getattr(entry, "unit", "")), str(getattr(entry, "reason", ""))
        insists = bool(getattr(entry, "despite_evidence", False))
    return unit_of(unit) or f"?{unit}", reason, insists and bool(reason)


def stated_unit(column: AnalysisColumn, card: object = None) -> tuple[str, str]:
    """(unit, who says it) of an analysis column; the unit starts with ``?`` where nobody knows it."""
    said, _, _ = card_unit(card)
    if said is not None:
        return said, str(card.get("by", "card")) if isinstance(card, Mapping) else "card"
    if column.stated_unit:
        return column.stated_unit, "column name"
    if column.unknown_unit:
        return f"?{column.unknown_unit}", "column name"
    return column.species.default_unit, "contract (the column states none)"


def judge(column: AnalysisColumn, values: np.ndarray, card: object = None) -> UnitFinding:
    """Decide the unit of one analysis column.

    Parameters
    ----------
    column : the parsed name. values : raw numbers of shape (n,), censored values at their limit, NaN as missing.
    card : what the source card says of this column (see ``card_unit``), or None.

    Returns
    -------
    UnitFinding ; ``used`` is False for an unknown unit and for one that the values contradict.
    """
    species = column.species
    said, reason, insists = card_unit(card)
    label = column.stated_unit or column.unknown_unit
    unit, by = stated_unit(column, card)
    known = values[np.isfinite(values)]
    median = float(np.median(known)) if len(known) else None
    if unit not in PPM_PER_UNIT:
        note = f"{HELD_UNKNOWN.removeprefix('UNIT: ')} (the source says {unit.lstrip('?')!r})"
        said_unit = unit.lstrip("?")
        return UnitFinding(column.raw, species.target, label, said_unit, by, _r(median), None, None, "", False, note)
    expected = None if species.crust_ppm is None else species.crust_ppm / PPM_PER_UNIT[unit]
    confirmed = said is not None and column.stated_unit not in ("", said)
    prefix = f"the label says {label}, the card says {said}: {reason or 'no reason given'}. " if confirmed else ""

    def finding(used: bool, note: str, ratio: float | None = None, fits: str = "") -> UnitFinding:
        return UnitFinding(
            column.raw, species.target, label, unit, by, _r(median), _r(expected), _r(ratio), fits, used, prefix + note
        )

    if median is None or len(known) < LEAST_VALUES:
        return finding(True, f"fewer than {LEAST_VALUES} values: the unit is taken as stated")
    if expected is None:
        return finding(True, "no crustal abundance at hand: the unit is taken as stated")
    if median <= 0:
        return finding(True, "no positive median: the unit is taken as stated")
    ratio = median / expected
    off = max(ratio, 1 / ratio)
    if off < MARK_RATIO:
        return finding(True, "agrees with the crust", ratio, unit)
    fits = _unit_that_fits(median, species.crust_ppm or 1.0)
    hint = f"the values would fit {fits}" if fits and fits != unit else "no unit fits well"
    if off < HOLD_RATIO * (1 - 1e-9):
        return finding(True, f"{off:.0f} times off the crust: used, but doubtful; {hint}", ratio, fits)
    if insists:
        return finding(True, f"{off:.0f} times off the crust; used because the card insists", ratio, fits)
    note = (
        f"{HELD_EVIDENCE.removeprefix('UNIT: ')}: median {median:.4g} {unit} against {expected:.4g} {unit} in the crust "
        f"({off:.0f} times off); {hint}"
    )
    return finding(False, note, ratio, fits)


def apart(values: np.ndarray, censored: np.ndarray) -> np.ndarray:
    """Positions of the smaller of two populations of a column that a gap of two decades separates; empty where there is one.

    Both must hold at least 1 % of the reported (not censored) values and at least three: one outlier is no population.
    """
    at = np.flatnonzero(np.isfinite(values) & (values > 0) & ~censored)
    if len(at) < 2 * LEAST_VALUES:
        return at[:0]
    known = values[at]
    if np.log10(known.max()) - np.log10(known.min()) < 2.0:
        return at[:0]
    logs = np.log10(known)
    order = np.argsort(logs, kind="stable")
    gaps = np.diff(logs[order])
    least = max(LEAST_VALUES, int(np.ceil(_LEAST_SHARE * len(at))))
    inner = gaps[least - 1 : len(at) - least]
    if not len(inner) or inner.max() < 2.0:
        return at[:0]
    cut = int(inner.argmax()) + least
    low, high = order[:cut], order[cut:]
    return np.sort(at[low if len(low) < len(high) else high])


def _unit_that_fits(median: float, crust_ppm: float) -> str:
    off = {u: abs(np.log10(median * k / crust_ppm)) for u, k in PPM_PER_UNIT.items()}
    best = min(off, key=lambda u: off[u])
    return best if off[best] < np.log10(MARK_RATIO) else ""


def _r(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
