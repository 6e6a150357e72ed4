"""A status of auction blocks is read by its words, kept where it is not understood, and no column vanishes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from data_sources.readers.blocks import read_blocks
from data_sources.readers.statuses.auction_status import outcome_said
from data_sources.readers.statuses.lease_status import unused_columns, words_not_understood
from pipelines.cli import main

WORDS = ["Auctioned", "NIT issued", "Annulled", "G3 - to be auctioned", "Open", "Under scrutiny", None]


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        *zip(WORDS[:6], ("sold", "open", "annulled", "to_be_offered", "open", "")), ("No_Bid", "no_bid"),
        ("Annulled - no bids received", "annulled"), ("Unsold", ""), ("Not auctioned", ""), ("Not yet auctioned", "to_be_offered"),
        ("Re-auctioned", "offered_again"), ("NIT to be issued", "to_be_offered"), ("NIT cancelled", "annulled"),
        ("LOI issued", "sold"), ("Open cast", ""), ("Tender closed", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_words_of_an_auction_mean(words: str, outcome: str) -> None:
    assert outcome_said(words) == outcome


def blocks(**columns: list[str | None]) -> gpd.GeoDataFrame:
    boxes = [shapely.box(77.0 + i / 10, 15.0, 77.05 + i / 10, 15.05) for i in range(len(WORDS))]
    ids = [f"B{i}" for i in range(len(WORDS))]
    return gpd.GeoDataFrame({"BLOCK_ID": ids, **columns}, geometry=boxes, crs=4326)


@pytest.mark.parametrize("column", ["STATUS", "Auction Status", "outcome"])
def test_the_status_of_auction_blocks_reaches_their_outcome_with_its_words(tmp_path: Path, column: str) -> None:
    blocks(**{column: WORDS, "OWNER": ["x"] * 7, "MINE_STATUS": ["idle"] * 7}).to_file(tmp_path / "b.geojson")
    read = read_blocks(tmp_path / "b.geojson", "auction_blocks", card_name="own_blocks")
    kept = read.kept.set_index("block_id")
    told = kept["auction_outcome"].fillna("").tolist()
    assert told == ["sold", "open", "annulled", "to_be_offered", "open", "unknown", ""]
    assert kept["flags"]["B3"] == "auction_status:G3 - to be auctioned"
    assert kept["flags"]["B5"] == "auction_status_not_understood:Under scrutiny"
    assert words_not_understood(read.report) == ["'Under scrutiny' (1 row)"]
    assert read.report["rows_in"] == read.report["rows_kept"] == 7
    assert unused_columns(read.report) == ["OWNER", "MINE_STATUS"], "a column that nothing is read from is told"


def test_a_second_status_of_leases_is_told_as_unused(tmp_path: Path) -> None:
    more = {"lease_status": ["Working"] * 7, "STATUS": WORDS, "LESSEE": ["A Ltd"] * 7}
    blocks(**more).to_file(tmp_path / "l.geojson")
    read = read_blocks(tmp_path / "l.geojson", "mining_leases", card_name="own_blocks")
    assert unused_columns(read.report) == ["STATUS"]


def test_a_word_that_the_options_translate_is_read_as_what_it_means(tmp_path: Path) -> None:
    blocks(STATUS=WORDS).to_file(tmp_path / "b.geojson")
    options = {"values": {"STATUS": {"Under scrutiny": "sold"}}}
    read = read_blocks(tmp_path / "b.geojson", "auction_blocks", card_name="own_blocks", options=options)
    assert read.kept.set_index("block_id")["auction_outcome"]["B5"] == "sold"


def test_validate_tells_the_words_and_the_columns_that_nothing_is_read_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks(STATUS=WORDS, OWNER=["x"] * 7).to_file(tmp_path / "b.geojson")
    assert main(["validate", str(tmp_path / "b.geojson"), "--as", "auction_blocks"]) == 0
    told = capsys.readouterr().out
    assert "Status not understood: 'Under scrutiny' (1 row)" in told
    assert "Columns not used: OWNER" in told and "STATUS" not in told
