"""Every wrong setting is refused when the region is read, with its key and a remedy; a right one is taken as it is."""

from __future__ import annotations

import math
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.regions import load_region
from khanij.foundation.equal_area import equal_area_for, require_equal_area
from khanij.foundation.errors import RegionError
from pipelines.cli import main
from pipelines.overrides import checked_region
from scoring.rank.settings import RankingSettings

OF_THE_REGION = [
    ("crs", "nonsense"), ("crs", "EPSG:4326"), ("crs", "EPSG:7755"), ("crs", "EPSG:32643"), ("crs", ""),
    ("crs", "+proj=aea +lat_1=12 +lat_2=28 +datum=WGS84 +units=km"),
    ("extent_deg", "[97, 37, 68, 6]"), ("extent_deg", "[nan, 0, 1, 1]"), ("extent_deg", "[.nan, 0, 1, 1]"),
    ("extent_deg", "[-1e308, -1e308, 1e308, 1e308]"), ("extent_deg", "[68, 6, 68, 6]"), ("extent_deg", "[68, 6, 97]"),
    ("extent_deg", "[true, 6, 97, 37]"), ("extent_deg", "5"),
    ("units", "[]"), ("units", "[waste_block, waste_block]"), ("units", "[grid_cell]"), ("units", "waste_block"),
    ("grid", "{cell_m: 1e-9}"), ("grid", "{cell_m: nan}"), ("grid", "{cell_m: 1}"), ("grid", "{cell_m: 100000, pad_m: -1}"),
    ("grid", "{cell_m: 500, pad_m: 1e12}"), ("grid.cell_m", "true"),
    ("layers.nolayer", "{card: own_blocks, path: x}"), ("layers.auction_blocks", "{card: nope}"),
    ("layers.auction_blocks", "{card: own_blocks}"), ("layers.auction_blocks.path", "x"), ("layers", "null"),
    ("waste.card", "nope"), ("waste.card", "../../x"), ("waste", "null"),
    ("seed", "-1"), ("seed", "1e30"), ("seed", "true"), ("seed", "null"), ("seed", "!!float nan"),
    ("title", ""), ("title", "''"), ("title", "2026-01-01"), ("title", '"a\\x00b"'), ("description", "true"),
    ("ranking", "null"), ("ranking", "[]"), ("fertility", "5"),
    ("..", "1"), ("a.", "1"), ("ranking.", "1"), ("ranking..draws", "1"), ("rankng.draws", "5"), ("title.x", "1"),
    ("title", "@x"), ("ranking.draws", "{"), ("ranking.draws", "*x"), ("ranking.draws", "&a [*a]"),
    ("ranking.draws", "!!python/object/apply:os.getcwd []"), ("ranking.fx_date", "2025-13-45"),
    ("ranking.draws", "[" * 5000),
]  # fmt: skip
OF_THE_SCIENCE = [
    *(("ranking.draws", v) for v in ("0", "99", "1e9", "1.5", "nan", "null", "true", "[1]", "{}", "", "１０００", '"\\x00"')),
    *((f"ranking.{k}", v) for k in ("ground_weight", "discount_rate", "strategic_premium", "cost_factor")
      for v in ("-1", "nan", "inf", "1e308", "true", "null", "[1]", "")),
    ("ranking.discount_rate", "10"), ("ranking.ground_weight", "20"), ("ranking.royalty_base", "ore"),
    ("ranking.price_factors", "{Xx: 2}"), ("ranking.price_factors", "{Ni: -1}"), ("ranking.price_factors", "{Ni: nan}"),
    ("ranking.weights", "{value: 1}"),
    ("ranking.user_baskets", "{mine: [Xx]}"), ("ranking.user_baskets", "{mine: [cu]}"),
    ("ranking.user_baskets", "{mine: [Cu, Cu]}"), ("ranking.user_baskets", "{mine: Cu}"),
    ("ranking.baskets", "[]"), ("ranking.baskets", "[critical_30, critical_30]"), ("ranking.baskets", "[nope]"),
    ("ranking.basket", "nope"), ("ranking.cap_shares", "{Xx: 0.1}"), ("ranking.cap_shares", "{Sc: 0}"),
    ("ranking.cap_shares", "{Sc: nan}"), ("ranking.ahp", "[[1, 2], [0.5, 1]]"), ("ranking.pooling", '"yes"'),
    ("ranking.fx_date", '"2025-13-45"'), ("ranking.fx_date", "yesterday"), ("ranking.fx_date", "20250818.0"),
    ("ranking.price_deck", "2023"), ("ranking.threads", "-1"), ("ranking.drawz", "5"), ("ranking.seed", "5"),
    ("fertility.model", "nope"), ("fertility.bags", "true"), ("fertility.support_m", "inf"),
    ("gates", "{parks: {path: a.gpkg, source: x}}"),
]  # fmt: skip
TAKEN = [  # and why each is right
    ("ranking.draws", '"5000"', "digits in quotes are a number"),
    ("ranking.draws", "0x1000", "YAML's own way of writing 4096"),
    ("ranking.draws", "5_000", "YAML's own way of writing 5000"),
    ("ranking.draws", "1e3", "a whole number, however it is written"),
    ("ranking.draws", "100", "the lower bound"),
    ("ranking.draws", "100000", "the upper bound"),
    ("seed", "0", "the lower bound"),
    ("seed", '"7"', "digits in quotes are a number"),
    ("ranking.ground_weight", "0", "the ground may count for nothing"),
    ("ranking.strategic_premium", '"0.5"', "digits in quotes are a number"),
    ("ranking.discount_rate", "0", "money may be worth the same in every year"),
    ("ranking.price_factors", "{Ni: 0}", "a metal may find no buyer"),
    ("ranking.user_baskets", "{é: [Cu]}", "a letter of any alphabet makes a column"),
    ("ranking.price_deck", "2024", "the deck's name looks like a number"),
    ("ranking.fx_date", "2025-08-18", "a day, which YAML reads as one"),
    ("ranking.pooling", "yes", "YAML's own way of writing true"),
]


@pytest.mark.parametrize(("key", "value"), OF_THE_REGION)
def test_load_region_refuses_it(key: str, value: str) -> None:
    with pytest.raises(RegionError) as refused:
        load_region("india", {key: value})
    told = refused.value
    assert told.do and told.field is not None
    assert told.field == key or told.field.startswith(f"{key}.") or key.startswith(f"{told.field}."), told


@pytest.mark.parametrize(("key", "value"), OF_THE_SCIENCE)
def test_a_run_refuses_it_before_anything_is_made(key: str, value: str) -> None:
    with pytest.raises(RegionError) as refused:
        checked_region("india", {key: value})
    told = refused.value
    assert told.do and told.field is not None and told.field.startswith(key.rsplit(".", 1)[0]), told


@pytest.mark.parametrize(("key", "value", "why"), TAKEN)
def test_what_is_right_is_taken(key: str, value: str, why: str) -> None:
    assert checked_region("india", {key: value}), why


def test_the_remedy_for_a_crs_is_a_value_that_works() -> None:
    for wrong in ("EPSG:4326", "EPSG:32643"):
        with pytest.raises(RegionError) as refused:
            load_region("india", {"crs": wrong})
        found = re.search(r"write (crs: \".*?\")", refused.value.do or "")
        assert found is not None
        assert load_region("india", {"crs": yaml.safe_load(found[1])["crs"]}).name == "india"


def test_the_remedy_for_a_cell_is_a_value_that_works() -> None:
    with pytest.raises(RegionError) as refused:
        load_region("india", {"grid": "{cell_m: 10}"})
    found = re.search(r"at least (\d+) m", refused.value.do or "")
    assert found is not None and load_region("india", {"grid": f"{{cell_m: {found[1]}}}"}).grid is not None


def test_a_wrong_setting_of_the_yaml_names_the_file_and_one_of_the_command_line_does_not(tmp_path, monkeypatch) -> None:
    text = yaml.safe_dump({**load_region("india").model_dump(mode="json"), "name": "mine", "units": []})
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    with pytest.raises(RegionError) as refused:
        load_region("mine")
    assert refused.value.field == "units" and str(refused.value.file).endswith("mine.yaml")
    with pytest.raises(RegionError) as refused:
        load_region("india", {"units": "[]"})
    assert refused.value.file is None


def test_the_command_line_says_it_in_one_line(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KHANIJ_HOME", str(tmp_path))
    for pair in ("ranking.draws={", "title=@x", "extent_deg=[97,37,68,6]", "ranking.fx_date=2025-13-45"):
        assert main(["run", "--region", "india", "--set", pair]) == 2
        told = capsys.readouterr().err
        assert pair.split("=")[0] in told and "What to do:" in told and "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


KEYS = ("ranking.draws", "ranking.weights", "ranking.weights.value", "ranking.user_baskets", "ranking.cap_shares.Sc",
        "ranking.fx_date", "ranking.ahp", "seed", "title", "units", "extent_deg", "grid", "layers.faults", "waste.card",
        "fertility.evidence", "gates", "publication", "ranking", "fertility", "nosuch", "a.b.c")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KEYS), st.text(max_size=30) | st.from_regex(r"[\[{&*!@\"0-9a-z:,. }\]-]{0,20}", fullmatch=True))
def test_any_text_is_taken_or_refused_with_a_remedy(key: str, value: str) -> None:
    try:
        assert checked_region("india", {key: value}).name == "india"
    except RegionError as refused:
        assert refused.do


@settings(max_examples=100, deadline=None)
@given(st.floats() | st.integers(-10, 200_000))
def test_a_number_is_taken_within_its_bounds_and_nowhere_else(value: float) -> None:
    for key, low, high, whole in (("draws", 100, 100_000, True), ("reach_km", 0, 100, False)):
        right = math.isfinite(value) and low <= value <= high and (not whole or float(value).is_integer())
        try:
            taken = RankingSettings.from_mapping({key: value}, seed=1)
            assert right and getattr(taken, key) == value
        except RegionError as refused:
            assert not right and refused.field == f"ranking.{key}"


@settings(max_examples=60, deadline=None)
@given(st.floats(-179, 178), st.floats(-89, 88), st.floats(0.1, 1), st.floats(0.1, 1))
def test_a_crs_that_keeps_areas_is_known_for_every_extent(west: float, south: float, wide: float, high: float) -> None:
    fit = require_equal_area(equal_area_for(west, south, west + wide, south + high))
    assert fit.is_projected
