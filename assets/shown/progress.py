"""Who listens while assets are made: the command line draws a bar, Dagster's UI needs none.

Belongs here: passing (asset, share done, what is being done) to listeners. Does not belong here: drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str, float, str], None]
_listeners: list[Listener] = []


def announce(region: str, asset: str, share: float, text: str = "") -> None:
    """Tell every listener that ``share`` (0 to 1) of an asset is done."""
    for listener in _listeners:
        listener(region, asset, share, text)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` called for as long as the context lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
