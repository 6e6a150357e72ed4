"""Regions: what a YAML and ``--set`` may say, and the messages when they are wrong."""

import pytest

from data_sources.cards import card_names
from data_sources.contracts import KhanijError, RegionError
from data_sources.regions import load_region, region_names


def test_the_three_regions_are_there():
    assert {"india", "karnataka_andhra", "sample_district"} <= set(region_names())


@pytest.mark.parametrize("name", ["india", "karnataka_andhra", "sample_district"])
def test_every_region_has_an_equal_area_crs(name):
    from pyproj import CRS

    assert "equal" in str(CRS(load_region(name).crs).to_json_dict()["conversion"]["method"]["name"]).lower()


def test_a_setting_changes_the_hash_and_the_same_setting_does_not():
    plain = load_region("india")
    assert load_region("india", {"ranking.draws": "2000"}).config_hash() != plain.config_hash()
    assert load_region("india", {"ranking.draws": "5000"}).config_hash() == plain.config_hash()


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"seed": "abc"}, "seed"),
        ({"nonsense": "1"}, "nonsense"),
        ({"grid.cell_m": "-5"}, "grid"),
        ({"nothing.here": "1"}, "nothing"),
    ],
)
def test_a_wrong_setting_names_itself(overrides, says):
    with pytest.raises(RegionError, match=says):
        load_region("sample_district", overrides)


def test_an_unknown_region_names_those_that_exist():
    with pytest.raises(RegionError, match="sample_district"):
        load_region("atlantis")


MINE = """
name: mine
title: My mines
description: a region of a user's own
extent_deg: [82.5, 20.5, 85.5, 22.0]
crs: "+proj=aea +lat_1=20.75 +lat_2=21.75 +lat_0=21.25 +lon_0=84 +datum=WGS84 +units=m +no_defs"
units: [auction_block]
layers:
  auction_blocks: {card: own_blocks, path: blocks.geojson}
"""


def test_a_users_file_is_never_passed_over_for_the_embedded_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    (tmp_path / "mine.yaml").write_text(MINE)
    assert load_region("mine").layers["auction_blocks"].path == "blocks.geojson"
    (tmp_path / "mine.yaml").write_text(MINE.replace("own_blocks", "embedded_auction_blocks") + "\n")
    with pytest.raises(RegionError, match=r"takes no path.*own_blocks") as told:
        load_region("mine")
    assert str(tmp_path / "mine.yaml") in str(told.value), "the file that is to be corrected"


def test_an_unknown_key_is_called_one(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    (tmp_path / "mine.yaml").write_text(MINE + "waste: {path: sites.csv}\n")
    with pytest.raises(RegionError, match=r"no such key.*waste\.path"):
        load_region("mine")


def test_a_region_under_another_files_name_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    (tmp_path / "ours.yaml").write_text(MINE)
    with pytest.raises(RegionError, match=r"called 'mine' in the file.*ours\.yaml.*name: ours"):
        load_region("ours")


def test_a_mistake_in_the_yaml_is_told_in_one_line_with_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("name: mine\n title: indented\n")
    with pytest.raises(RegionError, match="line 2, column 7") as told:
        load_region("mine")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("variable", "asked"), [("KHANIJ_REGIONS", region_names), ("KHANIJ_CARDS", card_names)])
def test_a_folder_that_is_not_there_is_not_taken_for_an_empty_one(tmp_path, monkeypatch, variable, asked):
    monkeypatch.setenv(variable, str(tmp_path / "not mounted"))
    with pytest.raises(KhanijError, match=f"no such folder.*{variable}"):
        asked()
