"""Explanations, dossiers, pages, rasters and the fertility report: what they say, and that they are the same every time."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from data_sources.contracts import MissingSourceError
from publishing.dossiers.dossier import top_block_ids, write_dossiers
from publishing.explain import explain_block, kinds_in, top_blocks, top_rows, top_table
from publishing.fertility_report import write_fertility_report
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import read_table
from publishing.page import write_page
from publishing.rasters import write_cog
from publishing.words import site_in_words


def test_every_block_can_be_explained(geopackage: Path) -> None:
    blocks = read_table(geopackage, "ranked_blocks").set_index("block_id")
    for block_id, row in blocks.iterrows():
        text = explain_block(geopackage, str(block_id))
        assert text.startswith("SAMPLE - NOT REAL") and str(row["status"]) in text and "Sources" in text
        if row["status"] == "RANKED":
            assert "P05 best place to P95 worst" in " ".join(text.split()) and "P10" in text
        else:
            assert "carries no rank" in text and str(row["status_reason"]).split()[0] in text
        assert "nan" not in text and "None" not in text and "<NA>" not in text


def test_a_missing_figure_is_not_a_zero(geopackage: Path) -> None:
    text = explain_block(geopackage, "EX-AB-005")
    assert "not known" in text and not re.search(r"Tonnage[^\n]*\b0\b", text)
    assert "12.5 km" in text and "Ga; Sc; V; REE" in text


def test_the_parts_of_an_explanation_add_up(geopackage: Path) -> None:
    line = next(x for x in explain_block(geopackage, "EX-WB-002").splitlines() if "Made of" in x)
    *parts, total = [float(x) for x in re.findall(r"(?<![\w.])\d+\.?\d*", line)]
    assert sum(parts) == pytest.approx(total, abs=0.1)


def test_what_the_source_states_stands_beside_what_is_drawn_and_no_element_vanishes(tmp_path: Path) -> None:
    from example_publication import make_publication

    from publishing.geopackage.geopackage import publish_geopackage

    made = make_publication(4, elements_per_block=11)
    sites = made.layers["waste_sites"]
    sites = sites.assign(tonnage_stated_t=sites["tonnage_t_p50"] * 1.08)
    file = tmp_path / "x.gpkg"
    publish_geopackage(replace(made, layers={**made.layers, "waste_sites": sites}), file)
    block = next(b for b in read_table(file, "element_potential")["block_id"].unique() if str(b).startswith("EX-WB"))
    text = " ".join(explain_block(file, block).split())
    assert re.search(r"[\d.,]+ M?t stated, as drawn [\d.,]+ M?t \(P10", text)
    shown = read_table(file, "element_potential").query("block_id == @block")["element"]
    assert f"{len(shown) - 8} more in the table element_potential: " in text
    assert all(re.search(rf"\b{e}\b", text) for e in shown)


def test_an_unknown_block_names_the_nearest(geopackage: Path) -> None:
    with pytest.raises(MissingSourceError, match="EX-WB-001"):
        explain_block(geopackage, "EX-WB-0001")


def test_the_top_is_in_order_and_waste_blocks_come_first(geopackage: Path) -> None:
    assert list(kinds_in(geopackage)) == ["waste_block", "auction_block"]
    top = top_table(geopackage, n=10)
    assert top["rank"].tolist() == list(range(1, 11))
    header, rows = top_rows(geopackage)
    assert len(rows) == 10 and all(len(r) == len(header) for r in rows)
    assert not any("nan" in cell or "\n" in cell for row in rows for cell in row)
    by_fertility = top_table(geopackage, "auction_block")
    assert by_fertility["rank_fertility"].is_monotonic_increasing and "rank" not in by_fertility


def test_a_table_of_blocks_that_lie_in_no_one_state_has_no_column_for_it(geopackage: Path, monkeypatch) -> None:
    for kind in ("waste_block", "auction_block"):
        told = [SimpleNamespace(**{**vars(b), "state": None}) for b in top_blocks(geopackage, kind)]
        assert "State" in top_rows(geopackage, kind)[0]
        with monkeypatch.context() as m:
            m.setattr("publishing.explain.top_blocks", lambda *_, told=told: told)
            header, rows = top_rows(geopackage, kind)
        assert "State" not in header and {len(row) for row in rows} == {len(header)}


def test_a_dossier_has_two_pages_or_one_where_there_is_nothing_for_a_second(geopackage: Path, tmp_path: Path) -> None:
    ids = [*top_block_ids(geopackage, 2), "EX-AB-005", "EX-WB-002", "EX-WB-006", "EX-WB-007", "EX-WB-013"]
    files = write_dossiers(geopackage, ids, tmp_path)
    assert [f.path.name for f in files] == [*(f"{i}.pdf" for i in ids), "dossiers.pdf"]
    again = write_dossiers(geopackage, ids, tmp_path / "again")
    assert [f.sha256 for f in files] == [f.sha256 for f in again]
    for f in files:
        content = f.path.read_bytes()
        wanted = 2 * len(ids) - 1 if f.path.name == "dossiers.pdf" else 1 if f.path.name == "EX-AB-005.pdf" else 2
        assert len(re.findall(rb"/Type /Page\b(?!s)", content)) == wanted
        assert b"/JavaScript" not in content and b"/URI" not in content and b"/Launch" not in content


@pytest.mark.skipif(
    subprocess.run(["which", "pdftotext"], capture_output=True, check=False).returncode != 0,
    reason="no pdftotext (poppler-utils)",
)
def test_the_dossier_says_what_it_must(geopackage: Path, tmp_path: Path) -> None:
    path = write_dossiers(geopackage, ["EX-WB-002"], tmp_path, combined=False)[0].path
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    for word in (
        "SAMPLE - NOT REAL",
        "Survey of India sheet",
        "P05 best place",
        "Waste sites",
        "Elements",
        "Law and access",
        "Knowledge class",
        "What to measure next",
        "Sources",
        "<script>alert",
    ):
        assert word in text, word


def test_the_page_is_one_file_and_the_same_every_time(geopackage: Path, tmp_path: Path) -> None:
    first, again = write_page(geopackage, tmp_path / "a.html"), write_page(geopackage, tmp_path / "b.html")
    assert first.sha256 == again.sha256
    text = first.path.read_text(encoding="utf-8")
    assert text.count("<script") == 6 and "<script>alert" not in text
    assert "default-src 'none'" in text and " src=" not in text and "@import" not in text
    assert re.findall(r"url\((.{15})", text) == ["data:font/woff;"], (
        "the letters that the page brings, and nothing else"
    )
    assert "@DATA@" not in text and "@TITLE@" not in text


@dataclass
class _Band:
    name: str
    values: np.ndarray
    unit: str
    description: str


@dataclass
class _Grid:
    crs: str
    transform: Affine
    shape: tuple[int, int]


@dataclass
class _Stack:
    grid: _Grid
    bands: tuple[_Band, ...]


def test_a_raster_is_a_cog_with_its_names_and_units(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(700, 900)).astype("float32")
    values[:50] = np.nan
    crs = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
    stack = _Stack(
        _Grid(crs, Affine(500, 0, -2e5, 0, -500, 3e5), values.shape),
        (_Band("La_ppm", values, "ppm", "Lanthanum"), _Band("dist", values * 0, "m", "Distance")),
    )
    first = write_cog(stack, tmp_path / "a" / "evidence.tif")
    assert write_cog(stack, tmp_path / "b" / "evidence.tif").sha256 == first.sha256
    assert not write_cog(stack, first.path).changed
    with rasterio.open(first.path) as source:
        assert source.descriptions == ("La_ppm", "dist") and source.units == ("ppm", "m")
        assert source.tags(1)["DESCRIPTION_LONG"] == "Lanthanum"
        assert np.isnan(source.nodata) and source.overviews(1) and source.profile["tiled"]
        assert source.transform == stack.grid.transform and source.crs.to_dict()["proj"] == "aea"
        np.testing.assert_array_equal(source.read(1), values)
    assert rasterio.open(first.path).tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_the_fertility_report_holds_every_table_escaped(publication: Publication, tmp_path: Path) -> None:
    curve = pd.DataFrame({"area_pct": [0, 10, 50, 100], "captured_pct": [0, 60, 90, 100]})
    tables = {"prediction_curve": curve, "weights": pd.DataFrame({"layer": ["<b>faults</b>"], "w_plus": [np.nan]})}
    summary = {
        "model_used": "weights of evidence",
        "notes": ["<script>alert(1)</script>"],
        "validation": {"auc": 0.81, "interval": [0.7, 0.9]},
    }
    files = [write_fertility_report(publication.region, summary, tables, tmp_path / n) for n in ("a.html", "b.html")]
    assert files[0].sha256 == files[1].sha256
    text = files[0].path.read_text(encoding="utf-8")
    assert "<script" not in text and "<b>faults" not in text and "<svg" in text and "0.81" in text
    assert "SAMPLE - NOT REAL" in text
    bare = write_fertility_report(publication.region, {"model_used": None, "notes": []}, {}, tmp_path / "c.html")
    assert "not enough known occurrences" in bare.path.read_text(encoding="utf-8")


def test_the_fertility_report_says_model_points_blocks_interval_and_refusals(
    publication: Publication, tmp_path: Path
) -> None:
    measures = ("capture_2pct", "capture_5pct", "capture_10pct", "capture_20pct", "auc")
    capture = pd.DataFrame(
        {"measure": measures, "value": 0.4, "low_95": 0.05, "high_95": 0.8, "n_points": 23, "n_blocks": 9}
    )
    groups = {"expected": [5.0, 5.0, 5.0], "observed": [5, 30, 0], "poisson_low_95": 1.0, "poisson_high_95": 9.0}
    tables = {
        "capture": capture,
        "calibration": pd.DataFrame(groups),
        "controls": pd.DataFrame({"control": ["shuffled_labels"] * 3, "capture_10pct": [0.0, 0.1, 0.2]}),
        "success_curve": pd.DataFrame({"area_pct": [0.0, 100.0], "captured_pct": [0.0, 100.0]}),
        "refusals": pd.DataFrame({"commodity": ["gold"], "reason": ["5 cells: need 20"]}),
    }
    summary = {"model_used": "logistic_regression", "validation": {"validated": True, "held_out": "blocks"}}
    path = write_fertility_report(publication.region, summary, tables, tmp_path / "report.html").path
    text = path.read_text(encoding="utf-8")
    assert "logistic regression" in text and "23 cells" in text and "9 spatial blocks" in text
    assert "40 % of them (95 %: 5 to 80 %)" in text and "does not tell the map from a blind one" in text
    assert "5 cells: need 20" in text and "Known traps" in text
    assert text.count("<svg") == 3 and "2 of 3 outside" in text


def test_the_line_of_a_site_says_what_was_assayed_and_what_is_split_from_a_total() -> None:
    split = "Y, TREE (split into Ce, La by ree_coal_ash_world)"
    site = SimpleNamespace(
        name="Pond", tonnage_stated_t=None, tonnage_class="G4", assayed_elements=split, status_reason=None,
        tonnage_t_p10=1e6, tonnage_t_p50=2e6, tonnage_t_p90=3e6,
    )  # fmt: skip
    assert site_in_words(site).endswith(f", class G4; assayed {split}")
    site.assayed_elements, site.status_reason = None, "under a court's bar"
    assert site_in_words(site).endswith(", class G4; under a court's bar")
