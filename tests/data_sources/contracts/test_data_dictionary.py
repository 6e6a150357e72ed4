"""The data dictionary is generated; this holds that nobody forgot to."""

from __future__ import annotations

from data_sources.contracts.published.dictionary import PATH, dictionary_text
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from data_sources.contracts.registry import ALL


def test_the_page_is_current():
    assert PATH.read_text(encoding="utf-8") == dictionary_text(), (
        "run: python -m data_sources.contracts.published.dictionary"
    )


def test_every_layer_and_every_column_is_in_it_with_a_meaning():
    text = dictionary_text()
    for contract in (*ALL.values(), *OUTPUT_CONTRACTS.values()):
        assert f"\n## {contract.name}\n" in text
        for field in contract.fields:
            assert f"| `{field.name}` |" in text and field.title and field.description
