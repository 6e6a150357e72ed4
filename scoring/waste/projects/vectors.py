"""The exponential of a whole row at once, in the processor's vectors; the library's takes one number at a time.

Belongs here: elementary functions on rows that a loop of library calls would make slow. Does not belong here: streams.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_PER_LN2 = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TO_WHOLE = 6755399441055744.0
"""2^52 + 2^51: added to a number below 2^51 it leaves the nearest whole number in the low bits."""
_SHIFT = np.int64(52)


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(a, scratch):
    """Replace ``a`` (K,) by ``exp(a)``, within two units of the last place; beyond +-700 that of +-700.

    ``exp(x) = 2^n exp(r)``, ``n`` the whole number nearest to ``x / ln 2`` and ``|r| <= ln 2 / 2``: a polynomial of degree
    13, and n added to the exponent's bits. ``scratch`` (K,) is overwritten. The same bytes on every processor.
    """
    for k in range(a.shape[0]):
        x = min(700.0, max(-700.0, a[k]))
        whole = x * _PER_LN2 + _TO_WHOLE
        scratch[k] = whole
        n = whole - _TO_WHOLE
        r = (x - n * _LN2_HIGH) - n * _LN2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        a[k] = p * r + 1.0
    bits, steps = a.view(np.int64), scratch.view(np.int64)
    for k in range(a.shape[0]):
        bits[k] += steps[k] << _SHIFT
