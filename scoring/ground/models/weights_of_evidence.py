"""Weights of evidence: counts to weights, weights to posterior with its variance, and the tests of independence.

Belongs here: arithmetic on counts of equal-area cells. Does not belong here: making the evidence or the folds.

Counting is one pass over the cells however many classes there are (``class_counts``); everything after works on the
few classes. Zero cells of the 2 x 2 table get +0.5 on all four counts and are flagged ``corrected``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError

MISSING = -1  # class code of a cell whose evidence is not known
MIN_TRAINING_POINTS = 20
Floats = NDArray[Any]
Codes = NDArray[np.int16]
Kind = Literal["categorical", "ascending", "descending", "unique"]


def binary_weights(n_cells: ArrayLike, n_deposits: ArrayLike, n_pattern: ArrayLike, n_both: ArrayLike) -> pd.DataFrame:
    """Weights of binary patterns from their counts, one row per pattern.

    ``W+ = ln[(N_DB/D) / ((N_B-N_DB)/(N-D))]``, ``W- = ln[((D-N_DB)/D) / ((N-D-N_B+N_DB)/(N-D))]``, ``C = W+ - W-``,
    ``s2(W+) = 1/N_DB + 1/(N_B-N_DB)``, ``s2(W-) = 1/(D-N_DB) + 1/(N-D-N_B+N_DB)``, ``s(C)`` their root sum.

    Parameters
    ----------
    n_cells, n_deposits : cells N and cells with a deposit D where the pattern is known.
    n_pattern, n_both : cells in the pattern N_B, and of those with a deposit N_DB.

    Raises
    ------
    ScoringError : counts that contradict each other, or no deposit.

    Source: Bonham-Carter, Agterberg & Wright 1989; Bonham-Carter 1994, ch. 9.
    """
    n, d, b, db = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (n_cells, n_deposits, n_pattern, n_both))
    )
    a11, a12, a21, a22 = db, b - db, d - db, n - d - b + db
    cells = np.stack([a11, a12, a21, a22])
    if (cells < 0).any() or (d <= 0).any() or (n <= d).any():
        raise ScoringError(
            "counts contradict each other: N >= N_B + D - N_DB, N_DB <= min(N_B, D) and 0 < D < N must hold"
        )
    corrected = (cells == 0).any(axis=0)
    a11, a12, a21, a22 = cells + 0.5 * corrected
    d2, nd2 = a11 + a21, a12 + a22
    w_plus, w_minus = np.log((a11 / d2) / (a12 / nd2)), np.log((a21 / d2) / (a22 / nd2))
    s_plus, s_minus = np.sqrt(1 / a11 + 1 / a12), np.sqrt(1 / a21 + 1 / a22)
    contrast, s_contrast = w_plus - w_minus, np.hypot(s_plus, s_minus)
    return pd.DataFrame(
        {
            "n_cells": n,
            "n_deposits": d,
            "n_pattern": b,
            "n_both": db,
            "w_plus": w_plus,
            "s_w_plus": s_plus,
            "w_minus": w_minus,
            "s_w_minus": s_minus,
            "contrast": contrast,
            "s_contrast": s_contrast,
            "studentised_contrast": contrast / s_contrast,
            "corrected": corrected,
        }
    )


@njit(cache=True)
def _count(codes, group, deposits, n_classes, n_groups):
    cells = np.zeros((n_groups, n_classes + 1), dtype=np.int64)
    found = np.zeros((n_groups, n_classes + 1), dtype=np.int64)
    for i in range(codes.size):
        g = group[i] if group.size else 0
        if g < 0:
            continue
        c = codes[i]
        c = n_classes if c < 0 else c
        cells[g, c] += 1
        if deposits[i]:
            found[g, c] += 1
    return cells, found


def class_counts(
    codes: NDArray[Any],
    deposits: NDArray[np.bool_],
    n_classes: int,
    group: NDArray[Any] | None = None,
    n_groups: int = 1,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells and deposit cells per class in one pass; shape (groups, classes + 1), the last column the missing ones.

    Parameters
    ----------
    codes : integer class per cell, ``MISSING`` (any negative) where not known; any shape.
    deposits : whether the cell holds a deposit (counted once, however many it holds).
    group : fold of each cell (negative: outside the study); None: one group.
    """
    if codes.dtype.kind not in "iu":
        raise ScoringError("classes must be integer codes", do="classify the evidence first")
    if codes.size and int(codes.max()) >= n_classes:
        raise ScoringError(f"class code {int(codes.max())} with {n_classes} classes")
    groups = np.empty(0, dtype=np.int8) if group is None else np.ascontiguousarray(group).reshape(-1)
    flat, found = np.ascontiguousarray(codes), np.ascontiguousarray(deposits, dtype=np.bool_)
    cells, marked = _count(flat.reshape(-1), groups, found.reshape(-1), n_classes, n_groups)
    return cells, marked


def quantile_edges(values: Floats, classes: int) -> Floats:
    """Inner edges of at most ``classes`` classes of equal area; fewer where values are tied."""
    v = values[np.isfinite(values)]
    if not len(v):
        raise ScoringError("evidence without a single value")
    edges = np.unique(np.quantile(v, np.arange(1, classes) / classes))
    return np.asarray(edges[edges > v.min()])


def classify(values: Floats, edges: Floats) -> Codes:
    """Class code of each value: class i holds edges[i-1] <= v < edges[i]; ``MISSING`` for NaN."""
    codes = np.searchsorted(edges, values, side="right").astype(np.int16)
    codes[np.isnan(values)] = MISSING
    return codes


def weights_table(cells: NDArray[np.int64], found: NDArray[np.int64], kind: Kind) -> pd.DataFrame:
    """The weights table of one layer, one row per class (``categorical``) or per cut (cumulative).

    ``unique``/``categorical``: each class against all others. ``ascending``: classes 0..i against the rest (low values
    favourable, as near a fault). ``descending``: classes i.. against the rest (high values favourable).

    Parameters
    ----------
    cells, found : (classes + 1,) counts of ``class_counts``; the last entry (missing) takes no part.
    """
    c, f = np.asarray(cells[:-1], dtype=np.float64), np.asarray(found[:-1], dtype=np.float64)
    n, d = c.sum(), f.sum()
    if d == 0:
        raise ScoringError("no deposit where this layer is known")
    classes = np.arange(len(c))
    if kind == "ascending":
        c, f = np.cumsum(c), np.cumsum(f)
    elif kind == "descending":
        c, f = np.cumsum(c[::-1])[::-1], np.cumsum(f[::-1])[::-1]
    keep = c > 0
    if kind in ("ascending", "descending"):
        keep &= c < n  # the pattern that is everything has no contrast
    table = binary_weights(n, d, c[keep], f[keep]) if keep.any() else binary_weights(n, d, n, d).iloc[:0]
    table.insert(0, "class", classes[keep])
    table.insert(0, "kind", kind)
    return table


def best_cut(table: pd.DataFrame, min_studentised: float = 1.5, min_deposits: int = 3) -> int | None:
    """Row label of the cut with the largest studentised contrast among those that are significant; None where none is.

    Cuts with fewer than ``min_deposits`` deposits inside, or that needed the zero correction, cannot be chosen: their
    contrast is an artefact of the correction. A favourable pattern has positive contrast.
    """
    ok = table[
        (table["studentised_contrast"] >= min_studentised) & (table["n_both"] >= min_deposits) & ~table["corrected"]
    ]
    return None if ok.empty else int(ok.index[int(ok["studentised_contrast"].to_numpy().argmax())])


@dataclass(frozen=True)
class LayerWeights:
    """A generalised layer: each original class's pattern (0 outside, 1 inside, ...), and each pattern's weight."""

    name: str
    kind: Kind
    pattern_of_class: NDArray[np.int16]
    weight: Floats
    variance: Floats
    area_share: Floats
    table: pd.DataFrame
    chosen: pd.DataFrame


def generalise(
    name: str, cells: NDArray[np.int64], found: NDArray[np.int64], kind: Kind, min_studentised: float = 1.5
) -> LayerWeights | None:
    """A layer reduced to the patterns that its deposits support; None where it has no significant contrast.

    Cumulative: two patterns, inside and outside the best cut. Categorical: every class with a significant positive or
    negative contrast stays itself, the others are pooled; weights are recomputed on what remains, so that they are
    those of the patterns in use.
    """
    table = weights_table(cells, found, kind)
    k = len(cells) - 1
    pattern = np.zeros(k, dtype=np.int16)
    if kind in ("ascending", "descending"):
        row = best_cut(table, min_studentised)
        if row is None:
            return None
        cut = int(table["class"].loc[row])
        pattern[: cut + 1] = 1
        if kind == "descending":
            pattern[:] = 0
            pattern[cut:] = 1
        chosen = table.loc[[row]]
        weight = np.array([chosen["w_minus"].iloc[0], chosen["w_plus"].iloc[0]])
        variance = np.array([chosen["s_w_minus"].iloc[0], chosen["s_w_plus"].iloc[0]]) ** 2
        inside = float(chosen["n_pattern"].iloc[0] / chosen["n_cells"].iloc[0])
        return LayerWeights(name, kind, pattern, weight, variance, np.array([1 - inside, inside]), table, chosen)
    strong = table[(table["studentised_contrast"].abs() >= min_studentised) & ~table["corrected"]]
    if strong.empty:
        return None
    for i, c in enumerate(strong["class"].to_numpy(), start=1):
        pattern[int(c)] = i
    groups = len(strong) + 1
    merged_cells, merged_found = np.zeros(groups + 1, dtype=np.int64), np.zeros(groups + 1, dtype=np.int64)
    np.add.at(merged_cells, pattern, cells[:k])
    np.add.at(merged_found, pattern, found[:k])
    chosen = weights_table(merged_cells, merged_found, "categorical").rename(columns={"class": "pattern"})
    weight, variance = np.zeros(groups), np.zeros(groups)
    weight[chosen["pattern"]] = chosen["w_plus"]
    variance[chosen["pattern"]] = chosen["s_w_plus"] ** 2
    share = merged_cells[:-1] / max(merged_cells[:-1].sum(), 1)
    return LayerWeights(name, kind, pattern, weight, variance, share, table, chosen)


@dataclass(frozen=True)
class Posterior:
    """Posterior probability per unique condition (combination of patterns) and its sd.

    ``sd`` counts each deposit once and is what is published; ``sd_textbook``, which counts the whole sample again with
    every layer, is the one that the test of independence is defined with.
    """

    probability: Floats
    sd: Floats
    sd_missing: Floats
    sd_textbook: Floats


def _counted_again(layer: LayerWeights) -> float:
    """``1/D + 1/(N-D)`` of the cells where the layer is known: the part of its s2(W) that the prior has already.

    ``W = ln(a/D) - ln(b/(N-D))`` of a deposits and b other cells in the class: given D, a is a share of it, so that
    ``var ln(a/D) = 1/a - 1/D``, not 1/a.
    """
    row = layer.chosen.iloc[0]
    corrected = 1.0 if bool(row["corrected"]) else 0.0  # the half that was added to each of two cells
    deposits = float(row["n_deposits"]) + corrected
    return 1.0 / deposits + 1.0 / (float(row["n_cells"]) + 2.0 * corrected - deposits)


def posterior_of_conditions(
    conditions: NDArray[Any], layers: list[LayerWeights], prior: float, n_deposits: float, n_cells: float
) -> Posterior:
    """``logit P = ln(prior odds) + sum W`` with ``W = 0`` where a layer is missing.

    ``s2(P) = (P (1 - P))^2 [1/D + 1/(N-D) + sum (1/a - 1/D + 1/b - 1/(N-D))] + s2_missing``, a and b the deposits and the
    other cells of the class met. The textbook's ``1/D + 1/(N-D) + sum (1/a + 1/b)`` counts D and N-D once more with every
    layer and is 30 to 60 % too wide against simulation. Each missing layer adds ``sum_k share_k (P_k - P)^2``, what P
    would vary by if the layer were known.

    Parameters
    ----------
    conditions : (conditions, layers) pattern of each layer, negative where missing.

    Source: Bonham-Carter 1994, ch. 9; Agterberg, Bonham-Carter & Wright 1990 (missing data); the variance by the delta
    method on binomial counts, held against simulation.
    """
    conditions = np.asarray(conditions)
    logit = np.full(len(conditions), np.log(prior / (1 - prior)))
    textbook = np.full(len(conditions), 1 / n_deposits + 1 / (n_cells - n_deposits))
    variance = textbook.copy()
    for j, layer in enumerate(layers):
        code = conditions[:, j]
        known = code >= 0
        logit[known] += layer.weight[code[known]]
        textbook[known] += layer.variance[code[known]]
        variance[known] += layer.variance[code[known]] - _counted_again(layer)
    p = 1 / (1 + np.exp(-logit))
    missing = np.zeros(len(conditions))
    for j, layer in enumerate(layers):
        gap = conditions[:, j] < 0
        if gap.any():
            alternatives = 1 / (1 + np.exp(-(logit[gap, None] + layer.weight[None, :])))
            missing[gap] += (layer.area_share * (alternatives - p[gap, None]) ** 2).sum(axis=1)
    sd, sd_textbook = (np.sqrt((p * (1 - p)) ** 2 * v + missing) for v in (variance, textbook))
    return Posterior(p, sd, np.sqrt(missing), sd_textbook)


def unique_conditions(patterns: list[NDArray[Any]]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Combinations of patterns that occur, and the index of each cell's own (same order as the flattened cells)."""
    code = np.zeros(patterns[0].size, dtype=np.int64)
    bases = [int(p.max()) + 2 for p in patterns]
    for pattern, base in zip(patterns, bases, strict=True):
        code = code * base + (pattern.reshape(-1).astype(np.int64) + 1)
    found, inverse = np.unique(code, return_inverse=True)
    columns = []
    for base in reversed(bases):
        columns.append(found % base - 1)
        found = found // base
    return np.stack(columns[::-1], axis=1).astype(np.int16), inverse


def conditional_independence(
    probability: ArrayLike, sd: ArrayLike, cells: ArrayLike, n_deposits: float
) -> dict[str, float]:
    """Whether the layers may be added: expected against observed deposits.

    ``T = sum N_k P_k`` over unique conditions k of N_k cells; ``sd(T) = sqrt(sum (N_k s_k)^2)``: the cells of one
    condition share their weights and err together, so it is N_k s_k that is squared. ``z = (T - n) / sd(T)`` one-sided
    (Agterberg & Cheng 2002), and the ratio n / T, below 0.85 a warning (Bonham-Carter 1994).

    Give ``cells`` = 1 and one entry per cell to treat cells as independent, which makes sd(T) far too small.
    """
    from scipy.stats import norm

    p, s, n = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (probability, sd, cells)))
    keep = np.isfinite(p) & (n > 0)
    expected = float((n[keep] * p[keep]).sum())
    sd_t = float(np.sqrt(((n[keep] * s[keep]) ** 2).sum()))
    z = (expected - n_deposits) / sd_t if sd_t > 0 else float("nan")
    return {
        "expected_deposits_T": expected,
        "observed_deposits_n": float(n_deposits),
        "ratio_n_over_T": n_deposits / expected if expected > 0 else float("nan"),
        "sd_T": sd_t,
        "z": z,
        "p_value": float(norm.sf(z)) if np.isfinite(z) else float("nan"),
    }
