"""One cell of a table: is it known, and what is it as text, as a number, as yes or no, as flags.

Belongs here: the one test of emptiness of a single value, a flag taken apart. Does not belong here: whole columns (pandas says ``isna``), or
parsing what a person typed (``data_sources.contracts.admitting.values``), nor a library at the top: whoever reads one
row needs none.
"""

from __future__ import annotations

import math

# The classes of pandas' marks: to ask pandas for them would cost every reader of a text its import.
_MARKS = ("NAType", "NaTType")


def is_known(value: object) -> bool:
    """False for None, NaN, NaT, NA and the empty text."""
    if value is None or type(value).__name__ in _MARKS or value == "":
        return False
    return not (isinstance(value, float) and math.isnan(value))


def text(value: object) -> str:
    """A cell as text; missing is the empty text."""
    return str(value) if is_known(value) else ""


def truth(value: object) -> bool:
    """A cell as a yes or no; missing is no (``bool(nan)`` would be yes)."""
    return text(value).strip().lower() in ("true", "1", "1.0", "yes")


def flag_of(code: str, words: object) -> str:
    """A flag ``code:words``; a semicolon would part it from the next flag of its cell, so that a comma stands in its place."""
    return f"{code}:{text(words).replace(';', ',').strip()}"


def flag_parts(flag: str) -> tuple[str, str]:
    """A flag ``code:words`` as its code and its words, which may hold colons; "" where it has no words."""
    code, _, words = flag.strip().partition(":")
    return code, words


def flags_in(value: object) -> list[tuple[str, str]]:
    """The flags of a cell, semicolons between them, each as ``flag_parts`` gives it; none where the cell is missing."""
    return [flag_parts(flag) for flag in text(value).split(";") if flag.strip()]


def number_of(value: object) -> float:
    """A cell as a float; missing is NaN.

    Raises
    ------
    ValueError, TypeError : it holds something that is no number.
    """
    return float(value) if is_known(value) else math.nan  # type: ignore[arg-type]


def number_or_missing(value: object) -> float:
    """A cell as a float; NaN where it is missing or holds no number."""
    try:
        return number_of(value)
    except (TypeError, ValueError):
        return math.nan


def plain_digits(value: float) -> str:
    """A number in plain digits, the fewest that give it back: ``7``, ``0.00001``, ``10000000000000000``, never ``1e+16``."""
    if not math.isfinite(value):
        return str(value)
    import numpy as np

    return np.format_float_positional(value, trim="-")
