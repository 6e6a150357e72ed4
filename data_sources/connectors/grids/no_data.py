"""Cells that hold no data though nobody declared it: blanks beyond any measurement, and the field's usual sentinels.

Belongs here: the evidence and the line that is said of it. Does not belong here: declared no data (the readers), or which
numbers are sentinels (``admitting.cells.sentinels`` lists them for tables and grids alike).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_sources.contracts.admitting.cells.sentinels import HUGE, NUMBER_SENTINELS

_WHOLE = (-32767.0, 65535.0, -2147483647.0, 32767.0, 2147483647.0)
"""Ends of whole-number types, which programs write for a blank."""
_CANDIDATES = tuple(sorted({*NUMBER_SENTINELS, *_WHOLE}))
_ALONE = 0.5
_REPEATED = 10


def without_no_data(values: NDArray[np.float32], names: tuple[str, ...]) -> tuple[NDArray[np.float32], list[str]]:
    """Bands of shape (band, row, column) with NaN where a cell holds no data, in place, and a line for each number found.

    A number of absolute value 1e30 or more is none. A usual sentinel (-9999, 1e20) is none where it stands alone: farther
    from all other values than half their range, or repeated ten times among values that are no whole numbers. One that the
    values reach stays, and that is said.
    """
    notes = []
    for band, name in zip(values, names):
        label = f" in {name}" if len(names) > 1 else ""
        with np.errstate(invalid="ignore"):
            huge = np.isinf(band) | (np.abs(band) >= HUGE)
        if huge.any():
            shown = ", ".join(f"{v:.7g}" for v in np.unique(band[huge])[:3])
            notes.append(f"{_share(huge)}{label} hold {shown}, beyond any measurement: no data")
            band[huge] = np.nan
        notes += [f"{line[0]}{label} {line[1]}" for line in _sentinels(band)]
    return values, notes


def _share(hit: NDArray[np.bool_]) -> str:
    return f"{int(hit.sum()):,} cells ({100 * hit.mean():.3g} %)"


def _sentinels(band: NDArray[np.float32]) -> list[tuple[str, str]]:
    candidates = np.array(_CANDIDATES, dtype="float32")
    hit = np.isin(band, candidates)
    if not hit.any():
        return []
    rest = band[~hit & np.isfinite(band)]
    low, high = (float(rest.min()), float(rest.max())) if len(rest) else (np.nan, np.nan)
    fractions = bool(len(rest)) and bool((rest != np.floor(rest)).any())
    out = []
    for number in np.unique(band[hit]):
        cells = band == number
        count, shown = int(cells.sum()), f"{float(number):.7g}"
        if not len(rest):
            why = "and nothing else"
        else:
            gap = max(low - float(number), float(number) - high, 0.0)
            alone = gap > _ALONE * (high - low)
            if not alone and not (fractions and count >= _REPEATED and float(number) == np.floor(number)):
                out.append(
                    (
                        _share(cells),
                        f"hold {shown}, a usual sentinel that the other values ({low:.6g} to {high:.6g}) reach: kept",
                    )
                )
                continue
            why = f"the other values are {low:.6g} to {high:.6g}"
        band[cells] = np.nan
        out.append((_share(cells), f"hold {shown}, which the file does not call no data ({why}): no data"))
    return out
