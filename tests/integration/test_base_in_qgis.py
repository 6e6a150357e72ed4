"""A real QGIS opens a project with base map and services: at once, without a question, and asks no service for anything."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from qgis_here import NEEDS_QGIS, PYTHON

from publishing.geopackage.base import BASE, base_bounds, write_base
from publishing.geopackage.geopackage import publish_geopackage
from publishing.qgis.internet import INTERNET_LAYERS
from publishing.sets.mailing import _project_of

_HERE = Path(__file__).parent
pytestmark = NEEDS_QGIS


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """What was asked of the services."""
    return []


@pytest.fixture(scope="module")
def service(asked: list[str]):
    """A server of the machine itself in the services' place: it notes every request."""

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


@pytest.fixture(scope="module")
def seen(service: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = _HERE.parent / "publishing" / "example_publication.py"
    spec = importlib.util.spec_from_file_location("example_publication", path)
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = example
    spec.loader.exec_module(example)
    folder = tmp_path_factory.mktemp("base")
    made = replace(example.make_publication(20, seed=5, is_sample=False), base=BASE)
    bounds = base_bounds(made.layers)
    assert bounds is not None
    write_base(bounds, folder / BASE)
    gpkg = publish_geopackage(made, folder / "ranked_blocks.gpkg").path
    document = _project_of(gpkg).decode()
    for layer in INTERNET_LAYERS:
        assert layer.address in document.replace("&amp;", "&")
        document = document.replace(layer.address, service)
    (folder / "khanij.qgs").write_text(document, encoding="utf-8")
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    run = subprocess.run(
        [PYTHON, str(_HERE / "qgis_base_probe.py"), str(folder / "khanij.qgs"), str(folder / "map.png")],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(runtime)},
    )  # fmt: skip
    assert run.stdout, run.stderr[-2000:]
    return {"folder": folder, **json.loads(run.stdout.splitlines()[-1])}


def test_it_opens_at_once_without_a_question_and_asks_for_nothing(seen: dict[str, Any], asked: list[str]) -> None:
    assert seen["read"] and seen["invalid"] == [] and seen["messages"] == []
    assert asked == []
    assert seen["seconds"] < 20


def test_the_services_are_there_and_off(seen: dict[str, Any]) -> None:
    mine = {layer.id for layer in INTERNET_LAYERS}
    assert mine <= set(seen["layers"]) and not mine & set(seen["visible"])
    assert seen["groups"]["From the internet"] is False and seen["groups"]["Base map"] is True


def test_the_base_is_drawn_below(seen: dict[str, Any]) -> None:
    assert {i for i in seen["visible"] if i.startswith("khanij_base_")} == set(seen["rows"])
    assert all(n > 0 for n in seen["rows"].values()) and seen["layout"] == 0
    land, all_pixels = seen["colours"].get("#f7f5ee", 0), sum(seen["colours"].values())
    assert 0.2 < land / all_pixels < 0.95, "land is drawn, and so is the sea"
    assert seen["colours"].get("#ffffff", 0) > 0.02 * all_pixels


def test_qgis_parses_the_expressions_of_the_base(seen: dict[str, Any]) -> None:
    assert len(seen["expressions"]) >= 3 and set(seen["expressions"].values()) == {""}
