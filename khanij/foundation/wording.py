"""Numbers and texts as people read them: tonnes, dollars, ranges, shares; a missing one is said to be missing.

Belongs here: formatting for a reader. Does not belong here: escaping for a format (``escaping``), or whether a cell is
known at all (``cells``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from khanij.foundation.cells import is_known
from khanij.foundation.errors import UnitError
from khanij.foundation.rounding import round_one

NOT_KNOWN = "not known"
RUPEES_PER_CRORE = 1e7


def usd_to_inr_crore(usd: float, inr_per_usd: float) -> float:
    """Rupees crore from USD at a stated rate: ``USD x rate / 1e7`` (1 crore = 10 million).

    Raises
    ------
    UnitError : the rate is not positive.
    """
    if not inr_per_usd > 0:
        raise UnitError(
            f"exchange rate {inr_per_usd!r} is not positive", do="give INR per USD and the date of the rate"
        )
    return usd * inr_per_usd / RUPEES_PER_CRORE


def crore(value: object) -> str:
    """Rupees crore with digits in the Indian groups: ``12,345``, ``1,23,456``, ``-137``, ``12.3``, ``0.46``.

    Two decimals below ten, one below a hundred; a value that is rounded away stays 0 without a sign.
    """
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    decimals = 2 if abs(x) < 10 else 1 if abs(x) < 100 else 0
    whole, _, part = f"{abs(x):.{decimals}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, i - 2) : i] for i in range(len(head), 0, -2)][::-1]
    text = ",".join([*pairs, tail]) + (f".{part}" if part.strip("0") else "")
    return f"-{text}" if x < 0 and text != "0" else text


def number(value: object, digits: int = 3) -> str:
    """A number rounded to so many significant digits, thousands marked: ``1,230``, ``12``, ``0.00123``."""
    if not is_known(value):
        return NOT_KNOWN
    x = round_one(float(value), digits)  # type: ignore[arg-type]
    if abs(x) >= 1e15 or not math.isfinite(x):
        return f"{x:.{digits - 1}e}"
    decimals = min(max(0, digits - 1 - math.floor(math.log10(abs(x)))), 6 if abs(x) > 1e-6 else 12) if x else 0
    text = f"{x:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: object, unit: str = "") -> str:
    """A large amount with its own prefix: 12.3 thousand, 4.56 million, 7.8 billion."""
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e4, " thousand")):
        if abs(x) >= size:
            scaled = x / (1e3 if word == " thousand" else size)
            return f"{number(scaled)}{word} {unit}".rstrip()
    return f"{number(x)} {unit}".rstrip()


def usd(value: object) -> str:
    """US dollars in a sentence: ``USD 350``, ``USD 12 million``, ``USD 1.4 billion``."""
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if abs(x) >= size:
            return f"USD {number(x / size)}{word}"
    return f"USD {number(x)}"


def tonnes(value: object) -> str:
    """A tonnage: tonnes up to a hundred thousand, then million tonnes (Mt)."""
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    return f"{number(x / 1e6)} Mt" if abs(x) >= 1e5 else f"{number(x)} t"


def kilograms(value: object) -> str:
    """A mass of metal: kilograms, tonnes from one tonne, thousand tonnes (kt) from ten thousand."""
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    for size, unit in ((1e7, "kt"), (1e3, "t")):
        if abs(x) >= size:
            return f"{number(x / (1e6 if unit == 'kt' else 1e3))} {unit}"
    return f"{number(x)} kg"


def interval(low: object, middle: object, high: object, say: Callable[[object], str] = number, unit: str = "") -> str:
    """``P50 unit (P10 low to P90 high)`` of one quantity; ``say`` words one figure."""
    if not is_known(middle):
        return NOT_KNOWN
    text = f"{say(middle)} {unit}".rstrip()
    return f"{text} (P10 {say(low)} to P90 {say(high)})" if is_known(low) and is_known(high) else text


def share(value: object) -> str:
    """A share as a percentage."""
    return f"{100 * float(value):.0f} %" if is_known(value) else NOT_KNOWN  # type: ignore[arg-type]


def chance(value: object) -> str:
    """A share of draws as a percentage; what lies within 1 % of never or always is not said more exactly."""
    if not is_known(value):
        return NOT_KNOWN
    p = float(value)  # type: ignore[arg-type]
    return "more than 99 %" if p > 0.99 else "fewer than 1 %" if p < 0.01 else f"{100 * p:.0f} %"


def chance_short(value: object) -> str:
    """``chance`` for a column of a table: ``< 1 %``, ``> 99 %``, else as there."""
    return chance(value).replace("fewer than ", "< ").replace("more than ", "> ")


def place(value: object) -> str:
    """A rank or a quantile of ranks: whole, or with a half."""
    if not is_known(value):
        return NOT_KNOWN
    x = float(value)  # type: ignore[arg-type]
    return f"{x:.0f}" if abs(x - round(x)) < 0.05 else f"{x:.1f}"


def rank_interval(low: object, high: object) -> str:
    """From the best place (P05) to the worst (P95)."""
    return f"{place(low)} to {place(high)}" if is_known(low) and is_known(high) else NOT_KNOWN


def triple(record: object, stem: str, say: Callable[[object], str] = number, unit: str = "") -> str:
    """``interval`` of the columns ``stem_p10``, ``stem_p50`` and ``stem_p90`` of one record."""
    low, middle, high = (getattr(record, f"{stem}_{p}") for p in ("p10", "p50", "p90"))
    return interval(low, middle, high, say, unit)


def one_line(value: object, length: int = 0) -> str:
    """A text on one line, cut to a length where one is given; a missing text is empty."""
    if not is_known(value):
        return ""
    plain = " ".join(str(value).split())
    return plain if not length or len(plain) <= length else plain[: length - 1].rstrip() + "…"
