"""Frames of the embedded region ``india`` for the tests; nothing is read from outside the project."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from data_sources.reference import load_reference, load_table
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"


def india_frames(draws: int = 500, **settings: Any) -> dict[str, Any]:
    table = load_table("waste_sites")
    sites = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    auction = load_table("auction_blocks")
    columns = {
        "block_id": auction["block_id"],
        "name": auction["name"],
        "kind": "auction_block",
        "state": auction["state"],
        "district": auction["district"],
        "minerals": auction["minerals"],
        "area_ha": auction["area_geodesic_ha"],
        "geometry_basis": "corners",
        "site_id": None,
        "lease_status": "unknown",
        "flags": None,
        "source": auction["source"],
    }
    blocks = gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapely.from_wkt(auction["geometry_wkt"]), crs=4326)
    both = pd.concat([waste_blocks(sites, None), blocks], ignore_index=True)
    return {
        "blocks": gpd.GeoDataFrame(both, crs=4326),
        "sites": sites,
        "footprints": None,
        "tonnages": load_table("site_tonnages"),
        "grades": load_table("site_grades"),
        "constraints": load_table("site_constraints"),
        "fertility": None,
        "reference": load_reference(),
        "settings": RankingSettings(draws=draws, seed=7, **settings),
        "crs": CRS,
    }
