"""Quantiles of a row of draws by selection, without sorting it: P10, P50, P90 (type 7) and the mean.

Belongs here: order statistics. Does not belong here: ranks.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def select(a, lo, hi, k):
    """Rearrange ``a[lo:hi + 1]`` so that position k holds what a sort would put there, and return it (Hoare)."""
    while hi > lo:
        mid = (lo + hi) // 2
        x, y, z = a[lo], a[mid], a[hi]
        pivot = max(min(x, y), min(max(x, y), z))
        i, j = lo, hi
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if k <= j:
            hi = j
        elif k >= i:
            lo = i
        else:
            return a[k]
    return a[k]


@njit(cache=True, nogil=True)
def _quantile_in(a, lo, n, p):
    h = (n - 1) * p
    i = int(np.floor(h))
    low = select(a, lo, n - 1, i)
    if i + 1 >= n or h == i:
        return low, i
    high = a[i + 1]
    for j in range(i + 2, n):
        if a[j] < high:
            high = a[j]
    return low + (h - i) * (high - low), i


@njit(cache=True, nogil=True)
def quantiles(values, probabilities, out):
    """Fill ``out`` with the quantiles (type 7: linear, numpy's default) of ``values`` at ascending ``probabilities``."""
    a = values.copy()
    lo = 0
    for j in range(probabilities.shape[0]):
        out[j], lo = _quantile_in(a, lo, a.shape[0], probabilities[j])


@njit(cache=True, nogil=True)
def quantiles3(values, out):
    """Fill ``out`` (4,) with P10, P50, P90 and the mean of ``values`` (K,)."""
    a = values.copy()
    total = 0.0
    for i in range(a.shape[0]):
        total += a[i]
    lo = 0
    out[0], lo = _quantile_in(a, lo, a.shape[0], 0.10)
    out[1], lo = _quantile_in(a, lo, a.shape[0], 0.50)
    out[2], lo = _quantile_in(a, lo, a.shape[0], 0.90)
    out[3] = total / values.shape[0]
