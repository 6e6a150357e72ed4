"""Does the map find what it was not shown? Folds, capture, curves, AUC, calibration, negative controls.

Belongs here: judging a held-out score against known deposits. Does not belong here: making the score.

Areas are shares of equal-area cells; ties share their rank, so that a flat map captures exactly its share of area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from khanij.foundation.grid import Grid

Floats = NDArray[Any]
CAPTURE_PCT = (2.0, 5.0, 10.0, 20.0)
OUTSIDE = -1


def spatial_blocks(grid: Grid, block_m: float) -> NDArray[np.int32]:
    """Block number of every cell: squares of ``block_m`` anchored at the CRS's origin, so that no grid moves them."""
    xs, ys = grid.centres()
    bx, by = np.floor(xs / block_m).astype(np.int64), np.floor(ys / block_m).astype(np.int64)
    columns = int(bx.max() - bx.min() + 1)
    return np.asarray(((by.max() - by)[:, None] * columns + (bx - bx.min())[None, :]).astype(np.int32))


def assign_folds(
    blocks: NDArray[np.int32], study: NDArray[np.bool_], deposits: NDArray[np.bool_], folds: int, seed: int
) -> NDArray[np.int8]:
    """Fold of every cell, whole blocks together; ``OUTSIDE`` where not in the study area.

    Blocks are shuffled, then given out one by one, those with most deposits first, to the fold with the fewest
    deposits (then the smallest area): folds are disjoint in space and alike in size.

    Raises
    ------
    ScoringError : deposits in fewer blocks than there are folds: no fold could be tested.
    """
    inside = study & (blocks >= 0)
    n = int(blocks.max()) + 1
    area = np.bincount(blocks[inside], minlength=n)
    count = np.bincount(blocks[inside & deposits], minlength=n)
    if (count > 0).sum() < folds:
        raise ScoringError(
            f"deposits lie in {int((count > 0).sum())} spatial blocks, {folds} folds are asked for",
            field="fertility.validation",
            do="choose smaller blocks or fewer folds, or more points",
        )
    order = np.random.default_rng(seed).permutation(np.flatnonzero(area > 0))
    order = order[np.lexsort((-area[order], -count[order]))]
    load, size = np.zeros(folds, dtype=np.int64), np.zeros(folds, dtype=np.int64)
    fold_of = np.full(n, OUTSIDE, dtype=np.int8)
    for block in order:
        fold = int(np.lexsort((np.arange(folds), size, load))[0]) if count[block] else int(np.argmin(size))
        fold_of[block] = fold
        load[fold] += count[block]
        size[fold] += area[block]
    return np.where(inside, fold_of[blocks], OUTSIDE).astype(np.int8)


def area_ranks(score: Floats, points: Floats) -> Floats:
    """Share of area scoring above each point plus half the share equal to it, 0 best .. 1 worst."""
    ordered = np.sort(score[np.isfinite(score)])
    if not len(ordered):
        raise ScoringError("no scored cell")
    low = np.searchsorted(ordered, points, side="left")
    high = np.searchsorted(ordered, points, side="right")
    return (len(ordered) - (low + high) / 2) / len(ordered)


def _rank_spans(score: Floats, points: Floats) -> tuple[Floats, Floats]:
    ordered = np.sort(score[np.isfinite(score)])
    n = len(ordered)
    low, high = np.searchsorted(ordered, points, side="left"), np.searchsorted(ordered, points, side="right")
    return (n - high) / n, (n - low) / n


def capture(score: Floats, points: Floats, area_pct: float) -> float:
    """Share of the points inside the best ``area_pct`` percent of area, 0..1.

    A point whose score is tied across the boundary counts by the share of the tied area that lies inside.
    """
    return float(np.mean(_inside(*_rank_spans(score, points), area_pct / 100)))


def _inside(start: Floats, stop: Floats, share: float) -> Floats:
    return np.asarray(np.clip((share - start) / np.maximum(stop - start, 1e-300), 0.0, 1.0))


def success_rate_area(score: Floats, points: Floats) -> float:
    """Area under the success-rate curve, one minus the mean mid-rank of the points; 0.5 for a blind map."""
    return float(1 - np.mean(area_ranks(score, points)))


def auc(score: Floats, label: NDArray[Any]) -> float:
    """Area under the ROC curve by mid-ranks (Mann-Whitney); NaN scores are left out."""
    s, y = np.asarray(score, dtype=np.float64).ravel(), np.asarray(label, dtype=bool).ravel()
    keep = np.isfinite(s)
    s, y = s[keep], y[keep]
    positives, negatives = s[y], np.sort(s[~y])
    if not len(positives) or not len(negatives):
        raise ScoringError("AUC needs scored cells with and without a deposit")
    wins = (
        np.searchsorted(negatives, positives, side="left") + np.searchsorted(negatives, positives, side="right")
    ) / 2
    return float(np.mean(wins) / len(negatives))


def success_curve(score: Floats, points: Floats, steps: int = 200) -> pd.DataFrame:
    """Share of points captured against share of area, both in percent, for the curve of the report."""
    start, stop = _rank_spans(score, points)
    area = np.linspace(0, 1, steps + 1)
    return pd.DataFrame(
        {"area_pct": 100 * area, "captured_pct": [100 * float(np.mean(_inside(start, stop, a))) for a in area]}
    )


def validate(
    score: Floats, deposits: NDArray[np.bool_], blocks: NDArray[np.int32], *, bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Capture at 2/5/10/20 % of area, success-rate area and AUC of a held-out score, with 95 % intervals.

    The bootstrap draws whole spatial blocks that hold deposits, with replacement: deposits of one cluster are not
    independent tests, and drawing them singly would make the interval too narrow.

    Returns
    -------
    One row per measure: ``measure, value, low_95, high_95, n_points, n_blocks``.
    """
    known = deposits & np.isfinite(score)
    points, home = score[known].astype(np.float64), blocks[known]
    if not len(points):
        raise ScoringError("no deposit lies in a scored cell: nothing can be validated")
    start, stop = _rank_spans(score, points)
    cells = int(np.isfinite(score).sum())
    mid = (start + stop) / 2
    # AUC is a mean over deposits of the share of other cells each one beats, so that it bootstraps like the captures
    negatives = np.sort(score[np.isfinite(score) & ~deposits].astype(np.float64))
    wins = (np.searchsorted(negatives, points, side="left") + np.searchsorted(negatives, points, side="right")) / 2
    wins = wins / max(len(negatives), 1)
    measures = {f"capture_{p:g}pct": _inside(start, stop, p / 100) for p in CAPTURE_PCT}
    measures |= {"success_rate_area": 1 - mid, "auc": wins}
    names, member = np.unique(home, return_inverse=True)
    rng = np.random.default_rng(seed)
    table = np.stack(list(measures.values()))
    per_block = np.stack([np.bincount(member, weights=row, minlength=len(names)) for row in table])
    weight = np.bincount(member, minlength=len(names)).astype(np.float64)
    draws = rng.integers(0, len(names), size=(bootstrap, len(names)))
    rows = []
    for i, (name, row) in enumerate(measures.items()):
        low = high = float("nan")
        if bootstrap and len(names) > 1:
            resampled = per_block[i][draws].sum(axis=1) / weight[draws].sum(axis=1)
            low, high = np.quantile(resampled, [0.025, 0.975])
        rows.append(
            {
                "measure": name,
                "value": float(row.mean()),
                "low_95": float(low),
                "high_95": float(high),
                "n_points": len(points),
                "n_blocks": len(names),
                "n_cells": cells,
            }
        )
    return pd.DataFrame(rows)


def calibration(probability: Floats, deposits: NDArray[np.bool_], groups: int = 10) -> pd.DataFrame:
    """Expected against observed deposits in groups of equal expected count, with the expected's Poisson 95 % range."""
    from scipy.stats import poisson

    known = np.isfinite(probability)
    p, y = probability[known].astype(np.float64), deposits[known]
    order = np.argsort(p, kind="stable")
    p, y = p[order], y[order]
    total = np.cumsum(p)
    group = np.minimum((groups * (total - p / 2) / total[-1]).astype(np.int64), groups - 1)
    rows = []
    for g in np.unique(group):
        here = group == g
        expected = float(p[here].sum())
        rows.append(
            {
                "group": int(g),
                "cells": int(here.sum()),
                "posterior_low": float(p[here].min()),
                "posterior_high": float(p[here].max()),
                "expected": expected,
                "observed": int(y[here].sum()),
                "poisson_low_95": float(poisson.ppf(0.025, expected)),
                "poisson_high_95": float(poisson.ppf(0.975, expected)),
            }
        )
    return pd.DataFrame(rows)


def shuffled_labels(
    deposits: NDArray[np.bool_], study: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """As many deposit cells, anywhere in the study area: a map fitted to these must capture its own share of area."""
    out = np.zeros_like(deposits)
    cells = np.flatnonzero(study)
    out.ravel()[rng.choice(cells, size=int((deposits & study).sum()), replace=False)] = True
    return out


def random_blocks(
    deposits: NDArray[np.bool_], study: NDArray[np.bool_], blocks: NDArray[np.int32], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Every cluster moved whole: each block's deposits go to random cells of one random block.

    Clustered labels that follow nothing: what a method gains here it gains from clustering alone.
    """
    out = np.zeros_like(deposits)
    flat, inside = blocks.ravel(), study.ravel()
    cells = np.flatnonzero(inside)
    cells = cells[np.argsort(flat[cells], kind="stable")]
    _, first, size = np.unique(flat[cells], return_index=True, return_counts=True)
    for count in np.bincount(flat[np.flatnonzero(deposits.ravel() & inside)]):
        if count:
            roomy = np.flatnonzero(size >= count)
            pick = int(rng.choice(roomy if len(roomy) else [int(size.argmax())]))
            here = cells[first[pick] : first[pick] + size[pick]]
            out.ravel()[rng.choice(here, size=min(int(count), len(here)), replace=False)] = True
    return out
