"""A made-up national inventory of any size for the benchmarks: sites x elements, waste blocks and other blocks."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.reference import load_reference
from scoring.case import Case, Register
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
ROUTES = {
    "coal_fly_ash": ("acid_leach_sx", "coal"),
    "red_mud": ("acid_leach_sx", "Al"),
    "phosphogypsum": ("pg_leach", "P"),
    "cu_flotation_tailings": ("flotation_cu", "Cu"),
    "zn_pb_flotation_tailings": ("flotation_zn_pb", "Zn-Pb"),
    "cr_laterite_overburden": ("hpal_roast_leach", "Cr-(Ni-Co)"),
}


def national(n_sites: int, n_elements: int, n_blocks: int, draws: int, **settings: Any) -> dict[str, Any]:
    """Arguments of ``assess`` for ``n_sites`` sites with ``n_elements`` assays each and ``n_blocks`` blocks in all."""
    rng = np.random.default_rng(1)
    reference = load_reference()
    table = reference.elements
    known = table[table["ucc_ppm"].notna() & ~table["element"].isin(["U", "Th"])]
    others = table[~table["element"].isin([*known["element"], "U", "Th"])]
    symbols = [*known["element"], *others["element"]][:n_elements]
    base = dict(zip(known["element"], known["ucc_ppm"]))
    kinds = list(ROUTES)
    waste = [kinds[i % len(kinds)] for i in range(n_sites)]
    lon, lat = rng.uniform(70, 88, n_sites), rng.uniform(10, 28, n_sites)
    ids = [f"S-{i:05d}" for i in range(n_sites)]
    sites = pd.DataFrame(
        {
            "site_id": ids,
            "name": ids,
            "state": "",
            "district": "",
            "lat": lat,
            "lon": lon,
            "position_accuracy_m": rng.choice([200.0, 1000.0, 3000.0], n_sites),
            "waste_type_code": waste,
            "host_commodity": [ROUTES[w][1] for w in waste],
            "route_code": [ROUTES[w][0] for w in waste],
            "is_transported": False,
            "lease_status": "none",
            "is_excluded": False,
            "source": "made up",
        }
    )
    mode = np.exp(rng.normal(np.log(5.0), 1.2, n_sites)).clip(0.2, 300)
    tonnages = pd.DataFrame(
        {
            "tonnage_id": [f"T-{i}" for i in ids],
            "site_id": ids,
            "quantity_kind": "waste",
            "tonnage_min_mt": 0.6 * mode,
            "tonnage_mode_mt": mode,
            "tonnage_max_mt": 1.7 * mode,
            "knowledge_class": "G4",
            "is_screening_only": False,
            "is_preferred": True,
            "source": "made up",
            "note": "",
        }
    )
    ppm = np.array([base.get(s, 1.0) for s in symbols])[None, :] * np.exp(rng.normal(0.5, 1.0, (n_sites, len(symbols))))
    grades = pd.DataFrame(
        {
            "grade_id": [f"G-{i}-{s}" for i in ids for s in symbols],
            "site_id": np.repeat(ids, len(symbols)),
            "element": symbols * n_sites,
            "element_kind": "element",
            "ppm_min": np.nan,
            "ppm_mode": ppm.ravel().clip(1e-6, 4e5),
            "ppm_max": np.nan,
            "basis_code": "assay",
            "tree_includes": None,
            "knowledge_class": "G3",
            "use": "1",
            "source": "made up",
        }
    )
    points = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    frames = [waste_blocks(points, None)]
    extra = max(0, n_blocks - n_sites)
    if extra:
        at = rng.integers(0, n_sites, extra)
        x, y = lon[at] + rng.normal(0, 0.02, extra), lat[at] + rng.normal(0, 0.02, extra)
        half = rng.uniform(0.01, 0.05, extra)
        shapes = shapely.box(x - half, y - half, x + half, y + half)
        columns = {
            "block_id": [f"B-{i:05d}" for i in range(extra)],
            "name": "block",
            "kind": "auction_block",
            "state": "",
            "district": "",
            "minerals": "",
            "area_ha": 4 * half**2 * 1.2e6,
            "geometry_basis": "corners",
            "site_id": None,
            "lease_status": "none",
            "flags": None,
            "source": "made up",
        }
        frames.append(gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapes, crs=4326))
    constraints = pd.DataFrame(
        columns=["constraint_id", "site_id", "constraint_type", "gate_code", "multiplier", "fact", "source"]
    )
    return {
        "blocks": gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=4326),
        "sites": points,
        "footprints": None,
        "tonnages": tonnages,
        "grades": grades,
        "constraints": constraints,
        "fertility": None,
        "reference": reference,
        "settings": RankingSettings(draws=draws, seed=1, **settings),
        "crs": CRS,
    }


def national_case(
    n_sites: int, n_elements: int, n_blocks: int, draws: int, **settings: Any
) -> tuple[Case, RankingSettings]:
    """The same as one case with its settings."""
    frames = national(n_sites, n_elements, n_blocks, draws, **settings)
    names = ("sites", "footprints", "tonnages", "grades", "constraints")
    register = Register(**{name: frames.pop(name) for name in names})
    ranking = frames.pop("settings")
    return Case(register=register, **frames), ranking
