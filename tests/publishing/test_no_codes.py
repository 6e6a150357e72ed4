"""What a person reads holds words: no code of a status, a class, a lease, a flag or a shape in dossier, map tip or form."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from example_publication import HOSTILE, make_publication
from pypdf import PdfReader
from shipped_expressions import documents_of

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from publishing.dossiers.dossier import write_dossiers
from publishing.geopackage.geopackage import publish_geopackage
from publishing.qgis.said import said_columns
from publishing.words import CLASS_WORDS, KIND_WORDS, LEASE_WORDS, PROSPECT_WORDS, STATUS_WORDS

CODES = re.compile(
    r"\b(?:position_circle|tender_corners|operator_lease|third_party|soft:|to_be_checked|overlaps:|district_level|"
    r"waste_block|auction_block|MAY_PAY|NEEDS_MORE|OUT_OF_BASKET|UNQUANTIFIED|NULL|nan|None)\b"
)


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication whose columns of codes hold every code."""
    made = make_publication(20)
    blocks = made.layers["ranked_blocks"]
    blocks["flags"] = "soft:forest x0.6714; to_be_checked:coastal zone; operator_lease"
    blocks["cautions"] = "forest: score times 0.67; to be checked: coastal zone; under its operator's own lease"
    blocks["lease_status"] = np.resize(np.array(list(LEASE_WORDS), dtype=object), len(blocks))
    return publish_geopackage(made, tmp_path_factory.mktemp("coded") / "ranked_blocks.gpkg").path


def test_no_code_in_a_dossier(coded: Path, tmp_path: Path) -> None:
    ids = [f"EX-{'AB' if i % 5 == 0 else 'WB'}-{i:03d}" for i in range(len(HOSTILE) + 1, 19)]
    files = write_dossiers(coded, ids, tmp_path)
    words = "\n".join(page.extract_text() for page in PdfReader(files[-1].path).pages)
    assert len(files) == len(ids) + 1 and len(words) > 10_000
    assert CODES.findall(words) == []
    assert "forest: score times 0.67" in words and "Lease: leased to a third party." in words


def test_every_code_of_a_form_has_its_word(coded: Path) -> None:
    project = ElementTree.fromstring(documents_of(coded)["project"][1].partition("\n")[2])
    layer = next(x for x in project.iter("maplayer") if x.findtext("id") == "khanij_layer_ranked_blocks")
    words = {}
    for field in layer.find("fieldConfiguration"):  # type: ignore[union-attr]
        if field.find("editWidget").get("type") == "ValueMap":  # type: ignore[union-attr]
            pairs = [o for o in field.iter("Option") if o.get("type") == "QString"]
            words[field.get("name")] = {o.get("value"): o.get("name") for o in pairs}
    assert words["status"] == STATUS_WORDS and words["kind"] == KIND_WORDS and words["lease_status"] == LEASE_WORDS
    assert words["knowledge_class"] == CLASS_WORDS == words["class_tonnage"] and words["prospect"] == PROSPECT_WORDS
    shown = {x.get("name") for x in layer.iter("attributeEditorField")}
    contract = OUTPUT_CONTRACTS["ranked_blocks"]
    figures = {f.name for f in contract.fields if f.dtype == "float"}
    assert not figures & shown, "each figure by its words"
    told = {column for s in said_columns(contract) if s.name in shown for column in s.tells}
    assert {"npv_usd_p10", "npv_usd_p50", "npv_usd_p90", "tonnage_t_p50", "p_pays", "rank_p05", "rank_p95"} <= told


def test_a_map_tip_asks_for_the_word_of_every_code(coded: Path) -> None:
    _, qml = documents_of(coded)["ranked_blocks: Ranking"]
    tip = ElementTree.fromstring(qml.partition("\n")[2]).findtext("mapTip", "")
    for code, word in {**STATUS_WORDS, **CLASS_WORDS}.items():
        quoted = word.replace("'", "’")
        assert f"= '{code}' THEN '{quoted}'" in tip
    assert '"cautions"' in tip and '"shape_meaning"' in tip and '"flags"' not in tip and '"geometry_basis"' not in tip
    assert "display:" not in tip and "style=" not in tip and tip.count("<table") == 1
