"""A line of a laboratory that stands twice counts once; samples with numbers of their own are told apart."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.readers.layouts import SAME_ROW
from data_sources.readers.survey import admit_frame

TABLES = {
    "tonnages": {"site_id": ["A", "B", "A", "A"], "Qty_t": [900, 900, 900, 800]},
    "grades": {"site_id": ["A", "B", "A", "A"], "Zn (%)": [1.5, 1.5, 1.5, 1.4], "Cu_ppm": [30, 30, 30, 30]},
}
LONG = {"site_id": ["A", "B", "A", "A"], "element": ["Zn"] * 4, "value": [1.5, 1.5, 1.5, 1.4], "unit": ["%"] * 4}


@pytest.mark.parametrize("serial", [None, "S. No.", "Sl_No", "fid"])
@pytest.mark.parametrize(("layer", "columns"), [*TABLES.items(), ("grades", LONG)])
def test_a_row_that_stands_before_is_held(layer, columns, serial):
    frame = pd.DataFrame(({serial: [1, 2, 3, 4]} if serial else {}) | columns)
    got = admit_frame(frame, layer)
    held = got.quarantine[got.quarantine["reason"] == SAME_ROW]
    assert set(held["row"]) == {3} and not set(got.rows) & {3}
    assert set(got.rows) == {1, 2, 4}
    assert got.report["rows_in"] == got.report["rows_kept"] + got.report["rows_quarantined"]


@pytest.mark.parametrize("number", ["sample_id", "Lab No", "grade_id"])
def test_samples_with_numbers_of_their_own_stay(number):
    got = admit_frame(pd.DataFrame({number: ["a", "b", "c", "d"]} | LONG), "grades")
    assert len(got.kept) == 4 and SAME_ROW not in set(got.quarantine["reason"])
