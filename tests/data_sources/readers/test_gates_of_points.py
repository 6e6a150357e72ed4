"""A gate is where something bars: places without an extent bar nothing, and must not look as if they did."""

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely
import yaml

from data_sources.readers.gates import read_gate, read_gate_told
from data_sources.regions import GateSource, load_region
from khanij.foundation.errors import ContractError
from pipelines.cli.own.whole_region import NOTE, OK, _gate
from scoring.rank.gates import HARD_LAYERS, LAYERS, SOFT_LAYERS

SHAPES = {
    "points": [shapely.Point(76.6, 16.2)],
    "lines": [shapely.LineString([(76.6, 16.2), (76.7, 16.3)])],
    "outlines": [shapely.box(76.6, 16.2, 76.62, 16.22)],
    "outlines and a point": [shapely.box(76.6, 16.2, 76.62, 16.22), shapely.Point(76.7, 16.2)],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_gate_of_places_without_an_extent_is_refused(tmp_path, kind):
    file = tmp_path / "villages.gpkg"
    gpd.GeoDataFrame({"name": ["v"] * len(SHAPES[kind])}, geometry=SHAPES[kind], crs=4326).to_file(file)
    source = GateSource(path="villages.gpkg", source="census")
    if kind in ("points", "lines"):
        with pytest.raises(ContractError, match="would bar nothing"):
            read_gate(file, "settlements", source)
    else:
        assert len(read_gate(file, "settlements", source)) == 1


@pytest.mark.parametrize(
    ("column", "words", "around"),
    [
        ("ZONE", ["Core", "Buffer", "buffer area"], 2),
        ("name", ["Kanha NP", "Kanha ESZ", "Eco-sensitive zone of Kanha"], 2),
        ("PA_NAME", ["KANHA_BUFFER_1", "ESZ2", "Kanha_eco_sensitive_zone"], 3),
        ("Category", ["Ecosensitive", "Buffers", "Core"], 2),
        ("name", ["Kanha NP", "Rebuffered", None], 0),
        ("TYPE", ["Buffered", "Beszterce", "Prebuffer"], 0),
        ("PARK", ["Eco Sensitive Zone", "ECO_SENSITIVE", "eco-sensitive"], 3),
        ("Part of", ["Eco  Sensitive", "eco \u2013 sensitive belt", "Ecologically sensitive"], 3),
        ("Land use", ["Economically sensitive", "Eco tourism", "sensitive"], 0),
        ("Note", ["the ESZ is apart", "Eco Sensitive Zone", ""], 0),
        ("Comments", ["Eco Sensitive Zone notified", "", ""], 0),
        ("REMARKS", ["its buffer is notified apart", "see the ESZ", ""], 0),
    ],
)
def test_a_buffer_among_what_bars_is_counted(tmp_path, column, words, around):
    """The law bars a core; around it a board decides. Both bar here, and whoever connects them is told."""
    file = tmp_path / "parks.gpkg"
    shapes = [shapely.box(76 + i, 16, 76.5 + i, 16.5) for i in range(len(words))]
    gpd.GeoDataFrame({column: words}, geometry=shapes, crs=4326).to_file(file)
    source = GateSource(path="parks.gpkg", source="wildlife department")
    gate, report = read_gate_told(file, "protected_areas", source)
    assert (len(gate), report["surroundings"], report["surroundings_in"]) == (3, around, [column] if around else [])
    assert "surroundings" not in read_gate_told(file, "eco_sensitive", source)[1]


def test_whoever_does_as_the_note_says_is_told_no_more_of_it(tmp_path):
    outlines = gpd.GeoDataFrame(
        {"name": ["Kanha", "Kanha"], "ZONE": ["Core", "Buffer"]},
        geometry=[shapely.box(76, 16, 76.5, 16.5), shapely.box(77, 16, 77.5, 16.5)], crs=4326,
    )  # fmt: skip
    told = gates_told(tmp_path, {"protected_areas": outlines})
    assert [(line.what, line.verdict) for line in told] == [
        ("gate protected_areas", OK),
        ("gate protected_areas", NOTE),
    ]
    assert "1 of 2 outlines" in told[1].says
    assert "select them in QGIS by ZONE" in told[1].do and 'source: "wildlife department"' in told[1].do
    is_around = outlines["ZONE"] == "Buffer"
    told = gates_told(tmp_path, {"protected_areas": outlines[~is_around], "eco_sensitive": outlines[is_around]})
    assert [(line.what, line.verdict) for line in told] == [("gate protected_areas", OK), ("gate eco_sensitive", OK)]


def gates_told(home, gates):
    """What ``khanij validate --region`` says of gates."""
    lines = []
    sources = {g: GateSource(path=f"{g}.gpkg", source="wildlife department") for g in gates}
    region = load_region("sample_district").model_copy(update={"gates": sources})
    for gate, outlines in gates.items():
        outlines.to_file(home / f"{gate}.gpkg")
        lines += _gate(gate, home / f"{gate}.gpkg", region)
    return lines


def test_the_page_of_the_ranking_names_every_gate():
    text = (Path(__file__).resolve().parents[3] / "docs" / "ranking.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    told = {line.split("`")[1]: line for line in rows if line.split("`")[1] in LAYERS}
    assert set(told) == set(LAYERS)
    assert all("GATED" in told[name] for name in HARD_LAYERS)
    assert all(f"{1 - loss:g}" in told[name] or f"1 - {loss:g}" in told[name] for name, loss in SOFT_LAYERS.items())


@pytest.mark.parametrize("said", ["MoEF: list #3 of 2024", 'wildlife "wing" {HQ}', "वन विभाग", "- forest"])
def test_what_is_proposed_for_a_buffer_is_yaml_whatever_the_source_is_called(tmp_path, said):
    file = tmp_path / "parks.gpkg"
    gpd.GeoDataFrame({"name": ["Buffer"]}, geometry=[shapely.box(76, 16, 76.5, 16.5)], crs=4326).to_file(file)
    region = SimpleNamespace(gates={"protected_areas": GateSource(path="parks.gpkg", source=said)})
    do = _gate("protected_areas", file, region)[1].do
    gate = yaml.safe_load(do.partition("under gates, as ")[2].partition(", where it lowers")[0])
    assert gate == {"eco_sensitive": {"path": "...", "source": said}}
