"""Pages of the documentation that are made from the code: written, or held against what stands there.

Belongs here: the command of such a page. Does not belong here: what it says.
"""

from __future__ import annotations

from pathlib import Path


def write_page(path: Path, text: str, module: str, arguments: list[str]) -> int:
    """Write the page, or say with ``--check`` whether it is current; the exit code of the command.

    Parameters
    ----------
    module : what is run to write it. arguments : of the command line.
    """
    page = f"docs/{path.name}"
    if "--check" not in arguments:
        path.write_text(text, encoding="utf-8")
        print(f"written: {page}")
        return 0
    current = path.is_file() and path.read_text(encoding="utf-8") == text
    print(f"{page} is current" if current else f"{page} is old: run python -m {module}")
    return 0 if current else 1
