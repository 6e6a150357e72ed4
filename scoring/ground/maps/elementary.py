"""``exp`` and ``log`` written so that a compiler turns loops over them into vector instructions.

Belongs here: elementary functions called from compiled loops. Does not belong here: what they are used for.

The mathematics library's own are called one number at a time, and differ in the last digit from one system to the next.
These are plain sums and products in float64, within 5e-16 (relative) of the true value, alike on every processor.
Compile the calling loop with ``error_model="numpy"``: a check for division by zero would keep it from vectorising.
A cached caller does not notice a change made here: touch its file.

Source: argument reduction after Cody & Waite 1980, *Software manual for the elementary functions*, ch. 5 and 6; ln 2 in
two parts after fdlibm (Sun Microsystems 1993).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ROUNDING = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number, kept in the lowest bits
_ROUNDING_BITS = 0x4338000000000000  # the same as bits: adding a small whole number to them adds it to the number
_SQRT_HALF = 0x3FE6A09E667F3BCD  # the bits of the root of 1/2


@njit(inline="always")
def _four_more(p, x, a, b, c, d):
    """Four steps of Horner's scheme."""
    return (((p * x + a) * x + b) * x + c) * x + d


@njit(inline="always")
def exp(x):
    """``e^x`` for x up to 709; 0 below -708; NaN stays NaN."""
    bounded = max(x, -708.0)
    shifted = bounded * _LOG2_E + _ROUNDING
    whole = shifted - _ROUNDING
    r = (bounded - whole * _LN2_HIGH) - whole * _LN2_LOW
    p = _four_more(1.0 / 6227020800.0, r, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0)
    p = _four_more(p, r, 1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0)
    p = _four_more(p, r, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0) * r + 1.0
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return p * power if x >= -708.0 else (x if x != x else 0.0)


@njit(inline="always")
def log(x):
    """``ln x`` for normal positive x; what it gives for zero or below is meaningless; NaN stays NaN."""
    bits = np.float64(x).view(np.int64)
    power = (bits - _SQRT_HALF) >> 52  # x = m 2^power with m between the roots of 1/2 and 2
    m = np.int64(bits - (power << 52)).view(np.float64)
    exponent = np.int64(power + _ROUNDING_BITS).view(np.float64) - _ROUNDING
    t = (m - 1.0) / (m + 1.0)
    t2 = t * t
    p = _four_more(2.0 / 19.0, t2, 2.0 / 17.0, 2.0 / 15.0, 2.0 / 13.0, 2.0 / 11.0)
    p = _four_more(p, t2, 2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0)
    tail = p * t2 * t + exponent * _LN2_LOW
    out = exponent * _LN2_HIGH + (2.0 * t + tail)
    return out if x == x else x


# the same in float32: 16 numbers an instruction where float64 has 8
_F = np.float32
_ROUNDING_32, _SQRT_HALF_32, _BIAS_32, _MANTISSA_BITS_32 = (
    _F(12582912.0),
    np.int32(0x3F3504F3),
    np.int32(127),
    np.int32(23),
)
_ZERO_32, _ONE_32, _LEAST_32, _LIFT_32, _LIFT_BITS_32 = _F(0), _F(1), _F(1.1754944e-38), _F(2.0**24), _F(24)
_LOWEST_POWER_32 = _F(-126)
_L0, _L1, _L2, _L3 = (_F(2 / np.log(2) / k) for k in (1, 3, 5, 7))  # log2((1 + t) / (1 - t)) = L0 t + L1 t^3 + ...
_E1, _E2, _E3, _E4, _E5, _E6 = (_F(np.log(2) ** k / math.factorial(k)) for k in range(1, 7))  # 2^q = 1 + E1 q + ...


@njit(inline="always")
def _split(x):
    """Mantissa between the roots of 1/2 and 2, and the power of two, of a float32 above 0."""
    small = x < _LEAST_32
    lifted = x * _LIFT_32 if small else x
    bits = np.float32(lifted).view(np.int32)
    power = np.int32(np.int32(bits - _SQRT_HALF_32) >> _MANTISSA_BITS_32)
    mantissa = np.int32(bits - np.int32(power << _MANTISSA_BITS_32)).view(np.float32)
    exponent = np.float32(power)
    return mantissa, exponent - _LIFT_BITS_32 if small else exponent


@njit(inline="always")
def power_product(a, b, g, h, g_high, g_low, h_high, h_low):
    """``a^g b^h`` of float32 in 0..1, within 4e-7 (relative) down to 1e-37; 0 where b is 0; NaN stays NaN.

    ``g_high`` and ``h_high`` are g and h cut to 12 bits and ``g_low``, ``h_low`` what is left (``cut``), so that they
    times an exponent are exact, and the sum of the two keeps the digits after the point.
    """
    a_mantissa, a_exponent = _split(a)
    b_mantissa, b_exponent = _split(b)
    a_one, b_one = a_mantissa + _ONE_32, b_mantissa + _ONE_32
    both = _ONE_32 / (a_one * b_one)
    s, t = (a_mantissa - _ONE_32) * b_one * both, (b_mantissa - _ONE_32) * a_one * both
    s2, t2 = s * s, t * t
    a_log = ((_L3 * s2 + _L2) * s2 + _L1) * s2 + _L0
    b_log = ((_L3 * t2 + _L2) * t2 + _L1) * t2 + _L0
    exact = g_high * a_exponent + h_high * b_exponent
    rest = (g_low * a_exponent + h_low * b_exponent) + (g * (s * a_log) + h * (t * b_log))
    shifted = max(exact + rest, _LOWEST_POWER_32) + _ROUNDING_32
    q = (exact - (shifted - _ROUNDING_32)) + rest
    p = (((((_E6 * q + _E5) * q + _E4) * q + _E3) * q + _E2) * q + _E1) * q + _ONE_32
    scale = np.int32(np.int32(np.float32(shifted).view(np.int32) + _BIAS_32) << _MANTISSA_BITS_32).view(np.float32)
    known = b if b != b else p * scale
    return _ZERO_32 if b <= _ZERO_32 else known


def cut(g: float) -> tuple[np.float32, np.float32]:
    """g in 0..1 as a float32 of 12 bits and what is left of it."""
    high = round(g * 4096) / 4096
    return np.float32(high), np.float32(g - high)
