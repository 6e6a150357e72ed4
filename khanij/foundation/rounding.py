"""Rounding to significant digits, so that what is published does not hang on the last bits of a sum.

Belongs here: the one rounding. Does not belong here: how many digits a column has (``contracts``, ``publishing``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

PUBLISHED_DIGITS = 9


def round_significant(values: ArrayLike, digits: int = PUBLISHED_DIGITS) -> NDArray[np.float64]:
    """Floats of any shape rounded to a number of significant digits; NaN and infinities pass through."""
    out = np.array(values, dtype=np.float64)
    usable = np.isfinite(out) & (np.abs(out) > 1e-280)
    x = out[usable]
    # 10**e with a whole e is exact up to 22 and the same on every machine up to 300, so the result is too.
    exponent = (digits - 1) - np.floor(np.log10(np.abs(x))).astype(np.int64)
    scale = np.float64(10.0) ** np.abs(exponent)
    with np.errstate(over="ignore"):
        rounded = np.where(exponent >= 0, np.round(x * scale) / scale, np.round(x / scale) * scale)
    out[usable] = np.where(np.isfinite(rounded), rounded, x)
    out[out == 0] = 0.0  # no negative zero
    return out
