"""Each way in which a server's answer can be spoiled: survived with a clear message, and nothing half kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from servers.fault_proxy import Fault, FaultProxy, Reply, Request

from data_sources.cards import Card
from data_sources.connectors.archive import Archive
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings, LoginRequiredError, TooLargeError, UnreachableError
from data_sources.connectors.remote.pages import ChangedWhileReadingError
from data_sources.connectors.remote.probing import probe
from data_sources.contracts import KhanijError, SourceError

PATIENT = ClientSettings(per_second=2000, backoff_s=0.01, backoff_max_s=0.02, attempts=3, read_s=5, connect_s=2)
LOGIN = b"<!DOCTYPE html><html><head><title>Login</title></head><body><form action='/login'></form></body></html>"


def card(proxy: FaultProxy, **parts: Any) -> Card:
    common = {
        "name": "spoiled",
        "title": "T",
        "publisher": "P",
        "licence": "L",
        "redistribute": "no",
        "citation": "C",
        "protocol": "wfs",
        "url": f"{proxy.url}/cgi-bin/ms.cgi",
        "layer": "samples",
        "params": {"outputFormat": "geojson"},
        "page_size": 10,
    }
    return Card.model_validate({**common, **parts})


def assert_nothing_kept(root: Path) -> None:
    kept = [p for p in root.rglob("*") if p.is_file() and "locks" not in p.parts and "partial" not in p.parts]
    assert kept == []


def features_of(reply: Reply) -> dict[str, Any]:
    return json.loads(reply.body)


def with_document(reply: Reply, document: dict[str, Any]) -> Reply:
    reply.body = json.dumps(document).encode()
    return reply


def once(fault: Fault, number: int = 2) -> Fault:
    """The fault on one request only."""
    return lambda request, reply: fault(request, reply) if request.number == number else None


def truncate(_: Request, reply: Reply) -> Reply:
    reply.body = reply.body[: len(reply.body) // 2]
    return reply


def truncate_below_promise(_: Request, reply: Reply) -> Reply:
    reply.length, reply.body, reply.drop = len(reply.body), reply.body[: len(reply.body) // 2], True
    return reply


def fail(_: Request, __: Reply) -> Reply:
    return Reply(500, {"Content-Type": "text/plain"}, b"internal error")


def busy(_: Request, __: Reply) -> Reply:
    return Reply(429, {"Retry-After": "0"}, b"slow down")


def login_page(_: Request, __: Reply) -> Reply:
    return Reply(200, {"Content-Type": "text/html"}, LOGIN)


PASSING = {"cut body": truncate, "body shorter than promised": truncate_below_promise, "500": fail, "429": busy}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_survived(upstream: str, samples: gpd.GeoDataFrame, tmp_path: Path, name: str) -> None:
    with FaultProxy(upstream, once(PASSING[name])) as proxy:
        got = fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert sorted(got.frame().sampleno) == sorted(samples.sampleno)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (truncate, SourceError, "cut short"),
        (truncate_below_promise, UnreachableError, "peer closed|incomplete"),
        (fail, UnreachableError, "HTTP 500"),
        (login_page, LoginRequiredError, "web page came where data was asked for"),
    ],
)
def test_a_fault_that_stays_is_said_and_nothing_is_kept(
    upstream: str, tmp_path: Path, fault: Fault, error: type[KhanijError], words: str
) -> None:
    with FaultProxy(upstream, lambda q, r: fault(q, r) if q.number >= 2 else None) as proxy:
        with pytest.raises(error, match=words) as caught:
            fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
        assert len(proxy.requests) <= 12, "retries are bounded"
    assert caught.value.do and caught.value.layer == "samples"
    assert_nothing_kept(tmp_path)


def test_retry_after_is_obeyed(upstream: str, tmp_path: Path) -> None:
    waits = []

    def fault(request: Request, _: Reply) -> Reply | None:
        waits.append(request.number)
        return Reply(503, {"Retry-After": "1"}, b"") if request.number == 1 else None

    settings = ClientSettings(per_second=2000, backoff_s=30, attempts=2)
    with FaultProxy(upstream, fault) as proxy:
        got = fetch(card(proxy), Archive(tmp_path), settings=settings)
    assert got.rows == 40  # with the back-off of 30 s instead this test would not end in time


def announced(count: int) -> Fault:
    def fault(request: Request, reply: Reply) -> Reply | None:
        document = features_of(reply)
        document["numberMatched"] = count
        return with_document(reply, document)

    return fault


def test_a_count_that_changes_once_starts_the_reading_again(
    upstream: str, samples: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    def fault(request: Request, reply: Reply) -> Reply | None:
        return announced(38 if request.number <= 2 else 40)(request, reply)

    with FaultProxy(upstream, fault) as proxy:
        got = fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert sorted(got.frame().sampleno) == sorted(samples.sampleno)


def test_a_count_that_keeps_changing_is_refused(upstream: str, tmp_path: Path) -> None:
    with (
        FaultProxy(upstream, lambda q, r: announced(40 + q.number)(q, r)) as proxy,
        pytest.raises(ChangedWhileReadingError, match="changed while it was being read"),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert_nothing_kept(tmp_path)


def numbered(reply: Reply) -> dict[str, Any]:
    document = features_of(reply)
    for feature in document["features"]:
        feature["id"] = f"samples.{feature['properties']['sampleno']}"
    return document


def test_rows_that_move_between_pages_are_refused(upstream: str, tmp_path: Path) -> None:
    """The last row of page 1 comes again as the first of page 2: another row was then never seen."""

    def fault(request: Request, reply: Reply) -> Reply | None:
        document = numbered(reply)
        document["numberMatched"] = 40
        if request.start == 10:
            document["features"][0] = last[0]
        if request.start == 0:
            last[:] = document["features"][-1:]
        return with_document(reply, document)

    last: list[dict[str, Any]] = []
    with (
        FaultProxy(upstream, fault) as proxy,
        pytest.raises(ChangedWhileReadingError, match="features came twice"),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert_nothing_kept(tmp_path)


def test_overlapping_pages_that_miss_nothing_are_joined_and_said(
    upstream: str, samples: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """Each page but the first begins with the last row of the one before; the server's count says that all are here."""

    def fault(request: Request, reply: Reply) -> Reply | None:
        document = numbered(reply)
        if request.start and document["features"]:
            document["features"].insert(0, whole[request.start - 1])
        for offset, feature in enumerate(document["features"]):
            whole[request.start + offset] = feature
        document["numberMatched"] = 40
        return with_document(reply, document)

    whole: dict[int, dict[str, Any]] = {}

    def in_order(request: Request, reply: Reply) -> Reply | None:
        return fault(request, reply)

    with FaultProxy(upstream, None) as plain:
        body = plain.ask_upstream(
            "/cgi-bin/ms.cgi?service=WFS&version=2.0.0&request=GetFeature&typeNames=samples&outputFormat=geojson"
        )
        for index, feature in enumerate(numbered(body)["features"]):
            whole[index] = feature
    with FaultProxy(upstream, in_order) as proxy:
        # Eleven rows come for ten asked: the next start index follows the rows, so serve by position from the list.
        def by_position(request: Request, reply: Reply) -> Reply | None:
            start = request.start - (1 if request.start else 0)
            rows = [whole[i] for i in range(start, min(start + 11, 40))] if request.start < 40 + 4 else []
            document = {"type": "FeatureCollection", "numberMatched": 40, "features": rows}
            return with_document(reply, document)

        proxy.fault = by_position
        got = fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert got.rows == 40
    assert got.frame().sampleno.is_unique
    assert any("came twice and were kept once" in note for note in got.manifest.notes)


def test_a_short_page_in_the_middle_does_not_end_the_reading(
    upstream: str, samples: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    def fault(request: Request, reply: Reply) -> Reply | None:
        document = features_of(reply)
        if request.start == 10:
            document["features"] = document["features"][:3]
        document["numberMatched"] = 40
        return with_document(reply, document)

    with FaultProxy(upstream, fault) as proxy:
        got = fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert sorted(got.frame().sampleno) == sorted(samples.sampleno)


def test_fewer_rows_than_announced_are_refused_unless_the_card_knows_better(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream, announced(50)) as proxy:
        with pytest.raises(ChangedWhileReadingError, match="announced 50 features and gave 40"):
            fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
        assert_nothing_kept(tmp_path)
        got = fetch(card(proxy, trust_count=False), Archive(tmp_path), settings=PATIENT)
    assert got.rows == 40 and "announced 50" in " ".join(got.manifest.notes)


def test_a_server_that_says_fewer_than_it_gives_is_read_to_the_end_and_said(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream, announced(25)) as proxy:
        got = fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert got.rows == 40 and "its count is wrong" in " ".join(got.manifest.notes)


def test_a_redirect_to_another_host_is_refused(upstream: str, tmp_path: Path) -> None:
    reply = Reply(302, {"Location": "http://localhost.example.net/steal?x=1"})
    with FaultProxy(upstream, lambda q, r: reply) as proxy, pytest.raises(SourceError, match="another host"):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert_nothing_kept(tmp_path)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "//[::1]/x"])
def test_a_redirect_out_of_http_is_refused(upstream: str, tmp_path: Path, target: str) -> None:
    reply = Reply(301, {"Location": target})
    with FaultProxy(upstream, lambda q, r: reply) as proxy, pytest.raises(SourceError):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)


def test_a_redirect_on_the_same_host_is_followed_and_a_circle_is_not(upstream: str, tmp_path: Path) -> None:
    def moved(request: Request, _: Reply) -> Reply | None:
        if "moved" in request.path:
            return None
        return Reply(307, {"Location": request.path.replace("ms.cgi?", "ms.cgi?moved=1&")})

    with FaultProxy(upstream, moved) as proxy:
        assert fetch(card(proxy), Archive(tmp_path), settings=PATIENT).rows == 40
    with (
        FaultProxy(upstream, lambda q, r: Reply(302, {"Location": q.path})) as proxy,
        pytest.raises(SourceError, match="circle"),
    ):
        fetch(card(proxy, name="circle"), Archive(tmp_path), settings=PATIENT)


BROKEN = b"<HTML><HEAD><TITLE>MapServer Message</TITLE><style>p {x: y}</style></HEAD><BODY>\nmsLoadConfig(): Unable to access file. (/etc/m.conf)</BODY></HTML>"


def test_a_servers_page_about_its_own_trouble_is_told_and_is_no_log_in(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream, lambda q, r: Reply(200, {"Content-Type": "text/html"}, BROKEN)) as proxy:
        with pytest.raises(SourceError, match=r"msLoadConfig\(\): Unable to access file") as told:
            fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
        assert not isinstance(told.value, LoginRequiredError) and "p {x" not in str(told.value)
        state = probe(card(proxy))
    assert state.state == "changed" and "MapServer Message msLoadConfig" in state.message


def test_a_redirect_to_the_log_in_page_says_so(upstream: str, tmp_path: Path) -> None:
    with (
        FaultProxy(upstream, lambda q, r: Reply(302, {"Location": "/login?next=x"})) as proxy,
        pytest.raises(LoginRequiredError, match="log-in"),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)


def endless() -> Iterator[bytes]:
    head = b'{"type": "FeatureCollection", "features": ['
    yield head
    while True:
        yield b'{"type": "Feature", "properties": {}, "geometry": null},' * 10_000


def test_five_gigabytes_where_five_megabytes_were_promised(upstream: str, tmp_path: Path) -> None:
    small = ClientSettings(per_second=2000, attempts=2, backoff_s=0.01, max_page_bytes=5_000_000)
    with (
        FaultProxy(upstream, lambda q, r: Reply(200, {"Content-Type": "application/json"}, stream=endless())) as proxy,
        pytest.raises(TooLargeError, match="5,000,000"),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=small)
    assert_nothing_kept(tmp_path)


def test_an_honest_promise_of_five_gigabytes_is_refused_before_the_first_byte(upstream: str, tmp_path: Path) -> None:
    with (
        FaultProxy(upstream, lambda q, r: Reply(200, body=b"{", length=5_000_000_000, drop=True)) as proxy,
        pytest.raises(TooLargeError, match="5,000,000,000"),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)


def test_a_gzip_bomb_is_counted_after_it_unpacks(upstream: str, tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    small = ClientSettings(per_second=2000, attempts=2, backoff_s=0.01, max_page_bytes=5_000_000)
    assert len(bomb) < 100_000
    with (
        FaultProxy(upstream, lambda q, r: Reply(200, {"Content-Encoding": "gzip"}, bomb)) as proxy,
        pytest.raises(TooLargeError),
    ):
        fetch(card(proxy), Archive(tmp_path), settings=small)
    assert_nothing_kept(tmp_path)


def test_a_whole_layer_larger_than_the_card_allows_is_refused(upstream: str, tmp_path: Path) -> None:
    with FaultProxy(upstream) as proxy, pytest.raises(TooLargeError, match="max_bytes"):
        fetch(card(proxy, max_bytes=3_000), Archive(tmp_path), settings=PATIENT)
    assert not list((tmp_path / "partial").glob("*/*/*")) if (tmp_path / "partial").exists() else True
    assert_nothing_kept(tmp_path)


XXE = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"><wfs:member><a><b>&secret;</b></a></wfs:member>
</wfs:FeatureCollection>"""
VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""
GDALG = b'{"type": "gdal_streamed_alg", "features": [1], "command_line": "gdal vector pipeline ! read /etc/passwd"}'
EXCEPTION = b"""<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1">
<ows:Exception><ows:ExceptionText>no such layer</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (XXE, "entities"),
        (VRT, "neither features nor an error|virtual"),
        (GDALG, "virtual|answers"),
        (EXCEPTION, "no such layer"),
        (b"\x00\x01\x02", "neither JSON nor XML"),
        (b'{"error": {"code": 400, "message": "bad where"}}', "bad where"),
        (b"", "empty answer"),
    ],
)
def test_a_body_that_is_no_layer_is_refused(upstream: str, tmp_path: Path, body: bytes, words: str) -> None:
    with FaultProxy(upstream, lambda q, r: Reply(200, {}, body)) as proxy, pytest.raises(SourceError, match=words):
        fetch(card(proxy), Archive(tmp_path), settings=PATIENT)
    assert_nothing_kept(tmp_path)


def test_the_guest_session_is_opened_first_and_its_cookie_and_referer_are_sent(upstream: str, tmp_path: Path) -> None:
    def guarded(request: Request, reply: Reply) -> Reply | None:
        if request.path == "/-/guestuser":
            return Reply(200, {"Set-Cookie": "session=guest; Path=/", "Content-Type": "text/html"}, LOGIN)
        right = "session=guest" in request.headers.get("cookie", "") and "guestuser" in request.headers.get(
            "referer", ""
        )
        return None if right else login_page(request, reply)

    with FaultProxy(upstream, guarded) as proxy:
        door = {"url": f"{proxy.url}/-/guestuser", "referer": f"{proxy.url}/-/guestuser"}
        got = fetch(card(proxy, handshake=door), Archive(tmp_path), settings=PATIENT)
        assert got.rows == 40
        with pytest.raises(LoginRequiredError):
            fetch(card(proxy, name="stranger"), Archive(tmp_path), settings=PATIENT)
        assert probe(card(proxy)).state == "needs_login"


def test_a_session_that_ends_in_the_middle_is_opened_again(upstream: str, tmp_path: Path) -> None:
    sessions: list[int] = []

    def guarded(request: Request, reply: Reply) -> Reply | None:
        if request.path == "/-/guestuser":
            sessions.append(request.number)
            return Reply(200, {"Set-Cookie": f"session={len(sessions)}; Path=/"}, b"welcome")
        ended = len(sessions) == 1 and request.number > 3
        return login_page(request, reply) if ended else None

    with FaultProxy(upstream, guarded) as proxy:
        door = {"url": f"{proxy.url}/-/guestuser"}
        assert fetch(card(proxy, handshake=door), Archive(tmp_path), settings=PATIENT).rows == 40
    assert len(sessions) == 2


def test_probe_never_raises(upstream: str) -> None:
    quick = ClientSettings(attempts=1, connect_s=1, read_s=2)
    with FaultProxy(upstream) as proxy:
        assert probe(card(proxy), settings=quick).state == "ok"
        gone = card(proxy)
    assert probe(gone, settings=quick).state == "unreachable"
    with FaultProxy(upstream, fail) as proxy:
        assert probe(card(proxy), settings=quick).state == "unreachable"
    with FaultProxy(upstream, lambda q, r: Reply(200, {}, XXE)) as proxy:
        assert probe(card(proxy), settings=quick).state == "changed"
