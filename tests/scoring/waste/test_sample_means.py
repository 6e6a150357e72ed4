"""Several samples of one waste count by their mean; figures of several kinds count for nothing, and say why."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from scoring.waste.rows import GradeRow
from scoring.waste.sample_means import chosen_grades


def grade(number: int, ppm: float, element: str = "Zn", **more: object) -> GradeRow:
    return GradeRow(grade_id=f"g{number}", site_id="S", element=element, ppm_mode=ppm, source="lab", **more)  # type: ignore[arg-type]


def test_the_mean_of_unmarked_samples_is_the_plain_arithmetic_one():
    chosen = chosen_grades([grade(1, 9000), grade(2, 11000), grade(3, 8000), grade(4, 12, "Ag")])
    assert [(r.element, r.ppm_mode) for r in chosen.rows] == [("Zn", pytest.approx(28000 / 3)), ("Ag", 12)]
    assert chosen.means == ["Zn 3"] and not chosen.left_out
    assert all(math.isnan(r.ppm_min) and math.isnan(r.ppm_max) for r in chosen.rows), "the width is that of the class"


def test_a_figure_that_is_marked_goes_before_its_samples():
    chosen = chosen_grades([grade(1, 9000), grade(2, 11000, use="1"), grade(3, 8000, use="0")])
    assert [r.grade_id for r in chosen.rows] == ["g2"] and not chosen.means


def test_the_only_unmarked_figure_beside_those_marked_as_unused_counts():
    chosen = chosen_grades([grade(1, 9000, use="0"), grade(2, 11000)])
    assert [r.grade_id for r in chosen.rows] == ["g2"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"basis_code": "head_grade"}, "of several bases"),
        ({"knowledge_class": "G1"}, "of several classes"),
        ({"medium": "slime"}, "of several media"),
        ({"size_fraction": "-75 um"}, "of several size fractions"),
        ({"source": "another"}, "of several sources"),
        ({"n_samples": 12.0}, "averages already"),
        ({"ppm_max": 12000.0}, "not each is one value"),
        ({"ppm_mode": math.nan, "ppm_min": 5.0, "ppm_max": 9.0}, "not each is one value"),
    ],
)
def test_figures_that_are_no_samples_of_one_kind_are_left_out_with_the_reason(more, why):
    chosen = chosen_grades([grade(1, 9000), replace(grade(2, 11000), **more)])
    assert not chosen.rows and len(chosen.left_out) == 1
    assert chosen.left_out[0].startswith("Zn: 2 figures, none marked as used, and ") and why in chosen.left_out[0]


def test_the_order_of_the_rows_has_no_effect():
    rows = [grade(1, 9000), grade(2, 11000.5), grade(3, 0.1)]
    assert chosen_grades(rows).rows[0].ppm_mode == chosen_grades(rows[::-1]).rows[0].ppm_mode


def below(number: int, limit: float) -> GradeRow:
    return replace(grade(number, math.nan), ppm_max=limit, basis_code="upper_limit")


def test_a_sample_below_detection_counts_at_half_its_limit_and_is_told():
    rows = [grade(1, 9000, basis_code="assay"), grade(2, 3000, basis_code="assay"), below(3, 100.0)]
    chosen = chosen_grades(rows)
    assert [(r.ppm_mode, r.basis_code) for r in chosen.rows] == [(pytest.approx((9000 + 3000 + 50) / 3), "assay")]
    assert chosen.means == ["Zn 3 (1 below detection)"] and not chosen.left_out
    assert math.isnan(chosen.rows[0].ppm_max) and chosen_grades(rows[::-1]).rows[0].ppm_mode == chosen.rows[0].ppm_mode


def test_of_limits_alone_there_is_no_mean():
    chosen = chosen_grades([below(1, 100.0), below(2, 300.0), below(3, 50.0)])
    assert [(r.basis_code, r.ppm_max) for r in chosen.rows] == [("upper_limit", 300.0)]
    assert math.isnan(chosen.rows[0].ppm_mode) and not chosen.means and not chosen.left_out


def test_what_is_missing_is_no_sample():
    chosen = chosen_grades([grade(1, 9000), grade(2, math.nan), grade(3, 8000)])
    assert chosen.rows[0].ppm_mode == 8500 and chosen.means == ["Zn 2"]


def test_a_limit_above_every_measured_sample_says_nothing():
    limit = GradeRow(grade_id="g9", site_id="S", element="Zn", ppm_max=1000, basis_code="upper_limit", source="lab")
    chosen = chosen_grades([grade(1, 120), grade(2, 130), limit])
    assert [r.ppm_mode for r in chosen.rows] == [pytest.approx(125)] and chosen.means == [
        "Zn 2 (1 more below a limit above every figure left out)"
    ]


def unstated(number: int, element: str = "Ge") -> GradeRow:
    return replace(grade(number, math.nan, element), basis_code="upper_limit")


def test_samples_below_a_limit_that_is_not_stated_are_left_out_of_the_mean_and_counted_in_what_is_said():
    measured = [grade(i, 10.0 + i, "Ge", basis_code="assay") for i in (1, 2, 3)]
    chosen = chosen_grades([*measured, unstated(4), unstated(5)])
    assert [r.ppm_mode for r in chosen.rows] == [pytest.approx(12.0)]
    assert chosen.means == ["Ge 3 (2 more below a limit that is not stated left out)"]
    one = chosen_grades([measured[0], unstated(4), unstated(5)])
    assert [r.ppm_mode for r in one.rows] == [11.0] and one.means == [
        "Ge 1 (2 more below a limit that is not stated left out)"
    ]
    mixed = chosen_grades([*measured, replace(below(6, 4.0), element="Ge"), unstated(4)])
    assert mixed.means == ["Ge 4 (1 below detection, 1 more below a limit that is not stated left out)"]


def test_samples_that_are_all_below_a_limit_that_is_not_stated_are_one_limit_and_no_mean():
    chosen = chosen_grades([unstated(1), unstated(2)])
    assert [r.basis_code for r in chosen.rows] == ["upper_limit"] and not chosen.means and not chosen.left_out


def test_limits_above_every_sample_are_left_out_and_counted():
    above = [
        GradeRow(grade_id=f"g{i}", site_id="S", element="Zn", ppm_max=1000, basis_code="upper_limit", source="lab")
        for i in (8, 9)
    ]
    assert chosen_grades([grade(1, 120), *above]).means == ["Zn 1 (2 more below a limit above every figure left out)"]
