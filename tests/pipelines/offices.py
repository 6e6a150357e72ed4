"""A home of one's own, a region that ``khanij new`` makes of an office's folder, and the register that is read of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.workspace import Workspace
from data_sources.readers.waste import WasteInventory, read_inventory
from data_sources.readers.waste_merge import merged_inventory
from data_sources.regions import load_region
from pipelines.cli import main

REGION = "belt"


def at_home(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("KHANIJ_REGIONS", "KHANIJ_CARDS", "KHANIJ_DATA"):
        patch.delenv(name, raising=False)
    patch.setenv("KHANIJ_HOME", str(folder))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    at_home(monkeypatch, folder)
    return folder


def proposed(files: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """What ``khanij new region`` answers for a folder."""
    assert main(["new", "region", REGION, "--from", str(files), *more, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def inventory() -> WasteInventory:
    """The register of the region that was made, with its further sources."""
    region = load_region(REGION)
    layers = ("waste_sites", "waste_footprints", "tonnages", "grades")
    sources = {n: region.layers[n] for n in layers if n in region.layers}
    paths = {n: Workspace().layer_path(region, s) for n, s in sources.items()}
    own = read_inventory(paths, card_name=region.waste.card, extent_deg=region.extent_deg, sources=sources)
    if not region.waste.sources:
        return own
    return merged_inventory(own, region.waste, Workspace().waste_paths(region), extent_deg=region.extent_deg)
