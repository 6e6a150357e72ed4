"""Every card loads, says its licence, and a card that is unsafe or wrong is refused with the key that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_sources.cards import card_names, card_text, load_card, parse_card
from data_sources.cards.listing import insert
from data_sources.contracts import KhanijError, MissingSourceError, SourceError
from data_sources.contracts.registry import ALL
from khanij.foundation.errors import CardError

NAMES = card_names()
GOOD = """
name: x
title: X
publisher: P
licence: L
redistribute: 'no'
citation: C
protocol: wfs
url: https://example.org/wfs
layer: a
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_card_loads_and_says_what_a_user_must_know(name: str) -> None:
    card = load_card(name)
    assert card.title and card.publisher and card.licence and card.citation
    assert card.redistribute in {"yes", "no", "share-alike"}
    if card.is_remote:
        assert card.host
    if card.redistribute == "no" or card.protocol in {"manual", "file"}:
        assert card.access, "a source that may not be passed on must say how a user gets it"


def test_the_layers_of_the_survey_each_have_a_card() -> None:
    layers = {load_card(n).layer for n in NAMES}
    assert {
        "cite:stream_sediments_gcs_ngdr",
        "cite:soil_c_horizon_gcs_ngdr",
        "cite:soil_regolith_gcs_ngdr",
        "cite:lithology_gcs_ngdr",
        "cite:geology_2m_gcs_ngdr",
        "cite:mineralization_gcs_ngdr",
        "cite:critical_mineral_gcs_ngdr",
        "cite:commodity_pan_india_mineral_map_ngdr",
        "cite:magnetic_gcs_ngdr",
        "cite:gravity_gcs_ngdr",
        "cite:fault_gcs_ngdr",
    } <= layers


def test_stream_sediments_have_a_unit_for_every_element() -> None:
    for name in ("ngdr_stream_sediments", "ngcm_karnataka_andhra"):
        card = load_card(name)
        chemical = {raw for raw, to in card.field_map.items() if to.endswith(("_ppm", "_pct"))}
        assert chemical == set(card.units)


def test_rare_earths_that_say_ppb_are_ppm_with_a_reason() -> None:
    unit = load_card("ngcm_karnataka_andhra").units["La_ppb"]
    assert (unit.unit, unit.label_says, unit.basis) == ("ppm", "ppb", "evidence")
    assert "28.7" in unit.reason


def test_a_layer_of_the_sample_has_the_columns_of_the_layer_it_follows() -> None:
    card = load_card("sample_district").for_layer("stream_sediments")
    assert card.name == "sample_district" and card.redistribute == "yes"
    assert card.field_map == load_card("ngdr_stream_sediments").field_map
    assert card.contract == "stream_sediments"
    assert load_card("sample_district").for_layer("auction_blocks").field_map == {}


def test_a_good_card_is_read() -> None:
    assert parse_card(GOOD, file="x.yaml").host == "example.org"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("redistribute: 'no'", "redistribute: perhaps"), "redistribute"),
        (("redistribute: 'no'", "redistribute: no"), "redistribute"),
        (("layer: a", "layre: a"), "layre"),
        (("https://example.org/wfs", "file:///etc/passwd"), "url"),
        (("layer: a", "layer: ''"), None),
        (("layer: a", "layer: a\npath: ../../secret.csv"), "path"),
        (("layer: a", "layer: a\npath: /vsicurl/x"), "path"),
        (("layer: a", "layer: a\nunits: {La_ppb: {unit: ppm, label_says: ppb}}"), "units.La_ppb"),
        (("layer: a", "layer: a\nfield_map: {a: x, b: x}"), None),
    ],
)
def test_a_wrong_card_is_refused_with_its_field(change: tuple[str, str], field: str | None) -> None:
    with pytest.raises(SourceError) as caught:
        parse_card(GOOD.replace(*change), file="x.yaml")
    assert caught.value.field == field
    assert caught.value.file == "x.yaml"


def test_every_fault_of_a_card_is_told_at_once() -> None:
    text = GOOD.replace("layer: a", "layre: a\nunits: {La_ppb: {unit: ppm, label_says: ppb}}").replace("'no'", "maybe")
    with pytest.raises(CardError) as caught:
        parse_card(text, file="x.yaml")
    every = [caught.value, *caught.value.others]
    assert {e.field for e in every} == {"redistribute", "layre", "units.La_ppb"}
    assert "did you mean layer?" in str(caught.value) and "maybe" not in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['echo unsafe']",
        "name: !!python/name:os.system",
        "a: &a [1, 2]\nb: *a",
        "a: [1, 2",
        "- just\n- a list",
        "",
    ],
)
def test_unsafe_or_broken_yaml_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_card(text, file="x.yaml")


def test_a_billion_laughs_card_is_refused_before_it_grows() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for previous, this in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{this}: &{this} [{','.join(['*' + previous] * 9)}]\n"
    with pytest.raises(SourceError, match="aliases"):
        parse_card(text, file="x.yaml")


@pytest.mark.parametrize("name", ["nowhere", "../regions/india", "__init__"])
def test_an_unknown_card_names_the_remedy(name: str) -> None:
    with pytest.raises(MissingSourceError, match="khanij sources"):
        load_card(name)


def test_errors_are_of_the_projects_tree() -> None:
    assert issubclass(SourceError, KhanijError)


def test_the_table_in_the_documentation_is_that_of_the_cards() -> None:
    document = (Path(__file__).resolve().parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
    assert insert(document) == document, "run python -m data_sources.cards.listing"


@pytest.mark.parametrize("name", [n for n in NAMES if load_card(n).contract])
def test_a_card_feeds_a_contract_that_there_is(name: str) -> None:
    assert load_card(name).contract in ALL


def test_a_card_that_is_no_utf_8_is_refused_by_its_line(tmp_path, monkeypatch):
    (tmp_path / "pits.yaml").write_bytes("name: pits\r\ntitle: Fosses de Pondichéry\r\n".encode("cp1252"))
    monkeypatch.setenv("KHANIJ_CARDS", str(tmp_path))
    for read in (load_card, card_text):
        with pytest.raises(CardError, match="UTF-8") as caught:
            read("pits")
        assert (caught.value.file, caught.value.row) == ("cards/pits.yaml", 2) and "Fosses" not in str(caught.value)


def test_a_user_keeps_cards_in_a_folder_of_his_own(tmp_path, monkeypatch):
    from data_sources.cards import card_files

    plain = card_text("osm_quarries")
    (tmp_path / "my_pits.yaml").write_text(plain.replace("name: osm_quarries", "name: my_pits"))
    monkeypatch.setenv("KHANIJ_CARDS", str(tmp_path))
    assert "my_pits" in card_names() and load_card("my_pits").title == load_card("osm_quarries").title
    (tmp_path / "my_pits.yaml").write_text(
        plain.replace("name: osm_quarries", "name: my_pits").replace("pits", "holes", 1)
    )
    with pytest.raises(SourceError, match="calls itself"):
        load_card("my_pits")
    (tmp_path / "osm_quarries.yaml").write_text(plain)
    with pytest.raises(SourceError, match="another name"):
        card_files()
