"""A made-up customer's own files, by what the page of the sources says and nothing else: the figures are checked by hand.

The region, the cards and the commands are taken out of ``docs/sources.md`` as they stand there; only the server's address is that
of one on loopback.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import openpyxl
import pytest
import shapely
from servers import QuietServer

pytestmark = pytest.mark.integration
PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
HEADING = "## A region of your own, from the first file to the ranked blocks"
ADDRESS = "https://maps.example.org"

SITES = [
    ["site_id", "name", "lat", "lon", "waste_type_code", "state"], ["CM-1", "मलाजखंड टेलिंग", 22.02, 80.72, "cu_flotation_tailings", "मध्य प्रदेश"],
    ["CM-2", "Copper pond 2", 22.12, 80.82, "cu_flotation_tailings", "M.P."], ["CM-3", "Red mud pond", 22.22, 80.92, "red_mud", "Madhya Pradesh"],
]  # fmt: skip
GRADES = [
    ["grade_id", "site_id", "element", "value_min", "value_mode", "value_max", "unit", "basis_code", "knowledge_class", "use"],
    ["G1", "CM-1", "copper", 0.0010, 0.0012, 0.0014, "%", "assay", "G2", "1"], ["G2", "CM-2", "Cu", 0.4, 0.5, 0.6, "%", "assay", "G3", "1"],
    ["G3", "CM-3", "Sc", 50, 60, 70, "ppm", "assay", "G3", "1"],
]  # fmt: skip
TONNAGES = (
    "tonnage_id;site_id;tonnage_min_mt;tonnage_mode_mt;tonnage_max_mt;as_of_year;basis_code;knowledge_class;is_preferred\n"
    "T1;CM-1;8;10;13;2020;published;G2;yes\nT2;CM-2;4,0;5,0;6,0;2020;published;G3;yes\nT3;CM-3;1,5;2,0;3,0;2020;published;G3;yes\n"
)
ROCKS = [
    {"type": "Feature", "id": f"geology.{i}", "geometry": shapely.geometry.mapping(shapely.box(80.5 + i * 0.03, 21.8, 80.53 + i * 0.03, 22.4)),
     "properties": {"objectid": i + 1, "lithology": "ग्रेनाइट" if i % 2 else "Basalt"}} for i in range(20)
]  # fmt: skip


def section() -> str:
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(HEADING) :].split("\n## ")[0]


def pieces() -> dict[str, str]:
    """Path -> content of each YAML of the page that begins with its path."""
    found = re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", section(), re.DOTALL)
    return dict(found)


def commands() -> tuple[dict[str, str], list[list[str]]]:
    """(variables that the page exports, the lines of khanij in order)."""
    (block,) = re.findall(r"```sh\n(.*?)```", section(), re.DOTALL)
    lines = [shlex.split(line, comments=True) for line in block.splitlines() if line.strip()]
    exported = dict(word.split("=", 1) for line in lines if line[0] == "export" for word in line[1:])
    return exported, [line[1:] for line in lines if line[0] == "khanij"]


def lay_down(root: Path, address: str) -> None:
    """The customer's folder: two workbooks, a text table, a Shapefile in UTM and one in a zip; region and cards of the page."""
    data = root / "data"
    data.mkdir()
    for name, rows in (("sites", SITES), ("grades", GRADES)):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cell in ("D2", "E2", "F2") if name == "grades" else ():
            book.active[cell].number_format = "0.00%"
        book.save(data / f"{name}.xlsx")
    (data / "tonnages.csv").write_text(TONNAGES, encoding="utf-8")
    boxes = [shapely.box(80.70, 22.00, 80.74, 22.04), shapely.box(80.80, 22.10, 80.84, 22.14)]
    blocks = {"BLK_NO": ["1", "2"], "नाम": ["पहला खंड", "दूसरा"], "RAJYA": ["मध्य प्रदेश", "Madhya Pradesh"]}
    gpd.GeoDataFrame(blocks, geometry=boxes, crs=4326).to_crs(32644).to_file(data / "blocks.shp", encoding="utf-8")
    gpd.GeoDataFrame(
        {"fault_name": ["F1"]}, geometry=[shapely.LineString([(80.6, 22.0), (80.9, 22.2)])], crs=4326
    ).to_file(root / "faults.shp")
    with zipfile.ZipFile(data / "faults.zip", "w") as out:
        for part in sorted(root.glob("faults.*")):
            out.write(part, part.name)
    for path, content in pieces().items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(content.replace(ADDRESS, address), encoding="utf-8")


@pytest.fixture
def wfs() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A WFS 2.0 of twenty rock units on loopback, seven a page, and what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            query = {k.lower(): v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            asked.append(query)
            first, count = int(query.get("startindex", 0)), int(query.get("count", 1000))
            page = ROCKS[first : first + count] if query.get("typenames") == "office:geology" else []
            answer = {"type": "FeatureCollection", "features": page, "numberMatched": len(ROCKS), "numberReturned": len(page)}  # fmt: skip
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = QuietServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_the_page_names_what_it_needs() -> None:
    exported, lines = commands()
    assert set(exported) == {"KHANIJ_REGIONS", "KHANIJ_CARDS", "KHANIJ_DATA"}
    assert [line[0] for line in lines] == ["validate", "sources", "fetch", "run", "shortlist"]
    assert set(pieces()) == {"regions/mine.yaml", "cards/office_blocks.yaml", "cards/office_geology.yaml"}


def test_a_customers_files_become_ranked_blocks(tmp_path: Path, wfs: tuple[str, list[dict[str, str]]]) -> None:
    address, asked = wfs
    lay_down(tmp_path, address)
    exported, lines = commands()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("KHANIJ_", "DAGSTER_"))}
    env |= {"KHANIJ_HOME": str(tmp_path), "COLUMNS": "160"}
    env |= {name: value.replace("$PWD", str(tmp_path)) for name, value in exported.items()}
    said: dict[str, str] = {}
    for line in (words for words in lines if words[0] != "sources"):  # probing has tests of its own
        command = [sys.executable, "-m", "pipelines.cli", *line]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-3000:])
        said[line[0]] = done.stdout
    assert "office_geology: 20 rows in 3 pages" in said["fetch"] and "5 blocks" in said["shortlist"]
    pages = [int(q["startindex"]) for q in asked if q.get("count") == "7"]
    assert sorted(set(pages))[:3] == [0, 7, 14]
    with closing(
        sqlite3.connect(f"file:{tmp_path / 'output' / 'mine' / 'ranked_blocks.gpkg'}?mode=ro", uri=True)
    ) as base:
        columns = "block_id, status, state, flags, tonnage_t_p50, contained_critical_t_p50, area_ha, name"
        rows = {r[0]: r[1:] for r in base.execute(f"select {columns} from ranked_blocks")}
        held = base.execute("select count(*) from quarantine").fetchone()[0]
    assert held == 0, "every row of the customer is used"
    assert {b: r[0] for b, r in rows.items()} == dict.fromkeys(
        ["1", "2", "WB-mine-CM-1", "WB-mine-CM-2", "WB-mine-CM-3"], "RANKED"
    )
    assert {r[1] for r in rows.values()} == {"Madhya Pradesh"}
    assert rows["WB-mine-CM-1"][6] == "मलाजखंड टेलिंग" and rows["1"][6] == "पहला खंड"
    assert (
        "route_from_waste_type:flotation_cu" in rows["WB-mine-CM-1"][2]
        and "route_from_waste_type:acid_leach_sx" in rows["WB-mine-CM-3"][2]
    )
    # By hand: 10 Mt of 0.12 % (shown as a per cent in its cell) are 12,000 t of copper, 5 Mt of a plain 0.5 under % are 25,000 t.
    copper = {b: rows[b][4] for b in ("WB-mine-CM-1", "WB-mine-CM-2")}
    assert copper == pytest.approx({"WB-mine-CM-1": 12_000, "WB-mine-CM-2": 25_000}, rel=0.1)
    assert [rows[b][3] for b in copper] == pytest.approx([10.0e6, 5.0e6], rel=0.1)
    by_equal_area = gpd.read_file(tmp_path / "data" / "blocks.shp").to_crs(6933).area / 1e4
    assert [rows["1"][5], rows["2"][5]] == pytest.approx(by_equal_area.tolist(), rel=1e-3)
