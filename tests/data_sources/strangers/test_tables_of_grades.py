"""Tables with a column an element: what states a unit is read, what states none is held by its name, oxides are no elements."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.contracts.admitting.rules import OXIDE_TOTAL
from data_sources.readers.survey import admit_frame


def grades(columns: dict[str, list[object]], **options: object):
    n = len(next(iter(columns.values())))
    return admit_frame(pd.DataFrame({"site_id": [f"S{i}" for i in range(n)], **columns}), "grades", options=options)


def ppm(admission) -> dict[str, float]:
    return dict(zip(admission.kept["element"], admission.kept["ppm_mode"]))


@pytest.mark.parametrize("bare", ["P2O5__", "Cu", "Copper", "Cu_foo"])
def test_one_column_without_a_unit_is_held_by_name_and_the_others_are_read(bare):
    got = grades({"Zn (%)": [1.5], bare: [30.0]})
    assert ppm(got) == {"Zn": pytest.approx(15000)}
    assert [h["column"] for h in got.report["held_columns"]] == [bare]
    assert "states no unit" in got.report["held_columns"][0]["reason"]


@pytest.mark.parametrize("bare", ["Cu", "Copper"])
def test_the_card_gives_the_unit_of_a_column_without_one(bare):
    got = grades({"Zn (%)": [1.5], bare: [30.0]}, units={bare: {"unit": "ppm"}})
    assert ppm(got) == {"Zn": pytest.approx(15000), "Cu": pytest.approx(30)} and not got.report["held_columns"]


@pytest.mark.parametrize(
    ("header", "element", "expected"),
    [("Cd_mg_per_kg", "Cd", 3.0), ("Cu mg kg-1", "Cu", 3.0), ("Cu_gpt", "Cu", 3.0), ("Copper (%)", "Cu", 30000.0), ("Zinc_ppm", "Zn", 3.0)],
)  # fmt: skip
def test_further_spellings_of_units_and_words(header, element, expected):
    assert ppm(grades({header: [3.0]})) == {element: pytest.approx(expected)}


def test_a_header_that_is_not_understood_is_a_finding():
    got = grades({"Cu_ppm": [3.0], "Zinc by AAS in per cent of dry mass": [1.0]})
    assert list(ppm(got)) == ["Cu"] and len(got.report["held_columns"]) == 1


def test_a_sum_of_elements_is_listed_as_one():
    got = grades({"Cu_ppm": [3.0], "Pb+Zn (%)": [2.0]})
    row = got.kept[got.kept["element"] == "Pb+Zn"]
    assert row["element_kind"].tolist() == ["sum"] and row["ppm_mode"].tolist() == pytest.approx([20000])
    assert got.kept.loc[got.kept["element"] == "Cu", "element_kind"].isna().all()


def test_a_total_of_oxides_is_no_total_of_elements_in_either_layout():
    wide = grades({"TREO (ppm)": [900.0], "TREE (ppm)": [700.0]})
    long = admit_frame(
        pd.DataFrame({"site_id": ["S0"] * 2, "element": ["TREO", "TREE"], "value": [900, 700], "unit": ["ppm"] * 2}), "grades"
    )  # fmt: skip
    for got in (wide, long):
        assert ppm(got) == {"TREE": pytest.approx(700)}
        assert got.quarantine["reason"].tolist() == [OXIDE_TOTAL]
