"""A repair joins what overlaps, makes no hole that nobody drew, no ground from a hole, and tells the area before and after."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_files import leases, plane_area_ha
from shapely import from_wkt

from data_sources.contracts.admitting.places import BEYOND_REPAIR, NO_AREA, REPAIRED
from data_sources.contracts.shapes import repair
from data_sources.readers.survey import admit_frame

# In hundredths of a degree from 76.5 E 14.5 N: wrong drawing -> the ground that is meant
ODD = {
    "two parts that overlap": (
        "MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((2 2,6 2,6 6,2 6,2 2)))",
        "POLYGON((0 0,4 0,4 2,6 2,6 6,2 6,2 4,0 4,0 0))",
    ),
    "a part drawn twice": (
        "MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((0 0,4 0,4 4,0 4,0 0)))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ),
    "parts that share an edge": (
        "MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((2 0,4 0,4 2,2 2,2 0)))",
        "POLYGON((0 0,4 0,4 2,0 2,0 0))",
    ),
    "a hole outside its ring": (
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(8 8,9 8,9 9,8 9,8 8))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ),
    "a hole as large as a second lease, outside": (
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(5 0,9 0,9 4,5 4,5 0))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ),
    "a hole across the ring": (
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(2 1,6 1,6 3,2 3,2 1))",
        "POLYGON((0 0,4 0,4 1,2 1,2 3,4 3,4 4,0 4,0 0))",
    ),
    "holes that overlap": (
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,5 1,5 5,1 5,1 1),(3 3,7 3,7 7,3 7,3 3))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,5 1,5 3,7 3,7 7,3 7,3 5,1 5,1 1))",
    ),
    "a hole inside a hole": (
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,9 1,9 9,1 9,1 1),(3 3,7 3,7 7,3 7,3 3))",
        "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,9 1,9 9,1 9,1 1))",
    ),
    "a part that covers the hole of another": (
        "MULTIPOLYGON(((0 0,6 0,6 6,0 6,0 0),(2 2,4 2,4 4,2 4,2 2)),((1 1,5 1,5 5,1 5,1 1)))",
        "POLYGON((0 0,6 0,6 6,0 6,0 0))",
    ),
    "a ring walked twice": (
        "POLYGON((0 0,4 0,4 4,0 4,0 0,4 0,4 4,0 4,0 0))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ),
    "a ring that overlaps itself": (
        "POLYGON((0 0,6 0,6 3,2 3,2 1,4 1,4 5,0 5,0 0))",
        "POLYGON((0 0,6 0,6 3,4 3,4 5,0 5,0 0))",
    ),
    "a figure of eight": (
        "POLYGON((0 0,4 4,4 0,0 4,0 0))",
        "MULTIPOLYGON(((0 0,2 2,0 4,0 0)),((4 0,4 4,2 2,4 0)))",
    ),
    "a spike": (
        "POLYGON((0 0,4 0,4 4,2 4,2 8,2 4,0 4,0 0))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0))",
    ),
}  # fmt: skip


def ground(wkt: str) -> shapely.Geometry:
    return shapely.transform(from_wkt(wkt), lambda c: c / 100 + np.array([76.5, 14.5]))


@pytest.mark.parametrize("name", ODD)
def test_the_ground_that_is_meant_is_kept_and_both_areas_are_told(name: str) -> None:
    drawn, meant = (ground(w) for w in ODD[name])
    assert not drawn.is_valid and meant.is_valid
    got = admit_frame(leases([drawn]), "mining_leases")
    shape = got.kept.geometry.iloc[0]
    assert shape.is_valid and shapely.area(shape.symmetric_difference(meant)) < 1e-12
    told = got.flags[got.flags["reason"] == REPAIRED]["value"].iloc[0]
    before, after = (float(v.replace(",", "")) for v in re.findall(r"([\d,]+\.\d) ha", told)[:2])
    assert after == pytest.approx(plane_area_ha(meant), rel=5e-3)
    rings = [r for p in shapely.get_parts(drawn) for r in (p.exterior, *p.interiors)]
    assert before <= sum(plane_area_ha(shapely.Polygon(r)) for r in rings if shapely.Polygon(r).area) * 1.01


def test_two_overlapping_squares_are_their_union_to_the_tenth_of_a_hectare() -> None:
    got = admit_frame(leases([ground(ODD["two parts that overlap"][0])]), "mining_leases")
    assert repair.area_ha(got.kept.geometry.iloc[0]) == pytest.approx(3339.1, abs=0.5)
    told = got.flags["value"].iloc[0]
    assert "3,816.1 ha as drawn" in told or "3,816" in told
    assert "if what is covered twice were left out" in told and "2,862" in told, "both readings are named"


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(0 0,4 0,4 4,0 4,0 0))",
        "POLYGON((0 0,4 0,8 0,0 0))",
        "POLYGON((0 0,4 0,4 4,0 4,0 0),(-1 -1,5 -1,5 5,-1 5,-1 -1))",
    ],
)
def test_a_polygon_of_which_nothing_is_left_is_held(wkt: str) -> None:
    got = admit_frame(leases([ground(wkt), ground("POLYGON((0 0,4 0,4 4,0 4,0 0))")]), "mining_leases")
    assert list(got.kept["block_id"]) == ["L1"]
    assert set(got.quarantine["row"]) == {1} and BEYOND_REPAIR in set(got.quarantine["reason"])


@pytest.mark.parametrize(
    "shape",
    [
        shapely.box(76.5, 14.5, 76.51, 14.5 + 1e-12),
        shapely.box(76.5, 14.5, 76.5 + 1e-9, 14.52),
        shapely.Polygon([(76.5, 14.5), (76.55, 14.55), (76.5 + 1e-10, 14.5)]),
        shapely.box(76.5, 14.5, 76.5 + 5e-6, 14.5 + 5e-6),
        shapely.box(76.5, 14.5, 76.502, 14.5 + 5e-6),
    ],
)
def test_an_area_of_nothing_is_held(shape: shapely.Geometry) -> None:
    got = admit_frame(leases([shape, shapely.box(76.6, 14.6, 76.6002, 14.6002)]), "mining_leases")
    assert list(got.kept["block_id"]) == ["L1"], "a pit of twenty metres by twenty stays"
    assert NO_AREA in set(got.quarantine["reason"])


def test_heights_and_measures_are_dropped_on_the_way_in() -> None:
    measured = from_wkt("MULTIPOLYGON M (((76.5 14.5 1,76.6 14.5 2,76.6 14.6 3,76.5 14.5 4)))")
    both = from_wkt("POLYGON ZM ((76.7 14.5 1 9,76.8 14.5 2 9,76.8 14.6 3 9,76.7 14.5 4 9))")
    kept = admit_frame(leases([measured, both]), "mining_leases").kept.geometry.to_numpy()
    assert len(kept) == 2 and not shapely.has_z(kept).any() and not shapely.has_m(kept).any()


corner = st.tuples(st.integers(0, 9), st.integers(0, 9))
rings = st.lists(corner, min_size=3, max_size=7)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(rings, st.lists(rings, max_size=2)), min_size=1, max_size=3))
def test_whatever_is_drawn_ground_is_inside_a_ring_and_outside_that_parts_holes(parts) -> None:
    drawn = shapely.MultiPolygon([shapely.Polygon(r, holes) for r, holes in parts])
    if drawn.is_valid or drawn.is_empty:
        return
    mended = repair.mend(drawn, "x").shape
    shells = shapely.union_all([shapely.make_valid(shapely.Polygon(r)).buffer(0) for r, _ in parts])
    if mended is None:
        return
    assert mended.is_valid and set(shapely.get_type_id(shapely.get_parts(mended))) == {3}
    hull = shapely.union_all([shapely.Polygon(r).convex_hull for r, _ in parts])
    assert mended.area <= hull.area + 1e-9
    if not any(holes for _, holes in parts):
        assert mended.area >= shells.area - 1e-9, "no part of a ring is cut out"
