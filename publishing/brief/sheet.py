"""The brief on one sheet of A4: what fits is found by trying, from large letters and whole texts to small ones and cut texts.

Belongs here: the setting of the page, and how much of a brief one page holds. Does not belong here: what is said (``told``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from khanij.foundation.errors import PublishingError
from khanij.foundation.wording import one_line
from publishing.brief.told import MOST_ROWS, Brief, Listing
from publishing.pdf.writer import A4_PT, PdfWriter

LEFT, TOP, BOTTOM = 40.0, 42.0, 812.0
WIDTH = A4_PT[0] - 2 * LEFT
LEADING = 1.35
INK, SOFT, RED, AMBER = "#1d1b17", "#5d594f", "#b00020", "#8a4b00"
# Sizes in points, rows of the table, then how long (in characters) a name, a sentence and the line of facts may be.
_WHOLE = 100_000
MOST_LETTERS = 12_000
"""More than any page holds, so that it need not be tried."""
_TRIED = (
    *((size, rows, _WHOLE, _WHOLE) for rows in (MOST_ROWS, 10, 8, 6) for size in (9.5, 9.0, 8.5)),
    *((8.0, rows, 70, 420) for rows in (10, 8, 6, 5)),
    *((7.5, rows, 48, 300) for rows in (8, 6, 4, 3)),
    *((7.0, rows, 36, 170) for rows in (5, 3, 1)),
    (6.5, 1, 24, 110),
)


@dataclass(frozen=True)
class Setting:
    """How a brief is set: the size of its letters in points, and the texts that the page has room for."""

    size: float
    brief: Brief
    shown: int


def _settings(brief: Brief) -> Iterator[Setting]:
    """From the most that a page may hold to the least."""
    for size, most, name, sentence in _TRIED:
        cut = replace(
            brief,
            heading=one_line(brief.heading, sentence),
            title=one_line(brief.title, min(name * 2, 110)),
            marks=tuple(one_line(m, min(sentence, 200)) for m in brief.marks),
            lead=one_line(brief.lead, sentence * 2),
            verdict=one_line(brief.verdict, sentence * 2),
            table=_cut(brief.table, most, name, sentence),
            parts=tuple((one_line(h, name), tuple(one_line(s, sentence) for s in said)) for h, said in brief.parts),
            foot=tuple(one_line(f, sentence * 2) for f in brief.foot),
        )
        yield Setting(size, cut, len(cut.table.rows))


def _cut(table: Listing, most: int, name: int, sentence: int) -> Listing:
    def cell(text: str) -> str:
        return "\n".join(one_line(part, name) for part in text.split("\n"))

    return replace(
        table,
        title=one_line(table.title, name),
        head=tuple(one_line(h, name) for h in table.head),
        rows=tuple(tuple(cell(c) for c in row) for row in table.rows[:most]),
        note=one_line(table.note, sentence),
    )


def _letters(brief: Brief) -> int:
    """How many characters there are to set."""
    said = (brief.lead, *brief.marks, *brief.foot, *(s for _, sentences in brief.parts for s in sentences))
    return sum(map(len, said)) + sum(len(c) for row in brief.table.rows for c in row)


def fitted(brief: Brief, room: float = 1.0, ruler: PdfWriter | None = None) -> Setting:
    """The most of a brief that a page holds, or a share of a page; ``ruler`` measures its texts.

    Raises
    ------
    PublishingError : not even the least fits.
    """
    ruler = ruler or PdfWriter(brief.title)
    for setting in _settings(brief):
        if _letters(setting.brief) > MOST_LETTERS:
            continue
        if _Sheet(ruler, setting, dry=True).set_all() <= TOP + (BOTTOM - TOP) * room:
            return setting
    raise PublishingError(
        "the brief does not fit on one page", do="this is a fault of Khanij: report it with the region"
    )


def writer_of(brief: Brief) -> PdfWriter:
    """The writer of a brief's PDF, which measures its texts for other formats too."""
    return PdfWriter(f"{brief.heading}: {brief.title}", subject=brief.lead)


def brief_pdf(brief: Brief, writer: PdfWriter | None = None) -> bytes:
    """The brief as a PDF of one page; the same brief gives the same bytes."""
    writer = writer or writer_of(brief)
    setting = fitted(brief, ruler=writer)
    writer.add_page()
    _Sheet(writer, setting).set_all()
    return writer.content()


class _Sheet:
    """A page that is set from the top down; dry, it only finds where it would end."""

    def __init__(self, writer: PdfWriter, setting: Setting, *, dry: bool = False) -> None:
        self._writer, self._setting, self._dry = writer, setting, dry
        self._y = TOP

    def set_all(self) -> float:
        """Set everything; returns the baseline of the line that would follow."""
        brief, size = self._setting.brief, self._setting.size
        self._lines(brief.heading, size, colour=SOFT)
        self._y += size * 0.5
        self._lines(brief.title, size + 5, bold=True)
        for mark in brief.marks:
            self._lines(mark, size, bold=True, colour=RED)
        self._rule()
        self._y += size * 0.6
        self._lines(brief.lead, size + 2, bold=True)
        if brief.verdict:
            self._y += size * 0.3
            self._lines(brief.verdict, size, bold=True, colour=AMBER)
        if brief.table.rows:
            self._heading(brief.table.title)
            self._table()
            self._y += size * 0.2
            self._lines(brief.under_table(self._setting.shown), size - 1, colour=SOFT)
        for heading, said in brief.parts:
            self._heading(heading)
            for sentence in said:
                self._text(LEFT, "•", size)
                self._lines(sentence, size, indent=size)
                self._y += size * 0.15
        self._y += size * 0.4
        self._rule()
        self._y += size * 0.3
        for line in brief.foot:
            self._lines(line, size - 1.5, colour=SOFT)
        return self._y

    def _heading(self, text: str) -> None:
        self._y += self._setting.size * 0.7
        self._lines(text, self._setting.size + 1, bold=True)

    def _table(self) -> None:
        """Cells that wrap, a head in bold, a rule under each row; amounts stand at the right of their column."""
        table, size = self._setting.brief.table, self._setting.size - 1
        widths = [WIDTH * s for s in table.shares]
        edges = [LEFT, *(LEFT + sum(widths[: i + 1]) for i in range(len(widths)))]
        for number, row in enumerate((table.head, *table.rows)):
            bold = not number
            cells = [
                [line for part in c.split("\n") for line in self._writer.wrap(part, size, w - size, bold=bold)]
                for c, w in zip(row, widths)
            ]
            for lines, (left, right), align in zip(cells, pairwise(edges), table.aligns):
                for i, line in enumerate(lines):
                    x = left if align == "left" else right - size
                    self._text(x, line, size, bold=bold, align=align, below=i * size * LEADING)
            self._y += max(len(lines) for lines in cells) * size * LEADING
            if not self._dry:
                under = self._y - size * 0.95
                self._writer.rule(LEFT, under, LEFT + WIDTH, under, colour="#3b3a36" if bold else "#dedad0")
            self._y += size * 0.25

    def _rule(self) -> None:
        if not self._dry:
            at = self._y - self._setting.size * 0.8
            self._writer.rule(LEFT, at, LEFT + WIDTH, at)
        self._y += self._setting.size * 0.4

    def _lines(self, text: str, size: float, *, bold: bool = False, colour: str = INK, indent: float = 0.0) -> None:
        for line in self._writer.wrap(text, size, WIDTH - indent, bold=bold):
            self._text(LEFT + indent, line, size, bold=bold, colour=colour)
            self._y += size * LEADING

    def _text(
        self, x: float, text: str, size: float, *,
        bold: bool = False, colour: str = INK, align: str = "left", below: float = 0.0,
    ) -> None:  # fmt: skip
        if not self._dry:
            self._writer.text(x, self._y + below, text, size, bold=bold, colour=colour, align=align)
