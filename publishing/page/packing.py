"""Columns of a table as the page carries them: a value that repeats is written once.

The reader is ``column`` in ``language.js``. Compression would be smaller still, and unreadable to who opens the page's
source and to browsers without ``DecompressionStream``; no library writes columns for a script of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def packed(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Each column as a list, or as ``{"of": values, "at": places}`` where that is shorter; ``{"one": v, "n": rows}`` of one value alone."""
    return {name: _column(list(values)) for name, values in columns.items()}


def _column(values: list[Any]) -> Any:
    # 1, 1.0 and true are equal to Python and not to a reader.
    keys = [(type(v), v) for v in values]
    found = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    if len(found) == 1 and len(values) > 1:
        return {"one": values[0], "n": len(values)}
    if 2 * len(found) > len(values) or not values:
        return values
    # Numbers below a thousand are no longer than their places.
    width = sum(len(str(v)) for v in values) / len(values)
    return {"of": [v for _, v in found], "at": [found[key] for key in keys]} if width > 4 else values
