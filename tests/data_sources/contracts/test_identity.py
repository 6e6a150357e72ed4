"""Keys that a reader cannot tell apart are one key; those of another script are two that look alike."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts.admitting.admission import admit
from data_sources.contracts.admitting.checks import KEPT_OF_TWINS, LOOKS_ALIKE, TAKEN, UNSEEN_IN_KEY
from data_sources.contracts.admitting.identity import difference, key_form, looks_like_another, skeleton, unseen_in
from data_sources.contracts.registry import ALL
from data_sources.contracts.waste import TONNAGES

KEY = "\u00c9nd-01"
SAME = {
    "decomposed": unicodedata.normalize("NFD", KEY),
    "lower case": KEY.lower(),
    "zero-width space": KEY + "\u200b",
    "byte-order mark": "\ufeff" + KEY,
    "soft hyphen": KEY.replace("n", "n\u00ad"),
    "joiner": KEY.replace("n", "n\u200d"),
    "variation selector": KEY + "\ufe0f",
    "direction mark": "\u202b" + KEY + "\u202c",
    "hyphen": KEY.replace("-", "\u2010"),
    "non-breaking hyphen": KEY.replace("-", "\u2011"),
    "en dash": KEY.replace("-", "\u2013"),
    "minus": KEY.replace("-", "\u2212"),
    "full-width digits": KEY.replace("01", "\uff10\uff11"),
    "blanks around": f" \u00a0{KEY}\t",
    "control character": KEY + "\x00",
}


@pytest.mark.parametrize("how", sorted(SAME))
def test_what_cannot_be_told_apart_is_one_key(how: str) -> None:
    assert key_form(SAME[how]) == key_form(KEY)


@pytest.mark.parametrize("other", ["\u00c9nd-02", "End-01", "\u00c9nd_01", "\u00c9nd01", "\u00c9 nd-01", "\u0415nd-01"])
def test_what_can_be_told_apart_is_not(other: str) -> None:
    assert key_form(other) != key_form(KEY)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12))
def test_the_form_is_stable_and_the_same_for_every_spelling(text: str) -> None:
    form = key_form(text)
    assert key_form(form) == form
    assert key_form(unicodedata.normalize("NFD", text)) == key_form(unicodedata.normalize("NFC", text)) == form
    assert key_form(f" {text}\u200b") == form and not unseen_in(form)


def test_look_alikes_are_seen_and_stay_two() -> None:
    keys = pd.Series(["E-01", "\u0415-01", "F-01", "\u0395-01", None])
    assert looks_like_another(keys).tolist() == [1, 0, -1, 0, -1]
    assert skeleton("\u0421\u041e-1") == "co-1"


def test_the_difference_is_named() -> None:
    assert difference(KEY.lower(), KEY) == "case"
    assert difference(KEY + "\u200b", KEY) == "characters that cannot be seen"
    assert "dashes" in difference(KEY.replace("-", "\u2013"), KEY)
    assert difference(KEY, f" {KEY} ") == ""


def _rows(keys: list[str]) -> pd.DataFrame:
    n = len(keys)
    return pd.DataFrame({"tonnage_id": keys, "site_id": [f"S{i}" for i in range(n)], "tonnage_mode_mt": [1.0] * n})


def test_twins_are_held_with_the_row_that_they_equal_and_odd_keys_are_marked() -> None:
    admitted = admit(_rows(["E-01", "e-01", "\u0415-01", "E-01", "A\u200bB"]), TONNAGES, source="s", layer="tonnages")
    assert admitted.kept["tonnage_id"].tolist() == ["E-01", "\u0415-01", "A\u200bB"], "no value is mended"
    held = dict(zip(admitted.quarantine["row"], admitted.quarantine["reason"]))
    assert held == {2: f"{TAKEN}; it differs from row 1 only by case", 4: TAKEN}
    marks = set(zip(admitted.flags["row"], admitted.flags["reason"]))
    assert {(1, KEPT_OF_TWINS), (1, LOOKS_ALIKE), (3, LOOKS_ALIKE), (5, UNSEEN_IN_KEY)} <= marks
    assert admitted.report["rows_in"] == 5 == admitted.report["rows_kept"] + admitted.report["rows_quarantined"]
    assert any("another row" in reason for reason in admitted.report["by_reason"]["quarantined"])


@pytest.mark.parametrize("name", sorted(n for n, c in ALL.items() if len(c.key) == 1))
def test_every_contract_with_a_key_compares_it_so_and_stands_no_row(name: str) -> None:
    contract = ALL[name]
    shape = {"longitude": [77.5] * 3, "latitude": [15.5] * 3} if contract.geometry is not None else {}
    more = {"Cu_ppm": [10.0] * 3} if contract.analyses else {}
    filled = {f.name: ["x"] * 3 if f.dtype == "string" else [1.0] * 3 for f in contract.fields if f.required}
    raw = pd.DataFrame(filled | shape | more | {contract.key[0]: ["K-1", "k\u20111", "K-2"]})
    admitted = admit(raw, contract, source="s", layer=name)
    keys = admitted.quarantine[admitted.quarantine["field"] == contract.key[0]]
    if len(admitted.kept):
        assert admitted.kept[contract.key[0]].tolist() == ["K-1", "K-2"]
        assert keys["row"].tolist() == [2]
    nothing = admit(pd.DataFrame(), contract, source="s", layer=name)
    assert len(nothing.kept) == 0 and set(contract.names()) <= set(nothing.kept.columns)
    assert nothing.report["empty"].endswith("there are no rows")
