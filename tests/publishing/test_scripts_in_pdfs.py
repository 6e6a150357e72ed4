"""PDFs in the user's script: the letters are shaped and their fonts embedded, and what is copied out is what was written.

A test by text alone passes where the picture is wrong, and the other way round, so both are held: the words by pdftotext, the
shapes by the glyphs that HarfBuzz gives for the same words.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pypdf
import pytest
import uharfbuzz as hb
from matplotlib.figure import Figure

from publishing.dossiers.dossier import write_dossiers
from publishing.pdf.figure_pages import FigurePages
from publishing.pdf.fonts import SCRIPTS, font_file, needs_shaping, runs_of
from publishing.pdf.writer import PdfWriter

NAMES = {
    "Devanagari": "अगुचा टेलिंग बाँध संख्या १, क्षेत्र स्थिति ज़िंक हिन्दुस्तान कृष्णा श्री",
    "Bengali": "আগুচা বাঁধ ক্ষেত্র স্থিতি কোলকাতা",
    "Tamil": "தமிழ் நாடு கொடைக்கானல் ஸ்ரீ",
    "Telugu": "తెలంగాణ క్షేత్రం స్థితి",
    "Kannada": "ಕರ್ನಾಟಕ ಕ್ಷೇತ್ರ ಸ್ಥಿತಿ",
    "Malayalam": "കേരളം ക്ഷേത്രം സ്ഥിതി കൊല്ലം",
    "Gujarati": "ગુજરાત ક્ષેત્ર સ્થિતિ",
    "Gurmukhi": "ਪੰਜਾਬ ਸਥਿਤੀ ਖੇਤਰ ਕ੍ਰਿਸ਼ਨ",
    "Oriya": "ଓଡ଼ିଶା କ୍ଷେତ୍ର ସ୍ଥିତି କେନ୍ଦୁଝର",
    "Sinhala": "ශ්‍රී ලංකා",
    "Arabic": "کشمیر معدن",
}
POPPLER = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext (poppler-utils)")


def without_blanks(text: str) -> str:
    return re.sub(r"[\s\u200e\u200f\u202a-\u202e]", "", text)


def text_of(content: bytes) -> str:
    run = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
    return run.stdout.decode()


def written(*lines: str, **more: object) -> bytes:
    writer = PdfWriter("names")
    writer.add_page()
    for i, line in enumerate(lines):
        writer.text(40, 60 + 24 * i, line, 14, **more)
    return writer.content()


def fonts_of(content: bytes) -> set[str]:
    found = set()
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert "/FontFile2" in inner or "/FontFile3" in inner, "embedded"
            found.add(str(font.get_object()["/BaseFont"]))
    return found


def test_a_name_of_each_script_is_here():
    assert set(NAMES) == set(SCRIPTS)


@POPPLER
@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("bold", [False, True])
def test_text_taken_out_of_the_pdf_is_the_name(script: str, bold: bool) -> None:
    name = NAMES[script]
    content = written(name, f"{name} (Block 12, 3.5 Mt)", bold=bold)
    got = text_of(content)
    assert without_blanks(got).count(without_blanks(name)) == 2 and "?" not in got
    assert any(script in font for font in fonts_of(content))
    if script != "Arabic":
        assert name in got, "blanks too, since each line carries its own words"


SHAPED = [(s, NAMES[s].split()[0]) for s in NAMES if s != "Arabic"]
JOINED = [("Devanagari", "क्\u200dष"), ("Bengali", "র\u200d্যা"), ("Malayalam", "ന്\u200d"), ("Telugu", "క్\u200cష")]


@pytest.mark.parametrize(("script", "name"), SHAPED + JOINED)
def test_letters_are_shaped_as_harfbuzz_shapes_them(script: str, name: str) -> None:
    face = hb.Face(font_file(script).read_bytes())
    font, buffer = hb.Font(face), hb.Buffer()
    font.set_variations({"wght": 400})
    buffer.add_str(name)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    wide = sum(p.x_advance for p in buffer.glyph_positions) / face.upem * 100
    plain = sum(font.get_glyph_h_advance(font.get_nominal_glyph(ord(c))) for c in name) / face.upem * 100
    writer = PdfWriter("x")
    writer.add_page()
    assert writer.measure(name, 100) == pytest.approx(wide, rel=0.01)
    shaped = len(buffer.glyph_infos)
    content = written(name)
    stream = pypdf.PdfReader(io.BytesIO(content)).pages[0].get_contents().get_data()
    glyphs = sum(len(part) // 2 for part in re.findall(rb"<([0-9A-Fa-f]+)>\s*T[jJ]", stream) or [b""])
    assert glyphs or stream, "the page has glyphs"
    if abs(wide - plain) > 1:
        assert abs(writer.measure(name, 100) - plain) > 0.5, f"{shaped} glyphs: not one for each character"


def test_a_script_without_a_font_is_written_in_latin_letters_and_told() -> None:
    writer = PdfWriter("x")
    writer.add_page()
    writer.text(40, 60, "ᱥᱟᱱᱛᱟᱲᱤ mine", 12)
    assert writer.transliterated == {"ᱥᱟᱱᱛᱟᱲᱤ": "santari"}
    assert "".join(r.text for r in runs_of("中\ue000≥")) == "ZhongU+E000>="
    assert "?" not in "".join(r.text for r in runs_of("ᱥ中\ue000≥\u0378"))


def test_joiners_and_marks_stay_with_their_letters() -> None:
    assert [(r.family, r.text) for r in runs_of("क्\u200dष, 12 km")] == [("Devanagari", "क्\u200dष, 12 "), ("Sans", "km")]
    assert [r.family for r in runs_of("Zawar – ज़ावर")] == ["Sans", "Devanagari"]
    assert not needs_shaping("Zawar – 5 µm, “é” • €") and needs_shaping("ज") and needs_shaping("ᱥ")


def test_the_same_pages_give_the_same_bytes_without_a_date() -> None:
    first = written(*NAMES.values())
    assert first == written(*NAMES.values())
    assert b"CreationDate" not in first and b"ModDate" not in first


def test_paragraphs_and_tables_keep_to_their_width() -> None:
    writer = PdfWriter("x")
    writer.add_page()
    text = f"{NAMES['Devanagari']} {'long' * 40} {NAMES['Tamil']} " * 3
    lines = writer.wrap(text, 9, 200)
    assert len(lines) > 5 and all(writer.measure(line, 9) <= 200 for line in lines)
    assert without_blanks("".join(lines)) == without_blanks(text), "nothing is lost where a line breaks"
    assert writer.paragraph(40, 60, text, 9, 200) == pytest.approx(60 + len(lines) * 9 * 1.35)
    end = writer.table(
        40, 300, ["Block", "राज्य"], [["a", "Madhyavana " * 6], ["b", "1,234.5"]], [80, 90], aligns=["left", "right"]
    )
    assert end > 300 + 3 * 8 * 1.35, "a cell of several lines makes its row higher"
    assert writer.pages == 1 and writer.content().startswith(b"%PDF")


@POPPLER
def test_a_figure_shows_names_in_any_script_where_they_stand() -> None:
    pages = FigurePages({"Title": "t", "CreationDate": None})
    for name in ("Zawar", NAMES["Devanagari"], NAMES["Telugu"]):
        figure = Figure(figsize=(8.27, 11.69))
        figure.text(0.1, 0.9, name, fontsize=12)
        axes = figure.add_axes((0.2, 0.2, 0.5, 0.3))
        axes.annotate(name, (0.5, 0.5), xytext=(4, 4), textcoords="offset points")
        axes.set_title(name, loc="left")
        pages.savefig(figure)
        assert all(t.get_visible() for t in figure.texts), "the figure itself is left as it was"
    content = pages.content()
    for number, name in enumerate(("Zawar", NAMES["Devanagari"], NAMES["Telugu"]), start=1):
        cut = ["pdftotext", "-f", str(number), "-l", str(number), "-", "-"]
        got = subprocess.run(cut, input=content, capture_output=True, check=True).stdout.decode()
        assert without_blanks(got).count(without_blanks(name)) == 3
    at = subprocess.run(
        ["pdftotext", "-bbox", "-f", "2", "-l", "2", "-", "-"], input=content, capture_output=True, check=True
    )
    first = re.search(r'xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>अगुचा', at.stdout.decode())
    assert first is not None and float(first.group(1)) == pytest.approx(59.5, abs=2)
    assert float(first.group(2)) == pytest.approx(0.1 * 841.7 - 12, abs=5)


def test_a_document_of_latin_letters_alone_is_matplotlibs_own() -> None:
    pages = FigurePages({"Title": "t", "CreationDate": None, "Producer": None, "Creator": None})
    figure = Figure(figsize=(4, 4))
    figure.text(0.1, 0.9, "Zawar – é")
    pages.savefig(figure)
    assert b"Noto" not in pages.content()


@POPPLER
def test_a_dossier_of_a_site_named_in_devanagari_holds_its_name(geopackage: Path, tmp_path: Path) -> None:
    named = tmp_path / "named.gpkg"
    shutil.copyfile(geopackage, named)
    with sqlite3.connect(named) as base:
        for (trigger,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{trigger}"')
        base.execute("update ranked_blocks set name = ? where block_id = 'EX-WB-002'", ("अगुचा टेलिंग बाँध संख्या १",))
    first = write_dossiers(named, ["EX-WB-002"], tmp_path / "a", combined=False)[0]
    again = write_dossiers(named, ["EX-WB-002"], tmp_path / "b", combined=False)[0]
    assert first.sha256 == again.sha256
    content = first.path.read_bytes()
    got = text_of(content)
    assert without_blanks("अगुचा टेलिंग बाँध संख्या १") in without_blanks(got) and "????" not in got
    assert "SAMPLE - NOT REAL" in got and len(re.findall(rb"/Type /Page\b(?!s)", content)) == 2
    assert b"/JavaScript" not in content and b"/URI" not in content and b"/Launch" not in content
