"""The published columns against the score written out plainly, on districts drawn at random."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cases import assess
from pyproj import Transformer
from scipy.stats import rankdata

from data_sources.reference import load_reference
from scoring.rank.baskets import basket_elements
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks
from scoring.waste.streams import normals

from .plain import Plain

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
WASTES = [
    ("coal_fly_ash", "acid_leach_sx"),
    ("red_mud", "acid_leach_sx"),
    ("phosphogypsum", "pg_leach"),
    ("cu_flotation_tailings", "flotation_cu"),
    ("zn_pb_flotation_tailings", "flotation_zn_pb"),
    ("cr_laterite_overburden", "hpal_roast_leach"),
]


def made_up(seed: int) -> dict[str, Any]:
    """Ten sites with figures of every kind, their waste blocks, and six mining leases of which some overlap."""
    rng, reference = np.random.default_rng(seed), load_reference()
    crust = dict(zip(reference.elements["element"], reference.elements["ucc_ppm"]))
    sites, tonnages, grades = [], [], []
    for i in range(10):
        site, (waste, route) = f"S{i}", WASTES[rng.integers(len(WASTES))]
        lat, lon = 20 + rng.uniform(-0.1, 0.1), 80 + rng.uniform(-0.1, 0.1)
        row = {"site_id": site, "name": site, "state": "", "district": "", "lat": lat, "lon": lon, "source": "made up"}
        row |= {"position_accuracy_m": rng.choice([0.0, 500.0, 4000.0]), "waste_type_code": waste, "route_code": route}
        sites.append(
            row | {"host_commodity": "", "is_transported": False, "lease_status": "none", "is_excluded": False}
        )
        m = math.exp(rng.normal(1.5, 1.2)) + 0.2
        figures = [(m / 2, m, 2 * m), (math.nan, m, math.nan), (m / 2, math.nan, 2 * m), (math.nan, math.nan, m)]
        row = dict(zip(("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"), figures[rng.integers(4)]))
        row |= {"tonnage_id": site, "site_id": site, "quantity_kind": "waste", "basis_code": "published", "note": ""}
        row |= {"is_screening_only": False, "is_preferred": True, "source": "made up"}
        tonnages.append(row | {"knowledge_class": rng.choice(["G1", "G2", "G3", "G4", "analogue"])})
        table = reference.route_products
        sold = table.loc[(table["route_code"] == route) & (table["waste_type_code"] == waste), "element"].tolist()
        chosen = rng.choice(sold, min(len(sold), 5), replace=False).tolist() + ["Fe"] * ("Fe" not in sold)
        if i % 3 == 0:
            chosen.append("TREE")
        for e in dict.fromkeys(chosen):
            c = float(
                np.clip((500.0 if e == "TREE" else crust.get(e, 5.0)) * math.exp(rng.normal(1.5, 1.2)), 1e-3, 3e5)
            )
            figures = [(math.nan, c, math.nan), (c / 2, math.nan, 1.5 * c), (c / 2, c, 1.5 * c)]
            row = dict(zip(("ppm_min", "ppm_mode", "ppm_max"), figures[rng.integers(3)]))
            row |= {"grade_id": f"{site}-{e}", "site_id": site, "element": e, "source": "made up", "use": "1"}
            row |= {"element_kind": "total" if e == "TREE" else "element", "tree_includes": rng.choice(["Y", "none"])}
            row |= {
                "basis_code": rng.choice(["assay", "assay", "recovered", "upper_limit"]) if e != "TREE" else "assay"
            }
            grades.append(row | {"knowledge_class": rng.choice(["G1", "G3", "G4", "analogue"])})
    table = pd.DataFrame(sites)
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    boxes = [(80 + rng.uniform(-0.1, 0.1), 20 + rng.uniform(-0.1, 0.1), rng.uniform(0.02, 0.1)) for _ in range(6)]
    columns = {
        "block_id": [f"L{j}" for j in range(6)],
        "name": "lease",
        "kind": "mining_lease",
        "state": "",
        "flags": None,
    }
    columns |= {"district": "", "minerals": "", "area_ha": 1.0, "geometry_basis": "corners", "site_id": None}
    columns |= {"lease_status": "none", "source": "made up"}
    leases = gpd.GeoDataFrame(
        pd.DataFrame(columns), geometry=[shapely.box(x - h, y - h, x + h, y + h) for x, y, h in boxes], crs=4326
    )
    blocks = gpd.GeoDataFrame(pd.concat([waste_blocks(points, None, CRS), leases], ignore_index=True), crs=4326)
    axis = rng.uniform(size=len(blocks)).round(3)
    fertility = {"block_id": blocks["block_id"], "fertility_axis": axis, "posterior_mean": axis, "fertility_note": ""}
    weights = dict(zip(("value", "strategic", "fertility"), rng.dirichlet([1, 1, 1]).tolist()))
    names = ["constraint_id", "site_id", "constraint_type", "gate_code", "multiplier", "fact", "source"]
    return {
        "blocks": blocks,
        "sites": points,
        "footprints": None,
        "tonnages": pd.DataFrame(tonnages),
        "grades": pd.DataFrame(grades),
        "constraints": pd.DataFrame(columns=names),
        "fertility": pd.DataFrame(fertility).assign(posterior_max=axis, coverage_pct=100.0),
        "reference": reference,
        "settings": RankingSettings(draws=100, seed=seed, weights=weights),
        "crs": CRS,
    }


def inside(frames: dict[str, Any], ids: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """block -> site -> (K,) share: whole in its own block, by the drawn position in leases."""
    settings, blocks = frames["settings"], frames["blocks"]
    to_degrees = Transformer.from_crs(CRS, 4326, always_xy=True)
    leases = blocks[blocks["kind"] == "mining_lease"]
    out: dict[str, dict[str, np.ndarray]] = {f"WB-{s}": {s: np.ones(settings.draws)} for s in ids}
    for s, point, r90 in zip(ids, frames["sites"].to_crs(CRS).geometry, frames["sites"]["position_accuracy_m"]):
        at = [
            c + r90 / 2.146 * normals(settings.seed, settings.draws, f"position {a}", s)
            for a, c in (("x", point.x), ("y", point.y))
        ]
        hits = np.array([shapely.intersects_xy(g, *to_degrees.transform(*at)) for g in leases.geometry])
        for block, hit in zip(leases["block_id"], hits):
            if hit.any():
                out.setdefault(block, {})[s] = hit / np.maximum(1, hits.sum(axis=0))
    return out


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_published_columns_are_the_plain_score(seed):
    frames = made_up(seed)
    settings = frames["settings"]
    table = assess(**frames).ranked_blocks.set_index("block_id")
    plain = Plain(frames["reference"], settings, frames["tonnages"], frames["grades"])
    facts = frames["sites"].set_index("site_id")
    drawn = {s: plain.site(s, facts.at[s, "waste_type_code"], facts.at[s, "route_code"]) for s in facts.index}
    basket = basket_elements("critical_30", settings, frames["reference"])
    fertility = dict(zip(frames["fertility"]["block_id"], frames["fertility"]["fertility_axis"]))
    scores: dict[str, dict[str, np.ndarray]] = {"waste_block": {}, "mining_lease": {}}
    w = settings.axis_weights()
    for block, shares in inside(frames, list(facts.index)).items():
        known = {s: x for s in shares if (x := drawn[s]) is not None}
        held = [s for s in known if shares[s].mean() >= 0.05]
        if not held or not basket & {e for s in held for e in known[s]["recovered"]}:
            assert table.at[block, "status"] in ("UNQUANTIFIED", "OUT_OF_BASKET")
            continue
        x, row = plain.block(known, shares, basket), table.loc[block]
        score = 100 * (w[0] * x["V"] + w[1] * x["S"] + w[2] * fertility[block])
        scores[row["kind"]][block] = score
        if row["status"] != "RANKED":
            assert "one block alone" in row["status_reason"]
            continue
        expected = {"score_mean": score.mean(), "value_axis": x["V"].mean(), "strategic_axis": x["S"].mean()}
        expected["contribution_fertility"] = 100 * w[2] * fertility[block]
        here = x["margin"][np.isfinite(x["margin"])]
        for p in (10, 50, 90):
            expected |= {f"score_p{p}": np.percentile(score, p), f"net_value_usd_p{p}": np.percentile(x["net"], p)}
            expected[f"margin_usd_per_t_p{p}"] = np.percentile(here, p)
        expected["p_margin_positive"] = (x["margin"] > 0).mean()
        finite = x["multiple"][np.isfinite(x["multiple"])]
        expected["breakeven_price_multiple"] = np.median(finite) if finite.size else math.nan
        for column, value in expected.items():
            assert row[column] == pytest.approx(value, rel=2e-6, abs=1e-6, nan_ok=True), (block, column)
    for of_kind in (v for v in scores.values() if len(v) > 1):
        ids = sorted(of_kind)
        matrix = np.array([of_kind[b] for b in ids], np.float32)
        ranks = rankdata(-matrix, axis=0)
        order = sorted(ids, key=lambda b: (-of_kind[b].mean(), b))
        for j, b in enumerate(ids):
            assert table.at[b, "rank"] == order.index(b) + 1
            got = table.loc[b, ["rank_p05", "rank_p50", "rank_p95"]].tolist()
            assert got == pytest.approx(np.percentile(ranks[j], [5, 50, 95]).tolist(), abs=1e-6)
    assert sum(len(v) for v in scores.values()) >= 4
