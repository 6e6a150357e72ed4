"""Settings are refused by name; gates, leases and soft multipliers from the register and from layers."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from cases import assess
from india import CRS, india_frames

from data_sources.contracts import RegionError, ScoringError
from scoring.rank.settings import RankingSettings


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        ({"drws": 100}, "drws"),
        ({"draws": 10}, "draws"),
        ({"draws": 1000.5}, "draws"),
        ({"draws": "many"}, "draws"),
        ({"price_deck": "2023"}, "price_deck"),
        ({"weights": {"value": -1}}, "weights"),
        ({"ahp": [[1]]}, "ahp"),
        ({"life_years": 20}, "life_years"),
        ({"ground_weight": 1.5}, "ground_weight"),
        ({"strategic_premium": -0.1}, "strategic_premium"),
        ({"royalty_base": "ore"}, "royalty_base"),
        ({"discount_rate": 10}, "discount_rate"),
        ({"price_factors": {"Cu": -1}}, "price_factors.Cu"),
        ({"price_factors": {"CuO": 1}}, "price_factors"),
        ({"basket": "gold"}, "basket"),
        ({"baskets": ["critical_30", "gold"]}, "baskets"),
        ({"baskets": {"mine": []}}, "user_baskets.mine"),
        ({"reach_km": float("nan")}, "reach_km"),
        ({"cap_shares": {"Sc": 2.0}}, "cap_shares.Sc"),
        ({"site_gsd": 0.5}, "site_gsd"),
    ],
)
def test_bad_settings_are_named(mapping, key):
    with pytest.raises(RegionError) as error:
        RankingSettings.from_mapping(mapping, seed=1)
    assert key in str(error.value)


def test_what_went_says_what_takes_its_place():
    with pytest.raises(RegionError) as error:
        RankingSettings.from_mapping({"weights": {"value": 2}}, seed=1)
    assert "ground_weight" in error.value.do and "strategic_premium" in error.value.do


def test_good_settings():
    s = RankingSettings.from_mapping(
        {"ground_weight": 0, "strategic_premium": 1, "baskets": {"batteries": ["Li", "Ni", "Co"]}, "draws": "800"},
        seed=9,
    )
    assert s.ground_weight == 0 and s.draws == 800 and s.seed == 9 and "batteries" in s.baskets
    default = RankingSettings.from_mapping({}, seed=1)
    assert (default.ground_weight, default.strategic_premium, default.royalty_base) == (0.2, 0.3, "sold")
    assert RankingSettings.from_mapping(None, seed=1) == RankingSettings(seed=1)


def test_a_basket_of_the_users_own_gets_a_rank_and_names_elements_only():
    frames = india_frames(200, user_baskets={"batteries": ("Ni", "Co", "Li")}, baskets=("critical_30", "batteries"))
    table = assess(**frames).ranked_blocks.set_index("block_id")
    assert "rank_batteries" in table and pd.isna(table.at["WB-IN-RM-001", "rank_batteries"])
    with pytest.raises(RegionError, match="Nd2O3"):
        RankingSettings.from_mapping(
            {"user_baskets": {"oxides": ["Nd2O3"]}, "baskets": ["critical_30", "oxides"]}, seed=1
        )


def circle(lon, lat, km, **columns):
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(CRS).buffer(km * 1000).to_crs(4326)
    return gpd.GeoDataFrame({k: [v] for k, v in columns.items()} or {"name": ["x"]}, geometry=list(point), crs=4326)


def status(result, block):
    return result.ranked_blocks.set_index("block_id").loc[block]


@pytest.mark.parametrize("layer", ["protected_areas", "crz", "court_bars", "atomic_minerals"])
def test_a_hard_layer_withholds_the_site_and_says_why(layer):
    park = circle(82.91936, 18.76323, 20, name="Made-up Reserve")
    result = assess(**india_frames(200), gates={layer: park})
    nalco = status(result, "WB-IN-RM-001")
    assert nalco["status"] == "GATED" and "Made-up Reserve" in nalco["status_reason"] and pd.isna(nalco["score_mean"])


def test_leases_bar_third_parties_only():
    lease = circle(82.91936, 18.76323, 20, holder="Another Company", lease_status="third_party")
    assert status(assess(**india_frames(200), gates={"leases": lease}), "WB-IN-RM-001")["status"] == "LEASED"
    own = circle(82.91936, 18.76323, 20, holder="the operator", lease_status="operator")
    assert status(assess(**india_frames(200), gates={"leases": own}), "WB-IN-RM-001")["status"] == "RANKED"


def test_soft_layers_lower_the_score_to_a_floor():
    frames = india_frames(200)
    site = frames["sites"].set_index("site_id").loc["IN-OB-001"]
    here = circle(site["lon"], site["lat"], 30)
    plain = status(assess(**frames), "WB-IN-OB-001")
    forest = status(assess(**india_frames(200), gates={"forest": here}), "WB-IN-OB-001")
    assert plain["score_mean"] > 5 and forest["modifier"] == pytest.approx(0.5 * plain["modifier"])
    assert forest["score_mean"] == pytest.approx(plain["score_mean"] / 2, rel=1e-6)
    assert forest["npv_usd_p50"] == plain["npv_usd_p50"], "access lowers a score once, and no value"
    gates = {"forest": here, "eco_sensitive": here, "settlements": here}
    assert status(assess(**india_frames(200), gates=gates), "WB-IN-OB-001")["modifier"] == pytest.approx(0.3)


def test_unknown_layers_are_refused():
    with pytest.raises(ScoringError, match="no gate layer"):
        assess(**india_frames(200), gates={"parks": circle(80, 20, 1)})


def test_third_party_lease_in_the_register():
    frames = india_frames(200)
    frames["sites"].loc[frames["sites"]["site_id"] == "IN-RM-001", "lease_status"] = "third_party"
    assert status(assess(**frames), "WB-IN-RM-001")["status"] == "LEASED"


def test_blocks_under_a_layer_are_gated_and_partly_covered_ones_flagged():
    frames = india_frames(200)
    block = frames["blocks"].set_index("block_id").geometry.loc["IN-AB-063"]
    whole = gpd.GeoDataFrame({"name": ["Reserve"]}, geometry=[block.buffer(0.01)], crs=4326)
    result = assess(**india_frames(200), gates={"protected_areas": whole})
    assert status(result, "IN-AB-063")["status"] == "GATED" and "Reserve" in status(result, "IN-AB-063")["explanation"]
    x0, y0, x1, y1 = block.bounds
    part = gpd.GeoDataFrame({"name": ["Reserve"]}, geometry=[shapely.box(x0, y0, x0 + 0.2 * (x1 - x0), y1)], crs=4326)
    row = status(assess(**india_frames(200), gates={"protected_areas": part}), "IN-AB-063")
    assert row["status"] == "UNQUANTIFIED" and "partly_in:protected_areas" in row["flags"]


def test_a_withheld_site_does_not_count_in_another_block():
    frames = india_frames(200)
    around = gpd.GeoDataFrame(
        frames["blocks"]
        .set_index("block_id")
        .loc[["IN-AB-001"]]
        .reset_index()
        .assign(block_id="X-1", name="Around Kudremukh"),
        geometry=[shapely.box(74.9, 12.9, 75.6, 13.6)],
        crs=4326,
    )
    frames["blocks"] = gpd.GeoDataFrame(pd.concat([frames["blocks"], around], ignore_index=True), crs=4326)
    row = status(assess(**frames), "X-1")
    assert (
        row["status"] == "UNQUANTIFIED"
        and "withheld_site:IN-TSF-011" in row["flags"]
        and "withheld" in row["status_reason"]
    )
    assert pd.isna(row["npv_usd_p50"])
