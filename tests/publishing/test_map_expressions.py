"""Every expression that ships names functions that QGIS has and columns that its layer has; no QGIS is needed here.

A real QGIS parses the same expressions in ``tests/integration/test_qgis.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shipped_expressions import documents_of, expressions_of, faults_of

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS


@pytest.fixture(scope="module")
def documents(geopackage: Path) -> dict[str, tuple[str, str]]:
    return documents_of(geopackage)


def columns_of(layer: str, document: str) -> frozenset[str]:
    """Columns of the contract, and those that the style itself computes."""
    own = re.findall(r'<field [^>]*expression="[^"]*"[^>]*/>', document)
    virtual = [name for field in own for name in re.findall(r' name="([^"]*)"', field)]
    return frozenset(["fid", *(OUTPUT_CONTRACTS[layer].names() if layer else ()), *virtual])


def test_every_expression_names_what_is_there(documents: dict[str, tuple[str, str]]) -> None:
    found = [
        (name, of, text, faults)
        for name, (layer, document) in documents.items()
        for of, text in expressions_of(document, layer)
        if (faults := faults_of(text, columns_of(of, document)))
    ]
    assert found == []


def test_expressions_of_every_place_are_read(documents: dict[str, tuple[str, str]]) -> None:
    layer, ranking = documents["ranked_blocks: Ranking"]
    texts = [text for _, text in expressions_of(ranking, layer)]
    assert sum('"status" = \'RANKED\' AND "rank" >=' in t for t in texts) >= 2, "filters of rules"
    assert any(t.startswith("CASE WHEN \"kind\" = 'waste_block' THEN 'circle'") for t in texts), "data-defined shapes"
    assert 'coalesce("rank", 9999)' in texts, "the order of drawing"
    assert any("wordwrap(" in t for t in texts), "labels"
    assert any('"explanation"' in t and "&lt;" in t for t in texts), "map tips"
    project = [of for of, _ in expressions_of(documents["project"][1])]
    assert {"ranked_blocks", "waste_sites"} <= set(project)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ('greatest(1, "rank")', "no function greatest"),
        ('least("rank", 2)', "no function least"),
        ('"ranks" > 1', "no column ranks"),
        ('max(1, "rank"', "brackets do not match"),
        ("rank > 1", "no word rank"),
    ],
)  # fmt: skip
def test_a_fault_is_seen_without_qgis(expression: str, fault: str) -> None:
    assert fault in faults_of(expression, frozenset({"rank"}))


def test_what_only_looks_like_a_call_is_no_fault() -> None:
    fine = (
        "\"kind\" IN ('least(1)', 'it''s') AND (NOT \"rank\" IS NULL) AND @map_scale < 1e5 AND coalesce($area, 2) > 1"
    )
    assert faults_of(fine, frozenset({"kind", "rank"})) == []
