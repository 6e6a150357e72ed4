"""One plan year by year: its flows, the rate of return where there is only one, and the years until it is paid back.

Belongs here: what is shown of a single plan. Does not belong here: ranking; nothing is ranked by a rate of return.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError
from scoring.waste.projects.project_model import Finance, Floats


@dataclass(frozen=True)
class Plan:
    """A plant of one size: USD, t/a and years; ``ramp`` is the share of design output in the years 1, 2, 3 and 4 on."""

    rate_t: float
    life_years: float
    net_usd_per_year: float
    operating_usd_per_t: float
    capital_usd: float
    ramp: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class CashFlow:
    """Flows [USD] and the times [years from the first spending] at which they fall."""

    time: Floats
    usd: Floats


def production_years(plan: Plan, finance: Finance) -> Floats:
    """(n, 2) of the production years: the part of the year worked (1, or the last one's fraction) and net cash [USD]."""
    whole = math.floor(plan.life_years)
    parts = [1.0] * whole + ([plan.life_years - whole] if plan.life_years > whole else [])
    f = np.array([plan.ramp[min(t, len(plan.ramp) - 1)] for t in range(len(parts))])
    costed = finance.fixed_share + (1.0 - finance.fixed_share) * f
    cash = (
        f * plan.net_usd_per_year
        - costed * plan.operating_usd_per_t * plan.rate_t
        - finance.sustaining_share * plan.capital_usd
    )
    return np.column_stack([parts, cash * np.array(parts)])


def cash_flow(plan: Plan, finance: Finance) -> CashFlow:
    """The plan's flows: capital at 0 and 1, production year t at t + 1, closure at N + 2."""
    years = production_years(plan, finance)
    half = -0.5 * plan.capital_usd
    time = np.concatenate([[0.0, 1.0], np.arange(len(years)) + 2.0, [plan.life_years + 2.0]])
    usd = np.concatenate([[half, half], years[:, 1], [-finance.closure_share * plan.capital_usd]])
    return CashFlow(time, usd)


def net_present_value(usd: ArrayLike, rate: float, time: ArrayLike | None = None) -> float:
    """``sum flow (1 + r)^-time``; without times the first flow falls at time 0 (Excel's NPV puts it at time 1)."""
    flows = np.asarray(usd, float)
    when = np.arange(len(flows), dtype=float) if time is None else np.asarray(time, float)
    return float((flows * (1.0 + rate) ** -when).sum())


def sign_changes(values: ArrayLike) -> int:
    """How often a row changes sign; zeros do not count."""
    signs = np.sign(np.asarray(values, float))
    signs = signs[signs != 0]
    return int((signs[1:] != signs[:-1]).sum())


@dataclass(frozen=True)
class RateOfReturn:
    """The one rate at which the NPV is 0, or NaN with the reason in words."""

    rate: float
    why_none: str = ""


def _roots(flows: NDArray[np.float64], when: NDArray[np.float64], low: float, high: float) -> list[float]:
    """Rates within [low, high] at which the NPV changes sign, by bisection between 2,000 steps."""
    grid = np.expm1(np.linspace(math.log1p(low), math.log1p(high), 2001))
    values = [net_present_value(flows, r, when) for r in grid]
    found = []
    for (a, b), (fa, fb) in zip(pairwise(grid), pairwise(values)):
        if fa == 0.0:
            found.append(float(a))
        elif fa * fb < 0.0:
            for _ in range(200):
                middle = 0.5 * (a + b)
                fm = net_present_value(flows, middle, when)
                a, b, fa = (middle, b, fm) if fa * fm > 0.0 else (a, middle, fa)
            found.append(float(0.5 * (a + b)))
    return found


def internal_rate_of_return(
    usd: ArrayLike, time: ArrayLike | None = None, low: float = -0.99, high: float = 10.0
) -> RateOfReturn:
    """The rate within [low, high] that makes the NPV 0, only where the flows change sign once and so have just one.

    Where they change oftener (a closure cost at the end is enough) libraries return different roots without a word; here
    the reason names all that lie in the interval, and the net present value is what is to be read.

    Raises
    ------
    ScoringError : a flow that is not finite.
    """
    flows = np.asarray(usd, float)
    if not np.isfinite(flows).all():
        raise ScoringError("a cash flow that is not finite", field="usd", do="leave the year out, or give its flow")
    when = np.arange(len(flows), dtype=float) if time is None else np.asarray(time, float)
    changes = sign_changes(flows)
    if changes == 0:
        return RateOfReturn(math.nan, "no rate of return: the flows never change sign")
    roots = _roots(flows, when, low, high)
    if not roots:
        return RateOfReturn(math.nan, "no rate of return")
    if len(roots) > 1:
        return RateOfReturn(math.nan, _several(roots))
    if changes > 1:
        return RateOfReturn(math.nan, "the flows change sign more than once: read the net present value")
    return RateOfReturn(roots[0])


def _several(roots: list[float]) -> str:
    words = {2: "two", 3: "three", 4: "four"}.get(len(roots), str(len(roots)))
    named = [f"{100 * r:.0f} %" for r in roots]
    return f"{words} rates: {', '.join(named[:-1])} and {named[-1]}"


def payback_years(capital_usd: float, yearly_usd: ArrayLike, rate: float = 0.0) -> float:
    """Years from first production until the (discounted) yearly net cash has repaid the capital; inf: not paid back.

    Within a year the cash comes evenly; discounted, year t counts ``(1 + r)^-t`` and the part of the year is the one
    that continuous years would give (100 at 25 a year and 10 % is 5.36 years, as the annuity formula has it).
    """
    left = capital_usd
    for t, flow in enumerate(np.asarray(yearly_usd, float), start=1):
        worth = flow * (1.0 + rate) ** -t
        if worth > 0.0 and worth >= left:
            if rate == 0.0:
                return float(t - 1 + left / flow)
            # the part y of the year with flow (1 - (1 + r)^-y) / r * (1 + r)^-(t - 1) = left
            part = 1.0 - left * rate / (flow * (1.0 + rate) ** -(t - 1))
            return t - 1 - math.log(part) / math.log1p(rate)
        left -= worth
    return math.inf


def plan_payback_years(plan: Plan, finance: Finance) -> float:
    """Years from first production until undiscounted net cash has repaid the capital; inf: not paid back."""
    return payback_years(plan.capital_usd, production_years(plan, finance)[:, 1])
