"""Matplotlib's figures as the pages of one PDF, with each text that its fonts cannot set laid over it by the writer.

Belongs here: which texts those are and where they stand. Does not belong here: drawing (``dossiers``), setting type
(``writer``). A page whose texts are all in Western European letters is matplotlib's own, byte by byte.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pypdf
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from publishing.pdf.fonts import needs_shaping
from publishing.pdf.writer import PdfWriter

_BOLD_FROM = 600
_LIFT = {"baseline": 0.0, "bottom": 0.22, "center": -0.33, "center_baseline": -0.33, "top": -0.78}
_NOTE = "No font for this script: in Latin letters stand "


@dataclass(frozen=True)
class _Laid:
    """A text at its place on a page, in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float
    bold: bool
    colour: str
    align: str
    angle: float


class FigurePages:
    """Like ``PdfPages``, for texts in any script; ``content`` closes it."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self._stream = io.BytesIO()
        self._title = str(metadata.get("Title") or "")
        self._pages = PdfPages(self._stream, metadata=metadata)
        self._laid: list[tuple[tuple[float, float], list[_Laid]]] = []

    def savefig(self, figure: Figure) -> None:
        """Add a figure as a page."""
        odd = [
            t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and needs_shaping(t.get_text())
        ]
        for text in odd:
            text.set_visible(False)
        try:
            self._pages.savefig(figure)
        finally:
            for text in odd:
                text.set_visible(True)
        width, height = (float(v) * 72 for v in figure.get_size_inches())
        self._laid.append(((width, height), [_laid(text, figure) for text in odd]))

    def content(self) -> bytes:
        """The whole file."""
        self._pages.close()
        drawn = self._stream.getvalue()
        if not any(laid for _, laid in self._laid):
            return drawn
        over = pypdf.PdfReader(io.BytesIO(self._over()))
        out = pypdf.PdfWriter(clone_from=io.BytesIO(drawn))
        for page, layer, (_, laid) in zip(out.pages, over.pages, self._laid):
            if laid:
                page.merge_page(layer)
        written = io.BytesIO()
        out.write(written)
        return written.getvalue()

    def _over(self) -> bytes:
        """The texts alone, page by page; what had to be transliterated is said at the foot of its page."""
        writer = PdfWriter(self._title, size=self._laid[0][0])
        for (width, height), laid in self._laid:
            writer.add_page()
            before = writer.transliterated
            for t in laid:
                writer.text(
                    t.x, height - t.y, t.text, t.size, bold=t.bold, colour=t.colour, align=t.align, angle=t.angle
                )
            told = {was: now for was, now in writer.transliterated.items() if was not in before}
            if told:
                said = _NOTE + ", ".join(dict.fromkeys(told.values()))
                writer.text(width * 0.08, height - 8, writer.wrap(said, 6, width * 0.84)[0], 6, colour="#66635c")
        return writer.content()


def _laid(text: Text, figure: Figure) -> _Laid:
    """Where a text stands once the figure is drawn: its anchor, not its box, which a font without its letters would give."""
    if isinstance(text, Annotation):
        box = figure.get_size_inches() * figure.dpi
        text.update_positions(RendererAgg(float(box[0]), float(box[1]), figure.dpi))
    x, y = text.get_transform().transform(text.get_unitless_position())
    size, scale = float(text.get_fontsize()), 72.0 / figure.dpi
    weight = text.get_fontweight()
    bold = weight in ("bold", "semibold", "heavy", "black") or (isinstance(weight, int) and weight >= _BOLD_FROM)
    align = str(text.get_horizontalalignment())
    lift = _LIFT.get(str(text.get_verticalalignment()), 0.0) * size
    lines = " ".join(text.get_text().split())
    return _Laid(
        float(x) * scale, float(y) * scale + lift, lines, size, bold, to_hex(text.get_color()), align,
        float(text.get_rotation()),
    )  # fmt: skip
