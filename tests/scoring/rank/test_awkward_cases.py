"""Cases that tables of others bring: figures twice, totals without a value, wide blocks, layers over block and dump."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cases import assess, run

from data_sources.contracts import CrsError
from data_sources.reference import load_reference
from scoring.rank.gates import layer_gates
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.allocation import allocate
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
ROUTES = {
    "ash": ("coal_fly_ash", "acid_leach_sx", "coal"),
    "copper": ("cu_flotation_tailings", "flotation_cu", "Cu"),
}


def grade(site: str, element: str, ppm: float, **more) -> dict:
    row = {"grade_id": f"G-{site}-{element}", "site_id": site, "element": element, "element_kind": "element"}
    row |= {"ppm_min": math.nan, "ppm_mode": ppm, "ppm_max": math.nan, "basis_code": "assay", "tree_includes": None}
    return row | {"knowledge_class": "G3", "use": "1", "source": "made up"} | more


def district(grades: list[dict], waste: str = "ash", n: int = 3, block: shapely.Geometry | None = None, **settings):
    """Arguments of ``assess``: ``n`` sites S0.. with a mapped square each, their waste blocks, and one auction block."""
    code, route, host = ROUTES[waste]
    ids = [f"S{i}" for i in range(n)]
    lon, lat = [80.0 + 0.1 * i for i in range(n)], [20.0] * n
    sites = pd.DataFrame({"site_id": ids, "name": ids, "state": "", "district": "", "lat": lat, "lon": lon})
    sites = sites.assign(position_accuracy_m=math.nan, waste_type_code=code, route_code=route, host_commodity=host)
    sites = sites.assign(is_transported=False, lease_status="none", is_excluded=False, source="made up")
    points = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    squares = [shapely.MultiPolygon([shapely.box(x - 0.01, y - 0.01, x + 0.01, y + 0.01)]) for x, y in zip(lon, lat)]
    footprints = gpd.GeoDataFrame({"site_id": ids}, geometry=squares, crs=4326)
    tonnages = pd.DataFrame({"tonnage_id": [f"T-{i}" for i in ids], "site_id": ids, "quantity_kind": "waste"})
    tonnages = tonnages.assign(tonnage_min_mt=math.nan, tonnage_mode_mt=10.0, tonnage_max_mt=math.nan)
    tonnages = tonnages.assign(basis_code="published", knowledge_class="G4", is_screening_only=False)
    tonnages = tonnages.assign(is_preferred=True, source="made up", note="")
    extra = {"block_id": ["A0"], "name": ["A0"], "kind": "auction_block", "state": "", "district": "", "minerals": ""}
    extra |= {"area_ha": 1e4, "geometry_basis": "corners", "site_id": None, "lease_status": "none", "flags": None}
    shape = block if block is not None else shapely.box(79.9, 19.9, 80.02, 20.1)
    other = gpd.GeoDataFrame(pd.DataFrame({**extra, "source": "made up"}), geometry=[shape], crs=4326)
    both = pd.concat([waste_blocks(points, footprints), other], ignore_index=True)
    constraints = ["constraint_id", "site_id", "constraint_type", "gate_code", "multiplier", "fact", "source"]
    return {
        "blocks": gpd.GeoDataFrame(both, crs=4326),
        "sites": points,
        "footprints": footprints,
        "tonnages": tonnages,
        "grades": pd.DataFrame(grades),
        "constraints": pd.DataFrame(columns=constraints),
        "fertility": None,
        "reference": load_reference(),
        "settings": RankingSettings(**{"draws": 400, "seed": 4, **settings}),
        "crs": CRS,
    }


def everywhere(element: str, ppm: float, n: int = 3, **more) -> list[dict]:
    return [grade(f"S{i}", element, ppm, **more) for i in range(n)]


def rows_of(result, layer: str = "ranked_blocks", key: str = "block_id") -> pd.DataFrame:
    return getattr(result, layer).set_index(key)


def contained(result, element: str, block: str = "WB-S0") -> float:
    table = result.element_potential
    return float(table[(table["block_id"] == block) & (table["element"] == element)]["contained_kg_p50"].iloc[0])


def test_an_element_in_use_twice_is_counted_once_and_the_second_named():
    once = everywhere("Nd", 400.0)
    a = assess(**district(once))
    b = assess(**district([*once, grade("S0", "Nd", 900.0, grade_id="G-S0-Nd-second")]))
    # both published figures are means: the median of the product lies below theirs
    middle = 10e6 * 400 / 1000 * math.exp(-(math.log(1.5) ** 2 + math.log(1.5) ** 2) / 2)
    assert contained(a, "Nd") == contained(b, "Nd") == pytest.approx(middle, rel=0.12)
    assert "second figure" in rows_of(b, "site_potential", "site_id").at["S0", "not_valued"]
    assert rows_of(a).at["WB-S0", "score_mean"] == rows_of(b).at["WB-S0", "score_mean"]


@pytest.mark.parametrize("basis", ["upper_limit", "subfraction", "withdrawn"])
def test_a_total_without_a_value_of_its_own_hides_no_assay(basis):
    own = everywhere("Nd", 400.0)
    censored = grade("S0", "TREE", 900.0, element_kind="total", basis_code=basis, tree_includes="Y", ppm_max=900.0)
    assert contained(assess(**district([*own, censored])), "Nd") == contained(assess(**district(own)), "Nd")
    # nor does it hide a second total that has one
    second = {**censored, "grade_id": "G-S0-TREE-2", "basis_code": "assay"}
    both = assess(**district([*own, censored, second]))
    site = rows_of(both, "site_potential", "site_id").loc["S0"]
    assert contained(both, "La") > 0 and contained(both, "Nd") == contained(assess(**district(own)), "Nd")
    assert "TREE 900 ppm less Nd 400" in site["flags"] and "Nd, " in site["assayed_elements"]


def test_a_table_that_marks_nothing_is_used_where_there_is_no_choice():
    frames = district(everywhere("Nd", 400.0, use=None, element_kind=None))
    frames["tonnages"]["is_preferred"] = None
    marked = rows_of(assess(**district(everywhere("Nd", 400.0))))["score_mean"]
    assert rows_of(assess(**frames))["score_mean"].equals(marked)
    again = frames["tonnages"].assign(tonnage_id=lambda t: t["tonnage_id"] + "-b", tonnage_mode_mt=99.0)
    frames["tonnages"] = pd.concat([frames["tonnages"], again], ignore_index=True)
    row = rows_of(assess(**frames)).loc["WB-S0"]
    assert row["status"] == "UNQUANTIFIED" and "marked as the preferred" in row["status_reason"]


def test_a_tonnage_of_nothing_and_a_grade_above_the_mineral_are_named():
    frames = district([*everywhere("Cu", 3000.0), grade("S0", "Fe", 760_000.0)], "copper")
    frames["tonnages"].loc[1, ["tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"]] = 0.0
    result = assess(**frames)
    assert "given as nothing" in rows_of(result).at["WB-S1", "status_reason"]
    assert "above the 699000 ppm" in rows_of(result, "site_potential", "site_id").at["S0", "not_valued"]
    assert pd.isna(rows_of(result).at["WB-S1", "tonnage_t_p50"])


def test_exactly_the_least_tonnage_is_ranked():
    frames = district(everywhere("Nd", 400.0), min_tonnage_mt=0.3)
    frames["tonnages"]["tonnage_mode_mt"] = [0.3, 0.3, 0.29]
    status = rows_of(assess(**frames))["status"]
    assert status["WB-S0"] == status["WB-S1"] == "RANKED" and status["WB-S2"] == "UNQUANTIFIED"


def test_what_has_no_price_or_no_supply_figure_is_named():
    frames = district([*everywhere("Nd", 400.0), *everywhere("Tm", 2.0), *everywhere("Sc", 30.0)])
    table = frames["reference"].elements
    table.loc[table["element"] == "Sc", "eu2023_supply_risk"] = math.nan
    said = rows_of(assess(**frames), "site_potential", "site_id").at["S0", "not_valued"]
    assert "Tm: no price" in said and "Sc: no importance known, no strategic premium" in said


def test_one_more_metal_never_lowers_a_value():
    few, more = everywhere("Cu", 6000.0), everywhere("Co", 300.0)
    both, alone = (rows_of(assess(**district(g, "copper"))) for g in ([*few, *more], few))
    for column in ("score_mean", "contribution_value", "npv_usd_p50"):
        assert (both[column].dropna() > alone[column].dropna()).all(), column
    assert (both["basket_value_usd_p90"].dropna() >= alone["basket_value_usd_p90"].dropna()).all()
    assert (both["price_multiple_needed"].dropna() < alone["price_multiple_needed"].dropna()).all()


def test_prices_of_nothing_give_no_value_and_say_so():
    frames = district(everywhere("Nd", 400.0))
    for column in ("price_2024_usd_per_kg", "price_2025e_usd_per_kg"):
        frames["reference"].elements[column] = math.nan
    row = rows_of(assess(**frames)).loc["WB-S0"]
    assert row["status"] == "UNQUANTIFIED" and "Nd: no price" in row["status_reason"]
    assert row[["npv_usd_p50", "p_pays", "price_multiple_needed", "score_mean"]].isna().all()


def test_a_price_of_nothing_brings_nothing_and_ranks_last():
    ids = [f"S{i}" for i in range(3)]
    grades = [grade(s, "Cu" if s != "S1" else "Co", 4000.0) for s in ids]
    table = rows_of(assess(**district(grades, "copper", price_factors={"Co": 0.0})))
    row = table.loc["WB-S1"]
    assert row["score_mean"] == 0 and row["rank"] == 3 and pd.isna(row["price_multiple_needed"])
    assert table.loc[["WB-S0", "WB-S2"], "score_mean"].min() > 1 and pd.isna(row["npv_usd_p50"])


def test_an_element_that_nobody_buys_is_not_sold():
    frames = district([*everywhere("Cu", 30_000.0), *everywhere("Au", 5.0)], "copper")
    paying = rows_of(assess(**frames)).loc["WB-S0"]
    table = frames["reference"].elements
    table.loc[table["element"].isin(["Cu", "Au"]), "world_production_t"] = 0.0
    row = rows_of(assess(**frames)).loc["WB-S0"]
    assert paying["p_pays"] > 0.5 and row["p_pays"] == 0 and row["score_mean"] == 0


def test_prices_and_costs_in_another_currency_change_no_multiple(monkeypatch):
    import scoring.waste.routes as routes

    frames = district(everywhere("Cu", 4000.0), "copper")
    base = rows_of(assess(**frames))
    for column in ("price_2024_usd_per_kg", "price_2025e_usd_per_kg"):
        frames["reference"].elements[column] *= 10.0
    frames["settings"] = frames["settings"].replace(cost_factor=10.0)
    original = routes.RouteBook.products_of

    def tenfold_freight(self, route, waste):
        found = original(self, route, waste)
        return {
            e: dataclasses.replace(r, freight_usd_per_t_product=10 * r.freight_usd_per_t_product)
            for e, r in found.items()
        }

    monkeypatch.setattr(routes.RouteBook, "products_of", tenfold_freight)
    tenfold = rows_of(assess(**frames))
    for column in ("price_multiple_needed", "p_pays", "p_pays_if_built_today", "affordable_premium_pct_p50"):
        assert base[column].notna().any()
        assert np.allclose(tenfold[column], base[column], rtol=1e-8, equal_nan=True), column
    assert np.allclose(tenfold["npv_usd_p50"], 10 * base["npv_usd_p50"], rtol=1e-7, equal_nan=True)


def test_the_rupee_changes_rupees_alone():
    a, b = (rows_of(assess(**district(everywhere("Cu", 4000.0), "copper", inr_per_usd=r))) for r in (80.0, 100.0))
    rupees = [c for c in a.columns if "inr" in c]
    assert len(rupees) == 2 and np.allclose(b[rupees].astype(float), 1.25 * a[rupees].astype(float), equal_nan=True)
    others = [c for c in a.columns if c not in (*rupees, "explanation", "geometry")]
    assert a[others].equals(b[others])


def test_an_edge_along_a_parallel_is_no_chord():
    shapes = [shapely.box(75, 20, 85, 25), shapely.box(75, 15, 85, 20)]
    wide = gpd.GeoDataFrame({"block_id": ["N", "S"], "kind": "grid_cell", "site_id": None}, geometry=shapes, crs=4326)
    frames = district(everywhere("Nd", 400.0))
    north = shapely.box(80.0, 20.0, 80.02, 20.02)
    mapped = gpd.GeoDataFrame({"site_id": ["S0"]}, geometry=[north], crs=4326)
    table = allocate(frames["sites"].iloc[:1], mapped, wide, CRS, frames["settings"]).shares
    inside = dict(zip(table["block_id"], table["inside"]))
    assert inside["N"] == pytest.approx(1.0, abs=1e-3) and inside.get("S", 0.0) < 1e-3
    reserve = gpd.GeoDataFrame({"name": ["park"]}, geometry=[shapely.box(75, 15, 85, 20)], crs=4326)
    ground = gpd.GeoDataFrame({"site_id": ["S0"]}, geometry=[north], crs=4326)
    assert layer_gates(ground, {"protected_areas": reserve}, CRS, frames["settings"], "site_id")["S0"].status == ""


def test_an_outline_that_crosses_itself_keeps_both_halves():
    bow = shapely.Polygon([(80, 20), (80.01, 20.01), (80.01, 20), (80, 20.01)])
    frames = district(everywhere("Nd", 400.0))
    mapped = gpd.GeoDataFrame({"site_id": ["S0"]}, geometry=[bow], crs=4326)
    halves = [shapely.box(79.99, 19.99, 80.005, 20.02), shapely.box(80.005, 19.99, 80.02, 20.02)]
    blocks = gpd.GeoDataFrame({"block_id": ["W", "E"], "kind": "auction_block", "site_id": None}, geometry=halves)
    table = allocate(frames["sites"].iloc[:1], mapped, blocks.set_crs(4326), CRS, frames["settings"]).shares
    assert dict(zip(table["block_id"], table["inside"])) == pytest.approx({"W": 0.5, "E": 0.5}, abs=1e-3)
    with pytest.raises(CrsError, match="blocks"):
        allocate(frames["sites"].iloc[:1], mapped, blocks, CRS, frames["settings"])


def test_distances_are_those_on_the_ground_whatever_the_projection():
    frames = district(everywhere("Nd", 400.0))
    block = gpd.GeoDataFrame(
        {"block_id": ["A"], "kind": "auction_block", "site_id": None},
        geometry=[shapely.box(80.03, 19, 80.1, 21)],
        crs=4326,
    )
    for crs in (CRS, "EPSG:6933", "+proj=cea +lat_ts=60 +datum=WGS84"):
        out = allocate(frames["sites"].iloc[:1], None, block, crs, frames["settings"])
        assert out.shares["distance_km"].iloc[0] == pytest.approx(3.139, abs=0.01)
        assert out.shares["near"].iloc[0] == pytest.approx(math.exp(-3.139 / 2), rel=0.01)


def test_forest_lowers_a_block_once_and_a_village_only_on_the_dump():
    grades = everywhere("Nd", 400.0)
    wide = gpd.GeoDataFrame({"name": ["all"]}, geometry=[shapely.box(79, 19, 82, 21)], crs=4326)
    away = gpd.GeoDataFrame({"name": ["village"]}, geometry=[shapely.box(79.91, 19.91, 79.92, 19.92)], crs=4326)
    frames = district(grades)
    # a second auction block, since one alone is not ranked
    more = frames["blocks"][frames["blocks"]["block_id"] == "A0"].assign(block_id="A1")
    more = more.set_geometry([shapely.box(80.09, 19.9, 80.13, 20.1)], crs=4326)
    frames["blocks"] = gpd.GeoDataFrame(pd.concat([frames["blocks"], more], ignore_index=True), crs=4326)
    table = rows_of(assess(**frames, gates={"forest": wide, "settlements": away}))
    assert table.at["A0", "modifier"] == pytest.approx(0.5) and table.at["WB-S0", "modifier"] == pytest.approx(0.5)
    on_it = gpd.GeoDataFrame({"name": ["village"]}, geometry=[shapely.box(79.995, 19.995, 80, 20)], crs=4326)
    table = rows_of(assess(**frames, gates={"settlements": on_it}))
    assert table.at["A0", "modifier"] == pytest.approx(0.8) and table.at["A1", "modifier"] == 1.0


def test_a_third_partys_strip_does_not_borrow_the_operators_lease():
    leases = gpd.GeoDataFrame(
        {"lease_status": ["operator", "third_party"]},
        geometry=[shapely.box(79.98, 19.98, 80.008, 20.02), shapely.box(80.008, 19.98, 80.02, 20.02)],
        crs=4326,
    )
    row = rows_of(assess(**district(everywhere("Nd", 400.0)), gates={"leases": leases})).loc["WB-S0"]
    assert row["status"] == "RANKED" and "partly_leased 10 %" in row["flags"]


def test_a_site_that_hardly_ever_falls_inside_gives_a_block_no_tonnage():
    frames = district(everywhere("Nd", 400.0), block=shapely.box(80.0, 20.0, 80.003, 20.003))
    frames["footprints"] = None
    frames["sites"]["position_accuracy_m"] = 5000.0
    row = rows_of(assess(**frames)).loc["A0"]
    assert row["status"] == "UNQUANTIFIED" and pd.isna(row["tonnage_t_p50"]) and pd.isna(row["tonnage_t_p90"])


def test_the_only_block_with_the_metal_says_so():
    row = rows_of(assess(**district(everywhere("Nd", 400.0)))).loc["A0"]
    assert row["status"] == "RANKED" and row["rank"] == 1 and row["tier"] == "1"
    assert "is the only auction block that is ranked" in row["explanation"]
    assert "nothing to compare it with" in row["explanation"] and not pd.isna(row["npv_usd_p50"])


def test_blocks_without_waste_take_no_draws():
    state = run(**district(everywhere("Nd", 400.0), block=shapely.box(70, 10, 70.1, 10.1)))
    (empty,) = (i for i, b in enumerate(state.given.ids) if b == "A0")
    out = state.scored.projects.out
    assert (
        not out.score[:, empty].any() and np.isinf(out.multiple[:, empty]).all() and np.isnan(out.npv[:, empty]).all()
    )
    assert np.isnan(state.scored.metal.tonnage[empty]).all()
