"""The one writer of PDFs: texts in any script of India, shaped and with their fonts inside, rules, tables and pictures.

Belongs here: setting type on a page. Does not belong here: what is said (each document), or which font (``fonts``).

Lengths are points (1/72 inch), from the left and from the top; a text's y is its baseline. Each line carries its own text
beside its glyphs (``/ActualText``), so that what is copied or searched is what was written. No clock stands in the file.
"""

from __future__ import annotations

import io
import logging
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import TextDirection
from fpdf.line_break import Fragment

from publishing.pdf.fonts import Run, font_file, runs_of

A4_PT = (595.28, 841.89)
_ASCENT = 0.8  # fpdf2 sets the baseline of a cell as high as the font's size at this share of it
_LEADING = 1.35
_FROM_RIGHT = "Arabic"
_BOLD_STROKE = 0.03
_CLOSE = 0.04
_VARIABLE = ("avar", "fvar", "gvar", "cvar", "HVAR", "MVAR", "VVAR", "STAT")
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_DATE = re.compile(rb"/CreationDate \(D:20000101000000[^)]*\)")


class _WholeRuns(FPDF):
    """The library without its own cutting of texts: it cuts at each joiner, so that the letters beside it are not joined.

    What comes here is a run of one script already.
    """

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:  # noqa: ARG002
        if not text:
            return ()
        shaping = self.text_shaping or {}
        shaping["paragraph_direction"] = shaping["fragment_direction"] = shaping["direction"]
        return (Fragment(text, self._get_current_graphics_state(), self.k),)


class PdfWriter:
    """A PDF that is written page by page.

    Parameters
    ----------
    title : for the file's properties. size : width and height of a page in points.
    """

    def __init__(self, title: str, *, size: tuple[float, float] = A4_PT, subject: str = "") -> None:
        self.width, self.height = size
        self._pdf = _WholeRuns(unit="pt", format=size)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.c_margin = 0
        self._pdf.set_title(title)
        self._pdf.set_author("Khanij")
        self._pdf.set_subject(subject)
        self._pdf.set_creator("Khanij")
        self._pdf.set_creation_date(_NO_DATE)
        self._pdf.set_text_shaping(True)
        self._known: set[str] = set()
        self._widths: dict[str, float] = {}
        self._replaced: dict[str, str] = {}
        logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table that it drops

    @property
    def transliterated(self) -> dict[str, str]:
        """What was written in Latin letters for want of a font, and how: to be said in the document."""
        return dict(self._replaced)

    @property
    def pages(self) -> int:
        """Number of pages so far."""
        return int(self._pdf.pages_count)

    def add_page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def text(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: str = "#000000",
        align: str = "left", angle: float = 0.0,
    ) -> float:  # fmt: skip
        """Write one line; ``align`` says which end of it (left, center, right) stands at x. Returns its width."""
        runs = self._told(runs_of(text))
        widths = [self._set(run, size) for run in runs]
        total = sum(widths)
        at = x - total * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        if not runs:
            return 0.0
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        self._pdf.set_text_color(red, green, blue)
        spoken = "".join(run.was or run.text for run in runs)
        # What is written from the right is turned once more by readers that are given its words.
        marked = all(run.family != _FROM_RIGHT for run in runs)
        if marked:  # the library has no word for the mark, so it is set by hand around the glyphs
            self._pdf._out(f"/Span << /ActualText <{_utf16(spoken)}> >> BDC")
        # A bold font would have to be made from the variable one, seconds for each script; an outline does as well.
        look = {"text_mode": "FILL_STROKE", "line_width": size * _BOLD_STROKE, "draw_color": (red, green, blue)}
        with (
            self._pdf.rotation(angle, x, y) if angle else nullcontext(),
            self._pdf.local_context(**look) if bold else nullcontext(),
        ):
            for run, width in zip(runs, widths):
                self._set(run, size)
                self._pdf.set_xy(at, y - _ASCENT * size)
                self._pdf.cell(w=width, h=size, text=run.text)
                at += width
        if marked:
            self._pdf._out("EMC")
        return total

    def measure(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width of a line in points."""
        if text not in self._widths:  # shaping takes longer than all else, and a width grows with the size
            self._widths[text] = sum(self._set(run, 1.0) for run in runs_of(text))
        return size * (self._widths[text] + (_BOLD_STROKE if bold else 0.0))

    def wrap(self, text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
        """A text in lines that are no wider than ``width``; a word that is, is broken between letters."""
        lines, line, long, gap = [], "", 0.0, self.measure(" ", size)
        for word in text.split():
            while self.measure(word, size, bold=bold) > width and len(word) > 1:
                whole = word  # longer beginnings are wider, so the longest that fits is found by halving
                wider = bisect_right(range(2, len(word)), width, key=lambda n: self.measure(whole[:n], size, bold=bold))
                fits = wider + 1
                if line:
                    lines.append(line)
                    line = ""
                lines.append(word[:fits])
                word = word[fits:]
            wide = self.measure(word, size, bold=bold)
            longer, total = f"{line} {word}".strip(), long + gap + wide if line else wide
            # The words' own widths say which line is full; only where that is close is the line itself shaped.
            if abs(total - width) < _CLOSE * width:
                total = self.measure(longer, size, bold=bold)
            if line and total > width:
                lines.append(line)
                line, long = word, wide
            else:
                line, long = longer, total
        return [*lines, line] if line else lines

    def paragraph(
        self, x: float, y: float, text: str, size: float, width: float, *, bold: bool = False, colour: str = "#000000"
    ) -> float:
        """Write wrapped text from its first baseline on; returns the baseline of the line that would follow."""
        for line in self.wrap(text, size, width, bold=bold):
            self.text(x, y, line, size, bold=bold, colour=colour)
            y += size * _LEADING
        return y

    def table(
        self, x: float, y: float, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float],
        size: float = 8.0, *, aligns: Sequence[str] = (),
    ) -> float:  # fmt: skip
        """A table with wrapped cells from the baseline of its head on; returns the baseline of what would follow.

        ``aligns`` is left or right for each column (left where nothing is said); the gap between columns is half a line.
        """
        gap = size / 2
        aligns = [*aligns, *["left"] * (len(widths) - len(aligns))]
        lefts = [x + sum(widths[:i]) for i in range(len(widths))]
        for number, row in enumerate([head, *rows]):
            cells = [self.wrap(str(c), size, w - gap, bold=not number) or [""] for c, w in zip(row, widths)]
            for lines, left, width, align in zip(cells, lefts, widths, aligns):
                for i, line in enumerate(lines):
                    at = left if align == "left" else left + width - gap
                    self.text(at, y + i * size * _LEADING, line, size, bold=not number, align=align)
            y += max(len(lines) for lines in cells) * size * _LEADING
            if not number:
                self.rule(x, y - size * 0.9, x + sum(widths) - gap, y - size * 0.9)
        return y

    def rule(self, x0: float, y0: float, x1: float, y1: float, *, colour: str = "#c9c5ba", width: float = 0.7) -> None:
        """A straight line."""
        self._pdf.set_draw_color(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))
        self._pdf.set_line_width(width)
        self._pdf.line(x0, y0, x1, y1)

    def picture(self, image: bytes, x: float, y: float, width: float, height: float = 0.0, *, says: str = "") -> None:
        """A PNG or JPEG with its upper left corner at a place; ``says`` is read aloud in its stead."""
        self._pdf.image(io.BytesIO(image), x=x, y=y, w=width, h=height, alt_text=says or None)

    def content(self) -> bytes:
        """The whole file; the same pages give the same bytes."""
        # The library knows no file without a date; blanks keep every place in the file where it was.
        return _DATE.sub(lambda found: b" " * len(found.group()), bytes(self._pdf.output()))

    def _told(self, runs: list[Run]) -> list[Run]:
        self._replaced |= {run.was: run.text for run in runs if any(c.isalpha() for c in run.was)}
        return runs

    def _set(self, run: Run, size: float) -> float:
        """Choose the run's font and return the run's width."""
        if run.family not in self._known:
            self._pdf.add_font(run.family, "", str(font_file(run.family)))
            tables = self._pdf.fonts[run.family.lower()].ttfont  # type: ignore[union-attr]
            for (
                name
            ) in _VARIABLE:  # the font's own weight is the regular one: what makes others of it is not carried along
                if name in tables:
                    del tables[name]
            self._known.add(run.family)
        self._pdf.set_font(run.family, "", size)
        direction = TextDirection.RTL if run.family == _FROM_RIGHT else TextDirection.LTR
        self._pdf.set_text_shaping(True, direction=direction)
        return float(self._pdf.get_string_width(run.text))


def _utf16(text: str) -> str:
    return (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper()
