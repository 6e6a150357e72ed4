"""Context for the map without any boundary: Survey of India sheets, and state names where the blocks lie.

Belongs here: what helps a reader to find the place. Does not belong here: anything that is ranked.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.sheets import sheets_in

_WIDE_DEG = 6.0
_MARGIN_DEG = 0.25


def sheet_grid(layers: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Sheets around the blocks and sites: of 1 degree for a wide region, of 15 minutes for a small one."""
    points = _positions(layers)
    if not len(points):
        return gpd.GeoDataFrame({"sheet": []}, geometry=[], crs="EPSG:4326")
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()
    wide = max(east - west, north - south) > _WIDE_DEG
    margin = 1.0 if wide else _MARGIN_DEG
    extent = (float(west - margin), float(south - margin), float(east + margin), float(north + margin))
    return sheets_in(extent, "1deg" if wide else "15min")[["sheet", "geometry"]]


def state_labels(layers: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """One point a state: the median position of its blocks and sites, for a name on the map and nothing else."""
    parts = []
    for name in ("ranked_blocks", "waste_sites"):
        if name in layers:
            frame = layers[name]
            known = frame.geometry.notna() & ~frame.geometry.is_empty
            centres = shapely.centroid(frame.geometry[known].to_numpy())
            parts.append(
                pd.DataFrame(
                    {"state": frame["state"][known], "lon": shapely.get_x(centres), "lat": shapely.get_y(centres)}
                )
            )
    if not parts:
        return gpd.GeoDataFrame({"state": [], "n_places": []}, geometry=[], crs="EPSG:4326")
    places = pd.concat(parts)
    # A text that names two states has no single place.
    places = places[places["state"].notna() & ~places["state"].astype("object").fillna("").str.contains("[;,/&(]")]
    middle = places.groupby("state").agg(lon=("lon", "median"), lat=("lat", "median"), n_places=("lon", "size"))
    return gpd.GeoDataFrame(
        {"state": middle.index.astype("str"), "n_places": middle["n_places"].to_numpy()},
        geometry=shapely.points(middle["lon"].to_numpy(), middle["lat"].to_numpy()),
        crs="EPSG:4326",
    )


def _positions(layers: dict[str, gpd.GeoDataFrame]) -> np.ndarray:
    shapes = np.concatenate(
        [layers[n].geometry.to_numpy() for n in ("ranked_blocks", "waste_sites") if n in layers] or [np.array([])]
    )
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return np.asarray(shapely.centroid(shapes))
