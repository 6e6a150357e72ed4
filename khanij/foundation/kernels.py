"""Where compiled kernels are kept: one folder for each state of the science's code.

A compiler's cache beside the source is renewed when the function's own file changes, but not when a function that it
calls, in another file, does: results would then be made by former code under the new code's name. So the folder bears a
hash of all modules of the science, and a change in any of them compiles anew.

Belongs here: the folder. Does not belong here: a kernel.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
KEPT_S = 7 * 86_400  # folders of former states of the code, which a process that is still running may use
_PREFIX = "kernels-"


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


def _version(science: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(science.rglob("*.py")):
        digest.update(path.relative_to(science).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


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
