"""The lock that every run of a region holds, whoever started it; asking for it waits for no library.

Belongs here: where the lock lies, and what a second run is told. Does not belong here: the books of runs (``leases``).
"""

from __future__ import annotations

from pathlib import Path

from filelock import BaseFileLock, FileLock

from khanij.foundation.errors import BusyError


def region_lock(cache_root: str | Path, region: str, scenario: str = "") -> BaseFileLock:
    """The lock of one region, or of one scenario of it; a process that holds it may take it again."""
    name = f"{region}@{scenario}.lock" if scenario else f"{region}.lock"  # no region's name holds the sign
    path = Path(cache_root).expanduser().resolve() / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, is_singleton=True, thread_local=False)


def busy_error(region: str, lock: BaseFileLock) -> BusyError:
    """What a second run of a region is told."""
    return BusyError(
        f"another run of region {region} is under way",
        file=lock.lock_file,
        do="wait for it to end; the lock goes with its process",
    )
