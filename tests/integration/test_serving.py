"""Releases served: what GDAL, geopandas, pystac and QGIS read from ``khanij serve`` is what was released, and nothing else is there."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import fsspec
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pystac
import pytest
import rasterio
import shapely
from affine import Affine
from nginx_here import HINT, has_nginx, nginx, shipped
from production_servers import free_port
from qgis_here import PYTHON, has_qgis
from servers import pygeoapi

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))
from example_publication import make_publication

from khanij.foundation.grid import Band, Grid, RasterStack
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_layer, read_table, table_names
from publishing.rasters import write_cog
from publishing.releasing.releases import make_release

HERE = Path(__file__).parent
REGION, OPEN, VERSION = "example", "open", "2026.11.28"


def server_python() -> str | None:
    program = pygeoapi.binary()
    found = Path(program).with_name("python") if program else None
    return str(found) if found is not None and found.is_file() else None


pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(server_python() is None, reason=pygeoapi.HINT),
]


@dataclass(frozen=True)
class Server:
    """A running server, the release that it serves, and how to ask it."""

    address: str
    release: Path
    process: subprocess.Popen[bytes]

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; no redirect is made of a path."""
        request = urllib.request.Request(f"{self.address}/{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def json(self, path: str) -> dict:
        """The document at a path."""
        status, _, body = self.ask(path)
        assert status == 200, body
        return json.loads(body)


@contextlib.contextmanager
def served(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KHANIJ_")}
    environment |= {"KHANIJ_HOME": str(home), "KHANIJ_SERVE_PYTHON": server_python() or ""}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            until = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    break
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((home / "log").read_text())
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    publish_geopackage(make_publication(12), home / "output" / REGION / "ranked_blocks.gpkg")
    release = make_release(home / "output" / REGION, home / "releases", VERSION, attributions=["Survey of X, 2026"])
    (release.folder.parent / "private.csv").write_text("not released")
    # A release that keeps rows back has no rasters, as a mean over a block may tell of them; this one keeps none back.
    folder, whole = home / "output" / OPEN, make_publication(8)
    whole = replace(whole, run_info=whole.run_info | {"region": OPEN})
    publish_geopackage(whole, folder / "ranked_blocks.gpkg")
    grid = Grid("EPSG:7755", Affine(1000, 0, 4_000_000, 0, -1000, 4_000_000), (700, 700))
    values = np.arange(490_000, dtype="float32").reshape(700, 700)
    (folder / "evidence").mkdir()
    write_cog(RasterStack(grid, (Band("La", values, "ppm", "Lanthanum"),)), folder / "evidence" / "evidence.tif")
    make_release(folder, home / "releases", VERSION)
    with served(home) as (address, process):
        yield Server(address, release.folder, process)


def test_gdal_reads_every_row_and_shape_over_ogc_api_features(server):
    layers = {name for name, _ in pyogrio.list_layers(f"OAPIF:{server.address}/ogc")}
    geopackage = server.release / "ranked_blocks.gpkg"
    there = [n for n in table_names(geopackage) if n not in ("what_if", "layer_styles")]
    assert {n for n in layers if n.startswith(REGION)} == {f"{REGION}.{n}" for n in there}
    for name in ("ranked_blocks", "waste_sites"):
        truth = read_layer(geopackage, name)
        key = truth.columns[0]
        found = gpd.read_file(f"OAPIF:{server.address}/ogc", layer=f"{REGION}.{name}").set_index(key).loc[truth[key]]
        assert len(found) == len(truth) > 5
        for published, got in zip(truth.geometry, found.geometry, strict=True):
            assert (published is None) == (got is None)
            assert published is None or got.equals_exact(published, 1e-12), "geometry stays as published"
        for column in truth.columns.drop([key, "geometry"]):
            told, is_known = found[column].to_numpy(), truth[column].notna().to_numpy()
            if pd.api.types.is_numeric_dtype(truth[column]) and truth[column].dtype.kind != "b":
                np.testing.assert_array_equal(
                    told[is_known].astype(float), truth[column].to_numpy()[is_known].astype(float)
                )
            elif truth[column].dtype.kind != "b":
                assert [str(v) for v in told[is_known]] == [str(v) for v in truth[column][is_known]], column


def test_a_table_without_shapes_is_read_too(server):
    truth = read_table(server.release / "ranked_blocks.gpkg", "run_info").set_index("key")["value"]
    found = pyogrio.read_dataframe(f"OAPIF:{server.address}/ogc", layer=f"{REGION}.run_info", read_geometry=False)
    assert found.set_index("key")["value"].to_dict() == truth.to_dict()


def test_a_box_gives_what_meets_it_not_only_what_lies_inside(server):
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    shape = truth.loc[truth.geometry.notna()].iloc[0]
    west, south, _, _ = shape.geometry.bounds
    corner = shapely.box(west - 0.001, south - 0.001, *shape.geometry.centroid.coords[0])
    assert not shape.geometry.within(corner)
    found = gpd.read_file(f"OAPIF:{server.address}/ogc", layer=f"{REGION}.ranked_blocks", bbox=corner.bounds)
    assert set(found.block_id) == set(truth.block_id[truth.intersects(corner)])
    assert shape.block_id in set(found.block_id)


def test_pages_count_sort_and_filter(server):
    items = f"ogc/collections/{REGION}.ranked_blocks/items?f=json"
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    first = server.json(f"{items}&limit=5")
    assert (first["numberMatched"], first["numberReturned"]) == (len(truth), 5)
    seen, page = [f["id"] for f in first["features"]], first
    while link := next((x["href"] for x in page["links"] if x["rel"] == "next"), None):
        page = json.load(urllib.request.urlopen(link, timeout=30))
        seen += [f["id"] for f in page["features"]]
    assert seen == list(truth.block_id), "each once, in the published order"
    ranks = [f["properties"]["rank"] for f in server.json(f"{items}&sortby=-rank&limit=100")["features"]]
    known = [r for r in ranks if r is not None]
    assert known == sorted(known, reverse=True) and ranks[len(known) :] == [None] * (len(ranks) - len(known))
    kind = server.json(f"{items}&kind=waste_block&limit=100")
    assert kind["numberMatched"] == (truth.kind == "waste_block").sum() > 0
    one = server.json(f"ogc/collections/{REGION}.ranked_blocks/items/{truth.block_id[0]}?f=json")
    assert one["properties"]["name"] == truth.name[0]
    assert server.ask(f"{items}&filter=rank%3C3")[0] >= 400, "an expression is refused, not left out"


def test_terms_deck_and_units_travel_with_a_collection(server):
    found = server.json(f"ogc/collections/{REGION}.ranked_blocks?f=json")
    for words in (
        "SAMPLE - NOT REAL",
        "Survey of X, 2026",
        f"Release {VERSION}",
        "prices: deck",
        "P10 is the low case",
    ):
        assert words in found["description"], words
    assert {"license", "enclosure"} <= {link["rel"] for link in found["links"]}
    schema = server.json(f"ogc/collections/{REGION}.ranked_blocks/schema?f=json")["properties"]
    assert schema["npv_usd_p50"]["x-ogc-unit"] == "USD" and "project" in schema["npv_usd_p50"]["title"]
    assert {"rank_p05", "rank_p95", "npv_usd_p10", "npv_usd_p90", "class_price", "unfc"} <= set(schema)


def test_files_are_read_by_range(server):
    base = f"{server.address}/files/{REGION}/{VERSION}"
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    with fsspec.open(f"{base}/ranked_blocks.parquet", "rb") as stream:
        assert list(gpd.read_parquet(stream).block_id) == list(truth.block_id)
    tiles = pyogrio.read_dataframe(f"/vsicurl/{base}/ranked_blocks.pmtiles", layer="ranked_blocks")
    assert set(tiles.block_id) == set(truth.block_id[truth.geometry.notna()])
    with rasterio.open(f"/vsicurl/{server.address}/files/{OPEN}/{VERSION}/evidence/evidence.tif") as raster:
        assert raster.overviews(1) and raster.read(1, window=((600, 601), (10, 13))).tolist() == [
            [420010, 420011, 420012]
        ]
    status, headers, body = server.ask(f"files/{REGION}/{VERSION}/ranked_blocks.gpkg", Range="bytes=0-15")
    assert (status, body) == (206, b"SQLite format 3\x00") and headers["accept-ranges"] == "bytes"


def test_the_newest_release_has_an_address_of_its_own(server):
    with urllib.request.urlopen(f"{server.address}/newest/{REGION}/index.html", timeout=30) as answer:
        assert answer.url == f"{server.address}/files/{REGION}/{VERSION}/index.html"
        assert answer.read() == (server.release / "index.html").read_bytes()
    assert server.ask(f"newest/{REGION}/private.csv")[0] == 404
    assert server.ask("newest/nowhere/index.html")[0] == 404


def test_tiles_one_by_one_are_those_of_the_file(server):
    from pmtiles.reader import MmapSource, all_tiles

    with (server.release / "ranked_blocks.pmtiles").open("rb") as stream:
        (z, x, y), data = next(iter(all_tiles(MmapSource(stream))))
    status, headers, body = server.ask(f"tiles/{REGION}/ranked_blocks/{z}/{x}/{y}")
    assert status == 200 and headers["content-encoding"] == "gzip" and gzip.decompress(body) == gzip.decompress(data)
    assert server.ask(f"tiles/{REGION}/ranked_blocks/{z}/0/0")[0] == 204
    assert server.ask(f"tiles/{REGION}/ranked_blocks/1/9/0")[0] == 404


def test_a_stac_client_finds_every_file(server):
    catalog = pystac.Catalog.from_file(f"{server.address}/files/catalog.json")
    item = next(i for i in catalog.get_items(recursive=True) if REGION in i.id)
    assert item.properties["version"] == VERSION
    for asset in item.assets.values():
        path = asset.get_absolute_href().removeprefix(f"{server.address}/")
        status, headers, _ = server.ask(path, method="HEAD")
        assert status == 200 and int(headers["content-length"]) == asset.extra_fields["file:size"], path


@pytest.mark.parametrize(
    "path",
    [
        f"files/{REGION}/private.csv", f"files/{REGION}/.release.lock", f"files/{REGION}/{VERSION}/../private.csv",
        f"files/{REGION}/{VERSION}/%2e%2e/private.csv", "files//etc/passwd", "files/", "serve.json", "files/../serve.json",
        f"tiles/{REGION}/../../etc/1/0/0", "ogc/admin/config",
    ],
)  # fmt: skip
def test_what_was_not_released_has_no_address(server, path):
    assert server.ask(path)[0] == 404


def test_what_a_release_keeps_back_is_in_no_answer(server):
    full = server.release.parents[2] / "output" / REGION / "ranked_blocks.gpkg"
    blocks = read_layer(full, "ranked_blocks").query("redistribute == 'no'")
    assert len(blocks) == 1
    words = [blocks.block_id.iloc[0], blocks.name.iloc[0]]
    for collection in server.json("ogc/collections?f=json")["collections"]:
        if collection["id"].startswith(REGION):
            text = server.ask(f"ogc/collections/{collection['id']}/items?f=json&limit=5000")[2].decode()
            assert '"features"' in text and not any(word in text for word in words), collection["id"]
    assert server.ask(f"files/{REGION}/{VERSION}/evidence/evidence.tif")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(server, method):
    for path in (
        f"ogc/collections/{REGION}.ranked_blocks/items",
        f"files/{REGION}/{VERSION}/manifest.json",
        "ogc/processes",
    ):
        assert server.ask(path, method=method)[0] == 405


def test_the_first_page_names_what_is_there_and_asks_nothing_from_outside(server):
    text = server.ask("")[2].decode()
    assert "SAMPLE - NOT REAL" in text and "Survey of X, 2026" in text
    assert "<script" not in text and "http" not in text.replace("http-equiv", "")
    for link in text.split('href="')[1:]:
        assert server.ask(link.split('"')[0])[0] == 200, link


def test_pygeoapi_finds_its_configuration_right(server):
    config = server.release.parents[2] / ".khanij" / "serve" / "pygeoapi.json"
    done = subprocess.run(
        [str(pygeoapi.binary()), "config", "validate", "-c", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "Valid configuration" in done.stdout, done.stdout + done.stderr


def blocks_of(language: str) -> list[str]:
    """The blocks of ``docs/serving.md`` in one language."""
    text = (HERE.parents[1] / "docs" / "serving.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    assert found
    return found


def here(text: str, server: Server) -> str:
    """The documentation's words, of this server."""
    named = {"http://127.0.0.1:5000": server.address, "2026.12.01": VERSION, "(80, 20, 84, 24)": "(60, 0, 100, 40)"}
    for old, new in named.items():
        text = text.replace(old, new)
    return text.replace("india", OPEN if "gdalinfo" in text else REGION)


def test_the_documentations_python_reads_what_was_released(server):
    (text,) = blocks_of("python")
    names: dict[str, gpd.GeoDataFrame] = {}
    exec(here(text, server), names)
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    assert list(names["blocks"].block_id) == list(names["shapes"].block_id) == list(truth.block_id)
    assert set(names["pages"].block_id) == set(truth.block_id[truth.geometry.notna()])


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="no GDAL: apt-get install gdal-bin")
def test_the_documentations_gdal_commands_end_well(server, tmp_path):
    lines = [line for text in blocks_of("sh") for line in text.splitlines() if line.startswith(("ogr", "gdal"))]
    assert len(lines) == 3
    for line in lines:
        done = subprocess.run(
            ["bash", "-euc", here(line, server)], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0 and "ERROR" not in done.stderr, f"{line}: {done.stderr}"
    part = json.loads((tmp_path / "part.geojson").read_text())
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    assert {f["properties"]["block_id"] for f in part["features"]} == set(
        truth.block_id[truth.intersects(shapely.box(80, 20, 84, 24))]
    )


@pytest.mark.skipif(not has_nginx(), reason=HINT)
def test_nginx_before_it_sends_files_by_range_and_passes_on_the_rest(server, tmp_path):
    """With the real server behind it; each line of the file is held by ``test_nginx``."""
    port = free_port()
    mine = {"/var/lib/khanij/releases/": f"{server.release.parents[1]}/", "http://127.0.0.1:5000": server.address}
    text = shipped("serve/nginx.conf", mine)
    with nginx(tmp_path, f"server {{ listen 127.0.0.1:{port};\n{text}\n}}", port):
        before = replace(server, address=f"http://127.0.0.1:{port}")
        status, headers, body = before.ask(f"files/{REGION}/{VERSION}/ranked_blocks.gpkg", Range="bytes=0-15")
        assert (status, body) == (206, b"SQLite format 3\x00"), (tmp_path / "log").read_text()
        assert headers["Content-Type"] == "application/geopackage+sqlite3"
        assert before.ask(f"files/{REGION}/.release.lock")[0] == 404 and before.ask("files/.catalog.lock")[0] == 404
        assert before.ask("files/scenarios/x/y")[0] == 404
        assert before.ask(f"files/{REGION}/{VERSION}/manifest.json", method="DELETE")[0] == 403
        assert before.ask("ogc/processes", method="POST")[0] == 405
        assert f"{REGION}.ranked_blocks" in before.ask("ogc/collections?f=json")[2].decode()
        url = f"/vsicurl/{before.address}/files/{REGION}/{VERSION}/ranked_blocks.gpkg"
        assert len(gpd.read_file(url, layer="waste_sites")) > 5


@pytest.mark.qgis
@pytest.mark.skipif(not has_qgis(), reason="no QGIS: apt-get install --no-install-recommends python3-qgis")
def test_qgis_opens_features_tiles_and_the_geopackage(server, tmp_path):
    truth = read_layer(server.release / "ranked_blocks.gpkg", "ranked_blocks")
    shape = truth.loc[truth.geometry.notna()].iloc[0]
    west, south, _, _ = shape.geometry.bounds
    box = [west - 0.001, south - 0.001, *shape.geometry.centroid.coords[0]]
    extent = gpd.GeoSeries([shape.geometry], crs=4326).to_crs(3857).iloc[0].buffer(200).bounds
    done = subprocess.run(
        [PYTHON, str(HERE / "qgis_served_probe.py"), server.address, REGION, VERSION, str(tmp_path / "tiles.png")],
        env={**os.environ, "PROBE_BOX": json.dumps(box), "PROBE_EXTENT_3857": json.dumps(extent)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stdout, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ogc_valid"] and set(told["ogc"]) == set(truth.block_id)
    for row in truth.itertuples():
        wkt = told["ogc"][row.block_id][0]
        assert bool(wkt) == (row.geometry is not None)
        if wkt:
            assert shapely.from_wkt(wkt).equals_exact(row.geometry, 1e-8)
    assert told["ogc_in_box"] == sorted(truth.block_id[truth.intersects(shapely.box(*box))])
    assert told["geopackage"] == [True, len(truth)]
    assert told["tiles_valid"] and told["drawn"] > 2000, "the block fills the picture"


def test_sigterm_ends_it_and_leaves_nothing_behind(server):
    """Last: the process that was started is the server itself."""
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=20)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{server.address}/", timeout=5)
