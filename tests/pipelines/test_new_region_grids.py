"""Files of several offices, as they send them: metres of a UTM zone that a column names, lists with assays, outlines with a stock."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from offices import home, inventory, proposed
from pyproj import Transformer
from shapely.geometry import Point, box

from data_sources.proposing.guessing import metres_of, names_wastes, utm_crs_of
from data_sources.regions import load_region
from data_sources.register.routes import known_routes

__all__ = ["home"]
HEAPS = {"JT-1": (73.84, 24.45), "JT-2": (73.86, 24.46), "MT-1": (73.78, 24.53)}


def offices(folder: Path) -> Path:
    """A register in degrees, heaps in metres of zone 43, stacks drawn as polygons, a State's list with assays, stream sediments."""
    folder.mkdir()
    ponds = {"Pond": ["Amba", "Bela"], "Latitude": [24.35, 24.37], "Longitude": [73.71, 73.74], "Type of waste": ["Zn-Pb tailings"] * 2,
             "Qty (lakh t)": [60, 70], "Zn (%)": [1.1, 0.9]}  # fmt: skip
    pd.DataFrame(ponds).to_excel(folder / "ponds.xlsx", index=False)
    to_metres = Transformer.from_crs(4326, 32643, always_xy=True)
    east, north = to_metres.transform(*np.array(list(HEAPS.values())).T)
    heaps = {"Heap_No": list(HEAPS), "Material": ["Phosphate tailings", "Phosphate tailings", "Reject"], "Easting_m": east.round(), "Northing_m": north.round(),
             "UTM_Zone": ["43N"] * 3, "Tonnage (t)": ["1,24,50,000", "88,20,000", "9,00,000"], "Y_ppm": [11, 13, 17]}  # fmt: skip
    pd.DataFrame(heaps).to_csv(folder / "phosphate_heaps.csv", index=False)
    stacks = {
        "Stack_ID": ["PG-01", "PG-02"],
        "Category": ["Phosphogypsum", "Mineral gypsum reject"],
        "Qty_million_t": [9.6, 4.85],
        "Sr_ppm": [2900, 3100],
    }
    shapes = [box(74.62, 24.94, 74.63, 24.95), box(73.80, 24.60, 73.81, 24.61)]
    gpd.GeoDataFrame(stacks, geometry=shapes, crs=4326).to_file(folder / "gypsum_stacks.kml", driver="KML")
    listed = {"Ash Pond / Red Mud ID": ["K-1", "K-2"], "Type of waste": ["Fly Ash", "fly-ash"], "Lat (N)": [24.7, 24.8], "Long (E)": [74.1, 74.2],
              "Qty (tonne)": ["9,84,00,000", "5,12,00,000"], "Sc (ppm)": [27, 24], "Ga (ppm)": [38, 36], "La (ppm)": [60, 61]}  # fmt: skip
    pd.DataFrame(listed).to_csv(folder / "DGM_ash_list.csv", index=False)
    rng = np.random.default_rng(7)
    samples = {f"{e}_PPM": rng.lognormal(2, 0.3, 40).round(1) for e in ("LA", "CE", "Y", "SC", "ZN", "PB")}
    places = [Point(73.6 + 0.02 * i, 24.4 + 0.005 * i) for i in range(40)]
    gpd.GeoDataFrame({"SAMPLE_NO": [f"S{i}" for i in range(40)], **samples}, geometry=places, crs=4326).to_file(
        folder / "stream_sediment.gpkg"
    )
    return folder


@pytest.fixture
def told(home, tmp_path, capsys):
    return proposed(offices(tmp_path / "files"), capsys)


def test_every_office_is_placed_and_their_registers_are_one(told):
    assert told["unplaced"] == []
    region = load_region("belt")
    assert {s.name for s in region.waste.sources} == {"ponds", "gypsum_stacks", "dgm_ash_list"}, (
        "the first has most sites"
    )
    assert "stream_sediments" in region.layers and "outlines" not in region.layers
    got = inventory()
    stock = got.tonnages.assign(own=got.tonnages["site_id"].str.rpartition("-", expand=True)[2])
    assert sorted(stock["tonnage_mode_mt"]) == pytest.approx([0.9, 4.85, 6.0, 7.0, 8.82, 9.6, 12.45, 51.2, 98.4])
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"]


def test_metres_lie_where_their_column_says(told):
    sites = inventory().sites
    for heap, (lon, lat) in HEAPS.items():
        (place,) = sites.loc[sites["site_id"].str.endswith(heap), "geometry"]
        assert place.distance(Point(lon, lat)) < 1e-4
    row = next(r for r in told["placed"] if r["file"] == "phosphate_heaps.csv" and r["layer"] == "waste_sites")
    assert row["crs"] == "EPSG:32643"
    assert any("UTM_Zone (43N)" in text and "WGS 84 where no datum is said" in text for text in row["look_at"])


def test_outlines_with_a_kind_are_sites_and_drawn(told):
    got = inventory()
    drawn = got.footprints.set_index("site_id").geometry
    (stack,) = [s for s in drawn.index if s.endswith("PG-01")]
    assert (
        drawn[stack].equals_exact(box(74.62, 24.94, 74.63, 24.95), 1e-6)
        or drawn[stack].symmetric_difference(box(74.62, 24.94, 74.63, 24.95)).area < 1e-9
    )


@pytest.mark.parametrize(
    ("east", "north", "more", "crs"),
    [
        ("Easting_m", "Northing_m", {"UTM_Zone": ["43N", "43N"]}, "EPSG:32643"),
        ("Easting", "Northing", {"Zone": [44, 44]}, "EPSG:32644"),
        ("Easting", "Northing", {"Projection": ["WGS 84 / UTM zone 45N"] * 2}, "EPSG:32645"),
        ("X_UTM", "Y_UTM", {"EPSG": [32643, 32643]}, "EPSG:32643"),
        ("Easting_43N", "Northing_43N", {}, "EPSG:32643"),
        ("Easting (UTM 44)", "Northing (UTM 44)", {}, "EPSG:32644"),
        ("Easting", "Northing", {"Zone": ["43N", "44N"]}, None),
        ("Easting", "Northing", {"Zone": ["North", "North"]}, None),
        ("Easting", "Northing", {"Zone": [7, 7]}, None),
        ("Easting", "Northing", {"Datum": ["Everest 1830"] * 2}, None),
        ("Easting", "Northing", {}, None),
    ],
)
def test_a_zone_is_taken_where_the_table_says_one(east, north, more, crs):
    frame = pd.DataFrame({east: [384971, 385786], north: [2706082, 2705400], **more})
    pair = metres_of(frame)
    assert pair == (east, north)
    found = utm_crs_of(frame, pair)
    assert (found[0] if found else None) == crs


@pytest.mark.parametrize(
    ("column", "values", "names"),
    [
        ("Material", ["Fly Ash", "Pond ash"], True), ("Kind", ["red_mud", "red_mud"], True), ("Category", ["FGD gypsum", "Gypsum reject"], True),
        ("Sample type", ["Stream sediment", "Stream sediment"], False), ("Lithology", ["Granite", "Laterite"], False),
        ("Sand type", ["Stream sand", "Beach sand"], False), ("Type", ["Soil", "Soil"], False),
    ],
)  # fmt: skip
def test_a_column_names_wastes_or_it_does_not(column, values, names):
    frame = pd.DataFrame({"id": ["a", "b"], column: values})
    assert names_wastes(frame, frozenset(known_routes())) == (column if names else "")
