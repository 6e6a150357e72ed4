"""Quantiles of a row of draws by selection, without sorting it: P10, P50, P90 (type 7) and the mean.

Belongs here: order statistics. Does not belong here: ranks.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def select(a, lo, hi, k):
    """Rearrange ``a[lo:hi + 1]`` so that position k holds what a sort would put there, and return it.

    Quickselect with a partition free of branches (Lomuto): what is below the pivot is moved forward by a comparison
    used as a number, so random draws cost no mispredicted jumps. The pivot of a long row is taken from a small sorted
    sample, a little to the far side of k, so that two passes usually close in on it (Floyd & Rivest 1975).
    """
    sample = np.empty(40)
    while hi - lo > 24:
        n = hi - lo + 1
        if n > 400:
            step = n // 40
            for i in range(40):
                v = a[lo + i * step]
                j = i - 1
                while j >= 0 and sample[j] > v:
                    sample[j + 1] = sample[j]
                    j -= 1
                sample[j + 1] = v
            at = 40.0 * (k - lo) / n
            margin = 0.9 * math.sqrt(max(1.0, at * (40.0 - at) / 40.0))
            place = int(at + margin) if 2 * (k - lo) < n else int(at - margin)
            pivot = sample[min(max(place, 0), 39)]
        else:
            x, y, z = a[lo + n // 8], a[lo + n // 2], a[hi - n // 8]
            pivot = max(min(x, y), min(max(x, y), z))
        if pivot != pivot:
            return pivot  # not a number has no place in an order: the answer is not a number, not an endless search
        below = lo
        for j in range(lo, hi + 1):
            v = a[j]
            a[j] = a[below]
            a[below] = v
            below += v < pivot
        if k < below:
            hi = below - 1
            continue
        if below > lo:
            lo = below
            continue
        # the pivot is the least: put all its equals first, or the loop would not move on
        equal = below
        for j in range(below, hi + 1):
            v = a[j]
            a[j] = a[equal]
            a[equal] = v
            equal += v <= pivot
        if k < equal:
            return pivot
        lo = equal
    for i in range(lo + 1, hi + 1):
        v = a[i]
        j = i - 1
        while j >= lo and a[j] > v:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = v
    return a[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _quantile_in(a, lo, hi, p):
    """Quantile of all of ``a`` (type 7), whose order statistics of that level are known to lie in ``a[lo:hi + 1]``."""
    h = (a.shape[0] - 1) * p
    i = int(h)
    low = select(a, lo, hi, i)
    if h == i:
        return low
    high = a[i + 1]
    for j in range(i + 2, a.shape[0]):
        high = min(high, a[j])
    return low + (h - i) * (high - low)


@njit(cache=True, nogil=True, error_model="numpy")
def quantiles(values, probabilities, out):
    """Fill ``out`` with the quantiles of ``values`` at ascending ``probabilities`` (type 7: linear, numpy's default)."""
    a = values.copy()
    n = a.shape[0]
    lo = 0
    for j in range(probabilities.shape[0]):
        out[j] = _quantile_in(a, lo, n - 1, probabilities[j])
        lo = int((n - 1) * probabilities[j])


@njit(cache=True, nogil=True, error_model="numpy")
def quantiles3(values, out):
    """Fill ``out`` (4,) with P10, P50, P90 and the mean of ``values`` (K,)."""
    a = values.copy()
    n = a.shape[0]
    total, low, high = 0.0, a[0], a[0]
    for i in range(n):
        total += a[i]
        low, high = min(low, a[i]), max(high, a[i])
    out[3] = total / n
    if math.isnan(total):
        out[0], out[1], out[2] = math.nan, math.nan, math.nan
        return
    if low == high:
        out[0], out[1], out[2] = low, low, low
        return
    middle = int((n - 1) * 0.5)
    out[1] = _quantile_in(a, 0, n - 1, 0.50)
    h = (n - 1) * 0.10
    i = int(h)
    out[0] = select(a, 0, middle, i)
    if h > i:
        above = a[i + 1]
        for j in range(i + 2, middle + 1):
            above = min(above, a[j])
        if i + 1 > middle:
            for j in range(middle + 1, n):
                above = min(above, a[j])
        out[0] += (h - i) * (above - out[0])
    out[2] = _quantile_in(a, min(middle, n - 1), n - 1, 0.90)
