"""State polygons that a region names are used in place of the rough boxes, in every reader."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from assets.survey import load_layer
from assets.workspace import Workspace
from data_sources.contracts.admitting.states import NO_STATE, OTHER_STATE
from data_sources.readers.blocks import embedded_auction_blocks
from data_sources.readers.states import read_states
from data_sources.readers.survey import admit_frame, read_layer
from data_sources.readers.waste import embedded_inventory
from data_sources.regions import LayerSource, Region, StatesSource
from khanij.foundation.errors import ContractError, MissingSourceError

SOURCE = StatesSource(card="soi_state_boundaries", path="states.gpkg", name_field="STATE_NAME")


@pytest.fixture
def folder(tmp_path):
    """Karnataka as one small square: a point of the box round Karnataka may lie outside it."""
    square = gpd.GeoDataFrame({"STATE_NAME": ["KARNATAKA"]}, geometry=[shapely.box(75, 13, 76, 14)], crs=4326)
    square.to_crs(7755).to_file(tmp_path / "states.gpkg")
    pd.DataFrame(
        {"commodity": ["iron", "gold"], "state": ["Karnataka"] * 2, "longitude": [75.5, 76.9], "latitude": [13.5, 14.9]}
    ).to_csv(tmp_path / "occurrences.csv", index=False)
    return tmp_path


def held(admission) -> list[int]:
    lines = admission.quarantine
    return lines.loc[lines["reason"].str.contains("outside the state"), "row"].astype(int).tolist()


def test_polygons_hold_what_the_box_lets_pass(folder):
    states = read_states(folder / "states.gpkg", SOURCE)
    assert states.crs.to_epsg() == 4326 and states["state"].tolist() == ["KARNATAKA"]
    assert held(read_layer(folder / "occurrences.csv", "occurrences")) == []
    assert held(read_layer(folder / "occurrences.csv", "occurrences", states=states)) == [2]


def region(**parts) -> Region:
    settings = {
        "name": "r", "title": "R", "description": "R", "extent_deg": (74, 12, 78, 16), "crs": "EPSG:6933", "units": ("waste_block",),
        "layers": {"occurrences": LayerSource(card="own_waste_table", path="occurrences.csv", options={"x": "longitude", "y": "latitude", "crs": "EPSG:4326"})},
    }  # fmt: skip
    return Region.model_validate(settings | parts)


def test_a_region_that_names_them_uses_them_and_its_fingerprint_knows(folder):
    workspace = Workspace(data_root=str(folder), cache_root=str(folder / "cache"))
    plain, named = region(), region(states=SOURCE)
    assert len(load_layer(workspace, plain, "occurrences")["kept"]) == 2
    assert len(load_layer(workspace, named, "occurrences")["kept"]) == 1
    before = workspace.source_hash(named, ("occurrences", "states"))
    assert before != workspace.source_hash(plain, ("occurrences", "states"))
    square = gpd.GeoDataFrame({"STATE_NAME": ["Karnataka"]}, geometry=[shapely.box(75, 13, 77, 15)], crs=4326)
    square.to_file(folder / "states.gpkg")
    assert workspace.source_hash(named, ("occurrences", "states")) != before
    assert len(load_layer(workspace, named, "occurrences")["kept"]) == 2


def test_the_register_and_the_auction_blocks_are_held_against_them_too():
    nowhere = gpd.GeoDataFrame({"state": ["Karnataka"]}, geometry=[shapely.box(70, 8, 70.1, 8.1)], crs=4326)
    plain, strict = embedded_inventory(), embedded_inventory(states=nowhere)
    lost = set(plain.sites["site_id"]) - set(strict.sites["site_id"])
    placed = plain.sites[(plain.sites["state"] == "Karnataka") & plain.sites["lat"].notna()]
    assert lost == set(placed["site_id"]) and lost
    blocks = embedded_auction_blocks(), embedded_auction_blocks(states=nowhere)
    assert (blocks[0].kept["state"] == "Karnataka").any() and not (blocks[1].kept["state"] == "Karnataka").any()


def test_a_layer_that_was_asked_for_and_is_missing_stops_the_run(folder):
    workspace = Workspace(data_root=str(folder), cache_root=str(folder / "cache"))
    gone = region(states=SOURCE.model_copy(update={"path": "gone.gpkg"}))
    with pytest.raises(MissingSourceError, match="state polygons"):
        load_layer(workspace, gone, "occurrences")
    with pytest.raises(ContractError, match="STATE_NAME"):
        read_states(folder / "states.gpkg", SOURCE.model_copy(update={"name_field": "NAME"}))


def test_a_site_without_a_state_must_lie_in_one():
    places = {
        "land": (78.2, 13.6),
        "bengal": (87.2, 13.6),
        "arabia": (71.5, 14.3),
        "island": (92.8, 11.7),
        "told": (87.2, 13.6),
    }
    frame = pd.DataFrame(
        {"site_id": list(places), "name": list(places), "lon": [p[0] for p in places.values()], "lat": [p[1] for p in places.values()],
         "waste_type_code": "red_mud", "state": [None, None, None, None, "Andhra Pradesh"]}
    )  # fmt: skip
    got = admit_frame(frame, "waste_sites")
    assert got.kept["site_id"].tolist() == ["land", "island"]
    assert dict(zip(got.quarantine["row"], got.quarantine["reason"])) == {2: NO_STATE, 3: NO_STATE, 5: OTHER_STATE}
