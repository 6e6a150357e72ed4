"""A real QGIS opens the GeoPackage: default styles, embedded project, forms with related rows, maps as expected.

Needs QGIS for the system's Python. On Debian or Ubuntu:

    apt-get install --no-install-recommends python3-qgis

The reference picture is renewed with ``KHANIJ_RENEW_PICTURES=1 pytest tests/integration/test_qgis.py``; look at it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from qgis_here import NEEDS_QGIS, PYTHON

from khanij.foundation.wording import number, share, tonnes, triple
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_layer, records
from publishing.sets.mailing import PROJECT, package

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


def probe(path: Path, folder: Path, packaged: Path) -> dict[str, Any]:
    """Open a GeoPackage in QGIS, and the project of a package, and report."""
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
    command = [PYTHON, str(_HERE / "qgis_probe.py"), str(path), str(folder), str(packaged)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    report = folder / "probe.json"
    assert report.is_file(), done.stderr[-3000:]
    return json.loads(report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("example") / "ranked_blocks.gpkg"
    return publish_geopackage(replace(_example().make_publication(), page="index.html"), target).path


@pytest.fixture(scope="module")
def packaged(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of a package that was mailed, renamed, and unpacked elsewhere."""
    folder = tmp_path_factory.mktemp("mail")
    file = package(published.parent, folder / "khanij_example.zip", with_internal=True).path
    file.rename(folder / "khanij_example (1).zip")
    zipfile.ZipFile(folder / "khanij_example (1).zip").extractall(folder)
    (folder / "khanij_example").rename(folder / "from Delhi")
    return folder / "from Delhi" / PROJECT


@pytest.fixture(scope="module")
def opened(published: Path, packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return probe(published, tmp_path_factory.mktemp("qgis"), packaged)


def test_a_layer_dragged_in_is_styled(opened: dict[str, Any]) -> None:
    blocks, sites = opened["alone"]["ranked_blocks"], opened["alone"]["waste_sites"]
    assert blocks["valid"] and blocks["rows"] == 30 and blocks["labels"]
    assert blocks["renderer"] == sites["renderer"] == "QgsRuleBasedRenderer"
    assert blocks["aliases"]["rank_p05"] == "Rank, P05 (best place)"
    assert blocks["aliases"]["npv_usd_p10"] == "Net present value of the project, P10 (low case) [USD]"
    assert {blocks["widgets"][n] for n in ("status", "kind", "knowledge_class")} == {"ValueMap"}
    assert blocks["aliases"]["npv_usd_p50_said"] == "Net present value of the project", (
        "figures in words, also without the project"
    )
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
    assert "pythonCode" not in document
    # An action is an address that is opened (5), never code that is run (0 to 4).
    kinds = re.findall(r'<actionsetting type="(\d)"', document)
    assert document.count("<actionsetting") == len(kinds) and set(kinds) == {"5"}
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
    assert 'bgcolor="#0072b2"' not in opened["tips"]["EX-AB-005"], "no bar where there is no score"
    for shown in opened["tips"].values():  # what an engine without styles would show all the same
        assert "display:" not in shown and shown.count("<table") <= 1
    # A text that looks like a template stays a text.
    assert "[% 1+1 %] {{ 7*7 }}" in opened["tips"]["EX-WB-007"]


def test_qgis_parses_every_expression_that_ships(opened: dict[str, Any]) -> None:
    assert opened["expressions"] > 150
    assert opened["broken"] == []
    assert opened["functions_unknown"] == [], "the list that the tests without QGIS go by"


def test_sites_are_drawn_by_their_tonnage(opened: dict[str, Any]) -> None:
    by_tonnage = sorted((t, mm) for t, mm in opened["sizes"].values() if t)
    assert len(by_tonnage) > 10
    assert by_tonnage[0][1] < by_tonnage[-1][1] - 1, "the smallest and the largest differ by more than a millimetre"
    assert [mm for _, mm in by_tonnage] == sorted(mm for _, mm in by_tonnage)
    assert {mm for t, mm in opened["sizes"].values() if not t} == {2.2}


def test_a_name_is_written_once_where_the_file_is_dragged_in(opened: dict[str, Any]) -> None:
    names = Counter(text for text, *_ in opened["labels_of_the_bare_file"] if not text.strip().isdigit())
    assert len(names) >= 3 and max(names.values()) == 1


def test_no_name_lies_on_the_number_of_a_rank(opened: dict[str, Any]) -> None:
    def covered(labels: list[Any]) -> list[Any]:
        digits = [box for text, _, box in labels if text.strip().isdigit()]
        names = [(text, box) for text, _, box in labels if not text.strip().isdigit()]
        return [(t, n) for t, n in names for d in digits if n[0] < d[2] and d[0] < n[2] and n[1] < d[3] and d[1] < n[3]]

    assert len(opened["labels_near"]) == 6
    for block, (rank, labels) in opened["labels_near"].items():
        assert [t for t, *_ in labels if t.strip() == str(rank)], (block, labels)
        assert [t for t, *_ in labels if not t.strip().isdigit()], "and the name beside it"
        assert covered(labels) == [], block
    assert covered(opened["labels_far"]) == []


def test_a_row_of_a_list_is_called_by_what_it_tells(opened: dict[str, Any]) -> None:
    called = opened["called"]
    assert all(
        name.startswith(("Nd", "Pr", "Sc", "Ga", "V")) and name.endswith("recoverable")
        for _, name in called["element_potential"]
    )
    assert ["EX-WB-002", "EX-S-002, 100 % inside EX-WB-002"] in called["site_shares"]
    names = dict(called["ranked_blocks"])
    assert re.search(r": rank \d+ \(\d+ to \d+\), (pays|may pay|needs)", names["EX-WB-002"])
    assert names["EX-AB-005"].endswith(": not quantified yet")


def test_figures_are_told_in_the_words_of_the_other_products(published: Path, opened: dict[str, Any]) -> None:
    blocks = records(read_layer(published, "ranked_blocks").drop(columns="geometry"))
    for r in blocks:
        said = opened["said"][r.block_id]
        assert said["p_pays_said"] == share(r.p_pays)
        assert said["price_multiple_needed_said"] == number(r.price_multiple_needed)
        assert said["completeness_pct_said"] == f"{number(r.completeness_pct)} %"
        assert said["score_p50_said"] == triple(r, "score")
        assert said["contained_critical_t_p50_said"] == tonnes(r.contained_critical_t_p50)


def test_the_answer_can_be_opened_from_the_map(published: Path, opened: dict[str, Any]) -> None:
    for block, actions in opened["commands"].items():
        ((kind, name, address),) = actions
        assert kind == 5 and name.startswith("Why?")
        assert address == f"file://{published.parent}/index.html#{block}"


def test_a_layer_says_its_licence_its_rights_and_its_age(opened: dict[str, Any]) -> None:
    for facts in (opened["facts"], opened["alone"]["ranked_blocks"]["facts"]):
        assert (
            any("Apache-2.0" in x for x in facts["licences"]) and "Register (made up): CC BY 4.0" in facts["licences"]
        )
        assert facts["links"] == ["index.html", "https://creativecommons.org/licenses/by/4.0/"]
        assert any("no mineral resource" in x for x in facts["rights"])
        assert "mine waste" in facts["keywords"]["Khanij"] and facts["contacts"] == ["The Khanij authors"]
        assert facts["until"] == ["2024-12-31"] and "figures up to 2024" in facts["history"][0]


def test_a_package_survives_mailing_and_renaming(packaged: Path, opened: dict[str, Any]) -> None:
    assert opened["package_read"] and len(opened["package_layers"]) == len(opened["layers"])
    for name, (valid, source) in opened["package_layers"].items():
        assert valid and source.startswith(str(packaged.parent)), name


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
