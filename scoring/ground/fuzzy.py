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

from data_sources.contracts.errors import ScoringError

Floats = NDArray[Any]


def _floating(x: ArrayLike) -> Floats:
    out = np.asarray(x)
    return out if out.dtype in (np.float32, np.float64) else out.astype(np.float64)


@njit(parallel=True, cache=True)
def _large_small(x, midpoint, spread, sign, out):  # type: ignore[no-untyped-def]
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


_AND, _OR, _PRODUCT, _SUM, _GAMMA = range(5)


@njit(parallel=True, cache=True)
def _combine(stack, code, gamma, out):  # type: ignore[no-untyped-def]
    layers, n = stack.shape
    for i in prange(n):
        lowest = 1.0
        highest = 0.0
        product = 1.0
        complement = 1.0
        missing = False
        for j in range(layers):
            v = stack[j, i]
            if np.isnan(v):
                missing = True
            lowest = min(lowest, v)
            highest = max(highest, v)
            product *= v
            complement *= 1.0 - v
        if missing:
            out[i] = np.nan
        elif code == 0:
            out[i] = lowest
        elif code == 1:
            out[i] = highest
        elif code == 2:
            out[i] = product
        elif code == 3:
            out[i] = 1.0 - complement
        else:
            out[i] = (1.0 - complement) ** gamma * product ** (1.0 - gamma)


def _operate(memberships: Sequence[ArrayLike] | ArrayLike, code: int, gamma: float = 0.0) -> Floats:
    stack = memberships if isinstance(memberships, np.ndarray) else np.stack([_floating(m) for m in memberships])  # type: ignore[union-attr]
    stack = _floating(stack)
    if stack.shape[0] == 0:
        raise ScoringError("no membership to combine")
    with np.errstate(invalid="ignore"):
        if stack.size and (np.nanmin(stack) < 0 or np.nanmax(stack) > 1):
            raise ScoringError("memberships must lie in 0..1", do="turn values into memberships first")
    out = np.empty(stack.shape[1:], dtype=stack.dtype)
    _combine(np.ascontiguousarray(stack).reshape(stack.shape[0], -1), code, float(gamma), out.reshape(-1))
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
    return _operate(memberships, _GAMMA, gamma)
