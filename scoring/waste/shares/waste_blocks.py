"""One waste block per site: its mapped ground, else its position circle, else no geometry at all.

Belongs here: making the primary ranking units from the register. Does not belong here: scoring them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from shapely import MultiPolygon

from khanij.foundation.cells import is_known
from scoring.waste.rows import SiteRow, rows_of
from scoring.waste.shares.areas import geodesic_area_ha

PREFIX = "WB-"
DEFAULT_R90_M = 5000.0
"""Radius of the circle drawn for a position whose accuracy is not stated."""

COLUMNS = (
    "block_id",
    "name",
    "kind",
    "state",
    "district",
    "minerals",
    "area_ha",
    "geometry_basis",
    "site_id",
    "lease_status",
    "flags",
    "source",
)


def waste_blocks(sites: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Waste blocks in EPSG:4326, one per site in the order of the ids, ``block_id = WB-<site_id>``.

    ``geometry_basis`` is ``footprint`` (mapped; ``area_ha`` geodesic), ``position_circle`` (radius r90, area null) or
    ``none`` (no position: empty geometry). An excluded site gets a row without geometry: reported, never mapped.
    """
    mapped = (
        {}
        if footprints is None or not len(footprints)
        else dict(footprints.dissolve(by="site_id").geometry.to_crs(4326).items())
    )
    rows, shapes = [], []
    for site in sorted(rows_of(sites, SiteRow), key=lambda s: s.site_id):
        shape, basis, flag = _ground(site, mapped.get(site.site_id))
        shapes.append(shape)
        rows.append(
            {
                "block_id": PREFIX + site.site_id,
                "name": site.name,
                "kind": "waste_block",
                "state": site.state,
                "district": site.district,
                "minerals": site.host_commodity,
                "geometry_basis": basis,
                "site_id": site.site_id,
                "lease_status": site.lease_status,
                "flags": flag,
                "source": site.source,
            }
        )
    out = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "area_ha"]), geometry=shapes, crs=4326
    )
    if not rows:  # no site, no block: the columns keep their type
        out = out.astype({c: "str" for c in COLUMNS if c != "area_ha"})
    area = geodesic_area_ha(out)
    out.insert(6, "area_ha", np.where(out["geometry_basis"] == "footprint", area, np.nan))
    return out


def _ground(site: SiteRow, outline: shapely.Geometry | None) -> tuple[MultiPolygon, str, str]:
    """Geometry, its basis and a flag ("" where there is nothing to mark) of one site."""
    if site.is_excluded:
        return MultiPolygon(), "none", ""
    if outline is not None and not outline.is_empty:
        return _multi(shapely.make_valid(outline)), "footprint", ""
    if not is_known(site.lon) or not is_known(site.lat):
        return MultiPolygon(), "none", "no_position"
    if site.position_accuracy_m > 0:
        return _circle(site.lon, site.lat, site.position_accuracy_m), "position_circle", ""
    return _circle(site.lon, site.lat, DEFAULT_R90_M), "position_circle", "position_accuracy_not_stated"


def _multi(shape: shapely.Geometry) -> MultiPolygon:
    polygons = [
        g for g in shapely.get_parts(shape, return_index=False).tolist() if g.geom_type in ("Polygon", "MultiPolygon")
    ]
    parts = [p for g in polygons for p in (g.geoms if g.geom_type == "MultiPolygon" else [g])]
    return shapely.orient_polygons(MultiPolygon(parts))


def _circle(lon: float, lat: float, radius_m: float) -> MultiPolygon:
    """A 64-cornered circle around a point, through an azimuthal equidistant projection on it."""
    local = CRS.from_proj4(f"+proj=aeqd +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m")
    to_deg = Transformer.from_crs(local, 4326, always_xy=True)
    angle = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    x, y = to_deg.transform(radius_m * np.cos(angle), radius_m * np.sin(angle))
    return MultiPolygon([shapely.Polygon(np.column_stack([np.round(x, 7), np.round(y, 7)]))])
