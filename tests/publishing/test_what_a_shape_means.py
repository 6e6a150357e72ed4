"""A circle is said to be one in every product: it tells how well a position is known, and is no boundary."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from shipped_expressions import documents_of

from publishing.dossiers.dossier import write_dossiers
from publishing.explain import explain_block
from publishing.geopackage.reading import read_layer
from publishing.page import page_html
from publishing.shortlists.filters import make_filter
from publishing.shortlists.shortlist import Shortlist, build_shortlist
from publishing.shortlists.shortlist_files import csv_bytes
from publishing.shortlists.shortlist_maps import OUTLINE, geojson_bytes, kml_bytes
from publishing.shortlists.shortlist_xlsx import xlsx_bytes

KNOWN_TO = "position known to 3.5 km"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def blocks(geopackage: Path) -> gpd.GeoDataFrame:
    return read_layer(geopackage, "ranked_blocks")


@pytest.fixture(scope="module")
def circles(blocks: gpd.GeoDataFrame) -> set[str]:
    found = set(blocks.loc[blocks["geometry_basis"] == "position_circle", "block_id"])
    assert 5 < len(found) < len(blocks)
    return found


@pytest.fixture(scope="module")
def shortlist(geopackage: Path) -> Shortlist:
    return build_shortlist(geopackage, make_filter(name="all", status="RANKED,OUT_OF_BASKET,UNQUANTIFIED,GATED,LEASED"))


def test_the_geopackage_and_its_tables_say_it(shortlist: Shortlist, circles: set[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_bytes(shortlist).decode("utf-8-sig"))))
    assert {r["block_id"].strip("'") for r in rows if KNOWN_TO in r["shape_meaning"]} == circles
    assert {r["block_id"].strip("'") for r in rows if r["position_known_to_km"] == "3.5"} == circles
    book = load_workbook(io.BytesIO(xlsx_bytes(shortlist)), read_only=True)
    for name in book.sheetnames[:2]:
        cells = [str(c.value) for row in book[name].iter_rows() for c in row]
        assert sum(KNOWN_TO in c for c in cells) == (len(circles) if name == "Shortlist" else 0), name


def test_geojson_and_kml_say_it_and_kml_draws_it_hollow(shortlist: Shortlist, circles: set[str]) -> None:
    features = json.loads(geojson_bytes(shortlist))["features"]
    assert {f["id"] for f in features if KNOWN_TO in f["properties"]["shape_meaning"]} == circles
    document = ElementTree.fromstring(kml_bytes(shortlist))
    styles = {s.get("id"): s for s in document.iter(f"{KML}Style")}
    hollow = {name for name, s in styles.items() if s.findtext(f"{KML}PolyStyle/{KML}fill") == "0"}
    said, drawn_hollow = set(), set()
    for mark in document.iter(f"{KML}Placemark"):
        name = mark.get("id", "").removesuffix(OUTLINE)
        said |= {name} if KNOWN_TO in mark.findtext(f"{KML}description", "") else set()
        drawn_hollow |= {name} if mark.findtext(f"{KML}styleUrl", "")[1:] in hollow else set()
        assert mark.findtext(f"{KML}styleUrl", "")[1:] in styles
    assert said == drawn_hollow == circles


def test_dossier_explanation_and_page_say_it(geopackage: Path, circles: set[str], tmp_path: Path) -> None:
    block = min(circles)
    (one, *_) = write_dossiers(geopackage, [block], tmp_path)
    words = " ".join(page.extract_text() for page in PdfReader(one.path).pages)
    assert words.count(KNOWN_TO) >= 2, "under the map and on it"
    assert KNOWN_TO in " ".join(explain_block(geopackage, block).split())
    page = page_html(geopackage)
    data = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
    said = data["blocks"]["shape_meaning"]
    assert sum(KNOWN_TO in str(said["of"][at]) for at in said["at"]) == len(circles)
    assert "Dashed circle: position known to" in page and "setLineDash" in page


def test_the_legend_has_an_entry_of_its_own_and_the_ring_is_hollow(geopackage: Path) -> None:
    for name, (layer, qml) in documents_of(geopackage).items():
        if layer != "ranked_blocks":
            continue
        root = ElementTree.fromstring(qml.partition("\n")[2])
        (rule,) = [r for r in root.iter("rule") if "position known to" in r.get("label", "")]
        assert rule.get("label") == f"Dashed circle: {KNOWN_TO}", name
        symbol = next(s for s in root.iter("symbol") if s.get("name") == rule.get("symbol"))
        looks = {o.get("name"): o.get("value") for o in symbol.iter("Option")}
        assert looks["style"] == "no" and looks["outline_style"] == "dash", name
        assert not [r for r in root.iter("rule") if r.get("filter") == "ELSE"], "an ELSE would not see what has a ring"


def test_every_other_fill_leaves_a_circle_out(geopackage: Path) -> None:
    _, qml = documents_of(geopackage)["ranked_blocks: Ranking"]
    filled = re.findall(r'class="SimpleFill".*?name="expression" value="([^"]*)"', qml)
    assert len(filled) >= 4
    assert sum("position_circle" in f for f in filled) == len(filled) - 1, "all but the ring itself"


def test_sheets_and_cells_are_drawn_as_frames(geopackage: Path) -> None:
    _, qml = documents_of(geopackage)["ranked_blocks: Fertility"]
    root = ElementTree.fromstring(qml.partition("\n")[2])
    frames = [layer for layer in root.iter("layer") if layer.get("class") == "SimpleLine"]
    fills = [layer for layer in root.iter("layer") if layer.get("class") == "SimpleFill"]
    assert len(frames) >= 5 and len(fills) == len(frames) + 1, "a frame beside every fill but the ring's"
    for layer in frames:
        (test,) = [o.get("value", "") for o in layer.iter("Option") if o.get("name") == "expression"]
        assert test.endswith("AND \"kind\" IN ('survey_sheet', 'grid_cell')")
    hollow = [o.get("value", "") for layer in fills for o in layer.iter("Option") if o.get("name") == "expression"]
    assert sum("NOT \"kind\" IN ('survey_sheet', 'grid_cell')" in test for test in hollow) == len(frames)
