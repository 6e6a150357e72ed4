"""Which font a text is set in, script by script, and what a text becomes where there is no font for it.

Belongs here: the font files, runs of one font, Latin letters in place of a script without a font. Does not belong here:
setting type (``writer``). The fonts are Noto's, from the package manimgx-fonts, since a fresh machine has none.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import manimgx_fonts
from anyascii import anyascii
from fontTools.ttLib import TTFont

LATIN = "Sans"
SCRIPTS = (
    "Devanagari", "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya", "Sinhala", "Arabic",
)  # fmt: skip
"""Scripts with a font of their own: those of the languages of the Eighth Schedule, but Ol Chiki and Meetei Mayek."""
_JOINERS = "\u200c\u200d"
_UNSEEN = "\u00ad\u200b\u2060\ufeff"


@dataclass(frozen=True)
class Run:
    """A piece of a text in one font; ``was`` is what stood there where the letters were written in Latin ones."""

    text: str
    family: str
    was: str = ""


def font_file(family: str) -> Path:
    """The font's file: one with all weights."""
    name = "NotoSans" if family == LATIN else f"NotoSans{family}"
    return Path(str(files(manimgx_fonts) / f"{name}[wght].ttf"))


@cache
def _glyphs(family: str) -> frozenset[int]:
    with TTFont(font_file(family), lazy=True) as font:
        return frozenset(font.getBestCmap())


def runs_of(text: str) -> list[Run]:
    """A line of text cut into runs of one font, in reading order; blanks of any width become plain ones."""
    out: list[list[str]] = []  # [text, family, was]
    for character in unicodedata.normalize("NFC", text):
        if character in _UNSEEN or (unicodedata.category(character) in ("Cc", "Cs", "Cn") and not character.isspace()):
            continue
        character = " " if character.isspace() else character
        family = _family(character, out[-1][1] if out and not out[-1][2] else "")
        if family:
            _append(out, character, family, "")
        elif character not in _JOINERS:
            _append(out, character, LATIN, character)
    return [Run(_latin(was), family, was) if was else Run(part, family) for part, family, was in out]


def needs_shaping(text: str) -> bool:
    """Whether a text holds a letter beyond Western European ones, which the core fonts of PDF lack."""
    return any(ord(c) > 0xFF and not _is_western(c) for c in text)


def _is_western(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return character.isspace() or character in _UNSEEN
    return True


def _family(character: str, before: str) -> str:
    """The font of one character: that of its script, else that of the letter before it, else the Latin one; blank for none."""
    code = ord(character)
    own = _script(character)
    if own:
        return own if code in _glyphs(own) else ""
    joins = character in _JOINERS or unicodedata.category(character)[0] in "MZPN"
    if joins and before and (character in _JOINERS or code in _glyphs(before)):
        return before
    return LATIN if code in _glyphs(LATIN) else ""


@cache
def _script(character: str) -> str:
    """The script of one character, of those that have a font of their own; blank for another."""
    return next((s for s in SCRIPTS if unicodedata.name(character, "").startswith(s.upper())), "")


def _append(out: list[list[str]], character: str, family: str, was: str) -> None:
    if out and out[-1][1] == family and bool(out[-1][2]) == bool(was):
        out[-1][0] += character
        out[-1][2] += was
    else:
        out.append([character, family, was])


def _latin(text: str) -> str:
    """A text in Latin letters; what has none (a sign of a private use) as its number, never a question mark."""
    signs = ("Co", "So")
    parts = (anyascii(c) or (f"U+{ord(c):04X}" if unicodedata.category(c) in signs else "") for c in text)
    return "".join(parts)
