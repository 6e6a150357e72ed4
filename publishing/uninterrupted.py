"""A stretch that a stop from outside (Ctrl-C, SIGTERM) waits for: renaming what belongs together.

Belongs here: the stretch. Does not belong here: signals (``pipelines.stopping``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STRETCH = threading.RLock()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Nothing in this context is interrupted by a stop of ``khanij run``; it should last for moments only."""
    with _STRETCH:
        yield
