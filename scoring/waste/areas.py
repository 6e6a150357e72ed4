"""Equal-area arithmetic: which CRS may be used for areas, and the areas themselves.

Belongs here: the refusal of degrees and of conformal projections. Does not belong here: shares (``allocation``).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod

from data_sources.contracts import CrsError

WGS84 = Geod(ellps="WGS84")
EDGE_DEG = 0.02
"""Edges longer than this get more corners before they are projected: the chord then stays within 3 cm of the edge."""
_EQUAL_AREA = (
    "equal area",
    "equal-area",
    "mollweide",
    "sinusoidal",
    "eckert iv",
    "eckert vi",
    "equal earth",
    "goode",
    "bonne",
)


def require_equal_area(crs: str | CRS | None) -> CRS:
    """The CRS, if areas may be measured in it.

    Raises
    ------
    CrsError : missing, unknown, in degrees, or a projection that does not keep areas (EPSG:7755 and UTM are conformal).
    """
    if crs is None or crs == "":
        raise CrsError(
            "no CRS to measure areas in", do="give an equal-area CRS, such as an Albers projection on the region"
        )
    try:
        known = CRS.from_user_input(crs)
    except Exception as error:
        raise CrsError(f"unknown CRS {crs!r}", do="give an EPSG code or a PROJ string") from error
    method = known.coordinate_operation.method_name.lower() if known.coordinate_operation else ""
    if not known.is_projected or not any(word in method for word in _EQUAL_AREA):
        raise CrsError(
            f"{known.name or crs} does not keep areas ({method or 'degrees'})",
            do="use an equal-area CRS, such as an Albers projection on the region",
        )
    return known


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
