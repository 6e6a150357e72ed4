"""The places where a published column can be shown, and the short words by which a ``Field`` names them.

Belongs here: the list of places. Does not belong here: which column is shown where (``ranked_blocks``) or how a place looks
(``publishing``). A ``Field`` with ``shows=("page", "xlsx", "form", "explain", "dossier")`` is seen in all of them, last.
"""

from __future__ import annotations

from dataclasses import replace

from data_sources.contracts.contract import Field, Show

PAGE, PAGE_TABLE, PAGE_GROUND = "page", "page_table", "page_ground"
XLSX, FORM, EXPLAIN, DOSSIER = "xlsx", "form", "explain", "dossier"
TOP, TOP_FERTILITY, DIFF = "top", "top_fertility", "diff"
PLACES = {
    PAGE: "the web page: among the facts of a block, unless the page draws it itself",
    PAGE_TABLE: "a column of the page's table",
    PAGE_GROUND: "a column of the page's table where nothing is ranked and the ground is what there is to read",
    XLSX: "a column of the spreadsheet of a shortlist",
    FORM: "the form that QGIS opens for a block; the group is its tab",
    EXPLAIN: "a line of khanij explain",
    DOSSIER: "a line of the dossier",
    TOP: "the table at the end of a run",
    TOP_FERTILITY: "the table at the end of a run where nothing is ranked",
    DIFF: "what khanij diff tells as a reason why a block moved",
}
TABS = ("Why", "Score", "Value", "Data quality")
"""Tabs of the form; a column that names none stands on the last."""
HELD = "held"
"""Section of explanation and dossier on who holds a block and what became of its auction."""
DRAWN = Show(PAGE, group="drawn")
"""In the page's data, and drawn by the page in its own way: a bar, an interval, a heading."""


def page(order: int, label: str) -> Show:
    """A fact of a block on the web page."""
    return Show(PAGE, order, label=label)


def table(order: int, label: str) -> Show:
    """A column of the page's table."""
    return Show(PAGE_TABLE, order, label=label)


def ground(order: int, label: str) -> Show:
    """A column of the page's table where nothing is ranked."""
    return Show(PAGE_GROUND, order, label=label)


def xlsx(order: int) -> Show:
    """A column of the spreadsheet."""
    return Show(XLSX, order)


def form(tab: str, order: int) -> Show:
    """A line on a tab of the form in QGIS."""
    return Show(FORM, order, tab)


def top(order: int) -> Show:
    """A column of the table at the end of a run."""
    return Show(TOP, order)


def top_fertility(order: int) -> Show:
    """The same where nothing is ranked."""
    return Show(TOP_FERTILITY, order)


def diff(order: int, word: str) -> Show:
    """A reason why a block moved."""
    return Show(DIFF, order, label=word)


def access(order: int, label: str = "") -> tuple[Show, Show]:
    """A line on who holds a block, in ``khanij explain`` and in the dossier."""
    return Show(EXPLAIN, order, HELD, label), Show(DOSSIER, order, HELD, label)


def told(order: int, label: str) -> tuple[Show, Show]:
    """A line on how well a block is known, in ``khanij explain`` and in the dossier."""
    return Show(EXPLAIN, order, label=label), Show(DOSSIER, order, label=label)


def seen(field: Field, *shows: Show | str, from_: tuple[str, str] | None = None) -> Field:
    """A column shared by several tables, with where this one shows it."""
    return replace(field, shows=shows, from_=from_)


def places(fields: tuple[Field, ...], *shows: tuple[Show | str, ...]) -> tuple[Field, ...]:
    """Columns of one quantity, such as P10, P50, P90, each with where it shows."""
    return tuple(replace(f, shows=s) for f, s in zip(fields, shows, strict=True))
