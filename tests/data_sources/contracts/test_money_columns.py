"""One meaning a name: ``npv_usd`` is the project's, ``basket_value_usd`` the basket's, and no table has a third name for either."""

import re

import pytest

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from khanij.foundation.closure import ROOT

MONEY = [(c.name, f) for c in OUTPUT_CONTRACTS.values() for f in c.fields if re.search(r"USD|INR", f.unit or "")]
KINDS = {
    r"npv_(usd|inr_crore)_p\d\d(_other_deck)?": "net present value",
    r"basket_value_usd_p\d\d": "basket's metals",
    r"capital_usd_p50": "capital",
    r"(cost|worth|net_worth)_usd|cost_inr_lakh": "",  # of a campaign, in the table sample_next
    r"royalty_inr_crore_per_year": "royalty",
}


def test_every_column_of_money_is_of_a_known_kind_and_its_title_says_which():
    assert len(MONEY) > 15
    for table, field in MONEY:
        kind = [words for pattern, words in KINDS.items() if re.fullmatch(pattern, field.name)]
        assert len(kind) == 1, f"{table}.{field.name}: what is this money of? give it the name of its kind"
        assert kind[0] in f"{field.title} {field.description}".lower(), f"{table}.{field.name}: {field.title}"


def test_the_projects_value_is_called_the_projects_and_the_baskets_the_baskets():
    for table, field in MONEY:
        if field.name.startswith("npv_usd"):
            assert "of the project" in field.title, f"{table}.{field.name}"
        if field.name.startswith("basket_value"):
            assert "basket" in field.title and "project" not in field.title, f"{table}.{field.name}"


def test_a_table_with_a_value_of_the_basket_has_the_projects_beside_it():
    for contract in OUTPUT_CONTRACTS.values():
        names = set(contract.names())
        assert {n.replace("basket_value", "npv") for n in names if n.startswith("basket_value_usd")} <= names


@pytest.mark.parametrize("folder", ["data_sources", "scoring", "publishing", "assets", "pipelines", "khanij", "docs"])
def test_the_old_name_is_nowhere(folder):
    files = [
        p for p in (ROOT / folder).rglob("*") if p.suffix in {".py", ".md", ".csv", ".yaml", ".js", ".html", ".json"}
    ]
    assert files
    assert [p for p in files if re.search(r"\bnet_value_usd", p.read_text(encoding="utf-8"))] == []
