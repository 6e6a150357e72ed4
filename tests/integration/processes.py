"""The processes that a test has started, by what they were called with: only these may be killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

CODE_SERVER, RUN = "dagster api grpc", "multiprocessing.spawn"


def below(pid: int) -> dict[int, str]:
    """Process id -> command line of everything that a process has started, and what that has started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        children.setdefault(parent, []).append(int(entry.name))
    found, ahead = {}, [*children.get(pid, ())]
    while ahead:
        child = ahead.pop()
        ahead += children.get(child, ())
        try:
            found[child] = (Path("/proc") / str(child) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def called(pid: int, *words: str) -> list[int]:
    """Those below a process whose command line has one of the words."""
    return [child for child, line in below(pid).items() if any(word in line for word in words)]


def kill(*pids: int) -> None:
    """End processes as the kernel does when the memory is full."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
