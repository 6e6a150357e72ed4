"""Log-ratio arithmetic of compositions: closure, clr, ilr and their inverses.

Belongs here: formulas on matrices of positive parts. Does not belong here: which columns are parts, or what a missing
part means (``geochemistry``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError

Floats = NDArray[np.float64]


def _parts(x: ArrayLike) -> Floats:
    out = np.asarray(x, dtype=np.float64)
    if out.shape[-1] < 2:
        raise ScoringError("a composition needs at least two parts")
    if not (out > 0).all():
        raise ScoringError(
            "a composition's parts must be positive and present", do="treat non-detects before the log-ratio transform"
        )
    return out


def close(x: ArrayLike, total: float = 1.0) -> Floats:
    """Parts scaled to a constant sum, ``total x_i / sum(x)``; shape (..., parts)."""
    parts = _parts(x)
    return np.asarray(total * parts / parts.sum(axis=-1, keepdims=True))


def clr(x: ArrayLike) -> Floats:
    """Centred log-ratio ``ln x_i - mean(ln x)``; shape (..., parts), rows sum to 0, any common unit.

    Source: Aitchison 1986, *The statistical analysis of compositional data*.
    """
    log = np.log(_parts(x))
    log -= log.mean(axis=-1, keepdims=True)
    return log


def clr_inverse(z: ArrayLike, total: float = 1.0) -> Floats:
    """The closed composition whose clr is ``z``."""
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(total * e / e.sum(axis=-1, keepdims=True))


def ilr_basis(parts: int) -> Floats:
    """Orthonormal contrast matrix (parts, parts - 1) of pivot coordinates.

    Column i sets part i against the geometric mean of the parts after it:
    ``sqrt((D-i)/(D-i+1)) ln(x_i / gmean(x_{i+1..D}))``, i = 1..D-1.

    Source: Egozcue et al. 2003; Filzmoser, Hron & Templ 2018, *Applied compositional data analysis*, eq. 3.23.
    """
    if parts < 2:
        raise ScoringError("a composition needs at least two parts")
    basis = np.zeros((parts, parts - 1))
    for i in range(parts - 1):
        after = parts - i - 1
        basis[i, i] = np.sqrt(after / (after + 1))
        basis[i + 1 :, i] = -1 / np.sqrt(after * (after + 1))
    return basis


def ilr(x: ArrayLike) -> Floats:
    """Isometric log-ratio (pivot) coordinates, shape (..., parts - 1)."""
    log = np.log(_parts(x))
    return log @ ilr_basis(log.shape[-1])


def ilr_inverse(z: ArrayLike, total: float = 1.0) -> Floats:
    """The closed composition whose pivot coordinates are ``z``."""
    z = np.asarray(z, dtype=np.float64)
    return clr_inverse(z @ ilr_basis(z.shape[-1] + 1).T, total)
