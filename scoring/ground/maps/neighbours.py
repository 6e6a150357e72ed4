"""The k nearest samples of every point, exact, with ties settled by the samples' own order and not by chance.

Belongs here: who is near whom. Does not belong here: what a neighbour's value is good for.

Points that lie together are served together: a tree gives the distance R to the k-th sample from the middle of a tile
of points of half-width h; no neighbour of any of them lies further than R + 2 h from the middle, and the few samples
within that reach are taken from square buckets. Samples are sorted by bucket, then by coordinate, so that their order
in the table, or which tile a point is in, does not show in the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Floats = NDArray[Any]
ON_THE_SPOT_M = 1e-6
_TILE_PER_SPACING = 1.2  # side of a tile of cells over the mean spacing of samples, by trial
_MAX_TILE = 16
_SLACK = 1.0 + 1e-9


@dataclass(frozen=True)
class Samples:
    """Samples sorted by bucket (south to north, west to east), then x, y and value, with a tree over them."""

    x: Floats
    y: Floats
    z: Floats
    tree: cKDTree
    west: float
    south: float
    bucket_m: float
    columns: int
    start: NDArray[np.int64]  # first sample of each bucket, and the number of samples at the end

    @property
    def spacing_m(self) -> float:
        """Side of the square that one sample has to itself on average."""
        return self.bucket_m


def index_samples(x: Floats, y: Floats, z: Floats) -> Samples:
    """Sort finite samples into square buckets that hold about one each."""
    from scipy.spatial import cKDTree

    sx, sy, sz = (np.asarray(v, dtype=np.float64) for v in (x, y, z))
    west, south = float(sx.min()), float(sy.min())
    width, height = float(sx.max()) - west, float(sy.max()) - south
    # a line of samples has no area: its buckets are its length shared out
    side = max(np.sqrt(width * height / len(sx)), max(width, height) / len(sx), 1.0)
    columns, rows = int(width // side) + 1, int(height // side) + 1
    bucket = ((sy - south) // side).astype(np.int64) * columns + ((sx - west) // side).astype(np.int64)
    order = np.lexsort((sz, sy, sx, bucket))
    sx, sy, sz = (np.ascontiguousarray(v[order]) for v in (sx, sy, sz))
    start = np.searchsorted(bucket[order], np.arange(rows * columns + 1)).astype(np.int64)
    tree = cKDTree(np.column_stack([sx, sy]))
    return Samples(sx, sy, sz, tree, west, south, float(side), columns, start)


@njit(cache=True, error_model="numpy")
def _gather(x, y, reach, sx, sy, west, south, side, columns, start, found):
    """Samples within ``reach`` of a point, in their order, into ``found`` (None counts only); returns their number."""
    rows = (start.size - 1) // columns
    low, high = (
        max(int(np.floor((y - reach - south) / side)), 0),
        min(int(np.floor((y + reach - south) / side)), rows - 1),
    )
    left = max(int(np.floor((x - reach - west) / side)), 0)
    right = min(int(np.floor((x + reach - west) / side)), columns - 1)
    n = 0
    for row in range(low, high + 1):
        if right < left:
            break
        for s in range(start[row * columns + left], start[row * columns + right + 1]):
            if (sx[s] - x) ** 2 + (sy[s] - y) ** 2 <= reach * reach:
                if found.size:
                    found[n] = s
                n += 1
    return n


@njit(cache=True, error_model="numpy")
def _pick(d2, n, k, smallest, chosen):
    """Positions of the k smallest of ``d2[:n]``, in order of position, ties to the first; how many there are.

    Infinite ones do not count.
    """
    held = 0
    for i in range(n):
        v = d2[i]
        if v == np.inf or (held == k and v >= smallest[k - 1]):
            continue
        j = held if held < k else k - 1
        while j > 0 and smallest[j - 1] > v:
            smallest[j] = smallest[j - 1]
            j -= 1
        smallest[j] = v
        held = min(held + 1, k)
    if held == 0:
        return 0
    last = smallest[held - 1]
    ties = 0
    for i in range(held):
        ties += smallest[i] == last
    taken = 0
    for i in range(n):
        if d2[i] < last:
            chosen[taken] = i
            taken += 1
        elif d2[i] == last and ties > 0:
            chosen[taken] = i
            taken += 1
            ties -= 1
    return taken


@njit(cache=True, error_model="numpy")
def _pick_again(d2, n, k, within, chosen):
    """``_pick`` where ``chosen`` holds the k of a point close by: none of this one's is further off than those are.

    What lies within that bound is those k and the few that may take a place of theirs; the furthest are given up.
    """
    bound = 0.0
    for i in range(k):
        bound = max(bound, d2[chosen[i]])
    held = 0
    for i in range(n):
        within[held] = i
        held += d2[i] <= bound
    while held > k:
        furthest = 0
        for i in range(1, held):
            furthest = i if d2[within[i]] >= d2[within[furthest]] else furthest
        held -= 1
        for i in range(furthest, held):
            within[i] = within[i + 1]
    for i in range(k):
        chosen[i] = within[i]


@njit(parallel=True, cache=True, error_model="numpy")
def _of_cells(xs, ys, tile, reach, k, limit2, sx, sy, west, south, side, columns, start, index, used):
    """Neighbours of the cells at (ys x xs), tile by tile."""
    cols = xs.size
    across = (cols + tile - 1) // tile
    nothing = np.empty(0, dtype=np.int64)
    for t in prange(reach.size):
        r0, c0 = (t // across) * tile, (t % across) * tile
        r1, c1 = min(r0 + tile, ys.size), min(c0 + tile, cols)
        x, y = (xs[c0] + xs[c1 - 1]) / 2, (ys[r0] + ys[r1 - 1]) / 2
        n = _gather(x, y, reach[t], sx, sy, west, south, side, columns, start, nothing)
        near = np.empty(max(n, 1), dtype=np.int64)
        n = _gather(x, y, reach[t], sx, sy, west, south, side, columns, start, near)
        nx, ny, d2 = np.empty(n), np.empty(n), np.empty(n)
        for i in range(n):
            nx[i], ny[i] = sx[near[i]], sy[near[i]]
        smallest, within = np.empty(k), np.empty(n + 1, dtype=np.int64)
        chosen = np.empty(k, dtype=np.int64)
        held = 0
        for row in range(r0, r1):
            for step in range(c1 - c0):
                col = c0 + step if (row - r0) % 2 == 0 else c1 - 1 - step  # to and fro: each next to the one before
                px, py = xs[col], ys[row]
                furthest = 0.0
                for i in range(n):
                    d2[i] = (nx[i] - px) * (nx[i] - px) + (ny[i] - py) * (ny[i] - py)
                if limit2 < np.inf:
                    for i in range(n):
                        d2[i] = np.inf if d2[i] > limit2 else d2[i]
                    for i in range(held):
                        furthest = max(furthest, d2[chosen[i]])
                if held == k and furthest < np.inf:
                    _pick_again(d2, n, k, within, chosen)
                else:
                    held = _pick(d2, n, k, smallest, chosen)
                cell = row * cols + col
                used[cell] = held
                for i in range(held):
                    index[cell, i] = near[chosen[i]]


@njit(parallel=True, cache=True, error_model="numpy")
def _of_points(px, py, reach, k, limit2, least2, sx, sy, west, south, side, columns, start, index, used):
    nothing = np.empty(0, dtype=np.int64)
    for p in prange(px.size):
        x, y = px[p], py[p]
        n = _gather(x, y, reach[p], sx, sy, west, south, side, columns, start, nothing)
        near = np.empty(max(n, 1), dtype=np.int64)
        n = _gather(x, y, reach[p], sx, sy, west, south, side, columns, start, near)
        d2 = np.empty(n)
        for i in range(n):
            d = (sx[near[i]] - x) ** 2 + (sy[near[i]] - y) ** 2
            d2[i] = np.inf if (d > limit2) | (d <= least2) else d
        chosen = np.empty(k, dtype=np.int64)
        used[p] = _pick(d2, n, k, np.empty(k), chosen)
        for i in range(used[p]):
            index[p, i] = near[chosen[i]]


def _reach(samples: Samples, x: Floats, y: Floats, k: int, half: Floats, max_distance_m: float) -> Floats:
    """How far from the middle of a tile of half-width ``half`` any of its points' k nearest can lie [m]."""
    bound = np.nextafter(max_distance_m + float(np.max(half, initial=0.0)), np.inf)
    kth, _ = samples.tree.query(np.column_stack([x, y]), k=[k], workers=2, distance_upper_bound=bound)
    return np.asarray(np.minimum(kth[:, 0] + 2 * half, max_distance_m + half) * _SLACK + ON_THE_SPOT_M)


def nearest_of_cells(
    samples: Samples, xs: Floats, ys: Floats, k: int, max_distance_m: float = np.inf
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The k nearest samples of every cell centre.

    Parameters
    ----------
    xs, ys : (cols,) and (rows,) equally spaced centres [m].
    max_distance_m : further samples are no neighbours.

    Returns
    -------
    ((rows * cols, k) numbers of samples in their order, how many of them count)
    """
    cell = max(abs(xs[1] - xs[0]) if len(xs) > 1 else 0.0, abs(ys[1] - ys[0]) if len(ys) > 1 else 0.0, 1e-9)
    tile = int(np.clip(round(_TILE_PER_SPACING * samples.spacing_m / cell), 1, _MAX_TILE))
    starts = [np.arange(0, len(v), tile) for v in (xs, ys)]
    middles, halves = [], []
    for values, first in zip((xs, ys), starts, strict=True):
        last = np.minimum(first + tile, len(values)) - 1
        middles.append((values[first] + values[last]) / 2)
        halves.append(np.abs(values[last] - values[first]) / 2)
    half = np.hypot(halves[0][None, :], halves[1][:, None]).ravel()
    mx, my = np.meshgrid(*middles)
    k = min(k, len(samples.x))
    reach = _reach(samples, mx.ravel(), my.ravel(), k, half, max_distance_m)
    index = np.full((len(xs) * len(ys), k), -1, dtype=np.int32)
    used = np.zeros(len(index), dtype=np.int64)
    s = samples
    _of_cells(
        xs, ys, tile, reach, k, max_distance_m**2, s.x, s.y, s.west, s.south, s.bucket_m, s.columns, s.start, index, used
    )  # fmt: skip
    return index, used


def nearest_of_points(
    samples: Samples, x: Floats, y: Floats, k: int, max_distance_m: float = np.inf, *, leave_self_out: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The k nearest samples of each point; ``leave_self_out`` leaves out those on the point itself, however many."""
    more = 0
    if leave_self_out:
        points = np.column_stack([x, y])
        more = int(samples.tree.query_ball_point(points, ON_THE_SPOT_M, return_length=True, workers=2).max(initial=0))
    k = min(k, len(samples.x))
    kth = min(k + more, len(samples.x))
    reach = _reach(samples, x, y, kth, np.zeros(len(x)), max_distance_m)
    least2 = ON_THE_SPOT_M**2 if leave_self_out else -1.0
    index = np.full((len(x), k), -1, dtype=np.int32)
    used = np.zeros(len(x), dtype=np.int64)
    s = samples
    _of_points(
        x, y, reach, k, max_distance_m**2, least2, s.x, s.y, s.west, s.south, s.bucket_m, s.columns, s.start, index, used
    )  # fmt: skip
    return index, used
