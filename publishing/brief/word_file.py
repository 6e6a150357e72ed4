"""The brief as a Word file of one A4 page, for an office that pastes from it.

Belongs here: the looks of the file, and that the same brief gives the same bytes. Does not belong here: what is said
(``told``), or how much of it a page holds (``sheet``).

No font is inside. Latin letters are set in Calibri and Devanagari in Nirmala UI, which Windows and Office carry; the file's
table of fonts names what stands in for them elsewhere.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from khanij.foundation.wording import one_line
from publishing.brief.sheet import AMBER, INK, LEFT, RED, SOFT, WIDTH, Setting, fitted
from publishing.brief.told import Brief
from publishing.languages import HINDI
from publishing.pdf.writer import A4_PT, PdfWriter

LATIN_FONT, DEVANAGARI_FONT = "Calibri", "Nirmala UI"
STAND_INS = {
    LATIN_FONT: "Carlito, Noto Sans, Arial",
    DEVANAGARI_FONT: "Mangal, Noto Sans Devanagari, Lohit Devanagari, Kohinoor Devanagari",
}
ROOM = 0.86
"""Share of the page that is filled: another programme with another font must not run over to a second one."""
MOST_PROPERTY = 255
"""Characters that a property of the file may have."""
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def brief_docx(brief: Brief, ruler: PdfWriter | None = None) -> bytes:
    """The brief as a DOCX; the same brief gives the same bytes. ``ruler`` measures its texts."""
    setting = fitted(brief, ROOM, ruler)
    document = docx.Document()
    _page(document, brief)
    _fonts(document, brief.language, setting.size)
    _head(document, setting)
    if setting.brief.table.rows:
        _heading(document, setting.brief.table.title, setting.size + 1)
        _table(document, setting)
        _line(document, setting.brief.under_table(setting.shown), setting.size - 1, colour=SOFT, before=2)
    for heading, said in setting.brief.parts:
        _heading(document, heading, setting.size + 1)
        for sentence in said:
            _bullet(document, sentence, setting.size)
    for i, line in enumerate(setting.brief.foot):
        _line(document, line, setting.size - 1.5, colour=SOFT, before=0 if i else 6)
    stream = io.BytesIO()
    document.save(stream)
    return _without_clock(stream.getvalue())


def _page(document: Document, brief: Brief) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = (Pt(v) for v in A4_PT)
    section.left_margin = section.right_margin = Pt(LEFT)
    section.top_margin, section.bottom_margin = Pt(34), Pt(28)
    section.header_distance = section.footer_distance = Pt(14)
    about = document.core_properties
    about.title = one_line(f"{brief.heading}: {brief.title}", MOST_PROPERTY)
    about.subject, about.comments = one_line(brief.lead, MOST_PROPERTY), one_line("; ".join(brief.marks), MOST_PROPERTY)
    about.author = about.last_modified_by = "Khanij"
    about.created = about.modified = _NO_DATE
    about.language, about.revision = f"{brief.language}-IN", 1


def _fonts(document: Document, language: str, size: float) -> None:
    """The font of each kind of letters, in the style that all others follow, and what stands in for it."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = LATIN_FONT, Pt(size)
    style.paragraph_format.space_after, style.paragraph_format.line_spacing = Pt(0), 1.0
    properties = style.element.get_or_add_rPr()
    properties.rFonts.set(qn("w:cs"), DEVANAGARI_FONT)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-IN")
    spoken.set(qn("w:bidi"), "hi-IN")
    properties.append(spoken)
    if language == HINDI:  # whoever writes on goes on in the script of the file
        spoken.set(qn("w:val"), "hi-IN")
    part = next(r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable"))
    fonts = part.blob.decode()
    for name, others in STAND_INS.items():
        entry, instead = f'<w:font w:name="{name}">', f'<w:altName w:val="{others}"/>'
        if entry in fonts:
            fonts = fonts.replace(entry, entry + instead)
        else:
            fonts = fonts.replace("</w:fonts>", f"{entry}{instead}</w:font></w:fonts>")
    part._blob = fonts.encode()


def _head(document: Document, setting: Setting) -> None:
    brief, size = setting.brief, setting.size
    first = document.paragraphs[0] if document.paragraphs else None
    _line(document, brief.heading, size, colour=SOFT, into=first)
    title = document.add_heading(level=1)
    title.paragraph_format.space_before = Pt(0)
    _run(title, brief.title, size + 5, bold=True, colour=INK)
    for mark in brief.marks:
        _line(document, mark, size, bold=True, colour=RED)
    _line(document, brief.lead, size + 2, bold=True, before=4)
    if brief.verdict:
        _line(document, brief.verdict, size, bold=True, colour=AMBER, before=2)


def _line(
    document: Document, text: str, size: float, *,
    bold: bool = False, colour: str = INK, before: float = 0.0, into: Paragraph | None = None,
) -> None:  # fmt: skip
    paragraph = into or document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(before)
    _run(paragraph, text, size, bold=bold, colour=colour)


def _heading(document: Document, text: str, size: float) -> None:
    paragraph = document.add_heading(level=2)
    paragraph.paragraph_format.space_before = Pt(6)
    _run(paragraph, text, size, bold=True)


def _bullet(document: Document, text: str, size: float) -> None:
    paragraph = document.add_paragraph(style="List Bullet")
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, text, size)


def _run(paragraph: Paragraph, text: str, size: float, *, bold: bool = False, colour: str = INK) -> Run:
    """A piece of text; size and weight are said twice, since letters of a complex script have their own."""
    run = paragraph.add_run(text)
    run.font.size, run.font.cs_bold, run.bold = Pt(size), bold, bold
    run.font.name = LATIN_FONT
    run.font.color.rgb = RGBColor.from_string(colour[1:].upper())
    properties = run._r.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:cs"), DEVANAGARI_FONT)
    complex_size = OxmlElement("w:szCs")
    complex_size.set(qn("w:val"), str(round(size * 2)))
    properties.insert_element_before(complex_size, "w:highlight", "w:u", "w:effect", "w:lang")
    return run


def _table(document: Document, setting: Setting) -> None:
    listing, size = setting.brief.table, setting.size - 1
    table: Table = document.add_table(rows=len(listing.rows) + 1, cols=len(listing.head))
    table.style = "Table Grid"
    table.autofit = False
    for column, share in zip(table.columns, listing.shares):
        column.width = Pt(WIDTH * share)
    for number, row in enumerate((listing.head, *listing.rows)):
        cells = table.rows[number].cells
        for cell, text, share, align in zip(cells, row, listing.shares, listing.aligns):
            cell.width = Pt(WIDTH * share)
            paragraph = cell.paragraphs[0]
            if align == "right":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _run(paragraph, text, size, bold=not number)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)


def _without_clock(content: bytes) -> bytes:
    """The same file with one date for every part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in read.namelist():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            bundle.writestr(entry, read.read(name))
    return out.getvalue()
