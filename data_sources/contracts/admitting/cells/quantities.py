"""Headers of quantities: what is measured, and in which unit (``Qty. in lakh tonnes``, ``Tonnage_kt``, ``Average grade (%)``).

Belongs here: taking a header apart. Does not belong here: which field it gives (``raw_columns``), or what a unit is worth (``units``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from data_sources.contracts.admitting.cells.units import factor_to, is_unit
from data_sources.contracts.contract import plain_name

_BRACKETS = re.compile(r"(.*?)\s*[(\[{]\s*(?:in\s+)?([^()\[\]{}]+?)\s*[)\]}]\s*\*?", re.IGNORECASE)
_AFTER_COMMA = re.compile(r"(.+?)\s*,\s*([^,]+)")
_DRY = re.compile(r"[\s,_]*\(?(?<![^\W_])dry(?:[ _]basis)?(?![^\W_])\)?", re.IGNORECASE)
_QUANTITY = frozenset(
    "tonnage tonnes tonne tons quantity quantities qty stock stocks reserve reserves resource resources volume vol".split()
)
_MASS_OR_VOLUME = re.compile(
    r"[km]?t|mt|lt|tmt|dmt|wmt|k?tonnes?|k?tons?|t?mtpa|tpa|lbs?|kgs?|kt|[km]?m3|m?cum|bcm|lcm|mcm|cu|cubic|'?0{3}s?|lakhs?|crores?|cr|million|mn",
    re.IGNORECASE,
)
_MULTIPLIER = re.compile(
    r"'?0{3}s?|x?\d+([.,^*]\d+)*|\w*illions?|mill?\.?|mio|mln|mn|bn|k|m|la(kh|c)s?|crores?|cr|thousands?|thous?|hundreds?|short|long|gross|net",
    re.IGNORECASE,
)
_DATE_PART = r"\d{1,4}|jan\w*|feb\w*|mar|march|apr\w*|may|june?|july?|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*"
_YEAR = re.compile(r"(19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d")
_REMARK = re.compile(
    r".*\d.*|approx\w*|est|estimated?|total|mode|most likely|min\w*|max\w*|av\w*|mean|wet|provisional|waste|tailings|ash|slag|as on .*",
    re.IGNORECASE,
)
_STOCK_WORDS = frozenset(
    "of in the at as on is and to with "  # little words
    "accumulated available present existing current total net gross stored stocked stacked dumped lying deposited balance closing remaining "
    "left legacy old est estimated approx approximate measured surveyed dry wet site pond dam dump dumps yard heap stack pile dyke "
    "waste wastes tailing tailings slime slimes ash slag mud sand gypsum phosphogypsum residue residues reject rejects overburden ob "
    "material mineral_waste rock fly bottom red mine mill plant stockpile".split()
)
"""Words that may stand beside a quantity in the name of what lies at a site; any other may make it another quantity."""
_HINDI = {
    "लाख": "lakh", "करोड़": "crore", "करोड": "crore", "मिलियन": "million", "हजार": "thousand", "हज़ार": "thousand", "टन": "tonnes",
    "मीट्रिक": "metric", "मैट्रिक": "metric", "हेक्टेयर": "hectare", "एकड़": "acre", "वर्ग": "sq", "किमी": "km", "मीटर": "metre",
    "प्रतिशत": "percent", "में": "",
}  # fmt: skip
_HINDI_NAMES = {"मात्रा": "quantity", "टनेज": "tonnage", "टन भार": "tonnage", "भंडार": "stock", "भण्डार": "stock"}
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_MOST_WORDS = 4


@cache
def base_and_unit(column: str) -> tuple[str, str]:
    """The plain name of a column and the unit behind it, in brackets, after a comma, after *in* or bare; '' for none.

    The longest end of the header that is a unit is the unit: ``Qty_million_t`` is in millions of tonnes. What looks like a part of
    a unit and is not understood (``Qty_zillion_t``, ``Qty (bags)``) is given as it stands, so that nothing is turned by half of it.
    """
    text = _in_english(" ".join(unicodedata.normalize("NFKC", column).split()))
    text = _DRY.sub("", text) or text
    inside = _BRACKETS.fullmatch(text)
    if inside and inside.group(1):
        base, unit = _words(inside.group(1)), inside.group(2)
        if is_unit(unit):
            if base and _MULTIPLIER.fullmatch(base[-1]) and not _YEAR.fullmatch(base[-1]):  # "Qty million (t)"
                return _named(base[:-1], f"{base[-1]} {unit}")
            return _named(base, unit)
        if any(map(_is_part, _words(unit))) or not _REMARK.fullmatch(unit):
            return _named(base, unit) if base else (plain_name(column), "")
        before, unit = base_and_unit(inside.group(1))
        return (plain_name(f"{before} {inside.group(2)}"), unit) if unit else (plain_name(column), "")
    after = _AFTER_COMMA.fullmatch(text)
    if after and is_unit(after.group(2).strip()):
        return _named(_words(after.group(1)), after.group(2).strip())
    return _bare(_words(text)) or (plain_name(column), "")


def names_quantity(column: str) -> bool:
    """Whether a header names a mass or a volume in some unit: ``Tonnage (short tons)``, ``Volume, lakh cum``; not ``Stock (bags)``."""
    words = [w for w in re.split(r"[\s_.,;()\[\]{}/-]+", _in_english(column)) if w]
    of_mass = any(_MASS_OR_VOLUME.fullmatch(w) for w in words)
    # A multiplier beside a unit is enough: "crore_t"; so is the quantity in another language.
    return of_mass and any(w.lower() in _QUANTITY or _HINDI_NAMES.get(w) for w in words)


def names_stock(column: str) -> bool:
    """Whether a header with a unit of mass names what lies there, in words of its own (``Qty. accumulated (lakh t)``).

    A word that is not known beside a quantity may make another of it (produced, transported, of ore, metal, maximum): then it is
    none.
    """
    base, unit = base_and_unit(column)
    words = [w for w in base.split("_") if not re.fullmatch(_DATE_PART, w)]
    others = set(words) - _QUANTITY - _STOCK_WORDS
    is_quantity = bool(set(words) & (_QUANTITY - {"volume", "vol", "reserve", "reserves", "resource", "resources"}))
    return is_quantity and not others and is_unit(unit) and factor_to(unit, "t") is not None


def stock_columns(columns: Iterable[str]) -> list[str]:
    """The columns that name what lies there, in their order; where there are two, nobody knows which is meant."""
    return [c for c in columns if names_stock(c)]


def _in_english(text: str) -> str:
    """Hindi words of units in English; those of names stay, for the words of headers know them."""
    if not _DEVANAGARI.search(text):
        return text
    return re.sub(r"[^\s_,()\[\]{}]+", lambda word: _HINDI.get(word.group(), word.group()), text).strip()


def _words(text: str) -> list[str]:
    return [w for w in re.split(r"[\s_,]+", text) if w]


def _is_part(word: str) -> bool:
    """Whether a word is part of a unit of mass or volume, or a multiplier of one."""
    if _YEAR.fullmatch(word):
        return False
    return _MULTIPLIER.fullmatch(word) is not None or _MASS_OR_VOLUME.fullmatch(word) is not None


def _bare(words: list[str]) -> tuple[str, str] | None:
    """Name and unit of a header without brackets; None where nothing at its end looks like a unit."""
    for n in range(min(_MOST_WORDS, len(words)), 0, -1):
        unit, base = " ".join(words[-n:]), words[:-n]
        if not is_unit(unit):
            continue
        if not base:
            return ("tonnage", unit) if n > 1 and factor_to(unit, "t") is not None else None
        if len(base) > 1 and base[-1].lower() == "in":
            return _named(base[:-1], unit)
        if _MULTIPLIER.fullmatch(base[-1]) and not _YEAR.fullmatch(base[-1]):  # half of a unit is none
            unit, base = f"{base[-1]} {unit}", base[:-1]
        return _named(base, unit) if base else None
    if len(words) > 1 and words[-1].lower() not in _QUANTITY and _is_part(words[-1]) and not words[-1].isdigit():
        return _named(words[:-1], words[-1])
    return None


def _named(words: list[str], unit: str) -> tuple[str, str]:
    """The plain name before a unit; in Hindi one word is a quantity beside tonnes and a grade beside a share."""
    while len(words) > 1 and words[-1].lower() in ("in", "-"):
        words = words[:-1]
    text = " ".join(words)
    hindi = _HINDI_NAMES.get(text) if factor_to(unit, "t") is not None else None
    return hindi or plain_name(text), unit
