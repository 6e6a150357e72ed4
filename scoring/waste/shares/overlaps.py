"""The ground of one site in many blocks that may overlap: each piece is split equally among the blocks that hold it.

Belongs here: areas within one site. Does not belong here: which blocks a site may lie in (``allocation``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_SAME_AREA = 1e-9
"""Share of a site's area by which the faces of a block may miss its own."""
_SLIVER = 1e-13
"""Share of all area below which it does not matter whose a face is."""


def polygon_shares(site: shapely.Geometry, blocks: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) share of a site's area in each block, ground covered by several blocks being split equally among them.

    All geometries in one equal-area CRS. The shares add up to the covered share of the site, at most 1.
    """
    whole = site.area
    out = np.zeros(len(blocks))
    if not whole > 0.0:
        return out
    shapely.prepare(site)
    hit = [int(j) for j in np.flatnonzero(shapely.intersects(site, blocks))]
    cut = {j: shapely.intersection(site, blocks[j]) for j in hit}
    single = {j: cut[j].area for j in hit}
    hit = [j for j in hit if single[j] > 0.0]
    if not hit:
        return out
    covered = shapely.union_all([cut[j] for j in hit]).area
    total = math.fsum(single[j] for j in hit)
    if total <= covered * (1.0 + 1e-12):
        for j in hit:
            out[j] = single[j] / whole
    else:
        out[hit] = _split(site, blocks[hit], np.array([cut[j].area for j in hit])) / whole
    sum_of = math.fsum(out)
    return out / sum_of if sum_of > 1.0 else out


def _split(site: shapely.Geometry, blocks: NDArray[Any], cut: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) area of a site in each block, ground under several of them being split equally: ``sum over faces of area / holders``.

    The outlines cut the site into faces, each under the same blocks all over, so one point of a face tells its holders.
    To cut each face by each block instead would take every one of n blocks through up to n^2 faces. ``cut`` has the area
    of each block within the site, by which the faces are checked.
    """
    x0, y0, x1, y1 = site.bounds
    margin = 1.0 + max(x1 - x0, y1 - y0)
    outlines = shapely.clip_by_rect(
        shapely.boundary(_polygons(blocks)), x0 - margin, y0 - margin, x1 + margin, y1 + margin
    )
    lines = shapely.union_all([site.boundary, *outlines])  # cut where they cross
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(lines)]))
    areas = shapely.area(faces)
    points = _inner_points(faces, areas)
    within = shapely.intersects(site, points)
    faces, areas, points = faces[within], areas[within], points[within]
    x, y = shapely.get_coordinates(points).T
    held = []  # of block and face, packed: n blocks times as many faces as they make
    for block, area in zip(blocks, cut, strict=True):
        shapely.prepare(block)
        x0, y0, x1, y1 = block.bounds
        window = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
        inside = np.zeros(len(faces), dtype=bool)
        inside[window] = shapely.intersects_xy(block, x[window], y[window])
        if abs(areas[inside].sum() - area) > _SAME_AREA * site.area:
            inside = shapely.area(shapely.intersection(faces, block)) > areas / 2  # a point lay on an outline
        held.append(np.packbits(inside))
    holders = np.zeros(len(faces), np.int64)
    for bits in held:
        holders += np.unpackbits(bits, count=len(faces))
    each = areas / np.maximum(holders, 1)
    return np.array([math.fsum(each[np.unpackbits(bits, count=len(faces)).astype(bool)]) for bits in held])


def _polygons(shapes: NDArray[Any]) -> NDArray[Any]:
    """The shapes with nothing but their polygons: a mended one may hold lines, which have no ground."""
    return np.array(
        [
            shapely.union_all([p for p in shapely.get_parts(g) if p.geom_type.endswith("Polygon")])
            if g.geom_type == "GeometryCollection"
            else g
            for g in shapes
        ],
        dtype=object,
    )


def _inner_points(faces: NDArray[Any], areas: NDArray[np.float64]) -> NDArray[Any]:
    """(n,) a point within each face; of a sliver, any of its points."""
    points = shapely.point_on_surface(faces)
    # GEOS gives a corner for some thin faces; the middle of the widest circle is never one.
    doubtful = ~shapely.contains_properly(faces, points) & (areas > _SLIVER * areas.sum())
    circles = shapely.maximum_inscribed_circle(faces[doubtful])
    points[doubtful] = shapely.get_point(circles, 0)
    return points
