"""The files of the sample district: schemas, counts, geometry, identities, and that every planted defect is there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from data_sources.reference import load_table
from data_sources.sheets import normalise_many, sheets_of
from khanij.sample import SAMPLE_DISTRICT, Manifest
from khanij.sample.defects import SENTINEL
from khanij.sample.geophysics import normal_gravity_mgal
from khanij.sample.layers import LITHOLOGIC

Sample = tuple[Path, Manifest]
MAJORS = ["sio2", "al2o3", "fe2o3", "tio2", "cao", "mgo", "mno", "na2o", "k2o", "p2o5", "loi"]


def _sediments(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "stream_sediments.csv", dtype=str)


def test_sediment_table_has_the_71_columns_of_the_survey(district: Sample) -> None:
    frame = _sediments(district[0])
    assert frame.shape == (SAMPLE_DISTRICT.samples, 71)
    assert list(frame.columns[:5]) == ["gid", "objectid", "sampleno", "longitude", "latitude"]
    for name in ("as_", "in_", "toposheet", "lu", "hf", "pd", "f", "hg", "loi"):
        assert name in frame.columns


def test_manifest_names_every_file_with_its_bytes(district: Sample) -> None:
    folder, manifest = district
    written = {p.name for p in folder.iterdir()} - {"manifest.json", "README.txt"}
    assert written == set(manifest.files)
    for name, entry in manifest.files.items():
        assert (folder / name).stat().st_size == entry["bytes"]
    assert manifest.mark == "SAMPLE - NOT REAL"
    assert manifest.files["magnetic_stations.gpkg"]["rows"] == SAMPLE_DISTRICT.magnetic_stations
    assert manifest.files["gravity_stations.gpkg"]["rows"] == SAMPLE_DISTRICT.gravity_stations


def test_made_up_places_are_marked(district: Sample) -> None:
    folder = district[0]
    for name, column in (("auction_blocks.gpkg", "name"), ("mining_leases.gpkg", "lessee"), ("states.gpkg", "state")):
        texts = gpd.read_file(folder / name)[column]
        assert texts.str.contains("SAMPLE").all(), name
    sites = pd.read_csv(folder / "waste_sites.csv")
    assert sites["name"].str.contains("(SAMPLE)", regex=False).all()
    assert sites["source"].str.contains("NOT REAL").all()
    with rasterio.open(folder / "geophysics.tif") as raster:
        assert raster.tags()["NOTE"] == "SAMPLE - NOT REAL"


def test_clean_samples_close_to_100_per_cent(district: Sample) -> None:
    frame = _sediments(district[0])
    total = frame[MAJORS].astype(float).sum(axis=1)
    outside = (total > 102) | (total < 94)
    truth = json.loads((district[0] / "truth.json").read_text())
    planted = {str(d["row"]) for d in truth["defects"] if d["field"] in ("sio2", "al2o3")}
    assert set(frame.loc[outside, "gid"]) == planted
    assert total[~outside].median() == pytest.approx(99.6, abs=0.6)


def test_traces_stand_near_the_crust_in_the_units_of_the_card(district: Sample) -> None:
    folder, manifest = district
    frame = _sediments(folder)
    units = manifest.units["stream_sediments.csv"]
    crust = load_table("elements").set_index("element")["ucc_ppm"]
    off = {}
    for column, unit in units.items():
        element = column.strip("_").title()
        if unit in ("ppm", "ppb") and element in crust.index and np.isfinite(crust[element]):
            values = pd.to_numeric(frame[column], errors="coerce")
            ppm = values[values > 0].median() * (1e-3 if unit == "ppb" else 1.0)
            off[column] = ppm / crust[element]
    wrong = [c for c, ratio in off.items() if not 0.1 < ratio < 10]
    assert wrong == ["ag"], wrong
    assert 500 < off["ag"] < 5000


def test_lithology_covers_the_extent_once(district: Sample) -> None:
    frame = gpd.read_file(district[0] / "lithology.gpkg")
    assert set(frame["lithologic"]) == set(LITHOLOGIC)
    assert (~frame.is_valid).sum() == 1
    whole = frame[frame.is_valid]
    assert whole.geom_type.eq("Polygon").all()
    assert float(shapely.area(whole.geometry.to_numpy()).sum()) == pytest.approx(1.0, abs=2e-4)
    assert shapely.union_all(whole.geometry.to_numpy()).area == pytest.approx(1.0, abs=2e-4)
    assert frame["uid_notati"].is_unique


def test_stations_obey_their_own_formulae(district: Sample) -> None:
    mag = gpd.read_file(district[0] / "magnetic_stations.gpkg")
    mag = mag[mag["magnetic_a"] > SENTINEL / 10]
    assert np.allclose(mag["observed_m"] - mag["igrf_nt"], mag["magnetic_a"], atol=0.051)
    grav = gpd.read_file(district[0] / "gravity_stations.gpkg")
    grav = grav[grav["bouguer_an"] > SENTINEL / 10]
    bouguer = grav["observed_g"] - grav["theoretica"] + (0.3086 - 0.1119) * grav["elevation_"]
    assert np.allclose(bouguer, grav["bouguer_an"], atol=0.002)
    assert np.allclose(grav["longitude_"], grav.geometry.x) and np.allclose(grav["latitude_r"], grav.geometry.y)
    assert grav["elevation_"].min() > 0


def test_normal_gravity_at_equator_and_pole() -> None:
    """GRS80: 978,032.67715 mGal at the equator, 983,218.63685 mGal at the pole (Moritz 2000)."""
    assert normal_gravity_mgal(np.array([0.0, 90.0])) == pytest.approx([978_032.67715, 983_218.63685], abs=1e-3)


def test_raster_has_named_bands_in_utm(district: Sample) -> None:
    with rasterio.open(district[0] / "geophysics.tif") as raster:
        assert raster.descriptions == ("RTP", "BGA", "eK", "eU", "eTh")
        assert raster.units == ("nT", "mGal", "%", "ppm", "ppm")
        assert raster.crs.to_epsg() == 32643
        eth = raster.read(5)
        assert 4 < np.nanmedian(eth) < 30


def test_sample_numbers_are_unique_but_for_the_planted_one(district: Sample) -> None:
    frame = _sediments(district[0])
    assert frame["sampleno"].duplicated().sum() == 1
    assert frame.duplicated(["longitude", "latitude"]).sum() == 3


def test_sheets_agree_with_coordinates_in_every_spelling(district: Sample) -> None:
    frame = _sediments(district[0])
    styles = Counter("/" in t[:5] or "-" in t[:5] for t in frame["sampleno"])
    assert styles[True] > 100 and styles[False] > 1000
    where = sheets_of(frame["longitude"].astype(float).to_numpy(), frame["latitude"].astype(float).to_numpy())
    different = int((where != normalise_many(frame["toposheet"])).sum())
    # Three samples with another's coordinates, one with swapped axes, one far east.
    assert 2 <= different <= 5


def test_waste_tables_keep_the_rules_of_the_register(district: Sample) -> None:
    folder = district[0]
    sites, tonnages, grades, constraints = (
        pd.read_csv(folder / f"{n}.csv") for n in ("waste_sites", "site_tonnages", "site_grades", "site_constraints")
    )
    for name, frame in (("waste_sites", sites), ("site_tonnages", tonnages), ("site_grades", grades)):
        assert list(frame.columns) == list(load_table(name).columns)
    assert sites["site_id"].is_unique
    assert tonnages[tonnages["is_preferred"]].groupby("site_id").size().eq(1).all()
    assert set(tonnages["site_id"]) == set(sites["site_id"])
    assert grades[grades["use"] == 1].groupby(["site_id", "element"]).size().max() == 1
    routes = load_table("routes").set_index("route_code")["waste_type_codes"].str.split(";")
    for site in sites.itertuples():
        assert site.waste_type_code in routes[site.route_code]
    real = load_table("site_constraints")
    assert set(constraints["gate_code"]) <= set(real["gate_code"])
    assert {"hard", "leased", "soft"} <= set(constraints["gate_code"])
    assert sites["lon"].isna().sum() == 1 and sites["is_excluded"].sum() == 1


def test_footprints_and_blocks_offer_the_hard_geometries(district: Sample) -> None:
    folder = district[0]
    prints = gpd.read_file(folder / "waste_footprints.gpkg").set_index("site_id")
    blocks = gpd.read_file(folder / "auction_blocks.gpkg")
    assert prints.geom_type.eq("MultiPolygon").all()
    assert any(part.interiors for shape in prints.geometry for part in shape.geoms)
    assert any(len(shape.geoms) > 1 for shape in prints.geometry)
    share = gpd.overlay(prints.reset_index()[["site_id", "geometry"]], blocks[["block_id", "geometry"]])
    inside = share.to_crs("+proj=aea +lat_1=17.7 +lat_2=18.3 +lon_0=78").area.to_numpy() / 1e4
    part = inside / prints.loc[share["site_id"], "area_ha"].to_numpy()
    assert ((part > 0.05) & (part < 0.95)).any(), "no site is cut by a block's border"
    assert (part > 0.99).any(), "no site lies whole in a block"
    assert blocks["block_id"].is_unique and len(blocks) == SAMPLE_DISTRICT.auction_blocks


def test_every_planted_defect_is_in_its_file(district: Sample) -> None:
    folder = district[0]
    truth = json.loads((folder / "truth.json").read_text())
    keys = {
        "stream_sediments.csv": "gid",
        "waste_sites.csv": "site_id",
        "site_tonnages.csv": "tonnage_id",
        "site_grades.csv": "grade_id",
    }
    frames = {name: pd.read_csv(folder / name, dtype=str).set_index(key) for name, key in keys.items()}
    checked = 0
    for defect in truth["defects"]:
        if defect["file"] in frames and defect["row"] not in ("all", "many"):
            found = frames[defect["file"]].loc[str(defect["row"]), defect["field"]]
            try:
                assert float(found) == pytest.approx(float(defect["now"]))
            except ValueError:
                assert found == defect["now"]
            checked += 1
    assert checked >= 15
    kinds = {d["kind"] for d in truth["defects"]}
    assert len(kinds) >= 20
    points = gpd.read_file(folder / "mineralization.gpkg")
    assert (points.geometry.y.abs() < 0.01).sum() == 1
    assert gpd.read_file(folder / "faults.gpkg")["fault_name"].eq("BLANK").all()
    assert gpd.read_file(folder / "mining_leases_unknown_crs.gpkg").crs is None
    sediments = frames["stream_sediments.csv"]
    assert sediments["te"].str.startswith("<").sum() > 50 and sediments["te"].astype(str).eq("0.0").sum() > 50


def test_truth_is_about_what_is_published(district: Sample) -> None:
    folder = district[0]
    truth = json.loads((folder / "truth.json").read_text())
    deposits = pd.DataFrame(truth["deposits"])
    occurrences = gpd.read_file(folder / "mineralization.gpkg")
    rare = occurrences[occurrences["commodity"].str.contains("RARE EARTHS")]
    assert deposits["is_published"].sum() == len(rare) == SAMPLE_DISTRICT.published_deposits
    published = deposits[deposits["is_published"]]
    near = [
        min(np.hypot((published["lon"] - p.x) * 105_900, (published["lat"] - p.y) * 110_600)) for p in rare.geometry
    ]
    assert max(near) < 700
    tonnes = pd.DataFrame(truth["sites"]).set_index("site_id")["true_tonnage_mt"]
    assert 30 < tonnes["SMP-TSF-001"] < 55
