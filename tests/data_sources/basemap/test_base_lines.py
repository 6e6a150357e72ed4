"""A user's railways and roads on the base map: read from a file, cut, drawn, credited, and left out of a release where they must be."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data_sources.basemap.base_lines import read_base_lines
from data_sources.cards import load_card
from data_sources.regions import LayerSource, load_region
from khanij.foundation.errors import ContractError, MissingSourceError, RegionError
from publishing.geopackage.base import BASE, lines_in, write_base
from publishing.qgis.base_layers import base_ids, base_maps_xml
from publishing.releasing.releases import _released_base

BOUNDS = (84.0, 19.0, 87.0, 22.0)
RAIL = shapely.LineString([(80.0, 20.0), (85.0, 20.5), (90.0, 21.0)])


def source(path: str) -> LayerSource:
    return LayerSource(card="osm_railways", path=path)


@pytest.fixture
def railways(tmp_path: Path) -> Path:
    shapes = gpd.GeoSeries(
        [RAIL, shapely.MultiLineString([[(85, 20), (85, 21)], [(86, 20), (86, 21)]]), None], crs=4326
    )
    path = tmp_path / "rail.gpkg"
    gpd.GeoDataFrame({"fclass": ["rail", "rail", "rail"]}, geometry=shapes).to_crs(32645).to_file(path)
    return path


def test_lines_are_read_in_degrees_and_in_parts(railways: Path) -> None:
    found = read_base_lines(railways, "railways", source("rail.gpkg"))
    assert len(found) == 3 and set(shapely.get_type_id(found)) == {1}
    assert np.allclose(shapely.get_coordinates(found[0]), shapely.get_coordinates(RAIL), atol=1e-6)


def test_what_is_no_line_is_refused_by_name(tmp_path: Path) -> None:
    points = tmp_path / "points.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(85, 20)], crs=4326).to_file(points)
    with pytest.raises(ContractError, match="no line"):
        read_base_lines(points, "railways", source("points.gpkg"))
    with pytest.raises(MissingSourceError, match=r"base\.railways|missing"):
        read_base_lines(tmp_path / "none.gpkg", "railways", source("none.gpkg"))
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(ContractError, match="geometries"):
        read_base_lines(table, "roads", source("table.csv"))


def test_a_region_names_them_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHANIJ_REGIONS", str(tmp_path))
    head = 'name: mine\ntitle: Mine\ndescription: made up\nextent_deg: [84, 19, 87, 22]\ncrs: "+proj=aea +lat_1=19.5 +lat_2=21.5 +lat_0=20.5 +lon_0=85.5 +datum=WGS84 +units=m +no_defs"\nunits: [waste_block]\n'
    (tmp_path / "mine.yaml").write_text(head + "base: {railways: {card: osm_railways, path: rail.gpkg}}\n")
    region = load_region("mine")
    assert region.sources()["base.railways"].path == "rail.gpkg"
    assert load_card("osm_railways").redistribute == "share-alike"
    (tmp_path / "mine.yaml").write_text(head + "base: {boundaries: {card: osm_railways, path: b.gpkg}}\n")
    with pytest.raises(RegionError, match="boundaries"):
        load_region("mine")


def test_they_are_cut_to_the_map_and_lie_above_the_rivers(tmp_path: Path) -> None:
    path = tmp_path / BASE
    first = write_base(BOUNDS, path, {"railways": np.array([RAIL])})
    (line,) = lines_in(path)["railways"]
    west, _, east, _ = line.bounds
    assert (west, east) == pytest.approx((84, 87), abs=1e-6) and shapely.distance(line, shapely.Point(85, 20.5)) < 1e-6
    assert write_base(BOUNDS, tmp_path / "b.gpkg", {"railways": np.array([RAIL])}).sha256 == first.sha256
    ids = base_ids(BASE, ("railways",))
    assert ids.index("khanij_base_railways") < ids.index("khanij_base_rivers")
    assert "khanij_base_railways" not in base_ids(BASE)
    drawn = ElementTree.fromstring(f"<all>{base_maps_xml(BASE, ('railways', 'roads'))}</all>")
    sources = [x.findtext("datasource") for x in drawn]
    assert f"./{BASE}|layername=railways" in sources and f"./{BASE}|layername=roads" in sources


def test_a_release_leaves_out_what_may_not_be_passed_on(tmp_path: Path) -> None:
    lines = {"railways": np.array([RAIL]), "roads": np.array([RAIL])}
    base, target = tmp_path / BASE, tmp_path / "released.gpkg"
    write_base(BOUNDS, base, lines)
    own = {
        "railways": {"attribution": "© OSM", "redistribute": "share-alike"},
        "roads": {"attribution": "Ours", "redistribute": "no"},
    }
    blocks = {"ranked_blocks": gpd.GeoDataFrame(geometry=[shapely.box(85, 20, 86, 21)], crs=4326)}
    assert _released_base(base, target, blocks, {"base_lines": json.dumps(own)}) == {"railways": "© OSM"}
    assert list(lines_in(target)) == ["railways"]
    assert _released_base(base, target, blocks, {"base_lines": json.dumps({"railways": own["railways"]})}) == {
        "railways": "© OSM"
    }
    assert _released_base(base, target, blocks, {}) == {}
    assert target.read_bytes() == base.read_bytes()
