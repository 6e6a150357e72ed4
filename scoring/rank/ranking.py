"""Ranks inside every draw, then quantiles of the ranks; never ranks of quantiles.

Belongs here: order within one kind of block. Does not belong here: the score.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.waste.draws.quantiles import quantiles

TOP = (10, 20)
EXCHANGE = 0.20
"""Share of the draws in which two blocks must change places for their order to say nothing."""


@njit(cache=True, nogil=True, error_model="numpy")
def _rank_columns(keys, lo, hi, tops, members):
    """Replace columns lo..hi of keys (n, K) by ranks (1 = lowest, ties: average); add up membership of the top k."""
    n = keys.shape[0]
    column = np.empty(n, np.float64)
    for k in range(lo, hi):
        for i in range(n):
            column[i] = keys[i, k]
        order = np.argsort(column)
        start = 0
        while start < n:
            end = start
            while end + 1 < n and column[order[end + 1]] == column[order[start]]:
                end += 1
            average = 0.5 * (start + end) + 1.0
            for t in range(tops.shape[0]):
                # of a tie that straddles the k-th place, each member has the chance that a fair order would give it
                inside = min(max(tops[t] - start, 0), end - start + 1) / (end - start + 1.0)
                if inside > 0.0:
                    for j in range(start, end + 1):
                        members[t, order[j]] += inside
            for j in range(start, end + 1):
                keys[order[j], k] = average
            start = end + 1


@dataclass(frozen=True)
class RankSummary:
    """Ranks (n, K) and their summaries per block: P05 (the BEST place), P50, P95, P(top k) and its standard error."""

    ranks: NDArray[np.float32]
    p05: NDArray[np.float64]
    p50: NDArray[np.float64]
    p95: NDArray[np.float64]
    p_top: dict[int, NDArray[np.float64]]
    p_top_se: dict[int, NDArray[np.float64]]


def rank_draws(keys: NDArray[np.float32], tops: tuple[int, ...] = TOP, threads: int = 0) -> RankSummary:
    """Rank blocks in every draw (lowest key first, ties: average) and summarise the ranks.

    Parameters
    ----------
    keys : (n, K), overwritten by the ranks.
    """
    n, draws = keys.shape
    bounds = [(i, min(i + 250, draws)) for i in range(0, draws, 250)]
    top = np.array(tops, np.int64)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:

        def work(b: tuple[int, int]) -> NDArray[np.float64]:
            members = np.zeros((len(tops), n))
            _rank_columns(keys, b[0], b[1], top, members)
            return members

        members = np.sum(list(pool.map(work, bounds)), axis=0)  # in the order of the chunks, whatever the threads
    q = np.empty((n, 3))
    levels = np.array([0.05, 0.50, 0.95])
    for i in range(n):
        quantiles(keys[i].astype(np.float64), levels, q[i])
    p = {k: np.minimum(members[t] / draws, 1.0) for t, k in enumerate(tops)}
    return RankSummary(keys, q[:, 0], q[:, 1], q[:, 2], p, {k: monte_carlo_error(v, draws) for k, v in p.items()})


def monte_carlo_error(p: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """Standard error of a probability from K draws, ``sqrt(p (1 - p) / K)``; Wilson's ``1 / (2 (K + 1))`` at 0 and 1."""
    p = np.asarray(p, float)
    plain = np.sqrt(np.clip(p * (1.0 - p), 0.0, None) / draws)
    wilson = math.sqrt(1.0 / (4.0 * draws * draws)) / (1.0 + 1.0 / draws)
    return np.where((p <= 0.0) | (p >= 1.0), wilson, plain)


def final_rank(score_mean: NDArray[np.float64], needed: NDArray[np.float64], ids: list[str]) -> NDArray[np.int64]:
    """1..N by ``score_mean`` to 0.1 point, highest first; equal: the lower median price multiple over X, then the id.

    A multiple that is not a number (nothing is sold) stands behind every other: it has no order, and would undo theirs.
    One lucky draw of thousands is no order, so what differs by less than 0.1 point is ordered by how far it is from paying.
    """
    points = np.round(np.asarray(score_mean, float), 1)
    last = np.where(np.isnan(needed), np.inf, needed)
    order = sorted(range(len(ids)), key=lambda i: (-points[i], last[i], ids[i]))
    out = np.empty(len(ids), np.int64)
    out[order] = np.arange(1, len(ids) + 1)
    return out


def p_above(ranks: NDArray[np.float32], i: int, j: int) -> float:
    """Share of the draws in which block ``i`` stands above block ``j``; a tie counts half."""
    a, b = ranks[i], ranks[j]
    return float((a < b).mean() + 0.5 * (a == b).mean())


def tiers(ranks: NDArray[np.float32], rank: NDArray[np.int64], exchange: float = EXCHANGE) -> list[str]:
    """The tier of each block as the places that it spans, ``"1-3"`` or ``"4"``.

    Down the places, the first block opens a tier; the next joins while it stands above the tier's first block in more
    than ``exchange`` of the draws (exchange is not transitive, so each is held against the first), else it opens the
    next.
    """
    order = np.argsort(rank, kind="stable")
    groups: list[list[int]] = []
    for i in order.tolist():
        if groups and p_above(ranks, i, groups[-1][0]) > exchange:
            groups[-1].append(i)
        else:
            groups.append([i])
    out = [""] * len(rank)
    for group in groups:
        first, last = int(rank[group[0]]), int(rank[group[-1]])
        for i in group:
            out[i] = str(first) if first == last else f"{first}-{last}"
    return out
