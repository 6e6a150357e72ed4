"""The page in Hindi in a real browser that has no Devanagari font of its own to count on: its words, its letters, its address."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz as hb
from test_browser import _AXE, _FAULTS, _SIDEWAYS, _VIOLATIONS, browser, example

from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table
from publishing.headline import prospects_said
from publishing.languages import unread
from publishing.page import write_page
from publishing.pdf.fonts import font_file

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium: apt-get install --no-install-recommends chromium"),
]
JOINED = "क्षेत्रस्थितिश्रेणीहिन्दी"
# Texts with Latin words and no Devanagari, which are neither data nor names.
_LEFT = """(() => {
  const d = LANGUAGE.data, kept = JSON.stringify([d.blocks, d.sites, d.bands, d.info, d.elements]), out = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, n => n.parentElement.closest('script,style,code,#language,footer ul,h1') ? 2 : 1);
  while (walk.nextNode()) {
    const t = walk.currentNode.data.trim();
    if (/[A-Za-z]{4}/.test(t) && !/[\\u0900-\\u097f]/.test(t) && !kept.includes(JSON.stringify(t).slice(1, -1))) out.add(t);
  }
  return [...out];
})()"""
_WIDTH = """document.fonts.load('100px "Khanij Devanagari"', 'क').then(() => { const s = document.createElement('span');
  s.style.font = '100px "Khanij Devanagari"'; s.style.whiteSpace = 'pre'; s.dataset.kept = ''; s.textContent = %s; document.body.append(s);
  const w = s.getBoundingClientRect().width; s.remove(); return w; })"""


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = example.make_publication()
    made.run_info["inr_per_usd"] = "87.7"
    return publish_geopackage(made, tmp_path_factory.mktemp("hindi") / "ranked_blocks.gpkg").path


@pytest.fixture(scope="module")
def seen(gpkg: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    page = write_page(gpkg, gpkg.parent / "index.html", ["brief_hi.pdf"]).path
    return asyncio.run(_visit(page, tmp_path_factory.mktemp("browser")))


async def _fonts(b: Any, selector: str) -> dict[str, bool]:
    """Family -> whether the page brought it, of the letters that an element is drawn with."""
    await b.send("DOM.enable")
    await b.send("CSS.enable")
    root = (await b.send("DOM.getDocument"))["root"]["nodeId"]
    node = (await b.send("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
    fonts = (await b.send("CSS.getPlatformFontsForNode", nodeId=node))["fonts"]
    return {f["familyName"]: f["isCustomFont"] for f in fonts}


async def _visit(page: Path, folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = {}
    async with browser.Browser(folder) as b:
        await b.open(page.as_uri())
        out["english"] = await b.value("document.querySelector('#said .lead').textContent")
        await b.value("location.hash = '#block=EX-WB-014'")
        await b.value("document.getElementById('language').click()")
        for _ in range(100):
            await asyncio.sleep(0.1)
            with contextlib.suppress(AssertionError):  # it was asked while the page was loaded anew
                if await b.value("document.documentElement.lang === 'hi' && document.documentElement.dataset.ready"):
                    break
        await asyncio.sleep(0.1)
        out["address"] = await b.value("location.hash")
        out["lead"] = await b.value("document.querySelector('#said .lead').textContent")
        out["notice"] = await b.value("document.getElementById('unread').textContent")
        out["details"] = await b.value("document.getElementById('details').innerText")
        out["explanation"] = await b.value(
            "LANGUAGE.data.blocks.explanation[LANGUAGE.data.blocks.block_id.indexOf('EX-WB-014')]"
        )
        out["count"] = await b.value("document.getElementById('count').textContent")
        await b.value("document.querySelector('#table tbody tr').focus()")
        await b.press("c")
        out["left"] = await b.value(_LEFT)
        run = await b.send(
            "Runtime.evaluate", expression=_WIDTH % json.dumps(JOINED), awaitPromise=True, returnByValue=True
        )
        out["width"] = run["result"]["value"]
        out["faults"] = await b.value(_FAULTS)
        await b.value(f"{_AXE.read_text(encoding='utf-8')};1")
        run = await b.send("Runtime.evaluate", expression=_VIOLATIONS, awaitPromise=True, returnByValue=True)
        out["axe"] = run["result"]["value"]
        await b.send("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=True)
        out["telephone"] = await b.value(_SIDEWAYS)
        out["back"] = await b.value("document.getElementById('language').textContent")
        out["requests"], out["errors"] = list(b.requests), list(b.errors)
        out["fonts"] = await _fonts(b, "#count")  # last: looking at styles asks for the file anew, which it is told
    return out


def test_the_headline_is_the_one_of_the_brief(seen: dict[str, Any], gpkg: Path) -> None:
    blocks = read_table(gpkg, "ranked_blocks")
    assert seen["english"] == prospects_said(blocks)
    assert seen["lead"] == prospects_said(blocks, language="hi")
    assert seen["notice"].startswith(unread("hi"))


def test_the_state_stands_in_the_address(seen: dict[str, Any]) -> None:
    assert sorted(seen["address"].lstrip("#").split("&")) == ["block=EX-WB-014", "lang=hi"]
    assert seen["back"] == "English"


def test_no_word_of_the_page_is_left_in_english(seen: dict[str, Any]) -> None:
    allowed = re.compile(r"Kendall tau|UNFC|HPAL|brief_hi\.pdf|robust z|.*\(SAMPLE|EX-|.*, [A-Z]")
    assert [t for t in seen["left"] if not allowed.match(t)] == []
    assert seen["count"] == "30 में से 24 ब्लॉक"
    for said in ("करोड़ रुपये", "मिलियन डॉलर", "स्थान", "P10", "से P90"):
        assert said in seen["details"], said
    assert "undefined" not in seen["details"]
    assert re.search(r"करोड़ रुपये \(P10 .* से P90 .*\); \S+ मिलियन डॉलर \(P10 .* से P90 .*\)", seen["details"])
    assert " million (P10" not in seen["details"].replace(seen["explanation"], "")


def test_the_letters_are_the_pages_own_and_joined(seen: dict[str, Any]) -> None:
    assert any(custom for custom in seen["fonts"].values()), seen["fonts"]
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(font_file("Devanagari")))))
    buffer = hb.Buffer()
    buffer.add_str(JOINED)
    buffer.guess_segment_properties()
    hb.shape(font, buffer)
    wide = sum(p.x_advance for p in buffer.glyph_positions) / font.face.upem * 100
    assert seen["width"] == pytest.approx(wide, abs=1.5)


def test_nothing_leaves_it_and_it_holds_on_a_telephone(seen: dict[str, Any]) -> None:
    assert [r for r in seen["requests"] if not r.startswith(("file://", "data:", "about:"))] == []
    assert seen["errors"] == []
    assert seen["telephone"] <= 0
    assert seen["faults"] == []
    assert seen["axe"] == []
