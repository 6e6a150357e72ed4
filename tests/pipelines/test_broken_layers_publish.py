"""A region whose leases hold curves, whose faults cannot be read and whose grid is cut short is published all the same."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import yaml

ROOT = Path(__file__).resolve().parents[2]
SITES = "site_id,name,lat,lon,waste_type_code,route_code,state,district\nD-1,Delta,14.61,76.62,cu_flotation_tailings,flotation_cu,Karnataka,Chitradurga\n"
TONNAGES = "tonnage_id,site_id,tonnage_min_mt,tonnage_mode_mt,tonnage_max_mt,basis_code,knowledge_class,is_preferred\nt1,D-1,8,8.7,9.4,published,G2,True\n"
GRADES = "grade_id,site_id,element,element_kind,value_min,value_mode,value_max,unit,basis_code,knowledge_class,use\ng1,D-1,Cu,element,0.3,0.44,0.6,%,assay,G2,1\n"


def _line(kind: int, points: list[tuple[float, float]]) -> bytes:
    """A line (2) or an arc (8) of these points."""
    return struct.pack("<BII", 1, kind, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def leases_with_curves(file: Path) -> None:
    """Four leases: a whole circle, half a disc of an arc and its chord, a surface of several parts, and a plain square."""
    square = shapely.box(76.7, 14.7, 76.71, 14.71)
    names = ["ARC", "HALF", "PARTS", "PLAIN"]
    frame = gpd.GeoDataFrame({"block_id": names, "name": "lease"}, geometry=[square] * 4, crs=4326)
    frame.to_file(file, layer="leases")
    circle = _line(8, [(76.5, 14.5), (76.51, 14.51), (76.52, 14.5), (76.51, 14.49), (76.5, 14.5)])
    arc, chord = _line(8, [(76.6, 14.5), (76.61, 14.51), (76.62, 14.5)]), _line(2, [(76.62, 14.5), (76.6, 14.5)])
    half = struct.pack("<BII", 1, 9, 2) + arc + chord
    surfaces = [struct.pack("<BII", 1, 10, 1) + ring for ring in (circle, half)]
    parts = struct.pack("<BII", 1, 12, 2) + b"".join(surfaces)
    with closing(sqlite3.connect(file)) as base:
        for (name,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{name}"')
        base.execute("update gpkg_geometry_columns set geometry_type_name = 'GEOMETRY'")
        for row, shape in enumerate((*surfaces, parts), 1):
            base.execute("update leases set geom = ? where fid = ?", (b"GP\0\1" + struct.pack("<i", 4326) + shape, row))
        base.commit()


@pytest.mark.integration
def test_one_broken_layer_stops_no_other(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "regions").mkdir()
    for name, text in (("sites", SITES), ("tonnages", TONNAGES), ("grades", GRADES)):
        (data / f"{name}.csv").write_text(text)
    leases_with_curves(data / "leases.gpkg")
    (data / "faults.gpkg").write_bytes(b"SQLite format 3\0" + b"\xff" * 3000)
    (data / "auctions.fgb").write_bytes(b"fgb\x03fgb\x00" + b"\xff" * 300)
    (data / "grid.tif").write_bytes(b"II*\0" + b"\xff" * 300)
    region = {
        "name": "broken_layers", "title": "Broken layers", "description": "One of each.", "extent_deg": [76.0, 14.0, 77.5, 15.5],
        "crs": "+proj=aea +lat_1=14.3 +lat_2=15.2 +lat_0=14.75 +lon_0=76.75 +datum=WGS84 +units=m +no_defs",
        "grid": {"cell_m": 2000, "pad_m": 10000}, "units": ["waste_block", "auction_block", "mining_lease"],
        "layers": {
            "mining_leases": {"card": "own_blocks", "path": "leases.gpkg"},
            "auction_blocks": {"card": "own_blocks", "path": "auctions.fgb"},
            "faults": {"card": "ngdr_faults_karnataka_andhra", "path": "faults.gpkg"},
            "geophysics": {"card": "evidence_cube_karnataka_andhra", "path": "grid.tif"},
        },
        "waste": {"sources": [{"card": "own_waste_table", "name": "mine", "path": "sites.csv", "tonnages": "tonnages.csv", "grades": "grades.csv"}]},
        "ranking": {"basket": "all_recoverable", "price_deck": "2025e", "draws": 200},
    }  # fmt: skip
    (tmp_path / "regions" / "broken_layers.yaml").write_text(yaml.safe_dump(region))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {"KHANIJ_HOME": str(tmp_path), "KHANIJ_REGIONS": str(tmp_path / "regions"), "KHANIJ_DATA": str(data)}
    command = [sys.executable, "-m", "pipelines.cli", "run", "--region", "broken_layers"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stderr[-3000:]
    with closing(sqlite3.connect(tmp_path / "output" / "broken_layers" / "ranked_blocks.gpkg")) as base:
        blocks = {r[0] for r in base.execute("select block_id from ranked_blocks where kind = 'mining_lease'")}
        held = base.execute("select layer, reason from quarantine where row is null or row = ''").fetchall()
    assert blocks == {"ARC", "HALF", "PARTS", "PLAIN"}
    told = dict(held)
    for layer, file in (("faults", "faults.gpkg"), ("auction_blocks", "auctions.fgb"), ("geophysics", "grid.tif")):
        assert file in told[layer] and "What to do" in told[layer] and str(tmp_path) not in told[layer]
