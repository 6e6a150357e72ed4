"""A source that asks who is there: refused in plain text, served from the environment, and nothing of it is kept."""

from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest
from servers.fault_proxy import FaultProxy, Reply, Request

from data_sources.cards import Card, parse_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.remote.credentials import CredentialError
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import Client, ClientSettings, LoginRequiredError
from data_sources.connectors.remote.origin import Origin
from data_sources.connectors.remote.probing import probe
from data_sources.connectors.safety import local_file
from data_sources.contracts import SourceError

FAST = ClientSettings(per_second=2000, backoff_s=0.01, backoff_max_s=0.02, attempts=2, read_s=10)
PASSWORD, KEY, SERVER_TOKEN = "SECRET@pw 77/x", "SECRETKEY88", "SECRETNEXT99"
HEAD = "name: mine\ntitle: T\npublisher: P\nlicence: L\nredistribute: 'no'\ncitation: C\nprotocol: http_json\n"


def card(**parts: Any) -> Card:
    common = {"name": "mine", "title": "T", "publisher": "P", "licence": "L", "redistribute": "no", "citation": "C"}
    return Card.model_validate({**common, "protocol": "http_json", **parts})


def serve(answer) -> FaultProxy:
    return FaultProxy("http://127.0.0.1:1", lambda request, _: answer(request))


def query(request: Request) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()}


def guarded(request: Request) -> Reply:
    """Two pages for whoever brings both the password and the key; links quote the key and carry a token."""
    wanted = "Basic " + base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
    asked = query(request)
    if request.headers.get("authorization") != wanted or asked.get("apikey") != KEY:
        return Reply(401, {}, f"no: {request.path} {request.headers.get('authorization')}".encode())
    host = f"http://u:{SERVER_TOKEN}@{request.headers['host']}"
    if asked.get("page") != "2":
        onward = f"{host}/-/x?page=2&apikey={KEY}&token={SERVER_TOKEN}"
        return Reply(200, {}, json.dumps({"results": [{"id": 1, "self": f"/1?apikey={KEY}"}], "next": onward}).encode())
    assert asked["token"] == SERVER_TOKEN
    return Reply(200, {}, json.dumps({"results": [{"id": 2, "self": "/2"}]}).encode())


def everything_below(folder: Path) -> bytes:
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert files
    return b"".join(p.read_bytes() + str(p).encode() for p in files)


def assert_clean(text: str | bytes) -> None:
    text = text if isinstance(text, bytes) else text.encode()
    whole = base64.b64encode(f"reader:{PASSWORD}".encode())
    for secret in (PASSWORD.encode(), b"SECRET%40pw", KEY.encode(), SERVER_TOKEN.encode(), whole):
        assert secret not in text


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("MINE_LOGIN", f"reader:{PASSWORD}")
    monkeypatch.setenv("MINE_KEY", KEY)


@pytest.mark.parametrize(
    "lines",
    [
        "url: http://reader:SECRETPW77@h/x.json",
        "url: http://SECRETPW77@h/x.json",
        "url: http://reader:SECRET@PW77@h/x.json",
        *(f"url: http://h/x?a=1&{name}=SECRETPW77" for name in ("apikey", "api_key", "key", "token", "access_token")),
        *(f"url: http://h/x?{name}=SECRETPW77" for name in ("sig", "signature", "X-Amz-Signature", "subscription-key")),
        "url: http://h/x#access_token=SECRETPW77",
        *(
            f"url: http://h/x\nparams: {{{name}: SECRETPW77}}"
            for name in ("apiKey", "password", "pwd", "passphrase", "secret", "client_secret", "auth", "Key", "sv-sig")
        ),
        "url: http://h/x\nheaders: {X-Api-Key: SECRETPW77}",
        "url: http://h/x\nheaders: {Authorization: Bearer SECRETPW77}",
        "url: http://h/x\nheaders: {X-Door: Basic SECRETPW77}",
        "url: http://h/x\nhandshake: {url: 'http://h/login?token=SECRETPW77'}",
        "url: http://h/x\nhandshake: {url: 'http://h/x', referer: 'http://u:SECRETPW77@h/'}",
        "url: http://h/x\noptions: {password: SECRETPW77}",
        "url: http://h/x\nlicence_url: http://u:SECRETPW77@h/",
        "url: http://h/x\ntoken: SECRETPW77",
        "url: [http://u:SECRETPW77@h/",
    ],
)
def test_a_card_with_a_secret_is_refused_without_repeating_it(lines: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse_card(HEAD + lines, file="cards/mine.yaml")
    error: BaseException | None = refused.value
    assert "mine.yaml" in str(error)
    if "[" not in lines and "\ntoken" not in lines:
        assert "auth_env" in str(error) and "${NAME}" in str(error)
    while error is not None:
        assert "SECRET" not in str(error) and "PW77" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize("path", ["postgresql://u:SECRETPW77@h/db", "/vsicurl/https://u:SECRETPW77@h/x.gpkg"])
def test_a_connection_string_in_place_of_a_file_is_not_repeated(path: str) -> None:
    with pytest.raises(SourceError, match="is not a file") as refused:
        local_file(path)
    assert "SECRETPW77" not in str(refused.value)


def test_what_is_no_secret_is_not_refused() -> None:
    text = (
        "url: http://h/x?layer=a&key=\nkey: block_id\nparams: {sortBy: id, token: '${A}', format: json}\nauth_env: B\n"
    )
    text += "headers: {Accept: text/csv, Authorization: 'Bearer ${T}'}\noptions: {key: id}\naccess: write to a@b.org\n"
    assert parse_card(HEAD + text, file="x").params["token"] == "${A}"


def test_the_remedy_works_and_nothing_of_it_is_kept(tmp_path, environment, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name)
    with serve(guarded) as server:
        c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
        got = fetch(c, Archive(tmp_path / ".khanij"), settings=FAST)
        assert got.rows == 2 and list(got.frame()["id"]) == ["1", "2"] and len(got.manifest.pages) == 2
        assert probe(c, settings=FAST).state == "ok"
    assert_clean(everything_below(tmp_path))
    assert "HTTP Request" in caplog.text
    assert_clean(caplog.text + repr(got) + repr(c))
    assert "***" in got.frame()["self"].iloc[0] and "token=***" in str(got.manifest.pages[1].cursor)


def test_a_reference_in_the_address_and_a_bearer_token_work(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MINE_KEY", "SECRET key/1")
    monkeypatch.setenv("MINE_TOKEN", "SECRETBEARER55\n")

    def answer(request: Request) -> Reply:
        good = query(request) == {"k": "SECRET key/1"} and request.headers["authorization"] == "Bearer SECRETBEARER55"
        return Reply(200, {}, b"a,b\n1,2\n") if good else Reply(403)

    with serve(answer) as server:
        c = card(
            protocol="http_csv", url=f"{server.url}/-/x?k=${{MINE_KEY}}", auth_env="MINE_TOKEN", auth_scheme="bearer"
        )
        assert fetch(c, Archive(tmp_path), settings=FAST).rows == 1
        monkeypatch.setenv("MINE_TOKEN", "SECRETOTHER66")
        with pytest.raises(LoginRequiredError, match="MINE_TOKEN") as refused:
            fetch(c, Archive(tmp_path), settings=FAST)
    assert "SECRET" not in str(refused.value) and b"SECRET" not in everything_below(tmp_path)


def test_every_protocol_sends_the_key_with_every_request(tmp_path, environment) -> None:
    document = {"type": "FeatureCollection", "numberMatched": 1, "features": []}
    feature = {
        "type": "Feature",
        "id": "a",
        "properties": {"a": 1},
        "geometry": {"type": "Point", "coordinates": [76, 14]},
    }
    layer = {"fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}], "maxRecordCount": 10}
    esri = {
        "features": [{"attributes": {"OBJECTID": 1}, "geometry": {"x": 76, "y": 14}}],
        "geometryType": "esriGeometryPoint",
    }

    def answer(request: Request) -> Reply:
        asked = query(request)
        if asked.get("apikey") != KEY:
            return Reply(403)
        body: dict[str, Any] = {**document, "features": [feature]}
        if "arc" in request.path:
            body = layer if "query" not in request.path else esri
            body = {"count": 1} if "returnCountOnly" in asked else body
            body = {"objectIds": [1]} if "returnIdsOnly" in asked else body
        elif asked.get("startIndex", "0") != "0":
            body = document
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    with serve(answer) as server:
        key = {"apikey": "${MINE_KEY}"}
        for protocol, more in (("wfs", {"outputFormat": "application/json"}), ("ogc_api", {}), ("arcgis_rest", {})):
            url = f"{server.url}/-/{protocol[:3]}"
            c = card(protocol=protocol, url=url, layer="0", params={**key, **more})
            assert fetch(c, Archive(tmp_path / protocol), settings=FAST).rows == 1
        file = card(protocol="http_file", url=f"{server.url}/-/x.geojson", params=key)
        assert fetch(file, Archive(tmp_path / "file"), settings=FAST).rows == 1
    assert_clean(everything_below(tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MINE_KEY", None, "MINE_KEY is not set"),
        ("MINE_LOGIN", "", "MINE_LOGIN is not set"),
        ("MINE_LOGIN", "SECRETALONE", "user:password"),
        ("MINE_KEY", "SECRET\nLINE", "line breaks"),
    ],
)
def test_a_variable_that_is_missing_or_wrong_is_one_error_that_names_it(
    tmp_path, environment, monkeypatch, name, value, says
) -> None:
    monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    with serve(guarded) as server:
        c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
        with pytest.raises(CredentialError, match=says) as missing:
            fetch(c, Archive(tmp_path), settings=FAST)
        assert probe(c, settings=FAST).state == "needs_login" and server.requests == []
    assert "SECRET" not in str(missing.value) and f"set {name}" in str(missing.value)


def test_a_server_that_quotes_what_it_was_sent_is_not_believed_into_a_message(tmp_path, environment) -> None:
    def answer(request: Request) -> Reply:
        told = f"error: {request.path} {request.headers['authorization']} {PASSWORD} token={SERVER_TOKEN}"
        return Reply(200, {}, json.dumps({"error": told}).encode())

    with serve(answer) as server:
        c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
        with pytest.raises(SourceError, match="the server answers") as refused:
            fetch(c, Archive(tmp_path), settings=FAST)
    assert_clean(str(refused.value))


def test_a_server_cannot_ask_for_other_variables(tmp_path, environment, monkeypatch) -> None:
    monkeypatch.setenv("OTHER_SECRET", "SECRETOTHER66")

    def answer(request: Request) -> Reply:
        onward = "/-/x?page=2&q=${OTHER_SECRET}"
        body: dict[str, Any] = {"results": [{"id": 1}]} | ({} if "page=2" in request.path else {"next": onward})
        return Reply(200, {}, json.dumps(body | {"results": [{"id": request.number}]}).encode())

    with serve(answer) as server:
        assert fetch(card(url=f"{server.url}/-/x"), Archive(tmp_path), settings=FAST).rows == 2
        assert not any("SECRETOTHER66" in r.path for r in server.requests)


def test_an_asset_of_dagster_shows_nothing_of_it(tmp_path, environment, monkeypatch) -> None:
    from assets import archive as archive_module
    from assets.workspace import Workspace
    from data_sources.regions import Region

    with serve(guarded) as server:
        c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
        monkeypatch.setattr(Region, "fetched_cards", lambda _: ["mine"])
        monkeypatch.setattr(archive_module, "load_card", lambda _: c)
        asset = archive_module._archive_asset(c, ["india"], None)
        given = {"workspace": Workspace(cache_root=str(tmp_path / ".khanij")), archive_module.MARKS: dg.mem_io_manager}
        (tmp_path / "dagster").mkdir()
        with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
            instance.add_dynamic_partitions("region", ["india"])
            for login in (f"reader:{PASSWORD}", "reader:SECRETWRONG"):
                monkeypatch.setenv("MINE_LOGIN", login)
                (server.requests).clear()
                dg.materialize([asset], partition_key="india", resources=given, instance=instance, raise_on_error=False)
                assert server.requests
            runs = instance.get_runs()
            assert {r.status for r in runs} == {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
            told = "".join(str(e) for r in runs for e in instance.all_logs(r.run_id)) + str([r.tags for r in runs])
    told += str(asset.specs) + str(asset.op.pool)
    assert "SECRETWRONG" not in told and b"SECRETWRONG" not in everything_below(tmp_path)
    assert_clean(told)
    assert_clean(everything_below(tmp_path))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://h.example:8000/other", True),
        ("http://H.EXAMPLE:8000/x", True),
        ("http://h.example.:8000/x", True),
        ("http://h.example:8001/x", False),
        ("http://h.example/x", False),
        ("https://h.example:8000/x", False),
        ("http://u:p@h.example:8000/x", False),
        ("http://u@h.example:8000/x", False),
        ("http://h.example:8000@evil.example/x", False),
        ("http://h.example.evil.example:8000/x", False),
        ("ftp://h.example:8000/x", False),
        ("http:///x", False),
        ("http://h.example:99999999/x", False),
    ],
)
def test_scheme_host_and_port_are_who_is_spoken_to(url: str, allowed: bool) -> None:
    with Client(card(url="http://h.example:8000/x"), FAST) as client:
        if allowed:
            client.check_host(url)
        else:
            with pytest.raises(SourceError, match="sends us on") as refused:
                client.check_host(url)
            assert "u:p" not in str(refused.value)


def test_the_usual_step_up_to_https_is_the_same_host_and_the_step_down_is_not() -> None:
    plain, safe = Origin.of("http://h.example/"), Origin.of("https://H.example.:443/")
    assert plain is not None and safe is not None
    assert plain.may_send_on_to(safe) and not safe.may_send_on_to(plain)
    assert Origin.of("http://bücher.example/") == Origin.of("http://xn--bcher-kva.example:80/")


@pytest.mark.parametrize(
    "where", ["{other}/-/x", "http://u:p@{host}/-/x", "//{other_host}/-/x", "http://localhost:{port}/"]
)
def test_credentials_are_not_sent_on_to_another_door(tmp_path, environment, where: str) -> None:
    with serve(lambda r: Reply(200, {}, b"[]")) as other:
        places = {"other": other.url, "other_host": f"127.0.0.1:{other.port}", "port": other.port}

        def answer(request: Request) -> Reply:
            return Reply(302, {"Location": where.format(**places, host=request.headers["host"])})

        with serve(answer) as server:
            c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
            with pytest.raises(SourceError, match="sends us on"):
                fetch(c, Archive(tmp_path), settings=FAST)
            assert len(server.requests) == 1
        assert other.requests == []


def test_a_fetch_cut_off_after_a_page_with_a_token_begins_anew(tmp_path, environment) -> None:
    broken = [True]

    def answer(request: Request) -> Reply:
        if broken[0] and "page=2" in request.path:
            return Reply(503, {"Retry-After": "0"})
        return guarded(request)

    with serve(answer) as server:
        c = card(url=f"{server.url}/-/x", params={"apikey": "${MINE_KEY}"}, auth_env="MINE_LOGIN")
        with pytest.raises(SourceError):
            fetch(c, Archive(tmp_path), settings=FAST)
        assert_clean(everything_below(tmp_path))
        broken[0] = False
        assert fetch(c, Archive(tmp_path), settings=FAST).rows == 2
    assert_clean(everything_below(tmp_path))
