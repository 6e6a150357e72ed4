"""Each planted defect, met by the project's own readers: held, flagged or read as missing, and no clean row lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_sources.readers.survey import read_layer
from khanij.sample import Manifest

FILES = {
    "stream_sediments": "stream_sediments.csv",
    "lithology": "lithology.gpkg",
    "occurrences": "mineralization.gpkg",
    "magnetic_stations": "magnetic_stations.gpkg",
    "gravity_stations": "gravity_stations.gpkg",
}


@pytest.mark.parametrize("layer", FILES)
def test_every_planted_row_is_noticed_and_no_other_is_held(district: tuple[Path, Manifest], layer: str) -> None:
    folder, manifest = district
    file = FILES[layer]
    admission = read_layer(folder / file, layer, card="sample_district", extent_deg=manifest.extent_deg)
    defects = json.loads((folder / "truth.json").read_text())["defects"]
    planted = {int(d["row"]) for d in defects if d["file"] == file and str(d["row"]).isdigit()}
    held = {int(row) for row in admission.quarantine["row"].dropna()}
    # Zeros read as below detection are everywhere; they are not what is looked for here.
    marks = admission.flags[~admission.flags["reason"].str.contains("below detection")]
    noticed = held | {int(row) for row in marks["row"].dropna()}
    assert planted and planted <= noticed
    assert held <= planted
    assert len(admission.kept) + len(held) == manifest.files[file]["rows"]
