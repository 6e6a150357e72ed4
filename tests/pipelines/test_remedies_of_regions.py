"""What a region's author is told to do works when it is done: a CRS that keeps no areas, blocks without ids, a server in trouble."""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import yaml
from offices import home
from shapely.geometry import box

from pipelines.cli import main

__all__ = ["home"]
WINDOW = [80.5, 21.8, 81.2, 22.4]
MINE = {
    "name": "mine", "title": "Mine", "description": "A region of a user's own.", "needs_data": True, "how_to_get": "mine",
    "extent_deg": WINDOW, "crs": "EPSG:32644", "units": ["auction_block"],
    "layers": {"auction_blocks": {"card": "own_blocks", "path": "blocks.gpkg"}}, "ranking": {"draws": 100, "price_deck": "2025e"},
}  # fmt: skip
PLAIN = {key: value for key, value in MINE.items() if key != "crs"}  # one that keeps areas is made of the extent
COLUMNS = {"BLK_XYZ": ["B-1", "B-2"], "SHEETNO": ["55F", "55G"]}


def blocks(home: Path, **columns: list[str]) -> Path:
    """Two blocks in the home's data folder."""
    (home / "data").mkdir(exist_ok=True)
    shapes = [box(80.7, 22.0, 80.8, 22.1), box(80.9, 22.0, 81.0, 22.1)]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(home / "data" / "blocks.gpkg")
    return home / "data" / "blocks.gpkg"


def write(home: Path, text: str) -> Path:
    (home / "regions").mkdir(exist_ok=True)
    (home / "regions" / "mine.yaml").write_text(text, encoding="utf-8")
    return home / "regions" / "mine.yaml"


def test_a_crs_that_keeps_no_areas_is_refused_before_anything_runs_with_a_line_for_the_yaml(home, capsys):
    blocks(home, block_id=["B-1", "B-2"])
    file = write(home, yaml.safe_dump(MINE))
    for verb in ("run", "validate"):
        assert main([verb, "--region", "mine"]) == 2
        said = " ".join("".join(capsys.readouterr()).split())
        assert "EPSG:32644" in said and "does not keep areas" in said and "mine.yaml" in said
        assert "albers" not in said.lower() and "scoring." not in said, (
            "a call of Python is no remedy for a YAML's author"
        )
    assert not (home / "output").exists()
    (line,) = set(re.findall(r'write (crs: ".*?")', said))
    file.write_text(file.read_text(encoding="utf-8").replace("crs: EPSG:32644", line), encoding="utf-8")
    assert main(["validate", "--region", "mine"]) == 0, capsys.readouterr()


def test_blocks_without_an_id_are_told_how_to_name_the_column_and_by_which_names_it_is_known(home, capsys):
    file = str(blocks(home, **COLUMNS))
    asked = ["validate", file, "--as", "auction_blocks"]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert "the column 'block_id' is missing" in said and "BLK_XYZ, SHEETNO" in said and "field_map" in said
    (command,) = re.findall(r"say so: khanij (.*?); else", said)
    assert "--map BLK_XYZ=block_id" in command and main(shlex.split(command)) == 0
    capsys.readouterr()
    assert main([*asked, "--card", "own_blocks"]) == 2
    said = capsys.readouterr().err
    assert "field_map" in said and "--map COLUMN=block_id" in said
    names = said.rpartition("call it one of: ")[2].strip().split(", ")
    assert {"block_id", "block_no", "blk_no"} <= set(names)
    blocks(home, **{names[-3]: COLUMNS["BLK_XYZ"]})
    assert main([*asked, "--card", "own_blocks"]) == 0


def test_the_card_of_a_region_takes_what_the_error_proposes(home, capsys):
    """The same through a region: found by validate, mended by a card as the remedy says, found whole."""
    file = blocks(home, **COLUMNS)
    write(home, yaml.safe_dump({**PLAIN}))
    assert main(["validate", "--region", "mine"]) == 2
    assert "block_id" in capsys.readouterr().out
    (home / "cards").mkdir()
    card = ["--map", "BLK_XYZ=block_id", "--write-card", str(home / "cards" / "my_blocks.yaml")]
    assert main(["validate", str(file), "--as", "auction_blocks", *card]) == 0
    own = {"auction_blocks": {"card": "my_blocks", "path": "blocks.gpkg"}}
    write(home, yaml.safe_dump({**PLAIN, "layers": own}))
    capsys.readouterr()
    assert main(["validate", "--region", "mine"]) == 0, capsys.readouterr()


PAGE = b"""<!DOCTYPE html><HTML><HEAD><TITLE>MapServer Message</TITLE></HEAD><BODY>
msLoadConfig(): Unable to access file. (/etc/mapserver.conf)</BODY></HTML>"""
CARD = {
    "name": "office_rocks", "title": "Rocks of an office", "publisher": "the office", "licence": "own", "redistribute": "no",
    "citation": "the office", "protocol": "wfs", "version": "2.0.0", "layer": "office:geology", "crs": "EPSG:4326",
    "params": {"outputFormat": "application/json"}, "page_size": 7, "contract": "lithology",
}  # fmt: skip


@pytest.fixture
def troubled(home) -> Iterator[Path]:
    """A region with a layer of a WFS that answers everything by a page about its own trouble."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *args: object) -> None:
            return

    blocks(home, block_id=["B-1", "B-2"])
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (home / "cards").mkdir()
        card = CARD | {"url": f"http://127.0.0.1:{server.server_port}/wfs"}
        (home / "cards" / "office_rocks.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
        layers = {**MINE["layers"], "lithology": {"card": "office_rocks"}}
        write(home, yaml.safe_dump({**PLAIN, "layers": layers}))
        yield home
        server.shutdown()


@pytest.mark.parametrize("words", [["fetch", "--region", "mine"], ["sources", "check", "--card", "office_rocks"]])
def test_a_servers_page_of_its_own_trouble_is_told_in_its_words_and_the_command_fails(
    troubled, capsys, words, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "2000")
    assert main(words) == 1
    said = " ".join("".join(capsys.readouterr()).split())
    assert "msLoadConfig(): Unable to access file" in said
    assert "log-in" not in said and "needs_login" not in said
    assert "url, layer or params" in said
