"""Equal-area arithmetic: layers in an equal-area CRS, and areas on the ellipsoid.

Belongs here: areas, and edges that bend as the projection does. Which CRS keeps areas: ``khanij.foundation.equal_area``. Does not belong here: shares (``allocation``).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod

from khanij.foundation.equal_area import require_equal_area
from khanij.foundation.errors import CrsError

__all__ = ["EDGE_DEG", "WGS84", "geodesic_area_ha", "require_equal_area", "to_equal_area"]

WGS84 = Geod(ellps="WGS84")
EDGE_DEG = 0.02
"""Edges longer than this get more corners before they are projected: the chord then stays within 3 cm of the edge."""


def to_equal_area(frame: gpd.GeoDataFrame, crs: CRS, layer: str) -> gpd.GeoDataFrame:
    """The frame in ``crs``, edges that are straight in degrees bent as the projection bends them.

    A block of some degrees has a parallel for an edge; a chord between its projected corners runs kilometres beside it
    and would hand a site to the block next door.

    Raises
    ------
    CrsError : the frame has no CRS.
    """
    if frame.crs is None:
        raise CrsError("the layer has no CRS", layer=layer, do="state it, EPSG:4326 for longitude and latitude")
    out = frame.copy()
    if frame.crs.is_geographic and len(frame):
        shapes = frame.geometry.to_numpy().copy()
        # segmentize repairs what crosses itself by dropping half of it
        outlines = np.isin(shapely.get_type_id(shapes), (3, 6, 7))
        broken = outlines & ~shapely.is_valid(shapes)
        shapes[broken] = shapely.make_valid(shapes[broken])
        shapes[outlines] = shapely.segmentize(shapes[outlines], EDGE_DEG)
        out = out.set_geometry(shapes, crs=frame.crs)
    return out.to_crs(crs)


def geodesic_area_ha(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """(n,) area on the WGS84 ellipsoid [ha]; NaN where there is no geometry."""
    out = np.full(len(frame), np.nan)
    for i, geometry in enumerate(frame.geometry.to_crs(4326) if frame.crs is not None else frame.geometry):
        if geometry is not None and not geometry.is_empty:
            out[i] = abs(WGS84.geometry_area_perimeter(geometry)[0]) / 1e4
    return out
