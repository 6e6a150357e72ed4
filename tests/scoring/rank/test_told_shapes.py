"""What a block's shape means, whence its likely companions are, and its flags in words."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cases import assess
from india import india_frames

from scoring.rank.assess import Assessment
from scoring.rank.settings import RankingSettings
from scoring.rank.told.cautions import cautions_of, said_of_flag
from scoring.waste.shares.waste_blocks import waste_blocks


def test_a_circle_says_how_well_the_position_is_known(india: Assessment) -> None:
    blocks = india.ranked_blocks
    circle = blocks[blocks["geometry_basis"] == "position_circle"]
    assert len(circle) > 50
    assert circle["shape_meaning"].str.startswith("circle, no boundary: position known to ").all()
    edges = shapely.bounds(circle.geometry.to_numpy())
    assert np.allclose((edges[:, 3] - edges[:, 1]) / 2 * 110.9, circle["position_known_to_km"], rtol=0.01)
    rest = blocks[blocks["geometry_basis"] != "position_circle"]
    assert rest["position_known_to_km"].isna().all()


def test_a_block_on_no_map_says_so(india: Assessment) -> None:
    blocks = india.ranked_blocks
    nowhere = blocks[blocks.geometry.is_empty]
    assert "position not known, so it is on no map" in set(nowhere["shape_meaning"])
    assert nowhere["shape_meaning"].str.endswith("so it is on no map").all()


def test_an_accuracy_that_is_not_stated_is_said_to_be_assumed_and_an_outline_takes_the_place_of_a_circle() -> None:
    frames = india_frames(draws=100)
    sites = frames["sites"]
    bare, mapped = sites.loc[sites["lon"].notna() & ~sites["is_excluded"].astype(bool), "site_id"].head(2)
    sites.loc[sites["site_id"] == bare, "position_accuracy_m"] = np.nan
    x, y = sites.loc[sites["site_id"] == mapped, ["lon", "lat"]].iloc[0]
    outline = shapely.box(x - 0.004, y - 0.002, x + 0.004, y + 0.002)
    footprints = gpd.GeoDataFrame(
        {"site_id": [mapped], "area_ha": [38.0], "source": ["a user's layer"]}, geometry=[outline], crs=4326
    )
    own = waste_blocks(sites, footprints)
    auction = frames["blocks"][frames["blocks"]["kind"] == "auction_block"]
    both = gpd.GeoDataFrame(pd.concat([own, auction], ignore_index=True), crs=4326)
    made = assess(**{**frames, "sites": sites, "footprints": footprints, "blocks": both}).ranked_blocks
    made = made[made["kind"] == "waste_block"].set_index("block_id")
    assert made.at[f"WB-{bare}", "shape_meaning"] == (
        "circle, no boundary: position known to 5 km (assumed, the source does not say)"
    )
    assert made.at[f"WB-{mapped}", "shape_meaning"] == "mapped outline of the waste"
    assert np.isnan(made.at[f"WB-{mapped}", "position_known_to_km"])
    assert made.at[f"WB-{mapped}", "geometry"].equals(shapely.MultiPolygon([outline]))
    assert made.at[f"WB-{mapped}", "area_ha"] > 0


def test_likely_companions_say_whence_and_come_from_no_site_out_of_reach(india: Assessment) -> None:
    blocks = india.ranked_blocks
    likely = blocks["likely_companions"].notna()
    assert likely.sum() > 50 and (likely == blocks["likely_from"].notna()).all()
    reach_km = RankingSettings(draws=100, seed=7).reach_km
    of_site = blocks[blocks["likely_from"].fillna("").str.startswith("the waste of ")]
    assert (of_site["nearest_site_km"] <= reach_km).all()
    told = of_site["likely_from"].str.extract(r", ([0-9.]+) km away$")[0].astype(float)
    assert (told <= reach_km).all()
    words = blocks.loc[likely & (blocks["status"] == "UNQUANTIFIED"), ["explanation", "likely_from"]]
    assert all(f"from {whence}, not measured" in text for text, whence in words.to_numpy())


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("soft:forest x0.6714", "forest: score times 0.67"),
        ("soft:incident", "noted: incident"),
        ("to_be_checked:coastal zone", "to be checked: coastal zone"),
        ("operator_lease (IN-TSF-007)", "under its operator's own lease (site IN-TSF-007)"),
        ("overlaps:WB-IN-OB-001", "overlaps WB-IN-OB-001"),
        ("several_preferred_tonnages:T-1 used", "several tonnages are preferred by their source: T-1 used"),
        ("auction outcome:sold (2024-06-24, X)", "auction outcome: sold (2024-06-24, X)"),
        ("something_new", "something new"),
    ],
)  # fmt: skip
def test_a_flag_in_words(flag: str, said: str) -> None:
    assert said_of_flag(flag) == said


def test_no_caution_of_the_register_holds_a_code(india: Assessment) -> None:
    blocks = india.ranked_blocks
    flagged = blocks[blocks["flags"].notna()]
    assert len(flagged) > 50 and flagged["cautions"].notna().all()
    code = re.compile(r"\b[a-z]+_[a-z_]+\b|\b[a-z_]+:\S")
    assert [c for c in flagged["cautions"] if code.search(c)] == []
    assert cautions_of([]) is None
