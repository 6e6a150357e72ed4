"""The version of the product: what its installation says, which is what ``pyproject.toml`` said.

Belongs here: the one place where it is read. Does not belong here: the version of a table (``contracts.published``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def khanij_version() -> str:
    """The version such as ``0.1.0``; of a source tree that was never installed, what its ``pyproject.toml`` says."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("khanij")
    except PackageNotFoundError:
        import tomllib

        said = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
        return str(said["project"]["version"])
