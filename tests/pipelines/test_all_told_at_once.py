"""Whatever is wrong in a region's YAML is told at once; a setting may be given for every key of the model; a CRS may be left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from data_sources.regions import Region, load_region, region_settings
from khanij.foundation.equal_area import equal_area_for
from khanij.foundation.errors import KhanijError, RegionError, together
from khanij.foundation.strict import _leaves
from pipelines.cli import main
from pipelines.overrides import checked_region
from scoring.ground.settings import FertilitySettings
from scoring.rank.settings import RankingSettings

GOOD = {
    "name": "mine", "title": "A mine", "description": "made by a test", "extent_deg": [80.5, 21.8, 81.1, 22.4],
    "units": ["waste_block"], "layers": {"waste_sites": {"card": "own_waste_table", "path": "sites.csv"}},
    "waste": {"card": "own_waste_table", "sources": [{"card": "own_waste_table", "name": "more", "path": "more.csv"}]},
    "states": {"card": "soi_state_boundaries", "path": "states.shp", "name_field": "STATE"},
    "gates": {"forest": {"path": "forest.gpkg", "source": "an office"}},
    "base": {"roads": {"card": "osm_railways", "path": "roads.gpkg"}},
}  # fmt: skip


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "regions"
    folder.mkdir()
    monkeypatch.setenv("KHANIJ_REGIONS", str(folder))
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))

    def written(**changes: object) -> Path:
        path = folder / "mine.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in (GOOD | changes).items() if v is not None}), encoding="utf-8")
        return path

    return written


def test_ten_faults_are_ten_lines(write, capsys):
    path = write(
        title="", crs="EPSG:32644", units=["no_unit"], seed=-1, colour="red", grid={"cell_m": 1},
        layers={"rocks": {"card": "own_blocks", "path": "x.gpkg"}}, gates={"woods": {"path": "a.gpkg", "source": "x"}},
        ranking={"draws": 5}, fertility={"model": "guess"},
    )  # fmt: skip
    with pytest.raises(RegionError) as refused:
        checked_region("mine", {})
    every = [refused.value, *refused.value.others]
    fields = {e.field for e in every}
    assert fields == {
        "title", "crs", "units.0", "seed", "colour", "grid.cell_m", "layers.rocks", "gates.woods", "ranking.draws",
        "fertility.model",
    }  # fmt: skip
    assert all(e.do for e in every) and any(str(path) == str(e.file) for e in every)
    assert main(["run", "--region", "mine"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(fields) and all("What to do:" in line for line in lines)
    assert sum(line.startswith("Also: ") for line in lines) == len(fields) - 1


def test_faults_of_cards_are_told_beside_those_of_the_region(write, tmp_path, monkeypatch, capsys):
    cards = tmp_path / "cards"
    cards.mkdir()
    monkeypatch.setenv("KHANIJ_CARDS", str(cards))
    good = yaml.safe_load(Path("data_sources/cards/own_waste_table.yaml").read_text(encoding="utf-8"))
    for name, wrong in (
        ("pits", {"colour": "red", "redistribute": "perhaps"}),
        ("bands", {"units": {"La": {"unit": 3}}}),
    ):
        text = yaml.safe_dump(good | {"name": name} | wrong)
        (cards / f"{name}.yaml").write_text(text, encoding="utf-8")
    layers = {"waste_sites": {"card": "pits", "path": "sites.csv"}, "faults": {"card": "bands"}}
    write(layers=layers, waste={"card": "pits"}, seed=-1, base=None)
    with pytest.raises(KhanijError) as refused:
        checked_region("mine", {})
    every = [refused.value, *refused.value.others]
    told = {(Path(str(e.file)).stem, e.field) for e in every}
    assert told == {("mine", "seed"), ("pits", "colour"), ("pits", "redistribute"), ("bands", "units.La.unit")}
    assert len(every) == len(told) and all(e.do and "--set" not in e.do for e in every if e.field != "seed")
    for command in (["run", "--region", "mine"], ["validate", "--region", "mine"]):
        assert main(command) == 2
        said = " ".join("".join(capsys.readouterr()).split())
        assert all(word in said for word in ("seed", "colour", "redistribute"))


def test_faults_that_are_gathered_twice_are_told_once():
    first, second, third = (RegionError(word, do="that") for word in ("one", "two", "three"))
    gathered = together([first, second])
    assert str(together([gathered, *gathered.others, third])).splitlines() == [
        "one. What to do: that", "Also: two. What to do: that", "Also: three. What to do: that",
    ]  # fmt: skip


def test_a_crs_that_is_left_out_fits_the_extent(write):
    write()
    assert load_region("mine").crs == equal_area_for(*GOOD["extent_deg"])
    assert load_region("mine", {"extent_deg": "[70, 10, 80, 30]"}).crs == equal_area_for(70, 10, 80, 30)
    with pytest.raises(RegionError) as refused:
        load_region("mine", {"extent_deg": "[81, 22, 80, 21]"})
    assert refused.value.field == "extent_deg" and not refused.value.others


def keys_of(model: type[BaseModel], begun: str = "") -> list[str]:
    """Every dotted key of a model; an entry of a list by its place, of a mapping by a name that there is."""
    out = []
    for name, info in model.model_fields.items():
        here, text = f"{begun}{name}", str(info.annotation)
        inside = [t for t in _leaves(info.annotation) if isinstance(t, type) and issubclass(t, BaseModel)]
        step = {"layers": ".waste_sites", "gates": ".forest", "base": ".roads", "sources": ".0"}.get(name, "")
        out.append(here)
        for inner in inside:
            assert step or not text.startswith(("dict", "tuple")), here
            out += keys_of(inner, f"{here}{step}.")
    return out


SECTIONS = {"ranking": RankingSettings, "fertility": FertilitySettings}
KEYS = keys_of(Region) + [f"{s}.{k}" for s, m in SECTIONS.items() for k in m.model_fields if k != "seed"]


def test_every_key_of_the_model_can_be_set(write):
    write()
    assert {"publication.max_row_loss_pct", "grid.cell_m", "waste.sources.0.tonnages", "ranking.draws"} <= set(KEYS)
    unset = []
    for key in KEYS:
        settled, _ = region_settings("mine", {key: "a value"})
        for part in key.split("."):
            settled = settled[int(part)] if isinstance(settled, list) else settled[part]
        if settled != "a value":
            unset.append(key)
    assert unset == []


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("ranking.draws", "2000", lambda r: r.ranking["draws"] == 2000),
        ("publication.max_row_loss_pct", "50", lambda r: r.publication.max_row_loss_pct == 50),
        ("grid.cell_m", "1000", lambda r: r.grid.cell_m == 1000),
        ("waste.sources.0.tonnages", "t.csv", lambda r: r.waste.sources[0].tonnages == "t.csv"),
        (
            "layers.waste_sites.options.keep_rest",
            "true",
            lambda r: r.layers["waste_sites"].options == {"keep_rest": True},
        ),
        ("gates.forest.layer", "woods", lambda r: r.gates["forest"].layer == "woods"),
        ("extent_deg.0", "80.4", lambda r: r.extent_deg[0] == 80.4),
    ],
)
def test_a_default_that_the_yaml_leaves_out_can_be_set(key, value, read, write):
    write()
    assert read(load_region("mine", {key: value}))


@pytest.mark.parametrize("key", ["waste.sources.7.path", "waste.sources.x.path", "title.x", "nosuch.x", "extent_deg.9"])
def test_a_place_that_is_not_there_is_refused(key, write):
    write()
    with pytest.raises(RegionError, match="no setting"):
        load_region("mine", {key: "1"})
