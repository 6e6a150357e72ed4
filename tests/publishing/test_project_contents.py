"""What the project holds: themes with content, rows called by what they tell, licences, the scale of sheets; and the package."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pytest
import shapely
from example_publication import completed, make_publication
from shipped_expressions import documents_of

from data_sources.contracts import PublishingError
from data_sources.contracts.published.outputs import OUTPUT_LAYERS
from khanij.foundation.files import sha256_of
from pipelines.cli import main
from publishing.geopackage.context import sheet_grid
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import read_layer
from publishing.qgis.layout import _fit
from publishing.sets.mailing import PROJECT, package
from publishing.words import association_said


def project_of(publication: Publication, folder: Path) -> ElementTree.Element:
    file = publish_geopackage(publication, folder / "ranked_blocks.gpkg").path
    return ElementTree.fromstring(documents_of(file)["project"][1].partition("\n")[2])


def changed(publication: Publication, **columns: object) -> Publication:
    blocks = publication.layers["ranked_blocks"].assign(**columns)
    return replace(publication, layers={**publication.layers, "ranked_blocks": blocks})


def names(project: ElementTree.Element) -> tuple[list[str], list[str], list[str]]:
    """Themes, layouts and the groups of layers."""
    themes = [p.get("name", "") for p in project.iter("visibility-preset")]
    layouts = [p.get("name", "").removeprefix("A4 map - ") for p in project.iter("Layout")]
    groups = [g.get("name", "") for g in project.iter("layer-tree-group") if g.get("name")]
    return themes, layouts, groups


def test_a_theme_without_content_is_left_out(publication: Publication, tmp_path: Path) -> None:
    nothing = np.full(len(publication.layers["ranked_blocks"]), np.nan)
    ground_only = changed(
        publication, rank=None, p_top20=nothing, rank_p05=nothing, rank_p95=nothing, knowledge_class="none"
    )
    themes, layouts, groups = names(project_of(ground_only, tmp_path))
    assert themes == layouts == ["Fertility", "Waste"]
    assert not {"Ranking", "Uncertainty", "Data quality"} & set(groups)
    no_ground = names(project_of(changed(publication, fertility_axis=nothing, rank_fertility=None), tmp_path))
    assert no_ground[0] == no_ground[1] == ["Ranking", "Waste", "Uncertainty", "Data quality"]
    bare = Publication(
        publication.region,
        {"ranked_blocks": ground_only.layers["ranked_blocks"].assign(fertility_axis=nothing)},
        {},
        {},
    )
    assert names(project_of(bare, tmp_path))[0] == ["Ranking"]


def test_a_layer_without_rows_is_not_in_the_project(publication: Publication, tmp_path: Path) -> None:
    layers = {n: f for n, f in publication.layers.items() if n != "waste_footprints"}
    project = project_of(replace(publication, layers=layers), tmp_path)
    shown = [x.findtext("id") for x in project.iter("maplayer")]
    assert "khanij_layer_waste_sites" in shown and "khanij_layer_waste_footprints" not in shown


def test_every_table_of_a_form_says_how_a_row_is_called(geopackage: Path) -> None:
    project = ElementTree.fromstring(documents_of(geopackage)["project"][1].partition("\n")[2])
    called = {
        x.findtext("id", "").removeprefix("khanij_layer_"): x.findtext("previewExpression", "")
        for x in project.iter("maplayer")
    }
    assert '"element"' in called["element_potential"] and '"site_id"' in called["site_shares"]
    assert '"advice"' in called["sample_next"] and '"basket"' in called["basket_ranks"]
    children = {r.get("referencingLayer", "").removeprefix("khanij_layer_") for r in project.iter("relation")}
    assert children and all(called[c] for c in children)


def test_the_why_of_a_status_is_shown_only_where_there_is_one_and_the_explanation_comes_first(geopackage: Path) -> None:
    project = ElementTree.fromstring(documents_of(geopackage)["project"][1].partition("\n")[2])
    layer = next(x for x in project.iter("maplayer") if x.findtext("id") == "khanij_layer_ranked_blocks")
    why = next(x for x in layer.iter("attributeEditorContainer") if x.get("name") == "Why")
    lines = [x.get("name") for x in why.iter("attributeEditorField")]
    assert lines[:3] == ["block_id", "name", "explanation"] and "shape_meaning" in lines
    inside = next(
        x
        for x in why.iter("attributeEditorContainer")
        if x.find("attributeEditorField") is not None and x[0].get("name") == "status_reason"
    )
    assert (inside.get("visibilityExpressionEnabled"), inside.get("visibilityExpression")) == (
        "1",
        '"status_reason" IS NOT NULL',
    )
    form = [x.get("name") for x in layer.iter("attributeEditorField")]
    assert "npv_usd_p50_said" in form and not {"npv_usd_p50", "npv_usd_p10", "flags", "geometry_basis"} & set(form)
    assert len(form) == len(set(form)), "each once"


def test_layouts_have_a_scale_an_arrow_a_date_and_what_is_on_no_map(publication: Publication, tmp_path: Path) -> None:
    blocks = publication.layers["ranked_blocks"]
    first = blocks.index[blocks["rank"] == 1][0]
    shapes = blocks.geometry.copy()
    shapes[first] = None
    project = project_of(changed(publication, geometry=shapes), tmp_path)
    layout = next(x for x in project.iter("Layout") if x.get("name") == "A4 map - Ranking")
    items = {x.get("id"): x for x in layout.iter("LayoutItem")}
    assert items["scale 1:n"].get("style") == "Numeric"
    assert items["north"].get("northMode") == "1" and items["north"].get("file", "").startswith("base64:")
    assert "Data: figures up to 2024" in items["sources"].get("labelText", "")
    assert "1 of the blocks has no known position and is not drawn" in items["note"].get("labelText", "")
    (line,) = [x for x in items["listing"].get("labelText", "").split("\n") if x.strip().startswith("1 ")]
    assert " *" in line


def test_a_printed_scale_is_round() -> None:
    west, south, east, north = _fit((0, 0, 3_684_321.0, 2_000_000.0))
    scale = (east - west) / 0.196
    assert scale == pytest.approx((north - south) / 0.164) == pytest.approx(1.9e7)
    assert (west + east) / 2 == pytest.approx(3_684_321 / 2)


def test_sheets_say_their_scale(publication: Publication, tmp_path: Path) -> None:
    def scales(points: list[tuple[float, float]]) -> set[str]:
        blocks = publication.layers["ranked_blocks"].head(len(points))
        placed = blocks.set_geometry(
            gpd.GeoSeries([shapely.Point(p).buffer(0.01) for p in points], index=blocks.index, crs=4326)
        )
        made = Publication(publication.region, {"ranked_blocks": placed}, {}, {})
        return set(read_layer(publish_geopackage(made, tmp_path / "ranked_blocks.gpkg").path, "survey_sheets")["scale"])

    assert scales([(74, 14), (88, 26)]) == {"1:250,000"}
    assert scales([(77.1, 17.1), (77.6, 17.4)]) == {"1:50,000"}
    assert len(sheet_grid({"ranked_blocks": publication.layers["ranked_blocks"]}))


def test_only_the_strongest_anomalies_are_named_and_in_words(publication: Publication, tmp_path: Path) -> None:
    n = 200
    frame = gpd.GeoDataFrame(
        {"sample_id": [f"S{i}" for i in range(n)], "association": np.where(np.arange(n) % 2, "ni_co_cr_pge", "heavy_minerals"), "z": np.arange(n) / 10.0},
        geometry=gpd.points_from_xy(np.linspace(73, 86, n), np.linspace(12, 24, n)), crs=4326,
    )  # fmt: skip
    anomalies = completed(frame, OUTPUT_LAYERS["anomalies"])
    made = replace(publication, layers={**publication.layers, "anomalies": anomalies})
    file = publish_geopackage(made, tmp_path / "ranked_blocks.gpkg").path
    qml = documents_of(file)["anomalies: default"][1]
    assert "&quot;z&quot; &gt;= 18.5 OR" in qml or '"z" &gt;= 18.5 OR' in qml
    assert "Ni-Co-Cr-PGE" in qml and "heavy minerals" in qml


@pytest.mark.parametrize(
    ("code", "said"),
    [("ni_co_cr_pge", "Ni-Co-Cr-PGE"), ("zn_ge_in_cd", "Zn-Ge-In-Cd"), ("light_ree", "light REE"), ("heavy_ree_y", "heavy REE-Y"), ("ti_v", "Ti-V")],
)  # fmt: skip
def test_an_association_in_words(code: str, said: str) -> None:
    assert association_said(code) == said


def test_licence_and_age_stand_in_the_registers_of_the_file(geopackage: Path) -> None:
    with closing(sqlite3.connect(geopackage)) as connection:
        texts = [t for (t,) in connection.execute("SELECT metadata FROM gpkg_metadata")]
    assert len(texts) > 10
    for text in texts:
        root = ElementTree.fromstring(text.partition("\n")[2])
        assert "Register (made up): CC BY 4.0" in [x.text for x in root.iter("license")]
        assert "mine waste" in [x.text for x in root.iter("keyword")]
        assert [x.get("url") for x in root.iter("link")] == ["https://creativecommons.org/licenses/by/4.0/"]
        assert root.findtext("contact/name") == "The Khanij authors"
        assert root.findtext("extent/temporal/period/end") == "2024-12-31T00:00:00Z"
        assert root.findall("extent/spatial")[0].get("crs") == "EPSG:4326"


def test_a_package_is_the_same_bytes_and_its_project_names_files_beside_it(tmp_path: Path) -> None:
    publish_geopackage(make_publication(10), tmp_path / "a" / "ranked_blocks.gpkg")
    first = package(tmp_path / "a", tmp_path / "one.zip", with_internal=True)
    again = package(tmp_path / "a", tmp_path / "two.zip", with_internal=True)
    assert (
        sha256_of(first.path) == sha256_of(again.path)
        and not package(tmp_path / "a", first.path, with_internal=True).changed
    )
    bundle = zipfile.ZipFile(io.BytesIO(first.path.read_bytes()))
    root = "khanij_example/"
    assert {root + PROJECT, f"{root}ranked_blocks.gpkg", f"{root}README.txt"} <= set(bundle.namelist())
    assert {i.date_time for i in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    document = ElementTree.fromstring(bundle.read(root + PROJECT).decode().partition("\n")[2])
    sources = {x.text.partition("|")[0] for x in document.iter("datasource")}
    assert sources == {"./ranked_blocks.gpkg"}
    assert "SAMPLE - NOT REAL" in bundle.read(f"{root}README.txt").decode()


def test_rows_that_may_not_be_passed_on_are_not_packed_without_a_word(tmp_path: Path) -> None:
    publish_geopackage(make_publication(10), tmp_path / "ranked_blocks.gpkg")
    with pytest.raises(PublishingError, match="may not be passed on"):
        package(tmp_path, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_khanij_package_writes_the_zip_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish_geopackage(make_publication(10), tmp_path / "india" / "ranked_blocks.gpkg")
    folder, target = str(tmp_path / "india"), tmp_path / "mail" / "india.zip"
    assert main(["package", folder, "--out", str(target)]) == 1 and "--internal" in capsys.readouterr().err
    assert main(["package", folder, "--out", str(target), "--internal"]) == 0
    assert capsys.readouterr().out == f"{target}\n" and zipfile.is_zipfile(target)
    assert main(["package"]) == 2 and "name a region or a folder" in capsys.readouterr().err
