"""The texts behind a block can be followed in explanation, page, PDF and spreadsheet, and what stands on none is counted."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pypdf
import pytest
from example_publication import make_publication

from data_sources.reference import load_table
from data_sources.reference.bibliography import bibliography_of
from publishing.dossiers.dossier import write_dossiers, write_shortlist_pdf
from publishing.explain import explain_block
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table
from publishing.page import page_html
from publishing.shortlists.filters import make_filter
from publishing.shortlists.shortlist import build_shortlist, nothing_passes
from publishing.shortlists.shortlist_xlsx import xlsx_bytes

BLOCK = "EX-WB-002"


@pytest.fixture(scope="module")
def linked() -> pd.Series:
    """An entry of the bibliography that has a link."""
    table = load_table("bibliography")
    return table[table["link"].notna()].iloc[0]


@pytest.fixture(scope="module")
def file(linked: pd.Series, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_publication(12, seed=5, is_sample=False)
    blocks = made.layers["ranked_blocks"]
    is_it = blocks["block_id"] == BLOCK
    blocks.loc[is_it, "sources"] = f"tonnage: a report [{linked['source_id']}] | Au: own knowledge [OWN]"
    n = np.arange(len(blocks), dtype=float)
    blocks["figures_count"], blocks["figures_own_knowledge"], blocks["figures_expert_default"] = 20.0, n % 3, n % 5
    blocks.loc[blocks["block_id"] == "EX-WB-003", ["figures_own_knowledge", "figures_expert_default"]] = np.nan
    made.tables["bibliography"] = bibliography_of(blocks["sources"])
    return publish_geopackage(made, tmp_path_factory.mktemp("cited") / "example" / "ranked_blocks.gpkg").path


def test_the_file_has_the_entries_that_it_cites_and_no_other(file: Path, linked: pd.Series) -> None:
    assert read_table(file, "bibliography")["source_id"].tolist() == sorted([linked["source_id"], "OWN"])


def test_explain_names_the_texts_with_their_addresses(file: Path, linked: pd.Series) -> None:
    text = explain_block(file, BLOCK)
    line = next(x for x in text.splitlines() if x.strip().startswith(linked["source_id"]))
    assert line.endswith(linked["link"])
    assert "OWN Own knowledge" in text
    assert "Figures of own knowledge: 1" in text and "Figures that are expert defaults: 1" in text
    assert "Texts cited" not in explain_block(file, "EX-AB-005")


def test_the_page_has_the_entry_and_its_link(file: Path, linked: pd.Series) -> None:
    page = page_html(file)
    data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    said, link = data["bibliography"][linked["source_id"]]
    assert link == linked["link"] and said.startswith(f"{linked['source_id']} ") and link not in said
    assert data["bibliography"]["OWN"][1] == ""
    labels = [label for _, label, _ in data["facts"]]
    assert "Figures of own knowledge" in labels and "Figures that are expert defaults" in labels


def links_of(pdf: Path) -> list[str]:
    pages = pypdf.PdfReader(pdf).pages
    return [a.get_object()["/A"]["/URI"] for page in pages for a in page.get("/Annots", [])]


def test_a_click_in_the_pdf_opens_the_text(file: Path, linked: pd.Series, tmp_path: Path) -> None:
    write_dossiers(file, [BLOCK, "EX-AB-005"], tmp_path)
    assert links_of(tmp_path / f"{BLOCK}.pdf") == [linked["link"]]
    assert links_of(tmp_path / "EX-AB-005.pdf") == []
    assert links_of(tmp_path / "dossiers.pdf") == [linked["link"]]
    listed = write_shortlist_pdf(build_shortlist(file, make_filter(status="all")), tmp_path / "list.pdf").path
    assert links_of(listed) == [linked["link"]]


def test_the_spreadsheet_has_a_sheet_of_texts_with_hyperlinks(file: Path, linked: pd.Series) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(build_shortlist(file, make_filter(status="all")))))
    rows = {row[0].value: row for row in book["Bibliography"].iter_rows(min_row=2)}
    assert set(rows) == {linked["source_id"], "OWN"}
    cell = next(c for c in rows[linked["source_id"]] if c.hyperlink)
    assert cell.hyperlink.target == linked["link"] == cell.value
    assert rows[linked["source_id"]][-1].value == BLOCK and not any(c.hyperlink for c in rows["OWN"])
    links = [c for sheet in book if sheet.title != "Bibliography" for r in sheet.iter_rows() for c in r if c.hyperlink]
    assert links == []


def test_blocks_whose_figures_are_guessed_can_be_left_out(file: Path) -> None:
    everything = build_shortlist(file, make_filter(status="all")).blocks
    guessed = everything["figures_own_knowledge"].astype(float) + everything["figures_expert_default"].astype(float)
    for most in (0, 2, 5):
        found = build_shortlist(file, make_filter(status="all", max_guessed=most)).blocks
        assert set(found["block_id"]) == set(everything.loc[guessed <= most, "block_id"])
    assert "EX-WB-003" not in set(found["block_id"])
    none = build_shortlist(file, make_filter(status="all", max_guessed=0, district="District 4"))
    assert none.blocks.empty and "--max-guessed" in str(nothing_passes(none))


def test_an_address_that_is_none_is_no_link(file: Path, tmp_path: Path) -> None:
    made = make_publication(3, seed=5, is_sample=False)
    made.layers["ranked_blocks"]["sources"] = "a user's text [B001]"
    entry = {"source_id": "B001", "title": "A text", "link": "javascript:alert(1)", "seen": "seen"}
    made.tables["bibliography"] = pd.DataFrame([{**dict.fromkeys(("publisher", "date", "licence")), **entry}])
    path = publish_geopackage(made, tmp_path / "ranked_blocks.gpkg").path
    assert "javascript:" not in page_html(path)
    write_dossiers(path, ["EX-WB-001"], tmp_path, combined=False)
    assert links_of(tmp_path / "EX-WB-001.pdf") == []
