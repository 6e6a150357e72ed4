"""The font that the page carries for Devanagari: the letters that stand in it, and what they join to.

Belongs here: cutting a font down. Does not belong here: setting a PDF (``publishing.pdf``), which carries its own.
"""

from __future__ import annotations

import base64
import io
from functools import cache, lru_cache
from pathlib import Path

import fontTools
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from khanij.foundation.files import kept_beside, sha256_of
from publishing.pdf.fonts import font_file

DEVANAGARI = range(0x0900, 0x0980)
_WITH = "\u200c\u200d\u25cc"
# The font's own weight is the regular one; what makes others of it is not carried along.
_VARIABLE = ["avar", "fvar", "gvar", "cvar", "HVAR", "MVAR", "VVAR", "STAT"]
_KEPT_CUTS = 16  # of 60 kB each


def devanagari_font(text: str) -> str:
    """A WOFF file, as base64, with the Devanagari letters of a text and every form that they take beside each other."""
    return _cut_once("".join(sorted({c for c in text if ord(c) in DEVANAGARI} | set(_WITH))))


@lru_cache(maxsize=8)
def _cut_once(letters: str) -> str:
    """Cutting takes two seconds, and pages of most regions have the same letters: cuts are kept for later processes."""
    kept, cut_from = _kept_cuts(), f"{fontTools.version} {sha256_of(font_file('Devanagari'))}"
    if kept.get("cut_from") != cut_from or len(kept) > _KEPT_CUTS:
        kept.clear()
        kept["cut_from"] = cut_from
    if letters not in kept:
        kept[letters] = _cut(letters)
    return kept[letters]


@cache
def _kept_cuts() -> dict[str, str]:
    return kept_beside(Path(__file__))


def _cut(letters: str) -> str:
    options = Options()
    options.layout_features = ["*"]
    options.flavor = "woff"
    options.drop_tables += _VARIABLE
    options.name_IDs = []
    options.notdef_outline = options.glyph_names = options.hinting = False
    with TTFont(font_file("Devanagari"), recalcTimestamp=False, lazy=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        font.flavor = "woff"
        out = io.BytesIO()
        font.save(out, reorderTables=True)
    return base64.b64encode(out.getvalue()).decode()
