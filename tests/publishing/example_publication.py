"""A small, made-up publication with every status, hostile texts and missing figures; the same on every machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts import Contract
from data_sources.contracts.frames import empty_column
from data_sources.contracts.published.outputs import OUTPUT_LAYERS, OUTPUT_TABLES
from publishing.geopackage.publication import Publication

HOSTILE = (
    "=HYPERLINK(\"http://example.invalid\",\"x\")", "<script>alert('x')</script> & <b>bold</b>", "+1+1", "-2+3 cmd|' /C calc'!A0",
    "@SUM(A1:A9)", "Ω हिन्दी \"quoted\" 'single'", "[% 1+1 %] {{ 7*7 }} $x^2$ </td></tr>", "line\nbreak\tand ]]> end",
)  # fmt: skip
LICENCES = json.dumps(
    [
        {
            "title": "Register (made up)",
            "licence": "CC BY 4.0",
            "licence_url": "https://creativecommons.org/licenses/by/4.0/",
            "citation": "Nobody (2024)",
        }
    ]
)
_STATES = ("Karnataka", "Odisha", "Rajasthan", "Jharkhand", "Andhra Pradesh", "Goa")
_TYPES = (
    "au_mill_tailings",
    "red_mud",
    "coal_fly_ash",
    "phosphogypsum",
    "zn_pb_flotation_tailings",
    "fe_slimes",
    "cu_waste_rock",
)
_ELEMENTS = ("Nd", "Pr", "Sc", "Ga", "V", "Co", "Ge", "Zn", "Cu", "Au")


@dataclass(frozen=True)
class ExampleRegion:
    name: str = "example"
    title: str = "Example district"
    is_sample: bool = True


def completed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The frame with the columns that its contract asks for and this example has nothing to say in."""
    lacking = {f.name: empty_column(f.dtype, len(frame)) for f in contract.fields if f.name not in frame.columns}
    return frame.assign(**{name: column.set_axis(frame.index) for name, column in lacking.items()})


def make_publication(
    n_blocks: int = 30, seed: int = 7, *, elements_per_block: int = 5, is_sample: bool = True
) -> Publication:
    """``n_blocks`` blocks, four in five of them waste blocks, with ranks from real draws so that the identities hold."""
    rng = np.random.default_rng(seed)
    kind = np.where(np.arange(n_blocks) % 5 == 4, "auction_block", "waste_block")
    status = np.array(["RANKED"] * n_blocks, dtype=object)
    status[kind == "auction_block"] = "UNQUANTIFIED"
    for i, s in ((3, "OUT_OF_BASKET"), (6, "GATED"), (11, "LEASED"), (12, "UNQUANTIFIED"), (17, "OUT_OF_BASKET")):
        if i < n_blocks:
            status[i] = s
    ranked = np.flatnonzero(status == "RANKED")
    axes = np.clip(rng.beta(2, 3, (3, n_blocks, 1)) + rng.normal(0, 0.08, (3, n_blocks, 400)), 0, 1)
    parts = 100 * np.array([0.5, 0.25, 0.25])[:, None, None] * axes
    score = parts.sum(axis=0)
    rank_draws = (-score[ranked]).argsort(axis=0).argsort(axis=0) + 1
    mean = score.mean(axis=1)
    lon, lat = 73 + 14 * rng.random(n_blocks), 12 + 13 * rng.random(n_blocks)
    half = 0.004 + 0.016 * rng.random(n_blocks)
    frame = pd.DataFrame(
        {
            "block_id": [f"EX-{'AB' if k == 'auction_block' else 'WB'}-{i + 1:03d}" for i, k in enumerate(kind)],
            "name": [f"{_STATES[i % 6]} {_TYPES[i % 7].replace('_', ' ')} {i + 1}" for i in range(n_blocks)],
            "kind": kind, "state": [_STATES[i % 6] for i in range(n_blocks)], "district": [f"District {i % 9}" for i in range(n_blocks)],
            "minerals": [_TYPES[i % 7].split("_")[0] for i in range(n_blocks)], "area_ha": 100 * rng.random(n_blocks) + 5,
            "geometry_basis": np.where(rng.random(n_blocks) < 0.5, "position_circle", "corner coordinates"), "status": status,
            "status_reason": [None if s == "RANKED" else f"{s.lower()} because the made-up source says so (made-up order 1/2020)" for s in status],
        }
    )  # fmt: skip
    nan = np.full(n_blocks, np.nan)
    for name in (
        "rank_p05",
        "rank_p50",
        "rank_p95",
        "p_top10",
        "p_top20",
        "score_mean",
        "score_p10",
        "score_p50",
        "score_p90",
    ):
        frame[name] = nan
    frame["rank"] = pd.array([pd.NA] * n_blocks, dtype="Int64")
    order = ranked[np.lexsort((frame["block_id"].to_numpy()[ranked], -mean[ranked]))]
    frame.loc[order, "rank"] = np.arange(1, len(order) + 1)
    for name, q in (("rank_p05", 5), ("rank_p50", 50), ("rank_p95", 95)):
        frame.loc[ranked, name] = np.percentile(rank_draws, q, axis=1)
    for name, k in (("p_top10", 10), ("p_top20", 20)):
        frame.loc[ranked, name] = (rank_draws <= k).mean(axis=1)
    frame.loc[ranked, "score_mean"] = mean[ranked]
    for name, q in (("score_p10", 10), ("score_p50", 50), ("score_p90", 90)):
        frame.loc[ranked, name] = np.percentile(score[ranked], q, axis=1)
    for a, name in enumerate(("value", "strategic", "fertility")):
        frame.loc[ranked, f"contribution_{name}"] = parts[a].mean(axis=1)[ranked]
    frame["fertility_axis"] = axes[2].mean(axis=1)
    frame["modifier"] = np.where(status == "RANKED", 1.0, np.nan)
    quantified = np.isin(status, ("RANKED", "OUT_OF_BASKET"))
    npv = 1e6 * rng.normal(-5, 80, n_blocks)
    for suffix, z in (("p10", -1.28), ("p50", 0.0), ("p90", 1.28)):
        frame[f"npv_usd_{suffix}"] = np.where(quantified, npv + 5e7 * z, np.nan)
        frame[f"basket_value_usd_{suffix}"] = np.where(quantified, np.maximum(npv + 5e7 * z, 0) / 2, np.nan)
    frame["npv_inr_crore_p50"] = np.where(quantified, npv * 87.7 / 1e7, np.nan)
    pays = 1 / (1 + np.exp(-npv / 2e7))
    frame["p_pays"] = np.where(quantified, pays, np.nan)
    frame["p_pays_if_built_today"] = np.where(quantified, 0.8 * pays, np.nan)
    frame["prospect"] = np.where(
        quantified, np.where(pays >= 0.5, "PAYS", np.where(pays >= 0.05, "MAY_PAY", "NEEDS_MORE")), None
    )
    frame["main_product"] = np.where(quantified, "Nd", None)
    frame["price_multiple_needed"] = np.where(quantified, np.exp(-npv / 5e7), np.nan)
    frame["affordable_premium_pct_p50"] = np.where(quantified, npv / 5e6, np.nan)
    frame["affordable_premium_pct_p20"] = np.where(quantified, npv / 5e6 - 12, np.nan)
    paying = quantified & (pays >= 0.05)
    plant = {"capital_usd_p50": 9e7, "plant_mtpa_p50": 4.5, "life_years_p50": 6.6, "payback_years_p50": 1.2}
    for name, value in {**plant, "royalty_inr_crore_per_year": 60.0, "recovery_needed": 0.4}.items():
        frame[name] = np.where(paying, value, np.nan)
    frame["price_multiple_by_product"] = np.where(quantified, "Nd 1.4; Sc 3", None)
    frame["unfc"] = np.where(quantified, "E3-F3-G4", None)
    for factor in ("tonnage", "grade", "recovery", "cost", "price"):
        frame[f"class_{factor}"] = np.where(quantified, "G4", "none")
    frame["tier"] = pd.array([None] * n_blocks, dtype="str")
    frame.loc[order, "tier"] = [str(i) for i in range(1, len(order) + 1)]
    frame["tonnage_t_p50"] = np.where(quantified, 10 ** rng.uniform(5.2, 8, n_blocks), np.nan)
    frame["rank_fertility"] = pd.array([pd.NA] * n_blocks, dtype="Int64")
    unquantified = np.flatnonzero(status == "UNQUANTIFIED")
    frame.loc[unquantified, "rank_fertility"] = np.arange(1, len(unquantified) + 1)
    frame["site_id"] = [f"EX-S-{i + 1:03d}" if k == "waste_block" else None for i, k in enumerate(kind)]
    frame["top_sites"] = [f"{s} (inside, 100 %)" if s else None for s in frame["site_id"]]
    frame["top_elements"] = np.where(quantified, "Nd 41 %; Sc 30 %; Ga 12 %", None)
    classes = ("G1", "G3", "G4", "analogue", "none")
    frame["knowledge_class"] = [classes[i % 4] if q else "none" for i, q in enumerate(quantified)]
    frame["completeness_pct"] = np.round(40 + 60 * rng.random(n_blocks))
    frame["flags"] = np.where(np.arange(n_blocks) % 4 == 0, "district_level;overlaps:EX-AB-005", None)
    frame["missing"] = np.where(quantified, None, "a tonnage; an assay of the waste")
    frame["nearest_site_id"] = np.where(kind == "auction_block", "EX-S-001", None)
    frame["nearest_site_km"] = np.where(kind == "auction_block", 12.5, np.nan)
    frame["likely_companions"] = np.where(quantified, None, "Ga; Sc; V; REE")
    circle = frame["geometry_basis"] == "position_circle"
    frame["position_known_to_km"] = np.where(circle, 3.5, np.nan)
    frame["shape_meaning"] = np.where(
        circle, "circle, no boundary: position known to 3.5 km", "outline from corner coordinates"
    )
    frame["cautions"] = np.where(frame["flags"].notna(), "known to the district only; overlaps EX-AB-005", None)
    frame["likely_from"] = np.where(quantified, None, "its notified minerals (bauxite)")
    frame["lease_status"] = np.where(np.arange(n_blocks) % 3 == 0, "operator", None)
    frame["explanation"] = [
        f"Made-up block {i + 1}: score {m:.1f} of 100, from value, strategic need and fertility."
        for i, m in enumerate(mean)
    ]
    frame["sources"] = "made-up source (2026), table 1; another made-up source"
    frame["redistribute"] = np.where(np.arange(n_blocks) % 10 == 9, "no", "yes")
    for i, text in enumerate(HOSTILE):
        if i < n_blocks:
            frame.loc[i, "name"] = text
            frame.loc[i, "sources"] = text
            frame.loc[i, "explanation"] = f"{text} (explained)"
    squares = shapely.box(lon - half, lat - half, lon + half, lat + half)
    if n_blocks > 12:
        squares[12] = None
    blocks = gpd.GeoDataFrame(frame, geometry=squares, crs="EPSG:4326")
    is_waste = kind == "waste_block"
    sites = _sites(frame, is_waste, lon, lat, quantified, rng)
    footprints = gpd.GeoDataFrame(
        {"site_id": frame["site_id"][is_waste][::2], "area_ha": 40.0, "source": "made-up outline"}, geometry=squares[is_waste][::2], crs="EPSG:4326"
    ).loc[lambda f: f.geometry.notna()]  # fmt: skip
    shares = pd.DataFrame(
        {
            "block_id": frame["block_id"][is_waste],
            "site_id": frame["site_id"][is_waste],
            "kind": "waste_block",
            "inside": 1.0,
            "near": 0.0,
            "distance_km": 0.0,
        }
    )
    example = Publication(
        region=ExampleRegion(is_sample=is_sample),
        layers={"ranked_blocks": blocks, "waste_sites": sites, "waste_footprints": footprints, "survey_sheets": _sheets()},
        tables={
            "site_shares": shares,
            "element_potential": _elements(frame, quantified, elements_per_block, rng),
            "site_potential": sites.drop(columns="geometry").loc[lambda s: s["tonnage_t_p50"].notna(), ["site_id", "name", "tonnage_t_p10", "tonnage_t_p50", "tonnage_t_p90"]],
            "basket_ranks": pd.DataFrame({"block_id": frame["block_id"], "basket": "magnet_ree", "kind": kind, "rank": frame["rank"], "score_mean": frame["score_mean"], "p_top20": frame["p_top20"]}),
            "sample_next": pd.DataFrame({"priority": [1, 2], "block_id": frame["block_id"][[0, 1]].to_list(), "site_id": frame["site_id"][[0, 1]].to_list(), "effect": ["worth its cost", "would become quantified"], "campaign": ["both", None], "step": ["tonnage G4 to G3", None], "cost_usd": [3e5, np.nan], "cost_inr_lakh": pd.array([264, None], "Int64"), "worth_usd": [4e6, np.nan], "net_worth_usd": [3.7e6, np.nan], "is_in_budget": pd.array([True, None], "boolean"), "advice": ["assay 30 auger samples", "drone survey of the dump"]}),
            "robustness": pd.DataFrame({"kind": ["waste_block"], "test": ["price deck 2024"], "n_blocks": [len(ranked)], "kendall_tau": [0.83], "jaccard": [0.7], "k": [4], "is_robust": [True]}),
            "quarantine": pd.DataFrame({"source": ["made_up"], "layer": ["waste_sites"], "row": ["7"], "field": ["Nd_ppm"], "value": ["2e6"], "reason": ["above 1,000,000 ppm"]}),
        },
        run_info={"configuration_hash": "0" * 64, "seed": "7", "draws": "400", "price_deck": "2024", "khanij_version": "0.1.0", "data_until": "2024", "licences": LICENCES},
    )  # fmt: skip
    return replace(
        example,
        layers={name: completed(frame, OUTPUT_LAYERS[name]) for name, frame in example.layers.items()},
        tables={name: completed(frame, OUTPUT_TABLES[name]) for name, frame in example.tables.items()},
    )


def _sites(frame: pd.DataFrame, is_waste: np.ndarray, lon: np.ndarray, lat: np.ndarray, quantified: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:  # fmt: skip
    own = frame[is_waste]
    t = own["tonnage_t_p50"].to_numpy()
    points = shapely.points(lon[is_waste], lat[is_waste])
    points[own["block_id"].to_numpy() == "EX-WB-013"] = None
    codes = [_TYPES[i % 7] for i in np.flatnonzero(is_waste)]
    return gpd.GeoDataFrame(
        {
            "site_id": own["site_id"], "name": own["name"], "state": own["state"], "district": own["district"],
            "waste_type_code": codes, "waste_type_text": [c.replace("_", " ") for c in codes], "tonnage_t_p10": t * 0.6,
            "tonnage_t_p50": t, "tonnage_t_p90": t * 1.7, "knowledge_class": own["knowledge_class"],
            "position_accuracy_m": 100 + 5000 * rng.random(len(own)).round(3), "is_transported": False,
            "status_reason": np.where(own["status"] == "GATED", "made-up court order", None), "sources": own["sources"],
            "redistribute": own["redistribute"],
        },
        geometry=points, crs="EPSG:4326",
    )  # fmt: skip


def _elements(frame: pd.DataFrame, quantified: np.ndarray, per_block: int, rng: np.random.Generator) -> pd.DataFrame:
    ids = frame["block_id"].to_numpy()[quantified]
    n = len(ids) * per_block
    base = 10 ** rng.uniform(3, 7, n)
    return pd.DataFrame(
        {
            "block_id": np.repeat(ids, per_block), "element": [_ELEMENTS[i % len(_ELEMENTS)] if i < 10 else f"X{i}" for _ in ids for i in range(per_block)],
            "contained_kg_p10": base * 0.5, "contained_kg_p50": base, "contained_kg_p90": base * 2,
            "recoverable_kg_p10": base * 0.1, "recoverable_kg_p50": base * 0.3, "recoverable_kg_p90": base * 0.7,
            "revenue_share": rng.dirichlet(np.ones(per_block), len(ids)).ravel(),
        }
    )  # fmt: skip


def _sheets() -> gpd.GeoDataFrame:
    west, south = np.meshgrid(np.arange(73, 87, 1.0), np.arange(12, 25, 1.0))
    west, south = west.ravel(), south.ravel()
    return gpd.GeoDataFrame(
        {"sheet": [f"{int(w)}E{int(s)}N" for w, s in zip(west, south)]},
        geometry=shapely.box(west, south, west + 1, south + 1),
        crs="EPSG:4326",
    )
