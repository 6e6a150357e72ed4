"""A handful of sites on which each classic mistake shows; the reference tables are the project's own."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.reference import load_reference
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=17 +lat_2=19 +lat_0=18 +lon_0=78 +datum=WGS84 +units=m +no_defs"
SITES = {  # id: waste type, route, host, lon, lat, tonnes (Mt)
    "CU1": ("cu_flotation_tailings", "flotation_cu", "Cu", 78.00, 18.00, 40.0),
    "CU2": ("cu_flotation_tailings", "flotation_cu", "Cu", 78.30, 18.00, 20.0),
    "AU1": ("au_mill_tailings", "cil_releach", "Au", 78.60, 18.00, 30.0),
    "ZN1": ("zn_pb_flotation_tailings", "flotation_zn_pb", "Zn-Pb", 78.00, 18.30, 25.0),
    "FA1": ("coal_fly_ash", "acid_leach_sx", "coal", 78.30, 18.30, 60.0),
    "FA2": ("coal_fly_ash", "acid_leach_sx", "coal", 78.60, 18.30, 60.0),
    "NI1": ("cr_laterite_overburden", "hpal_roast_leach", "Cr-(Ni-Co)", 78.00, 18.60, 80.0),
    "NI2": ("cr_laterite_overburden", "hpal_roast_leach", "Cr-(Ni-Co)", 78.30, 18.60, 30.0),
}
GRADES = [  # site, element, kind, min, mode, max ppm, basis, class, tree_includes
    ("CU1", "Cu", "element", None, 4000.0, None, "assay", "G3", None),
    ("CU1", "Au", "element", None, 0.20, None, "assay", "G3", None),
    ("CU2", "Cu", "element", None, 900.0, None, "recovered", "G3", None),
    ("CU2", "Fe", "element", None, 150000.0, None, "assay", "G3", None),
    ("AU1", "Au", "element", None, 0.72, None, "assay", "G3", None),
    ("AU1", "Si", "element", None, 250000.0, None, "assay", "G3", None),
    ("AU1", "Al", "element", None, 60000.0, None, "assay", "G3", None),
    ("ZN1", "Ag", "element", None, 20.0, None, "assay", "G4", None),
    ("ZN1", "Zn", "element", None, None, 2000.0, "upper_limit", "G4", None),
    ("FA1", "TREE", "total", 350.0, None, 500.0, "national_range", "analogue", "unknown"),
    ("FA1", "Y", "element", None, 60.0, None, "assay", "G4", None),
    ("FA2", "TREE", "total", 350.0, None, 500.0, "national_range", "analogue", "unknown"),
    ("NI1", "Ni", "element", None, 7000.0, None, "assay", "G4", None),
    ("NI1", "Co", "element", None, 300.0, None, "assay", "G4", None),
    ("NI2", "Ni", "element", None, 9000.0, None, "assay", "G4", None),
]


def mini(draws: int = 800, **settings: Any) -> dict[str, Any]:
    rows = []
    for site, (waste, route, host, lon, lat, _) in SITES.items():
        row = {
            "site_id": site,
            "name": site,
            "state": "",
            "district": "",
            "lat": lat,
            "lon": lon,
            "position_accuracy_m": 500.0,
        }
        more = {
            "waste_type_code": waste,
            "host_commodity": host,
            "route_code": route,
            "test_level": "plant" if site.startswith("NI") else "none",
            "is_transported": waste.endswith("ash"),
        }
        rows.append({**row, **more, "lease_status": "none", "is_excluded": False, "source": "made up"})
    table = pd.DataFrame(rows)
    sites = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    tonnages = [
        {
            "tonnage_id": f"T-{s}",
            "site_id": s,
            "quantity_kind": "waste",
            "basis_code": "published",
            "tonnage_min_mt": 0.8 * v[5],
            "tonnage_mode_mt": v[5],
            "tonnage_max_mt": 1.4 * v[5],
            "knowledge_class": "G4",
            "is_screening_only": False,
            "is_preferred": True,
            "source": "made up",
            "note": "",
        }
        for s, v in SITES.items()
    ]
    grades = [
        {
            "grade_id": f"G-{i:02d}",
            "site_id": s,
            "element": e,
            "element_kind": kind,
            "ppm_min": low,
            "ppm_mode": mode,
            "ppm_max": high,
            "basis_code": basis,
            "knowledge_class": klass,
            "tree_includes": tree,
            "use": "1",
            "source": "made up",
        }
        for i, (s, e, kind, low, mode, high, basis, klass, tree) in enumerate(GRADES)
    ]
    frame = pd.DataFrame(grades)
    for column in ("ppm_min", "ppm_mode", "ppm_max"):
        frame[column] = frame[column].astype(float)
    leases = {
        "block_id": ["ML1", "ML2", "ML3", "ML4"],
        "name": "lease",
        "kind": "mining_lease",
        "state": "",
        "district": "",
        "minerals": "",
        "area_ha": 1e4,
        "geometry_basis": "corners",
        "site_id": None,
        "lease_status": "none",
        "flags": None,
        "source": "made up",
    }
    around = [(78.0, 18.0), (78.0, 18.0), (78.3, 18.0), (78.0, 18.6)]  # ML1 and ML2 overlap over CU1
    shapes = [shapely.box(x - 0.05 - 0.01 * i, y - 0.05, x + 0.05, y + 0.05) for i, (x, y) in enumerate(around)]
    blocks = pd.concat(
        [waste_blocks(sites, None), gpd.GeoDataFrame(leases, geometry=shapes, crs=4326)], ignore_index=True
    )
    return {
        "blocks": gpd.GeoDataFrame(blocks, crs=4326),
        "sites": sites,
        "footprints": None,
        "tonnages": pd.DataFrame(tonnages),
        "grades": frame,
        "constraints": pd.DataFrame(
            columns=["constraint_id", "site_id", "constraint_type", "gate_code", "multiplier", "fact", "source"]
        ),
        "fertility": None,
        "reference": load_reference(),
        "settings": RankingSettings(draws=draws, seed=5, **settings),
        "crs": CRS,
    }


def needed_draws(state: Any, site: str) -> np.ndarray:
    """(K,) logarithm of the price multiple that a site needs, in the ranking's deck."""
    return np.log(state.scored.projects.out.multiple[0, state.scored.plan.whole[site]].astype(float))
