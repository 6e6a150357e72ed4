"""Does it pay: the formulas of one project, readable and in numpy; ``project_kernel`` is the same, compiled.

Belongs here: cash flow, ramp-up, life, royalty, market cap, net present value, the best plant. Does not belong here:
drawing (``project_draws``), reading tables (``project_inputs``), ranks.

Notes
-----
Convention of every net present value: the first half of the capital is spent at time 0 and is not discounted, the other
half at time 1; production year t falls at time t + 1, closure at time N + 2. Money is real, in dollars of one year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from khanij.foundation.errors import ScoringError

Floats = NDArray[np.float64]
PLANT_RATES_T = np.geomspace(0.1e6, 40e6, 12)
"""Plant sizes that are tried [t/a]; the laws are not extrapolated beyond them."""
REFERENCE_RATE_T = 5e6
"""Size at which the tables state a cost [t/a]."""


@dataclass(frozen=True)
class Finance:
    """What turns yearly flows into a present value; shares are of first capital unless said otherwise.

    Parameters
    ----------
    discount_rate : real, a year.
    max_life_years, min_life_years : a plant earns for at most the one; below the other a size is not built.
    sustaining_share : of first capital, a year. closure_share : of first capital, at time N + 2.
    fixed_share : of the operating cost, does not fall while the plant ramps up.
    """

    discount_rate: float = 0.10
    max_life_years: int = 20
    min_life_years: float = 5.0
    sustaining_share: float = 0.02
    closure_share: float = 0.10
    fixed_share: float = 0.4

    def __post_init__(self) -> None:
        shares = (self.sustaining_share, self.closure_share, self.fixed_share)
        if not (-0.5 < self.discount_rate < 10 and all(0.0 <= s <= 1.0 for s in shares)):
            raise ScoringError(
                "a discount rate or a share of cost that cannot be",
                do="give rates and shares as fractions, not per cent",
            )
        if not 0 <= self.min_life_years <= self.max_life_years:
            raise ScoringError(
                f"a least life of {self.min_life_years} years above the longest, {self.max_life_years}",
                do="give min_life_years <= max_life_years",
            )

    @property
    def v(self) -> float:
        """Present value of a dollar in a year, ``1 / (1 + r)``."""
        return 1.0 / (1.0 + self.discount_rate)


@dataclass(frozen=True)
class LifeSums:
    """``A_f``, ``A_c``, ``A_1`` and the undiscounted ``sum f_t`` of a life (same shape as the life)."""

    produced: Floats
    costed: Floats
    years: Floats
    produced_undiscounted: Floats


def life_table(ramp: Sequence[float], finance: Finance) -> Floats:
    """(4, max life + 1) sums over 0, 1, 2 ... whole years: A_f, A_c, A_1 and the undiscounted sum of f.

    ``A_f = sum f_t v^(t+1)``, ``A_c = sum (x + (1-x) f_t) v^(t+1)``, ``A_1 = sum v^(t+1)``; ``ramp`` is f of the years
    1, 2, 3 and 4 on.
    """
    t = np.arange(1, finance.max_life_years + 1)
    f = np.asarray(ramp, float)[np.minimum(t, len(ramp)) - 1]
    discount = finance.v ** (t + 1.0)
    costed = finance.fixed_share + (1.0 - finance.fixed_share) * f
    yearly = np.stack([f * discount, costed * discount, discount, f])
    return np.concatenate([np.zeros((4, 1)), np.cumsum(yearly, axis=1)], axis=1)


def life_years(tonnage_t: ArrayLike, rate_t: ArrayLike, finance: Finance) -> Floats:
    """``N = min(20, T / Q)``."""
    return np.asarray(np.minimum(finance.max_life_years, np.asarray(tonnage_t, float) / np.asarray(rate_t, float)))


def sums_over(table: Floats, life: ArrayLike) -> LifeSums:
    """The sums of ``life_table`` at a life that need not be whole: linear between whole years."""
    years = np.arange(table.shape[1])
    return LifeSums(*(np.interp(np.asarray(life, float), years, row) for row in table))


def operating_usd_per_t(at_reference: ArrayLike, rate_t: ArrayLike, exponent: float, freight: float = 0.0) -> Floats:
    """``k(Q) = k5 (Q / 5 Mt)^exponent + freight of the feed`` [USD/t]."""
    return np.asarray(at_reference, float) * (np.asarray(rate_t, float) / REFERENCE_RATE_T) ** exponent + freight


def capital_usd(at_reference: ArrayLike, rate_t: ArrayLike, exponent: float) -> Floats:
    """``K(Q) = K5 (Q / 5 Mt)^exponent`` [USD]; where a mill stands K5 is already a share of a new plant's."""
    return np.asarray(at_reference, float) * (np.asarray(rate_t, float) / REFERENCE_RATE_T) ** exponent


def lean_share(grade_ppm: ArrayLike, ratio: float, product_ppm: float) -> Floats:
    """``min(1, Emax c / c_product)``: a lean feed cannot be brought to product grade without more loss."""
    return np.minimum(1.0, ratio * np.asarray(grade_ppm, float) / product_ppm)


def margin_usd_per_kg(
    price: ArrayLike, payable: ArrayLike, royalty: ArrayLike, freight: ArrayLike = 0.0, premium: ArrayLike = 0.0
) -> Floats:
    """``m = max(0, P [pay (1 + premium) - royalty] - d)`` [USD/kg]; royalty with its levies, a share of the price.

    A product that does not cover its own royalty and freight is not sold. ``premium`` is what a strategic view adds to
    what is paid (lambda times k_e); royalty stays on the price.
    """
    paid = np.asarray(payable, float) * (1.0 + np.asarray(premium, float))
    return np.asarray(
        np.maximum(0.0, np.asarray(price, float) * (paid - np.asarray(royalty, float)) - np.asarray(freight, float))
    )


@dataclass(frozen=True)
class PlanInputs:
    """One site in K draws with n products.

    Parameters
    ----------
    tonnage_t : (K,). operating_usd_per_t, capital_usd : (K,) at 5 Mt/a, all factors inside.
    recovered_kg_per_t : (n, K) ``c R lean / 1000``. margin_usd_per_kg, price_usd_per_kg : (n, K).
    lifted_margin_usd_per_kg : (n, K) the margin with the strategic premium.
    cap_kg : (n,) what the market takes of one project in a year, inf where no cap is known.
    table : (4, max life + 1) of ``life_table``.
    """

    tonnage_t: Floats
    operating_usd_per_t: Floats
    capital_usd: Floats
    recovered_kg_per_t: Floats
    margin_usd_per_kg: Floats
    price_usd_per_kg: Floats
    lifted_margin_usd_per_kg: Floats
    cap_kg: Floats
    table: Floats
    operating_exponent: float = -0.36
    capital_exponent: float = 0.59
    feed_freight_usd_per_t: float = 0.0


@dataclass(frozen=True)
class Plans:
    """Every plant size in every draw, (Q, K); where a size cannot be fed for five years it is not ``feasible``."""

    rate_t: Floats
    feasible: NDArray[np.bool_]
    life: Floats
    produced: Floats
    cost: Floats
    net: Floats
    gross: Floats
    metal_kg: Floats
    npv: Floats


def all_plans(x: PlanInputs, finance: Finance, rates_t: Floats = PLANT_RATES_T) -> Plans:
    """Every plant of ``rates_t`` in every draw.

    ``kg = min(Q g, cap)``, ``net = sum kg m``, ``gross = sum kg P`` over what is sold,
    ``cost = A_c k Q + .02 K A_1 + K (.5 + .5 v) + .10 K v^(N+2)``, ``NPV = A_f net - cost``. The smallest size is always
    feasible: a small heap is dear, not infinitely dear.
    """
    q = np.asarray(rates_t, float)[:, None]
    life = life_years(x.tonnage_t[None, :], q, finance)
    feasible = x.tonnage_t[None, :] / q >= finance.min_life_years
    feasible[0] = True
    sums = sums_over(x.table, life)
    kg = np.minimum(q[:, None, :] * x.recovered_kg_per_t[None], x.cap_kg[None, :, None])
    net = (kg * x.margin_usd_per_kg[None]).sum(axis=1)
    gross = (kg * np.where(x.margin_usd_per_kg > 0.0, x.price_usd_per_kg, 0.0)[None]).sum(axis=1)
    k = operating_usd_per_t(x.operating_usd_per_t[None, :], q, x.operating_exponent, x.feed_freight_usd_per_t)
    capital = capital_usd(x.capital_usd[None, :], q, x.capital_exponent)
    v = finance.v
    building = 0.5 + 0.5 * v + finance.closure_share * v ** (life + 2.0) + finance.sustaining_share * sums.years
    cost = sums.costed * k * q + capital * building
    return Plans(q[:, 0], feasible, life, sums.produced, cost, net, gross, kg, sums.produced * net - cost)


def _best(values: Floats, feasible: NDArray[np.bool_]) -> Floats:
    return np.asarray(np.where(feasible, values, -math.inf).max(axis=0))


def best_npv(plans: Plans) -> Floats:
    """(K,) NPV of the best plant, ``max_Q NPV_Q``: below zero it is the least loss, not a distance."""
    return _best(plans.npv, plans.feasible)


def price_multiple(plans: Plans) -> Floats:
    """(K,) factor on all net prices at which the best plant breaks even, ``min_Q cost / (A_f net)``; inf: nothing sold."""
    earned = plans.produced * plans.net
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(plans.feasible & (earned > 0.0), plans.cost / earned, math.inf)
    return np.asarray(ratio.min(axis=0))


def price_multiple_of(plans: Plans, x: PlanInputs, product: int) -> Floats:
    """(K,) the factor on one product's net price alone, ``min_Q max(0, cost - A_f net of the rest) / (A_f kg m)``."""
    own = plans.produced * plans.metal_kg[:, product] * x.margin_usd_per_kg[None, product]
    rest = plans.produced * plans.net - own
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(plans.feasible & (own > 0.0), np.maximum(0.0, plans.cost - rest) / own, math.inf)
    return np.asarray(ratio.min(axis=0))


def affordable_premium(plans: Plans) -> Floats:
    """(K,) share of the value despatched that could be bid, ``max_Q NPV / (A_f gross)``; below zero: none."""
    value = plans.produced * plans.gross
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(plans.feasible & (value > 0.0), plans.npv / value, -math.inf)
    return np.asarray(ratio.max(axis=0))


def basket_value(plans: Plans, x: PlanInputs, in_basket: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(K,) U and U_lambda of a basket of products.

    ``U = max(0, max_Q min(NPV, PVb))``, ``PVb = A_f sum kg m`` over the basket's products. U_lambda takes the basket's
    margins with the strategic premium, over the plants that pay without it: a premium makes no draw pay.
    """
    of_basket = plans.metal_kg[:, in_basket]
    own = (of_basket * x.margin_usd_per_kg[None, in_basket]).sum(axis=1)
    lifted = (of_basket * x.lifted_margin_usd_per_kg[None, in_basket]).sum(axis=1)
    pays = plans.feasible & (plans.npv > 0.0)
    u = np.where(pays, np.minimum(plans.npv, plans.produced * own), 0.0).max(axis=0)
    npv_lifted = plans.npv + plans.produced * (lifted - own)
    u_lambda = np.where(pays, np.minimum(npv_lifted, plans.produced * lifted), 0.0).max(axis=0)
    return np.maximum(0.0, u), np.maximum(0.0, u_lambda)


def pays_if_built_today(plans: Plans) -> tuple[int, float]:
    """Row of the one plant with the largest mean of max(NPV, 0), and the share of the draws in which it pays.

    A draw that cannot feed it for five years does not pay. The size is never fixed by the best mean NPV: the smallest
    plant, which can lose least, would win.
    """
    gain = np.where(plans.feasible, np.maximum(0.0, plans.npv), 0.0)
    row = int(gain.mean(axis=1).argmax())
    return row, float((plans.feasible[row] & (plans.npv[row] > 0.0)).mean())


def recovery_needed(recovery_median: float, multiple_of_main_product: float, *, cap_binds: bool) -> float:
    """Recovery of the main product at which its project breaks even, R times its multiple; NaN: no recovery suffices."""
    needed = recovery_median * multiple_of_main_product
    return math.nan if cap_binds or not needed <= 1.0 else needed


def score_of_value(value_usd: ArrayLike) -> Floats:
    """``h(U) = min(1, log10(1 + U / 1e5 USD) / 5)``: 10 million USD 0.4, a billion 0.8."""
    return np.minimum(1.0, np.log10(1.0 + np.asarray(value_usd, float) / 1e5) / 5.0)
