"""Matplotlib's figures as the pages of one PDF: texts that its fonts cannot set are laid over it, links are added.

Belongs here: which texts those are and where they stand. Does not belong here: drawing (``dossiers``), setting type
(``writer``). A file without a link whose texts are all in Western European letters is matplotlib's own, byte by byte.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pypdf
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from pypdf.annotations import Link

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


@dataclass(frozen=True)
class _Link:
    """Where a click opens an address: left, bottom, right, top in points from the lower left corner."""

    box: tuple[float, float, float, float]
    url: str


class FigurePages:
    """Like ``PdfPages``, for texts in any script; ``content`` closes it."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self._stream = io.BytesIO()
        self._title = str(metadata.get("Title") or "")
        self._pages = PdfPages(self._stream, metadata=metadata)
        self._laid: list[tuple[tuple[float, float], list[_Laid]]] = []
        self._links: list[list[_Link]] = []

    def savefig(self, figure: Figure) -> None:
        """Add a figure as a page."""
        odd = [
            t for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible() and needs_shaping(t.get_text())
        ]
        # Matplotlib cannot link a text in a core font, which the library for PDFs can.
        linked = [(t, str(t.get_url())) for t in figure.findobj(Text) if t.get_url()]
        for text in odd:
            text.set_visible(False)
        for text, _ in linked:
            text.set_url(None)
        try:
            self._pages.savefig(figure)
        finally:
            for text in odd:
                text.set_visible(True)
            for text, url in linked:
                text.set_url(url)
        self._links.append([_link(text, url, figure) for text, url in linked])
        width, height = (float(v) * 72 for v in figure.get_size_inches())
        self._laid.append(((width, height), [_laid(text, figure) for text in odd]))

    def content(self) -> bytes:
        """The whole file."""
        self._pages.close()
        drawn = self._stream.getvalue()
        has_laid = any(laid for _, laid in self._laid)
        if not has_laid and not any(self._links):
            return drawn
        out = pypdf.PdfWriter(clone_from=io.BytesIO(drawn))
        if has_laid:
            over = pypdf.PdfReader(io.BytesIO(self._over()))
            for page, layer, (_, laid) in zip(out.pages, over.pages, self._laid):
                if laid:
                    page.merge_page(layer)
        for number, links in enumerate(self._links):
            for link in links:
                out.add_annotation(number, Link(rect=link.box, url=link.url))
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


def bound(files: Sequence[bytes], metadata: Mapping[str, str | None]) -> bytes:
    """The pages of several PDFs as one, with their links; of ``metadata`` what is not None is written."""
    out = pypdf.PdfWriter()
    for content in files:
        out.append(io.BytesIO(content), import_outline=False)
    out.metadata = {f"/{name}": value for name, value in metadata.items() if value is not None}
    out.compress_identical_objects(remove_unreferenced=True)
    written = io.BytesIO()
    out.write(written)
    return written.getvalue()


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


def _link(text: Text, url: str, figure: Figure) -> _Link:
    """The box of a text on its page, as wide as a like font would set it."""
    size = figure.get_size_inches() * figure.dpi
    box = text.get_window_extent(RendererAgg(float(size[0]), float(size[1]), figure.dpi))
    x0, y0, x1, y1 = (float(v) * 72.0 / figure.dpi for v in box.extents)
    return _Link((x0, y0, x1, y1), url)
