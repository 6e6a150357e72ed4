"""The brief: one page whatever the region, the same headline as elsewhere, rupees first, and what is taken out is what was written."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import docx
import openpyxl
import pypdf
import pytest
from example_publication import make_publication
from rich.console import Console

from khanij.foundation.errors import UnitError
from khanij.foundation.wording import crore, usd_to_inr_crore
from pipelines.cli.shown.tables import print_result
from publishing import languages
from publishing.brief import NAMES, write_briefs
from publishing.brief.sheet import WIDTH, brief_pdf, fitted
from publishing.brief.told import Brief, Listing, brief_of
from publishing.brief.word_file import DEVANAGARI_FONT, ROOM, brief_docx
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import read_table, run_info
from publishing.headline import prospects_said, region_said
from publishing.languages import LANGUAGES, say, table, unread
from publishing.page import page_html
from publishing.shortlists.filters import ShortlistFilter
from publishing.shortlists.shortlist import build_shortlist
from publishing.shortlists.shortlist_files import write_shortlist

POPPLER = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext (poppler-utils)")
NOTE = "ranking not robust: price deck 2024: Kendall tau 0.59"


def _made(n: int = 15, **info: str) -> Publication:
    made = make_publication(n)
    facts = {"inr_per_usd": "87.7", "fx_date": "2025-08-18", "verdict_waste_block": NOTE, "draws": "5000"}
    return replace(made, run_info=made.run_info | facts | info)


@cache
def _told(file: Path, language: str = "en") -> Brief:
    return brief_of(file, language)


def _published(made: Publication, folder: Path) -> Path:
    return publish_geopackage(made, folder / "ranked_blocks.gpkg").path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = _made()
    blocks = made.layers["ranked_blocks"]
    blocks.loc[0, ["open_to_bid", "operator", "lease_holder"]] = ["operator", "Made-up Mines Ltd", None]
    return _published(made, tmp_path_factory.mktemp("brief"))


@pytest.fixture(scope="module", params=LANGUAGES)
def brief(request: pytest.FixtureRequest, file: Path) -> Brief:
    return _told(file, request.param)


def _taken_out(pdf: bytes) -> str:
    run = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s", "", run.stdout.decode())


def _sentences(brief: Brief) -> list[str]:
    said = [brief.heading, brief.title, *brief.marks, brief.lead, brief.verdict, brief.table.title, *brief.foot]
    return [s for s in (*said, *(s for head, said in brief.parts for s in (head, *said))) if s]


def _pages(pdf: bytes) -> int:
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_the_headline_is_the_one_of_page_and_console(file: Path) -> None:
    told = _told(file)
    assert told.lead == prospects_said(read_table(file, "ranked_blocks")) == region_said(file).split("\n")[0]
    assert told.lead.startswith("Of ")
    assert " pay at today's prices " in told.lead
    assert told.lead in unescape(page_html(file))
    found = dict(told.parts)["What was found"]
    assert set(found) < set(region_said(file).split("\n"))
    assert told.verdict.startswith("Ranking not robust: price deck 2024: Kendall tau 0.59. ")


@POPPLER
def test_one_headline_in_page_brief_word_spreadsheet_and_console(file: Path, tmp_path: Path) -> None:
    headline = " ".join(region_said(file).split("\n")[0].split())
    list(write_briefs(file, tmp_path))
    write_shortlist(build_shortlist(file, ShortlistFilter()), ["xlsx"], tmp_path)
    console = Console(file=io.StringIO(), width=10_000)
    print_result(console, file, 3)
    cover = [c.value for row in openpyxl.load_workbook(next(tmp_path.glob("*.xlsx")))["Cover"].iter_rows() for c in row]
    products = {
        "page": unescape(page_html(file)),
        "brief.docx": "\n".join(p.text for p in docx.Document(tmp_path / "brief.docx").paragraphs),
        "spreadsheet": "\n".join(str(v) for v in cover),
        "console": console.file.getvalue(),
        "khanij brief": "\n".join(_told(file).lines()),
    }
    assert {name for name, text in products.items() if headline not in text} == set()
    assert re.sub(r"\s", "", headline) in _taken_out((tmp_path / "brief.pdf").read_bytes())


@POPPLER
def test_text_taken_out_of_the_pdf_is_what_was_told(brief: Brief) -> None:
    content = brief_pdf(brief)
    assert _pages(content) == 1
    page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
    assert [round(float(v)) for v in page.mediabox] == [0, 0, 595, 842]
    setting, text = fitted(brief), _taken_out(content)
    for sentence in _sentences(setting.brief):
        assert re.sub(r"\s", "", sentence) in text, sentence
    for row in setting.brief.table.rows:
        assert re.sub(r"\s", "", row[0] + row[1].split(" ")[0]) in text
    assert "?" not in text


def test_the_word_file_opens_and_says_the_same(brief: Brief) -> None:
    content = brief_docx(brief)
    document = docx.Document(io.BytesIO(content))
    told = fitted(brief, ROOM).brief
    lines = [p.text for p in document.paragraphs]
    for sentence in _sentences(told):
        assert sentence in lines, sentence
    cells = [[c.text for c in row.cells] for row in document.tables[0].rows]
    assert cells == [list(told.table.head), *(list(row) for row in told.table.rows)]
    assert [c.width.pt for c in document.tables[0].columns] == [
        pytest.approx(WIDTH * share, abs=0.1) for share in told.table.shares
    ]
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 2"] == [
        told.table.title, *(head for head, _ in told.parts),
    ]  # fmt: skip
    assert document.core_properties.author == "Khanij"
    assert document.sections[0].page_width.pt == pytest.approx(595.28, abs=0.1)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        assert {i.date_time for i in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(parts.read(name))
        styles, fonts = parts.read("word/styles.xml").decode(), parts.read("word/fontTable.xml").decode()
    assert f'w:cs="{DEVANAGARI_FONT}"' in styles
    assert "Noto Sans Devanagari" in re.search(rf'w:name="{DEVANAGARI_FONT}"><w:altName w:val="([^"]+)"', fonts)[1]
    named = re.findall(r'<w:font w:name="([^"]+)"', fonts)
    assert len(named) == len(set(named))
    letters = [r for p in document.paragraphs for r in p.runs if re.search("[\u0900-\u097f]", r.text)]
    assert len(letters) > 10 or brief.language == "en"
    assert all(r._r.rPr.rFonts.get(docx.oxml.ns.qn("w:cs")) == DEVANAGARI_FONT for r in letters)


def test_the_same_region_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    first = {f.path.name: f.path.read_bytes() for f in write_briefs(file, tmp_path)}
    assert sorted(first) == sorted(NAMES)
    again = list(write_briefs(file, tmp_path))
    assert not any(f.changed for f in again)
    assert {f.path.name: f.path.read_bytes() for f in again} == first


@pytest.mark.parametrize(
    ("ranked", "long"),
    [
        (0, "A very long name of a dump "),
        (1, "Endless"),
        (300, "A very long name of a dump "),
        (300, "ज्ञान क्षेत्र स्थिति "),
    ],
)
def test_one_page_whatever_the_region(ranked: int, long: str) -> None:
    long *= 400 // len(long)
    row = ("12-300", long, "< 1 %", "1,150 times", f"-2,443 (-5,758 to 12,345)\n{long}", f"{long}\n{long}")
    head, widths = ("Tier", "Block", "Pays in", "Needs", "Worth", "Held by"), (0.08, 0.28, 0.08, 0.11, 0.24, 0.21)
    listing = Listing(long, head, widths, ("left",) * 6, (row,) * min(ranked, 12), ranked, long)
    parts = ((long, (long,) * 4), (long, (long,) * 2), (long, (long,) * 3))
    told = Brief("hi", long, long, (long,) * 4, long * 3, long, listing, parts, (long,) * 4)
    content = brief_pdf(told)
    assert _pages(content) == 1
    setting = fitted(told)
    assert setting.shown >= min(ranked, 1), "a block at least is named"
    assert setting.size >= 7
    assert docx.Document(io.BytesIO(brief_docx(told))).paragraphs[0].text


def test_a_region_without_a_rank_says_so_and_lists_the_ground(tmp_path: Path) -> None:
    made = _made()
    blocks = made.layers["ranked_blocks"]
    empty = [c for c in blocks.columns if c.startswith(("rank", "tier")) and c != "rank_fertility"]
    blocks[empty] = None
    blocks["status"], blocks["status_reason"] = "UNQUANTIFIED", "no tonnage"
    told = brief_of(_published(made, tmp_path))
    assert told.lead == "No block of this region is ranked: no waste of it is quantified."
    assert told.verdict == ""
    assert _pages(brief_pdf(told)) == 1
    assert told.table.listed == int(blocks["rank_fertility"].notna().groupby(blocks["kind"]).sum().max()) == 3


def test_rupees_come_first_and_are_the_dollars_at_the_rate(file: Path) -> None:
    told, blocks = _told(file), read_table(file, "ranked_blocks")
    row = blocks[(blocks["kind"] == "waste_block") & blocks["rank"].notna()].sort_values("rank").iloc[0]
    rupees, dollars = told.table.rows[0][4].split("\n")
    assert rupees.split(" ")[0] == crore(usd_to_inr_crore(row["npv_usd_p50"], 87.7))
    assert dollars.startswith("USD ") and dollars.endswith(" million")
    assert "crore" in told.table.head[4]
    assert "करोड़" in _told(file, "hi").table.head[4]


def test_who_holds_it_and_whether_it_is_open_stand_in_the_row(file: Path) -> None:
    told = _told(file)
    assert any("Made-up Mines Ltd\nonly its operator" in row for row in told.table.rows)
    assert "open to their operator alone" in dict(told.parts)["Open to bid"][0]
    assert "not known" in " ".join(row[5] for row in told.table.rows)


def test_what_is_no_default_comes_first(tmp_path: Path) -> None:
    differs = "ranking.ground_weight = 0.5 instead of 0.2"
    gpkg = _published(_made(scenario="heavy", scenario_differs=differs), tmp_path)
    assert f"Scenario heavy, not the default result: {differs}" in brief_of(gpkg).marks
    hindi = brief_of(gpkg, "hi").marks
    assert any(differs in m and "परिदृश्य" in m for m in hindi)
    assert say("sample.mark") in brief_of(gpkg).marks, "the example is made up"


def test_the_foot_says_how_new_on_which_terms_and_by_which_method(file: Path) -> None:
    foot = " ".join(_told(file).foot)
    for said in ("USD 1 = Rs 87.7 of 2025-08-18.", "Prices: deck", "Not a release", "Licence: code and tables Apache-2.0",
                 "docs/does_it_pay.md", "index.html#words"):  # fmt: skip
        assert said in foot, said
    assert run_info(file).get("generation", "")[:12] in foot
    assert "P10 is the low case" in " ".join(dict(_told(file).parts)["How sure is this"])


def test_every_word_stands_in_both_languages_and_says_whether_it_was_read() -> None:
    file = Path(languages.__file__).with_name("words.csv")
    head, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    assert head == ["key", "en", "hi", "seen_by_native_reader"]
    assert {len(row) for row in rows} == {4}
    assert {row[3] for row in rows} <= {"yes", "no"}
    assert len({row[0] for row in rows}) == len(rows) == len(table())
    for key, words in table().items():
        assert words.en.strip() and words.hi.strip(), key
        fields = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (words.en, words.hi)]
        assert fields[0] == fields[1], key
        if key not in ("language.name",):
            assert not re.search("[\u0900-\u097f]", words.en), key
    assert unread("en") == ""
    assert "not yet read by a native speaker" in unread("hi")


def test_the_hindi_says_that_nobody_has_read_it(file: Path) -> None:
    assert unread("hi") in _told(file, "hi").foot
    assert not any("native speaker" in f for f in _told(file).foot)
    assert re.search("[\u0900-\u097f]", _told(file, "hi").lead)


@pytest.mark.parametrize(
    ("value", "said"),
    [(12.345, "12.3"), (-137.2, "-137"), (12345678.4, "1,23,45,678"), (123456, "1,23,456"), (12345, "12,345"), (1000, "1,000"),
     (999.6, "1,000"), (0.4567, "0.46"), (-0.001, "0"), (0, "0"), (9.999, "10"), (99.96, "100"), (None, "not known")],
)  # fmt: skip
def test_crore_is_grouped_as_in_india(value: float | None, said: str) -> None:
    assert crore(value) == said


def test_twelve_crore_thirty_four_lakh_rupees_are_so_many_crore() -> None:
    assert crore(123_456_789 / 1e7) == "12.3"
    assert crore(usd_to_inr_crore(1_000_000, 87.7)) == "8.77"
    with pytest.raises(UnitError):
        usd_to_inr_crore(1.0, 0.0)
