"""Equal-area arithmetic: which CRS may be used for areas, and the areas themselves.

Belongs here: the refusal of degrees and of conformal projections. Does not belong here: shares (``allocation``).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod

from data_sources.contracts import CrsError

WGS84 = Geod(ellps="WGS84")
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


def geodesic_area_ha(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """(n,) area on the WGS84 ellipsoid [ha]; NaN where there is no geometry."""
    out = np.full(len(frame), np.nan)
    for i, geometry in enumerate(frame.geometry.to_crs(4326) if frame.crs is not None else frame.geometry):
        if geometry is not None and not geometry.is_empty:
            out[i] = abs(WGS84.geometry_area_perimeter(geometry)[0]) / 1e4
    return out
