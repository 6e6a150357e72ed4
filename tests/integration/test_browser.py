"""The page in a real browser: no request leaves it, it sorts, filters and explains, with the mouse and the keyboard.

Needs Chromium. On Debian or Ubuntu: apt-get install --no-install-recommends chromium
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import axe_core_python
import pandas as pd
import pytest

from publishing.geopackage.geopackage import publish_geopackage
from publishing.page import write_page

_HERE = Path(__file__).parent


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


browser = _load("khanij_test_browser", _HERE / "browser.py")
example = _load("example_publication", _HERE.parent / "publishing" / "example_publication.py")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not browser.CHROMIUM, reason="no Chromium: apt-get install --no-install-recommends chromium"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    made = example.make_publication()
    verdict = (
        made.tables["robustness"]
        .iloc[[0]]
        .assign(test="verdict", is_robust=False, note="ranking not robust: price deck 2024: Kendall tau 0.59")
    )
    made.tables["robustness"] = pd.concat([made.tables["robustness"], verdict], ignore_index=True)
    made.run_info["inr_per_usd"] = "87.7"
    blocks = made.layers["ranked_blocks"]
    for block_id, code in (("EX-AB-005", "CL"), ("EX-AB-010", "EL")):
        blocks.loc[blocks["block_id"] == block_id, "concession"] = code
    gpkg = publish_geopackage(made, folder / "ranked_blocks.gpkg").path
    return write_page(gpkg, folder / "example.html", ["ranked_blocks.gpkg"]).path


@pytest.fixture(scope="module")
def seen(page: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One visit, everything that was seen."""
    return asyncio.run(_visit(page, tmp_path_factory.mktemp("browser")))


_IDS = "[...document.querySelectorAll('#table tbody tr')].map(r => +r.dataset.i)"
# What the map draws from now on, a list a painting: a(reas), n(ames on them), m(arks).
_PAINTED = """(() => {
  const p = CanvasRenderingContext2D.prototype, kept = {};
  window.paints = [];
  for (const n of ['clearRect', 'fill', 'strokeText']) {
    kept[n] = p[n];
    p[n] = function (...a) {
      if (n === 'clearRect') window.paints.push([]);
      else window.paints.at(-1).push(n === 'strokeText' ? 'n' : a[0] === 'evenodd' ? 'a' : 'm');
      return kept[n].apply(this, a);
    };
  }
})()"""
_CELLS = "(() => {{ const at = document.querySelector('[data-key={}]').closest('th').cellIndex; return [...document.querySelectorAll('#table tbody tr')].map(r => r.cells[at].textContent); }})()"
_FIND = (
    "(() => {{ const f = document.getElementById('f-text'); f.value = '{}'; f.dispatchEvent(new Event('input')); }})()"
)
_SHOWN = "[document.getElementById('count').textContent, document.getElementById('hidden').hidden ? '' : document.querySelector('#hidden span').textContent]"
# What a checker of accessibility asks first: names of controls, order of headings, reachable scrolling, contrast of texts.
_FAULTS = """(() => {
  const out = [], light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const rgb = t => t.match(/[\\d.]+/g).map(Number), seen = e => e.getClientRects().length;
  document.querySelectorAll('button, input, select, canvas[tabindex]').forEach(e => { if (seen(e) && !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))) out.push('no name: ' + e.id); });
  document.querySelectorAll('body *').forEach(e => { if (seen(e) && ['auto', 'scroll'].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1 && e.tabIndex < 0 && !e.matches('select,option')) out.push('not reachable: ' + e.id); });
  let level = 0;
  document.querySelectorAll('h1, h2, h3').forEach(h => { if (seen(h)) { const l = +h.tagName[1]; if (l > level + 1) out.push('heading jumps: ' + h.textContent); level = l; } });
  document.querySelectorAll('body *').forEach(e => {
    if (!seen(e) || e.disabled || e.closest('.skip, option') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) return;
    let b = e; while (b && (rgb(getComputedStyle(b).backgroundColor)[3] ?? 1) === 0) b = b.parentElement;
    const x = light(rgb(getComputedStyle(e).color)), y = light(rgb(getComputedStyle(b || document.body).backgroundColor));
    if ((Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05) < 4.5) out.push('pale: ' + e.textContent.slice(0, 40));
  });
  return out;
})()"""
# The checker of accessibility that the trade uses; what it calls a violation, with the first element of each.
_AXE = Path(axe_core_python.__file__).with_name("axe.min.js")
_VIOLATIONS = "axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 120)))"
_SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


async def _visit(page: Path, folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = {}
    async with browser.Browser(folder) as b:
        await b.open(page.as_uri())
        out["title"] = await b.value("document.title")
        out["mark"] = await b.value("document.querySelector('.mark').textContent")
        out["summary"] = await b.value("document.getElementById('summary').textContent")
        out["told_first"] = await b.value("document.querySelector('#details h2').textContent")
        out["ranks"] = await b.value(_CELLS.format("rank"))
        out["names"] = await b.value(_CELLS.format("name"))
        out["drawn"] = await b.value(
            "(() => { const c = document.getElementById('map'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const s = new Set(); for (let i = 0; i < d.length; i += 4) s.add(d[i] + ',' + d[i+1] + ',' + d[i+2]); return [...s].filter(v => ['91,26,24', '166,61,30', '224,118,42'].includes(v)).length; })()"
        )
        # Sort by score with the mouse, twice.
        await b.value("document.querySelector('[data-key=score_mean]').click()")
        out["by_score"] = await b.value(_CELLS.format("rank"))
        out["aria_sort"] = await b.value(
            "document.querySelector('[data-key=score_mean]').closest('th').getAttribute('aria-sort')"
        )
        await b.value("document.querySelector('[data-key=score_mean]').click()")
        out["by_score_up"] = await b.value(_CELLS.format("rank"))
        # Filter.
        await b.value(
            "(() => { const f = document.getElementById('f-rank'); f.value = 5; f.dispatchEvent(new Event('input')); })()"
        )
        out["five"] = await b.value("document.getElementById('count').textContent")
        await b.value("document.getElementById('f-clear').click()")
        out["all"] = await b.value("document.getElementById('count').textContent")
        # The keyboard alone: to the first row, two down, open.
        await b.value("document.querySelector('[data-key=rank]').click()")
        await b.value("document.querySelector('#table tbody tr').focus()")
        await b.press("ArrowDown", 2)
        await b.press("Enter")
        out["third"] = await b.value("document.querySelector('#details h2').textContent")
        out["third_wanted"] = (await b.value(_CELLS.format("name")))[2]
        out["details"] = await b.value("document.getElementById('details').textContent")
        out["hash"] = await b.value("decodeURIComponent(location.hash)")
        # A hostile name is text.
        await b.value(_FIND.format("script"))
        out["hostile"] = await b.value(_CELLS.format("name"))
        out["scripts"] = await b.value("document.querySelectorAll('script').length")
        await b.value("document.getElementById('f-clear').click()")
        # The map by keyboard and by mouse.
        await b.value("document.getElementById('map').scrollIntoView(); document.getElementById('map').focus()")
        before = await b.value("document.getElementById('scale').textContent")
        await b.value(_PAINTED)
        for _ in range(4):
            await b.press("+")
            await asyncio.sleep(0.1)  # the map follows with the next frame
        out["zoomed"] = [before, await b.value("document.getElementById('scale').textContent")]
        await b.press("+", 6)
        await b.value(
            "document.querySelector('#table tbody tr').click()"
        )  # a block out of sight is brought into the middle
        out["painted"] = await b.value("window.paints.map(p => p.join(''))")
        await b.picture(folder / "page.png")
        await _asked(b, out)
        await _beside(b, page, out)
        await _looks(b, out)
        out["violations"] = await _violations(b, page)
        out["requests"], out["errors"] = list(b.requests), list(b.errors)
    out["picture"] = (folder / "page.png").stat().st_size
    return out


async def _asked(b: Any, out: dict[str, Any]) -> None:
    """Words that are looked for while the kind is set to waste blocks."""
    await b.value(
        "(() => { const f = document.getElementById('f-kind'); f.value = 'waste_block'; f.dispatchEvent(new Event('input')); })()"
    )
    out["found"] = {}
    for word in ("", "Sc", "scandium", "orissa", "sca", "neodymium"):
        await b.value(_FIND.format(word))
        out["found"][word] = await b.value(_SHOWN)
    out["offered"] = await b.value(
        "(() => { document.getElementById('f-clear').click(); const f = document.getElementById('f-concession'); f.value = 'EL'; f.dispatchEvent(new Event('input')); return [[...f.options].map(o => o.text), document.getElementById('count').textContent]; })()"
    )
    await b.value(
        "(() => { document.getElementById('f-clear').click(); const f = document.getElementById('f-kind'); f.value = 'waste_block'; f.dispatchEvent(new Event('input')); })()"
    )
    await b.value(_FIND.format("orissa"))
    await b.value("document.getElementById('lift').click()")
    out["lifted"] = [await b.value(_SHOWN), set(await b.value(_CELLS.format("state")))]
    await b.value("document.getElementById('f-clear').click()")


async def _beside(b: Any, page: Path, out: dict[str, Any]) -> None:
    """Two blocks side by side by the keyboard, and what a link to them opens."""
    await b.send("Emulation.setFocusEmulationEnabled", enabled=True)
    out["columns_wanted"] = [name.strip() for name in (await b.value(_CELLS.format("name")))[:2]]
    await b.value("document.querySelector('#table tbody tr').focus()")
    await b.press("c")
    await b.press("ArrowDown")
    await b.press("c")
    out["beside"] = await b.value("document.getElementById('compare').innerText")
    out["linked"] = await b.value("location.hash")
    out["columns"] = await b.value(
        "[...document.querySelectorAll('#compare thead th')].map(t => t.firstChild.data.trim())"
    )
    await b.send("Page.navigate", url="about:blank")
    await b.open(f"{page.as_uri()}#block=EX-AB-010&compare=EX-AB-010,EX-AB-015")
    out["opened"] = await b.value(
        "[document.querySelector('#details code').textContent, document.querySelectorAll('#compare thead th').length]"
    )
    await b.value("location.hash = '#block=EX-WB-014'")
    await b.value("new Promise(r => setTimeout(r, 50))")
    out["followed"] = await b.value("document.querySelector('#details').innerText")
    await b.value("document.querySelector('#said .term').focus()")
    out["hint"] = await b.value(
        "[document.activeElement.textContent, document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent]"
    )
    await b.press("Escape")
    out["hint_gone"] = await b.value("document.getElementById('tip').hidden")


async def _looks(b: Any, out: dict[str, Any]) -> None:
    """The page at night, on paper and on a telephone."""
    out["faults"] = await b.value(_FAULTS)
    await b.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    out["night"] = [await b.value("getComputedStyle(document.body).backgroundColor"), await b.value(_FAULTS)]
    await b.send("Emulation.setEmulatedMedia", media="print", features=[])
    await b.send("Emulation.setDeviceMetricsOverride", width=1047, height=720, deviceScaleFactor=1, mobile=False)
    out["paper"] = await b.value(
        "(() => { const s = getComputedStyle(document.querySelector('#table th')); return [s.position, s.backgroundColor, document.getElementById('table').offsetWidth <= innerWidth, [...document.querySelectorAll('#table td')].every(c => c.scrollWidth <= c.clientWidth + 1)]; })()"
    )
    await b.send("Emulation.setEmulatedMedia", media="", features=[])
    await b.send("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=True)
    out["telephone"] = await b.value(_SIDEWAYS)
    await b.send("Emulation.clearDeviceMetricsOverride")


async def _violations(b: Any, page: Path) -> dict[str, list[str]]:
    """By day and at night, on a desk and on a telephone; once with two blocks side by side."""
    out: dict[str, list[str]] = {}
    for scheme, width in (("light", 1400), ("light", 390), ("dark", 1400), ("dark", 390)):
        await b.send(
            "Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        phone = {"deviceScaleFactor": 1, "mobile": width < 800}
        await b.send("Emulation.setDeviceMetricsOverride", width=width, height=900, **phone)
        beside = "&compare=EX-AB-010,EX-AB-015" if (scheme, width) != ("light", 1400) else ""
        await b.send("Page.navigate", url="about:blank")
        await b.open(f"{page.as_uri()}#block=EX-AB-010{beside}")
        if beside:  # what is folded away is not looked at
            await b.value(
                "document.querySelectorAll('details').forEach(d => { d.open = true; d.hidden = false; }); document.getElementById('levers-banner').hidden = false"
            )
        await b.value(f"{_AXE.read_text(encoding='utf-8')}; 0")
        found = await b.send("Runtime.evaluate", expression=_VIOLATIONS, awaitPromise=True, returnByValue=True)
        out[f"{scheme} {width}"] = found["result"]["value"]
    await b.send("Emulation.clearDeviceMetricsOverride")
    return out


def test_a_search_takes_whole_words_and_says_what_other_filters_hide(seen: dict[str, Any]) -> None:
    found = seen["found"]
    assert found[""] == ["24 of 30 blocks", "6 more hidden by Kind: 6 auction blocks."]
    # Every quantified block sells scandium, every other one may hold it; a beginning of three letters is no word.
    assert found["Sc"] == found["scandium"] == ["24 of 30 blocks", "6 further hits hidden by Kind: 6 auction blocks."]
    assert found["sca"] == ["0 of 30 blocks", ""]
    assert int(found["neodymium"][0].split()[0]) > 0
    assert found["orissa"] == ["4 of 30 blocks", "1 further hit hidden by Kind: 1 auction block."]
    assert seen["lifted"] == [["5 of 30 blocks", ""], {"Odisha"}]


def test_an_exploration_licence_is_called_so_and_can_be_chosen(seen: dict[str, Any]) -> None:
    assert seen["offered"] == [["all", "composite licence", "exploration licence"], "1 of 30 blocks"]


def test_blocks_stand_side_by_side_and_a_link_opens_them(seen: dict[str, Any]) -> None:
    assert seen["columns"] == seen["columns_wanted"]
    for word in ("Tier", "Prospect", "Price multiple needed", "crore", "State"):
        assert word in seen["beside"], word
    assert (
        seen["linked"].startswith("#block=EX-") and seen["linked"].count("EX-WB-") + seen["linked"].count("EX-AB-") == 3
    )
    assert seen["opened"] == ["EX-AB-010", 2]
    assert "EX-WB-014" in seen["followed"] and "order not robust" in seen["followed"]
    assert "Ranking not robust: price deck 2024: Kendall tau 0.59. Read the tier" in seen["followed"]
    money = re.search(
        r"Rs (−?[\d,]+\.\d\d) crore \(P10 (−?[\d,]+\.\d\d) to P90 .*; USD (-?[\d.]+) million", seen["followed"]
    )
    assert money is not None, seen["followed"]
    rupees, dollars = (float(t.replace(",", "").replace("−", "-")) for t in (money[1], money[3]))
    assert rupees == pytest.approx(dollars * 1e6 * 87.7 / 1e7, rel=0.01)
    assert seen["hint"][0].startswith("draw") and seen["hint"][1].startswith("Repetitions") and seen["hint_gone"]


def test_it_holds_at_night_on_paper_and_on_a_telephone(seen: dict[str, Any]) -> None:
    assert seen["faults"] == []
    assert seen["night"] == ["rgb(27, 26, 24)", []]
    assert seen["paper"] == ["static", "rgb(255, 255, 255)", True, True]
    assert seen["telephone"] <= 0


def test_axe_finds_no_violation(seen: dict[str, Any]) -> None:
    assert seen["violations"] == {"light 1400": [], "light 390": [], "dark 1400": [], "dark 390": []}


def test_names_are_written_on_the_areas_and_not_under_them(seen: dict[str, Any]) -> None:
    assert any("a" in painted and "n" in painted for painted in seen["painted"]), seen["painted"]
    for painted in seen["painted"]:
        assert "a" not in painted.lstrip("a"), painted


def test_nothing_leaves_the_page_and_nothing_fails(seen: dict[str, Any], page: Path) -> None:
    assert [r for r in seen["requests"] if not r.startswith(("file://", "data:", "about:"))] == []
    assert seen["errors"] == []
    text = page.read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://example.invalid", "") and "https://" not in text


def test_it_says_what_it_is(seen: dict[str, Any]) -> None:
    assert seen["title"].startswith("Example district") and seen["mark"] == "SAMPLE - NOT REAL"
    assert "19 waste blocks ranked" in seen["summary"]


def test_it_opens_with_the_first_of_the_table_told(seen: dict[str, Any]) -> None:
    assert seen["names"][0] and seen["names"][0] in seen["told_first"]


def test_the_map_is_drawn(seen: dict[str, Any]) -> None:
    assert seen["drawn"] == 3 and seen["picture"] > 20_000


def test_it_sorts_and_missing_is_last(seen: dict[str, Any]) -> None:
    ranked = [r for r in seen["ranks"] if r]
    assert ranked == [str(i) for i in range(1, 20)] and seen["ranks"][: len(ranked)] == ranked
    assert seen["aria_sort"] == "descending" and seen["by_score"][:3] == ["1", "2", "3"]
    assert seen["by_score_up"][0] == "19" and seen["by_score_up"][-1] == ""


def test_it_filters(seen: dict[str, Any]) -> None:
    assert seen["five"] == "5 of 30 blocks" and seen["all"] == "30 of 30 blocks"


def test_the_keyboard_is_enough(seen: dict[str, Any]) -> None:
    assert seen["third"] == seen["third_wanted"]
    for word in ("Place 3 of 19", "P05, best", "Sites", "Elements", "Sources", "P10"):
        assert word in seen["details"]
    assert seen["hash"].startswith("#block=EX-WB-")
    assert seen["zoomed"][0] != seen["zoomed"][1]


def test_hostile_texts_stay_texts(seen: dict[str, Any]) -> None:
    assert seen["hostile"] == ["<script>alert('x')</script> & <b>bold</b>"] and seen["scripts"] == 6


def test_the_first_rows_of_a_long_table_stand_at_once_and_the_rest_follows(tmp_path: Path) -> None:
    gpkg = publish_geopackage(example.make_publication(180), tmp_path / "ranked_blocks.gpkg").path
    page = write_page(gpkg, tmp_path / "long.html").path

    async def visit() -> dict[str, Any]:
        async with browser.Browser(tmp_path) as b:
            await b.open(page.as_uri())
            await asyncio.sleep(0.3)
            whole = await b.value(_IDS)
            at_once = await b.value(
                f"(() => {{ document.querySelector('[data-key=score_mean]').click(); const first = {_IDS}.length;"
                f" window.dispatchEvent(new Event('beforeprint')); return [first, {_IDS}.length]; }})()"
            )
            await asyncio.sleep(0.3)
            return {"whole": whole, "at_once": at_once, "later": await b.value(_IDS), "errors": b.errors}

    found = asyncio.run(visit())
    rows = len(found["whole"])
    assert rows > 100 and len(set(found["whole"])) == rows
    assert found["at_once"] == [100, rows], "whoever prints waits for no row"
    assert sorted(found["later"]) == sorted(found["whole"]), "and none stands twice"
    assert found["errors"] == []
