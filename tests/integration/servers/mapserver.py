"""MapServer 8 behind a small HTTP server on loopback: WFS 1.0, 1.1 and 2.0 in GML and GeoJSON, and OGC API Features."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType

import geopandas as gpd

from servers import QuietServer

HINT = "MapServer is not installed: apt-get install cgi-mapserver"
_TYPES = {"Point": "POINT", "MultiPoint": "POINT", "LineString": "LINE", "MultiLineString": "LINE"}


def binary() -> str | None:
    """The MapServer program, or None."""
    return shutil.which("mapserv") or next((p for p in ("/usr/lib/cgi-bin/mapserv",) if Path(p).is_file()), None)


class MapServer:
    """Serves files below ``folder``; a layer name ending in ``_shp`` is stored as a Shapefile, others as GeoPackage.

    MapServer 8.0 ignores ``offset`` of OGC API Features on OGR layers and pages Shapefiles properly: tests use both.
    """

    def __init__(self, folder: Path, *, cap: int | None = None) -> None:
        self.folder, self.cap, self.layers = folder, cap, []
        self.requests: list[str] = []

    def add(self, name: str, frame: gpd.GeoDataFrame, key: str) -> None:
        """Serve this frame as a layer."""
        kind = _TYPES.get(frame.geometry.iloc[0].geom_type, "POLYGON")
        west, south, east, north = frame.total_bounds
        if name.endswith("_shp"):
            frame.to_file(self.folder / f"{name}.shp")
            data = f'DATA "{self.folder / name}.shp"'
        else:
            frame.to_file(self.folder / f"{name}.gpkg", layer=name)
            data = f'CONNECTIONTYPE OGR CONNECTION "{self.folder / name}.gpkg" DATA "{name}"'
        self.layers.append(
            f'LAYER NAME "{name}" TYPE {kind} STATUS ON {data} TEMPLATE "x" PROJECTION "init=epsg:4326" END '
            f"EXTENT {west - 0.1} {south - 0.1} {east + 0.1} {north + 0.1} METADATA "
            f'"ows_title" "{name}" "gml_include_items" "all" "gml_featureid" "{key}" "ows_featureid" "{key}" '
            f'"gml_types" "auto" "wfs_use_default_extent_for_getfeature" "false" END '
            "CLASS STYLE COLOR 200 0 0 SIZE 3 END END END"
        )

    def __enter__(self) -> MapServer:
        program = binary()
        assert program is not None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                owner.requests.append(self.path)
                path, _, query = self.path.partition("?")
                done = subprocess.run(
                    [program],
                    env={**os.environ, **owner.environment(path, query)},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    check=False,
                )
                head, _, body = done.stdout.replace(b"\r\n", b"\n", 20).partition(b"\n\n")
                status, kind = 200, "text/plain"
                for line in head.decode().splitlines():
                    name, _, value = line.partition(": ")
                    if name.lower() == "status":
                        status = int(value.split()[0])
                    elif name.lower() == "content-type":
                        kind = value
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self._write()
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.shutdown()
        self.http.server_close()

    @property
    def wfs(self) -> str:
        """Address of the WFS."""
        return f"http://127.0.0.1:{self.port}/cgi-bin/ms.cgi"

    @property
    def ogc_api(self) -> str:
        """Landing page of OGC API Features."""
        return f"{self.wfs}/GSI/ogcapi"

    def environment(self, path: str, query: str) -> dict[str, str]:
        """What a web server tells a CGI program of one request."""
        script = "/cgi-bin/ms.cgi"
        out = {
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": query,
            "SCRIPT_NAME": script,
            "PATH_INFO": path.removeprefix(script),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "MAPSERVER_CONFIG_FILE": str(self.folder / "mapserver.conf"),
            "MS_MAPFILE": str(self.folder / "gsi.map"),
        }
        if not out["PATH_INFO"]:
            del out["PATH_INFO"]
        return out

    def _write(self) -> None:
        cap = "" if self.cap is None else f'"wfs_maxfeatures" "{self.cap}"'
        (self.folder / "gsi.map").write_text(
            f"""MAP NAME "GSI" STATUS ON EXTENT 68 6 98 38 SIZE 800 600 PROJECTION "init=epsg:4326" END
WEB METADATA "ows_title" "GSI stand-in" "ows_onlineresource" "{self.wfs}?" "ows_srs" "EPSG:4326 EPSG:32643"
"ows_enable_request" "*" {cap} "wfs_getfeature_formatlist" "ogrgml,gml,geojson" "oga_onlineresource" "{self.ogc_api}"
END END
OUTPUTFORMAT NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json; subtype=geojson"
FORMATOPTION "STORAGE=stream" FORMATOPTION "FORM=SIMPLE" END
{chr(10).join(self.layers)}
END
"""
        )
        (self.folder / "mapserver.conf").write_text(
            f"""CONFIG ENV MS_MAP_PATTERN "^{self.folder}/.*\\.map$"
OGCAPI_HTML_TEMPLATE_DIRECTORY "/usr/share/mapserver/ogcapi/templates/html-bootstrap4/" PROJ_DATA "/usr/share/proj"
END MAPS GSI "{self.folder}/gsi.map" END END
"""
        )
