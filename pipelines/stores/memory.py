"""Giving memory back between the stages of a run.

Belongs here: asking the allocators to return what is free. Does not belong here: deciding what is no longer needed.
"""

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

WORTH_BYTES = 2**30  # a collection takes tenths of a second, so small regions are spared it
GROWN_BYTES = 2**27
"""What a process must have grown by since it last gave back: one whose libraries and code fill a gigabyte has little to give."""
_kept = 0


def give_back() -> None:
    """Return freed memory to the system where the process holds more than ``WORTH_BYTES``, and more than it last kept.

    The C library keeps what is freed for later: a stage that held three gigabytes would count against every later one.
    """
    global _kept
    held = resident_bytes()
    _kept = min(_kept, held)
    if held < max(WORTH_BYTES, _kept + GROWN_BYTES if _kept else 0):
        return
    _release()
    _kept = resident_bytes()


def _release() -> None:
    import pyarrow as pa  # a process of this size has imported it

    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc has no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)
