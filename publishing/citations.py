"""The texts that a published row cites, as a reader is told of them.

Belongs here: which entries of the table ``bibliography`` a row names, and their words. Does not belong here: how a product
lays them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

from data_sources.contracts.published.cited import CITING
from data_sources.reference.bibliography import MARKS, cited_ids
from khanij.foundation.cells import is_known
from khanij.foundation.wording import one_line

_ADDRESSES = ("https://", "http://")


def entries_cited(row: SimpleNamespace, bibliography: Iterable[SimpleNamespace]) -> list[SimpleNamespace]:
    """The entries that a row names, in the order of their identifiers; marks such as own knowledge last.

    Parameters
    ----------
    row : a published row. bibliography : the rows of the table.
    """
    named = {i for column in CITING if hasattr(row, column) for i in cited_ids(getattr(row, column))}
    found = [entry for entry in bibliography if entry.source_id in named]
    return sorted(found, key=lambda e: (e.source_id in MARKS, e.source_id))


def link_of(entry: SimpleNamespace) -> str:
    """The address of an entry, where it has one that a browser opens; else the empty text."""
    link = str(entry.link) if is_known(entry.link) else ""
    return link if link.startswith(_ADDRESSES) and not any(c.isspace() or c in "<>\"'" for c in link) else ""


def entry_said(entry: SimpleNamespace, *, linked: bool = True) -> str:
    """One entry in a line: title, publisher, date, how far it was seen, and its address."""
    parts = ", ".join(one_line(v) for v in (entry.title, entry.publisher, entry.date) if is_known(v))
    is_text = entry.source_id not in MARKS
    seen = f" ({entry.seen})" if is_text and is_known(entry.seen) and entry.seen != "seen" else ""
    link = link_of(entry) if linked else ""
    return f"{entry.source_id} {parts}{seen}{': ' + link if link else ''}"
