"""A proxy between client and server that spoils answers on purpose, and a plain WFS for machines without MapServer."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from servers import QuietServer


@dataclass
class Reply:
    """What goes back to the client. ``length`` is the promised size where it is not the true one; ``stream`` replaces
    the body by chunks without a promised size; ``drop`` closes the connection after the body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    stream: Iterator[bytes] | None = None
    drop: bool = False


@dataclass(frozen=True)
class Request:
    """What the client asked: its number (from 1), path with query, and headers in lower case."""

    number: int
    path: str
    headers: dict[str, str]

    @property
    def start(self) -> int:
        """The start index of a WFS call, or 0."""
        query = {k.lower(): v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        return int(query.get("startindex", query.get("resultoffset", query.get("offset", "0"))))


Fault = Callable[[Request, Reply], Reply | None]


_KEPT: dict[str, Reply] = {}


class FaultProxy:
    """Forwards to ``upstream`` (``http://127.0.0.1:port``) and lets ``fault`` change each reply; None leaves it."""

    def __init__(self, upstream: str, fault: Fault | None = None) -> None:
        self.upstream, self.fault = upstream.rstrip("/"), fault
        self.requests: list[Request] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def ask_upstream(self, path: str) -> Reply:
        """The server's own answer; kept, so that the same question costs the server once."""
        key = self.upstream + path
        if key not in _KEPT:
            try:
                with urllib.request.urlopen(key, timeout=60) as answer:
                    _KEPT[key] = Reply(answer.status, {"Content-Type": answer.headers["Content-Type"]}, answer.read())
            except urllib.error.HTTPError as error:
                _KEPT[key] = Reply(error.code, {"Content-Type": error.headers["Content-Type"]}, error.read())
        kept = _KEPT[key]
        return Reply(kept.status, dict(kept.headers), kept.body)

    def __enter__(self) -> FaultProxy:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                with owner._lock:
                    request = Request(
                        len(owner.requests) + 1, self.path, {k.lower(): v for k, v in self.headers.items()}
                    )
                    owner.requests.append(request)
                reply = Reply() if self.path.startswith("/-/") else owner.ask_upstream(self.path)
                if owner.fault is not None:
                    reply = owner.fault(request, reply) or reply
                self.send(reply)

            def send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                try:
                    if reply.stream is not None:
                        self.send_header("Transfer-Encoding", "chunked")
                        self.end_headers()
                        for chunk in reply.stream:
                            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                        self.wfile.write(b"0\r\n\r\n")
                    else:
                        size = len(reply.body) if reply.length is None else reply.length
                        self.send_header("Content-Length", str(size))
                        self.end_headers()
                        self.wfile.write(reply.body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                if reply.drop:
                    self.close_connection = True

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.shutdown()
        self.http.server_close()


class PlainWfs:
    """GeoJSON pages of a list of features, for machines without MapServer: start index, count and a total."""

    def __init__(self, features: list[dict[str, object]]) -> None:
        self.features = features

    def __enter__(self) -> PlainWfs:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                query = {k.lower(): v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                start = int(query.get("startindex", "0"))
                count = int(query.get("count", query.get("maxfeatures", "1000")))
                body = json.dumps(
                    {
                        "type": "FeatureCollection",
                        "numberMatched": len(owner.features),
                        "features": owner.features[start : start + count],
                    }
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    @property
    def wfs(self) -> str:
        """Address of the WFS."""
        return f"http://127.0.0.1:{self.port}/cgi-bin/ms.cgi"

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.shutdown()
        self.http.server_close()
