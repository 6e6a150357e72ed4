"""Which column of a table may be its key: nearly each value stands once, and its name is that of a number or code.

Belongs here: looking at the columns of one table. Does not belong here: when two keys are one (``admitting.identity``), or which
words speak of which layer (``proposing``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from data_sources.contracts.contract import plain_name

KEY_WORDS = ("id", "no", "nos", "num", "number", "code", "sl", "sr", "serial", "uid", "fid", "gid", "kramank")
KEY_END = re.compile(
    r"(site|block|blk|lease|sample|smp|pond|dump|tsf|dam|waste|plot|object|facility|mine|record|rec|unit|poly|feature|feat|ml|bl|g|f|u|o)(id|no|code)"
)
NO_KEY = frozenset("status type date area valid validity expiry until upto lessee holder owner mineral grade".split())


def spare_rows(n: int) -> int:
    """Rows of a table that may lack a key, or repeat one, and leave it a key: totals, notes, a row that was typed twice."""
    return max(1 if n < 8 else 2, n // 8)


def is_nearly_unique(values: pd.Series, n: int) -> bool:
    """Whether nearly each of ``n`` rows has a value of its own."""
    spare = spare_rows(n)
    return len(values) > 0 and n - len(values) <= spare and len(values) - values.nunique() <= (spare if n > 4 else 0)


def key_column(frame: pd.DataFrame, columns: Iterable[str], words: tuple[tuple[str, ...], ...] = ()) -> str | None:
    """A column of which nearly each value stands once, called a number or code; one that holds the thing's own word first.

    A serial number is taken where there is nothing else, and so is a column of names.
    """
    found = []
    for place, column in enumerate(columns):
        values = frame[column].dropna().astype("str").str.strip()
        parts = plain_name(column).split("_")
        called = any(p in KEY_WORDS or KEY_END.fullmatch(p) for p in parts)
        own = not NO_KEY & set(parts) and any(any(p.startswith(w) for p in parts) for group in words for w in group)
        if is_nearly_unique(values, len(frame)) and (called or own) and not _is_measure(values):
            named = any(p.startswith(("name", "naam")) for p in parts)
            serial = _is_serial(parts, values)
            found.append((serial, not (called and own), named, not own, place, column))
    return min(found)[-1] if found else None


def _is_serial(parts: list[str], values: pd.Series) -> bool:
    """A column that counts the rows: called so, or 1, 2, 3 ... in their order."""
    if set(parts) & {"sl", "sr", "sno", "serial", "srno", "slno"} or parts[:2] == ["s", "no"]:
        return True
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    return len(numbers) > 2 and bool((numbers.diff().dropna() == 1).mean() > 0.9) and numbers.iloc[0] in (0, 1)


def _is_measure(values: pd.Series) -> bool:
    """Numbers with decimals are measured, they name nothing."""
    return bool(values.str.fullmatch(r"-?\d+[.,]\d*[1-9]\d*").mean() > 0.5)
