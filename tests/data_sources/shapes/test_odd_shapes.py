"""Arcs, surfaces, heights and damaged shapes: each is read or told, none ends in a raw error of a library."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import pytest
import shapely
from odd_files import SQUARE, arc_circle, gpkg_of_wkb, half_arc_curve, plane_area_ha, tin

from data_sources.connectors.files import read_file
from data_sources.connectors.vectors.plain_shapes import ARC, NOT_A_SHAPE, SURFACE
from data_sources.readers.survey import read_layer


def disc_ha(r: float) -> float:
    return plane_area_ha(shapely.Point(76.5, 14.5).buffer(r, quad_segs=2000))


@pytest.mark.parametrize(("declared", "z"), [("CURVEPOLYGON", 0), ("GEOMETRY", 0), ("GEOMETRY", 2), ("SURFACE", 0)])
def test_a_circle_is_straightened_and_says_so(tmp_path: Path, declared: str, z: int) -> None:
    file = gpkg_of_wkb(tmp_path / "c.gpkg", [arc_circle(76.5, 14.5, 0.01), SQUARE.wkb], declared, z=z)
    with warnings.catch_warnings(record=True) as raw:
        warnings.simplefilter("always")
        got = read_layer(file, "mining_leases")
    assert [str(w.message) for w in raw if w.category is not DeprecationWarning] == []
    assert len(got.kept) == 2 and got.report["rows_quarantined"] == 0
    assert plane_area_ha(got.kept.geometry.iloc[0]) == pytest.approx(disc_ha(0.01), rel=2e-4)
    marks = got.flags[got.flags["reason"] == ARC]
    assert list(marks["row"]) == [1], "the square beside it has no arc"


def test_half_a_disc_of_an_arc_and_a_line_in_a_multisurface_is_read(tmp_path: Path) -> None:
    file = gpkg_of_wkb(tmp_path / "m.gpkg", [SQUARE.wkb, half_arc_curve(76.5, 14.5, 0.01)], "MULTISURFACE")
    got = read_layer(file, "mining_leases")
    assert plane_area_ha(got.kept.geometry.iloc[1]) == pytest.approx(disc_ha(0.01) / 2, rel=2e-3)
    assert list(got.flags[got.flags["reason"] == ARC]["row"]) == [2]


@pytest.mark.parametrize(("kind", "declared"), [(1016, "TIN"), (1015, "POLYHEDRALSURFACE"), (1016, "GEOMETRY")])
def test_a_surface_of_triangles_is_the_ground_it_covers(tmp_path: Path, kind: int, declared: str) -> None:
    a, b, c, d = ((76.5, 14.5, 5.0), (76.51, 14.5, 6.0), (76.51, 14.51, 7.0), (76.5, 14.51, 8.0))
    file = gpkg_of_wkb(
        tmp_path / "t.gpkg", [tin([(a, b, c), (a, c, d)], kind=kind)], declared, z=2 if declared == "GEOMETRY" else 1
    )
    with warnings.catch_warnings(record=True) as raw:
        warnings.simplefilter("always")
        got = read_layer(file, "mining_leases")
    assert [str(w.message) for w in raw if w.category is not DeprecationWarning] == []
    shape = got.kept.geometry.iloc[0]
    assert shapely.area(shape.symmetric_difference(SQUARE)) < 1e-12 and not shape.has_z
    assert SURFACE in set(got.flags["reason"])


@pytest.mark.parametrize("columns", [("block_id", "name"), ("name",)])
def test_the_type_geometry_with_heights_is_read_plane_with_its_columns(
    tmp_path: Path, columns: tuple[str, ...]
) -> None:
    high = shapely.force_3d(SQUARE, 10)
    file = gpkg_of_wkb(tmp_path / "z.gpkg", [shapely.to_wkb(high, flavor="iso"), SQUARE.wkb], "GEOMETRY", z=1)
    got = read_file(file)
    assert list(got.columns) == ["block_id", "name", "geometry"] and set(columns) <= set(got.columns)
    assert list(got["block_id"]) == ["L0", "L1"] and got.crs == "EPSG:4326"
    assert len(read_layer(file, "mining_leases").kept) == 2


def test_a_damaged_shape_is_held_and_the_others_are_kept(tmp_path: Path) -> None:
    broken = struct.pack("<BII", 1, 3, 1) + struct.pack("<I", 2) + struct.pack("<dddd", 76.5, 14.5, 76.6, 14.6)
    file = gpkg_of_wkb(tmp_path / "b.gpkg", [SQUARE.wkb, broken], "POLYGON")
    got = read_layer(file, "mining_leases")
    assert list(got.kept["block_id"]) == ["L0"]
    assert NOT_A_SHAPE in set(got.quarantine["reason"]) and set(got.quarantine["row"]) == {2}
