"""Where compiled kernels are kept: one folder for each state of the science's code.

A compiler's cache beside the source is renewed when the function's own file changes, but not when a function that it
calls, in another file, does: results would then be made by former code under the new code's name. So the folder bears a
hash of the modules that hold kernels and of all that those import, and a change in any of them compiles anew; a change
elsewhere, in a sentence or a table, does not.

The first run of an installation compiles for minutes; a second process compiles meanwhile what that run needs last.

Belongs here: the folder, and that process. Does not belong here: a kernel.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
KEPT_S = 7 * 86_400  # folders of former states of the code, which a process that is still running may use
_PREFIX = "kernels-"
_PROCESSES = 2
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+)(?:\s+import\s+(\([^)]*\)|[^\n]*))?", re.M)
_NAME = re.compile(r"\w+")


def keep_kernels_apart(science: Path) -> Path | None:
    """Have compiled kernels kept in a folder that is named by the present code; None where the user has named one.

    Parameters
    ----------
    science : the package that holds the kernels.
    """
    if os.environ.get(VARIABLE) and _PREFIX not in os.environ[VARIABLE]:
        return None
    folder = _home(science) / f"{_PREFIX}{_version(science)}"
    if not folder.is_dir():
        _forget_former(folder.parent)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(folder)  # of child processes too
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)
    return folder


@contextlib.contextmanager
def compiled_ahead(module: str) -> Iterator[None]:
    """While inside, have a second process run a module that compiles kernels, where none is compiled yet; it ends with this one.

    Parameters
    ----------
    module : its dotted name; it calls ``end_with_starter`` first.
    """
    folder = os.environ.get(VARIABLE, "")
    is_of_use = folder and Path(folder).is_dir() and not any(Path(folder).rglob("*.nbi"))
    other = _started(module) if is_of_use and (os.cpu_count() or 1) >= _PROCESSES else None
    try:
        yield
    finally:
        if other is not None:
            with contextlib.suppress(OSError):
                other.stdin.close()  # type: ignore[union-attr]
            other.kill()
            other.wait()


def _started(module: str) -> subprocess.Popen[bytes] | None:
    """A process that runs a module; None where the system starts none, for it only saves time."""
    # -P: the folder where somebody stands holds tables of strangers, and is no place to import from.
    command, nowhere = [sys.executable, "-P", "-m", module], subprocess.DEVNULL
    with contextlib.suppress(OSError):
        # What it cannot compile is compiled where it is called, which tells of it as well.
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere)
    return None


def end_with_starter() -> None:
    """End this process when the one that started it has ended, however it did: its end of the pipe is closed then."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _version(science: Path) -> str:
    digest = hashlib.sha256()
    for path in _compiled(science):
        digest.update(path.relative_to(science.parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _compiled(science: Path) -> list[Path]:
    """The modules of kernels and all of the project that they import: what may be frozen into a kernel, and no more."""
    waiting = [path for path in science.rglob("*.py") if "numba" in path.read_text(encoding="utf-8")]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for module, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
            base = science.parent.joinpath(*module.split("."))
            inside = [base / name for name in _NAME.findall(names)]
            for at in (base, *inside):
                waiting += [p for p in (at.with_suffix(".py"), at / "__init__.py") if p.is_file()]
    return sorted(found)


def _home(science: Path) -> Path:
    """Beside the code where it may be written, else in the user's folder for caches."""
    if os.access(science, os.W_OK):
        return science / "__pycache__"
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    home = Path(named) if named else Path.home() / ".cache"
    return (home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())) / "khanij"


def _forget_former(home: Path) -> None:
    for former in home.glob(f"{_PREFIX}*") if home.is_dir() else ():
        with contextlib.suppress(OSError):
            if time.time() - former.stat().st_mtime > KEPT_S:
                shutil.rmtree(former, ignore_errors=True)
