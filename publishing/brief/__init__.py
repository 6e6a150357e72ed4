"""The brief: one page for a reader who has a minute, as PDF and as a Word file, in English and in Hindi.

Belongs here: which files it is. Does not belong here: what it says (``told``), how it looks (``sheet``, ``word_file``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from khanij.foundation.files import PublishedFile, sha256_of, write_bytes_atomically
from publishing.brief.sheet import brief_pdf, writer_of
from publishing.brief.told import brief_of
from publishing.brief.word_file import brief_docx
from publishing.languages import ENGLISH, LANGUAGES

NAMES = ("brief.docx", "brief.pdf", "brief_hi.docx", "brief_hi.pdf")


def brief_name(suffix: str, language: str = ENGLISH) -> str:
    """What the brief's file in a language is called."""
    return f"brief{'' if language == ENGLISH else f'_{language}'}{suffix}"


def write_briefs(gpkg: Path | str, folder: Path) -> Iterator[PublishedFile]:
    """Write the brief of one region from its GeoPackage; the same GeoPackage gives the same bytes."""
    for language in LANGUAGES:
        brief = brief_of(gpkg, language)
        writer = writer_of(brief)
        yield _written(folder / brief_name(".docx", language), brief_docx(brief, writer))
        yield _written(folder / brief_name(".pdf", language), brief_pdf(brief, writer))


def _written(path: Path, content: bytes) -> PublishedFile:
    changed = write_bytes_atomically(path, content)
    return PublishedFile(path, sha256_of(path), len(content), changed)
