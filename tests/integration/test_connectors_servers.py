"""Every feature comes back from real servers: MapServer (WFS, OGC API Features) and Koop (ArcGIS REST) on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from servers import koop, mapserver, pygeoapi

from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings
from data_sources.connectors.remote.probing import probe
from data_sources.contracts import SourceError

pytestmark = pytest.mark.integration
FAST = ClientSettings(per_second=1000, backoff_s=0.01, attempts=3)
ROWS = 40
EXTENT = (80.0, 18.0, 87.0, 21.0)


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Points, lines, and polygons of which some are multi-part and some have holes."""
    rng = np.random.default_rng(7)
    x, y = rng.uniform(80, 87, ROWS).round(6), rng.uniform(18, 24, ROWS).round(6)
    columns = {
        "sampleno": [f"57E02/{i:03d}" for i in range(ROWS)],
        "la": rng.lognormal(3, 0.5, ROWS).round(3),
        "n": np.arange(ROWS),
        "note": [None if i % 3 else f"né {i}" for i in range(ROWS)],
    }
    points = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=4326)
    lines = [shapely.LineString([(a, b), (a + 0.1, b + 0.05), (a + 0.2, b)]) for a, b in zip(x, y, strict=True)]
    holes, parts = [], []
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        hole = shapely.box(a + 0.05, b + 0.05, a + 0.1, b + 0.1)
        holes.append(shapely.box(a, b, a + 0.2, b + 0.2) - hole)
        beside = shapely.box(a - 0.2, b, a - 0.1, b + 0.1)
        parts.append(shapely.MultiPolygon([holes[-1], beside]) if i % 2 else holes[-1])
    return {
        "points": points,
        "lines": points.set_geometry(gpd.GeoSeries(lines, crs=4326)),
        "polygons": points.set_geometry(gpd.GeoSeries(parts, crs=4326)),
        "points_shp": points,
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mapserver.MapServer]:
    if mapserver.binary() is None:
        pytest.skip(mapserver.HINT)
    running = mapserver.MapServer(tmp_path_factory.mktemp("mapserver"), cap=25)
    for name, frame in layers().items():
        running.add(name, frame, "sampleno")
    with running:
        yield running


def card(**parts: Any) -> Card:
    common = {"name": "t", "title": "T", "publisher": "P", "licence": "L", "redistribute": "no", "citation": "C"}
    return Card.model_validate({**common, **parts})


def assert_same(got: gpd.GeoDataFrame, truth: gpd.GeoDataFrame, tolerance_deg: float) -> None:
    assert got.crs.to_epsg() == 4326
    assert sorted(got.sampleno) == sorted(truth.sampleno)
    both = got.set_index("sampleno").loc[list(truth.sampleno)]
    np.testing.assert_allclose(both.la.astype(float), truth.la.to_numpy(), rtol=1e-12)
    assert [int(v) for v in both.n] == list(truth.n)
    texts = [v if isinstance(v, str) and v else None for v in both.note]
    assert texts == [v if isinstance(v, str) else None for v in truth.note]
    far = shapely.hausdorff_distance(both.geometry.to_numpy(), truth.geometry.to_numpy())
    assert far.max() <= tolerance_deg


@pytest.mark.parametrize("output", ["geojson", ""])
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
@pytest.mark.parametrize("layer", ["points", "lines", "polygons"])
def test_wfs_gives_every_feature_past_the_servers_cap(
    server: mapserver.MapServer, tmp_path: Path, version: str, output: str, layer: str
) -> None:
    """The server gives 25 at most and announces 25 of 40: reading goes on until nothing more comes."""
    params = {"outputFormat": output} if output else {}
    c = card(protocol="wfs", version=version, url=server.wfs, layer=layer, params=params, page_size=1000)
    got = fetch(c, Archive(tmp_path), settings=FAST)
    assert got.rows == ROWS
    assert len(got.manifest.pages) == 2
    assert_same(got.frame(), layers()[layer], 2e-6)
    assert got.frame().attrs["redistribute"] == "no"


@pytest.mark.parametrize("version_output", ["1.0.0 geojson", "1.1.0 ", "2.0.0 ", "2.0.0 geojson"])
def test_wfs_is_cut_to_the_extent_whatever_the_axis_order(
    server: mapserver.MapServer, tmp_path: Path, version_output: str
) -> None:
    version, output = version_output.split(" ")
    params = {"outputFormat": output} if output else {}
    c = card(protocol="wfs", version=version, url=server.wfs, layer="points", params=params, page_size=4)
    got = fetch(c, Archive(tmp_path), extent=EXTENT, settings=FAST)
    west, south, east, north = EXTENT
    inside = layers()["points"].cx[west:east, south:north]
    assert 0 < len(inside) < ROWS
    assert_same(got.frame(), inside.reset_index(drop=True), 2e-6)


@pytest.mark.parametrize("extent", [None, EXTENT])
def test_ogc_api_features_follows_its_links(
    server: mapserver.MapServer, tmp_path: Path, extent: tuple[float, float, float, float] | None
) -> None:
    """MapServer's next link forgets the extent; the rows outside must not come in through it."""
    c = card(protocol="ogc_api", url=server.ogc_api, layer="points_shp", page_size=6)
    got = fetch(c, Archive(tmp_path), extent=extent, settings=FAST)
    truth = layers()["points_shp"]
    if extent is not None:
        truth = truth.cx[extent[0] : extent[2], extent[1] : extent[3]].reset_index(drop=True)
    assert got.manifest.announced_rows == len(truth) == got.rows
    assert_same(got.frame(), truth, 2e-6)


@pytest.mark.parametrize("extent", [None, EXTENT])
def test_pygeoapi_gives_every_feature_past_its_own_limit(
    tmp_path: Path, extent: tuple[float, float, float, float] | None
) -> None:
    """It gives 15 a page at most, whatever is asked for."""
    if pygeoapi.binary() is None:
        pytest.skip(pygeoapi.HINT)
    truth = layers()["polygons"]
    with pygeoapi.PygeoApi(tmp_path, "polygons", truth) as server:
        c = card(protocol="ogc_api", url=server.url, layer="polygons", page_size=1000)
        got = fetch(c, Archive(tmp_path / "archive"), extent=extent, settings=FAST)
    if extent is not None:
        truth = truth[truth.intersects(shapely.box(*extent))].reset_index(drop=True)
    assert got.rows == len(truth)
    assert_same(got.frame(), truth, 1e-9)


def test_a_server_that_ignores_the_offset_is_refused_and_leaves_nothing(
    server: mapserver.MapServer, tmp_path: Path
) -> None:
    """MapServer 8.0 gives the first page for ever when an OGR layer is read by OGC API Features."""
    c = card(protocol="ogc_api", url=server.ogc_api, layer="points", page_size=6)
    with pytest.raises(SourceError, match="same page again"):
        fetch(c, Archive(tmp_path), settings=FAST)
    assert not list(tmp_path.glob("objects/*/*")) and not list(tmp_path.glob("manifests/*/*"))


def test_an_unknown_layer_is_answered_with_the_servers_own_words(server: mapserver.MapServer, tmp_path: Path) -> None:
    c = card(protocol="wfs", url=server.wfs, layer="nowhere")
    with pytest.raises(SourceError):
        fetch(c, Archive(tmp_path), settings=FAST)
    assert probe(c).state == "changed"


def test_probe_compares_the_columns_with_the_card(server: mapserver.MapServer) -> None:
    parts = {"protocol": "wfs", "url": server.wfs, "layer": "points"}
    assert probe(card(**parts, field_map={"la": "La_ppm"})).state == "ok"
    changed = probe(card(**parts, field_map={"la": "La_ppm", "ce": "Ce_ppm"}))
    assert changed.state == "changed" and "ce" in changed.message


def test_a_second_fetch_of_the_same_rows_gives_the_same_bytes(server: mapserver.MapServer, tmp_path: Path) -> None:
    c = card(protocol="wfs", url=server.wfs, layer="polygons", params={"outputFormat": "geojson"}, page_size=10)
    hashes = {fetch(c, Archive(tmp_path / name), settings=FAST).manifest.sha256 for name in ("a", "b")}
    assert len(hashes) == 1
    assert Archive(tmp_path / "a").verify() == []


@pytest.fixture(scope="module")
def feature_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[koop.Koop]:
    if koop.modules() is None:
        pytest.skip(koop.HINT)
    running = koop.Koop(tmp_path_factory.mktemp("koop"))
    for name, frame in layers().items():
        running.add(name, frame)
    with running:
        yield running


@pytest.mark.parametrize("layer", ["points", "lines", "polygons"])
def test_arcgis_gives_every_feature(feature_server: koop.Koop, tmp_path: Path, layer: str) -> None:
    c = card(protocol="arcgis_rest", url=feature_server.service(layer), layer="0", page_size=7)
    got = fetch(c, Archive(tmp_path), settings=FAST)
    assert len(got.manifest.pages) == 6
    assert_same(got.frame(), layers()[layer], 1e-9)


def test_arcgis_is_cut_to_the_extent(feature_server: koop.Koop, tmp_path: Path) -> None:
    c = card(protocol="arcgis_rest", url=feature_server.service("points"), layer="0", page_size=7)
    got = fetch(c, Archive(tmp_path), extent=EXTENT, settings=FAST)
    west, south, east, north = EXTENT
    assert got.rows == len(layers()["points"].cx[west:east, south:north])


def test_arcgis_errors_come_with_status_200_and_are_errors(feature_server: koop.Koop, tmp_path: Path) -> None:
    c = card(protocol="arcgis_rest", url=feature_server.service("nowhere"), layer="0")
    with pytest.raises(SourceError, match="not found"):
        fetch(c, Archive(tmp_path), settings=FAST)
