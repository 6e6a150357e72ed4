"""What servers do beside their protocol: links of every kind, other systems than asked for, pages that go round."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pytest
from servers.fault_proxy import FaultProxy, Reply, Request

from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.connectors.features import parse_esri
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import Client, ClientSettings
from data_sources.contracts import SourceError

FAST = ClientSettings(per_second=2000, backoff_s=0.01, backoff_max_s=0.02, attempts=3, read_s=10)


def serve(answer: Any) -> FaultProxy:
    return FaultProxy("http://127.0.0.1:1", lambda request, _: answer(request))


def card(**parts: Any) -> Card:
    common = {"name": "t", "title": "T", "publisher": "P", "licence": "L", "redistribute": "no", "citation": "C"}
    return Card.model_validate({**common, **parts})


def number(request: Request, name: str) -> int:
    return int(parse_qs(urlsplit(request.path).query).get(name, ["0"])[0])


def page(start: int, count: int, **more: Any) -> Reply:
    rows = [
        {
            "type": "Feature",
            "id": str(i),
            "properties": {"n": i},
            "geometry": {"type": "Point", "coordinates": [77, 15]},
        }
        for i in range(start, start + count)
    ]
    return Reply(200, {}, json.dumps({"type": "FeatureCollection", "features": rows, **more}).encode())


@pytest.mark.parametrize("href", ["?offset={0}", "items?offset={0}", "/-/api/collections/x/items?offset={0}"])
def test_a_next_link_is_relative_to_the_page_that_holds_it(tmp_path: Path, href: str) -> None:
    def answer(request: Request) -> Reply:
        if urlsplit(request.path).path != "/-/api/collections/x/items":
            return Reply(404, {}, b"no such page")
        start = number(request, "offset")
        web = {"rel": "next", "type": "text/html", "href": "http://elsewhere.example.net/"}
        onward = {"rel": "next", "type": "application/geo+json", "href": href.format(start + 2)}
        return page(start, 2, links=[web, onward] if start < 4 else [])

    with serve(answer) as server:
        got = fetch(card(protocol="ogc_api", url=f"{server.url}/-/api", layer="x"), Archive(tmp_path), settings=FAST)
    assert got.frame()["n"].tolist() == [0, 1, 2, 3, 4, 5]


def test_pages_in_two_coordinate_systems_are_not_joined(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        start = number(request, "startIndex")
        name = "urn:ogc:def:crs:EPSG::4326" if start == 0 else "urn:ogc:def:crs:EPSG::32643"
        return page(start, 2 if start < 4 else 0, crs={"type": "name", "properties": {"name": name}})

    with (
        serve(answer) as server,
        pytest.raises(SourceError, match="one page is in EPSG:4326 and another in EPSG:32643"),
    ):
        c = card(protocol="wfs", url=f"{server.url}/-/wfs", layer="x", version="1.0.0", page_size=2)
        fetch(c, Archive(tmp_path), settings=FAST)


def test_answers_that_lead_back_to_the_first_are_refused(tmp_path: Path) -> None:
    with FaultProxy("http://127.0.0.1:1") as server:
        host = server.url

        def answer(request: Request) -> Reply:
            at = number(request, "page")
            onward = f"{host}/-/a?page={(at + 1) % 3}"
            return Reply(200, {}, json.dumps({"results": [{"n": at}], "next": onward}).encode())

        server.fault = lambda request, _: answer(request)
        with pytest.raises(SourceError, match="circle"):
            fetch(card(protocol="http_json", url=f"{host}/-/a"), Archive(tmp_path), settings=FAST)


def test_an_arcgis_server_that_gives_its_own_system_is_believed(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        if "/query" not in request.path:
            about = {
                "maxRecordCount": 10,
                "objectIdField": "OBJECTID",
                "advancedQueryCapabilities": {"supportsPagination": True},
            }
            return Reply(200, {}, json.dumps(about).encode())
        if "returnCountOnly" in request.path:
            return Reply(200, {}, b'{"count": 1}')
        rows = [{"attributes": {"OBJECTID": 1}, "geometry": {"x": 8571600.0, "y": 1689200.0}}]
        body = {
            "geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 102100, "latestWkid": 3857},
            "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}], "features": rows,
        }  # fmt: skip
        return Reply(200, {}, json.dumps(body).encode())

    with serve(answer) as server:
        c = card(protocol="arcgis_rest", url=f"{server.url}/-/FeatureServer", layer="0")
        frame = fetch(c, Archive(tmp_path), settings=FAST).frame()
    assert isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs.to_epsg() == 3857
    assert frame.to_crs(4326).geometry.x.round(0).tolist() == [77.0]


def test_a_limit_that_was_exceeded_is_seen_wherever_it_is_said() -> None:
    body = json.dumps({"features": [], "properties": {"exceededTransferLimit": True}}).encode()
    assert parse_esri(body, where="h", layer="l").exceeded


def test_never_more_than_two_pages_are_on_their_way_and_one_after_a_complaint(tmp_path: Path) -> None:
    lock, now, most = threading.Lock(), 0, 0
    arrived = threading.Semaphore(0)

    def answer(request: Request) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        arrived.acquire(timeout=0.05)  # long enough for a third request to come, were there one
        with lock:
            now -= 1
        start = number(request, "startIndex")
        return page(start, min(2, max(0, 20 - start)), numberMatched=20)

    with serve(answer) as server:
        c = card(protocol="wfs", url=f"{server.url}/-/wfs", layer="x", version="1.0.0", page_size=2)
        assert fetch(c, Archive(tmp_path), settings=FAST).rows == 20
    assert most <= 2
    with (
        serve(lambda q: Reply(429, {"Retry-After": "0"}, b"")) as server,
        Client(card(protocol="http_csv", url=server.url), FAST) as client,
    ):
        assert client.at_once == 2
        with pytest.raises(SourceError):
            client.get(f"{server.url}/-/x")
        assert client.at_once == 1
