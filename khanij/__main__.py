"""The ``khanij`` command, and ``python -m khanij``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; what it may import lies in ``pipelines.cli``."""
    from pipelines.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
