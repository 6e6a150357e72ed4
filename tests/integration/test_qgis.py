"""A real QGIS opens the GeoPackage: default styles, embedded project, forms with related rows, maps as expected.

Needs QGIS for the system's Python. On Debian or Ubuntu:

    apt-get install --no-install-recommends python3-qgis

The reference picture is renewed with ``KHANIJ_RENEW_PICTURES=1 pytest tests/integration/test_qgis.py``; look at it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from qgis_here import NEEDS_QGIS, PYTHON

from publishing.geopackage.geopackage import publish_geopackage

_HERE = Path(__file__).parent
_REFERENCE = _HERE / "reference_pictures" / "ranking.png"


pytestmark = NEEDS_QGIS


def _example() -> ModuleType:
    path = _HERE.parent / "publishing" / "example_publication.py"
    spec = importlib.util.spec_from_file_location("example_publication", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def probe(path: Path, folder: Path) -> dict[str, Any]:
    """Open a GeoPackage in QGIS and report."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    env = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(runtime),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    env.pop("PYTHONPATH", None)
    command = [PYTHON, str(_HERE / "qgis_probe.py"), str(path), str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    report = folder / "probe.json"
    assert report.is_file(), done.stderr[-3000:]
    return json.loads(report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_geopackage(
        _example().make_publication(), tmp_path_factory.mktemp("example") / "ranked_blocks.gpkg"
    ).path


@pytest.fixture(scope="module")
def opened(published: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return probe(published, tmp_path_factory.mktemp("qgis"))


def test_a_layer_dragged_in_is_styled(opened: dict[str, Any]) -> None:
    blocks, sites = opened["alone"]["ranked_blocks"], opened["alone"]["waste_sites"]
    assert blocks["valid"] and blocks["rows"] == 30 and blocks["labels"]
    assert blocks["renderer"] == sites["renderer"] == "QgsRuleBasedRenderer"
    assert blocks["aliases"]["rank_p05"] == "Rank, P05 (best place)"
    assert blocks["aliases"]["npv_usd_p10"] == "Net present value of the project, P10 (low case) [USD]"
    assert {blocks["widgets"][n] for n in ("status", "kind", "knowledge_class")} == {"ValueMap"}
    assert "SAMPLE - NOT REAL" in blocks["title"] and "P10 is the low case" in blocks["abstract"]


def test_the_project_opens_with_no_invalid_layer(opened: dict[str, Any]) -> None:
    assert opened["read"] and opened["crs"] == "EPSG:7755"
    assert "SAMPLE - NOT REAL" in opened["title"]
    assert [n for n, layer in opened["layers"].items() if not layer["valid"]] == []
    assert opened["themes"] == ["Data quality", "Fertility", "Ranking", "Uncertainty", "Waste"]
    assert {*opened["themes"], "Context", "Tables"} <= set(opened["groups"])
    assert {"ranked_blocks", "blocks_fertility", "blocks_uncertainty", "blocks_quality"} <= set(opened["layers"])
    assert [m for m in opened["messages"] if m[1] >= 2] == []


def test_the_project_reaches_no_network_and_holds_no_macro(published: Path, opened: dict[str, Any]) -> None:
    import io
    import sqlite3
    import zipfile

    content = sqlite3.connect(published).execute("SELECT content FROM qgis_projects").fetchone()[0]
    document = zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))).read("project.qgs").decode()
    assert "acros" not in document.replace("crosslength", "") or "<Macros" not in document
    assert "pythonCode" not in document and "<actionsetting" not in document
    for source in (layer["source"] for layer in opened["layers"].values()):
        assert source.startswith(str(published.parent)), source


def test_a_click_on_a_block_shows_its_sites_and_elements(opened: dict[str, Any]) -> None:
    assert all(opened["relations"].values())
    assert {"block_sites", "block_elements"} <= set(opened["relations"])
    assert opened["related"]["EX-WB-002"] == {"block_sites": 1, "block_elements": 5}
    assert opened["related"]["EX-AB-005"] == {"block_sites": 0, "block_elements": 0}
    assert opened["tabs"][:2] == ["Why", "Sites and elements"]
    assert {"block_sites", "block_elements", "explanation"} <= set(opened["form"])


def test_map_tips_are_evaluated_and_escaped(opened: dict[str, Any]) -> None:
    tip = opened["tips"]["EX-WB-002"]
    assert "&lt;script&gt;" in tip and "<script>" not in tip
    assert "[%" not in opened["tips"]["EX-WB-003"]
    assert 'bgcolor="#0072b2"' in tip and "SAMPLE - NOT REAL" in tip
    # A text that looks like a template stays a text.
    assert "[% 1+1 %] {{ 7*7 }}" in opened["tips"]["EX-WB-007"]


def test_the_map_is_the_one_that_was_looked_at(opened: dict[str, Any]) -> None:
    assert all(code == 0 for code, _ in opened["pictures"].values()) and len(opened["pictures"]) == 5
    drawn_path = Path(opened["pictures"]["A4 map - Ranking"][1])
    if os.environ.get("KHANIJ_RENEW_PICTURES"):
        _REFERENCE.parent.mkdir(exist_ok=True)
        shutil.copyfile(drawn_path, _REFERENCE)
    drawn, reference = (matplotlib.image.imread(p)[..., :3] for p in (drawn_path, _REFERENCE))
    assert drawn.shape == reference.shape
    # Fonts differ from machine to machine: compare patches of 12 x 12 pixels, and few may differ clearly.
    difference = np.abs(_patches(drawn) - _patches(reference)).max(axis=-1)
    assert (difference > 0.15).mean() < 0.02, f"{(difference > 0.15).mean():.1%} of the picture differs"


def _patches(picture: np.ndarray, size: int = 12) -> np.ndarray:
    rows, columns = picture.shape[0] // size * size, picture.shape[1] // size * size
    return picture[:rows, :columns].reshape(rows // size, size, columns // size, size, 3).mean(axis=(1, 3))


def test_a_map_without_the_rank_colours_would_be_noticed(opened: dict[str, Any]) -> None:
    ranking, waste = (
        _patches(matplotlib.image.imread(opened["pictures"][f"A4 map - {n}"][1])[..., :3]) for n in ("Ranking", "Waste")
    )
    assert (np.abs(ranking - waste).max(axis=-1) > 0.15).mean() > 0.02
