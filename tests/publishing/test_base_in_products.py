"""The base map in project, layouts and page: below all else, from one file beside, without a boundary; services that are off."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from example_publication import make_publication
from shipped_expressions import documents_of, expressions_of, faults_of

from publishing.geopackage.base import BASE, LAYERS, base_bounds, write_base
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import read_table
from publishing.headline import prospects_said
from publishing.page import page_html
from publishing.qgis.internet import INTERNET_LAYERS


@pytest.fixture(scope="module")
def real() -> Publication:
    return replace(make_publication(20, seed=5, is_sample=False), base=BASE)


@pytest.fixture(scope="module")
def file(real: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    bounds = base_bounds(real.layers)
    assert bounds is not None
    write_base(bounds, folder / BASE)
    return publish_geopackage(real, folder / "ranked_blocks.gpkg").path


@pytest.fixture(scope="module")
def project(file: Path) -> ElementTree.Element:
    return ElementTree.fromstring(documents_of(file)["project"][1].partition("\n")[2])


def group(project: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(g for g in project.iter("layer-tree-group") if g.get("name") == name)


def test_the_same_bounds_give_the_same_bytes(tmp_path: Path) -> None:
    bounds = (84.0, 19.0, 87.0, 22.0)
    first, again = write_base(bounds, tmp_path / "a.gpkg"), write_base(bounds, tmp_path / "b.gpkg")
    assert first.sha256 == again.sha256 and first.changed
    assert not write_base(bounds, tmp_path / "a.gpkg").changed
    assert sorted(name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")) == sorted(LAYERS)
    towns = gpd.read_file(tmp_path / "a.gpkg", layer="towns")
    assert {"Bhubaneswar", "Cuttack"} <= set(towns["name"]) and towns.crs.to_epsg() == 4326


def test_the_base_of_all_india_is_small_and_reaches_round_it(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        geometry=shapely.points([(69.0, 22.4), (96.0, 28.0), (77.4, 8.2), (75.0, 33.5)]), crs=4326
    )
    bounds = base_bounds({"ranked_blocks": points})
    assert bounds is not None
    west, south, east, north = bounds
    assert west < 62 and south < 6 and east > 103 and north > 36
    assert write_base(bounds, tmp_path / BASE).bytes < 2_000_000


def test_blocks_without_a_position_have_no_base() -> None:
    nowhere = gpd.GeoDataFrame(geometry=gpd.GeoSeries([None, None], crs=4326))
    assert base_bounds({"ranked_blocks": nowhere}) is None


def test_the_base_lies_below_all_that_is_drawn(project: ElementTree.Element) -> None:
    named = [g.get("name") for g in project.iter("layer-tree-group") if g.get("name")]
    assert named[-3:] == ["From the internet", "Base map", "Tables"]
    layers = [n.get("id") for n in group(project, "Base map").iter("layer-tree-layer")]
    assert layers[-1] == "khanij_base_land" and len(layers) == len(LAYERS)
    order = [x.get("id") for x in project.iter("layerorder").__next__()]
    assert order[-len(layers) :] == layers
    sources = {x.findtext("id"): x.findtext("datasource") for x in project.iter("maplayer")}
    assert {sources[i] for i in layers} == {f"./{BASE}|layername={name}" for name in LAYERS}


def test_every_theme_shows_the_base_and_none_a_service(project: ElementTree.Element) -> None:
    presets = list(project.iter("visibility-preset"))
    assert presets
    for preset in presets:
        shown = {x.get("id") for x in preset.iter("layer")}
        assert {f"khanij_base_{name}" for name in LAYERS} <= shown
        assert not any("internet" in str(i) for i in shown)
        groups = {x.get("id") for x in preset.iter("checked-group-node")}
        assert "Base map" in groups and "From the internet" not in groups


def test_services_are_off_and_told_to_gdal_beforehand(project: ElementTree.Element) -> None:
    mine = group(project, "From the internet")
    assert mine.get("checked") == "Qt::Unchecked"
    nodes = list(mine.iter("layer-tree-layer"))
    assert len(nodes) == len(INTERNET_LAYERS) and {n.get("checked") for n in nodes} == {"Qt::Unchecked"}
    providers = {x.findtext("provider") for x in project.iter("maplayer")}
    assert providers <= {"ogr", "gdal"}, "a layer of QGIS's own provider asks for capabilities when a project opens"
    for layer in INTERNET_LAYERS:
        told = ElementTree.fromstring(layer.description())
        assert told.tag == "GDAL_WMS" and told.findtext("Service/ServerUrl") == layer.address
        assert layer.address.startswith("https://") and layer.terms
        assert int(told.findtext("Timeout", "")) <= 30
        window = [
            float(told.findtext(f"DataWindow/{side}", ""))
            for side in ("UpperLeftX", "UpperLeftY", "LowerRightX", "LowerRightY")
        ]
        assert window[0] < 68 and window[1] > 37.1 and window[2] > 97.5 and window[3] < 6.7


def test_layouts_credit_the_base(project: ElementTree.Element) -> None:
    for layout in project.iter("Layout"):
        said = " ".join(x.get("labelText", "") for x in layout.iter("LayoutItem"))
        assert "GSHHG (LGPL-3.0)" in said and "GeoNames (CC BY 4.0)" in said and "no boundary is drawn" in said


def test_the_expressions_of_the_base_name_what_is_there(file: Path) -> None:
    columns = {"towns": {"name", "state", "population"}, "ports": {"name", "state"}}
    found = [(of, text) for of, text in expressions_of(documents_of(file)["project"][1]) if of in columns]
    assert len(found) >= 4
    assert [f for of, text in found if (f := faults_of(text, frozenset(columns[of])))] == []
    for name, wanted in columns.items():
        assert wanted <= set(gpd.read_file(file.with_name(BASE), layer=name).columns)


def test_a_made_up_district_has_no_base(geopackage: Path) -> None:
    text = documents_of(geopackage)["project"][1]
    assert "khanij_base_" not in text and "GDAL_WMS" not in text and "No boundary is drawn" in text
    page = page_html(geopackage)
    assert data_of(page)["base"] == {} and "GSHHG" not in page.split('<script id="data"')[0]


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_carries_the_base_itself(file: Path) -> None:
    page = page_html(file)
    base = data_of(page)["base"]
    assert base["land"] and base["coast"] and base["rivers"]
    ring = base["land"][0]
    assert len(ring) % 2 == 0 and ring[:2] == ring[-2:]
    names = [t[0] for t in base["towns"]]
    assert "Hyderabad" in names and [t[3] for t in base["towns"]] == sorted((t[3] for t in base["towns"]), reverse=True)
    assert {p[0] for p in base["ports"]} & {"Chennai", "Visakhapatnam"}
    assert "GSHHG (LGPL-3.0)" in page
    assert len(json.dumps(base)) < 400_000


def test_page_and_project_have_one_set_of_symbols(file: Path, project: ElementTree.Element) -> None:
    """What the page's legend draws for a family of wastes, a town or a port is what the project's legend draws."""
    page = data_of(page_html(file))
    drawn: dict[str, set[tuple[str, str]]] = {}
    for layer in project.iter("maplayer"):
        symbols = {s.get("name"): s for s in layer.iterfind("renderer-v2/symbols/symbol")}
        for rule in layer.iterfind("renderer-v2/rules//rule"):
            marker = symbols[rule.get("symbol")].find(".//layer[@class='SimpleMarker']/Option")
            if marker is None:
                continue
            told = {o.get("name"): o.get("value", "") for o in marker}
            pair = (told["name"], told["color"].rpartition(",")[0])
            drawn.setdefault(str(rule.get("label")), set()).add(pair)

    def rgb(colour: str) -> str:
        return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))

    wastes = {label: (shape, rgb(colour)) for label, shape, colour, _ in page["waste_families"]}
    shown = {label: pair for label, pair in wastes.items() if label in drawn}
    assert len(shown) >= 3
    for label, pair in shown.items():
        assert drawn[label] == {pair}, label
    for label, (shape, colour) in page["base_symbols"].items():
        assert drawn[label] == {(shape, rgb(colour))}, label
    used = [tuple(s) for s in page["status_symbols"].values()] + [(s, c) for _, s, c, _ in page["waste_families"]]
    assert not {tuple(s) for s in page["base_symbols"].values()} & set(used)


def test_every_layout_says_what_was_found_and_those_of_ranks_whether_it_holds(
    real: Publication, tmp_path: Path
) -> None:
    verdict = {
        "kind": "waste_block",
        "test": "verdict",
        "is_robust": False,
        "note": "ranking not robust: grid of 10 km",
    }
    table = real.tables["robustness"]
    rows = pd.concat([table, pd.DataFrame([verdict]).reindex(columns=table.columns)], ignore_index=True)
    held = replace(real, base="", tables={**real.tables, "robustness": rows})
    path = publish_geopackage(held, tmp_path / "ranked_blocks.gpkg").path
    document = ElementTree.fromstring(documents_of(path)["project"][1].partition("\n")[2])
    found = prospects_said(read_table(path, "ranked_blocks"))
    assert found.startswith("Of ")
    said = {
        layout.get("name", "").removeprefix("A4 map - "): x.get("labelText")
        for layout in document.iter("Layout")
        for x in layout.iter("LayoutItem")
        if x.get("id") == "headline"
    }
    assert len(said) == len(list(document.iter("Layout")))
    for name, text in said.items():
        tail = (
            " Ranking not robust: grid of 10 km. Read the tier, not the rank."
            if name in ("Ranking", "Uncertainty")
            else ""
        )
        assert text == found + tail, name
