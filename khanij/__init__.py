"""Khanij: ranks blocks of mine waste by critical-mineral potential, with honest uncertainty.

The public face: ``khanij.run``, ``khanij.read``, ``khanij.explain``, ``khanij.validate``, ``khanij.__version__``.
Nothing of the project is imported before one of them is asked for, so that ``khanij.foundation`` lies below every room.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from khanij.shadows import ShadowedError, refuse_shadows

if TYPE_CHECKING:
    from khanij.face import Result, explain, read, run, validate

    __version__: str

__all__ = ["Result", "ShadowedError", "__version__", "explain", "read", "run", "validate"]


def __getattr__(name: str) -> object:
    """The public functions and the version, on first use."""
    if name == "__version__":
        from khanij.foundation.version import khanij_version

        return khanij_version()
    if name in __all__:
        from khanij import face

        return getattr(face, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _is_the_command() -> bool:
    """Whether this process is the ``khanij`` command, which tells an error in one line, and not a program of its user."""
    as_module = sys.argv[:1] == ["-m"] and ("-m", "khanij") in zip(sys.orig_argv, sys.orig_argv[1:])
    name = sys.argv[0].replace("\\", "/").rsplit("/", 1)[-1] if sys.argv else ""
    return as_module or name.split(".")[0] == "khanij"


try:
    refuse_shadows()
except ShadowedError as error:
    if _is_the_command():
        sys.exit(f"khanij: {error}")
    raise
