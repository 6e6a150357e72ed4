"""Regions: what a YAML and ``--set`` may say, and the messages when they are wrong."""

import pytest

from data_sources.contracts import RegionError
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
