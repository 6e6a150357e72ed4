"""Serves releases, read-only: OGC API Features by pygeoapi, files by HTTP range, vector tiles one by one.

    python app.py FOLDER [--host 127.0.0.1] [--port 5000]

``FOLDER`` is what ``khanij serve --config-only`` wrote: ``pygeoapi.json`` and ``serve.json``, which lists every file that may
be read. What is not listed there has no address, whatever lies beside it. Runs in an environment of its own
(``requirements.txt``), in which nothing of Khanij is installed.

    /            a page that names what is here        /ogc/                              OGC API Features
    /newest/R/.. leads to the newest release's file
    /files/...   files of the releases, by range       /tiles/REGION/LAYER/{z}/{x}/{y}    tiles, for programs without PMTiles
"""

from __future__ import annotations

import argparse
import functools
import html
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from pmtiles.reader import MmapSource, Reader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

READ = ("GET", "HEAD", "OPTIONS")
TILE = {"Content-Type": "application/vnd.mapbox-vector-tile", "Content-Encoding": "gzip"}


class ReadOnly:
    """Refuses every method that is not for reading, before anything else sees the request."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass it on, or 405."""
        if scope["type"] == "http" and scope["method"] not in READ:
            refused = PlainTextResponse("read-only", status_code=405, headers={"Allow": ", ".join(READ)})
            await refused(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def application(folder: Path) -> Starlette:
    """The application for a folder that ``khanij serve --config-only`` wrote."""
    told = json.loads((folder / "serve.json").read_text(encoding="utf-8"))
    files: dict[str, dict[str, str]] = told["files"]

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["path"])
        if found is None or not Path(found["path"]).is_file():
            return PlainTextResponse("no such file here", status_code=404)
        return FileResponse(found["path"], media_type=found["type"], headers={"Cache-Control": "no-cache"})

    async def newest(request: Request) -> Response:
        asked = request.path_params
        version = told["newest"].get(asked["region"])
        path = f"{asked['region']}/{version}/{asked['path']}"
        if path not in files:
            return PlainTextResponse("no such file here", status_code=404)
        return RedirectResponse(f"{told['address']}/files/{quote(path)}", status_code=307)

    @functools.cache
    def tiles(path: str) -> Reader:
        return Reader(MmapSource(Path(path).open("rb")))

    async def tile(request: Request) -> Response:
        asked = request.path_params
        path = told["tiles"].get(f"{asked['region']}/{asked['layer']}")
        z, x, y = asked["z"], asked["x"], asked["y"]
        if path is None or not (z <= 30 and x < 2**z and y < 2**z):
            return PlainTextResponse("no such tiles here", status_code=404)
        data = tiles(path).get(z, x, y)
        return Response(data, headers=TILE) if data else Response(status_code=204)

    async def page(_: Request) -> Response:
        return HTMLResponse(_page(told))

    return Starlette(
        routes=[
            Route("/", page),
            Route("/files/{path:path}", file),
            Route("/newest/{region}/{path:path}", newest),
            Route("/tiles/{region}/{layer}/{z:int}/{x:int}/{y:int}", tile),
            Mount("/ogc", app=_pygeoapi(folder)),
        ],
        middleware=[
            Middleware(ReadOnly),
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD"],
                allow_headers=["Range"],
                expose_headers=["Accept-Ranges", "Content-Range", "Content-Length", "ETag"],
            ),
        ],
    )


def _pygeoapi(folder: Path) -> Any:
    """pygeoapi's own application, with the configuration of this folder."""
    config, description = folder / "pygeoapi.json", folder / "openapi.json"
    os.environ["PYGEOAPI_CONFIG"], os.environ["PYGEOAPI_OPENAPI"] = str(config), str(description)
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # provider.py
    from pygeoapi.config import get_config
    from pygeoapi.openapi import get_oas

    description.write_text(json.dumps(get_oas(get_config()), default=str), encoding="utf-8")
    from pygeoapi.starlette_app import APP

    APP.debug = False  # it is set there, and would show tracebacks to whoever asks
    return APP


def _page(told: dict[str, Any]) -> str:
    """What is served, a line each, without a script and without anything from outside."""
    esc = html.escape
    parts = []
    for region in told["regions"]:
        links = "".join(f'<li><a href="{esc(href)}">{esc(text)}</a></li>' for text, href in region["links"])
        parts.append(f"<h2>{esc(region['title'])}</h2><p>{esc(region['told'])}</p><ul>{links}</ul>")
    body = "".join(parts)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Khanij: releases</title>'
        "<style>body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}</style>"
        f"<h1>Khanij: releases</h1>{body}</html>"
    )


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=5000)
    given = words.parse_args()
    uvicorn.run(application(given.folder), host=given.host, port=given.port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
