"""One cell of a workbook -> the text that it shows, with all its digits: ``0.35%``, ``<5``, ``007``, ``2024-03-12``.

A number format is part of what was written: a cell that shows 0.35 % is stored as 0.0035, one that shows <5 as 5. The text
that leaves here carries the sign and the unit, so that one reader of numbers is enough for every kind of table.

Belongs here: number formats. Does not belong here: what a unit is worth in the column's own (``contracts``).
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from khanij.foundation.cells import plain_digits

SCALED = "a number format scales what is shown by thousands: the stored number is taken"
DATE = "a date in the cell: a spreadsheet makes dates of numbers such as 3/12; taken as year-month-day"


class Shown(NamedTuple):
    """What a number format adds: text before and behind, per-cent signs, leading zeros, a scale by thousands."""

    before: str = ""
    behind: str = ""
    percent: int = 0
    digits: int = 0
    thousands: int = 0


PLAIN = Shown()
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]|([<>%])', re.DOTALL)
_ZEROS = re.compile(r"0{2,}")
_UNIT_LIKE = re.compile(r"[<>≤≥]|\s*[a-zA-Zµμ%][a-zA-Zµμ/%°²³0-9. ]*")


@lru_cache(maxsize=4096)
def format_of(code: str, negative: bool = False) -> Shown:
    """What the number format ``code`` shows beside the digits; of several sections the one for the sign."""
    if code in ("General", "@", "0", "0.00", ""):
        return PLAIN
    sections = _sections(code)
    section = sections[1] if negative and len(sections) > 1 and sections[1] else sections[0]
    before, behind, percent, digits, body = "", "", 0, "", ""
    at = 0
    for m in [*_LITERAL.finditer(section), None]:
        plain = section[at : m.start()] if m else section[at:]
        body += plain
        digits += re.sub(r"[^0#?.,]", "", plain)
        if m is None:
            break
        at = m.end()
        text = m.group(1) if m.group(1) is not None else (m.group(2) or m.group(3) or "")
        if m.group(3) == "%":
            percent += 1
        elif digits:
            behind += text
        else:
            before += text
    scale = re.search(r"[0#?](,+)(?![0#?,])", body)
    zeros = len(digits) if _ZEROS.fullmatch(digits) else 0
    before, behind = (t if _UNIT_LIKE.fullmatch(t) else "" for t in (before.strip(), behind.strip()))
    return Shown(before, behind, percent, zeros, len(scale.group(1)) if scale else 0)


def _sections(code: str) -> list[str]:
    """The sections of a format, parted at semicolons that are no text."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])+', code) or [code]


def cell_text(value: object, code: str = "General") -> str | None:
    """The text of one cell; None where it is empty.

    Parameters
    ----------
    value : as a reader of workbooks gives it. code : the cell's number format.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, format_of(code or "General", value < 0))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _number(value: float, shown: Shown) -> str:
    text = str(value) if isinstance(value, int) else plain_digits(value)
    if shown.percent:
        text = f"{Decimal(text) * 100**shown.percent:f}" if value == value else text
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return shown.before + text + "%"
    if shown.digits and text.isdigit():
        text = text.zfill(shown.digits)
    return shown.before + text + (f" {shown.behind}" if shown.behind else "")


def scaled_by_thousands(code: str) -> bool:
    """Whether a format shows fewer digits than are stored (``0.0,`` shows thousands)."""
    return format_of(code).thousands > 0


def is_date(value: object) -> bool:
    """Whether a cell holds a date or a time."""
    return isinstance(value, dt.date | dt.time)
