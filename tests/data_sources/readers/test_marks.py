"""What admission finds odd in a site, an outline or a block stands in the flags of the block that is ranked."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import Polygon

from data_sources.contracts.admitting.places import REPAIRED
from data_sources.contracts.admitting.rules import WASTE_TYPE
from data_sources.readers.blocks import read_blocks
from data_sources.readers.waste import admit_tables

BOW = Polygon([(76.0, 15.0), (76.02, 15.02), (76.02, 15.0), (76.0, 15.02)])
SQUARE = Polygon([(76.1, 15.1), (76.12, 15.1), (76.12, 15.12), (76.1, 15.12)])
SITES = pd.DataFrame(
    {
        "site_id": ["A", "B", "C"],
        "name": ["a", "b", "c"],
        "lat": [15.01, 15.11, 15.2],
        "lon": [76.01, 76.11, 76.2],
        "waste_type_code": ["copper tailings", "red_mud", None],
    }
)


def test_a_waste_type_without_a_route_is_marked_and_told_to_its_block() -> None:
    outlines = gpd.GeoDataFrame({"site_id": ["B"]}, geometry=[BOW], crs=4326)
    inventory = admit_tables(
        {"waste_sites": SITES, "waste_footprints": outlines}, card=None, files={}, extent_deg=None, national=False
    )
    line = inventory.flags[inventory.flags["reason"] == WASTE_TYPE]
    assert line["row"].tolist() == [1] and line["value"].tolist() == [
        "copper tailings (did you mean cu_flotation_tailings?)"
    ]
    assert len(inventory.sites) == 3, "an unknown waste is listed; a blank one is no mistake"
    assert REPAIRED in set(inventory.flags["reason"])
    assert inventory.marks == {"A": "waste_type_not_in_reference", "B": "geometry_repaired"}


def test_marks_follow_their_row_past_held_rows_and_sorting(tmp_path: Path) -> None:
    far = Polygon([(1, 50), (1.1, 50), (1.1, 50.1)])
    frame = gpd.GeoDataFrame({"block_id": ["Z", "Y", "X"]}, geometry=[far, SQUARE, BOW], crs=4326)
    frame.to_file(tmp_path / "blocks.gpkg")
    admission = read_blocks(tmp_path / "blocks.gpkg", "auction_blocks")
    assert admission.kept["block_id"].tolist() == ["X", "Y"] and admission.rows.tolist() == [3, 2]
    assert admission.kept["flags"].tolist() == ["geometry_repaired", ""]


def test_a_site_has_the_place_of_its_point_whatever_its_columns_say() -> None:
    """Without coordinate columns, and with degrees and minutes in them, the block must not be without a position."""
    points = gpd.GeoDataFrame(
        SITES.drop(columns=["lat", "lon"]), geometry=gpd.points_from_xy([76] * 3, [15] * 3), crs=4326
    )
    minutes = SITES.assign(lat="15°06'N", lon=["76°30'E", "76,25", "by the river"])
    for frame, lon in ((points.to_crs(32643), [76.0] * 3), (minutes, [76.5, 76.25, None])):
        sites = admit_tables({"waste_sites": frame}, card=None, files={}, extent_deg=None, national=False).sites
        assert [None if pd.isna(v) else round(v, 6) for v in sites["lon"]] == lon
        assert sites.geometry.x.round(6).dropna().tolist() == [v for v in lon if v is not None]
