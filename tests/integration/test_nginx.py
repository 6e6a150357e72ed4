"""The two nginx files of ``deploy``, run by a real nginx: the door before Dagster's web server, and the files of releases."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import numpy as np
import pytest
import rasterio
import websockets
from affine import Affine
from nginx_here import HINT, has_nginx, nginx, shipped
from production_servers import free_port, wait_for_dagster

from khanij.foundation.grid import Band, Grid, RasterStack
from publishing.rasters import write_cog
from publishing.releasing.catalogue import MEDIA

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not has_nginx(), reason=HINT)]
NAME, WORD = "officer", "pass word:4711"
PARTS = """
import dagster as dg

parts = dg.DynamicPartitionsDefinition(name="parts")


@dg.asset(partitions_def=parts)
def thing() -> None: ...


@dg.job
def nothing() -> None: ...


defs = dg.Definitions([thing], jobs=[nothing])
"""
ADD = """
mutation($key: String!) { addDynamicPartition(partitionsDefName: "parts", partitionKey: $key, repositorySelector: {
  repositoryName: "__repository__", repositoryLocationName: "parts.py"}) { __typename } }
"""
LIVE = """
subscription($run: ID!) { pipelineRunLogs(runId: $run) { ... on PipelineRunLogsSubscriptionSuccess {
  messages { ... on MessageEvent { message } } } } }
"""


@contextlib.contextmanager
def web_server(folder: Path, *options: str) -> Iterator[int]:
    """Dagster's own web server on a free port, with one asset; ``folder`` is its instance."""
    (folder / "parts.py").write_text(PARTS)
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    port = free_port()
    program = str(Path(sys.executable).with_name("dagster-webserver"))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [program, "-h", "127.0.0.1", "-p", str(port), "-f", "parts.py", *options],
            cwd=folder, env={**os.environ, "DAGSTER_HOME": str(folder)}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for_dagster(port, process, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def credentials(folder: Path) -> dict[str, str]:
    """Certificate, key and a file of passwords as the shipped file names them, made here."""
    folder.mkdir(parents=True, exist_ok=True)
    pem, key, passwords = folder / "khanij.pem", folder / "khanij.key", folder / "khanij.htpasswd"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True,
    )  # fmt: skip
    passwords.write_text(f"{NAME}:{{SHA}}{base64.b64encode(hashlib.sha1(WORD.encode()).digest()).decode()}\n")
    return {
        "/etc/ssl/khanij.pem": str(pem),
        "/etc/ssl/khanij.key": str(key),
        "/etc/nginx/khanij.htpasswd": str(passwords),
    }


@dataclass(frozen=True)
class Door:
    """nginx with the shipped file before a server."""

    folder: Path
    port: int
    tls: ssl.SSLContext

    @property
    def origin(self) -> str:
        """What a browser calls pages of this server."""
        return f"https://127.0.0.1:{self.port}"

    def ask(self, path: str, *, name: str | None = NAME, word: str = WORD, method: str = "GET", **more: Any) -> Any:
        """One request, with the password unless ``name`` is None."""
        auth = (name, word) if name is not None else None
        return httpx.request(method, f"{self.origin}{path}", auth=auth, verify=self.tls, timeout=60, **more)

    def graphql(self, query: str, **variables: Any) -> Any:
        """The one value that a GraphQL question asks for."""
        answer = self.ask("/graphql", method="POST", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        (value,) = answer.json()["data"].values()
        return value

    def socket(self, *, name: str | None = NAME, origin: str | None = None) -> Any:
        """A WebSocket as the pages open one."""
        given = base64.b64encode(f"{name}:{WORD}".encode()).decode()
        return websockets.connect(
            f"wss://127.0.0.1:{self.port}/graphql", ssl=self.tls, subprotocols=[websockets.Subprotocol("graphql-ws")],
            origin=websockets.Origin(origin or self.origin), proxy=None,
            additional_headers={"Authorization": f"Basic {given}"} if name else {},
        )  # fmt: skip


@contextlib.contextmanager
def door(folder: Path, upstream: int) -> Iterator[Door]:
    """``deploy/nginx/khanij.conf`` with the ports and paths of a test."""
    port, mine = free_port(), credentials(folder)
    text = shipped(
        "nginx/khanij.conf",
        {"listen 443": f"listen 127.0.0.1:{port}", "127.0.0.1:3000": f"127.0.0.1:{upstream}", **mine},
    )
    tls = ssl.create_default_context(cafile=mine["/etc/ssl/khanij.pem"])
    with nginx(folder / "nginx", text, port):
        yield Door(folder, port, tls)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Iterator[tuple[Door, dg.DagsterInstance]]:
    home = tmp_path_factory.mktemp("instance")
    with (
        web_server(home) as port,
        door(tmp_path_factory.mktemp("door"), port) as found,
        dg.DagsterInstance.from_config(str(home)) as instance,
    ):
        yield found, instance


def parts_of(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_dynamic_partitions("parts"))


@pytest.mark.parametrize(("name", "word"), [(None, ""), (NAME, "wrong"), ("nobody", WORD), (NAME, "")])
def test_nobody_without_the_password_reaches_anything(here, name, word):
    found, instance = here
    for path in ("/", "/graphql?query={version}", "/server_info", "/runs", "/download_debug/x"):
        answer = found.ask(path, name=name, word=word)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic"), path
        assert "agster" not in answer.text
    asked = {"query": ADD, "variables": {"key": "stranger"}}
    assert found.ask("/graphql", name=name, word=word, method="POST", json=asked).status_code == 401
    assert "stranger" not in parts_of(instance)


def test_a_websocket_without_the_password_is_refused(here):
    async def opened() -> None:
        async with here[0].socket(name=None):
            pass

    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(opened())
    assert refused.value.response.status_code == 401


def test_with_the_password_pages_questions_and_changes_pass(here):
    found, instance = here
    page = found.ask("/locations")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"] and 'id="root"' in page.text
    script = re.search(r'src="(/[^"]+\.js)"', page.text)
    assert script and found.ask(script[1]).status_code == 200
    assert found.graphql("query { version }") == dg.__version__
    assert found.graphql(ADD, key="from a page")["__typename"] == "AddDynamicPartitionSuccess"
    assert "from a page" in parts_of(instance)


def test_live_updates_come_through(here):
    """An event that is booked after the subscription arrives over it."""
    found, instance = here
    run = instance.create_run_for_job(dg.JobDefinition(graph_def=dg.GraphDefinition(name="nothing")))

    async def heard() -> str:
        async with found.socket() as line:
            await line.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await line.recv())["type"] == "connection_ack"
            payload = {"query": LIVE, "variables": {"run": run.run_id}}
            await line.send(json.dumps({"id": "1", "type": "start", "payload": payload}))
            await asyncio.sleep(1)
            instance.report_engine_event("said while somebody looks", run)
            text = ""
            while "said while" not in text:
                text = await asyncio.wait_for(line.recv(), 30)
            return text

    assert "said while somebody looks" in asyncio.run(heard())


def test_only_tls_of_today_is_spoken(here):
    found, _ = here
    assert httpx.get(f"http://127.0.0.1:{found.port}/", auth=(NAME, WORD)).status_code == 400
    text = shipped("nginx/khanij.conf", {})
    assert re.findall(r"listen\s+(.*);", text) == ["443 ssl"]
    assert set(re.search(r"ssl_protocols\s+(.*);", text)[1].split()) == {"TLSv1.2", "TLSv1.3"}
    assert not re.search(r"proxy_pass\s+http://(?!127\.0\.0\.1:)", text), "the web server itself is on loopback"


FOREIGN = {
    "a picture": ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}),
    "a neighbour's script": ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}),
    "a form": ("POST", {"Origin": "https://elsewhere.example", "Content-Type": "application/x-www-form-urlencoded",
                        "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
    "a form of a frame": ("POST", {"Origin": "null"}),
    "an older browser": ("POST", {"Origin": "https://127.0.0.1.elsewhere.example"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_page_of_somebody_else_cannot_use_the_password_that_the_browser_remembers(here, kind):
    """Dagster executes what stands in an address: without this any page could start runs."""
    found, instance = here
    method, headers = FOREIGN[kind]
    asked = {"query": ADD, "variables": json.dumps({"key": kind})}
    assert found.ask("/graphql", method=method, params=asked, headers=headers).status_code == 403
    assert kind not in parts_of(instance)


def test_a_websocket_of_somebody_elses_page_is_refused(here):
    async def opened() -> None:
        async with here[0].socket(origin="https://elsewhere.example"):
            pass

    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(opened())
    assert refused.value.response.status_code == 403


def test_no_page_of_somebody_else_frames_it(here):
    """A frame asks as a link does, and the browser sends the password along: a click would start what lies under it."""
    frame = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    for path in ("/", "/runs/abc", "/graphql"):
        answer = here[0].ask(path, headers={**frame, "Accept": "text/html"})
        assert "frame-ancestors 'self'" in answer.headers.get_list("content-security-policy"), path


def test_links_from_a_mail_and_the_pages_own_requests_are_let_in(here):
    found, _ = here
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert found.ask("/runs/abc", headers=link).status_code == 200
    own = {"Origin": found.origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    asked = {"query": "{ version }"}
    assert found.ask("/graphql", method="POST", json=asked, headers=own).status_code == 200
    assert found.ask("/graphql", method="POST", json=asked).status_code == 200, "a script that knows the password"


def test_the_same_file_before_a_read_only_server_lets_people_look_and_not_touch(tmp_path):
    (tmp_path / "instance").mkdir()
    with web_server(tmp_path / "instance", "--read-only") as port, door(tmp_path / "door", port) as found:
        assert found.ask("/", name=None).status_code == 401
        assert found.graphql("query { version }") == dg.__version__
        assert found.graphql(ADD, key="touched")["__typename"] == "UnauthorizedError"
        with dg.DagsterInstance.from_config(str(tmp_path / "instance")) as instance:
            assert parts_of(instance) == set()


@contextlib.contextmanager
def stand_in() -> Iterator[tuple[int, list[tuple[str, str, dict[str, str]]]]]:
    """A server that says ``passed on`` to everything and keeps what it was asked."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"passed on")

        do_GET = do_HEAD = do_POST = answer

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


def test_what_is_passed_on_has_the_right_host_and_no_password(tmp_path):
    with stand_in() as (port, asked), door(tmp_path, port) as found:
        assert found.ask("/some/path?a=b%20c").text == "passed on"
    ((_, path, headers),) = asked
    assert path == "/some/path?a=b%20c" and headers["host"] == "127.0.0.1"
    assert "authorization" not in headers, "the password ends at the door"


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> Iterator[tuple[str, Path, list]]:
    """``deploy/serve/nginx.conf`` before a stand-in, with a folder of releases; pages are held by ``test_serving``."""
    folder = tmp_path_factory.mktemp("releases")
    version = folder / "releases" / "india" / "2026.12.01"
    (version / "evidence").mkdir(parents=True)
    for suffix in MEDIA:
        (version / f"a{suffix}").write_bytes(f"{suffix} ".encode() * 100)
    grid = Grid("EPSG:7755", Affine(1000, 0, 4_000_000, 0, -1000, 4_000_000), (700, 700))
    values = np.arange(490_000, dtype="float32").reshape(700, 700)
    write_cog(RasterStack(grid, (Band("La", values, "ppm", "Lanthanum"),)), version / "evidence" / "evidence.tif")
    for hidden in ("catalog.lock", "india/.release.lock", "india/.making/a.json", "scenarios/x/india/a.json"):
        (folder / "releases" / hidden).parent.mkdir(parents=True, exist_ok=True)
        (folder / "releases" / hidden).write_text("not for others")
    (folder / "releases" / "catalog.lock").rename(folder / "releases" / ".catalog.lock")
    port = free_port()
    with stand_in() as (upstream, asked):
        mine = {"/var/lib/khanij/releases/": f"{folder}/releases/", "127.0.0.1:5000": f"127.0.0.1:{upstream}"}
        text = shipped("serve/nginx.conf", mine)
        with nginx(folder / "nginx", f"server {{ listen 127.0.0.1:{port};\n{text}\n}}", port):
            yield f"http://127.0.0.1:{port}", version, asked


@pytest.mark.parametrize("suffix", MEDIA)
def test_each_kind_of_file_is_sent_by_range_under_its_own_type(releases, suffix):
    address, version, _ = releases
    content = (version / f"a{suffix}").read_bytes()
    url = f"{address}/files/india/2026.12.01/a{suffix}"
    whole, part = httpx.get(url), httpx.get(url, headers={"Range": "bytes=3-12"})
    assert whole.status_code == 200 and whole.content == content and whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == MEDIA[suffix]
    assert (part.status_code, part.content) == (206, content[3:13])
    assert part.headers["content-range"] == f"bytes 3-12/{len(content)}"
    assert part.headers["access-control-allow-origin"] == "*"
    assert {"Content-Range", "ETag"} <= set(part.headers["access-control-expose-headers"].split(", "))
    assert httpx.get(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert httpx.head(url).headers["content-length"] == str(len(content))
    assert httpx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_gdal_reads_one_tile_of_a_cog(releases):
    address, version, _ = releases
    with rasterio.open(f"/vsicurl/{address}/files/india/2026.12.01/evidence/evidence.tif") as remote:
        window = rasterio.windows.Window(100, 200, 3, 2)
        with rasterio.open(version / "evidence" / "evidence.tif") as local:
            assert (remote.read(1, window=window) == local.read(1, window=window)).all()


@pytest.mark.parametrize(
    "path",
    [".catalog.lock", "india/.release.lock", "india/.making/a.json", "scenarios/x/india/a.json", "india/none.json",
     "india/2026.12.01/../.release.lock", "india/%2erelease.lock", "india//.release.lock", "../nginx/nginx.conf"],
)  # fmt: skip
def test_hidden_files_and_what_ifs_are_not_sent(releases, path):
    address, _, asked = releases
    asked.clear()
    line = http.client.HTTPConnection(address.removeprefix("http://"))
    line.request("GET", f"/files/{path}")  # as it stands: no client tidies the path
    answer = line.getresponse()
    told = answer.read().decode()
    line.close()
    # What leads out of /files/ is a path of the other server, which has no such file either.
    assert (answer.status, told) == (200, "passed on") if path.startswith("..") else answer.status in (403, 404), told


def test_folders_are_not_listed(releases):
    for path in ("files/", "files/india/", "files/india/2026.12.01/"):
        assert httpx.get(f"{releases[0]}/{path}").status_code in (403, 404)


def test_files_are_read_and_never_written_and_other_pages_may_ask(releases):
    address, version, _ = releases
    url = f"{address}/files/india/2026.12.01/a.json"
    before = (version / "a.json").read_bytes()
    for method in ("PUT", "POST", "DELETE", "PATCH", "MKCOL"):
        assert httpx.request(method, url, content=b"x").status_code in (403, 405), method
    assert (version / "a.json").read_bytes() == before
    preflight = {"Origin": "https://maps.example", "Access-Control-Request-Method": "GET",
                 "Access-Control-Request-Headers": "range"}  # fmt: skip
    answer = httpx.options(url, headers=preflight)
    assert answer.status_code in (200, 204) and answer.headers["access-control-allow-origin"] == "*"
    assert "range" in answer.headers["access-control-allow-headers"].lower()


def test_everything_else_is_passed_on_as_it_was_asked(releases):
    address, _, asked = releases
    for path in (
        "/",
        "/ogc/collections?f=json&bbox=80,20,84,24",
        "/newest/india/index.html",
        "/tiles/india/ranked_blocks/1/0/0",
    ):
        asked.clear()
        assert httpx.get(f"{address}{path}").text == "passed on"
        assert asked[0][1] == path and asked[0][2]["host"] == "127.0.0.1"
