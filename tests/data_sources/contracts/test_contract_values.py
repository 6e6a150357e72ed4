"""Cells: censoring conventions, sentinels, unreadable text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.contracts.admitting import values as v
from data_sources.contracts.admitting.values import clean_text, parse_numbers


def parsed(cells, **more):
    return parse_numbers(pd.Series(cells), censorable=True, **more)


def test_every_way_of_saying_below_detection():
    out = parsed(["<0.5", "< 0.5 ppm", "≤0.5", "<DL", "BDL", "n.d.", 0, "-0.5", "2", "0.2"])
    assert out.censored.tolist() == [True, True, True, True, True, True, True, True, False, False]
    assert out.values.tolist() == [0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.5, 2.0, 0.2]


def test_zero_takes_the_smallest_positive_value_and_is_never_zero():
    out = parsed([0.0, 3.0, 1.5, 0.0, np.nan])
    assert out.values[:4].tolist() == [1.5, 3.0, 1.5, 1.5] and np.isnan(out.values[4])
    assert out.censored.tolist() == [True, False, False, True, False]
    assert out.notes[v.ZERO_LIMIT].tolist() == [0, 3]


def test_a_column_of_zeros_has_no_limit_and_no_number():
    out = parsed([0.0, 0.0])
    assert np.isnan(out.values).all() and not out.censored.any()


@pytest.mark.parametrize(
    "sentinel",
    [-9999, -9999.0, -999, -99, -3.4028234663852886e38, 1e38, np.inf, -np.inf, "BLANK", "-9999", "NULL", "N/A", "-"],
)
def test_sentinels_are_missing_not_limits(sentinel):
    out = parsed([sentinel, 5.0, 7.0])
    assert np.isnan(out.values[0]) and not out.censored[0]
    assert out.notes[v.SENTINEL].tolist() == [0]


def test_a_negative_number_is_a_limit():
    out = parsed([-5.0, 8.0])
    assert out.values.tolist() == [5.0, 8.0] and out.censored.tolist() == [True, False]


def test_text_and_upper_limits_are_said():
    out = parsed(["12 or so", ">10000", "1,23,456", "1,234.5", "2e3"])
    assert np.isnan(out.values[0]) and out.values[1:].tolist() == [10000.0, 123456.0, 1234.5, 2000.0]
    assert out.notes[v.UNREADABLE].tolist() == [0] and out.notes[v.ABOVE].tolist() == [1]


def test_a_limit_of_zero_is_no_limit():
    out = parsed(["<0", "4", "6"])
    assert out.values[0] == 4.0 and out.censored[0]


def test_text_sentinels_leave_words_alone():
    text, hit = clean_text(pd.Series(["BLANK", " none ", "Na", "", None, "57E02", "-"]))
    assert text.fillna("?").tolist() == ["?", "none", "Na", "?", "?", "57E02", "?"]
    assert hit.tolist() == [0, 6]


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.none(), st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=6), st.integers(-(10**6), 10**6)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_stands_in_the_cells_a_number_is_positive_and_finite_or_missing(cells):
    out = parse_numbers(pd.Series(cells, dtype="object"), censorable=True)
    finite = out.values[~np.isnan(out.values)]
    assert (finite > 0).all() and np.isfinite(finite).all()
    assert not (out.censored & np.isnan(out.values)).any()


@settings(deadline=None)
@given(st.lists(st.floats(0.001, 1e5), min_size=1, max_size=30), st.randoms())
def test_order_of_rows_changes_nothing(numbers, random):
    cells = [*numbers, 0.0, "<2"]
    order = list(range(len(cells)))
    random.shuffle(order)
    one, two = parsed(cells), parsed([cells[i] for i in order])
    assert np.array_equal(one.values[order], two.values) and np.array_equal(one.censored[order], two.censored)
