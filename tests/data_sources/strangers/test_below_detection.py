"""Grades below detection are upper limits, not gaps: a table of samples keeps its element."""

from __future__ import annotations

import pandas as pd
import pytest

from data_sources.contracts.admitting.cells.limits import NOTHING_KNOWN, WITH_LIMIT, WITHOUT_LIMIT
from data_sources.readers.survey import admit_frame
from scoring.waste.rows import GradeRow, rows_of
from scoring.waste.sample_means import chosen_grades


def wide(*cells: object):
    frame = pd.DataFrame({"site_id": ["A"] * len(cells), "Zn (%)": list(cells), "Cu_ppm": [30.0] * len(cells)})
    return admit_frame(frame, "grades")


def zinc(admission) -> pd.DataFrame:
    return admission.kept[admission.kept["element"] == "Zn"].reset_index(drop=True)


def test_a_stated_limit_is_an_upper_limit():
    got = wide("1.0", "<0.5", "2.0")
    row = zinc(got).loc[1]
    assert row["basis_code"] == "upper_limit" and row["ppm_max"] == pytest.approx(5000) and pd.isna(row["ppm_mode"])
    assert zinc(got)["ppm_mode"].dropna().tolist() == pytest.approx([10000, 20000])
    assert got.flags.loc[got.flags["reason"] == WITH_LIMIT, ["row", "value"]].to_numpy().tolist() == [[2, "<0.5"]]


@pytest.mark.parametrize("cell", ["BDL", "ND", "<DL", "Not detected"])
def test_a_limit_that_is_not_stated_is_the_smallest_that_is_and_never_a_measured_grade(cell):
    got = wide("1.0", cell, "0.4", "<0.05", "<0.2")
    row = zinc(got).loc[1]
    assert row["basis_code"] == "upper_limit" and row["ppm_max"] == pytest.approx(500)
    assert WITHOUT_LIMIT in set(got.flags["reason"])
    alone = wide("1.0", cell, "0.4")
    assert zinc(alone).loc[1, ["ppm_min", "ppm_mode", "ppm_max"]].isna().all()
    assert zinc(alone)["basis_code"].tolist()[1] == "upper_limit", "known as below detection, not missing"
    assert alone.flags.loc[alone.flags["reason"] == NOTHING_KNOWN, "row"].tolist() == [2]


def test_without_any_figure_of_the_element_nothing_is_known():
    got = wide("BDL", "ND")
    assert zinc(got)[["ppm_min", "ppm_mode", "ppm_max"]].isna().all(axis=None)
    assert got.flags.loc[got.flags["reason"] == NOTHING_KNOWN, "row"].tolist() == [1, 2]


def test_a_sample_below_a_limit_that_nobody_states_is_told_beside_the_mean_and_a_blank_one_is_not():
    got = wide("1.0", "BDL", None, "ND", "NA", "2.0", "n.a.")
    chosen = chosen_grades(rows_of(zinc(got), GradeRow))
    assert chosen.rows[0].ppm_mode == pytest.approx(15000)
    assert chosen.means == ["Zn 2 (2 more below a limit that is not stated left out)"]
    frame = pd.DataFrame({"site_id": "A", "sample_no": [1, 2, 3], "element": "Ge", "value": ["11", "BDL", "BDL"]})
    frame["unit"] = "ppm"
    long = chosen_grades(rows_of(admit_frame(frame, "grades").kept, GradeRow))
    assert long.means == ["Ge 1 (2 more below a limit that is not stated left out)"]
    none = chosen_grades(rows_of(admit_frame(frame.assign(value="BDL"), "grades").kept, GradeRow))
    assert [r.basis_code for r in none.rows] == ["upper_limit"] and not none.means


def test_samples_of_which_one_is_below_and_one_is_missing_still_count():
    got = wide("1.0", "<0.5", "NA", "2.0", None)
    chosen = chosen_grades(rows_of(zinc(got), GradeRow))
    assert chosen.means == ["Zn 3 (1 below detection)"] and not chosen.left_out
    assert chosen.rows[0].ppm_mode == pytest.approx((10000 + 2500 + 20000) / 3)


def test_a_limit_in_a_long_table_and_in_another_unit():
    frame = pd.DataFrame(
        {"site_id": ["A"] * 3, "element": ["Zn", "Zn", "Cu"], "value": ["1.2", "<50 ppm", "ND"], "unit": ["%", "%", "ppm"]}
    )  # fmt: skip
    kept = admit_frame(frame, "grades").kept
    assert kept["ppm_max"].tolist()[1] == pytest.approx(50) and kept["basis_code"].tolist()[1] == "upper_limit"
    assert kept[["ppm_mode", "ppm_max"]].iloc[2].isna().all()
