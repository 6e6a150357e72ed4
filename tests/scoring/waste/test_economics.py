"""Value on margin: the cap is a limit on sales, the axis is continuous across break-even."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.waste.economics import net_value, strategic_axis, value_axis


def value(tonnage, cost, revenue, full_at):
    sold = np.empty(len(revenue))
    return (*net_value(tonnage, cost, np.array(revenue, float), np.array(full_at, float), sold), sold)


def test_without_a_cap_it_is_margin_times_tonnage():
    worth, processed, sold = value(1e6, 7.0, [6.0, 4.0], [math.inf, math.inf])
    assert worth == pytest.approx(3e6) and processed == 1e6 and sold.tolist() == [1e6, 1e6]


def test_a_loss_processes_nothing():
    assert value(1e6, 11.0, [6.0, 4.0], [math.inf, math.inf])[:2] == (0.0, 0.0)


def test_one_product_stops_where_its_market_is_full():
    worth, processed, _ = value(1e6, 7.0, [10.0], [2e5])
    assert worth == pytest.approx(3.0 * 2e5) and processed == 2e5


def test_a_co_product_carries_on_while_it_pays_alone():
    worth, processed, sold = value(1e6, 5.0, [8.0, 6.0], [2e5, math.inf])
    assert processed == 1e6 and sold.tolist() == [2e5, 1e6]
    assert worth == pytest.approx(9.0 * 2e5 + 1.0 * 8e5)


positive = st.floats(0.01, 100)


@given(
    positive, positive, st.lists(st.tuples(positive, st.floats(0.01, 200) | st.just(math.inf)), min_size=1, max_size=6)
)
@settings(max_examples=300, deadline=None)
def test_it_is_the_maximum_over_every_tonnage(tonnage, cost, products):
    revenue, full_at = [p[0] for p in products], [p[1] for p in products]
    worth = value(tonnage, cost, revenue, full_at)[0]
    candidates = [0.0, tonnage, *(t for t in full_at if t < tonnage), *np.linspace(0, tonnage, 50)]
    best = max(sum(r * min(c, t) for r, t in zip(revenue, full_at)) - cost * c for c in candidates)
    assert worth == pytest.approx(max(best, 0.0), rel=1e-9, abs=1e-9)


def test_value_axis_is_continuous_and_rises():
    q = 1.0
    assert value_axis(0.0, 0.0, 1.0, q) == pytest.approx(0.5) == value_axis(1e-9, 1e-9, 1.0, q)
    assert value_axis(0.0, 0.0, 100.0, q) == 0.0 and value_axis(0.0, 0.0, 10.0, q) == pytest.approx(0.25)
    assert value_axis(1e9, 1e9, 0.5, q) == pytest.approx(1.0, abs=1e-4) and value_axis(1e12, 1e12, 0.5, q) == 1.0
    assert value_axis(1e6, 1e5, 0.5, 0.3) == pytest.approx(0.3 * (0.5 + 0.5 * math.log10(2) / 4))
    assert value_axis(0.0, 0.0, math.nan, q) == 0.0 == value_axis(0.0, 0.0, math.inf, q)


def test_strategic_axis():
    assert strategic_axis(0.0) == 0.0 and strategic_axis(1e9) == 1.0
    assert strategic_axis(0.099) == pytest.approx(math.log10(100) / 4)
