"""Made-up districts with figures of every kind: sites, their waste blocks, mining leases of which some overlap."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.reference import load_reference
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
NAN = math.nan
TYPICAL: dict[tuple[str, str], dict[str, float]] = {
    ("au_mill_tailings", "cil_releach"): {"Au": 0.6, "Ag": 3.0},
    ("cu_flotation_tailings", "flotation_cu"): {"Cu": 2500.0, "Au": 0.15, "Ag": 2.0, "Mo": 80.0, "Co": 120.0},
    ("zn_pb_flotation_tailings", "flotation_zn_pb"): {"Zn": 22000.0, "Pb": 8000.0, "Ag": 40.0, "Cd": 60.0},
    ("w_gravity_tailings", "gravity_w_sn"): {"W": 1200.0, "Sn": 3000.0},
    ("fe_slimes", "gravity_mag_fe"): {"Fe": 480000.0},
    ("cr_laterite_overburden", "hpal_roast_leach"): {"Ni": 9000.0, "Co": 600.0},
    ("red_mud", "acid_leach_sx"): {"Sc": 90.0, "La": 120.0, "Nd": 90.0},
    ("coal_fly_ash", "acid_leach_sx"): {"Nd": 60.0, "Dy": 8.0, "Y": 60.0},
    ("phosphogypsum", "pg_leach"): {"Nd": 250.0, "La": 300.0},
    ("phosphate_tailings", "phosphate_flotation"): {"P": 60000.0},
}
"""(waste type, route) -> element -> ppm at which about a quarter to a half of such sites pays, or none ever does."""
CONSTRAINTS = ("constraint_id", "site_id", "constraint_type", "gate_code", "multiplier", "fact", "source")
_TESTS = ("", "none", "bench", "pilot", "plant")
_STATES = ("", "unknown", "free", "oxidised", "fine_sulphide", "refractory")


def site_row(rng: np.random.Generator, site: str, waste: str, route: str) -> dict[str, Any]:
    """A site of the register within ten kilometres of 80 E, 20 N."""
    return {
        "site_id": site,
        "name": site,
        "state": "",
        "district": "",
        "lat": 20 + rng.uniform(-0.1, 0.1),
        "lon": 80 + rng.uniform(-0.1, 0.1),
        "position_accuracy_m": rng.choice([0.0, 500.0, 4000.0]),
        "waste_type_code": waste,
        "route_code": route,
        "host_commodity": "",
        "test_level": rng.choice(_TESTS),
        "mineral_state": rng.choice(_STATES),
        "is_mill_standing": bool(rng.random() < 0.25),
        "product_freight_usd_per_t": rng.choice([NAN, NAN, 0.0, 25.0]),
        "plant_distance_km": rng.choice([NAN, NAN, NAN, 20.0]),
        "is_transported": bool(rng.random() < 0.3),
        "lease_status": "none",
        "is_excluded": False,
        "source": "made up",
    }


def tonnage_row(site: str, low: float, mode: float, high: float, klass: str, **more: Any) -> dict[str, Any]:
    """The preferred tonnage of a site [Mt]."""
    return {
        "tonnage_id": f"T-{site}",
        "site_id": site,
        "quantity_kind": "waste",
        "tonnage_min_mt": low,
        "tonnage_mode_mt": mode,
        "tonnage_max_mt": high,
        "basis_code": "published",
        "knowledge_class": klass,
        "is_conflict": False,
        "mass_basis": "",
        "moisture_pct": NAN,
        "is_screening_only": False,
        "is_preferred": True,
        "note": "",
        "source": "made up",
    } | more


def grade_row(site: str, element: str, low: float, mode: float, high: float, klass: str, **more: Any) -> dict[str, Any]:
    """A grade of a site that is used [ppm]."""
    return {
        "grade_id": f"G-{site}-{element}",
        "site_id": site,
        "element": element,
        "element_kind": "total" if element == "TREE" else "element",
        "ppm_min": low,
        "ppm_mode": mode,
        "ppm_max": high,
        "basis_code": "assay",
        "knowledge_class": klass,
        "is_conflict": False,
        "tree_includes": None,
        "use": "1",
        "source": "made up",
    } | more


def block_rows(ids: list[str], kind: str, shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    """Blocks of one kind."""
    columns = {
        "block_id": ids,
        "name": ids,
        "kind": kind,
        "state": "",
        "district": "",
        "minerals": "",
        "area_ha": 1.0,
        "geometry_basis": "corners",
        "site_id": None,
        "lease_status": "none",
        "flags": None,
        "source": "made up",
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=4326)


def frames_of(
    sites: list[dict[str, Any]],
    tonnages: list[dict[str, Any]],
    grades: list[dict[str, Any]],
    blocks: gpd.GeoDataFrame | None = None,
    constraints: list[dict[str, Any]] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Arguments of ``cases.assess``: the sites' own waste blocks and the blocks given."""
    table = pd.DataFrame(sites)
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    own = waste_blocks(points, None)
    both = own if blocks is None else gpd.GeoDataFrame(pd.concat([own, blocks], ignore_index=True), crs=4326)
    return {
        "blocks": both,
        "sites": points,
        "footprints": None,
        "tonnages": pd.DataFrame(tonnages),
        "grades": pd.DataFrame(grades),
        "constraints": pd.DataFrame(constraints or [], columns=list(CONSTRAINTS)),
        "fertility": None,
        "reference": load_reference(),
        "settings": RankingSettings(**{"draws": 100, "seed": 1, "threads": 1, **settings}),
        "crs": CRS,
    }


def _tonnage(rng: np.random.Generator, site: str) -> dict[str, Any]:
    m = float(10 ** rng.uniform(-0.5, 2.3))
    figures = [(m / 2, m, 2 * m), (NAN, m, NAN), (m / 2, NAN, 2 * m), (NAN, NAN, m), (m / 1.2, m, 1.2 * m)]
    low, mode, high = figures[rng.choice(5, p=[0.25, 0.4, 0.15, 0.05, 0.15])]
    more: dict[str, Any] = {"basis_code": rng.choice(["published", "derived", "plan"], p=[0.6, 0.25, 0.15])}
    if not math.isnan(low) and rng.random() < 0.3:
        more |= {"is_conflict": True}
    if rng.random() < 0.3:
        more |= {"mass_basis": "wet", "moisture_pct": rng.choice([NAN, 15.0, 40.0])}
    klass = str(rng.choice(["G1", "G2", "G3", "G4", "analogue", "default"]))
    return tonnage_row(site, low, mode, high, klass, **more)


def _grade(rng: np.random.Generator, site: str, element: str, typical: float) -> dict[str, Any]:
    c = float(min(0.6 * 0.699e6 if element == "Fe" else 3e5, typical * math.exp(rng.normal(0.2, 0.5))))
    low, mode, high = [(NAN, c, NAN), (c / 1.4, NAN, 1.4 * c), (c / 1.4, c, 1.4 * c)][rng.integers(3)]
    klass = str(rng.choice(["G1", "G2", "G3", "G4", "analogue", "default"]))
    if element == "TREE":
        return grade_row(site, element, low, mode, high, klass, tree_includes=str(rng.choice(["Y", "none"])))
    basis = str(
        rng.choice(["assay", "recovered", "upper_limit", "head_grade", "plan"], p=[0.68, 0.12, 0.06, 0.06, 0.08])
    )
    conflict = not math.isnan(low) and rng.random() < 0.3
    return grade_row(site, element, low, mode, high, klass, basis_code=basis, is_conflict=bool(conflict))


def made_up_district(seed: int, n: int = 12, **settings: Any) -> dict[str, Any]:
    """``n`` sites with figures of every kind, their waste blocks, six leases, soft constraints, survey evidence."""
    rng = np.random.default_rng(seed)
    kinds = list(TYPICAL)
    sites, tonnages, grades, constraints = [], [], [], []
    for i in range(n):
        site, kind = f"S{i:02d}", kinds[rng.integers(len(kinds))]
        sites.append(site_row(rng, site, *kind))
        tonnages.append(_tonnage(rng, site))
        figures = dict(TYPICAL[kind]) | ({} if "Fe" in TYPICAL[kind] else {"Fe": 50000.0})
        if kind[1] in ("acid_leach_sx", "pg_leach") and rng.random() < 0.7:
            figures["TREE"] = 500.0
        grades += [_grade(rng, site, e, ppm) for e, ppm in figures.items()]
        if rng.random() < 0.3:
            told = dict(zip(CONSTRAINTS, (f"C-{site}", site, "forest", "soft", 0.7, "forest on it", "made up")))
            constraints.append(told)
    corners = [(80 + rng.uniform(-0.1, 0.1), 20 + rng.uniform(-0.1, 0.1), rng.uniform(0.02, 0.1)) for _ in range(6)]
    shapes = [shapely.box(x - h, y - h, x + h, y + h) for x, y, h in corners]
    leases = block_rows([f"L{j}" for j in range(6)], "mining_lease", shapes)
    chosen = {"seed": seed, "royalty_base": str(rng.choice(["sold", "contained"])), **settings}
    frames = frames_of(sites, tonnages, grades, leases, constraints, **chosen)
    ids = frames["blocks"]["block_id"]
    known = rng.random(len(ids)) < 0.7
    axis = rng.uniform(size=len(ids)).round(3)
    fertility = pd.DataFrame({"block_id": ids, "fertility_axis": axis, "posterior_mean": axis, "fertility_note": ""})
    covered = rng.choice([100.0, 60.0, 0.0], len(ids))
    frames["fertility"] = fertility.assign(posterior_max=axis, coverage_pct=covered)[known]
    return frames
