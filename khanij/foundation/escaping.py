"""Making any text harmless in the format it is put into: spreadsheet cells, CSV, XML, HTML, matplotlib.

Belongs here: escaping. Does not belong here: wording (``wording``).
"""

from __future__ import annotations

import html
import re

from khanij.foundation.cells import is_known

# What a spreadsheet may take for a formula at the start of a cell, also after blanks, also in full width.
_FORMULA = re.compile(r"^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
# Characters that XML 1.0 does not allow at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def without_forbidden(text: str) -> str:
    """A text without control characters and halves of characters, which no format of ours can hold."""
    return _FORBIDDEN.sub("", text)


def plain(value: object) -> str:
    """A text without the characters that XML forbids; a missing value is empty."""
    return without_forbidden(str(value)) if is_known(value) else ""


def csv_cell(value: object) -> str:
    """A text for a CSV cell: one that could become a formula gets an apostrophe in front."""
    text = plain(value).replace("\r\n", " ").replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return f"'{text}" if _FORMULA.match(text) else text


def xml(value: object) -> str:
    """A text for XML content or a double-quoted attribute."""
    return html.escape(plain(value), quote=True)
