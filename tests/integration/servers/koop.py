"""Koop on loopback: an ArcGIS FeatureServer from a GeoJSON file, with its paging, limits and errors with status 200."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import geopandas as gpd

HINT = "Koop is not installed: npm install --prefix .khanij/koop @koopjs/koop-core @koopjs/provider-file-geojson"
_SERVER = """
const Koop = require('@koopjs/koop-core')
const koop = new Koop({logLevel: 'error'})
koop.register(require('@koopjs/provider-file-geojson'), { dataDir: './data' })
koop.server.listen(Number(process.env.KOOP_PORT), '127.0.0.1')
"""


def modules() -> Path | None:
    """The folder of node modules that holds Koop (``KHANIJ_KOOP`` or ``.khanij/koop``), or None."""
    for root in (os.environ.get("KHANIJ_KOOP"), Path(__file__).resolve().parents[3] / ".khanij" / "koop"):
        if root and (Path(root) / "node_modules" / "@koopjs" / "koop-core").is_dir() and shutil.which("node"):
            return Path(root) / "node_modules"
    return None


class Koop:
    """Serves frames below ``folder`` as feature services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir(exist_ok=True)

    def add(self, name: str, frame: gpd.GeoDataFrame) -> None:
        """Serve this frame as layer 0 of a service."""
        frame.to_file(self.folder / "data" / f"{name}.geojson", driver="GeoJSON")

    def service(self, name: str) -> str:
        """Address of a feature service."""
        return f"http://127.0.0.1:{self.port}/file-geojson/rest/services/{name}/FeatureServer"

    def __enter__(self) -> Koop:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.folder / "server.js").write_text(_SERVER)
        self.process = subprocess.Popen(
            ["node", "server.js"],
            cwd=self.folder,
            env={
                **os.environ,
                "NODE_PATH": str(modules()),
                "KOOP_PORT": str(self.port),
                "SUPPRESS_NO_CONFIG_WARNING": "1",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise RuntimeError("Koop did not start")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
