"""How many figures of a block stand on no text: counted from the tables of the embedded region, figure by figure."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.reference import load_reference, load_table
from scoring.rank.assess import Assessment
from scoring.rank.told.guessed import figure_sources
from scoring.waste.inventory import site_records
from scoring.waste.routes import RouteBook


@pytest.fixture(scope="module")
def blocks(india: Assessment) -> pd.DataFrame:
    return pd.DataFrame(india.ranked_blocks).set_index("block_id")


def test_a_position_of_own_knowledge_is_counted(blocks: pd.DataFrame) -> None:
    sites = load_table("waste_sites").set_index("site_id")
    for block_id, row in blocks[(blocks["kind"] == "waste_block") & (blocks["status"] == "RANKED")].iterrows():
        basis = str(sites.loc[str(block_id).removeprefix("WB-"), "position_basis"])
        assert row["figures_own_knowledge"] == ("own knowledge" in basis), block_id


def test_what_is_counted_of_malanjkhand(blocks: pd.DataFrame) -> None:
    """Position, tonnage, three grades, two cost laws, and recovery, payable share and price of three metals."""
    row = blocks.loc["WB-IN-TSF-002"]
    assert (row["figures_count"], row["figures_own_knowledge"]) == (16, 1)
    products = load_table("route_products").set_index(["route_code", "waste_type_code", "element"])
    mine = products.sort_index().loc[("flotation_cu", "cu_flotation_tailings")]
    assert set(mine.loc[["Cu", "Au", "Ag"], "payability_basis"]) == {"expert_default"}
    assert row["figures_expert_default"] >= 3


def test_no_figure_is_counted_twice_over(blocks: pd.DataFrame) -> None:
    known = blocks[blocks["figures_count"].notna()]
    guessed = known["figures_own_knowledge"] + known["figures_expert_default"]
    assert (guessed <= known["figures_count"]).all() and (known["figures_count"] >= 1).all()
    assert blocks.loc[blocks["status"] == "RANKED", "figures_count"].notna().all()
    auction = blocks[blocks["kind"] == "auction_block"]
    held = auction["figures_count"] > 1
    assert (auction.loc[~held, ["figures_own_knowledge", "figures_expert_default"]] == 0).all().all()


def test_a_users_own_words_count_as_the_marks_do() -> None:
    sites = load_table("waste_sites")
    sites = sites[sites["site_id"] == "IN-TSF-002"].assign(position_basis="own knowledge of the mines office")
    tonnages = load_table("site_tonnages").assign(source="an expert default of ours")
    grades = load_table("site_grades").assign(source="laboratory report 7")
    book = RouteBook(load_reference())
    record = site_records(sites, tonnages, grades, book, 0.1)["IN-TSF-002"]
    found = figure_sources(record, book)
    assert found[:2] == ["own knowledge of the mines office", "an expert default of ours"]
    assert found.count("laboratory report 7") == len(record.assays) > 0
    assert len(found) == 2 + len(record.assays)
