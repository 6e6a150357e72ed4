"""Whether the next set may take the place of the published one: what it lost, and how far its ranks moved.

Belongs here: the comparison of two sets' facts, its limits and its words. Does not belong here: gathering the facts
(``assets``) or moving files (``swap``).

A weight, a price or a release of Khanij may move every rank; that is told and not refused. What was there and is gone,
with settings and code that did not ask for it, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from publishing.sets.listing import Facts, LayerFacts

MIN_BLOCKS_FOR_TAU = 5  # of fewer, one exchange of places moves tau by a fifth and more
Ranks = Mapping[str, Mapping[str, int | None]]
_ROUNDING = 1e-9
_SHOWN = 5


class Limits(Protocol):
    """How much may be lost before a publication is refused; ``data_sources.regions.PublicationLimits`` is one."""

    @property
    def max_row_loss_pct(self) -> float: ...
    @property
    def max_blocks_lost(self) -> int: ...
    @property
    def max_coverage_loss_points(self) -> float: ...
    @property
    def min_kendall_tau(self) -> float: ...


@dataclass(frozen=True)
class Connected:
    """What the region's settings connect now.

    ``layers`` by name; ``fed_by`` kind of block -> names of the layers that it is made from; ``survey`` the layers that
    cover ground, None where fertility is not asked for.
    """

    layers: frozenset[str]
    fed_by: dict[str, tuple[str, ...]]
    survey: frozenset[str] | None = None


def objections(before: Facts, now: Facts, connected: Connected, limits: Limits) -> tuple[str, ...]:
    """Why the next set may not replace the published one, missing layers first; empty where it may.

    Parameters
    ----------
    before, now : facts of the published and of the next set.
    connected : what the settings of the next one connect. A layer that was taken out of them may be gone.
    """
    taken_out = frozenset(before.layers) - connected.layers
    found = [*_layers_gone(before, now, taken_out), *_rows_lost(before, now, taken_out, limits)]
    if before.crs and now.crs != before.crs:
        found.append(f"the coordinate reference system was {before.crs} and is {now.crs}")
    if before.window_deg is not None and now.window_deg != before.window_deg:
        found.append(f"the window was {_window(before)} and is {_window(now)}")
    found += _blocks_lost(before, now, connected, taken_out, limits)
    same = _made_alike(before, now)
    if connected.survey is not None and not taken_out & connected.survey:
        found += _coverage("the ground of the blocks that survey layers cover", ground_pct(before, now), limits)
    if same:
        found += _coverage("the blocks with a known tonnage", quantified_pct(before, now), limits)
        found += [
            f"with settings and code unchanged the ranks of {kind} moved: Kendall's tau {tau:.2f}, at least "
            f"{least_tau(blocks, limits):.2g} is asked for"
            for kind, (tau, blocks) in rank_correlations(before, now).items()
            if tau < least_tau(blocks, limits) - _ROUNDING
        ]
    return tuple(found)


def remarks(before: Facts | None, now: Facts, limits: Limits) -> tuple[str, ...]:
    """What a reader is told although it is not refused: absent layers first, ranks that settings or code moved."""
    told = [f"{name} is connected and absent: {layer.absent}" for name, layer in now.layers.items() if layer.absent]
    if before is not None and not _made_alike(before, now):
        told += [
            f"settings or code changed, and the ranks of {kind} moved: Kendall's tau {tau:.2f}"
            for kind, (tau, _) in rank_correlations(before, now).items()
            if tau < limits.min_kendall_tau
        ]
    return tuple(told)


def least_tau(blocks: int, limits: Limits) -> float:
    """Tau that ``blocks`` ranked blocks must keep: ``min(limit, 1 - 4 / n)``.

    One block whose own figure was mended, moved from the last place to the first, turns n - 1 of the n (n - 1) / 2
    pairs and takes 4 / n from tau: that much is never refused.
    """
    return min(limits.min_kendall_tau, 1.0 - 4.0 / blocks)


def rank_correlations(before: Facts, now: Facts) -> dict[str, tuple[float, int]]:
    """Kendall's tau-b of the ranks of the blocks that both sets rank, and their number; of fewer than five there is none."""
    from scipy.stats import kendalltau

    return _correlations(before.blocks, now.blocks, lambda x, y: float(kendalltau(x, y).statistic))


def spearman_correlations(before: Ranks, now: Ranks) -> dict[str, tuple[float, int]]:
    """Spearman's rho of the ranks of the blocks that both results rank, and their number; of fewer than five there is none.

    ``rho = 1 - 6 sum d^2 / (n (n^2 - 1))`` where no two ranks are equal.

    Parameters
    ----------
    before, now : kind -> block id -> rank, None where it has none.

    Source: Spearman 1904, *The proof and measurement of association between two things*, Am. J. Psychol. 15, 72-101.
    """
    from scipy.stats import spearmanr

    return _correlations(before, now, lambda x, y: float(spearmanr(x, y).statistic))


def _correlations(
    before: Ranks, now: Ranks, statistic: Callable[[list[int], list[int]], float]
) -> dict[str, tuple[float, int]]:
    out = {}
    for kind, ranks in before.items():
        later = now.get(kind, {})
        pairs = [(rank, new) for b, rank in ranks.items() if rank is not None and (new := later.get(b)) is not None]
        if len(pairs) < MIN_BLOCKS_FOR_TAU:
            continue
        x, y = (list(side) for side in zip(*pairs, strict=True))
        value = statistic(x, y)
        if np.isfinite(value):
            out[kind] = value, len(pairs)
    return out


def ground_pct(before: Facts, now: Facts) -> tuple[float, float]:
    """Mean share of the ground that survey layers cover, before and now, of the blocks that both sets have."""
    shared = _shared(before, now)
    told = [sum(facts.ground_pct.get(b, 0.0) for b in shared) / max(len(shared), 1) for facts in (before, now)]
    return told[0], told[1]


def quantified_pct(before: Facts, now: Facts) -> tuple[float, float]:
    """Share with a known tonnage, before and now, of the blocks that both sets have: a new block takes nothing away."""
    shared = _shared(before, now)
    told = [100 * len(shared & set(facts.quantified)) / max(len(shared), 1) for facts in (before, now)]
    return told[0], told[1]


def _shared(before: Facts, now: Facts) -> set[str]:
    ids = [{b for blocks in facts.blocks.values() for b in blocks} for facts in (before, now)]
    return ids[0] & ids[1]


def _made_alike(before: Facts, now: Facts) -> bool:
    return (before.settings, before.code) == (now.settings, now.code)


def _layers_gone(before: Facts, now: Facts, taken_out: frozenset[str]) -> Iterable[str]:
    for name, layer in before.layers.items():
        later = now.layers.get(name, LayerFacts(rows=0, absent="the settings connect it and nothing came of it"))
        if name in taken_out or layer.rows == 0 or later.rows > 0:
            continue
        yield f"{name} was there ({_rows(layer.rows)}) and is gone: {later.absent or 'it has no row left'}"


def _rows_lost(before: Facts, now: Facts, taken_out: frozenset[str], limits: Limits) -> Iterable[str]:
    for name, layer in before.layers.items():
        later = now.layers.get(name)
        if later is None or name in taken_out or layer.rows == 0 or later.rows == 0:
            continue
        lost = 100 * (layer.rows - later.rows) / layer.rows
        if lost >= limits.max_row_loss_pct and later.rows < layer.rows:
            yield (
                f"{name} had {_rows(layer.rows)} and has {later.rows:,}: {lost:.0f} % are lost, "
                f"less than {limits.max_row_loss_pct:g} % may be"
            )


def _blocks_lost(
    before: Facts, now: Facts, connected: Connected, taken_out: frozenset[str], limits: Limits
) -> Iterable[str]:
    for kind, blocks in before.blocks.items():
        # A kind that the settings no longer list, or a layer of it that they no longer connect, was meant to go.
        if kind not in connected.fed_by or any(t.split(" of ")[0] in connected.fed_by[kind] for t in taken_out):
            continue
        lost = sorted(set(blocks) - set(now.blocks.get(kind, {})))
        if len(lost) > limits.max_blocks_lost:
            shown = ", ".join(lost[:_SHOWN]) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")
            yield f"{len(lost)} of {len(blocks)} blocks of kind {kind} are gone: {shown}"


def _coverage(what: str, shares: tuple[float, float], limits: Limits) -> Iterable[str]:
    before, now = shares
    if before - now >= limits.max_coverage_loss_points:
        yield f"{what}: {before:.1f} % before, {now:.1f} % now"


def _rows(n: int) -> str:
    return f"{n:,} row{'' if n == 1 else 's'}"


def _window(facts: Facts) -> str:
    return "unknown" if facts.window_deg is None else " ".join(f"{v:g}" for v in facts.window_deg)
