"""Exponential and logarithm of a whole row at once, in the processor's vectors; the library's take one number at a time.

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
_BITS_OF_2_52 = np.uint64(0x4330000000000000)
_2_52_AND_BIAS = 4503599627370496.0 + 1023.0
_ROOT_HALF = np.uint64(0x3FE6A09E667F3BCD)
_ONE_LESS_ROOT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_FRACTION = np.uint64(0x000FFFFFFFFFFFFF)


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


@njit(cache=True, nogil=True, error_model="numpy")
def logarithm(a, scratch):
    """Replace ``a`` (K,), normal numbers above 0, by ``ln a``, within two units of the last place.

    ``ln(2^n (1 + f)) = n ln 2 + ln(1 + f)`` with 1 + f between the square roots of 1/2 and 2;
    ``ln(1 + f) = f - s (f - R)``, ``s = f / (2 + f)``, ``R = 2 s^2 (1/3 + s^2/5 + s^4/7 + ...)`` (the series of the area
    tangent, of which 11 terms leave less than 1e-17). ``scratch`` (K,) is overwritten. The same bytes on every processor.
    """
    bits, powers = a.view(np.uint64), scratch.view(np.uint64)
    for k in range(a.shape[0]):
        moved = bits[k] + _ONE_LESS_ROOT_HALF
        powers[k] = (moved >> np.uint64(52)) | _BITS_OF_2_52
        bits[k] = (moved & _FRACTION) + _ROOT_HALF
    for k in range(a.shape[0]):
        n = scratch[k] - _2_52_AND_BIAS
        f = a[k] - 1.0
        s = f / (2.0 + f)
        z = s * s
        r = 2.0 / 23.0
        r = r * z + 2.0 / 21.0
        r = r * z + 2.0 / 19.0
        r = r * z + 2.0 / 17.0
        r = r * z + 2.0 / 15.0
        r = r * z + 2.0 / 13.0
        r = r * z + 2.0 / 11.0
        r = r * z + 2.0 / 9.0
        r = r * z + 2.0 / 7.0
        r = r * z + 2.0 / 5.0
        r = r * z + 2.0 / 3.0
        a[k] = n * _LN2_HIGH + (f - (s * (f - r * z) - n * _LN2_LOW))
