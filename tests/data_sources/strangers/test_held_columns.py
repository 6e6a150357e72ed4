"""A column that is held whole is told wherever a file or a region is looked at, with what to do."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.readers.quality import quality_table
from data_sources.readers.survey import admit_frame
from pipelines.cli.own.whole_region import FINDING, NOTE, lines_of


def of_tonnages(column: str, **options: object):
    return admit_frame(pd.DataFrame({"site_id": ["A", "B"], column: [9.6, 3.0]}), "tonnages", options=options)


@pytest.mark.parametrize("column", ["Tonnage_MT", "Tonnage", "Volume (lakh cum)", "Qty_zillion_t"])
def test_a_held_column_is_a_finding_with_a_remedy(column):
    report = of_tonnages(column).report
    assert [held["column"] for held in report["held_columns"]] == [column]
    found = [one for one in lines_of("tonnages", "t.csv", report) if column in one.says]
    assert [one.verdict for one in found] == [FINDING], "said once, and not again among the columns not used"
    assert found[0].do and "not used" in found[0].says
    table = quality_table({"tonnages": report})
    assert column in table.loc[table["finding"] == "held column", "field"].tolist()


@pytest.mark.parametrize("column", ["Tonnage_MT", "Tonnage", "Qty_zillion_t"])
def test_the_unit_in_the_card_is_the_remedy(column):
    got = of_tonnages(column, units={column: {"unit": "kt"}})
    assert got.report["held_columns"] == [] and got.kept["tonnage_mode_mt"].tolist() == pytest.approx([0.0096, 0.003])


def test_coordinates_that_are_not_understood_are_a_finding():
    frame = pd.DataFrame({"site_id": ["A"], "name": ["A"], "waste_type_code": ["red_mud"], "GPS": ["behind the mill"]})
    report = admit_frame(frame, "waste_sites").report
    assert [one["column"] for one in report["held_columns"]] == ["GPS"]
    found = [one for one in lines_of("waste_sites", "s.csv", report) if "GPS" in one.says]
    assert [one.verdict for one in found] == [FINDING] and "x and y" in f"{found[0].says} {found[0].do}"


def test_more_columns_than_are_named_are_counted():
    frame = pd.DataFrame({"site_id": ["A"], "tonnage_mode_mt": [1.0]} | {f"remark_of_{i}": ["x"] for i in range(14)})
    notes = [one for one in lines_of("tonnages", "t.csv", admit_frame(frame, "tonnages").report) if one.verdict == NOTE]
    assert len(notes) == 1 and notes[0].says.endswith("remark_of_9 and 4 more")


def test_rows_held_are_counted_as_rows_however_many_reasons_each_has():
    report = {
        "rows_in": 9, "rows_kept": 7, "rows_quarantined": 2, "by_reason": {"quarantined": {"no id": 2, "a place in the sea": 1}},
    }  # fmt: skip
    (line,) = [one for one in lines_of("waste_sites", "s.csv", report) if one.verdict == FINDING]
    assert line.says == "2 rows held: no id (2); a place in the sea (1)"
    (line,) = lines_of(
        "waste_sites", "s.csv", report | {"rows_quarantined": 1, "by_reason": {"quarantined": {"no id": 1}}}, left=()
    )
    assert line.says == "1 row held: no id"


def test_a_waste_without_a_code_is_said_to_be_listed_only():
    from data_sources.register.routes import why_not_valued

    assert why_not_valued("mica scrap", None).endswith(
        "write one of its codes; a waste that has none there is listed, not valued"
    )
