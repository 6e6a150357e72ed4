"""GDAL with a fixed clock, for files that are the same bytes each time.

Belongs here: its options, and the lock that they need. Does not belong here: what is written.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pyogrio

STAMP = "2026-01-01T00:00:00.000Z"
_GDAL = threading.Lock()


@contextlib.contextmanager
def fixed_gdal() -> Iterator[None]:
    """A fixed clock for GDAL, no journal and no fsync, for a file that nobody else sees yet.

    A file under its temporary name is thrown away if anything fails; it is brought to disk once, at the end, by whoever
    replaces the former one. GDAL's options belong to the whole process, so one at a time.
    """
    options = {"OGR_CURRENT_DATE": STAMP, "OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "OFF"}
    with _GDAL:
        before = {name: pyogrio.get_gdal_config_option(name) for name in options}
        pyogrio.set_gdal_config_options(options)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)
