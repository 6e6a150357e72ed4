"""Repair of geometries: what is ground and what is not after it, and by how much the area changed.

Belongs here: making a geometry valid, plane and of one kind. Does not belong here: which kinds a layer takes
(``admitting.places``), or the area that a publisher states (``admitting.rules``).

The rule: ground is what lies in the ring of any part and in none of that part's own holes. So overlapping parts are joined,
no hole appears that nobody drew, and a hole outside its ring takes nothing away and gives nothing. A library's repair by
linework counts crossings instead: it cuts out overlaps and turns a stray hole into ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod

_GEOD = Geod(ellps="WGS84")
_M2_PER_HA = 10_000.0
_READINGS_DIFFER = 0.001
_LEAST_AREA_M2 = 1.0
_SMALL_AREA_M2 = 500.0  # 0.0 ha as it is printed
_LEAST_WIDTH_M = 1.0
_M2_PER_DEG2 = 111_320.0**2
_POLYGONS = (3, 6)
_COLLECTION = 7


@dataclass(frozen=True)
class Mended:
    """One repaired geometry, None where nothing usable is left, and the areas before and after in words."""

    shape: shapely.Geometry | None
    told: str = ""


def mend(shape: shapely.Geometry, why: str) -> Mended:
    """Make one invalid geometry valid: union over its parts of ring less holes; ``why`` is the library's reason.

    Raises
    ------
    shapely.errors.GEOSException : the library gives it up.
    """
    if shapely.get_type_id(shape) == _COLLECTION:
        shape = shapely.GeometryCollection(
            [part if part.is_valid else mend(part, why).shape or shapely.Point() for part in shapely.get_parts(shape)]
        )
        return Mended(shape, why)
    if shapely.get_type_id(shape) not in _POLYGONS:
        return Mended(shapely.make_valid(shape), why)
    before = drawn_area_ha(shape)
    ground = shapely.union_all([_ground(part) for part in shapely.get_parts(shape)])
    areas = shapely.get_parts(ground)
    areas = areas[shapely.get_dimensions(areas) == 2]
    if not len(areas):
        return Mended(None, f"{why}; {before:,.1f} ha as drawn, nothing after the repair")
    ground = areas[0] if len(areas) == 1 else shapely.union_all(areas)
    after = area_ha(ground)
    told = f"{why}; {before:,.1f} ha as drawn, {after:,.1f} ha after the repair"
    other = area_ha(shapely.make_valid(shape))
    if abs(other - after) > _READINGS_DIFFER * max(after, other):
        told += f" ({other:,.1f} ha if what is covered twice were left out)"
    return Mended(ground, told)


def _ground(part: shapely.Polygon) -> shapely.Geometry:
    shell = _filled(part.exterior)
    holes = [_filled(ring) for ring in part.interiors]
    return shell.difference(shapely.union_all(holes)) if holes else shell


def _filled(ring: shapely.LinearRing) -> shapely.Geometry:
    """What one ring goes round, once or more often."""
    return shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=False)


def area_ha(shape: shapely.Geometry) -> float:
    """Geodesic area on WGS 84 of what is area in a valid geometry, in hectares."""
    parts = shapely.get_parts(shape)
    if shapely.get_type_id(shape) == _COLLECTION:
        parts = shapely.get_parts(parts[shapely.get_dimensions(parts) == 2])
    return float(sum(abs(_GEOD.geometry_area_perimeter(p)[0]) for p in parts if shapely.get_dimensions(p) == 2)) / (
        _M2_PER_HA
    )


def drawn_area_ha(shape: shapely.Geometry) -> float:
    """The area as the rings say, in hectares: over the parts, each ring's own area less that of its holes.

    A ring that crosses itself counts its loops against each other, as the shoelace formula does.
    """
    total = 0.0
    for part in shapely.get_parts(shape):
        for ring, sign in ((part.exterior, 1.0), *((r, -1.0) for r in part.interiors)):
            total += sign * abs(_GEOD.polygon_area_perimeter(*np.asarray(ring.coords)[:, :2].T)[0])
    return max(total, 0.0) / _M2_PER_HA


def without_area(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of polygons that are no area (below 1 m2, or slivers under 1 m wide that print as 0.0 ha); their m2."""
    kind = shapely.get_type_id(shapes)
    flat = np.flatnonzero(np.isin(kind, _POLYGONS) & ~shapely.is_empty(shapes))
    box = shapely.bounds(shapes[flat])
    with np.errstate(invalid="ignore", over="ignore"):
        rough = shapely.area(shapes[flat]) * np.cos(np.radians(np.clip(box[:, 1], -89, 89))) * _M2_PER_DEG2
        small = flat[rough < 2 * _SMALL_AREA_M2]
    found, sizes = [], []
    for i in small:
        area, rim = (abs(v) for v in _GEOD.geometry_area_perimeter(shapes[i]))
        if area < _LEAST_AREA_M2 or (area < _SMALL_AREA_M2 and 2 * area < _LEAST_WIDTH_M * rim):
            found.append(int(i))
            sizes.append(area)
    return np.array(found, dtype=int), np.array(sizes, dtype="float64")


def plane(shapes: np.ndarray) -> np.ndarray:
    """Geometries of shape (n,) without height and measure, in place."""
    some = np.flatnonzero(~shapely.is_missing(shapes))
    at = some[shapely.has_z(shapes[some]) | shapely.has_m(shapes[some])]
    shapes[at] = shapely.force_2d(shapes[at])
    return shapes
