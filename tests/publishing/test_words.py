"""The one table of words: what page and spreadsheet show in English has its Hindi, and the page carries the letters for it."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import uharfbuzz as hb
from fontTools.ttLib import TTFont

from data_sources.basemap.base_map import CREDIT
from publishing.colours import BASE_SYMBOLS, CONTRIBUTIONS, STATUS_SYMBOLS, WASTE_FAMILIES
from publishing.glossary import GLOSSARY
from publishing.languages import in_hindi, say, table
from publishing.page import font as page_font
from publishing.page import page_html
from publishing.page.font import DEVANAGARI, devanagari_font
from publishing.page.head import hindi
from publishing.pdf.fonts import font_file
from publishing.words import KIND_WORDS, PROSPECT_WORDS, SHORT_WORDS, STATUS_WORDS, VALUE_WORDS

PAGE = Path(__file__).parents[2] / "publishing" / "page"


class _Texts(HTMLParser):
    """Texts and labels of a page that a reader sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += [] if tag in ("meta", "input", "link", "br") else [tag]
        self.found |= {v for k, v in attrs if k in ("aria-label", "placeholder") and v}

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[len(self._inside) - 1 - self._inside[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "code", "title"} & set(self._inside) and re.search("[A-Za-z]{2}", data):
            self.found.add(" ".join(data.split()))


@pytest.fixture(scope="module")
def page(geopackage: Path) -> str:
    return page_html(geopackage)


@pytest.fixture(scope="module")
def data(page: str) -> dict:
    return json.loads(page.split('type="application/json">')[1].split("</script>")[0])


def test_each_text_of_the_page_itself_has_its_hindi() -> None:
    texts = _Texts()
    texts.feed(re.sub(r"@\w+@", "", (PAGE / "page.html").read_text(encoding="utf-8")))
    assert len(texts.found) > 25
    assert {t for t in texts.found if t not in in_hindi("page.", "title.")} == {"हिन्दी"} & texts.found


def test_each_heading_fact_and_code_in_words_has_its_hindi(data: dict) -> None:
    words = dict(data["hindi"]["words"]) | {en: en for en, hi in in_hindi("title.", "page.").items() if en == hi}
    groups = [KIND_WORDS, STATUS_WORDS, PROSPECT_WORDS, *VALUE_WORDS.values(), *SHORT_WORDS.values()]
    shown = [w for group in groups for w in group.values()]
    shown += [title for _, title, _ in data["table"] + data["ground_table"] + data["facts"]]
    shown += [c[1] for c in CONTRIBUTIONS] + [f[0] for f in WASTE_FAMILIES] + [s[1] for s in STATUS_SYMBOLS]
    shown += [*BASE_SYMBOLS, f"{CREDIT}."]
    assert {w for w in shown if w not in words} == set()


def test_each_term_of_the_glossary_is_explained_in_hindi(data: dict) -> None:
    terms = data["hindi"]["terms"]
    assert len(terms) == len(GLOSSARY)
    for title, means, written in terms:
        assert re.search("[\u0900-\u097f]", means), title
        assert re.compile(written)
    assert any(re.search(written, "शुद्ध वर्तमान मूल्य") for _, _, written in terms)


def test_a_text_made_by_the_script_is_told_by_a_row_with_places() -> None:
    script = (PAGE / "page.js").read_text(encoding="utf-8")
    rows = in_hindi("page.")
    for piece in ("Place ", " hidden by ", "Read the tier, not the rank", " by fertility of the ground", "Show ", " and after",
                  "not in the score", "End the comparison", "Choose one to three", "position known to its radius"):  # fmt: skip
        assert piece in script, piece
        assert any(piece.strip() in en for en in rows), piece


def test_the_font_of_the_page_is_small_and_has_each_letter_and_conjunct(page: str, data: dict) -> None:
    packed = re.search(r"url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\)", page)[1]
    assert len(packed) < 100_000
    own = TTFont(io.BytesIO(base64.b64decode(packed)))
    letters = {ord(c) for c in json.dumps(data["hindi"], ensure_ascii=False) if ord(c) in DEVANAGARI}
    assert len(letters) > 50
    assert letters <= set(own.getBestCmap())
    assert "fvar" not in own
    own.flavor, plain = None, io.BytesIO()
    own.save(plain)
    small, whole = (hb.Font(hb.Face(b)) for b in (plain.getvalue(), font_file("Devanagari").read_bytes()))
    for _, text in data["hindi"]["words"]:
        for word in re.findall("[\u0900-\u0963\u200c\u200d]+", text):
            shapes = []
            for font in (small, whole):
                buffer = hb.Buffer()
                buffer.add_str(word)
                buffer.guess_segment_properties()
                hb.shape(font, buffer)
                shapes.append([p.x_advance for p in buffer.glyph_positions])
            assert shapes[0] == shapes[1], word
            assert 0 not in [i.codepoint for i in buffer.glyph_infos], word


def test_the_same_letters_give_the_same_font() -> None:
    assert devanagari_font("क्षत्रिय") == devanagari_font("यत्रिक्ष Latin")
    assert devanagari_font("क") != devanagari_font("ख")


def test_a_font_that_was_cut_before_is_not_cut_again_and_one_of_another_file_is(monkeypatch) -> None:
    kept: dict[str, str] = {}
    cuts: list[str] = []
    monkeypatch.setattr(page_font, "_kept_cuts", lambda: kept)
    monkeypatch.setattr(page_font, "_cut", lambda letters: cuts.append(letters) or f"cut {len(cuts)}")
    try:
        for digest, told in (("a", "cut 1"), ("a", "cut 1"), ("b", "cut 2")):
            monkeypatch.setattr(page_font, "sha256_of", lambda _, digest=digest: digest)
            page_font._cut_once.cache_clear()  # another process
            assert devanagari_font("क") == told
    finally:
        page_font._cut_once.cache_clear()
    assert len(cuts) == 2
    assert set(kept) == {"cut_from", cuts[0]}


def test_what_differs_from_the_table_is_not_said() -> None:
    assert say("headline.pays", n=0, named="") == "0 pay at today's prices in half of the draws or more"
    assert len({w.en for w in table().values()}) > 400
    with pytest.raises(KeyError):
        say("no.such.word")


def test_the_page_says_in_hindi_what_it_says_in_english(geopackage: Path, data: dict) -> None:
    told = hindi(geopackage, {"price_deck": "2025e"})
    assert told["said"] == data["hindi"]["said"]
    assert "2025e" in told["when"]
    assert "native speaker" in told["notice"]
