"""Which CRS keeps areas, and one that does for any extent.

Belongs here: the refusal of degrees and of conformal projections. Does not belong here: an area (``scoring.waste.shares.areas``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from khanij.foundation.errors import CrsError

if TYPE_CHECKING:
    from pyproj import CRS

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
_LEAST_CONE_DEG = 1.0
"""Standard parallels nearer than this to mirroring each other leave no cone: an azimuthal projection stands in."""


def require_equal_area(crs: str | CRS | None) -> CRS:
    """The CRS, if areas may be measured in it, in square metres.

    Raises
    ------
    CrsError : missing, unknown, in degrees, not in metres, or a projection that does not keep areas (EPSG:7755 and UTM
        are conformal).
    """
    if crs is None or crs == "":
        raise CrsError(
            "no CRS to measure areas in", do="give an equal-area CRS, such as an Albers projection on the region"
        )
    return _known(crs) if isinstance(crs, str) else _keeping_areas(crs)


@lru_cache(maxsize=64)
def _known(crs: str) -> CRS:
    from pyproj import CRS  # only who measures waits for PROJ

    try:
        known = CRS.from_user_input(crs)
    except Exception as error:
        raise CrsError(f"unknown CRS {crs!r}", do="give an EPSG code or a PROJ string") from error
    return _keeping_areas(known)


def _keeping_areas(known: CRS) -> CRS:
    method = known.coordinate_operation.method_name.lower() if known.coordinate_operation else ""
    if not known.is_projected or not any(word in method for word in _EQUAL_AREA):
        raise CrsError(
            f"{known.name or known.to_string()} does not keep areas ({method or 'degrees'})",
            do="use an equal-area CRS, such as an Albers projection on the region",
        )
    if any(axis.unit_conversion_factor != 1.0 for axis in known.axis_info):
        raise CrsError(f"{known.name} is not in metres", do="use an equal-area CRS in metres (+units=m)")
    return known


def equal_area_for(west: float, south: float, east: float, north: float) -> str:
    """A PROJ string that keeps areas on an extent in degrees: Albers, parallels at a sixth and five sixths of its height."""
    lon, lat, sixth = (west + east) / 2, (south + north) / 2, (north - south) / 6
    first, second = south + sixth, north - sixth
    if abs(first + second) < _LEAST_CONE_DEG:
        return f"+proj=laea +lat_0={lat:.6g} +lon_0={lon:.6g} +datum=WGS84 +units=m +no_defs"
    parallels = f"+lat_1={first:.6g} +lat_2={second:.6g} +lat_0={lat:.6g} +lon_0={lon:.6g}"
    return f"+proj=aea {parallels} +datum=WGS84 +units=m +no_defs"
