"""Sites to blocks: conserved within a kind, whatever the geometry."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import CrsError
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.allocation import R90_PER_SIGMA, allocate, near_weights
from scoring.waste.shares.overlaps import polygon_shares
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=17 +lat_2=19 +lat_0=18 +lon_0=78 +datum=WGS84 +units=m +no_defs"
KM = 1000.0


def to_degrees(shapes):
    return gpd.GeoSeries(shapes, crs=CRS).to_crs(4326)


def blocks_of(shapes, kind="auction_block", ids=None):
    ids = ids or [f"B{i}" for i in range(len(shapes))]
    columns = {"block_id": ids, "kind": kind, "site_id": None}
    return gpd.GeoDataFrame(columns, geometry=list(to_degrees(shapes)), crs=4326)


def sites_of(points, r90=None):
    lonlat = to_degrees([shapely.Point(p) for p in points])
    ids = [f"S{i}" for i in range(len(points))]
    table = pd.DataFrame(
        {
            "site_id": ids,
            "lon": lonlat.x,
            "lat": lonlat.y,
            "position_accuracy_m": r90 or [math.nan] * len(ids),
            "is_excluded": False,
        }
    )
    return gpd.GeoDataFrame(table, geometry=lonlat.to_list(), crs=4326)


def footprints_of(shapes):
    return gpd.GeoDataFrame(
        {"site_id": [f"S{i}" for i in range(len(shapes))]}, geometry=list(to_degrees(shapes)), crs=4326
    )


def shares(allocation, site="S0"):
    mine = allocation.shares[allocation.shares["site_id"] == site].set_index("block_id")
    return mine["inside"].to_dict(), mine["near"].to_dict()


def square(x, y, side):
    return shapely.box(x * KM, y * KM, (x + side) * KM, (y + side) * KM)


S = RankingSettings(draws=4000, seed=3)


def run(sites, footprints, blocks, s=S):
    result = allocate(sites, footprints, blocks, CRS, s)
    together = result.shares.groupby(["kind", "site_id"])[["inside", "near"]].sum().sum(axis=1)
    rest = result.unallocated.set_index(["kind", "site_id"])["unallocated"]
    total = together.reindex(rest.index, fill_value=0.0) + rest
    assert np.abs(total - 1.0).max() <= 1e-9 and (rest >= 0).all()
    assert (result.shares[["inside", "near"]] >= 0).all().all()
    return result


def test_half_in_each_of_two_blocks():
    pond = square(-0.5, 0, 1)
    inside, near = shares(
        run(sites_of([(0, 500)]), footprints_of([pond]), blocks_of([square(-5, -2, 5), square(0, -2, 5)]))
    )
    assert inside == pytest.approx({"B0": 0.5, "B1": 0.5}, abs=1e-6) and sum(near.values()) == pytest.approx(
        0, abs=1e-6
    )


def test_overlapping_blocks_of_one_kind_share_and_other_kinds_do_not():
    pond = square(0, 0, 1)
    one = blocks_of([square(-2, -2, 5), square(-1, -1, 5)])
    other = blocks_of([square(-2, -2, 6)], kind="mining_lease", ids=["M0"])
    both = gpd.GeoDataFrame(pd.concat([one, other], ignore_index=True), crs=4326)
    inside, _ = shares(run(sites_of([(500, 500)]), footprints_of([pond]), both))
    assert inside == pytest.approx({"B0": 0.5, "B1": 0.5, "M0": 1.0}, abs=1e-6)


@pytest.mark.parametrize("shift_m", [0.0, 1e-9, 1e-7, 1e-4])
def test_copies_of_one_block_share_equally_however_nearly_they_coincide(shift_m):
    rng = np.random.default_rng(3)
    angles, radii = np.sort(rng.uniform(0, 2 * np.pi, 40)), rng.uniform(600, 3000, 40)
    site = shapely.make_valid(shapely.Polygon(np.c_[radii * np.cos(angles), radii * np.sin(angles)]))
    star = shapely.affinity.rotate(shapely.affinity.scale(site, 0.7, 0.7), 20, origin=(0, 0))
    copies = [shapely.affinity.translate(star, i * shift_m, -i * shift_m) for i in range(5)]
    other = shapely.box(0, -4000, 4000, 4000)
    shares = polygon_shares(site, np.array([*copies, other], dtype=object))
    whole, both = site.area, shapely.intersection(site, star)
    alone, shared = shapely.difference(both, other).area, shapely.intersection(both, other).area
    expected = [(alone / 5 + shared / 6) / whole] * 5
    rest = shapely.difference(shapely.intersection(site, other), star).area
    assert shares == pytest.approx([*expected, (rest + shared / 6) / whole], abs=1e-6)


def test_a_collection_with_lines_gives_its_ground_alone():
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 500, 1000), shapely.LineString([(0, 0), (1000, 1000)])])
    blocks = np.array([mixed, shapely.box(250, 0, 1000, 1000)], dtype=object)
    assert polygon_shares(shapely.box(0, 0, 1000, 1000), blocks) == pytest.approx([0.375, 0.625], abs=1e-12)


@pytest.mark.parametrize("n", [20, 40, 80])
def test_the_work_of_overlapping_blocks_grows_as_they_do(n, monkeypatch):
    site = shapely.Point(0, 0).buffer(3000)
    blocks = np.array(
        [shapely.box(40 * i - 3000, 30 * i - 2000, 40 * i, 30 * i + 1000) for i in range(n)], dtype=object
    )
    asked, cut = [], []
    locate, difference = shapely.intersects_xy, shapely.difference
    monkeypatch.setattr(shapely, "intersects_xy", lambda *given: asked.append(1) or locate(*given))
    monkeypatch.setattr(shapely, "difference", lambda *given: cut.append(1) or difference(*given))
    shares = polygon_shares(site, blocks)
    assert len(asked) == n and not cut, "one look a block, and no face is cut by every block"
    assert math.fsum(shares) == pytest.approx(shapely.intersection(site, shapely.union_all(blocks)).area / site.area)


def test_a_point_on_an_outline_is_found_out(monkeypatch):
    site = shapely.box(0, 0, 1000, 1000)
    blocks = np.array([shapely.box(0, 0, 600, 1000), shapely.box(400, 0, 1000, 1000)], dtype=object)
    right = polygon_shares(site, blocks)
    corner = np.vectorize(lambda face: shapely.Point(face.exterior.coords[0]), otypes=[object])
    monkeypatch.setattr("scoring.waste.shares.overlaps._inner_points", lambda faces, areas: corner(faces))
    assert polygon_shares(site, blocks) == pytest.approx(right, abs=1e-12)
    assert right == pytest.approx([0.5, 0.5])


def test_holes_and_multipolygons():
    block = square(-5, -5, 10).difference(square(0, 0, 1))
    parts = shapely.MultiPolygon([square(0.25, 0.25, 0.5), square(2, 2, 0.5)])
    inside, _ = shares(run(sites_of([(500, 500)]), footprints_of([parts]), blocks_of([block])))
    assert inside["B0"] == pytest.approx(0.5, abs=1e-6)


def test_what_is_left_goes_near_and_tapers_to_nothing():
    point = sites_of([(0, 0)])
    result = run(point, None, blocks_of([square(1, -1, 2), square(-6.5, -1, 2), square(20, 20, 1)]))
    inside, near = shares(result)
    assert not any(inside.values())
    assert near["B0"] == pytest.approx(math.exp(-0.5), rel=1e-3)
    assert near["B1"] == pytest.approx(math.exp(-4.5 / 2) * 0.5, rel=5e-2) and "B2" not in near
    assert near_weights(np.array([0.0, 0.0, 1.0]), 5, 2, 1).sum() == pytest.approx(1.0)
    assert near_weights(np.array([3.999, 4.5, 5.0, 7.0]), 5, 2, 1) == pytest.approx(
        [math.exp(-3.999 / 2), math.exp(-2.25) / 2, 0, 0]
    )


def test_a_point_on_a_border_is_counted_once():
    inside, _ = shares(run(sites_of([(0, 0)]), None, blocks_of([square(-2, -1, 2), square(0, -1, 2)])))
    assert sum(inside.values()) == pytest.approx(1.0)


def test_position_error_is_drawn():
    r90 = 2146.0  # sigma of 1 km
    result = run(sites_of([(0, 0)], [r90]), None, blocks_of([shapely.box(0, -1e5, 1e5, 1e5)]))
    inside, _ = shares(result)
    assert inside["B0"] == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(S.draws))
    draws = result.points[("B0", "S0")]
    assert len(draws.draws) == round(inside["B0"] * S.draws) and (draws.share == 1.0).all()
    circle = blocks_of([shapely.Point(0, 0).buffer(r90, quad_segs=64)])
    assert shares(run(sites_of([(0, 0)], [r90]), None, circle))[0]["B0"] == pytest.approx(0.9, abs=0.02)
    assert pytest.approx(math.sqrt(2 * math.log(10)), abs=1e-3) == R90_PER_SIGMA


def test_a_waste_block_holds_its_own_site_whole():
    sites = sites_of([(0, 0), (500, 0)], [3000.0, 3000.0])
    blocks = waste_blocks(
        sites.assign(name="x", state="", district="", host_commodity="", lease_status="", source="s"), None
    )
    result = run(sites, None, blocks)
    assert result.shares[["block_id", "inside", "near"]].to_numpy().tolist() == [
        ["WB-S0", 1.0, 0.0],
        ["WB-S1", 1.0, 0.0],
    ]
    assert blocks["geometry_basis"].tolist() == ["position_circle"] * 2 and blocks["area_ha"].isna().all()
    assert set(blocks.geom_type) == {"MultiPolygon"}


def test_sites_without_a_position_and_blocks_without_a_geometry():
    sites = sites_of([(0, 0)])
    sites.loc[0, ["lon", "lat"]] = math.nan
    result = run(sites, None, blocks_of([shapely.MultiPolygon(), square(0, 0, 1)]))
    assert len(result.shares) == 0 and result.unallocated["unallocated"].tolist() == [1.0]


def test_areas_in_a_conformal_crs_are_refused():
    with pytest.raises(CrsError):
        allocate(sites_of([(0, 0)]), None, blocks_of([square(0, 0, 1)]), "EPSG:7755", S)


boxes = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.2, 4))


@given(st.lists(boxes, min_size=1, max_size=6), st.lists(boxes, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_overlaps_conserve_the_site(blocks, parts):
    shapes = np.array([square(*b) for b in blocks], dtype=object)
    site = shapely.union_all([square(*p) for p in parts])
    out = polygon_shares(site, shapes)
    covered = shapely.intersection(site, shapely.union_all(shapes)).area / site.area
    assert out.min() >= 0 and math.fsum(out) == pytest.approx(covered, abs=1e-9)
