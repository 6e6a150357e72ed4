"""One plan year by year: known answers where libraries surprise, and a study's own inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from khanij.foundation.errors import ScoringError
from scoring.waste.projects import project_model as model
from scoring.waste.projects.cash_flows import (
    Plan,
    cash_flow,
    internal_rate_of_return,
    net_present_value,
    payback_years,
    plan_payback_years,
    sign_changes,
)
from scoring.waste.projects.project_model import Finance

COMMERCIAL = (0.75, 0.95, 1.0, 1.0)


def elikhulu(finance: Finance) -> Plan:
    """One plan with the study's own inputs: 185.3 Mt at 0.285 g/t, recovery 0.405, 12 Mt/a, 37,940 USD/kg x 0.99,
    1.94 USD/t, 119.9 million USD (Modern Mining August 2018 and January 2017, miningweekly 2016-12-05)."""
    gold_kg = 12e6 * 0.285 * 0.405 / 1000
    return Plan(12e6, 185.3 / 12, gold_kg * 37_940 * 0.99, 1.94, 119.9e6, COMMERCIAL)


def test_a_study_on_its_own_inputs():
    """Elikhulu's study: NPV 76 million USD at 9 % real, rate of return 23 %."""
    finance = Finance(discount_rate=0.09)
    flows = cash_flow(elikhulu(finance), finance)
    npv = net_present_value(flows.usd, 0.09, flows.time)
    assert npv == pytest.approx(76e6, rel=0.15)
    without_closure = Finance(discount_rate=0.09, closure_share=0.0)
    one = cash_flow(elikhulu(without_closure), without_closure)
    assert internal_rate_of_return(one.usd, one.time).rate == pytest.approx(0.23, rel=0.30)
    # with closure the flows change sign twice: both rates are named, none is published as the one
    both = internal_rate_of_return(flows.usd, flows.time)
    assert math.isnan(both.rate) and both.why_none.startswith("two rates") and "17 %" in both.why_none


def test_the_flows_add_up_to_the_formula():
    finance = Finance(discount_rate=0.09)
    plan = elikhulu(finance)
    flows = cash_flow(plan, finance)
    sums = model.sums_over(model.life_table(COMMERCIAL, finance), plan.life_years)
    v = finance.v
    k, cost = plan.capital_usd, plan.operating_usd_per_t * plan.rate_t
    formula = (
        sums.produced * plan.net_usd_per_year
        - sums.costed * cost
        - 0.02 * k * sums.years
        - k * (0.5 + 0.5 * v)
        - 0.10 * k * v ** (plan.life_years + 2)
    )
    assert net_present_value(flows.usd, 0.09, flows.time) == pytest.approx(float(formula), rel=1e-12)


def test_the_first_flow_is_not_discounted():
    assert net_present_value([-100, 60, 60], 0.10) == pytest.approx(4.13, abs=0.005)
    assert net_present_value([-100, 60, 60], 0.10, [1, 2, 3]) == pytest.approx(3.76, abs=0.005), "Excel's convention"


@pytest.mark.parametrize(
    ("flows", "words"),
    [
        ([-100, 230, -132], "two rates: 10 % and 20 %"),
        ([-1000] * 3 + [0, 0] + [150] * 40 + [-300] * 5, "two rates: -7 % and 3 %"),
        ([-100, 150, -100], "no rate of return"),
        ([-100, 60, 60, 60, -90], "no rate of return"),
        ([-100, -5], "no rate of return: the flows never change sign"),
        ([100, 5], "no rate of return: the flows never change sign"),
    ],
)
def test_no_single_rate_where_there_is_none(flows, words):
    found = internal_rate_of_return(flows)
    assert math.isnan(found.rate) and found.why_none == words


def test_one_rate_where_the_flows_change_sign_once():
    assert internal_rate_of_return([-100, 60, 60]).rate == pytest.approx(0.130662, abs=1e-6)
    assert internal_rate_of_return([0, 0, -100, 150]).rate == pytest.approx(0.5)
    rate = internal_rate_of_return(np.array([-100, 60, 60]) * 1e-9).rate
    assert rate == pytest.approx(internal_rate_of_return([-100, 60, 60]).rate, rel=1e-12), "no unit changes it"
    assert sign_changes([-1, 0, 2, 0, -3]) == 2
    with pytest.raises(ScoringError, match="not finite"):
        internal_rate_of_return([-100, math.nan, 60])


def test_payback():
    assert payback_years(100, [25] * 20) == 4.0
    assert payback_years(100, [25] * 20, 0.10) == pytest.approx(5.36, abs=0.005)
    assert payback_years(100, [30, 40, 40]) == pytest.approx(2.75)
    assert payback_years(100, [10] * 5) == math.inf, "not paid back, which is not the life"
    assert payback_years(100, [-10, 60, 60]) == pytest.approx(2 + 50 / 60)
    assert payback_years(100, [5] * 400, 0.10) == math.inf


def test_payback_of_a_plan_counts_from_first_production():
    finance = Finance()
    plan = Plan(1e6, 8.0, 60e6, 20.0, 100e6)
    # 60 - 20 - 2 = 38 million a year
    assert plan_payback_years(plan, finance) == pytest.approx(100 / 38)
    assert plan_payback_years(Plan(1e6, 8.0, 10e6, 20.0, 100e6), finance) == math.inf


def test_the_last_part_of_a_year_is_worked_for_its_part():
    finance = Finance(discount_rate=0.0, sustaining_share=0.0, closure_share=0.0)
    flows = cash_flow(Plan(1e6, 2.5, 10e6, 4.0, 1e6), finance)
    assert flows.usd.tolist() == pytest.approx([-5e5, -5e5, 6e6, 6e6, 3e6, 0.0])
    assert flows.time.tolist() == [0, 1, 2, 3, 4, 4.5]
