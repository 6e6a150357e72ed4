"""The table of findings: every kind of finding has its row, and what is not known is said so."""

from data_sources.readers.quality import quality_table

UNIT = {
    "column": "La_ppb",
    "stated_unit": "ppm",
    "stated_by": "card",
    "label_unit": "ppb",
    "median": 28.7,
    "expected": 31.0,
    "note": "confirmed by the card",
    "used": True,
}
REPORT = {
    "source": "card",
    "layer": "stream_sediments",
    "rows_in": 10,
    "rows_kept": 8,
    "rows_flagged": 1,
    "rows_quarantined": 2,
    "units": [UNIT, {**UNIT, "column": "Hg", "median": None, "expected": None, "used": False}],
    "censoring": {"Sc_ppm": {"censored": 4, "limits": [1.5], "rule": "0 takes the smallest positive value"}},
    "derived_columns": [
        {"column": "TREE", "formula": "sum of 14 + La again - Lu", "rows": 10, "rows_that_agree": {"sum of 14": 0}}
    ],
    "columns_held": ["Hg"],
    "by_reason": {"flagged": {"another row has the same coordinates": 1}},
}


def findings(table, kind):
    return table[table["finding"] == kind]


def test_every_kind_of_finding_has_its_row():
    table = quality_table(
        {
            "stream_sediments": REPORT,
            "faults": {"absent": "not connected", "rows_in": 0},
            "waste": {"layers": {"grades": {"rows_in": 3, "rows_kept": 3}}},
        }
    )
    assert findings(table, "rows")["rows"].tolist() == [10, 3]
    assert "8 kept" in findings(table, "rows")["detail"].iloc[0]
    units = findings(table, "unit").set_index("field")["detail"]
    assert "label says ppb" in units["La_ppb"] and "HELD" not in units["La_ppb"]
    assert "not known" in units["Hg"] and "HELD" in units["Hg"]
    assert findings(table, "censored")["rows"].tolist() == [4]
    assert "not used" in findings(table, "derived column")["detail"].iloc[0]
    assert findings(table, "held column")["field"].tolist() == ["Hg"]
    assert findings(table, "flag")["rows"].tolist() == [1]
    assert findings(table, "absent")["detail"].tolist() == ["not connected"]


def test_a_finding_is_told_once():
    table = quality_table({"a": REPORT, "b": REPORT})
    assert not table.duplicated(["layer", "source", "finding", "field", "detail"]).any()
