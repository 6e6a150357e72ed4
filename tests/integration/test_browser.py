"""The page in a real browser: no request leaves it, it sorts, filters and explains, with the mouse and the keyboard.

Needs Chromium. On Debian or Ubuntu: apt-get install --no-install-recommends chromium
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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
    gpkg = publish_geopackage(example.make_publication(), folder / "ranked_blocks.gpkg").path
    return write_page(gpkg, folder / "example.html").path


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
_CELLS = "[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[{}].textContent)"


async def _visit(page: Path, folder: Path) -> dict[str, Any]:
    out: dict[str, Any] = {}
    async with browser.Browser(folder) as b:
        await b.open(page.as_uri())
        out["title"] = await b.value("document.title")
        out["mark"] = await b.value("document.querySelector('.mark').textContent")
        out["summary"] = await b.value("document.getElementById('summary').textContent")
        out["told_first"] = await b.value("document.querySelector('#details h2').textContent")
        out["ranks"] = await b.value(_CELLS.format(0))
        out["names"] = await b.value(_CELLS.format(3))
        out["drawn"] = await b.value(
            "(() => { const c = document.getElementById('map'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const s = new Set(); for (let i = 0; i < d.length; i += 4) s.add(d[i] + ',' + d[i+1] + ',' + d[i+2]); return [...s].filter(v => ['91,26,24', '166,61,30', '224,118,42'].includes(v)).length; })()"
        )
        # Sort by score with the mouse, twice.
        await b.value("document.querySelector('[data-key=score_mean]').click()")
        out["by_score"] = await b.value(_CELLS.format(0))
        out["aria_sort"] = await b.value(
            "document.querySelector('[data-key=score_mean]').closest('th').getAttribute('aria-sort')"
        )
        await b.value("document.querySelector('[data-key=score_mean]').click()")
        out["by_score_up"] = await b.value(_CELLS.format(0))
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
        out["third_wanted"] = (await b.value(_CELLS.format(3)))[2]
        out["details"] = await b.value("document.getElementById('details').textContent")
        out["hash"] = await b.value("decodeURIComponent(location.hash)")
        # A hostile name is text.
        await b.value(
            "(() => { const f = document.getElementById('f-text'); f.value = 'script'; f.dispatchEvent(new Event('input')); })()"
        )
        out["hostile"] = await b.value(_CELLS.format(3))
        out["scripts"] = await b.value("document.querySelectorAll('script').length")
        await b.value("document.getElementById('f-clear').click()")
        # The map by keyboard and by mouse.
        await b.value("document.getElementById('map').scrollIntoView(); document.getElementById('map').focus()")
        before = await b.value("document.getElementById('scale').textContent")
        await b.value(_PAINTED)
        await b.press("+", 4)
        out["zoomed"] = [before, await b.value("document.getElementById('scale').textContent")]
        await b.press("+", 6)
        await b.value(
            "document.querySelector('#table tbody tr').click()"
        )  # a block out of sight is brought into the middle
        out["painted"] = await b.value("window.paints.map(p => p.join(''))")
        await b.picture(folder / "page.png")
        out["requests"], out["errors"] = list(b.requests), list(b.errors)
    out["picture"] = (folder / "page.png").stat().st_size
    return out


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
    assert seen["hash"].startswith("#EX-WB-")
    assert seen["zoomed"][0] != seen["zoomed"][1]


def test_hostile_texts_stay_texts(seen: dict[str, Any]) -> None:
    assert seen["hostile"] == ["<script>alert('x')</script> & <b>bold</b>"] and seen["scripts"] == 2
