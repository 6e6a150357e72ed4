"""Measures and heights go on the way in, whatever file carries them; positions and areas stay."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from odd_files import SQUARE, gpkg_of_wkb, leases
from shapely import from_wkt

from data_sources.readers.survey import read_layer

RING = "76.5 14.5{0},76.6 14.5{0},76.6 14.6{0},76.5 14.6{0},76.5 14.5{0}"
SHAPES = {"M": RING.format(" 7"), "Z": RING.format(" 450"), "ZM": RING.format(" 450 7")}


def shape(kind: str, many: bool = True) -> shapely.Geometry:
    return from_wkt(f"MULTIPOLYGON {kind} ((({SHAPES[kind]})))" if many else f"POLYGON {kind} (({SHAPES[kind]}))")


def as_table(file: Path, kind: str) -> Path:
    file.write_text(f'lease_no,wkt\nL0,"MULTIPOLYGON {kind} ((({SHAPES[kind]})))"\n')
    return file


def as_gpkg(file: Path, kind: str) -> Path:
    z, m = ("Z" in kind) * 1, "M" in kind
    return gpkg_of_wkb(file, [shapely.to_wkb(shape(kind), flavor="iso")], "MULTIPOLYGON", z=2 if m and not z else z)


def as_parquet(file: Path, kind: str) -> Path:
    leases([SQUARE]).to_parquet(file)
    table = pq.read_table(file)
    wkb = pa.array([shapely.to_wkb(shape(kind), flavor="iso")], pa.binary())
    at = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(at, table.schema.field(at), wkb), file)
    return file


def by_gdal(file: Path, kind: str) -> Path:
    """What GeoPandas writes has heights and no measures."""
    leases([shape(kind)]).to_file(file)
    return file


def as_kml(file: Path, kind: str) -> Path:
    ring = " ".join(",".join(p.split()) for p in SHAPES[kind].split(","))
    file.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><ExtendedData><Data name="lease_no"><value>L0</value></Data>'
        f"</ExtendedData><Polygon><altitudeMode>absolute</altitudeMode><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
        "</LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    return file


CASES = [
    *((k, "l.csv", as_table) for k in SHAPES), *((k, "l.gpkg", as_gpkg) for k in SHAPES), *((k, "l.parquet", as_parquet) for k in SHAPES),
    ("Z", "l.shp", by_gdal), ("Z", "l.fgb", by_gdal), ("Z", "l.geojson", by_gdal), ("Z", "l.gdb", by_gdal), ("Z", "l.kml", as_kml),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "write"), CASES, ids=[f"{k} in {n[2:]}" for k, n, _ in CASES])
def test_a_lease_with_heights_or_measures_is_plane(tmp_path: Path, kind: str, name: str, write) -> None:
    got = read_layer(write(tmp_path / name, kind), "mining_leases")
    kept = got.kept.geometry.iloc[0]
    assert len(got.kept) == 1 and not kept.has_z and not shapely.has_m(kept)
    assert kept.bounds == pytest.approx((76.5, 14.5, 76.6, 14.6)) and kept.geom_type == "MultiPolygon"
    assert got.kept["area_ha"].iloc[0] == pytest.approx(11924.4, abs=0.5)


@pytest.mark.parametrize("kind", ["M", "ZM"])
def test_a_shapefile_of_polygons_with_measures(tmp_path: Path, kind: str) -> None:
    """Type 25 and 15 of Esri's description, record by record: heights and measures stand behind the points."""
    import struct

    leases([SQUARE]).to_file(tmp_path / "m.shp")
    code, n = (25, 5) if kind == "M" else (15, 5)
    body = struct.pack("<i4d2i", code, *SQUARE.bounds, 1, n) + struct.pack("<i", 0)
    ring = [(76.5, 14.5), (76.5, 14.51), (76.51, 14.51), (76.51, 14.5), (76.5, 14.5)]
    body += b"".join(struct.pack("<2d", *p) for p in ring)
    body += struct.pack("<7d", 400, 400, *[400.0] * n) * (kind == "ZM") + struct.pack("<7d", 1, 5, 1, 2, 3, 4, 5)
    whole = 100 + 8 + len(body)
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, whole // 2) + struct.pack(
        "<2i8d", 1000, code, *SQUARE.bounds, 0, 0, 1, 5
    )
    (tmp_path / "m.shp").write_bytes(head + struct.pack(">2i", 1, len(body) // 2) + body)
    index = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 54) + head[28:]
    (tmp_path / "m.shx").write_bytes(index + struct.pack(">2i", 50, len(body) // 2))
    kept = read_layer(tmp_path / "m.shp", "mining_leases").kept.geometry.iloc[0]
    assert not kept.has_z and not shapely.has_m(kept) and kept.bounds == pytest.approx((76.5, 14.5, 76.51, 14.51))


def test_points_of_a_survey_with_heights_are_plane(tmp_path: Path) -> None:
    points = gpd.points_from_xy([76.5, 76.6], [14.5, 14.6], [450, 455])
    frame = gpd.GeoDataFrame({"sample_id": ["a", "b"], "Cu_ppm": [30.0, 31.0]}, geometry=points, crs=4979)
    frame.to_file(tmp_path / "p.gpkg")
    kept = read_layer(tmp_path / "p.gpkg", "stream_sediments").kept
    assert (
        kept["Cu_ppm"].tolist() == [30, 31]
        and not kept.geometry.has_z.any()
        and kept.geometry.x.tolist() == [76.5, 76.6]
    )
