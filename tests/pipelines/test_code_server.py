"""``khanij ui`` has the code loaded again whose server was killed, and leaves everything else alone: a web server of the test's own."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.cli.upkeep import code_server
from pipelines.cli.upkeep.code_server import UNREACHABLE, keep_alive, revive

LOADED = {"__typename": "RepositoryLocation"}
GONE = {"__typename": "PythonError", "className": UNREACHABLE}
FAULTY = {"__typename": "PythonError", "className": "DagsterUserCodeProcessError"}


@contextlib.contextmanager
def web_server(states: dict[str, Any], status: int = 200) -> Iterator[tuple[int, list[str]]]:
    """Answers as Dagster's does: where the code of a location is; a location that is loaded again is there."""
    reloaded: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if "reloadRepositoryLocation" in asked["query"]:
                reloaded.append(asked["variables"]["name"])
                states[reloaded[-1]] = LOADED
                data: dict[str, Any] = {"reloadRepositoryLocation": {"__typename": "WorkspaceLocationEntry"}}
            else:
                entries = [{"name": name, "locationOrLoadError": state} for name, state in states.items()]
                data = {"workspaceOrError": {"locationEntries": entries} if states else {}}
            body = json.dumps({"data": data}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, reloaded
        server.shutdown()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"khanij": LOADED}, []),
        ({"khanij": GONE}, ["khanij"]),
        ({"khanij": FAULTY}, []),  # loading a syntax error again and again makes no code of it
        ({"khanij": None}, []),  # it is being loaded
        ({"khanij": LOADED, "other": GONE}, ["other"]),
        ({}, []),  # an answer of another form
    ],
)
def test_only_code_that_cannot_be_reached_is_loaded_again(states, expected, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with web_server(states) as (port, reloaded):
        assert revive(f"http://127.0.0.1:{port}") == expected == reloaded
        assert revive(f"http://127.0.0.1:{port}") == []


def test_a_web_server_that_is_not_there_or_in_trouble_is_waited_for():
    with web_server({"khanij": GONE}, status=500) as (port, reloaded):
        assert revive(f"http://127.0.0.1:{port}") == [] == reloaded
    assert revive(f"http://127.0.0.1:{port}") == []


def test_it_is_looked_after_for_as_long_as_the_page_is_served(monkeypatch, capsys):
    monkeypatch.setattr(code_server, "INTERVAL_S", 0.05)
    states = {"khanij": GONE}
    ended = threading.Event()
    with web_server(states) as (port, reloaded):
        thread = keep_alive("0.0.0.0", port, ended)
        for times in (1, 2):
            until = time.monotonic() + 20
            while len(reloaded) < times:
                assert time.monotonic() < until, reloaded
                time.sleep(0.01)
            if times == 1:
                states["khanij"] = GONE
        ended.set()
        thread.join(20)
        assert not thread.is_alive()
    assert capsys.readouterr().out.count("the code server of khanij was gone and is started again") == 2


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:3999"), ("::1", "http://[::1]:3999"), ("::", "http://[::]:3999")]
)
def test_an_address_of_ipv6_is_one_that_can_be_asked(host, url, monkeypatch):
    assert code_server.address(host, 3999) == url and revive(url) == []
    asked: list[str] = []
    monkeypatch.setattr(code_server, "INTERVAL_S", 0.01)
    monkeypatch.setattr(code_server, "revive", lambda url: asked.append(url) or [])
    ended = threading.Event()
    thread = keep_alive(host, 3999, ended)
    while not asked and thread.is_alive():
        time.sleep(0.01)
    ended.set()
    thread.join(20)
    assert asked[0] == url.replace("[::]", "[::1]")
