"""The tiles of a big grid: computed here one after the other, or wherever the caller sends them.

Belongs here: the seam between a tile's arithmetic and who computes it. Does not belong here: a scheduler, a network or
a process pool (``pipelines.stores.region_io``). A tile's result depends on the tile and on what is shared alone, so where it is
computed changes no byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Mapper = Callable[[Callable[[Any, Any], Any], Sequence[Any], Any], Iterable[Any]]
_mappers: list[Mapper] = []


def map_tiles(function: Callable[[Any, Any], Any], tiles: Sequence[Any], shared: Any) -> Iterable[Any]:
    """``function(tile, shared)`` of every tile, in the order of the tiles.

    Parameters
    ----------
    function : a module's function (it is sent by name), without side effects.
    tiles : small values, one a tile.
    shared : what every tile needs, sent once to each worker.
    """
    if _mappers and len(tiles) > 1:
        return _mappers[-1](function, tiles, shared)
    return (function(tile, shared) for tile in tiles)


@contextmanager
def tiles_sent_to(mapper: Mapper) -> Iterator[None]:
    """Have ``mapper`` compute the tiles for as long as the context lasts."""
    _mappers.append(mapper)
    try:
        yield
    finally:
        _mappers.remove(mapper)
