"""The console that every verb prints on: as wide as the terminal, 165 columns into a pipe or a log."""

from __future__ import annotations

import sys

from rich.console import Console


def terminal() -> Console:
    """A console on standard output that colours nothing it was not asked to."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 165)
