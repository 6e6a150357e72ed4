"""Figures that a cell gives as a range or as about so much: ends without a middle, and the figure with a mark."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from data_sources.contracts.admitting.cells.ranges import ABOUT, RANGE
from data_sources.contracts.admitting.values import UNREADABLE
from data_sources.readers.survey import admit_frame

NONE = math.nan


def tonnages(*cells: str, header: str = "Tonnage (Mt)", **more: list[object]):
    return admit_frame(
        pd.DataFrame({"site_id": [f"S{i}" for i in range(len(cells))], header: list(cells), **more}), "tonnages"
    )


def ends(got, row: int = 0) -> list[float]:
    return [float(got.kept[f"tonnage_{e}_mt"].iloc[row]) for e in ("min", "mode", "max")]


@pytest.mark.parametrize(
    ("cell", "found", "reason"),
    [
        ("8-10", (8, NONE, 10), RANGE), ("8 – 10", (8, NONE, 10), RANGE), ("8.5 to 10", (8.5, NONE, 10), RANGE), ("8 से 10", (8, NONE, 10), RANGE),
        ("80 - 100 lakh t", (8, NONE, 10), RANGE), ("8 Mt to 10 Mt", None, None), ("900 kt to 1.2 million t", (0.9, NONE, 1.2), RANGE),
        ("approx. 8-10", (8, NONE, 10), RANGE), ("approx 8", (NONE, 8, NONE), ABOUT), ("~8", (NONE, 8, NONE), ABOUT), ("about 8.5", (NONE, 8.5, NONE), ABOUT),
        ("8 (est.)", (NONE, 8, NONE), ABOUT), ("8*", (NONE, 8, NONE), ABOUT), ("est. 80 lakh t", (NONE, 8, NONE), ABOUT), ("लगभग 8", (NONE, 8, NONE), ABOUT),
        ("10-8", (NONE, NONE, NONE), UNREADABLE), ("2023-24", (NONE, NONE, NONE), UNREADABLE), ("8±1", (NONE, NONE, NONE), UNREADABLE),
        ("8/10", (NONE, NONE, NONE), UNREADABLE), ("5 t - 8", (NONE, NONE, NONE), UNREADABLE), ("8-10-12", (NONE, NONE, NONE), UNREADABLE),
        ("1,20,000 t - 1,50,000 t", (0.12, NONE, 0.15), RANGE), ("8", (NONE, 8, NONE), None),
    ],
)  # fmt: skip
def test_a_cell_of_a_tonnage(cell, found, reason):
    got = tonnages(cell, "3")
    if found is None:  # Mt and mt are one unit to some: whatever comes, the two ends are of one reading
        low, mode, high = ends(got)
        assert math.isnan(mode) and (math.isnan(low) == math.isnan(high))
        return
    assert ends(got) == pytest.approx(list(found), nan_ok=True)
    told = got.flags.loc[got.flags["row"] == 1, "reason"].tolist()
    assert (reason in told) if reason else not told
    assert ends(got, 1) == pytest.approx([NONE, 3, NONE], nan_ok=True)


def test_an_empty_cell_is_no_approximate_figure():
    got = tonnages("approx. 5", None)
    assert got.flags.loc[got.flags["reason"] == ABOUT, "row"].tolist() == [1]


def test_ends_of_the_tables_own_go_first():
    got = tonnages("8-10", "7-9", **{"Minimum tonnage (Mt)": [7.5, None], "Maximum tonnage (Mt)": [None, None]})
    assert ends(got) == pytest.approx([7.5, NONE, 10], nan_ok=True)
    assert ends(got, 1) == pytest.approx([7, NONE, 9], nan_ok=True)


def test_grades_of_a_wide_and_of_a_long_table():
    wide = admit_frame(
        pd.DataFrame(
            {
                "site_id": ["A", "B", "C"],
                "Cu (%)": ["0.3-0.5", "0.45", "200 - 350 ppm"],
                "Co (ppm)": ["100 to 140", "<5", "~90"],
            }
        ),
        "grades",
    )
    cells = wide.kept.set_index(["site_id", "element"])[["ppm_min", "ppm_mode", "ppm_max"]]
    assert cells.loc[("A", "Cu")].tolist() == pytest.approx([3000, NONE, 5000], nan_ok=True)
    assert cells.loc[("C", "Cu")].tolist() == pytest.approx([200, NONE, 350], nan_ok=True)
    assert cells.loc[("A", "Co")].tolist() == pytest.approx([100, NONE, 140], nan_ok=True)
    assert cells.loc[("B", "Co")].tolist() == pytest.approx([NONE, NONE, 5], nan_ok=True)
    assert cells.loc[("C", "Co")].tolist() == pytest.approx([NONE, 90, NONE], nan_ok=True)
    long = admit_frame(
        pd.DataFrame(
            {"site_id": ["A", "A"], "element": ["Cu", "Co"], "value": ["0.3-0.5", "100-140"], "unit": ["%", "ppm"]}
        ),
        "grades",
    )
    assert long.kept["ppm_max"].tolist() == pytest.approx([5000, 140]) and long.kept["ppm_mode"].isna().all()


def test_other_numbers_are_no_ranges():
    """A year of two numbers or a depth from to is another thing than a figure between two ends."""
    got = tonnages("5", "6", **{"as_of_year": ["2023-2024", "2024"]})
    assert got.kept["as_of_year"].isna().tolist() == [True, False]
