"""Families of wastes are said once: matching, colours and densities read the same words."""

from __future__ import annotations

import pytest

from data_sources.reference import load_table
from data_sources.reference.waste_families import WORDS, family_of
from data_sources.register.derived import derive_from_volume
from data_sources.register.matching import _process
from publishing.colours import WASTE_FAMILIES


@pytest.mark.parametrize(
    ("code", "family", "process"),
    [
        ("coal_fly_ash", "ash", "ash"),
        ("coal_washery_rejects", "tailings", "tailings and dumps"),
        ("zn_pb_flotation_tailings", "tailings", "tailings and dumps"),
        ("fe_dumps", "dumps", "tailings and dumps"),
        ("cu_smelter_slag", "slag", "slag"),
        ("jarosite_jarofix", "jarosite", "jarosite"),
        ("phosphogypsum", "gypsum", "gypsum"),
        ("bottom_ash_of_a_new_plant", "ash", "ash"),
        ("unheard_of", "", "tailings and dumps"),
        (None, "", ""),
    ],
)
def test_a_code_is_read_by_its_words(code, family, process):
    assert (family_of(code), _process(code)) == (family, process)


def test_every_waste_of_a_route_has_a_family():
    codes = {c for text in load_table("routes")["waste_type_codes"].dropna() for c in text.split(";")}
    assert {c for c in codes if not family_of(c)} == set() and len(codes) > 20


def test_every_family_is_drawn_once():
    drawn = [word for _, _, _, words in WASTE_FAMILIES for word in words]
    assert sorted(drawn) == sorted(word for words in WORDS.values() for word in words)


def test_a_new_waste_has_the_density_of_its_family():
    formula = {
        c: str(derive_from_volume("S", 1e6, "m3", c)["formula"]) for c in ("new_bottom_ash", "new_tailings", "red_mud")
    }
    assert "0.7/1/1.3 t/m3 (coal_fly_ash" in formula["new_bottom_ash"]
    assert "1.1/1.4/1.8 t/m3 (any_tailings" in formula["new_tailings"]
    assert "0.9/1.1/1.4 t/m3 (red_mud" in formula["red_mud"]
