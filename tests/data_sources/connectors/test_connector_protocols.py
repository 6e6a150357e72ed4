"""What each protocol's answers mean: recorded shapes of the real services, given by a server on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from servers.fault_proxy import FaultProxy, Reply, Request

from data_sources.cards import Card, load_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.features import parse_geojson, parse_gml
from data_sources.connectors.here import local_state
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import (
    BrokenBodyError,
    Client,
    ClientSettings,
    LoginRequiredError,
    TooLargeError,
    UnreachableError,
)
from data_sources.connectors.remote.pages import ChangedWhileReadingError, common_schema, conform
from data_sources.connectors.remote.probing import probe
from data_sources.connectors.remote.wfs import WfsSource
from data_sources.contracts import MissingSourceError, SourceError

FAST = ClientSettings(per_second=2000, backoff_s=0.01, backoff_max_s=0.02, attempts=3, read_s=10)
Answer = Callable[[Request], Reply]


def serve(answer: Answer) -> FaultProxy:
    """A server of its own: every path begins with ``/-/`` and is answered by ``answer``."""
    return FaultProxy("http://127.0.0.1:1", lambda request, _: answer(request))


def card(**parts: Any) -> Card:
    common = {"name": "t", "title": "T", "publisher": "P", "licence": "L", "redistribute": "no", "citation": "C"}
    return Card.model_validate({**common, **parts})


def query(request: Request) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()}


def answered(document: object) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(document).encode())


def collection(features: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def feature(geometry: object, **properties: Any) -> dict[str, Any]:
    shape = None if geometry is None else shapely.geometry.mapping(geometry)
    return {"type": "Feature", "geometry": shape, "properties": properties}


POINT = shapely.Point(77.123456, 15.654321)
LINE = shapely.LineString([(77, 15), (77.5, 15.25)])
HOLED = shapely.box(77, 15, 78, 16) - shapely.box(77.25, 15.25, 77.5, 15.5)
PARTS = shapely.MultiPolygon([HOLED, shapely.box(79, 15, 80, 16)])


@pytest.mark.parametrize(
    "shapes",
    [
        [POINT],
        [POINT, None],
        [LINE, LINE],
        [HOLED, HOLED],
        [PARTS, PARTS],
        [HOLED, PARTS],
        [shapely.MultiPoint([POINT, (1, 2)])],
        [shapely.MultiLineString([LINE])],
        [shapely.Point(1, 2, 3)],
        [None, None],
        [POINT, LINE],
    ],
    ids=str,
)
def test_geojson_geometry_of_every_kind_comes_back(shapes: list[Any]) -> None:
    parsed = parse_geojson(collection([feature(s, n=i) for i, s in enumerate(shapes)]), where="h", layer="l")
    got = [None if w is None else shapely.from_wkb(w) for w in parsed.table["geometry"].to_pylist()]
    assert parsed.table["n"].to_pylist() == list(range(len(shapes)))
    for one, two in zip(got, shapes, strict=True):
        assert (one is None and two is None) or shapely.equals_exact(one, two, 0, normalize=False)


def test_geojson_values_stay_what_they_are() -> None:
    rows = [
        feature(
            POINT, date="2021-03-04", time="2021-03-04T05:06:07Z", whole=1, part=1.5, text="né", empty=None, flag=True
        ),
        feature(POINT, date="BLANK", time=None, whole=2, part=2, text="007", empty=None, flag=False),
    ]
    table = parse_geojson(collection(rows), where="h", layer="l").table
    assert table["date"].to_pylist() == ["2021-03-04", "BLANK"]
    assert table["time"].to_pylist() == ["2021-03-04T05:06:07Z", None]
    assert table["part"].to_pylist() == [1.5, 2.0] and table["whole"].to_pylist() == [1, 2]
    assert table["text"].to_pylist() == ["né", "007"] and table["empty"].to_pylist() == [None, None]
    only_dates = parse_geojson(collection(rows[:1]), where="h", layer="l").table
    assert only_dates["date"].to_pylist() == ["2021-03-04"] and only_dates["time"].type == pa.string()


def test_numbers_keep_all_their_digits() -> None:
    rng = np.random.default_rng(5)
    values = [float(v) for v in rng.lognormal(0, 8, 500)]
    table = parse_geojson(collection([feature(POINT, v=v) for v in values]), where="h", layer="l").table
    assert table["v"].to_pylist() == values


def test_what_geoserver_says_beside_the_features_is_understood() -> None:
    body = collection([{**feature(POINT, a=1), "id": "s.1"}], totalFeatures=510641, crs={
        "type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32643"}})  # fmt: skip
    parsed = parse_geojson(body, where="h", layer="l")
    assert parsed.announced == 510641 and parsed.crs == "EPSG:32643"
    assert parsed.table["_feature_id"].to_pylist() == ["s.1"]
    assert parse_geojson(collection([], totalFeatures="unknown"), where="h", layer="l").announced is None


def test_gml_that_asks_for_the_long_name_is_read_latitude_first() -> None:
    """MapServer 8 answers WFS 1.1 with ``EPSG:4326`` and latitude first; both names must give 77 E, 15 N."""
    text = """<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"
      xmlns:ms="http://x"><gml:featureMember><ms:s gml:id="s.1"><ms:g><gml:Point srsName="{srs}"><gml:pos>15 77</gml:pos>
      </gml:Point></ms:g><ms:la>28.7</ms:la></ms:s></gml:featureMember></wfs:FeatureCollection>"""
    for srs in ("EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        table = parse_gml(text.format(srs=srs).encode(), where="h", layer="l", urn=True).table
        assert shapely.from_wkb(table["geometry"][0].as_py()) == shapely.Point(77, 15)
    with pytest.raises(BrokenBodyError):
        parse_gml(text.format(srs="EPSG:4326").encode()[:-40], where="h", layer="l", urn=True)


def test_pages_with_other_types_are_joined_without_losing_a_value() -> None:
    pages = [
        pa.table({"a": pa.nulls(1), "b": [1], "c": [1.5], "d": ["x"]}),
        pa.table({"a": [2.5], "b": [0.5], "c": ["<0.5"], "e": [7]}),
        pa.table({"a": [3], "b": pa.nulls(1), "c": pa.nulls(1), "d": ["y"]}),
    ]
    schema, notes = common_schema([p.schema for p in pages])
    joined = pa.concat_tables([conform(p, schema) for p in pages]).to_pydict()
    assert joined == {
        "a": [None, 2.5, 3.0], "b": [1.0, 0.5, None], "c": ["1.5", "<0.5", None], "d": ["x", None, "y"],
        "e": [None, 7, None],
    }  # fmt: skip
    assert len(notes) == 1 and notes[0].startswith("c:")


@pytest.mark.parametrize(
    ("version", "crs", "box"),
    [
        ("1.0.0", "EPSG:4326", "76,13,78,16"),
        ("1.1.0", "EPSG:4326", "13,76,16,78,urn:ogc:def:crs:EPSG::4326"),
        ("2.0.0", "EPSG:4326", "13,76,16,78,urn:ogc:def:crs:EPSG::4326"),
    ],
)
def test_the_box_of_a_wfs_has_the_axis_order_of_its_version(version: str, crs: str, box: str) -> None:
    c = card(protocol="wfs", url="http://h/", layer="l", version=version, crs=crs)
    params = WfsSource(c, None, (76, 13, 78, 16)).params(20)  # type: ignore[arg-type]
    assert params["bbox"] == box
    names = {"1.0.0": "maxFeatures", "1.1.0": "maxFeatures", "2.0.0": "count"}
    assert params[names[version]] == "1000" and params["startIndex"] == "20"
    west = float(WfsSource(card(protocol="wfs", url="http://h/", layer="l", crs="EPSG:32643"), None, (76, 13, 78, 16))  # type: ignore[arg-type]
                 .params(0)["bbox"].split(",")[0])  # fmt: skip
    assert 600_000 < west < 620_000


def layer_about(*, pages: bool, limit: int = 7) -> dict[str, Any]:
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "age", "type": "esriFieldTypeString"}]
    return {
        "maxRecordCount": limit,
        "fields": fields,
        "geometryType": "esriGeometryPoint",
        "advancedQueryCapabilities": {"supportsPagination": pages, "supportsOrderBy": True},
        "editingInfo": {"lastEditDate": 1700000000000},
    }


def esri_page(ids: list[int], *, exceeded: bool) -> dict[str, Any]:
    return {
        "objectIdFieldName": "OBJECTID",
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4326},
        "fields": layer_about(pages=True)["fields"],
        "features": [{"attributes": {"OBJECTID": i, "age": f"age {i}"}, "geometry": {"x": 77 + i / 100, "y": 15}} for i in ids],
        "exceededTransferLimit": exceeded,
    }  # fmt: skip


IDS = [*range(3, 20), 400, 401, 7000]


def feature_service(request: Request, *, pages: bool) -> Reply:
    asked = query(request)
    if "/query" not in request.path:
        return answered(layer_about(pages=pages))
    if asked.get("returnCountOnly"):
        return answered({"count": len(IDS)})
    if asked.get("returnIdsOnly"):
        return answered({"objectIdFieldName": "OBJECTID", "objectIds": IDS[::-1]})
    if pages:
        start = int(asked["resultOffset"])
        part = IDS[start : start + min(7, int(asked["resultRecordCount"]))]
        return answered(esri_page(part, exceeded=start + 7 < len(IDS)))
    low, high = (int(t.split()[-1]) for t in asked["where"].replace("(1=1) AND ", "").split(" AND "))
    return answered(esri_page([i for i in IDS if low <= i <= high], exceeded=False))


@pytest.mark.parametrize("pages", [True, False])
def test_a_feature_service_is_read_by_offset_or_by_object_ids(tmp_path: Path, pages: bool) -> None:
    with serve(lambda q: feature_service(q, pages=pages)) as server:
        c = card(protocol="arcgis_rest", url=f"{server.url}/-/MapServer", layer="0", page_size=1000)
        got = fetch(c, Archive(tmp_path), settings=FAST)
        assert sorted(got.frame().OBJECTID) == IDS and len(got.manifest.pages) == 3
        asked = len(server.requests)
        assert fetch(c, Archive(tmp_path), settings=FAST).unchanged, "the same date of the last edit spares a fetch"
        assert len(server.requests) - asked == 2
        assert probe(c).state == "ok"


def test_a_feature_service_that_drops_features_of_a_range_is_refused(tmp_path: Path) -> None:
    def short(request: Request) -> Reply:
        reply = feature_service(request, pages=False)
        document = json.loads(reply.body)
        if "features" in document:
            document["features"] = document["features"][1:]
        return answered(document)

    with serve(short) as server, pytest.raises(SourceError, match="object ids were asked for"):
        fetch(card(protocol="arcgis_rest", url=f"{server.url}/-/M", layer="0"), Archive(tmp_path), settings=FAST)


@pytest.mark.parametrize(("code", "error"), [(400, SourceError), (499, LoginRequiredError), (500, BrokenBodyError)])
def test_errors_with_status_200_are_told_apart(tmp_path: Path, code: int, error: type[SourceError]) -> None:
    def fails(request: Request) -> Reply:
        if "resultOffset" in request.path:
            return answered({"error": {"code": code, "message": "Failed to execute query.", "details": []}})
        return feature_service(request, pages=True)

    with serve(fails) as server, pytest.raises(error, match="Failed to execute"):
        fetch(card(protocol="arcgis_rest", url=f"{server.url}/-/M", layer="0"), Archive(tmp_path), settings=FAST)


def test_the_global_tailings_portal_is_read_with_its_texts_as_they_are(tmp_path: Path) -> None:
    facilities = [
        {"id": 1, "tsf": "Pond A", "mine": "M", "owner_company": "O", "country": "India", "latitude": "22.5",
         "longitude": "85.1", "status": "Active", "construction_year": "1972", "raise_type": "Upstream",
         "current_maximum_height": 30, "current_tailings_storage": 12000000.0, "planned_storage_5_years": None,
         "hazard_categorization": "High (ANCOLD)", "classification_system": "ANCOLD", "tags": ["a", "b"]},
        {"id": 2, "tsf": "Pond B", "mine": "M", "owner_company": "O", "country": "Chile", "latitude": None,
         "longitude": None, "status": "Closed", "construction_year": "before 1950", "raise_type": None,
         "current_maximum_height": None, "current_tailings_storage": None, "planned_storage_5_years": None,
         "hazard_categorization": None, "classification_system": None, "tags": []},
    ]  # fmt: skip

    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"v1"':
            return Reply(304, {"ETag": '"v1"'})
        return Reply(200, {"ETag": '"v1"', "Content-Type": "application/json"}, json.dumps(facilities).encode())

    with serve(answer) as server:
        c = load_card("global_tailings_portal").model_copy(update={"url": f"{server.url}/-/tailings_all"})
        got = fetch(c, Archive(tmp_path), settings=FAST)
        frame = got.frame()
        assert isinstance(frame, gpd.GeoDataFrame) and list(frame.geometry.isna()) == [False, True]
        assert frame.construction_year[1] == "before 1950" and frame.hazard_categorization[0] == "High (ANCOLD)"
        assert set(c.field_map) <= set(frame.columns)
        assert "2 rows came where the card expects 2144" in got.manifest.notes
        again = fetch(c, Archive(tmp_path), settings=FAST)
        assert again.unchanged and again.manifest == got.manifest


def test_overpass_is_asked_for_the_extent_and_its_late_errors_are_errors(tmp_path: Path) -> None:
    elements = [
        {"type": "node", "id": 1, "lat": 15.0, "lon": 77.0, "tags": {"man_made": "tailings_pond"}},
        {"type": "way", "id": 2, "center": {"lat": 15.5, "lon": 77.5}, "tags": {"name": "Pond", "operator": "O"}},
    ]
    document: dict[str, Any] = {"version": 0.6, "elements": elements}
    with serve(lambda q: answered(document)) as server:
        c = load_card("osm_tailings_ponds").model_copy(update={"url": f"{server.url}/-/interpreter"})
        with pytest.raises(SourceError, match="extent"):
            fetch(c, Archive(tmp_path), settings=FAST)
        got = fetch(c, Archive(tmp_path), extent=(76.0, 13.0, 78.0, 16.0), settings=FAST)
        assert "(13.0,76.0,16.0,78.0)" in query(server.requests[-1])["data"]
        assert list(got.frame().geometry.x) == [77.0, 77.5]
        assert got.manifest.redistribute == "share-alike"
        document["remark"] = "runtime error: Query timed out after 120 seconds."
        with pytest.raises(SourceError, match="timed out"):
            fetch(c, Archive(tmp_path), extent=(70.0, 13.0, 78.0, 16.0), settings=FAST)


def test_csv_over_http(tmp_path: Path) -> None:
    with serve(lambda q: Reply(200, {}, b"site,lon,lat\nA,77,15\nB,78,16\n")) as server:
        c = card(protocol="http_csv", url=f"{server.url}/-/sites.csv", geometry="POINT")
        assert list(fetch(c, Archive(tmp_path), settings=FAST).frame().geometry.x) == [77, 78]


@pytest.fixture
def polygons(tmp_path: Path) -> bytes:
    frame = gpd.GeoDataFrame({"a": range(50)}, geometry=[shapely.box(i, 0, i + 0.5, 1) for i in range(50)], crs=4326)
    frame.to_file(tmp_path / "polygons.gpkg")
    return (tmp_path / "polygons.gpkg").read_bytes()


def ranged(content: bytes, *, break_at: int | None = None) -> tuple[Answer, list[str]]:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.headers.get("range", ""))
        if request.headers.get("if-none-match") == '"v1"':
            return Reply(304, {"ETag": '"v1"'})
        start = int(asked[-1].removeprefix("bytes=").rstrip("-")) if asked[-1] else 0
        status, body = (206 if start else 200), content[start:]
        headers = {"ETag": '"v1"', "Accept-Ranges": "bytes"}
        if break_at and len(asked) == 1:
            return Reply(status, headers, body[:break_at], length=len(body), drop=True)
        return Reply(status, headers, body)

    return answer, asked


def test_a_download_goes_on_after_a_break_and_is_asked_for_once(tmp_path: Path, polygons: bytes) -> None:
    answer, asked = ranged(polygons, break_at=60_000)
    with serve(answer) as server:
        c = card(protocol="http_file", url=f"{server.url}/-/polygons.gpkg", geometry="POLYGON")
        got = fetch(c, Archive(tmp_path / "a"), settings=FAST)
        assert got.rows == 50 and got.path.read_bytes() == polygons
        assert asked[1].startswith("bytes=") and asked[1] != "bytes=0-"
        assert fetch(c, Archive(tmp_path / "a"), settings=FAST).unchanged
        assert Archive(tmp_path / "a").verify() == []


@pytest.mark.parametrize("content", [b"<!doctype html><html>log in</html>", b"SQLite format 3\x00" + b"\x00" * 100])
def test_a_download_that_is_not_the_file_is_not_kept(tmp_path: Path, content: bytes) -> None:
    answer, _ = ranged(content)
    with serve(answer) as server, pytest.raises(SourceError):
        fetch(card(protocol="http_file", url=f"{server.url}/-/p.gpkg"), Archive(tmp_path), settings=FAST)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and "locks" not in p.parts]


def test_a_download_with_another_hash_than_the_card_is_not_kept(tmp_path: Path, polygons: bytes) -> None:
    answer, _ = ranged(polygons)
    with serve(answer) as server, pytest.raises(SourceError, match="SHA-256"):
        c = card(protocol="http_file", url=f"{server.url}/-/polygons.gpkg", sha256="0" * 64)
        fetch(c, Archive(tmp_path), settings=FAST)
    with serve(ranged(polygons)[0]) as server, pytest.raises(TooLargeError):
        c = card(protocol="http_file", url=f"{server.url}/-/polygons.gpkg", max_bytes=1000)
        fetch(c, Archive(tmp_path), settings=FAST)
    assert not [p for p in tmp_path.rglob("*.gpkg") if p.name != "polygons.gpkg"]


def test_a_link_to_another_host_is_refused(tmp_path: Path) -> None:
    links = [{"rel": "next", "href": "http://elsewhere.example.net/items?offset=1"}]
    with serve(lambda q: Reply(200, {}, collection([feature(POINT, a=1)], links=links))) as server:
        c = card(protocol="ogc_api", url=f"{server.url}/-/api", layer="x")
        with pytest.raises(SourceError, match="another host"):
            fetch(c, Archive(tmp_path), settings=FAST)


def test_links_that_run_in_a_circle_are_refused(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        start = int(query(request).get("offset", "0"))
        links = [{"rel": "next", "href": f"items?offset={(start + 1) % 3 or 1}&f=json"}]
        return Reply(200, {}, collection([{**feature(POINT, a=start), "id": start}], links=links))

    with serve(answer) as server, pytest.raises((SourceError, ChangedWhileReadingError)):
        c = card(protocol="ogc_api", url=f"{server.url}/-/api", layer="x")
        fetch(c, Archive(tmp_path), settings=FAST)


def test_a_server_that_ignores_the_start_index_is_refused_unless_one_answer_is_all(tmp_path: Path) -> None:
    with serve(lambda q: Reply(200, {}, collection([feature(POINT, a=i) for i in range(5)]))) as server:
        parts: dict[str, Any] = {"protocol": "wfs", "url": f"{server.url}/-/wfs", "layer": "x", "version": "1.0.0"}
        with pytest.raises(SourceError, match="single_page"):
            fetch(card(**parts), Archive(tmp_path), settings=FAST)
        got = fetch(card(**parts, options={"single_page": True}), Archive(tmp_path), settings=FAST)
        assert got.rows == 5 and "startIndex" not in server.requests[-1].path


def test_local_sources_are_kept_the_same_way(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "s.csv").write_text("sampleno,X,Y\nA,77,15\n")
    c = card(protocol="file", path="s.csv", options={"x": "X", "y": "Y"}, access="ask for it")
    got = fetch(c, Archive(tmp_path / "a"), folder=folder)
    assert got.rows == 1 and got.path.suffix == ".parquet" and got.frame().attrs["redistribute"] == "no"
    with pytest.raises(MissingSourceError, match="ask for it"):
        fetch(card(protocol="file", path="t.csv", access="ask for it"), Archive(tmp_path / "a"), folder=folder)
    assert probe(card(protocol="file", path="t.csv", access="ask for it"), folder=folder).state == "manual"
    register = fetch(load_card("embedded_register"), Archive(tmp_path / "a"))
    assert register.rows == load_card("embedded_register").expected_rows
    manual = load_card("bhukosh_downloads")
    assert probe(manual).state == "manual" and "log in" in probe(manual).message
    with pytest.raises(SourceError, match="by hand"):
        fetch(manual, Archive(tmp_path / "a"))


def test_a_card_that_moves_a_bound_of_what_it_asks_is_fetched_anew_and_one_that_mends_a_title_is_not(
    tmp_path: Path,
) -> None:
    with serve(lambda q: Reply(200, {"ETag": '"1"'}, b"a,b\n1,2\n")) as server:
        c = card(protocol="http_csv", url=f"{server.url}/-/x.csv")
        first = fetch(c, Archive(tmp_path), settings=FAST)
        same = fetch(c.model_copy(update={"title": "Mended"}), Archive(tmp_path), settings=FAST)
        other = fetch(c.model_copy(update={"params": {"year": "2026"}}), Archive(tmp_path), settings=FAST)
        assert first.manifest.sha256 == same.manifest.sha256
        assert len(list(tmp_path.glob("manifests/t/*.json"))) == 2 and other.path.is_file()


def test_a_damaged_object_is_found_and_fetched_again(tmp_path: Path) -> None:
    with serve(lambda q: Reply(200, {}, b"a,b\n1,2\n")) as server:
        c = card(protocol="http_csv", url=f"{server.url}/-/x.csv")
        got = fetch(c, Archive(tmp_path), settings=FAST)
        got.path.write_bytes(got.path.read_bytes()[:-1] + b"x")
        assert Archive(tmp_path).verify() == [got.path.name]
        fetch(c, Archive(tmp_path), settings=FAST)
        assert Archive(tmp_path).verify() == []


def test_the_client_keeps_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that only moves when the client waits, call n goes out no earlier than (n - 1) / rate."""

    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    clock = Clock()
    with Client(card(protocol="http_csv", url="http://127.0.0.1/x"), ClientSettings(per_second=4)) as client:
        monkeypatch.setattr("data_sources.connectors.remote.http.time", clock)
        sent = []
        for _ in range(5):
            client._pace()
            sent.append(clock.now - 100.0)
    np.testing.assert_allclose(sent, [0, 0.25, 0.5, 0.75, 1.0])


def test_an_answer_that_drips_for_ever_is_given_up(tmp_path: Path) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(2000):
            time.sleep(0.02)
            yield b" "

    with serve(lambda q: Reply(200, {}, stream=drip())) as server, pytest.raises(UnreachableError, match="no end"):
        c = card(protocol="http_csv", url=f"{server.url}/-/x.csv")
        fetch(c, Archive(tmp_path), settings=ClientSettings(attempts=2, backoff_s=0.01, answer_s=0.2, read_s=30))


def test_the_state_of_a_source_is_told_without_asking_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with serve(lambda q: Reply(200, {}, b"a,b\n1,2\n")) as server:
        c = card(protocol="http_csv", url=f"{server.url}/-/x.csv", freshness=30)
        assert local_state(c, archive) == "not fetched"
        fetch(c, archive, settings=FAST)
    asked = archive.last_asked("t")
    assert asked is not None
    assert local_state(c, archive, now_s=asked + 86_400 * 3.5) == "fetched 3 days ago"
    assert local_state(c, archive, now_s=asked + 86_400 * 40) == "fetched 40 days ago, stale"
    assert local_state(load_card("bhukosh_downloads"), archive) == "by hand"
    assert local_state(card(protocol="file", path="x.csv", access="ask"), archive, folder=tmp_path) == "not here"
    assert [m.card for m in archive.manifests()] == ["t"]


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    with serve(lambda q: Reply()) as server:
        url = f"{server.url}/-/x"
    with pytest.raises(UnreachableError):
        fetch(card(protocol="wfs", url=url, layer="x"), Archive(tmp_path), settings=FAST)
