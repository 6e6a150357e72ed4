"""Headers in Hindi, in Devanagari and in Latin letters -> the English header that the contracts know.

Belongs here: words of headers. Does not belong here: the aliases of a field (its contract), or states (``admitting.states``).
"""

from __future__ import annotations

import re
import unicodedata

_WORDS = {
    "नाम": "name", "स्थल का नाम": "name", "खान का नाम": "name", "खदान का नाम": "name", "स्थान": "name", "स्थल": "site_id",
    "क्रमांक": "serial", "क्रम संख्या": "serial", "क्र": "serial", "क्र सं": "serial",
    "स्थल आईडी": "site_id", "स्थल क्रमांक": "site_id", "स्थल संख्या": "site_id", "स्थल कोड": "site_id", "साइट आईडी": "site_id",
    "राज्य": "state", "राज्य का नाम": "state", "प्रदेश": "state", "जिला": "district", "ज़िला": "district", "जनपद": "district",
    "अक्षांश": "latitude", "देशांतर": "longitude", "देशान्तर": "longitude",
    "नमूना संख्या": "sample_id", "नमूना क्रमांक": "sample_id", "नमूना": "sample_id", "टोपोशीट": "toposheet", "शीट": "toposheet",
    "शीट संख्या": "toposheet", "अपशिष्ट प्रकार": "waste_type_code", "अपशिष्ट कोड": "waste_type_code",
    "अपशिष्ट का प्रकार": "waste_type_code", "अपशिष्ट": "waste_type_text", "खनिज": "minerals", "क्षेत्रफल": "area_ha",
    "क्षेत्रफल हेक्टेयर": "area_ha", "क्षेत्र": "area_ha", "पट्टा संख्या": "lease_no", "पट्टा क्रमांक": "lease_no", "पट्टेदार": "lessee",
    "पट्टाधारी": "lessee", "पट्टाधारक": "lessee", "स्थिति": "status", "ब्लॉक": "block_no", "ब्लॉक संख्या": "block_no",
    "ब्लॉक क्रमांक": "block_no", "संचालक": "operator", "मालिक": "owner_company", "तत्व": "element", "तत्त्व": "element", "इकाई": "unit",
    "मात्रक": "unit", "मान": "value_mode", "मात्रा": "value_mode", "ग्रेड": "value_mode", "टन भार": "tonnage",
    "टनेज": "tonnage", "वर्ष": "as_of_year", "स्रोत": "source", "टिप्पणी": "note", "चट्टान": "lithology", "शैल": "lithology",
    "आयु": "age",
    "rajya": "state", "pradesh": "state", "zila": "district", "jila": "district", "janpad": "district", "naam": "name",
    "sthal_ka_naam": "name", "khadan_ka_naam": "name", "khan_ka_naam": "name", "akshansh": "latitude", "deshantar": "longitude",
    "kshetrafal": "area_ha", "kshetraphal": "area_ha", "khanij": "minerals", "patta_sankhya": "lease_no", "pattedar": "lessee",
    "pattadhari": "lessee", "sthiti": "status", "namuna": "sample_id", "namuna_sankhya": "sample_id", "apshisht_prakar": "waste_type_code",
    "ikai": "unit", "varsh": "as_of_year", "tatva": "element", "srot": "source",
}  # fmt: skip


def _form(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", " ", re.sub("[\u200c\u200d]", "", _joined(plain))).strip()


def _joined(text: str) -> str:
    """Vowel signs and the nukta are no word characters to a regular expression: they are kept as letters."""
    return "".join(
        c if not unicodedata.category(c).startswith("M") else f"{chr(0xE000 + ord(c) % 0x900)}" for c in text
    )


HEADERS = {_form(word): english for word, english in _WORDS.items()}


def _cut_headers() -> dict[str, str]:
    """What ten bytes leave of a header, as in a Shapefile, where only one English header begins so."""
    found: dict[str, set[str]] = {}
    for word, english in _WORDS.items():
        if len(word.encode()) > _ROOM_BYTES and not word.isascii():
            found.setdefault(_form(word.encode()[:_ROOM_BYTES].decode(errors="ignore")), set()).add(english)
    return {form: min(known) for form, known in found.items() if len(known) == 1 and form not in HEADERS}


_ROOM_BYTES = 10
CUT_HEADERS = _cut_headers()


def in_english(header: str) -> str:
    """The English header of a Hindi one, also of one that a Shapefile has cut; any other as it is."""
    form = _form(header)
    return HEADERS.get(form) or CUT_HEADERS.get(form, header)
