"""pygeoapi on loopback: a second OGC API Features server, whose links and limits differ from MapServer's."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType

import geopandas as gpd

HINT = "pygeoapi is not installed: make serve-environment"


def binary() -> str | None:
    """The program, from ``KHANIJ_PYGEOAPI``, the environment that serves releases, or the path; None where it is missing."""
    local = Path(__file__).resolve().parents[3] / ".khanij" / "serving" / "bin" / "pygeoapi"
    for found in (os.environ.get("KHANIJ_PYGEOAPI"), str(local), shutil.which("pygeoapi")):
        if found and Path(found).is_file():
            return found
    return None


class PygeoApi:
    """Serves one frame as one collection."""

    def __init__(self, folder: Path, name: str, frame: gpd.GeoDataFrame) -> None:
        self.folder, self.name = folder, name
        numbered = frame.assign(number=range(len(frame)))
        numbered.to_file(folder / f"{name}.geojson", driver="GeoJSON", ID_FIELD="number")

    @property
    def url(self) -> str:
        """Landing page."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> PygeoApi:
        program = binary()
        assert program is not None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        text = {"en": "test"}
        provider = {
            "type": "feature",
            "name": "GeoJSON",
            "data": str(self.folder / f"{self.name}.geojson"),
            "id_field": "number",
        }
        config = {
            "server": {
                "bind": {"host": "127.0.0.1", "port": self.port},
                "url": self.url,
                "mimetype": "application/json; charset=UTF-8",
                "encoding": "utf-8",
                "languages": ["en"],
                "limits": {"default_items": 10, "max_items": 15},
                "map": {"url": "http://127.0.0.1/", "attribution": ""},
            },
            "logging": {"level": "ERROR"},
            "metadata": {
                "identification": {
                    "title": text,
                    "description": text,
                    "keywords": {"en": ["test"]},
                    "terms_of_service": "none",
                    "url": self.url,
                },
                "license": {"name": "none", "url": self.url},
                "provider": {"name": "test", "url": self.url},
                "contact": {"name": "test"},
            },
            "resources": {
                self.name: {
                    "type": "collection",
                    "title": text,
                    "description": text,
                    "keywords": {"en": ["test"]},
                    "links": [],
                    "extents": {
                        "spatial": {"bbox": [68, 6, 98, 38], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
                    },
                    "providers": [provider],
                }
            },
        }
        (self.folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
        env = {
            **os.environ,
            "PYGEOAPI_CONFIG": str(self.folder / "config.yml"),
            "PYGEOAPI_OPENAPI": str(self.folder / "openapi.yml"),
        }
        subprocess.run(
            [program, "openapi", "generate", env["PYGEOAPI_CONFIG"], "--output-file", env["PYGEOAPI_OPENAPI"]],
            env=env,
            check=True,
            capture_output=True,
        )
        self.process = subprocess.Popen(
            [program, "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/?f=json", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.2)
        self.process.kill()
        raise RuntimeError("pygeoapi did not start")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
