"""What a card may say of columns of elements and quantities: the unit alone, the element, and no unit against the header's."""

from __future__ import annotations

import pandas as pd
import pytest
from strangers import own_card

from data_sources.contracts.admitting.cells.measured import CONTRADICTS, STOCK
from data_sources.contracts.admitting.raw_columns import OTHER_QUANTITY
from data_sources.readers.survey import admit_frame

TABLE = pd.DataFrame({"site_id": ["A", "B"], "Fe": [50.1, 49.0], "Cr2O3 %": [1.2, 1.4]})


@pytest.mark.parametrize(
    ("field_map", "units"),
    [
        ({}, {"Fe": "%"}), ({"site_id": "site_id"}, {"Fe": "%"}), ({"Fe": "Fe_pct"}, {}), ({"Fe": "Fe"}, {"Fe": "%"}),
        ({"Fe": "Fe_ppm"}, {"Fe": "%"}), ({"Fe": "Fe_pct"}, {"Fe": "%"}),
    ],
)  # fmt: skip
def test_the_unit_or_the_element_of_a_column_of_grades(field_map, units):
    told = {column: {"unit": unit} for column, unit in units.items()}
    card = own_card("grades", field_map=field_map, units=told)
    got = admit_frame(TABLE, "grades", options={"field_map": card.field_map, "units": card.units})
    iron = got.kept[got.kept["element"] == "Fe"]
    assert iron["ppm_mode"].tolist() == pytest.approx([501_000, 490_000]) and len(got.kept) == 4
    assert not len(got.quarantine)


def test_an_element_without_a_unit_stays_held_whatever_it_is_called():
    got = admit_frame(TABLE, "grades", options={"field_map": {"Fe": "Fe"}})
    assert set(got.kept["element"]) == {"Cr"} and got.quarantine["field"].tolist() == ["Fe"]


STATED = "Qty. accumulated (lakh t)"


@pytest.mark.parametrize(
    ("header", "million_t"),
    [
        (STATED, 86.85), ("Stock of slimes as on 31.3.24 (lakh tonnes)", 86.85), ("Tonnage lying in pond (million t)", 868.5),
        ("Quantity produced per year (lakh t)", None), ("Stock capacity (lakh t)", None), ("Stock (lakh cum)", None), ("Maximum qty (lakh t)", None),
        ("Qty of metal (t)", None),
    ],
)  # fmt: skip
def test_a_stock_in_words_of_its_own(header, million_t):
    got = admit_frame(pd.DataFrame({"site_id": ["A"], header: [868.5]}), "tonnages")
    found = got.kept["tonnage_mode_mt"].tolist()
    if million_t is None:
        assert pd.isna(found[0])
    else:
        assert found == pytest.approx([million_t]) and STOCK in set(got.flags["reason"])


@pytest.mark.parametrize(
    ("unit", "million_t"),
    [
        ({"unit": "lakh t"}, 86.85),
        ({"unit": "t"}, None),
        ({"unit": "kt", "basis": "evidence", "reason": "the register's note says so"}, 0.8685),
    ],
)
def test_a_unit_against_the_header_needs_a_reason(unit, million_t):
    frame = pd.DataFrame({"site_id": ["A"], STATED: [868.5]})
    got = admit_frame(frame, "tonnages", options={"field_map": {STATED: "tonnage_mode_mt"}, "units": {STATED: unit}})
    found = got.kept.get("tonnage_mode_mt", pd.Series([float("nan")])).tolist()
    if million_t is None:
        assert pd.isna(found[0])
        assert got.quarantine["reason"].tolist() == [CONTRADICTS.format(said="t", stated="lakh t")]
    else:
        assert found == pytest.approx([million_t])


def test_the_remedy_asks_for_the_unit_and_names_none():
    got = admit_frame(pd.DataFrame({"site_id": ["A"], "Qty (zillion t)": [3.0]}), "tonnages")
    (told,) = got.quarantine["reason"]
    assert told == OTHER_QUANTITY.format(raw="Qty (zillion t)") and "UNIT is t, kt, lakh t or million t" in told
