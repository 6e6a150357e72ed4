"""Mapped outlines take the place of position circles: an extract of OpenStreetMap, and a layer of a user's own."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data_sources.readers.waste import WasteInventory, embedded_inventory
from data_sources.readers.waste_merge import merged_inventory
from data_sources.regions import Waste
from scoring.waste.shares.waste_blocks import waste_blocks

EXTENT = (72.0, 23.0, 77.0, 27.0)
CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"


@pytest.fixture(scope="module")
def register() -> WasteInventory:
    return embedded_inventory(EXTENT)


@pytest.fixture(scope="module")
def placed(register: WasteInventory) -> gpd.GeoDataFrame:
    sites = register.sites
    return sites[sites["lon"].notna() & ~sites["is_excluded"].astype(bool)].reset_index(drop=True)


def box(site: object, half_deg: float = 0.003) -> shapely.Geometry:
    return shapely.box(site.lon - half_deg, site.lat - half_deg, site.lon + half_deg, site.lat + half_deg)  # type: ignore[attr-defined]


def with_layers(register: WasteInventory, folder: Path, *layers: tuple[str, str, gpd.GeoDataFrame]) -> WasteInventory:
    sources, paths = [], {}
    for name, card, frame in layers:
        frame.to_file(folder / f"{name}.geojson", driver="GeoJSON")
        sources.append({"card": card, "name": name, "kind": "outlines", "path": f"{name}.geojson"})
        paths[name] = {"sites": folder / f"{name}.geojson"}
    waste = Waste.model_validate({"card": "embedded_register", "sources": sources})
    return merged_inventory(register, waste, paths, extent_deg=EXTENT)


@pytest.fixture(scope="module")
def joined(
    register: WasteInventory, placed: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory
) -> WasteInventory:
    a, b, c, d = list(placed.itertuples(index=False))[:4]
    osm = gpd.GeoDataFrame(
        {"osm_id": [1, 2, 3], "man_made": "tailings_pond"},
        geometry=[box(a), shapely.box(72.5, 23.5, 72.51, 23.51), shapely.union_all([box(c), box(d)]).convex_hull],
        crs=4326,
    )
    own = gpd.GeoDataFrame(
        {"site_id": [b.site_id, b.site_id, a.site_id, "IN-NOT-999"]},
        geometry=[
            shapely.box(b.lon + 0.01, b.lat, b.lon + 0.02, b.lat + 0.01),
            box(b),
            box(a, 0.009),
            shapely.box(73, 24, 73.1, 24.1),
        ],
        crs=4326,
    )
    folder = tmp_path_factory.mktemp("outlines")
    return with_layers(register, folder, ("osm_outlines", "osm_tailings_ponds", osm), ("ours", "own_waste_table", own))


def test_an_outline_is_of_the_one_site_that_it_holds_or_names(joined: WasteInventory, placed: gpd.GeoDataFrame) -> None:
    a, b = list(placed.itertuples(index=False))[:2]
    by_site = joined.footprints.set_index("site_id")
    assert sorted(by_site.index) == sorted([a.site_id, b.site_id])
    assert by_site.at[a.site_id, "geometry"].equals(box(a)), (
        "the first source that has one; the second does not displace it"
    )
    assert by_site.at[b.site_id, "geometry"].area == pytest.approx(0.01**2 + 0.006**2), "two ponds of one site"
    assert (by_site["area_ha"] > 10).all()


def test_what_holds_no_site_or_several_is_counted_and_what_names_none_is_held(joined: WasteInventory) -> None:
    layers = joined.report["layers"]
    osm, ours = layers["waste_footprints of osm_outlines"], layers["waste_footprints of ours"]
    assert (osm["rows_kept"], osm["outlines_of_no_site"], osm["outlines_of_several_sites"]) == (1, 1, 1)
    assert (ours["rows_kept"], ours["outlines_of_sites_that_have_one"], ours["rows_quarantined"]) == (2, 1, 1)
    held = joined.quarantine[joined.quarantine["source"] == "ours"]
    assert held["value"].tolist() == ["IN-NOT-999"] and held["row"].tolist() == [4]


def test_the_outline_takes_the_place_of_the_circle(joined: WasteInventory, placed: gpd.GeoDataFrame) -> None:
    a = placed.iloc[0]
    blocks = waste_blocks(joined.sites, joined.footprints).set_index("site_id")
    assert blocks.at[a["site_id"], "geometry_basis"] == "footprint"
    assert blocks.at[a["site_id"], "geometry"].equals(shapely.MultiPolygon([box(a)]))
    assert blocks.at[a["site_id"], "area_ha"] == pytest.approx(
        joined.footprints.set_index("site_id").at[a["site_id"], "area_ha"], rel=0.01
    )
    others = blocks.drop(index=joined.footprints["site_id"])
    assert set(others["geometry_basis"]) <= {"position_circle", "none"} and np.isnan(others["area_ha"]).all()


def test_the_terms_of_an_outline_go_over_to_its_site(
    joined: WasteInventory, register: WasteInventory, placed: gpd.GeoDataFrame
) -> None:
    a = placed.iloc[0]["site_id"]
    assert register.sites.set_index("site_id").at[a, "redistribute"] == "yes"
    assert joined.sites.set_index("site_id").at[a, "redistribute"] == "share-alike"
    assert joined.footprints.set_index("site_id").at[a, "source"] == "OpenStreetMap: tailings ponds"


def test_points_are_no_outlines_and_a_missing_file_stops_nothing(register: WasteInventory, tmp_path: Path) -> None:
    points = gpd.GeoDataFrame({"osm_id": [1]}, geometry=[shapely.Point(73, 24)], crs=4326)
    told = with_layers(register, tmp_path, ("osm_outlines", "osm_tailings_ponds", points)).report["layers"]
    assert "there are no polygons in it" in told["waste_footprints of osm_outlines"]["absent"]
    waste = Waste.model_validate(
        {
            "card": "embedded_register",
            "sources": [{"card": "own_waste_table", "name": "ours", "kind": "outlines", "path": "x.gpkg"}],
        }
    )
    merged = merged_inventory(register, waste, {"ours": {"sites": tmp_path / "x.gpkg"}}, extent_deg=EXTENT)
    assert "missing" in merged.report["layers"]["waste_footprints of ours"]["absent"] and not len(merged.footprints)
    assert len(merged.sites) == len(register.sites)


def test_an_outline_of_a_text_table_is_told_by_its_place(register: WasteInventory, tmp_path: Path) -> None:
    shape = "POLYGON ((73 24, 73.1 24, 73.1 24.1, 73 24))"
    (tmp_path / "a.csv").write_text(f'site_id,wkt\n\nIN-NOT-998,"{shape}"\n\nIN-NOT-999,"{shape}"\n')
    source = {"card": "own_waste_table", "name": "ours", "kind": "outlines", "path": "a.csv"}
    waste = Waste.model_validate({"card": "embedded_register", "sources": [source]})
    told = merged_inventory(register, waste, {"ours": {"sites": tmp_path / "a.csv"}}, extent_deg=EXTENT).quarantine
    assert told.loc[told["source"] == "ours", "row"].tolist() == [1, 2]
