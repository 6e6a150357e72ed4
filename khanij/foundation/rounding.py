"""Rounding to significant digits, so that what is published does not hang on the last bits of a sum.

Belongs here: the one rounding. Does not belong here: how many digits a column has (``contracts``, ``publishing``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

PUBLISHED_DIGITS = 9
_SMALLEST = 1e-280


def round_significant(values: ArrayLike, digits: int = PUBLISHED_DIGITS) -> NDArray[np.float64]:
    """Floats of any shape rounded to a number of significant digits; NaN and infinities pass through."""
    import numpy as np

    out = np.array(values, dtype=np.float64)
    usable = np.isfinite(out) & (np.abs(out) > _SMALLEST)
    x = out[usable]
    # 10**e with a whole e is exact up to 22 and the same on every machine up to 300, so the result is too.
    exponent = (digits - 1) - np.floor(np.log10(np.abs(x))).astype(np.int64)
    scale = np.float64(10.0) ** np.abs(exponent)
    with np.errstate(over="ignore"):
        rounded = np.where(exponent >= 0, np.round(x * scale) / scale, np.round(x / scale) * scale)
    out[usable] = np.where(np.isfinite(rounded), rounded, x)
    out[out == 0] = 0.0  # no negative zero
    return out


def round_one(value: float, digits: int = PUBLISHED_DIGITS) -> float:
    """One float rounded as ``round_significant`` rounds it, without numpy: a reader of one row need not load it."""
    if not math.isfinite(value) or abs(value) <= _SMALLEST:
        return value or 0.0
    exponent = (digits - 1) - math.floor(math.log10(abs(value)))
    scale = 10.0 ** abs(exponent)
    scaled = value * scale if exponent >= 0 else value / scale
    if not math.isfinite(scaled):
        return value
    rounded = float(round(scaled)) / scale if exponent >= 0 else float(round(scaled)) * scale
    return (rounded if math.isfinite(rounded) else value) or 0.0
