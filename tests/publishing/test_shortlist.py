"""Shortlists: what passes, what is written, and that no text becomes a formula, a tag or a command."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import defusedxml.ElementTree
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from example_publication import HOSTILE, make_publication
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts import PublishingError
from khanij.foundation.escaping import csv_cell, plain, xml
from publishing.dossiers.dossier import book_of_shortlist
from publishing.dossiers.dossier_pages import first_page
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table, records
from publishing.headline import prospects_said
from publishing.languages import in_hindi, unread
from publishing.shortlists.filters import ShortlistFilter, load_filter, make_filter, save_filter
from publishing.shortlists.shortlist import build_shortlist
from publishing.shortlists.shortlist_files import FORMATS, write_shortlist
from publishing.shortlists.shortlist_maps import OUTLINE

_KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def written(geopackage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shortlist")
    everything = make_filter(name="all", status="RANKED,OUT_OF_BASKET,UNQUANTIFIED,GATED,LEASED")
    write_shortlist(build_shortlist(geopackage, everything), [f for f in FORMATS if f != "pdf"], folder)
    return folder


def test_the_filter_keeps_what_it_says(geopackage: Path) -> None:
    full = build_shortlist(geopackage, make_filter()).blocks
    assert set(full["status"]) == {"RANKED"} and full["rank"].tolist() == sorted(full["rank"])
    few = build_shortlist(
        geopackage, make_filter(max_rank=8, min_p_top10=0.5, state="odisha, Goa", kind="waste_block")
    ).blocks
    wanted = full[(full["rank"] <= 8) & (full["p_top10"] >= 0.5) & full["state"].isin(["Odisha", "Goa"])]
    assert few["block_id"].tolist() == wanted["block_id"].tolist() and len(few)
    held = build_shortlist(geopackage, make_filter(worst_class="G3")).blocks
    assert set(held["knowledge_class"]) <= {"G1", "G2", "G3"}
    assert set(build_shortlist(geopackage, make_filter(status="", element="Sc")).blocks["status"]) <= {
        "RANKED",
        "OUT_OF_BASKET",
    }


def test_a_missing_figure_passes_no_limit(geopackage: Path) -> None:
    found = build_shortlist(geopackage, make_filter(status="", max_price_multiple=1e9)).blocks
    assert found["price_multiple_needed"].notna().all() and len(found) < 30


def test_another_basket_brings_its_own_ranks(geopackage: Path) -> None:
    found = build_shortlist(geopackage, make_filter(basket="magnet_ree")).blocks
    assert found["rank"].notna().all()
    # What is known of the region's own basket alone is not shown beside another basket's rank.
    assert found["basket_value_usd_p50"].isna().all() and found["contribution_value"].isna().all()
    with pytest.raises(PublishingError, match="magnet_ree"):
        build_shortlist(geopackage, make_filter(basket="gold_only"))


@pytest.mark.parametrize(
    ("bad", "word"), [({"max_rank": 0}, "max_rank"), ({"status": "GOOD"}, "GOOD"), ({"colour": "red"}, "colour"), ({"kind": "dump"}, "dump"), ({"name": "../x"}, "name"), ({"min_p_top20": 2}, "min_p_top20")],
)  # fmt: skip
def test_a_wrong_filter_is_refused_by_name(bad: dict, word: str) -> None:
    with pytest.raises(PublishingError, match=word):
        make_filter(**bad)


def test_a_filter_is_saved_named_versioned_and_repeated(geopackage: Path, tmp_path: Path) -> None:
    chosen = make_filter(name="odisha", state="Odisha", max_rank=12, min_p_top20=0.2)
    path = save_filter(chosen, tmp_path)
    assert path.name == "odisha.v1.yaml" and load_filter(path) == chosen
    assert save_filter(chosen, tmp_path) == path
    with pytest.raises(PublishingError, match="version 2"):
        save_filter(make_filter(name="odisha", state="Goa"), tmp_path)
    again = build_shortlist(geopackage, load_filter(path)).blocks
    assert again["block_id"].tolist() == build_shortlist(geopackage, chosen).blocks["block_id"].tolist()


def test_nothing_found_and_unknown_formats_say_so(geopackage: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishingError, match=r"no block lies in state Atlantis.*Odisha"):
        write_shortlist(build_shortlist(geopackage, make_filter(state="Atlantis")), ["csv"], tmp_path)
    with pytest.raises(PublishingError, match="docx"):
        write_shortlist(build_shortlist(geopackage, make_filter()), ["docx"], tmp_path)


def test_two_regions_in_one_shortlist(geopackage: Path, tmp_path: Path) -> None:
    other = publish_geopackage(make_publication(12, seed=3, is_sample=False), tmp_path / "o.gpkg").path
    both = build_shortlist([geopackage, other], ShortlistFilter())
    assert len(both.blocks) == len(build_shortlist(geopackage, ShortlistFilter()).blocks) + len(
        build_shortlist(other, ShortlistFilter()).blocks
    )
    assert both.is_sample


def test_the_spreadsheet_is_whole_and_holds_no_formula(written: Path) -> None:
    book = openpyxl.load_workbook(written / "all.xlsx")
    assert book.sheetnames == [
        "Cover", "Shortlist", "magnet_ree", "Elements", "Sites", "Measure next", "Data dictionary", "Sources",
        "शॉर्टलिस्ट (हिन्दी)",
    ]  # fmt: skip
    types = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert types <= {"s", "n"}
    assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)
    sheet = book["Shortlist"]
    assert sheet.freeze_panes == "D3" and sheet.auto_filter.ref.startswith("A2:")
    titles = [c.value for c in sheet[1]]
    assert "Rank, P05 (best place)" in titles and "Score, P10 (low case)" in titles
    assert sheet[2][titles.index("Net present value of the project, P50 (median)")].value == "USD"
    names = [sheet.cell(r, titles.index("Name") + 1).value for r in range(3, 33)]
    assert {plain(t) for t in HOSTILE} <= set(names)
    assert sheet.conditional_formatting
    assert any("SAMPLE - NOT REAL" in str(c.value) for row in book["Cover"].iter_rows() for c in row)
    # No formula element in any sheet, whoever reads it.
    with zipfile.ZipFile(written / "all.xlsx") as archive:
        assert not any(b"<f>" in archive.read(n) or b"<hyperlink" in archive.read(n) for n in archive.namelist())
        assert not any("vba" in n.lower() or "external" in n.lower() for n in archive.namelist())


def test_the_spreadsheet_has_its_headers_in_hindi_on_a_sheet_of_their_own(written: Path, geopackage: Path) -> None:
    book = openpyxl.load_workbook(written / "all.xlsx")
    english, hindi = book["Shortlist"], book["शॉर्टलिस्ट (हिन्दी)"]
    assert hindi.dimensions == english.dimensions
    words = in_hindi("title.", "page.")
    for one, other in zip(english[1], hindi[1], strict=True):
        assert other.value == words[one.value]
    assert [c.value for c in hindi[2]] == [c.value for c in english[2]]
    numbers = [[c.value for row in s.iter_rows(min_row=3) for c in row if c.data_type == "n"] for s in (english, hindi)]
    assert numbers[0] == numbers[1]
    at = [c.value for c in english[1]].index("Prospect") + 1
    told = {english.cell(r, at).value: hindi.cell(r, at).value for r in range(3, 33)}
    assert told["MAY_PAY"] == "लाभ संभव"
    dictionary = book["Data dictionary"]
    titles = {dictionary.cell(r, 3).value: dictionary.cell(r, 6).value for r in range(2, dictionary.max_row + 1)}
    assert titles["Tier"] == "श्रेणी"
    cover = [str(c.value) for row in book["Cover"].iter_rows() for c in row]
    blocks = read_table(geopackage, "ranked_blocks")
    assert prospects_said(blocks) in cover and prospects_said(blocks, language="hi") in cover
    assert unread("hi") in cover
    assert pd.read_excel(written / "all.xlsx", sheet_name="Shortlist", skiprows=[1]).shape[0] == 30


def test_the_csv_holds_no_formula_and_no_broken_row(written: Path) -> None:
    text = (written / "all.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert len(rows) == 31 and len({len(r) for r in rows}) == 1
    for row in rows[1:]:
        for value in row:
            assert not value or (value[0] not in "=+@\t\r" and not (value[0] == "-" and not _is_number(value))), value
    assert text.count(b"\n") == 31


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text) is not None


def test_the_kml_is_valid_styled_and_escaped(written: Path) -> None:
    root = defusedxml.ElementTree.parse(written / "all.kml").getroot()
    marks = root.findall(f".//{_KML}Placemark")
    styles = {s.get("id") for s in root.findall(f".//{_KML}Style")}
    ids = [m.get("id") for m in marks]
    placed = [i for i in ids if i.endswith(OUTLINE)]
    assert len(set(ids)) == len(ids) == 59 and len(placed) == 29, (
        "each block once, its outline beside it, one without a place"
    )
    assert {m.findtext(f"{_KML}styleUrl").removeprefix("#") for m in marks} <= styles
    for mark in marks:
        balloon = mark.findtext(f"{_KML}description")
        assert "<script" not in balloon and "<b>bold" not in balloon
        defusedxml.ElementTree.fromstring(balloon)
    layers = {name: pyogrio.read_dataframe(written / "all.kml", layer=name) for name in ("Blocks", "Outlines")}
    assert {n: len(f) for n, f in layers.items()} == {"Blocks": 30, "Outlines": 29}
    assert set(layers["Blocks"].geometry.dropna().geom_type) == {"Point"}, (
        "one kind a layer: QGIS draws a mixed one as nothing"
    )
    assert set(layers["Outlines"].geom_type) <= {"Polygon", "MultiPolygon"}


def test_the_geojson_is_geojson(written: Path, geopackage: Path) -> None:
    document = json.loads((written / "all.geojson").read_text(encoding="utf-8"))
    assert len(document["features"]) == 30 and document["khanij"]["warning"] == "SAMPLE - NOT REAL"
    without = [f["id"] for f in document["features"] if f["geometry"] is None]
    assert without == ["EX-WB-013"]
    unranked = next(f for f in document["features"] if f["id"] == "EX-AB-005")
    assert unranked["properties"]["rank"] is None and unranked["properties"]["score_mean"] is None


def test_the_geopackage_of_a_shortlist_is_a_publication(written: Path) -> None:
    assert pyogrio.read_info(written / "all.gpkg", layer="ranked_blocks")["features"] == 30


def test_the_same_shortlist_gives_the_same_bytes(geopackage: Path, tmp_path: Path) -> None:
    shortlist = build_shortlist(geopackage, make_filter(max_rank=5))
    first = write_shortlist(shortlist, FORMATS, tmp_path / "a")
    again = write_shortlist(build_shortlist(geopackage, make_filter(max_rank=5)), FORMATS, tmp_path / "b")
    assert {k: v.sha256 for k, v in first.items()} == {k: v.sha256 for k, v in again.items()}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_text_is_a_formula_or_a_tag(text: str) -> None:
    cell = csv_cell(text)
    assert (
        not cell
        or cell.lstrip(" \u00a0\ufeff")[:1] not in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
        or cell.startswith("'")
    )
    assert "\n" not in cell and "\r" not in cell
    escaped = xml(text)
    assert "<" not in escaped and ">" not in escaped and '"' not in escaped
    defusedxml.ElementTree.fromstring(f'<a b="{escaped}">{escaped}</a>')


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_stay_numbers(value: float) -> None:
    from publishing.shortlists.shortlist_files import _number_cell

    assert _is_number(_number_cell(value)) and np.isclose(float(_number_cell(value)), value, rtol=1e-8)


def test_a_place_is_out_of_the_whole_ranking_not_of_the_list(geopackage: Path) -> None:
    everything = build_shortlist(geopackage, ShortlistFilter())
    state = everything.blocks["state"].iloc[0]
    few = build_shortlist(geopackage, make_filter(state=state, kind=everything.blocks["kind"].iloc[0]))
    n = int((everything.blocks["kind"] == few.blocks["kind"].iloc[0]).sum())
    assert 0 < len(few.blocks) < n
    record = records(few.blocks.drop(columns="geometry"))[0]
    said = [t.get_text() for t in first_page(book_of_shortlist(few), record).texts]
    assert f"Place {int(record.rank)} of {n}" in said
    assert few.told_peers().startswith(f"{n} ranked ")
