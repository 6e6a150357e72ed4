"""What a reader saw of a file goes with its rows: through the archive, and through a long table made wide."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from strangers import reasons, samples, workbook, written

from data_sources.cards import Card, parse_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.files import read_file
from data_sources.connectors.in_archive import stored
from data_sources.connectors.remote.fetching import fetch
from data_sources.contracts.shapes.remarks import notes_of, reading_of, remark
from data_sources.readers.survey import admit_frame, read_layer

TONNAGES = "tonnage_id;site_id;tonnage_mode_mt;basis_code\nT1;S1;1,250;published\nT2;S2;12,125;published\n"


def card_of(file: Path, contract: str) -> Card:
    text = "name: mine\ntitle: t\npublisher: p\nlicence: l\nredistribute: 'no'\ncitation: c\nprotocol: file\n"
    return parse_card(f"{text}path: {file.name}\ncontract: {contract}\n", file="mine.yaml")


def both_ways(file: Path, contract: str):
    """The layer read from its file, and from the archive that it was fetched into."""
    card = card_of(file, contract)
    archive = Archive(file.parent / "archive")
    got = fetch(card, archive, folder=file.parent)
    again = stored(card, archive)
    assert again is not None and again.frame().equals(got.frame())
    return read_layer(file, contract), admit_frame(again.frame(), contract), got.manifest


def test_the_delimiter_judges_the_commas_of_what_is_fetched(tmp_path: Path) -> None:
    direct, fetched, _ = both_ways(written(tmp_path, TONNAGES, "tonnages.csv"), "tonnages")
    assert direct.kept["tonnage_mode_mt"].tolist() == [1.25, 12.125] == fetched.kept["tonnage_mode_mt"].tolist()
    assert reasons(direct, 1) == reasons(fetched, 1) != ""


def test_a_formula_without_a_value_is_marked_after_the_archive_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["tonnage_id", "site_id", "tonnage_mode_mt", "basis_code"], ["T1", "S1", "=2*3", "published"], ["T2", "S1", 4, "published"]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "tonnages.xlsx")
    direct, fetched, manifest = both_ways(tmp_path / "tonnages.xlsx", "tonnages")
    assert "formula" in reasons(direct, 1) and reasons(fetched, 1) == reasons(direct, 1)
    assert any("tonnage_mode_mt: 1 rows" in note and "formula" in note for note in manifest.notes)


def test_a_shape_that_was_changed_is_told_after_the_archive_too(tmp_path: Path) -> None:
    file = tmp_path / "leases.geojson"
    gpd.GeoDataFrame({"lease_id": ["A"]}, geometry=[shapely.box(76, 14, 76.1, 14.1)], crs=4326).to_file(file)
    frame = read_file(file)
    remark(frame, "geometry", "arc", "an arc was straightened", rows=[1])
    assert notes_of(frame) == ("geometry: 1 rows: an arc was straightened",)
    assert reading_of(frame) == {"remarks": [[[1], "geometry", "arc", "an arc was straightened", False]]}


def test_a_header_of_two_rows_is_told_after_the_archive_too(tmp_path: Path) -> None:
    text = "sample_id,longitude,latitude,Trace,\n,,,Cu_ppm,Zn_ppm\nS1,76.5,14.5,30,70\nS2,76.6,14.6,35,80\n"
    direct, fetched, manifest = both_ways(written(tmp_path, text, "samples.csv"), "stream_sediments")
    assert fetched.kept["Cu_ppm"].tolist() == [30, 35] == direct.kept["Cu_ppm"].tolist()
    assert any("the header has two rows" in note for note in manifest.notes)
    assert "the header has two rows" in reasons(fetched)


def test_a_file_of_which_nothing_is_to_be_said_is_kept_as_before(tmp_path: Path) -> None:
    file = samples(tmp_path, "Cu_ppm", "30", "35", "31")
    _, fetched, manifest = both_ways(file, "stream_sediments")
    assert manifest.notes == () and fetched.kept["Cu_ppm"].tolist() == [30, 35, 31]


@pytest.mark.parametrize("value", [None, "=2*3"])
def test_a_formula_in_a_long_table_marks_its_sample(tmp_path: Path, value: str | None) -> None:
    rows = [["sample_id", "longitude", "latitude", "element", "value", "unit"]]
    for i, cu in enumerate([31, value, 35]):
        rows += [[f"S{i}", 76.5 + i / 10, 14.5, "Zn", 70 + i, "ppm"], [f"S{i}", 76.5 + i / 10, 14.5, "Cu", cu, "ppm"]]
    admission = read_layer(workbook(tmp_path / "long.xlsx", rows), "stream_sediments")
    assert admission.kept["Cu_ppm"].isna().tolist() == [False, True, False]
    assert ("formula" in reasons(admission, 3)) is (value is not None), "the sample's own row is its first, the third"
