"""The fact tables hold together: keys, joins, vocabularies, ranges, sums. A wrong cell names its table and its row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from data_sources.contracts.admitting.admission import admit
from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.readers.blocks import embedded_auction_blocks
from data_sources.readers.waste import TABLES, embedded_inventory
from data_sources.reference import load_reference
from data_sources.reference.describe import described_table as load_table
from data_sources.reference.lanthanides import lanthanides, ree_of_class

KEYS = {
    "waste_sites": ["site_id"], "site_tonnages": ["tonnage_id"], "site_grades": ["grade_id"], "site_constraints": ["constraint_id"],
    "routes": ["route_code"], "route_products": ["route_code", "waste_type_code", "element"], "route_costs": ["cost_id"],
    "recoveries": ["recovery_id"], "elements": ["element"], "element_groups": ["group_code"], "ree_profiles": ["profile_code", "element"],
    "critical_minerals": ["mineral_id"], "auction_blocks": ["block_id"], "ash_stations": ["site_id"], "ash_utilisation": ["year_index"],
    "ash_parameters": ["parameter", "fuel_class"], "india_demand": ["demand_id"], "waste_generation_factors": ["factor_id"],
    "cost_scale": ["family", "quantity"], "plant_costs": ["family", "plant"], "royalties": ["mineral"], "auction_premiums": ["block"],
    "route_maturity": ["level"], "route_families": ["family", "maturity_level"], "metallurgy_defaults": ["kind", "key"], "site_metallurgy": ["site_id", "element"],
    "price_volatility": ["element"], "price_correlations": ["group"], "us_cpi": ["cpi_year"],
    "state_boxes": ["state"], "survey_elements": ["element"], "dry_densities": ["waste_type_code"], "derivation_terms": ["site_id", "term"],
    "datum_shifts": ["datum_code"], "policy": ["policy_id"], "price_decks": ["element", "deck"], "campaign_costs": ["campaign_id"],
    "bibliography": ["source_id"],
}  # fmt: skip
PROBABILITIES = ("published", "expert_default", "none")


def blank(series: pd.Series) -> pd.Series:
    return series.isna()


def waste_types() -> set[str]:
    return {w for codes in load_table("routes")["waste_type_codes"] for w in codes.split(";")}


@pytest.mark.parametrize("name", sorted(KEYS))
def test_keys_headers_and_sources(name):
    table = load_table(name)
    assert len(table) and not table.duplicated(KEYS[name]).any() and table[KEYS[name]].notna().all().all()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", c) for c in table.columns)
    for column in ("source", "confidence"):
        if column in table and name != "india_demand":
            assert table[column].notna().all(), (
                f"{name}.{column} is blank in {table.index[table[column].isna()].tolist()}"
            )
    for column in table.select_dtypes(include="str"):
        text = table[column].dropna()
        assert not text.str.contains(r"(?:^|[\s\"(;:])/(?:tmp|work|home|root|usr|mnt)/").any(), (
            f"{name}.{column}: a machine's path"
        )


def test_all_tables_are_listed_here():
    from importlib.resources import files

    root = files("data_sources.reference")
    found = {
        p.name.removesuffix(".csv") for f in (root, root / "evidence") for p in f.iterdir() if p.name.endswith(".csv")
    }
    assert set(KEYS) == found


@pytest.mark.parametrize("layer", sorted(TABLES))
def test_every_row_passes_its_contract_but_the_known_trap(layer):
    table = load_table(TABLES[layer])
    out = admit(table, WASTE_CONTRACTS[layer], source="own", layer=layer)
    assert out.quarantine["row"].dropna().nunique() == (1 if layer == "waste_sites" else 0), out.quarantine.to_string()
    assert out.report["columns_unmapped"] == []


@pytest.mark.parametrize(
    ("table", "column", "target", "key", "separator"),
    [
        ("waste_sites", "route_code", "routes", "route_code", None), ("site_tonnages", "site_id", "waste_sites", "site_id", None),
        ("site_grades", "site_id", "waste_sites", "site_id", None), ("site_constraints", "site_id", "waste_sites", "site_id", None),
        ("route_products", "route_code", "routes", "route_code", None), ("route_products", "element", "elements", "element", None),
        ("route_costs", "route_code", "routes", "route_code", None), ("ree_profiles", "element", "elements", "element", None),
        ("critical_minerals", "symbols", "elements", "element", ";"), ("ash_stations", "site_id", "waste_sites", "site_id", None),
        ("waste_sites", "duplicate_of", "waste_sites", "site_id", None), ("waste_sites", "shares_complex_with", "waste_sites", "site_id", None),
        ("derivation_terms", "site_id", "waste_sites", "site_id", None), ("price_decks", "element", "elements", "element", None),
    ],
)  # fmt: skip
def test_joins(table, column, target, key, separator):
    values = load_table(table)[column].dropna()
    names = {p for v in values for p in (v.split(separator) if separator else [v]) if p}
    assert names <= set(load_table(target)[key])


@pytest.mark.parametrize(
    ("table", "stem", "suffix", "low", "high"),
    [
        ("site_tonnages", "tonnage", "_mt", 0, 1000), ("site_grades", "ppm", "", 0, 1e6), ("route_products", "payability", "", 0, 1),
        ("route_products", "recovery", "", 0, 1), ("recoveries", "recovery", "", 0, 1), ("route_costs", "opex", "_usd_per_t", 0, 300),
        ("derivation_terms", "share", "", 0, 1), ("derivation_terms", "quantity", "", 0, 1000), ("dry_densities", "density", "_t_per_m3", 0.5, 3),
    ],
)  # fmt: skip
def test_ranges_are_in_order_and_possible(table, stem, suffix, low, high):
    frame = load_table(table)
    a, b, c = (frame[f"{stem}_{k}{suffix}"].astype(float) for k in ("min", "mode", "max"))
    assert not ((a > b) | (b > c) | (a > c)).any()
    for values in (a, b, c):
        assert values.dropna().between(low, high).all()


def test_sites():
    sites = load_table("waste_sites")
    assert sites["site_id"].str.fullmatch(r"IN-(TSF|OB|RM|BS|PG|FA|X|N)-\d{3}").all()
    assert (sites["lat"].isna() == sites["lon"].isna()).all()
    assert sites["lat"].dropna().between(6.5, 37.5).all() and sites["lon"].dropna().between(68, 97.6).all()
    assert (sites["is_excluded"] == sites["exclusion_reason"].notna()).all()
    assert (sites["lease_basis"].notna() | (sites["lease_status"] == "unknown")).all(), "a lease needs its source"
    transported = {
        "coal_fly_ash",
        "lignite_fly_ash",
        "imported_coal_fly_ash",
        "red_mud",
        "phosphogypsum",
        "jarosite_jarofix",
        "cu_smelter_slag",
    }
    assert (sites["is_transported"] == sites["waste_type_code"].isin(transported)).all()
    takes = {r.route_code: set(r.waste_type_codes.split(";")) for r in load_table("routes").itertuples()}
    assert all(w in takes[r] for w, r in zip(sites["waste_type_code"], sites["route_code"]))
    pairs = sites.dropna(subset=["shares_complex_with"]).set_index("site_id")["shares_complex_with"].to_dict()
    assert all(pairs.get(other) == site for site, other in pairs.items()), "a shared complex is named on both sides"


def test_tonnages():
    table = load_table("site_tonnages")
    assert set(table["site_id"]) == set(load_table("waste_sites")["site_id"])
    assert (table[table["is_preferred"]].groupby("site_id").size() == 1).all() and table[table["is_preferred"]][
        "site_id"
    ].nunique() == 90
    has = table[["tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"]].notna().any(axis=1)
    assert (has == (table["basis_code"] != "none")).all() and (
        (table["basis_code"] == "none") == (table["knowledge_class"] == "none")
    ).all()
    derived = table[table["basis_code"] == "derived"]
    assert derived["formula"].notna().all() and (derived["knowledge_class"] == "analogue").all()
    assert (table["is_screening_only"] == table["confidence"].str.contains("screening only")).all()
    assert table["as_of_year"].dropna().between(1980, 2026).all() and table["preference_reason"].notna().all()


def test_grades():
    table = load_table("site_grades")
    elements = set(load_table("elements")["element"])
    assert set(table.loc[table["element_kind"] == "element", "element"]) <= elements
    assert set(table.loc[table["element_kind"] != "element", "element"]) <= {"TREE", "La..Lu", "Zn+Pb", "Sc+Sr"}
    factor = table["unit"].map(lambda u: PPM_PER_UNIT[unit_of(u) or ""])
    for k in ("min", "mode", "max"):
        assert np.allclose(table[f"value_{k}"] * factor, table[f"ppm_{k}"], rtol=1e-6, equal_nan=True)
    used = table[table["use"] == "1"]
    assert (
        not used.duplicated(["site_id", "element"]).any()
        and not used["basis_code"].isin(["subfraction", "withdrawn"]).any()
    )
    assert used[["ppm_min", "ppm_mode", "ppm_max"]].notna().any(axis=1).all() and table["use_reason"].notna().all()
    assert table.loc[table["element"] == "TREE", "tree_includes"].notna().all(), (
        "a total says whether Y and Sc are inside"
    )


def test_routes_products_and_costs():
    products, costs, routes = load_table("route_products"), load_table("route_costs"), load_table("routes")
    takes = {r.route_code: set(r.waste_type_codes.split(";")) for r in routes.itertuples()}
    assert all(w in takes[r] for r, w in zip(products["route_code"], products["waste_type_code"]))
    for what in ("payability", "recovery"):
        assert set(products[f"{what}_basis"]) <= set(PROBABILITIES)
        assert ((products[f"{what}_basis"] == "none") == blank(products[f"{what}_mode"])).all()
    assert set(products["price_basis"]) <= {"separated_oxide", "oxide", "metal", "ore", "concentrate"}
    chosen = [
        (r.route_code, w) for r in costs[costs["is_preferred"]].itertuples() for w in r.waste_type_codes.split(";")
    ]
    assert sorted(chosen) == sorted((r, w) for r, codes in takes.items() for w in codes), (
        "one preferred cost for each route and waste"
    )
    priced = costs[costs["is_preferred"] & (costs["route_code"] != "none_known")]
    assert priced["opex_mode_usd_per_t"].notna().all()
    assert set(costs["treatment_charge_rule"]) <= {"included_in_max", "add", "none"}
    recoveries = load_table("recoveries")
    assert not (recoveries["scale"].str.contains("bench").fillna(False) & (recoveries["may_be"] == "mode")).any()


def test_elements_and_critical_minerals():
    elements, minerals = load_table("elements").set_index("element"), load_table("critical_minerals")
    assert all(re.fullmatch("[A-Z][a-z]?", e) for e in elements.index)
    assert minerals["is_in_30_critical_2023"].sum() == 30 and minerals["is_in_part_d"].sum() == 25
    named = {
        s for text in minerals.loc[minerals["is_in_30_critical_2023"], "symbols"].dropna() for s in text.split(";")
    }
    assert named == set(elements.index[elements["in_india_30"]]) and {"Pt", "Pd", "Rh", "Ru", "Ir", "Os"} <= named
    assert (elements["price_2024_usd_per_kg"].isna() == elements["price_is_for"].isna()).all()
    assert (elements["world_production_t"].isna() == elements["production_use"].isna()).all()
    assert set(elements.index[elements["production_use"] == "caps_and_shares_only"]) == set(lanthanides())
    assert (elements["price_gsd"].dropna() >= 1).all() and elements["oxide_to_element_factor"].dropna().between(
        0.2, 1
    ).all()
    assert elements["price_2024_usd_per_kg"].dropna().between(0.05, 2e5).all()


def test_oxide_factors_follow_from_atomic_weights():
    weights = {
        "La": 138.905,
        "Ce": 140.116,
        "Y": 88.906,
        "Sc": 44.956,
        "Ti": 47.867,
        "Al": 26.982,
        "Fe": 55.845,
        "W": 183.84,
        "Nb": 92.906,
        "V": 50.942,
    }
    elements = load_table("elements").set_index("element")
    for symbol, weight in weights.items():
        n, m = re.fullmatch(rf"{symbol}(\d*)O(\d*)", elements.loc[symbol, "oxide"]).groups()
        n, m = int(n or 1), int(m or 1)
        assert elements.loc[symbol, "oxide_to_element_factor"] == pytest.approx(
            n * weight / (n * weight + m * 15.999), abs=2e-5
        )


def test_profiles_sum_to_one_hundred():
    table = load_table("ree_profiles")
    assert (table.groupby("profile_code")["share_pct"].sum() - 100).abs().max() < 1e-6
    assert (table["share_pct"] - table["share_pct_as_published"]).abs().max() < 0.005
    for _, group in table.groupby("profile_code"):
        assert group["includes_sc"].all() == ("Sc" in set(group["element"]))
    codes = {w for text in table["waste_type_codes"].dropna() for w in text.split(";")}
    assert codes <= waste_types()


def test_constraints_and_ash():
    constraints = load_table("site_constraints")
    assert (constraints["multiplier"].isna() | (constraints["gate_code"] == "soft")).all()
    assert (
        constraints["multiplier"].dropna().between(0.3, 1).all()
        and not constraints.duplicated(["site_id", "fact"]).any()
    )
    ash = load_table("ash_utilisation")
    expected = (1 - ash["utilisation_share"] + ash["dyke_raising_share"]).clip(upper=1)
    assert (ash["unused_share"] - expected).abs().max() < 1e-6 and sorted(ash["year_index"]) == list(range(1980, 2026))


def test_auction_blocks_by_their_corners():
    table = load_table("auction_blocks")
    assert len(table) == 100 and table["block_id"].is_unique and set(table["concession"]) == {"CL", "ML"}
    for row in table.itertuples():
        rings = [[p.split() for p in ring.split(",")] for ring in row.corners_lon_lat.split("/")]
        drawn = [[p.split() for p in ring.split(", ")] for ring in re.findall(r"\(([^()]+)\)", row.geometry_wkt)]
        assert len(rings) == len(drawn) == row.n_parts and sum(map(len, rings)) == row.n_corners
        assert all(a == b or [*a, a[0]] == b for a, b in zip(rings, drawn))
    out = embedded_auction_blocks()
    held = out.quarantine.iloc[0]
    assert len(out.kept) == 99 and len(out.quarantine) == 1 and held["row"] == 3 and "89.33" in held["value"]
    assert out.report["areas_that_differ"] == 3 and sorted(out.flags["row"]) == [7, 13, 93]
    area = table.set_index("block_id")["area_geodesic_ha"]
    from data_sources.contracts.admitting.rules import geodesic_area_ha

    ours = pd.Series(geodesic_area_ha(out.kept.geometry.to_numpy()), index=out.kept["block_id"])
    assert (ours / area.reindex(ours.index) - 1).abs().max() < 1e-4


def test_the_embedded_inventory_conserves_its_rows_and_holds_the_trap():
    whole = embedded_inventory()
    assert len(whole.sites) == 89 and (whole.sites["site_id"] != "IN-FA-999").all()
    assert whole.quarantine[["layer", "row"]].astype(str).to_numpy().tolist() == [
        ["waste_sites", "64"],
        ["tonnages", "80"],
    ]
    assert (
        whole.report["rows_in"] == 90 + 122 + 153 + 102 == whole.report["rows_kept"] + whole.report["rows_quarantined"]
    )
    part = embedded_inventory((76.0, 13.75, 77.75, 15.75))
    assert len(part.sites) + part.report["sites_outside_region"] == 90
    assert set(part.tonnages["site_id"]) == set(part.sites["site_id"])
    assert set(part.sites["redistribute"]) == {"yes"} and part.sites.geometry.notna().all()


def test_reference_bundle():
    bundle = load_reference()
    assert len(bundle.elements) == 68 and len(bundle.route_products) == 130
    bundle.elements.loc[0, "element"] = "Xx"
    assert load_table("elements").loc[0, "element"] == "La", "a reader's change must not reach the table"
    assert load_reference().elements.loc[0, "element"] == "La", "nor the next reader of the bundle"


def test_every_column_is_described_and_the_page_is_current():
    from data_sources.reference.describe import PATH, columns_of, described_tables, page

    assert set(described_tables()) >= set(KEYS)
    for name in described_tables():
        assert list(columns_of(name)) == list(load_table(name).columns)
        assert all(meaning for _, meaning in columns_of(name).values())
    assert PATH.read_text(encoding="utf-8") == page(), "run: python -m data_sources.reference.describe"


def test_no_run_reads_evidence_and_every_other_table_is_read():
    from importlib.resources import files
    from pathlib import Path

    from khanij.foundation.closure import ROOT, runtime_files

    root = Path(str(files("data_sources.reference")))
    source = {
        p: p.read_text(encoding="utf-8") for p in runtime_files() if p.suffix == ".py" and p.name != "describe.py"
    }
    named = {p.stem for p in root.glob("*.csv") if any(f'"{p.stem}"' in text for text in source.values())}
    assert named == {p.stem for p in root.glob("*.csv")}
    loaders = [p.relative_to(ROOT).as_posix() for p, text in source.items() if "load_evidence" in text]
    assert loaders == ["data_sources/reference/tables.py"]


def test_lanthanides_are_la_to_lu_in_order_and_two_classes():
    assert lanthanides() == tuple("La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split())
    assert ree_of_class("LREE") == tuple("La Ce Pr Nd Sm".split())
    assert ree_of_class("HREE") == tuple("Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split())
