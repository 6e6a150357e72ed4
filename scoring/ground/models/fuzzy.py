"""Fuzzy overlay: memberships and operators, for ground without training points.

Belongs here: values -> 0..1, and 0..1 -> 0..1. Does not belong here: choosing midpoints from known deposits.

float32 in gives float32 out, in one pass without temporaries of the grid's size; a missing input is a missing output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError
from scoring.ground.maps import elementary

Floats = NDArray[Any]


def _floating(x: ArrayLike) -> Floats:
    out = np.asarray(x)
    return out if out.dtype in (np.float32, np.float64) else out.astype(np.float64)


@njit(parallel=True, cache=True)
def _large_small(x, midpoint, spread, sign, out):
    for i in prange(x.size):
        v = x[i]
        if np.isnan(v):
            out[i] = np.nan
        elif v <= 0:
            out[i] = 0.0 if sign < 0 else 1.0
        else:
            out[i] = 1.0 / (1.0 + (v / midpoint) ** (sign * spread))


def _run(x: ArrayLike, midpoint: float, spread: float, sign: float) -> Floats:
    if not (midpoint > 0 and spread > 0):
        raise ScoringError(f"midpoint {midpoint} and spread {spread} must be positive")
    v = _floating(x)
    out = np.empty(v.shape, dtype=v.dtype)
    _large_small(np.ascontiguousarray(v).reshape(-1), float(midpoint), float(spread), sign, out.reshape(-1))
    return out


def large(x: ArrayLike, midpoint: float, spread: float = 5.0) -> Floats:
    """``1 / (1 + (x / midpoint)^-spread)``: large values belong; 0.5 at the midpoint, 0 at and below zero."""
    return _run(x, midpoint, spread, -1.0)


def small(x: ArrayLike, midpoint: float, spread: float = 5.0) -> Floats:
    """``1 / (1 + (x / midpoint)^spread)``: small values belong; 0.5 at the midpoint, 1 at and below zero."""
    return _run(x, midpoint, spread, 1.0)


def gaussian(x: ArrayLike, midpoint: float, spread: float = 0.1) -> Floats:
    """``exp(-spread (x - midpoint)^2)``: values near the midpoint belong; 1 at the midpoint."""
    if not spread > 0:
        raise ScoringError(f"spread {spread} must be positive")
    v = _floating(x)
    d = v - v.dtype.type(midpoint)
    return np.asarray(np.exp(-v.dtype.type(spread) * d * d))


def logistic(x: ArrayLike, midpoint: float, slope: float = 1.0) -> Floats:
    """``1 / (1 + exp(-slope (x - midpoint)))``: for scores that may be negative, such as robust z."""
    v = _floating(x)
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-v.dtype.type(slope) * (v - v.dtype.type(midpoint)))))


_LEAST = 2.3e-308  # products below the least normal float64 are 0
_AND, _OR, _PRODUCT, _SUM, _GAMMA = range(5)
_CHUNK = 4096  # cells whose accumulators stay in the first-level cache while every layer passes over them


@njit(parallel=True, cache=True, error_model="numpy")
def _combine(stack, code, gamma, out):
    """Write the overlay and return how many cells hold a value outside 0..1; each layer is read once, in order.

    ``furthest`` keeps each cell's largest distance from 0.5: a plain element-wise maximum, which vectorises where a
    count would not.
    """
    layers, n = stack.shape
    outside = 0
    one = stack.dtype.type(1.0)
    half = stack.dtype.type(0.5)
    for block in prange((n + _CHUNK - 1) // _CHUNK):
        start = block * _CHUNK
        stop = min(n, start + _CHUNK)
        size = stop - start
        first = out[start:stop]
        furthest = np.empty(size, dtype=stack.dtype)
        total = np.empty(size if code == 4 else 0, dtype=stack.dtype)
        row = stack[0, start:stop]
        for i in range(size):
            furthest[i] = abs(row[i] - half)
            first[i] = one - row[i] if code == 3 else row[i]
        if code == 4:
            for i in range(size):
                total[i] = row[i]
        for j in range(1, layers):
            row = stack[j, start:stop]
            if code == 0:
                for i in range(size):
                    # NaN on either side wins: neither comparison with it is true
                    first[i] = first[i] if (row[i] >= first[i]) | (first[i] != first[i]) else row[i]
            elif code == 1:
                for i in range(size):
                    first[i] = first[i] if (row[i] <= first[i]) | (first[i] != first[i]) else row[i]
            elif code == 3:
                for i in range(size):
                    first[i] *= one - row[i]
            else:
                for i in range(size):
                    first[i] *= row[i]
            if code == 4:
                for i in range(size):
                    total[i] += (one - total[i]) * row[i]
            for i in range(size):
                d = abs(row[i] - half)
                furthest[i] = d if d > furthest[i] else furthest[i]
        if code == 3:
            for i in range(size):
                first[i] = one - first[i]
        elif code == 4:
            for i in range(size):
                product = np.float64(first[i])
                power = gamma * elementary.log(np.float64(total[i])) + (1.0 - gamma) * elementary.log(product)
                first[i] = 0.0 if product < _LEAST else elementary.exp(power)
        bad = 0
        for i in range(size):
            bad += furthest[i] > half
        outside += bad
    return outside


@njit(parallel=True, cache=True, error_model="numpy")
def _gamma_32(stack, g, h, g_high, g_low, h_high, h_low, out):
    """``_combine`` for the gamma of float32: sums and powers in one loop with the last layer's reading."""
    layers, n = stack.shape
    outside = 0
    one = np.float32(1.0)
    half = np.float32(0.5)
    for block in prange((n + _CHUNK - 1) // _CHUNK):
        start = block * _CHUNK
        stop = min(n, start + _CHUNK)
        size = stop - start
        product = np.empty(size, dtype=np.float32)
        total = np.empty(size, dtype=np.float32)
        furthest = np.empty(size, dtype=np.float32)
        if layers > 2:
            one_row, other_row = stack[0, start:stop], stack[1, start:stop]
            for i in range(size):
                product[i] = one_row[i] * other_row[i]
                total[i] = one_row[i] + (one - one_row[i]) * other_row[i]
                d, e = abs(one_row[i] - half), abs(other_row[i] - half)
                d = (
                    d if d > 0 else np.float32(0.0)
                )  # a missing value is not out of range, and must not hide one that is
                furthest[i] = e if e > d else d
        else:
            for i in range(size):
                product[i], total[i], furthest[i] = one, np.float32(0.0), np.float32(0.0)
        for j in range(2 if layers > 2 else 0, layers - 1):
            row = stack[j, start:stop]
            for i in range(size):
                product[i] *= row[i]
                total[i] += (one - total[i]) * row[i]
                d = abs(row[i] - half)
                furthest[i] = d if d > furthest[i] else furthest[i]
        row = stack[layers - 1, start:stop]
        result = out[start:stop]
        for i in range(size):
            d = abs(row[i] - half)
            furthest[i] = d if d > furthest[i] else furthest[i]
            sum_of_all = total[i] + (one - total[i]) * row[i]
            result[i] = elementary.power_product(sum_of_all, product[i] * row[i], g, h, g_high, g_low, h_high, h_low)
        bad = 0
        for i in range(size):
            bad += furthest[i] > half
        outside += bad
    return outside


def _overlay(stack: Floats, code: int, gamma: float, out: Floats) -> int:
    if code == _GAMMA and stack.dtype == np.float32:
        (g_high, g_low), (h_high, h_low) = elementary.cut(gamma), elementary.cut(1 - gamma)
        g, h = np.float32(gamma), np.float32(1 - gamma)
        return int(_gamma_32(stack, g, h, g_high, g_low, h_high, h_low, out))
    return int(_combine(stack, code, float(gamma), out))


def _operate(memberships: Sequence[ArrayLike] | ArrayLike, code: int, gamma: float = 0.0) -> Floats:
    if isinstance(memberships, np.ndarray):
        stack = _floating(memberships)
    else:
        stack = np.stack([_floating(m) for m in memberships])  # type: ignore[union-attr]
    if stack.shape[0] == 0:
        raise ScoringError("no membership to combine")
    out = np.empty(stack.shape[1:], dtype=stack.dtype)
    if _overlay(np.ascontiguousarray(stack).reshape(stack.shape[0], -1), code, gamma, out.reshape(-1)):
        raise ScoringError("memberships must lie in 0..1", do="turn values into memberships first")
    return out


def fuzzy_and(memberships: Sequence[ArrayLike] | ArrayLike) -> Floats:
    """Minimum of the memberships (layers along the first axis)."""
    return _operate(memberships, _AND)


def fuzzy_or(memberships: Sequence[ArrayLike] | ArrayLike) -> Floats:
    """Maximum of the memberships."""
    return _operate(memberships, _OR)


def fuzzy_product(memberships: Sequence[ArrayLike] | ArrayLike) -> Floats:
    """``prod mu_i``: never above the smallest."""
    return _operate(memberships, _PRODUCT)


def fuzzy_sum(memberships: Sequence[ArrayLike] | ArrayLike) -> Floats:
    """Algebraic sum ``1 - prod (1 - mu_i)``: never below the largest."""
    return _operate(memberships, _SUM)


def fuzzy_gamma(memberships: Sequence[ArrayLike] | ArrayLike, gamma: float) -> Floats:
    """``sum^gamma product^(1 - gamma)``, gamma 0..1; 0 is the product, 1 the algebraic sum.

    Source: Zimmermann & Zysno 1980; An, Moon & Rencz 1991; Bonham-Carter 1994, ch. 9.
    """
    if not 0 <= gamma <= 1:
        raise ScoringError(f"gamma {gamma} is not in 0..1", field="fuzzy_gamma")
    if gamma in (0, 1):  # the ends are exact, and 0^0 is not asked for
        return _operate(memberships, _SUM if gamma else _PRODUCT)
    return _operate(memberships, _GAMMA, gamma)
