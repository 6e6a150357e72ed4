"""A table as wide as where it is read: columns are left out in a stated order, so that what stays is whole.

Belongs here: the widths of tables. Does not belong here: what a table says. Into a pipe or a file goes plain text, a row a
line, without boxes and with every column, so that other programs can read it.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

# Texts may break over several lines; what is not here (ranks, identifiers, numbers) is never broken.
WRAPPED = {
    "name", "elements", "state", "missing", "likely", "title", "licence", "ground stands out in", "reason", "value", "why",
    "minerals", "evidence of its minerals", "outcome", "open to bid",
}  # fmt: skip
# The first is left out first, where the terminal is too narrow; what is not here stays.
LEFT_OUT = (
    "evidence of its minerals", "class", "elements", "likely", "missing", "outcome", "tranche", "minerals", "p10-p90",
    "ground stands out in", "state", "tier", "p(top 10)", "p(top 20)", "nearest waste", "km to it", "ha", "needs prices x",
    "protocol", "redistribute", "licence", "outcomes that pay", "campaign", "open to bid", "by fertility", "percentile",
    "kind", "region", "value", "field", "score", "net worth", "title", "name",
)  # fmt: skip
_LEAST = 12  # of a text that may break
_BETWEEN = 2


def print_table(console: Console, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as wide as the console, and below it which columns had no room."""
    if not console.is_terminal:
        console.print(plain_table(title, header, rows), markup=False, highlight=False, soft_wrap=True, end="")
        return
    kept = fitting(header, rows, console.width)
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for i in kept:
        wraps = _wraps(header[i])
        least = min(_widest(i, header, rows), _LEAST) if wraps else None
        text = header[i] if wraps else header[i].replace(" ", "\n")
        table.add_column(text, no_wrap=not wraps, overflow="fold", min_width=least)
    for row in rows:
        table.add_row(*(row[i] for i in kept))
    console.print(table, markup=False)
    left = [header[i] for i in range(len(header)) if i not in kept]
    if left:
        console.print(f"No room in {console.width} columns for: {', '.join(left)}", markup=False)


def fitting(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Positions of the columns that fit side by side, the others left out in the order of ``LEFT_OUT``.

    Parameters
    ----------
    width : of the terminal, in characters.
    """
    kept = list(range(len(header)))
    needed = {i: _needed(i, header, rows) for i in kept}
    places = {name: at for at, name in enumerate(LEFT_OUT)}
    going = sorted((i for i in kept if header[i].casefold() in places), key=lambda i: places[header[i].casefold()])
    while going and sum(needed[i] + _BETWEEN for i in kept) > width:
        kept.remove(going.pop(0))
    return kept


def plain_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as text: title, header, a line a row, two blanks at least between columns."""
    lines = [[" ".join(cell.split()) for cell in row] for row in (header, *rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(header))]
    told = ["  ".join(c + " " * (w - cell_len(c)) for c, w in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([*([title] if title else []), *told]) + "\n"


def _wraps(title: str) -> bool:
    return title.casefold() in WRAPPED


def _widest(i: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    return max(cell_len(text) for text in (header[i], *(row[i] for row in rows)))


def _needed(i: int, header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Characters that a column cannot do without: its widest cell, or a dozen of a text that may break."""
    if _wraps(header[i]):
        return min(_widest(i, header, rows), _LEAST)
    return max(cell_len(text) for text in (*header[i].split(), *(row[i] for row in rows)))
